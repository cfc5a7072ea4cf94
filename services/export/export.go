// Package export turns a document into files: PDF to sign, XLSX with typed cells and native charts, CSV, and charts as
// SVG. It knows documents, tables and charts, and nothing of surveys. It is pure: the same document gives the same bytes.
//
// Text may be anything. What cannot be shown is replaced, and what a spreadsheet would take for a formula is not.
package export

import (
	"errors"
	"fmt"
	"time"
)

// Document is what is written, in the order in which it is read.
type Document struct {
	Title     string
	Subtitle  string
	Language  string    // "sv" or "en": of the document, and how its numbers and days are written
	Created   time.Time // stands in the file's properties
	About     []Fact    // what the document is about, below its title: municipality, year, form, log position
	Sections  []Section
	Signature *Signature // at the end; in PDF only, the other files are not for signing
	Footer    string     // on every page, before its number
}

// Fact is one line of what a document is about.
type Fact struct{ Label, Value string }

// Section is a chapter of a PDF, a sheet of a workbook, a first column of a CSV.
type Section struct {
	Heading string
	Name    string // short and unique, as a sheet's name; made so where it is not, from the heading where it is empty
	Blocks  []Block
}

// Block is a Paragraph, a Table or a Chart.
type Block interface{ isBlock() }

// Paragraph is running text.
type Paragraph struct{ Text string }

// Table is rows of cells, one for each column. In Columns of Texts the text stands to the left, all else to the right.
// Where the first column is of Texts, its cells head their rows.
type Table struct {
	Caption string
	Columns []Column
	Rows    [][]Cell
	Total   bool // the last row is a total
}

// Column is one column of a table.
type Column struct {
	Heading string
	Kind    Kind
}

// Kind is what the cells of a column are, apart from the exceptions among them: a Band, or Nothing.
type Kind int

const (
	Texts Kind = iota
	Numbers
	Percents
	Days
)

// Chart is a picture of figures. PDF and XLSX write its figures as a table below or beside it, and CSV the table alone.
type Chart struct {
	Title      string
	Kind       ChartKind
	Categories []string // along the axis
	Series     []Series // with one value for each category
	Unit       string   // what is counted: "barn", "kommuner", "%"
	Note       string   // below the chart: its source
	Axis       string   // what the categories are: "Stödform", "År"
}

// ChartKind is how a chart is drawn.
type ChartKind int

const (
	Bars    ChartKind = iota // lie, one below another: for long names
	Columns                  // stand side by side
	Lines                    // over years
)

// Series is one value for each of a chart's categories; math.NaN() where there is none.
type Series struct {
	Name   string
	Values []float64
}

// Signature is a declaration, and below it a rule to write on for each line.
type Signature struct {
	Declaration string
	Lines       []string // what is written there: "Ort och datum", "Underskrift", "Namnförtydligande"
}

func (Paragraph) isBlock() {}
func (Table) isBlock()     {}
func (Chart) isBlock()     {}

// MostColumns is how many columns a table may have: more do not fit a page.
const MostColumns = 24

// check refuses what is a mistake of the program that made the document. Its texts are never refused.
func (d Document) check() error {
	if d.Language != "sv" && d.Language != "en" {
		return fmt.Errorf("a document's language is sv or en, not %q", d.Language)
	}
	if clean(d.Title) == "" {
		return errors.New("a document needs a title")
	}
	if d.Created.IsZero() {
		return errors.New("a document says when it was created")
	}
	for _, s := range d.Sections {
		for _, b := range s.Blocks {
			if err := checkBlock(b); err != nil {
				return fmt.Errorf("section %q: %w", s.Heading, err)
			}
		}
	}
	return nil
}

func checkBlock(b Block) error {
	switch b := b.(type) {
	case Table:
		return b.check()
	case Chart:
		return b.check()
	case nil:
		return errors.New("a block is nil")
	}
	return nil
}

func (t Table) check() error {
	if len(t.Columns) == 0 || len(t.Columns) > MostColumns {
		return fmt.Errorf("table %q has %d columns, and may have 1 to %d", t.Caption, len(t.Columns), MostColumns)
	}
	for i, row := range t.Rows {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("table %q has %d columns, and row %d has %d cells", t.Caption, len(t.Columns), i+1, len(row))
		}
	}
	return nil
}

func (c Chart) check() error {
	if len(c.Series) >= MostColumns {
		return fmt.Errorf("chart %q has %d series, and may have %d", c.Title, len(c.Series), MostColumns-1)
	}
	for _, s := range c.Series {
		if len(s.Values) != len(c.Categories) {
			return fmt.Errorf("chart %q has %d categories, and series %q has %d values", c.Title, len(c.Categories), s.Name, len(s.Values))
		}
	}
	return nil
}
