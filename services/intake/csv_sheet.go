package intake

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode"
)

const (
	maxField = 64 << 10 // bytes of one cell
	maxLine  = 1 << 20  // bytes kept of one line

	maxAhead      = 256 << 10 // bytes and
	maxAheadLines = 1000      // lines that a row may run over
)

// csvSheet takes a CSV file apart line by line. encoding/csv would do it for well-formed files; here a field of any
// length costs no memory, and a stray quotation mark costs its own line and not the rest of the file: what does
// not come out as one row is taken again from its second line.
type csvSheet struct {
	lines     *csvLines
	separator byte
	columns   []column // nil until the headings are read
	fields    []string
}

func newCSVSheet(in *bufio.Reader, o Options) (sheet, error) {
	lines, err := newCSVLines(in)
	if err != nil {
		return nil, err
	}
	s := &csvSheet{lines: lines}
	first, err := lines.next()
	for err == nil && strings.Trim(first.text, ",;\t ") == "" && !first.cut {
		first, err = lines.next()
	}
	if sep, ok := declaredSeparator(first.text); ok && err == nil {
		s.separator = sep
		first, err = lines.next()
	}
	switch {
	case err == io.EOF:
		return nil, o.fileError(CodeEmptyFile)
	case err != nil:
		return nil, err
	case first.cut || strings.IndexFunc(first.text, notInText) >= 0:
		return nil, o.fileError(CodeBinaryFile)
	}
	headings, err := lines.headings(first)
	if err == nil && s.separator == 0 {
		s.separator, err = o.separatorOf(headings)
	}
	lines.putBack(headings)
	return s, err
}

func notInText(r rune) bool { return unicode.IsControl(r) && r != '\t' }

// declaredSeparator reads the line "sep=;" that Excel understands.
func declaredSeparator(line string) (byte, bool) {
	sep, ok := strings.CutPrefix(strings.TrimSpace(line), "sep=")
	if !ok || len(sep) != 1 || strings.IndexByte(",;\t", sep[0]) < 0 {
		return 0, false
	}
	return sep[0], true
}

// separatorOf is the one that gives the most known headings, or else the most headings.
func (o Options) separatorOf(headings []csvLine) (byte, error) {
	names, err := o.headingNames()
	if err != nil {
		return 0, err
	}
	best, most := byte(','), -1
	for _, sep := range []byte(",;\t") {
		p := csvRecord{separator: sep}
		for state, left := recordOpen, headings; state == recordOpen && len(left) > 0; left = left[1:] {
			state = p.add(left[0].text)
		}
		score := len(p.fields)
		for _, heading := range p.fields {
			if names.column(heading) != unknownColumn {
				score += 1000
			}
		}
		if score > most {
			best, most = sep, score
		}
	}
	return best, nil
}

func (s *csvSheet) expect(columns []column) { s.columns = columns }

func (s *csvSheet) others() int { return 0 }

func (s *csvSheet) next() (cells, *fault, error) {
	for {
		first, err := s.lines.next()
		if err != nil {
			return cells{}, nil, err
		}
		record, wrong, err := s.record(first)
		switch {
		case err != nil:
			return cells{}, nil, err
		case wrong != nil:
			return cells{}, wrong, nil
		case !blank(record):
			return cells{line: first.number, values: record}, nil, nil
		}
	}
}

func blank(values []string) bool {
	for _, v := range values {
		if strings.TrimSpace(v) != "" {
			return false
		}
	}
	return true
}

// record reads the row that begins with a line.
func (s *csvSheet) record(first csvLine) ([]string, *fault, error) {
	p := csvRecord{separator: s.separator, fields: s.fields[:0]}
	state := p.add(first.text)
	s.fields = p.fields
	if wrong := first.fault(&p); wrong != nil {
		return nil, wrong, nil
	}
	if state != recordOpen {
		return s.complete(&p, state, first, nil)
	}
	var more []csvLine
	for ahead := 0; state == recordOpen && s.mayGoOn(&p) && ahead <= maxAhead && len(more) < maxAheadLines; {
		line, err := s.lines.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		more, ahead = append(more, line), ahead+len(line.text)
		if line.fault(&csvRecord{}) != nil {
			break
		}
		state = p.add(line.text)
	}
	return s.complete(&p, state, first, more)
}

func (s *csvSheet) mayGoOn(p *csvRecord) bool {
	return len(p.open) <= maxField && (s.columns == nil || len(p.fields) < len(s.columns))
}

// complete checks the parts; if they are no row, all lines but the first are read again. Cells that are left out at
// the end of the row are empty, as Excel means it; not so over several lines, where a stray quotation mark may have
// swallowed them.
func (s *csvSheet) complete(p *csvRecord, state recordState, first csvLine, more []csvLine) ([]string, *fault, error) {
	if at := p.tooLong(); at >= 0 && len(more) == 0 {
		return nil, &fault{first.number, at, CodeTooLong}, nil
	}
	fits := s.columns == nil || len(p.fields) == len(s.columns)
	if state != recordClosed || p.tooLong() >= 0 || len(more) > 0 && (!fits || s.hasLineBreak(p.fields)) {
		s.lines.putBack(more)
		return nil, &fault{first.number, -1, CodeMalformedRow}, nil
	}
	switch {
	case fits:
		return p.fields, nil, nil
	case blank(p.fields):
		return nil, nil, nil
	case len(p.fields) > len(s.columns):
		return nil, &fault{first.number, -1, CodeExtraCell}, nil
	case first.last: // what it would have gone on to say is not known
		return nil, &fault{first.number, -1, CodeCutOff}, nil
	}
	for len(p.fields) < len(s.columns) {
		p.fields = append(p.fields, "")
	}
	s.fields = p.fields
	return p.fields, nil, nil
}

