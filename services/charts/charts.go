// Package charts turns reach figures into charts, the same in documents and in pages. It is pure.
package charts

import (
	"slices"

	"rackvidd/projections/reach"
	"rackvidd/services/export"
	"rackvidd/services/surveying"
)

// Maker makes charts in a language.
type Maker surveying.Language

func (m Maker) say(sv, en string) string {
	return surveying.Text{SV: sv, EN: en}.In(surveying.Language(m))
}

func (m Maker) word(code string) string { return surveying.Word(code, surveying.Language(m)) }

// bar is a row of a chart: how many children, of each of the chart's series.
type bar struct {
	name     string
	children []int
}

// children is a chart of children.
func (m Maker) children(title, axis string, list []bar, series ...string) export.Chart {
	chart := export.Chart{Title: title, Kind: export.Bars, Unit: m.say("barn", "children"), Axis: axis}
	for i, name := range series {
		one := export.Series{Name: name}
		for _, b := range list {
			one.Values = append(one.Values, float64(b.children[i]))
		}
		chart.Series = append(chart.Series, one)
	}
	for _, b := range list {
		chart.Categories = append(chart.Categories, b.name)
	}
	return chart
}

// longest puts the longest bars of the last series first.
func longest(list []bar) []bar {
	slices.SortStableFunc(list, func(a, b bar) int { return b.children[len(b.children)-1] - a.children[len(a.children)-1] })
	return list
}

// Forms draws the children of each form.
func (m Maker) Forms(f reach.Figures) export.Chart {
	var list []bar
	for _, row := range f.ByForm {
		list = append(list, bar{m.word(string(row.Form)), []int{row.Children}})
	}
	return m.children(m.say("Barn per stödform", "Children by form"), m.say("Stödform", "Form"), longest(list), m.say("Barn", "Children"))
}

// Overlap draws the children that were in two forms.
func (m Maker) Overlap(f reach.Figures) export.Chart {
	var list []bar
	for _, row := range f.Overlap {
		list = append(list, bar{m.word(string(row.Forms[0])) + " + " + m.word(string(row.Forms[1])), []int{row.Children}})
	}
	return m.children(m.say("Barn i två former", "Children in two forms"), m.say("Former", "Forms"), longest(list), m.say("Barn", "Children"))
}

// Channels draws the channels by which the children came.
func (m Maker) Channels(f reach.Figures) export.Chart {
	var list []bar
	for _, row := range f.ByChannel {
		list = append(list, bar{m.word(string(row.Channel)), []int{row.First, row.Any}})
	}
	return m.children(m.say("De nådda barnens kontaktvägar", "Channels of the children reached"), m.say("Kontaktväg", "Channel"), longest(list),
		m.say("Första remissen", "First referral"), m.say("Någon remiss", "Any referral"))
}

// Ages draws the children of each age, the youngest first.
func (m Maker) Ages(f reach.Figures) export.Chart {
	var list []bar
	for _, row := range f.ByAge {
		name := m.word(row.Age)
		if row.Age != "unknown" {
			name += m.say(" år", " years")
		}
		list = append(list, bar{name, []int{row.Children}})
	}
	return m.children(m.say("Barnens ålder under året", "The children's age in the year"), m.say("Ålder", "Age"), list, m.say("Barn", "Children"))
}
