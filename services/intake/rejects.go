package intake

import (
	"encoding/csv"
	"io"
	"strconv"

	"rackvidd/services/export"
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
	return w.out.Write([]string{strconv.Itoa(r.Line), export.Neutral(r.Column), export.Neutral(r.Code), export.Neutral(r.Message), export.Neutral(file)})
}

// Flush writes what was kept back.
func (w *RejectsWriter) Flush() error {
	w.out.Flush()
	return w.out.Error()
}
