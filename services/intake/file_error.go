package intake

import "fmt"

// FileError says why a file cannot be read, or not read further.
type FileError struct {
	Code    string // see the Code constants
	Column  string // the column of the import format, or the file's own heading
	Message string

	Headings []Heading // of the file, where they are what is wrong
}

func (e *FileError) Error() string {
	if e.Column == "" {
		return e.Message
	}
	return fmt.Sprintf("column %s: %s", e.Column, e.Message)
}