// hasLineBreak reports whether a cell that is read holds one; in a heading it is a narrow column's, in a cell that is left out
// somebody's note.
func (s *csvSheet) hasLineBreak(fields []string) bool {
	for i, f := range fields {
		if i < len(s.columns) && s.columns[i] != ignoredColumn && strings.Contains(f, "\n") {
			return true
		}
	}
	return false
}

// fault is what is wrong with a line whatever stands around it.
func (l csvLine) fault(p *csvRecord) *fault {
	switch {
	case l.cut:
		at := p.tooLong()
		if at < 0 && len(p.open) > maxField {
			at = len(p.fields)
		}
		return &fault{l.number, at, CodeTooLong}
	case l.foreign:
		return &fault{l.number, -1, CodeWrongEncoding}
	case strings.IndexByte(l.text, 0) >= 0:
		return &fault{l.number, -1, CodeMalformedRow}
	}
	return nil
}

// csvRecord collects the fields of one row from its lines.
type csvRecord struct {
	separator byte
	fields    []string
	open      []byte // the quoted field that the last line did not end
	quoted    bool
}

type recordState int

const (
	recordClosed recordState = iota
	recordOpen
	recordMalformed
)

func (p *csvRecord) add(line string) recordState {
	if p.quoted {
		p.open = append(p.open, '\n')
		return p.quotedField(line)
	}
	return p.plainFields(line)
}

func (p *csvRecord) plainFields(line string) recordState {
	for {
		if strings.HasPrefix(line, `"`) {
			p.quoted, p.open = true, p.open[:0]
			return p.quotedField(line[1:])
		}
		at := strings.IndexByte(line, p.separator)
		field := line
		if at >= 0 {
			field = line[:at]
		}
		if p.fields = append(p.fields, field); strings.Contains(field, `"`) {
			return recordMalformed
		}
		if at < 0 {
			return recordClosed
		}
		line = line[at+1:]
	}
}

// quotedField reads on inside quotation marks, and then the rest of the line.
func (p *csvRecord) quotedField(line string) recordState {
	for {
		at := strings.IndexByte(line, '"')
		if at < 0 {
			p.open = append(p.open, line...)
			return recordOpen
		}
		p.open = append(p.open, line[:at]...)
		line = line[at+1:]
		if !strings.HasPrefix(line, `"`) {
			break
		}
		p.open, line = append(p.open, '"'), line[1:]
	}
	p.fields, p.quoted = append(p.fields, string(p.open)), false
	p.open = p.open[:0]
	switch {
	case line == "":
		return recordClosed
	case line[0] == p.separator:
		return p.plainFields(line[1:])
	}
	return recordMalformed
}

// tooLong returns the field that is, or −1.
func (p *csvRecord) tooLong() int {
	for i, f := range p.fields {
		if len(f) > maxField {
			return i
		}
	}
	if p.quoted && len(p.open) > maxField {
		return len(p.fields)
	}
	return -1
}

// csvLine is one line of the file, without its end.
type csvLine struct {
	text    string
	number  int
	cut     bool // text is only its beginning
	foreign bool // not in the file's encoding
	last    bool // the file ended before the line did
}

// csvLines reads lines in UTF-8 whatever the file's encoding.
type csvLines struct {
	in      *bufio.Reader
	end     byte
	decoder lineDecoder
	count   int
	again   []csvLine
	buf     []byte
}

func newCSVLines(in *bufio.Reader) (*csvLines, error) {
	in, decoder, err := sniffEncoding(in)
	if err != nil {
		return nil, err
	}
	l := &csvLines{in: in, decoder: decoder, end: '\n'}
	start, err := in.Peek(in.Size())
	if err != nil && err != io.EOF {
		return nil, err
	}
	if !bytes.Contains(start, []byte("\n")) && bytes.Contains(start, []byte("\r")) {
		l.end = '\r' // as old Macs wrote
	}
	return l, nil
}

// headings are the lines that headings run over: up to where a cell that was begun in quotation marks has ended.
func (l *csvLines) headings(first csvLine) (list []csvLine, err error) {
	list = []csvLine{first}
	for marks, ahead := strings.Count(first.text, `"`), 0; marks%2 == 1 && ahead <= maxAhead && len(list) < maxAheadLines; {
		line, err := l.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		list, marks, ahead = append(list, line), marks+strings.Count(line.text, `"`), ahead+len(line.text)
	}
	return list, nil
}

func (l *csvLines) putBack(lines []csvLine) {
	if len(lines) > 0 {
		l.again = append(append([]csvLine{}, lines...), l.again...)
	}
}

func (l *csvLines) next() (csvLine, error) {
	if len(l.again) > 0 {
		line := l.again[0]
		l.again = l.again[1:]
		return line, nil
	}
	raw, cut, last, err := l.read()
	if err != nil {
		return csvLine{}, err
	}
	l.count++
	text, foreign := l.decoder.decode(raw, l.in)
	return csvLine{text, l.count, cut, foreign && !cut, last}, nil
}

// read returns the next line, or as much of it as may be kept, and whether the file ended in it.
func (l *csvLines) read() (line []byte, cut, last bool, err error) {
	l.buf = l.buf[:0]
	for {
		part, err := l.in.ReadSlice(l.end)
		room := min(len(part), maxLine-len(l.buf))
		l.buf, cut = append(l.buf, part[:room]...), cut || room < len(part)
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err != nil && err != io.EOF, err == io.EOF && len(l.buf) == 0:
			return nil, false, false, err
		}
		line = bytes.TrimSuffix(l.buf, []byte{l.end})
		return bytes.TrimSuffix(line, []byte("\r")), cut, err == io.EOF, nil
	}
}
