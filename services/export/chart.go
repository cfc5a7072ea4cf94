package export

import "strings"

// unit is what is counted, where the chart's name does not say it.
func (c Chart) unit() string {
	unit := clean(c.Unit)
	if strings.Contains(strings.ToLower(c.Title), strings.ToLower(unit)) {
		return ""
	}
	return unit
}

// caption is the chart's name and unit, above its figures where the chart is not.
func (c Chart) caption() string {
	title, unit := clean(c.Title), c.unit()
	if title == "" || unit == "" {
		return title + unit
	}
	return title + " (" + unit + ")"
}

// table returns the chart's figures: a row for each category, a column for each series.
func (c Chart) table(w words) Table {
	axis := c.Axis
	if clean(axis) == "" {
		axis = w.category
	}
	t := Table{Caption: c.caption(), Columns: []Column{{axis, Texts}}}
	for _, s := range c.Series {
		t.Columns = append(t.Columns, Column{s.Name, Numbers})
	}
	for i, category := range c.Categories {
		row := []Cell{Text(category)}
		for _, s := range c.Series {
			row = append(row, valueCell(s.Values[i]))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func valueCell(v float64) Cell {
	d, ok := decimalOf(v)
	if !ok {
		return Nothing("–")
	}
	return Rounded(d)
}

const mostDescribed = 24

// describe says in words what kind of chart it is and what it shows, for those who do not see it.
func (c Chart) describe(w words) string {
	var b strings.Builder
	b.WriteString(w.chart[c.Kind])
	if c.Unit != "" {
		b.WriteString(", " + clean(c.Unit))
	}
	told := 0
	for _, s := range c.Series {
		for i, v := range s.Values {
			if told++; told > mostDescribed {
				return b.String() + " …"
			}
			b.WriteString(separator(i) + seriesName(c, s, i) + clean(c.Categories[i]) + ": " + w.value(v))
		}
	}
	return b.String() + "."
}

func separator(i int) string {
	if i == 0 {
		return ". "
	}
	return "; "
}

// seriesName is said once, before the first value, where there are several.
func seriesName(c Chart, s Series, i int) string {
	if i > 0 || len(c.Series) == 1 {
		return ""
	}
	return clean(s.Name) + ", "
}
