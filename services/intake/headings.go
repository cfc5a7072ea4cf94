package intake

import (
	"crypto/sha256"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Heading is one of a file's first row, as it may be shown.
type Heading struct {
	Place  string            // the letters that a spreadsheet calls the column by
	Text   string            // "" where it is none, or may be a cell of somebody's record
	Column string            // of the import format; "-" where it is left out, "" where nobody knows
	None   bool              // the column has none: nothing may stand in it unless the caller says what
	Digest [sha256.Size]byte // of the text, shown or not, as headings are compared
}

// mostHeadings is how many a FileError lists; of a file with more it lists none.
const mostHeadings = 100

// headingRow is the first row of a file, and what its columns hold.
type headingRow struct {
	texts   []string
	columns []column
	named   int // columns of the format that their headings name
}

// readHeadings finds the column of each heading.
func (o Options) readHeadings(texts []string) (row headingRow, err error) {
	names, err := o.headingNames()
	if err != nil {
		return row, err
	}
	row = headingRow{texts: texts, columns: make([]column, len(texts))}
	for i, text := range texts {
		col := names.column(text)
		if col >= 0 {
			row.named++
		}
		if placed, ok := names[bracketed(i)]; ok {
			col = placed
		}
		row.columns[i] = col
	}
	if err := o.checkMapped(texts); err != nil {
		return row, err
	}
	if wrong := o.checkHeadings(row, names); wrong != nil {
		wrong.Headings = row.list()
		return row, wrong
	}
	return row, nil
}

// list is the row as it may be shown.
func (r headingRow) list() (list []Heading) {
	if len(r.texts) > mostHeadings {
		return nil
	}
	for i, col := range r.columns {
		h := Heading{Place: columnLetters(i), Column: col.String(), None: col == namelessColumn}
		if shown := r.shown(i); shown != h.Place {
			h.Text = shown
		}
		h.Digest = sha256.Sum256([]byte(foldWord(r.texts[i])))
		if col == ignoredColumn {
			h.Column = "-"
		}
		list = append(list, h)
	}
	return list
}

// shown names a heading by its letters unless it is sure to be one: in a file without headings the first row is somebody's record.
func (r headingRow) shown(at int) string {
	heading := strings.TrimSpace(r.texts[at])
	if r.named < 3 || heading == "" || !showable(heading) {
		return columnLetters(at)
	}
	return heading
}

// checkMapped refuses a heading that the caller names and the file does not have: it is misspelt, and what it was to
// hold would be missed.
func (o Options) checkMapped(texts []string) error {
	inFile := make(map[string]bool, 2*len(texts))
	for i, text := range texts {
		inFile[foldWord(text)], inFile[bracketed(i)] = true, true
	}
	for _, heading := range slices.Sorted(maps.Keys(o.Columns)) {
		if inFile[foldWord(heading)] {
			continue
		}
		shown := strings.TrimSpace(heading)
		if !showable(shown) {
			shown = ""
		}
		return &FileError{Code: CodeUnknownMapping, Column: shown, Message: message(noSuchHeading, namelessColumn, o.Language)}
	}
	return nil
}

// someDay is what a day looks like, written in whichever way.
var someDay = regexp.MustCompile(`^\s*\d{1,4}[-/. ]?(\d{1,2}|\pL{3,9})[-/. ]?\d{2,4}\b`)

func (o Options) checkHeadings(row headingRow, names headingNames) *FileError {
	var seen [columnCount]bool
	known := false
	for i, col := range row.columns {
		switch {
		case col < 0:
			continue
		case seen[col]:
			return o.headingError(CodeDuplicateColumn, col.String())
		}
		// Of a column that is known by its place alone nobody said that the first row names it.
		if _, placed := names[bracketed(i)]; placed && col == occurredOnColumn && someDay.MatchString(row.texts[i]) {
			return o.headingError(CodeRecordAsHeading, columnLetters(i))
		}
		seen[col], known = true, true
	}
	if !known {
		return o.fileError(CodeNoHeading)
	}
	if unknown := row.unknown(); len(unknown) > 0 {
		return o.unknownColumns(unknown)
	}
	for _, col := range []column{recordIDColumn, typeColumn, occurredOnColumn} {
		if !seen[col] {
			return o.headingError(CodeMissingColumn, col.String())
		}
	}
	if !seen[childColumn] && !seen[countColumn] {
		return o.headingError(CodeMissingColumn, childColumn.String())
	}
	return nil
}

// unknown are the headings, as they may be shown, of which nobody knows what they hold.
func (r headingRow) unknown() (list []string) {
	for i, col := range r.columns {
		if col == unknownColumn {
			list = append(list, r.shown(i))
		}
	}
	return list
}

// unknownColumns names all of them: whoever maps one would be told of the next.
func (o Options) unknownColumns(headings []string) *FileError {
	wrong := o.headingError(CodeUnknownColumn, headings[0])
	if others := headings[1:min(len(headings), mostHeadings)]; len(others) > 0 {
		wrong.Message += message(alsoUnknown, namelessColumn, o.Language) + strings.Join(others, ", ")
	}
	return wrong
}

func showable(heading string) bool {
	return utf8.RuneCountInString(heading) <= 40 && strings.IndexFunc(heading, notInHeading) < 0
}

func notInHeading(r rune) bool {
	return !unicode.IsLetter(r) && !strings.ContainsRune(" _-/.", r)
}

// columnLetters returns what a spreadsheet calls the column.
func columnLetters(at int) string {
	letters := ""
	for at++; at > 0; at = (at - 1) / 26 {
		letters = string(rune('A'+(at-1)%26)) + letters
	}
	return letters
}

// bracketed is how the caller names a column by its place, folded: [c].
func bracketed(at int) string { return foldWord("[" + columnLetters(at) + "]") }

const unknownColumn column = -3

// headingNames are the columns by folded heading or place: the caller's, and then the built-in ones.
type headingNames map[string]column

func (o Options) headingNames() (headingNames, error) {
	own := make(headingNames, len(o.Columns))
	for _, heading := range slices.Sorted(maps.Keys(o.Columns)) {
		name := o.Columns[heading]
		col, ok := ignoredColumn, true
		if name = foldWord(name); name != "" {
			col, ok = headingWords[name]
		}
		if !ok {
			return nil, o.fileError(CodeUnknownMapping)
		}
		own[foldWord(heading)] = col
	}
	return own, nil
}

func (n headingNames) column(heading string) column {
	word := foldWord(heading)
	if col, ok := n[word]; ok {
		return col
	}
	if col, ok := headingWords[word]; ok {
		return col
	}
	if word == "" {
		return namelessColumn
	}
	return unknownColumn
}
