package web

import (
	"net/http"
	"slices"
	"strconv"

	"rackvidd/events"
	nationwide "rackvidd/projections/survey"
	"rackvidd/services/access"
	"rackvidd/services/export"
)

func (s *site) reportPages() {
	s.page("GET /report", access.ReadReport, (*visit).report)
	s.page("GET /report/{year}/export/{format}", access.ReadReport, func(v *visit) error {
		query := pairs([]string{"format", v.At("format"), "lang", v.Lang, "public", v.Query("public")})
		return v.forward(call{method: http.MethodGet, path: "report/" + v.At("year") + "/export", query: query})
	})
}

// nationalReport is a year's, as it may be seen here or as it may be published.
type nationalReport struct {
	nationwide.Report
	Choices  []choice
	Shows    []choice
	Shown    string // of the counties: responded, offering or children
	Grid     drawing
	Answers  drawing // years
	Over     drawing
	Rankings []ranking
}

// ranking is what was named, the most named first.
type ranking struct {
	Title, Heading, Unit string
	Chart                drawing
	Rows                 []rank
}

type rank struct {
	Place int // alike where as many name both
	Code  string
	Count int
}

// countyNames are the counties by their codes.
func countyNames() map[string]string {
	names := make(map[string]string)
	for _, m := range events.Municipalities() {
		names[m.CountyCode] = m.County
	}
	return names
}

// Letters are those of a county.
func (nationalReport) Letters(code string) string { return letters(code) }

// Latest are the years that stand beside each other, the latest first.
func (r nationalReport) Latest() []nationwide.YearFigures {
	list := slices.Clone(r.Years)
	slices.Reverse(list)
	return list
}

func (v *visit) report() error {
	this := int(v.today().Year())
	f := v.newForm("year", v.Query("year"), "public", v.Query("public"), "show", v.Query("show"))
	if f.Get("year") == "" {
		f.Set("year", strconv.Itoa(this-1))
	}
	l := v.text()
	d := nationalReport{Shown: f.Get("show")}
	if err := v.see(&d.Report, "report/"+f.Get("year"), "public", f.Get("public")); err != nil {
		return err
	}
	for year := this; year >= int(nationwide.FirstYear); year-- {
		d.Choices = append(d.Choices, choice{Value: strconv.Itoa(year), Label: strconv.Itoa(year)})
	}
	if !slices.Contains([]string{"offering", "children"}, d.Shown) {
		d.Shown = "responded"
	}
	f.Set("show", d.Shown)
	for _, what := range []string{"responded", "offering", "children"} {
		d.Shows = append(d.Shows, choice{Value: what, Label: l.text("report.show_" + what)})
	}
	values, names := v.countyValues(d.Counties, d.Shown)
	d.Grid = tileGrid(l.text("report.grid", l.text("report.show_"+d.Shown)), values, names)
	v.rank(&d)
	v.overTheYears(&d)
	return v.show("report", sheet{Title: l.text("report.heading", f.Get("year")), Form: f, D: d, Wide: true})
}

// rank makes the rankings of what municipalities named.
func (v *visit) rank(d *nationalReport) {
	l := v.text()
	for _, one := range []struct {
		key, heading, unit string
		rows               []rank
	}{
		{"forms", "reach.form", "report.municipalities", ranked(d.Forms, func(n nationwide.Named[events.Form]) (string, int) { return string(n.Code), n.Municipalities })},
		{"channels", "reach.channel", "report.municipalities", ranked(d.Channels, func(n nationwide.Named[events.Channel]) (string, int) { return string(n.Code), n.Municipalities })},
		{"measures", "report.measure", "report.points", ranked(d.Measures, func(p nationwide.Points) (string, int) { return string(p.Code), p.Points })},
		{"organisers", "programme.organiser", "report.municipalities", ranked(d.Organisers, func(n nationwide.Named[events.Organiser]) (string, int) { return string(n.Code), n.Municipalities })},
	} {
		if len(one.rows) == 0 {
			continue
		}
		r := ranking{Title: l.text("report." + one.key), Heading: l.text(one.heading), Unit: l.text(one.unit), Rows: one.rows}
		chart := export.Chart{Title: r.Title, Kind: export.Bars, Unit: r.Unit, Axis: r.Heading, Series: []export.Series{{Name: r.Unit}}}
		for _, row := range one.rows {
			chart.Categories = append(chart.Categories, l.word(row.Code))
			chart.Series[0].Values = append(chart.Series[0].Values, float64(row.Count))
		}
		r.Chart = v.drawn(chart)
		d.Rankings = append(d.Rankings, r)
	}
}

func ranked[T any](list []T, of func(T) (code string, n int)) (rows []rank) {
	for i, one := range list {
		r := rank{Place: i + 1}
		r.Code, r.Count = of(one)
		if i > 0 && rows[i-1].Count == r.Count {
			r.Place = rows[i-1].Place
		}
		rows = append(rows, r)
	}
	return rows
}

// overTheYears draws the years beside each other.
func (v *visit) overTheYears(d *nationalReport) {
	l := v.text()
	answers := export.Chart{Title: l.text("report.answers"), Kind: export.Lines, Unit: l.text("report.municipalities"), Series: []export.Series{{Name: l.text("report.answered")}, {Name: l.text("report.offer")}}}
	over := export.Chart{Title: l.text("report.over"), Kind: export.Lines, Unit: l.text("survey.children"), Series: []export.Series{{Name: l.text("survey.children")}}}
	years := d.Years
	if len(years) > 10 {
		years = years[len(years)-10:]
	}
	for _, y := range years {
		name := strconv.Itoa(int(y.Year))
		answers.Categories, over.Categories = append(answers.Categories, name), append(over.Categories, name)
		answers.Series[0].Values = append(answers.Series[0].Values, float64(y.Responded))
		answers.Series[1].Values = append(answers.Series[1].Values, float64(y.Offering))
		over.Series[0].Values = append(over.Series[0].Values, y.Height())
	}
	if len(years) > 1 {
		d.Answers, d.Over = v.drawn(answers), v.drawn(over)
	}
}
