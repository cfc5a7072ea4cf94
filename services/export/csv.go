package export

import (
	"encoding/csv"
	"io"
	"strings"
)

// CSV writes every table of the document into one file, below one another: the first column names the section, the
// second the table, and each table begins with its headings. What the document is about comes first; paragraphs are left
// out. It is RFC 4180 in UTF-8 with a byte order mark, semicolons and decimal commas in both languages, because
// spreadsheet programs set to Swedish open that as it is; for a program to read, XLSX and the API are better.
func CSV(w io.Writer, d Document) error {
	if err := d.check(); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.Comma, out.UseCRLF = ';', true
	wide := widest(d)
	write := func(section, table string, fields []string) {
		record := make([]string, wide+2)
		record[0], record[1] = Neutral(section), Neutral(table)
		copy(record[2:], fields)
		_ = out.Write(record) // an error stays with out
	}
	l := wordsOf(d.Language)
	title := []string{Neutral(clean(d.Title)), Neutral(clean(d.Subtitle))}
	write(l.section, l.table, nil)
	write(l.about, l.about, title)
	for _, f := range d.About {
		write(l.about, l.about, []string{Neutral(clean(f.Label)), Neutral(clean(f.Value))})
	}
	for i, name := range names(d) {
		for _, t := range tables(d.Sections[i], l) {
			caption := clean(t.Caption)
			write(name, caption, headings(t))
			for _, row := range t.Rows {
				write(name, caption, plainRow(row))
			}
		}
	}
	out.Flush()
	return out.Error()
}

// tables returns a section's tables, those of its charts included.
func tables(s Section, w words) (list []Table) {
	for _, b := range s.Blocks {
		switch b := b.(type) {
		case Table:
			list = append(list, b)
		case Chart:
			list = append(list, b.table(w))
		}
	}
	return list
}

func widest(d Document) int {
	wide := 2 // what the document is about
	for _, s := range d.Sections {
		for _, b := range s.Blocks {
			switch b := b.(type) {
			case Table:
				wide = max(wide, len(b.Columns))
			case Chart:
				wide = max(wide, len(b.Series)+1)
			}
		}
	}
	return wide
}

func headings(t Table) (list []string) {
	for _, c := range t.Columns {
		list = append(list, Neutral(clean(c.heading())))
	}
	return list
}

// heading says what is percent, where cells do not.
func (c Column) heading() string {
	if c.Kind == Percents && !strings.Contains(c.Heading, "%") {
		return c.Heading + " (%)"
	}
	return c.Heading
}

func plainRow(row []Cell) (list []string) {
	for _, c := range row {
		list = append(list, c.plain())
	}
	return list
}
