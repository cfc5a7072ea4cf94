package national

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	encoded "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"

	"rackvidd/events"
)

// table is a CSV file of codes and numbers, taken apart line by line: a cell of it holds no line break, so a stray
// quotation mark costs its own line and no other.
type table struct {
	columns []string // the known name of each; "" for one that nobody filled in
	lines   []tableLine
}

// tableLine is one line that is not empty.
type tableLine struct {
	number int
	cells  map[string]string // by column; trimmed
	wrong  *Rejection
}

// headings are the columns of a table by every word that may stand above them, folded.
type headings struct {
	words    map[string]string
	required []string
}

func headingsOf(required []string, words map[string]string) headings {
	h := headings{make(map[string]string), required}
	for word, column := range words {
		h.words[folded(word)] = column
		h.words[folded(column)] = column
	}
	return h
}

// folded writes a heading in one way: composed, in lower case, without the spaces around it.
func folded(s string) string { return strings.ToLower(norm.NFC.String(strings.TrimSpace(s))) }

// readTable takes a file apart. UTF-8 with or without a byte order mark, UTF-16 with one, and Windows-1252; commas,
// semicolons or tabs.
func readTable(raw []byte, h headings) (*table, error) {
	text, err := decoded(raw)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"), "\n")
	first := slices.IndexFunc(lines, func(l string) bool { return strings.Trim(l, ",;\t ") != "" })
	if first >= 0 && strings.HasPrefix(lines[first], "sep=") {
		first++
	}
	if first < 0 || first == len(lines) {
		return nil, &FileError{"empty_file", "", "the file is empty; send one with headings and rows"}
	}
	t, separator := &table{}, h.separator(lines[first])
	if t.columns, err = h.read(lines[first], separator); err != nil {
		return nil, err
	}
	for i, line := range lines[first+1:] {
		if strings.Trim(line, ",;\t \"") != "" {
			number := first + i + 2
			t.lines = append(t.lines, t.line(number, line, separator, number == len(lines)))
		}
	}
	return t, nil
}

// decoded is the file as text.
func decoded(raw []byte) (text string, err error) {
	switch {
	case bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")):
		text = string(raw[3:])
	case bytes.HasPrefix(raw, []byte("\xff\xfe")), bytes.HasPrefix(raw, []byte("\xfe\xff")):
		text, err = encoded.UTF16(encoded.LittleEndian, encoded.ExpectBOM).NewDecoder().String(string(raw))
	case utf8.Valid(raw):
		text = string(raw)
	case slices.ContainsFunc(bytes.Split(raw, []byte("\n")), inUTF8Alone):
		return "", &FileError{"wrong_encoding", "", "part of the file is written as UTF-8 and part of it is not; save it as UTF-8"}
	default:
		text, err = charmap.Windows1252.NewDecoder().String(string(raw))
	}
	control := func(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' }
	if err != nil || !utf8.ValidString(text) || strings.IndexFunc(text, control) >= 0 {
		return "", &FileError{"not_a_table", "", "the file is no table of text; save it as CSV"}
	}
	if strings.ContainsRune(text, utf8.RuneError) {
		return "", &FileError{"wrong_encoding", "", "letters of the file were lost before it came here; save it as UTF-8 from where it was made"}
	}
	return text, nil
}

// inUTF8Alone reports whether a line is UTF-8 and nothing else: Swedish text in Windows-1252 never comes out as that.
func inUTF8Alone(line []byte) bool {
	return utf8.Valid(line) && bytes.ContainsFunc(line, func(r rune) bool { return r >= utf8.RuneSelf })
}

// separator is the one that gives the most known headings.
func (h headings) separator(line string) rune {
	best, most := ',', -1
	for _, separator := range []rune{',', ';', '\t'} {
		known := 0
		for _, name := range strings.Split(line, string(separator)) {
			known += one(h.words[folded(strings.Trim(strings.TrimSpace(name), `"`))] != "")
		}
		if known > most {
			best, most = separator, known
		}
	}
	return best
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

func (h headings) read(line string, separator rune) (columns []string, err error) {
	names, err := cellsOf(line, separator)
	if err != nil {
		return nil, &FileError{"no_headings", "", "the first line cannot be read as headings; write " + strings.Join(h.required, ", ")}
	}
	for i, name := range names {
		column := h.words[folded(name)]
		switch {
		case folded(name) != "" && column == "":
			return nil, &FileError{"unknown_column", shown(name, i), "the column is not known; rename it or take it out"}
		case column != "" && slices.Contains(columns, column):
			return nil, &FileError{"repeated_column", column, "the column is there twice; take one out"}
		}
		columns = append(columns, column)
	}
	for _, column := range h.required {
		if !slices.Contains(columns, column) {
			return nil, &FileError{"missing_column", column, "the column is missing; add it"}
		}
	}
	return columns, nil
}

// shown is a heading as it may be repeated: what could be more than a heading is named by its number.
func shown(name string, i int) string {
	if utf8.RuneCountInString(name) > 40 || events.Revealing(name) != "" || strings.ContainsFunc(name, unicode.IsDigit) {
		return fmt.Sprintf("number %d", i+1)
	}
	return strings.TrimSpace(name)
}

func cellsOf(line string, separator rune) ([]string, error) {
	r := csv.NewReader(strings.NewReader(line))
	r.Comma = separator
	return r.Read()
}

// line takes a line apart; last: the file ended in it.
func (t *table) line(number int, text string, separator rune, last bool) tableLine {
	l := tableLine{number: number, cells: make(map[string]string)}
	cells, err := cellsOf(text, separator)
	if err != nil {
		l.wrong = &Rejection{number, "", "malformed_row", "the line cannot be taken apart; look for a stray quotation mark"}
		return l
	}
	if last && len(cells) < len(t.columns) { // what it would have gone on to say is not known
		l.wrong = &Rejection{number, "", "cut_off", "the file breaks off in this line; save it again, whole, and end its last line with a line break"}
		return l
	}
	for i, cell := range cells {
		cell = strings.TrimSpace(cell)
		switch {
		case cell == "":
		case i >= len(t.columns) || t.columns[i] == "":
			l.wrong = &Rejection{number, "", "extra_cell", "the line has a cell that no heading stands above; move it or take it out"}
			return l
		case events.Revealing(cell) != "":
			l.wrong = &Rejection{number, t.columns[i], "identity", "reads as " + events.Revealing(cell) + "; nobody's identity may be written here"}
			return l
		default:
			l.cells[t.columns[i]] = cell
		}
	}
	return l
}

// whole reads a number of whole children or years, with or without the spaces that Swedish writes between thousands.
func whole(cell string) (n int, ok bool) {
	cell = strings.Map(func(r rune) rune {
		if r == ' ' || r == '\u00a0' || r == '\u202f' {
			return -1
		}
		return r
	}, cell)
	if cell == "" || len(cell) > 9 || strings.Trim(cell, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(cell)
	return n, err == nil
}

// code is a municipality's code, also one from which a spreadsheet took the zero in front.
func code(cell string) events.Municipality {
	if len(cell) == 3 {
		cell = "0" + cell
	}
	return events.Municipality(cell)
}
