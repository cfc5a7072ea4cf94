package intake

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
)

// RejectsWriter writes refused rows as CSV: line, column, code, message.
type RejectsWriter struct{ out *csv.Writer }

// NewRejectsWriter writes the headings.
func NewRejectsWriter(w io.Writer) (*RejectsWriter, error) {
	out := csv.NewWriter(w)
	return &RejectsWriter{out}, out.Write([]string{"line", "column", "code", "message"})
}

// Write writes one refused row; it may be kept back until Flush.
func (w *RejectsWriter) Write(r Rejection) error {
	return w.out.Write([]string{strconv.Itoa(r.Line), harmless(r.Column), harmless(r.Code), harmless(r.Message)})
}

// Flush writes what was kept back.
func (w *RejectsWriter) Flush() error {
	w.out.Flush()
	return w.out.Error()
}

// WriteRejects writes all refused rows.
func WriteRejects(w io.Writer, rejections []Rejection) error {
	out, err := NewRejectsWriter(w)
	if err != nil {
		return err
	}
	for _, r := range rejections {
		if err := out.Write(r); err != nil {
			return err
		}
	}
	return out.Flush()
}

// harmless keeps a spreadsheet from taking text for a formula (privacy.md section 4).
func harmless(s string) string {
	if s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
		return "'" + s
	}
	return s
}
