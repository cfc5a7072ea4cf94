package intake

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"
)

const (
	maxPacked   = 32 << 20  // bytes of an XLSX file, which is kept in memory: identities are never spooled to disk
	maxUnpacked = 512 << 20 // bytes of its first sheet, which is read through and never kept
	maxStrings  = 128 << 20 // bytes of its shared strings, which are kept
	perString   = 64        // bytes that keeping one costs beside its text
	maxSmall    = 4 << 20   // bytes of any other part
	maxCells    = 16384     // of one row, as in Excel
	maxRows     = 1 << 20   // likewise
)

// xlsxSheet streams the first sheet of an XLSX file. excelize, which writes ours, is not used to read: its row
// iterator hides formulas, ends without an error where the XML breaks off, and shifts cells that come out of order.
type xlsxSheet struct {
	options Options
	shared  []string
	date0   int // the serial number of 1970-01-01
	part    io.Closer
	xml     *xml.Decoder
	columns []column
	values  []string
	line    int
	ended   bool
}

func newXLSXSheet(in *bufio.Reader, o Options) (sheet, error) {
	packed, err := io.ReadAll(io.LimitReader(in, maxPacked+1))
	switch {
	case err != nil:
		return nil, err
	case len(packed) > maxPacked:
		return nil, o.fileError(CodeTooLarge)
	}
	file, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return nil, o.fileError(CodeDamagedFile)
	}
	s := &xlsxSheet{options: o}
	if err := s.open(workbook{file}); err != nil {
		return nil, s.readable(err)
	}
	return s, nil
}

var (
	errNotXLSX  = errors.New("not a workbook")
	errTooLarge = errors.New("too large")
	errDamaged  = errors.New("damaged")
)

// readable turns what went wrong inside the file into what to do about it.
func (s *xlsxSheet) readable(err error) error {
	switch {
	case err == nil, err == io.EOF:
		return err
	case errors.Is(err, errTooLarge):
		return s.options.fileError(CodeTooLarge)
	case errors.Is(err, errNotXLSX):
		return s.options.fileError(CodeNotXLSX)
	}
	return s.options.fileError(CodeDamagedFile)
}

func (s *xlsxSheet) open(book workbook) error {
	first, date1904, err := book.firstSheet()
	if err != nil {
		return err
	}
	if s.date0 = 25569; date1904 {
		s.date0 = 24107
	}
	if s.shared, err = book.sharedStrings(); err != nil {
		return err
	}
	part, err := book.part(first, maxUnpacked)
	if err != nil {
		return err
	}
	s.part, s.xml = part, xml.NewDecoder(newTextCutter(part))
	return s.skipTo("sheetData")
}

