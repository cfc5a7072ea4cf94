package web

import (
	"bytes"
	"cmp"
	"slices"

	"rackvidd/projections/reach"
	"rackvidd/services/charts"
	"rackvidd/services/export"
	"rackvidd/services/surveying"
)

// chartWidth is what a chart is drawn for: a telephone shows it almost as it is, and two of them stand side by side.
const chartWidth = 400

// drawing is a chart as SVG; its table stands beside it. Of no figures there is none.
type drawing []byte

// drawn draws a chart.
func (v *visit) drawn(c export.Chart) drawing {
	some := false
	for _, s := range c.Series {
		for _, value := range s.Values {
			some = some || value > 0
		}
	}
	if !some {
		return nil
	}
	return export.SVG(c, v.Lang, chartWidth)
}

// figureCharts are the charts of one period's figures.
type figureCharts struct{ Forms, Overlap, Channels, Ages drawing }

// largest puts the rows of figures in the order in which they are read: the largest first.
func largest(f *reach.Figures) {
	slices.SortStableFunc(f.ByForm, func(a, b reach.ByForm) int { return b.Children - a.Children })
	slices.SortStableFunc(f.Overlap, func(a, b reach.Overlap) int { return b.Children - a.Children })
	slices.SortStableFunc(f.ByProgramme, func(a, b reach.ByProgramme) int { return b.Children - a.Children })
	slices.SortStableFunc(f.ByChannel, func(a, b reach.ByChannel) int { return cmp.Or(b.Any-a.Any, b.First-a.First) })
	slices.SortStableFunc(f.ByGender, func(a, b reach.ByGender) int { return b.Children - a.Children })
}

func (v *visit) figureCharts(f reach.Figures) figureCharts {
	m := charts.Maker(surveying.Language(v.Lang))
	return figureCharts{v.drawn(m.Forms(f)), v.drawn(m.Overlap(f)), v.drawn(m.Channels(f)), v.drawn(m.Ages(f))}
}

// lines draws a chart of several years; of no figures there is none.
func (v *visit) lines(c export.Chart) drawing {
	if len(c.Categories) == 0 {
		return nil
	}
	svg := export.SVG(c, v.Lang, chartWidth)
	if !bytes.Contains(svg, []byte("<path")) {
		return nil
	}
	return svg
}
