// Package intake brings activity records in from the files that programmes already keep.
//
// The reader takes CSV and XLSX row by row and gives either a Row that keeps every rule or a Rejection that names
// line, column and rule. What describes the child or the visit (channel, session, gender …) may stand in every row,
// as exports have it, and is read and checked there; what is a fact of its own (outcome, reason, count) is refused
// in a row whose type cannot carry it, because it would be lost.
package intake

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strings"

	"rackvidd/events"
)

// Options are what the reader needs to know beside the file.
type Options struct {
	Municipality events.Municipality // whose records they are: the default home
	Today        events.Day          // a day after it is refused
	// Columns says by heading of the file which column of the import format it holds; "" or "-" leaves it out. A heading may be
	// named by its place instead, in brackets: [C].
	Columns  map[string]string
	Language Language // of the messages; default English
}

// Reader reads the rows of one file.
type Reader struct {
	options Options
	sheet   sheet
	columns []column
	values  [columnCount]string
	// headings are what the file calls the columns, as it may be shown.
	headings map[string]string
	// Unread is how many sheets the file has beside the first, which alone is read.
	Unread int
}

// sheet is a file of rows of cells.
type sheet interface {
	// next returns the next row that is not empty, or what is wrong with it; io.EOF after the last.
	next() (cells, *fault, error)
	// expect says which columns the rows have. Before it, a row may have any number of cells.
	expect(columns []column)
	// others is how many sheets the file has that are not read.
	others() int
}

// cells are one row; the values are valid until the next call.
type cells struct {
	line   int
	values []string
}

// fault is why a row could not be taken apart.
type fault struct {
	line int
	cell int // −1: the row as a whole
	code string
}

// NewReader finds out what kind of file it is and reads its headings. The error is a *FileError unless r fails.
func NewReader(r io.Reader, o Options) (*Reader, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	s, err := openSheet(in, o)
	if err != nil {
		return nil, err
	}
	reader := &Reader{options: o, sheet: s, Unread: s.others()}
	return reader, reader.readHeadings()
}

func openSheet(in *bufio.Reader, o Options) (sheet, error) {
	start, err := in.Peek(8)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case len(start) == 0:
		return nil, o.fileError(CodeEmptyFile)
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return newXLSXSheet(in, o)
	case bytes.HasPrefix(start, []byte("\xd0\xcf\x11\xe0")):
		return nil, o.fileError(CodeOldSpreadsheet)
	case slices.ContainsFunc(binaryStarts, func(s string) bool { return bytes.HasPrefix(start, []byte(s)) }):
		return nil, o.fileError(CodeBinaryFile)
	}
	return newCSVSheet(in, o)
}

// binaryStarts are pictures, documents and archives that are picked by mistake.
var binaryStarts = []string{"\x89PNG", "\xff\xd8\xff", "GIF8", "%PDF", "\x1f\x8b", "7z\xbc\xaf", "Rar!"}

func (r *Reader) readHeadings() error {
	head, wrong, err := r.sheet.next()
	switch {
	case err == io.EOF:
		return r.options.fileError(CodeEmptyFile)
	case err != nil:
		return err
	case wrong != nil:
		return r.options.fileError(CodeNoHeading)
	case len(head.values) > maxCells: // each row would be as wide
		return r.options.fileError(CodeTooManyColumns)
	}
	row, err := r.options.readHeadings(head.values)
	if err != nil {
		return err
	}
	r.columns, r.headings = row.columns, make(map[string]string, len(row.columns))
	for i, col := range row.columns {
		if col >= 0 {
			r.headings[col.String()] = row.shown(i)
		}
	}
	r.sheet.expect(r.columns)
	return nil
}

// Next returns the next row or why it was refused; io.EOF after the last. Any other error is a *FileError, or the
// underlying reader's, and ends the reading.
func (r *Reader) Next() (Row, *Rejection, error) {
	c, wrong, err := r.sheet.next()
	if err != nil {
		return Row{}, nil, err
	}
	if wrong != nil {
		return Row{}, r.rejection(wrong.line, r.columnAt(wrong.cell), wrong.code), nil
	}
	r.values = [columnCount]string{}
	for i, value := range c.values {
		switch col := r.columns[i]; {
		case col >= 0:
			r.values[col] = value
		case col == namelessColumn && strings.TrimSpace(value) != "":
			return Row{}, r.rejection(c.line, namelessColumn, CodeExtraCell), nil
		}
	}
	x := rowRules{options: &r.options, given: &r.values, row: Row{Line: c.line}}
	if x.apply(); x.code != "" {
		return Row{}, r.rejection(c.line, x.column, x.code), nil
	}
	return x.row, nil, nil
}

func (r *Reader) columnAt(cell int) column {
	if cell < 0 || cell >= len(r.columns) {
		return namelessColumn
	}
	return r.columns[cell]
}

func (r *Reader) rejection(line int, col column, code string) *Rejection {
	return &Rejection{Line: line, Column: col.String(), Code: code, Message: message(code, col, r.options.Language)}
}
