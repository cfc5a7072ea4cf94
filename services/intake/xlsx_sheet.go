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
	mostStyles  = 1 << 16   // likewise
)

// xlsxSheet streams the first sheet of an XLSX file. excelize, which writes ours, is not used to read: its row
// iterator hides formulas, ends without an error where the XML breaks off, and shifts cells that come out of order.
type xlsxSheet struct {
	options Options
	shared  []string
	masks   []digitMask // by style
	merged  mergedCells
	unread  int // sheets beside the first
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
	first, err := book.firstSheet()
	if err != nil {
		return err
	}
	if s.date0 = 25569; first.date1904 {
		s.date0 = 24107
	}
	s.unread = first.others
	if s.shared, err = book.sharedStrings(); err != nil {
		return err
	}
	if s.masks, err = book.digitMasks(); err != nil {
		return err
	}
	if s.merged, err = book.mergedCells(first.part); err != nil {
		return err
	}
	part, err := book.part(first.part, maxUnpacked)
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

func (s *xlsxSheet) expect(columns []column) {
	s.columns = columns
	s.merged.expect(columns)
}

func (s *xlsxSheet) others() int { return s.unread }

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
	if at := s.merged.first(s.line); at >= 0 {
		return cells{}, &fault{s.line, at, CodeMergedCell}, nil
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
	mask := s.maskOf(c)
	switch {
	case err != nil:
		return CodeMalformedRow
	case s.columns != nil && c.formula && (value != "" || c.kind != "str"): // one that gives no text is an empty cell
		return CodeFormula
	case s.columns != nil && c.kind == "e":
		return CodeErrorValue
	case len(value) > maxField:
		return CodeTooLong
	case mask != "":
		value = mask.show(value)
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

// maskOf is how the cell shows its number.
func (s *xlsxSheet) maskOf(c xlsxCell) digitMask {
	if style, err := strconv.Atoi(c.style); c.isNumber() && err == nil && style >= 0 && style < len(s.masks) {
		return s.masks[style]
	}
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

// firstSheet is what the workbook says of its sheets.
type firstSheet struct {
	part     string // that holds it
	others   int    // sheets beside it
	date1904 bool   // days count from then
}

func (b workbook) firstSheet() (first firstSheet, err error) {
	var book struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Attributes []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := b.decode("xl/workbook.xml", &book); err != nil {
		return first, err
	}
	if len(book.Sheets) == 0 {
		return first, errDamaged
	}
	id := ""
	for _, a := range book.Sheets[0].Attributes {
		if a.Name.Local == "id" && a.Name.Space != "" {
			id = a.Value
		}
	}
	first.others, first.date1904 = len(book.Sheets)-1, book.Properties.Date1904 == "1" || book.Properties.Date1904 == "true"
	first.part, err = b.target(id)
	return first, err
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

// digitMasks reads how the cells of each style show a number.
func (b workbook) digitMasks() ([]digitMask, error) {
	part, err := b.part("xl/styles.xml", maxUnpacked)
	if err == errNotXLSX {
		return nil, nil // a workbook may do without
	}
	if err != nil {
		return nil, err
	}
	defer part.Close()
	var masks []digitMask
	formats, inCells := make(map[int]digitMask), false
	decoder := xml.NewDecoder(newTextCutter(part))
	for len(masks) < mostStyles {
		token, err := decoder.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch name := e.Name.Local; {
			case name == "numFmt":
				if len(formats) == mostStyles {
					return nil, errTooLarge
				}
				if id, err := strconv.Atoi(attribute(e, "numFmtId")); err == nil {
					formats[id] = maskOf(attribute(e, "formatCode"))
				}
			case name == "cellXfs":
				inCells = true
			case name == "xf" && inCells:
				id, _ := strconv.Atoi(attribute(e, "numFmtId")) // 0 is of numbers as they are
				masks = append(masks, formats[id])
			}
		case xml.EndElement:
			inCells = inCells && e.Name.Local != "cellXfs"
		}
	}
	return masks, nil
}

// mergedCells reads what is merged, which stands after all rows of a sheet.
func (b workbook) mergedCells(sheet string) (m mergedCells, err error) {
	part, err := b.part(sheet, maxUnpacked)
	if err != nil {
		return m, err
	}
	defer part.Close()
	rest := bufio.NewReaderSize(part, 64<<10)
	if err := skipRows(rest); err != nil {
		return m, err
	}
	decoder := xml.NewDecoder(newTextCutter(rest))
	for {
		token, err := decoder.RawToken()
		if err == io.EOF {
			return m, nil
		}
		if err != nil {
			return m, err
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "mergeCell" {
			if err := m.add(attribute(e, "ref")); err != nil {
				return m, err
			}
		}
	}
}

// skipRows goes on to where the rows end, or to the end.
func skipRows(in *bufio.Reader) error {
	for {
		tag, err := in.ReadSlice('>')
		tag = bytes.TrimSpace(tag)
		switch {
		case bytes.HasPrefix(tag, []byte("</")) && bytes.HasSuffix(tag, []byte("sheetData>")), bytes.HasSuffix(tag, []byte("sheetData/>")), err == io.EOF:
			return nil
		case err != nil && err != bufio.ErrBufferFull:
			return err
		}
	}
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
