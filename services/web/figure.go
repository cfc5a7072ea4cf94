package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/access"
)

func (s *site) figurePages() {
	s.page("GET /municipalities/{code}/reach/figures/{figure...}", access.ReadRows, (*visit).figure)
	s.page("GET /municipalities/{code}/surveys/{year}/figures/{figure...}", access.ReadRows, (*visit).figure)
}

// behind is what a figure is counted from, a page of it.
type behind struct {
	Figure      string          `json:"figure"`
	Definition  string          `json:"definition"`
	Position    events.Position `json:"position"`
	Children    int             `json:"children"`
	Attendances int             `json:"attendances"`
	Counted     int             `json:"counted"`
	Others      int             `json:"others"`
	LeftOut     []struct {
		Why      string `json:"why"`
		Children int    `json:"children"`
	} `json:"left_out"`
	Rows []struct {
		Number    int         `json:"number"`
		CountsAs  int         `json:"counts_as"`
		Form      events.Form `json:"form"`
		Programme string      `json:"programme"`
		Sessions  int         `json:"sessions"`
		First     events.Day  `json:"first"`
		Last      events.Day  `json:"last"`
		Why       string      `json:"why"`
		Child     *events.ID  `json:"child"`
	} `json:"rows"`

	programmeNames
	v       *visit
	Year    string
	Without bool // the rows that are not in the figure
	Sort    string
	Page    int // from 1
}

// programmeNames are what programmes are called, by their ids.
type programmeNames map[events.ProgrammeID]string

// Name is what a programme is called.
func (names programmeNames) Name(id string) string {
	if name := names[events.ProgrammeID(id)]; name != "" {
		return name
	}
	return id
}

const rowsOnAPage = 50

// figure shows the rows that a figure is counted from, or hands them over as a file.
func (v *visit) figure() error {
	year := v.At("year")
	if year == "" {
		year = v.Query("year")
	}
	d := behind{v: v, Year: year, Without: v.Query("without") != "", Sort: v.Query("sort"), Page: max(1, number(v.Query("page")))}
	query := pairs([]string{"year", year, "definition", v.definitionOf(year), "position", v.Query("position"), "figure", v.At("figure"), "min_position", v.Query("at")})
	if format := v.Query("format"); format != "" {
		query.Set("format", format)
		query.Set("lang", v.Lang)
		return v.forward(call{method: http.MethodGet, path: v.in("reach/rows/export"), query: query})
	}
	query.Set("offset", strconv.Itoa(rowsOnAPage*(d.Page-1)))
	query.Set("limit", strconv.Itoa(rowsOnAPage))
	if d.Sort != "" {
		query.Set("sort", d.Sort)
	}
	if d.Without {
		query.Set("left_out", "true")
	}
	err := v.ask(call{method: http.MethodGet, path: v.in("reach/rows"), query: query}, &d)
	if isProblem(err, http.StatusUnprocessableEntity) {
		return errNothingHere // no such figure, order or position
	}
	if err != nil {
		return err
	}
	programmes, err := v.programmes()
	if err != nil {
		return err
	}
	d.programmeNames = named(programmes)
	crumbs := []crumb{{v.Home("reach") + "?" + pairs([]string{"year", year, "definition", v.Query("definition"), "position", v.Query("position")}).Encode(), v.text().text("reach.heading", year)}}
	if v.At("year") != "" {
		crumbs = v.surveyCrumbs(crumb{v.Home("surveys", year), v.text().text("survey.title", year)})
	}
	return v.show("figure", sheet{Title: v.text().text("figure.title", v.figureName(d.Figure, d.programmeNames)), Crumbs: crumbs, D: d, Wide: true})
}

// definitionOf is what a year's figures are counted by: what the address says, or the form of the year.
func (v *visit) definitionOf(year string) string {
	if id := v.Query("definition"); id != "" {
		return id
	}
	if form, known := v.Forms.Of(events.Year(number(year))); known && v.At("year") != "" {
		return string(form.Definition)
	}
	return reach.Default
}

// number reads a whole number; 0 where there is none.
func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// figureName is what a figure is called.
func (v *visit) figureName(key string, names programmeNames) string {
	kind, of, _ := strings.Cut(key, ".")
	l := v.text()
	switch kind {
	case "programme":
		return names.Name(of)
	case "overlap":
		a, b, _ := strings.Cut(of, ".")
		return capital(l.word(a)) + " + " + l.word(b)
	case "age":
		if of != "unknown" {
			return l.text("reach.years", l.word(of))
		}
		return l.text("figure.age_unknown")
	case "form", "gender":
		return capital(l.word(of))
	}
	if of != "" {
		return l.text("figure."+kind, l.word(of))
	}
	return l.text("figure." + kind)
}

// Sentence is what the definition says.
func (d behind) Sentence() string { return sentence(d.Definition, d.v.Lang) }

// sentence is what a definition says.
func sentence(id, lang string) string {
	one, err := reach.Named(id)
	switch {
	case err != nil:
		return id
	case lang == english:
		return one.Sentence
	}
	return one.Swedish
}

// with is the page's own address with the position that it shows, and something else.
func (d behind) with(changes ...string) string {
	query := url.Values{"position": {strconv.FormatUint(d.Position, 10)}}
	for _, kept := range []string{"year", "definition", "sort", "without"} {
		if value := d.v.Query(kept); value != "" {
			query.Set(kept, value)
		}
	}
	for i := 0; i+1 < len(changes); i += 2 {
		if query.Set(changes[i], changes[i+1]); changes[i+1] == "" {
			query.Del(changes[i])
		}
	}
	return "?" + query.Encode()
}

// In leads to the rows that are in the figure, Out to the others, As to a file of all.
func (d behind) In() string              { return d.with("without", "", "sort", "") }
func (d behind) Out() string             { return d.with("without", "yes", "sort", "") }
func (d behind) As(format string) string { return d.with("format", format, "sort", "", "without", "") }
func (d behind) Turn(page int) string    { return d.with("page", strconv.Itoa(page)) }
func (d behind) Previous() int           { return d.Page - 1 }
func (d behind) Next() int               { return d.Page + 1 }
func (d behind) Pages() int              { return (d.Listed() + rowsOnAPage - 1) / rowsOnAPage }
func (d behind) After() bool             { return d.Page < d.Pages() }

// Listed is how many rows there are of the kind that is shown.
func (d behind) Listed() int {
	if d.Without {
		return d.Others
	}
	return d.Counted
}

// column is a heading that the table can be put in order by.
type column struct {
	Label   string
	To      string // the address of the other order
	Order   string // ascending or descending, where the table is in its order
	Numbers bool
}

// Columns are the headings of the table.
func (d behind) Columns() (list []column) {
	keys := []string{"number", "form", "programme", "sessions", "first", "last"}
	if d.Without {
		keys = append(keys, "why")
	}
	by := d.Sort
	if by == "" {
		by = "number"
	}
	for _, key := range keys {
		c := column{Label: d.v.text().text("figure.column_" + key), To: d.with("sort", key), Numbers: key == "number" || key == "sessions"}
		switch by {
		case key:
			c.Order, c.To = "ascending", d.with("sort", "-"+key)
		case "-" + key:
			c.Order = "descending"
		}
		list = append(list, c)
	}
	return list
}
