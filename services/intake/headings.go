package intake

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// readHeadings finds the column of each heading.
func (o Options) readHeadings(headings []string) ([]column, error) {
	names, err := o.headingNames()
	if err != nil {
		return nil, err
	}
	columns, known := make([]column, len(headings)), 0
	for i, heading := range headings {
		columns[i] = names.column(heading)
		if columns[i] >= 0 {
			known++
		}
	}
	if known == 0 {
		return nil, o.fileError(CodeNoHeading)
	}
	if err := o.checkMapped(headings); err != nil {
		return nil, err
	}
	return columns, o.checkHeadings(headings, columns, known)
}

// checkMapped refuses a heading that the caller names and the file does not have: it is misspelt, and what it was to
// hold would be missed.
func (o Options) checkMapped(headings []string) error {
	inFile := make(map[string]bool, len(headings))
	for _, heading := range headings {
		inFile[foldWord(heading)] = true
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

func (o Options) checkHeadings(headings []string, columns []column, known int) error {
	var seen [columnCount]bool
	for i, col := range columns {
		switch {
		case col == unknownColumn:
			return o.headingError(CodeUnknownColumn, headingForShow(headings[i], i, known))
		case col < 0:
		case seen[col]:
			return o.headingError(CodeDuplicateColumn, col.String())
		default:
			seen[col] = true
		}
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

// headingForShow names a heading by its letters when it is sure to be one: in a file without headings the first
// row is somebody's record.
func headingForShow(heading string, at, known int) string {
	heading = strings.TrimSpace(heading)
	if known < 3 || !showable(heading) {
		return columnLetters(at)
	}
	return heading
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

const unknownColumn column = -3

// headingNames are the columns by folded heading: the caller's, and then the built-in ones.
type headingNames map[string]column

func (o Options) headingNames() (headingNames, error) {
	own := make(headingNames, len(o.Columns))
	for heading, name := range o.Columns {
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
