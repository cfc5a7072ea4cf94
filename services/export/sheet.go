package export

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

const (
	narrowest, widestColumn = 9.0, 48.0 // characters
	lineHeight              = 15.0      // points, of a line of running text
	paragraphColumns        = 6         // a paragraph is as wide as the table, and at least this
	mostFrozen              = 10 * lineHeight
)

// sheet is written from the top: row is the next one.
type sheet struct {
	*workbook
	name   string
	row    int
	top    float64         // points above row
	widths map[int]float64 // of columns, in characters
	frozen bool
	wide   int // columns of the widest table
}

func (b *workbook) about(d Document) {
	b.try(b.SetSheetName("Sheet1", b.words.about))
	s := &sheet{workbook: b, name: b.words.about, row: 1, widths: make(map[int]float64)}
	s.line(clean(d.Title), style{size: 16, bold: true})
	if subtitle := clean(d.Subtitle); subtitle != "" {
		s.line(subtitle, style{grey: true})
	}
	s.skip(1)
	for _, f := range d.About {
		s.text(1, clean(f.Label), style{grey: true, wrap: true})
		s.text(2, clean(f.Value), style{wrap: true})
		s.skip(1)
	}
	s.finish(clean(d.Footer))
}

func (b *workbook) section(name string, section Section, footer string) {
	_, err := b.NewSheet(name)
	b.try(err)
	s := &sheet{workbook: b, name: name, row: 1, widths: make(map[int]float64), wide: paragraphColumns}
	for _, t := range tables(section, b.words) {
		s.wide = max(s.wide, len(t.Columns))
	}
	s.line(clean(section.Heading), style{size: 14, bold: true})
	for _, block := range section.Blocks {
		switch block := block.(type) {
		case Paragraph:
			s.paragraph(clean(block.Text))
		case Table:
			s.table(block)
		case Chart:
			s.chart(block)
		}
		s.skip(1)
	}
	s.finish(footer)
}

// skip goes down so many rows.
func (s *sheet) skip(rows int) { s.row, s.top = s.row+rows, s.top+float64(rows)*lineHeight }

// line is text that may run out over the columns to its right.
func (s *sheet) line(text string, st style) {
	s.put(1, st, func(cell string) error { return s.SetCellStr(s.name, cell, short(text, 200)) })
	s.skip(1)
}

// put writes one cell of the current row and gives it its style.
func (s *sheet) put(column int, st style, set func(cell string) error) {
	cell, err := excelize.CoordinatesToCellName(column, s.row)
	s.try(err)
	s.try(set(cell))
	s.try(s.SetCellStyle(s.name, cell, cell, s.style(st)))
}

// text writes a cell that is text whatever it begins with.
func (s *sheet) text(column int, text string, st style) {
	s.widen(column, text)
	text = short(text, excelize.TotalCellChars/2) // of two UTF-16 units each at the most
	s.put(column, st, func(cell string) error { return s.SetCellStr(s.name, cell, text) })
}

func (s *sheet) widen(column int, text string) {
	s.widths[column] = max(s.widths[column], min(float64(utf8.RuneCountInString(text))+2, widestColumn))
}

// paragraph is merged over the columns, and as high as it will need: no program adjusts the height of merged cells.
func (s *sheet) paragraph(text string) {
	const perLine = narrowest * paragraphColumns
	text = short(text, excelize.TotalCellChars/2)
	lines := math.Ceil(float64(utf8.RuneCountInString(text))/perLine) + 0.3
	height := min(lines*lineHeight, excelize.MaxRowHeight)
	s.put(1, style{wrap: true}, func(cell string) error { return s.SetCellStr(s.name, cell, text) })
	s.merge(s.wide)
	s.try(s.SetRowHeight(s.name, s.row, height))
	s.row, s.top = s.row+1, s.top+height
}

func (s *sheet) merge(columns int) {
	from, err := excelize.CoordinatesToCellName(1, s.row)
	s.try(err)
	to, err := excelize.CoordinatesToCellName(columns, s.row)
	s.try(err)
	s.try(s.MergeCell(s.name, from, to))
}

