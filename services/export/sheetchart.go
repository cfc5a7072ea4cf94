package export

import (
	"strings"

	"github.com/xuri/excelize/v2"
)

const (
	chartWidth, chartHeight = 640, 320 // pixels
	rowPixels               = 20
	paletteRepeats          = 4
)

// palette is told apart in black and white too, and by those who see fewer colours: each lighter than the one before.
var palette = [paletteRepeats]string{"1D3F66", "C4622D", "5B8DB8", "E0B15E"}

// chart writes the chart's figures, and the chart to the right of them.
func (s *sheet) chart(c Chart) {
	top := s.row + 1 // the caption is above
	if c.caption() == "" {
		top = s.row
	}
	t := gaps(c.table(s.words))
	s.table(t)
	if len(c.Categories) > 0 && len(c.Series) > 0 {
		anchor, err := excelize.CoordinatesToCellName(len(t.Columns)+2, top)
		s.try(err)
		s.try(s.AddChart(s.name, anchor, s.native(c, top)))
		s.skip(max(0, top+chartHeight/rowPixels+1-s.row))
	}
	if note := clean(c.Note); note != "" {
		s.paragraph(note)
	}
}

// gaps empties the cells without a value: a spreadsheet draws any text as 0.
func gaps(t Table) Table {
	for _, row := range t.Rows {
		for i, c := range row {
			if c.is == isNothing {
				row[i] = Cell{}
			}
		}
	}
	return t
}

// native is the spreadsheet's own chart of the table whose headings are in row top.
func (s *sheet) native(c Chart, top int) *excelize.Chart {
	kinds := map[ChartKind]excelize.ChartType{Bars: excelize.Bar, Columns: excelize.Col, Lines: excelize.Line}
	x := &excelize.Chart{
		Type: kinds[c.Kind], Title: excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: short(c.caption(), 200)}}},
		Format:    excelize.GraphicOptions{AltText: c.describe(s.words)},
		Dimension: excelize.ChartDimension{Width: chartWidth, Height: chartHeight},
		Legend:    excelize.ChartLegend{Position: "bottom"}, ShowBlanksAs: "gap",
		PlotArea: excelize.ChartPlotArea{ShowVal: true},
		XAxis:    excelize.ChartAxis{ReverseOrder: c.Kind == Bars, Font: excelize.Font{Color: ink, Size: 9}},
		YAxis:    excelize.ChartAxis{MajorGridLines: c.Kind != Bars, None: c.Kind == Bars, Font: excelize.Font{Color: ink, Size: 9}},
	}
	if len(c.Series) == 1 {
		x.Legend.Position = "none"
	}
	for i := range c.Series {
		x.Series = append(x.Series, excelize.ChartSeries{
			Name: s.reference(i+2, top, top), Categories: s.reference(1, top+1, top+len(c.Categories)),
			Values: s.reference(i+2, top+1, top+len(c.Categories)),
			Fill:   excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{palette[i%paletteRepeats]}},
			Marker: excelize.ChartMarker{Symbol: markers(i), Size: 7},
			Line:   excelize.LineOptions{Width: 2},
		})
	}
	return x
}

func markers(i int) string { return []string{"circle", "square", "triangle", "diamond"}[i%4] }

// reference names cells of a column as charts do.
func (s *sheet) reference(column, from, to int) string {
	first, err := excelize.CoordinatesToCellName(column, from, true)
	s.try(err)
	name := "'" + strings.ReplaceAll(s.name, "'", "''") + "'!" + first
	if to == from {
		return name
	}
	last, err := excelize.CoordinatesToCellName(column, to, true)
	s.try(err)
	return name + ":" + last
}