func (s *xlsxSheet) skipTo(name string) error {
	for {
		token, err := s.xml.RawToken()
		if err == io.EOF {
			return errDamaged
		}
		if err != nil {
			return err
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == name {
			return nil
		}
	}
}

func (s *xlsxSheet) expect(columns []column) { s.columns = columns }

func (s *xlsxSheet) next() (cells, *fault, error) {
	for !s.ended {
		token, err := s.xml.RawToken()
		if err != nil {
			return cells{}, nil, s.brokenOff(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if e.Name.Local != "row" {
				continue
			}
			wrong, err := s.row(e)
			if err != nil {
				return cells{}, nil, s.brokenOff(err)
			}
			if wrong != nil {
				return cells{}, wrong, nil
			}
			if !blank(s.values) {
				return s.complete()
			}
		case xml.EndElement:
			s.ended = e.Name.Local == "sheetData"
		}
	}
	s.part.Close()
	return cells{}, nil, io.EOF
}

// brokenOff is the error of a sheet that ends before its end.
func (s *xlsxSheet) brokenOff(err error) error {
	if err == io.EOF {
		err = errDamaged
	}
	return s.readable(err)
}

// complete gives a row as many cells as there are headings: a spreadsheet leaves the last ones out.
func (s *xlsxSheet) complete() (cells, *fault, error) {
	if s.columns == nil {
		return cells{s.line, trimmedRight(s.values)}, nil, nil
	}
	for len(s.values) < len(s.columns) {
		s.values = append(s.values, "")
	}
	if !blank(s.values[len(s.columns):]) {
		return cells{}, &fault{s.line, -1, CodeExtraCell}, nil
	}
	return cells{s.line, s.values[:len(s.columns)]}, nil, nil
}

func trimmedRight(values []string) []string {
	for len(values) > 0 && strings.TrimSpace(values[len(values)-1]) == "" {
		values = values[:len(values)-1]
	}
	return values
}

// row reads the cells of one row, all of them also when one is wrong.
func (s *xlsxSheet) row(start xml.StartElement) (*fault, error) {
	s.values = s.values[:0]
	if s.line++; attribute(start, "r") != "" {
		n, err := strconv.Atoi(attribute(start, "r"))
		if err != nil || n < 1 {
			return nil, errDamaged
		}
		s.line = n
	}
	if s.line > maxRows {
		return nil, errDamaged
	}
	var wrong *fault
	for at := 0; ; at++ {
		token, err := s.xml.RawToken()
		if err != nil {
			return nil, err
		}
		switch e := token.(type) {
		case xml.EndElement:
			if e.Name.Local == "row" {
				return wrong, nil
			}
			at--
		case xml.StartElement:
			if e.Name.Local != "c" {
				at--
				continue
			}
			c, err := readXLSXCell(s.xml, e)
			if err != nil {
				return nil, err
			}
			if at = c.column(at); at >= maxCells {
				return nil, errDamaged
			}
			if code := s.put(at, c); code != "" && wrong == nil {
				wrong = &fault{s.line, at, code}
				if code == CodeMalformedRow {
					wrong.cell = -1
				}
			}
		default:
			at--
		}
	}
}

// put stores a cell's value as text, or says why it has none.
func (s *xlsxSheet) put(at int, c xlsxCell) (code string) {
	col := namelessColumn
	if at < len(s.columns) {
		col = s.columns[at]
	}
	if s.columns != nil && col == ignoredColumn {
		return ""
	}
	value, err := c.text(s.shared)
	switch {
	case err != nil:
		return CodeMalformedRow
	case s.columns != nil && c.formula && (value != "" || c.kind != "str"): // one that gives no text is an empty cell
		return CodeFormula
	case s.columns != nil && c.kind == "e":
		return CodeErrorValue
	case len(value) > maxField:
		return CodeTooLong
	case col == occurredOnColumn && c.isNumber():
		value = dayOfSerial(value, s.date0)
	}
	if value == "" {
		return "" // as if it were not there
	}
	for len(s.values) <= at {
		s.values = append(s.values, "")
	}
	s.values[at] = value
	return ""
}

// workbook is the parts of an XLSX file.
type workbook struct{ file *zip.Reader }

// part opens a part that may unpack to so many bytes.
func (b workbook) part(name string, limit int64) (io.ReadCloser, error) {
	for _, f := range b.file.File {
		if !strings.EqualFold(strings.ReplaceAll(f.Name, `\`, "/"), name) {
			continue
		}
		if f.UncompressedSize64 > uint64(limit) {
			return nil, errTooLarge
		}
		return f.Open() // archive/zip fails when more comes than the size says
	}
	return nil, errNotXLSX
}

func (b workbook) decode(name string, into any) error {
	part, err := b.part(name, maxSmall)
	if err != nil {
		return err
	}
	defer part.Close()
	return xml.NewDecoder(part).Decode(into)
}

// firstSheet returns the part that holds the first sheet, and whether days count from 1904.
func (b workbook) firstSheet() (name string, date1904 bool, err error) {
	var book struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Attributes []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := b.decode("xl/workbook.xml", &book); err != nil {
		return "", false, err
	}
	if len(book.Sheets) == 0 {
		return "", false, errDamaged
	}
	id := ""
	for _, a := range book.Sheets[0].Attributes {
		if a.Name.Local == "id" && a.Name.Space != "" {
			id = a.Value
		}
	}
	name, err = b.target(id)
	return name, book.Properties.Date1904 == "1" || book.Properties.Date1904 == "true", err
}

func (b workbook) target(id string) (string, error) {
	var links struct {
		Relationship []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		}
	}
	if err := b.decode("xl/_rels/workbook.xml.rels", &links); err != nil {
		return "", err
	}
	for _, l := range links.Relationship {
		if l.ID == id {
			if strings.HasPrefix(l.Target, "/") {
				return l.Target[1:], nil
			}
			return path.Join("xl", l.Target), nil
		}
	}
	return "", errDamaged
}

// sharedStrings reads the texts that cells refer to by number.
func (b workbook) sharedStrings() ([]string, error) {
	part, err := b.part("xl/sharedStrings.xml", maxUnpacked)
	if err == errNotXLSX {
		return nil, nil // a workbook may do without
	}
	if err != nil {
		return nil, err
	}
	defer part.Close()
	var shared []string
	size := 0
	decoder := xml.NewDecoder(newTextCutter(part))
	for {
		token, err := decoder.RawToken()
		if err == io.EOF {
			return shared, nil
		}
		if err != nil {
			return nil, err
		}
		if e, ok := token.(xml.StartElement); !ok || e.Name.Local != "si" {
			continue
		}
		s, err := richText(decoder, "si")
		if err != nil {
			return nil, err
		}
		if size += len(s) + perString; size > maxStrings {
			return nil, errTooLarge
		}
		shared = append(shared, s)
	}
}