func (s *sheet) table(t Table) {
	if caption := clean(t.Caption); caption != "" {
		s.line(caption, style{bold: true})
	}
	for i, c := range t.Columns {
		s.text(i+1, clean(c.Heading), style{bold: true, wrap: true, right: c.Kind != Texts, below: true})
	}
	s.skip(1)
	s.freeze()
	if len(t.Rows) == 0 {
		s.line(s.words.none, style{grey: true})
	}
	for i, row := range t.Rows {
		total := t.Total && i == len(t.Rows)-1
		for j, cell := range row {
			s.cell(j+1, cell, style{right: t.Columns[j].Kind != Texts, bold: total, above: total})
		}
		s.skip(1)
	}
}

// freeze keeps what is above the first rows of the sheet's first table in sight, unless that is half the screen.
func (s *sheet) freeze() {
	if s.frozen || s.top > mostFrozen {
		return
	}
	s.frozen = true
	cell, err := excelize.CoordinatesToCellName(1, s.row)
	s.try(err)
	s.try(s.SetPanes(s.name, &excelize.Panes{Freeze: true, YSplit: s.row - 1, TopLeftCell: cell, ActivePane: "bottomLeft"}))
}

func (s *sheet) cell(column int, c Cell, st style) {
	switch {
	case c.is == isNumber:
		s.number(column, c, c.number.Float(), "#,##0", st)
	case c.is == isPercent:
		percent := Decimal{c.number.Units, c.number.Places + 2}
		s.number(column, c, percent.Float(), "0", st)
	case c.is == isDay && c.day > firstDay:
		st.format = "yyyy-mm-dd"
		s.widen(column, "2021-03-01")
		s.put(column, st, func(cell string) error { return s.SetCellInt(s.name, cell, int64(c.day)+excelEpoch) })
	case c.show(s.words) == "": // an empty text would be drawn as 0 by a chart
		s.put(column, st, func(string) error { return nil })
	default:
		st.wrap, st.grey = true, c.is == isNothing
		s.text(column, c.show(s.words), st)
	}
}

const (
	excelEpoch = 25569  // 1970-01-01 as a spreadsheet counts days
	firstDay   = -25508 // 1900-03-01: before it spreadsheets disagree
)

func (s *sheet) number(column int, c Cell, value float64, format string, st style) {
	st.format = format
	if c.number.Places > 0 {
		st.format += "." + strings.Repeat("0", c.number.Places)
	}
	if c.is == isPercent {
		st.format += `" "%`
		if s.words.point == "." {
			st.format = strings.Replace(st.format, `" "`, "", 1)
		}
	}
	s.widen(column, c.show(s.words))
	s.put(column, st, func(cell string) error { return s.SetCellFloat(s.name, cell, value, -1, 64) })
}

// finish sets what depends on the whole sheet: how wide its columns are, and how it is printed.
func (s *sheet) finish(footer string) {
	for column, width := range s.widths {
		name, err := excelize.ColumnNumberToName(column)
		s.try(err)
		s.try(s.SetColWidth(s.name, name, name, max(width, narrowest)))
	}
	landscape, fit, a4 := "landscape", 0, 9
	one, yes := 1, true
	s.try(s.SetSheetProps(s.name, &excelize.SheetPropsOptions{FitToPage: &yes}))
	s.try(s.SetPageLayout(s.name, &excelize.PageLayoutOptions{Orientation: &landscape, Size: &a4, FitToWidth: &one, FitToHeight: &fit}))
	s.try(s.SetHeaderFooter(s.name, &excelize.HeaderFooterOptions{OddFooter: "&L" + footerText(footer) + "&R&P / &N"}))
}

// footerText escapes what a footer takes for a code. Excel allows 255 characters in all.
func footerText(s string) string { return strings.ReplaceAll(short(s, 100), "&", "&&") }
