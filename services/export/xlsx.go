package export

import (
	"fmt"
	"io"
	"sort"
	"time"

	"github.com/xuri/excelize/v2"
)

// XLSX writes the document as a workbook: a first sheet says what it is about, and each section is a sheet with its
// tables below one another. Numbers, percentages and days are what they are; everything else is text, and nothing is a
// formula. Charts are the spreadsheet's own, beside the figures they show.
func XLSX(w io.Writer, d Document) error {
	if err := d.check(); err != nil {
		return err
	}
	book := &workbook{File: excelize.NewFile(), words: wordsOf(d.Language)}
	defer book.Close()
	book.properties(d)
	book.about(d)
	for i, name := range names(d) {
		book.section(name, d.Sections[i], clean(d.Footer))
	}
	if book.err != nil {
		return fmt.Errorf("write a workbook: %w", book.err)
	}
	book.sortTypes()
	_, err := book.WriteTo(w)
	return err
}

// workbook keeps the first error, so that a sheet can be written as it is read.
type workbook struct {
	*excelize.File
	words  words
	styles map[style]int
	err    error
}

func (b *workbook) try(err error) {
	if b.err == nil {
		b.err = err
	}
}

// sortTypes puts in order what the library adds in any: the same document gives the same bytes.
func (b *workbook) sortTypes() {
	if b.ContentTypes == nil {
		return
	}
	types := b.ContentTypes.Defaults
	sort.Slice(types, func(i, j int) bool { return types[i].Extension < types[j].Extension })
}

func (b *workbook) properties(d Document) {
	created := d.Created.UTC().Format(time.RFC3339)
	b.try(b.SetDocProps(&excelize.DocProperties{
		Title: clean(d.Title), Subject: clean(d.Subtitle), Language: b.words.tag, Creator: "Räckvidd", LastModifiedBy: "Räckvidd",
		Created: created, Modified: created,
	}))
}
