package intake

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
)

// RejectsWriter writes refused rows as CSV: line, column, code, message, and the file that has the line.
type RejectsWriter struct{ out *csv.Writer }

// NewRejectsWriter writes the headings.
func NewRejectsWriter(w io.Writer) (*RejectsWriter, error) {
	out := csv.NewWriter(w)
	return &RejectsWriter{out}, out.Write([]string{"line", "column", "code", "message", "file"})
}

// Write writes one refused row of a file; it may be kept back until Flush.
func (w *RejectsWriter) Write(file string, r Rejection) error {
	return w.out.Write([]string{strconv.Itoa(r.Line), harmless(r.Column), harmless(r.Code), harmless(r.Message), harmless(file)})
}

// Flush writes what was kept back.
func (w *RejectsWriter) Flush() error {
	w.out.Flush()
	return w.out.Error()
}

// harmless keeps a spreadsheet from taking text for a formula (privacy.md section 4).
func harmless(s string) string {
	if s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
		return "'" + s
	}
	return s
}
