package web

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/access"
)

func (s *site) reachPages() {
	s.page("GET /municipalities/{code}/reach", access.ReadReach, (*visit).reach)
}

// reached is a year's figures, as they are or as the log had them once.
type reached struct {
	reach.Figures
	Recorded time.Time
	AsOf     bool
	Now      *reach.Figures // where another moment was asked for
	programmeNames
	Years       []choice
	Definitions []choice
}

// Sentence is what the definition says.
func (r reached) Sentence(lang string) string { return sentence(r.Definition, lang) }

// Difference is today's number less the one shown.
func (r reached) Difference() string {
	return fmt.Sprintf("%+d", r.Now.Children-r.Children)
}

func (v *visit) reach() error {
	f := v.newForm("year", v.Query("year"), "definition", v.Query("definition"), "as_of", v.Query("as_of"))
	last := int(v.today().Year())
	if f.Get("year") == "" {
		f.Set("year", strconv.Itoa(last-1))
	}
	d := reached{}
	for year := last; year >= last-10; year-- {
		d.Years = append(d.Years, choice{Value: strconv.Itoa(year), Label: strconv.Itoa(year)})
	}
	for _, one := range reach.Definitions {
		d.Definitions = append(d.Definitions, choice{Value: one.ID, Label: one.ID + ": " + v.text().text("definition."+one.ID)})
	}
	if f.Get("definition") == "" {
		f.Set("definition", "reach/v3")
	}
	query := url.Values{"year": {f.Get("year")}, "definition": {f.Get("definition")}}
	if at := v.Query("at"); at != "" {
		query.Set("min_position", at)
	}
	asked := url.Values{"year": query["year"], "definition": query["definition"]}
	var day events.Day
	if day.UnmarshalText([]byte(f.Get("as_of"))) == nil && f.Get("as_of") != "" {
		d.AsOf = true
		t := day.Time()
		asked.Set("as_of", time.Date(t.Year(), t.Month(), t.Day(), 23, 59, 59, 0, v.sweden).UTC().Format(time.RFC3339))
	} else {
		asked = query
	}
	a, err := v.fetch(call{method: "GET", path: v.in("reach"), query: asked})
	if err != nil {
		return err
	}
	if err := a.read(&d.Figures); err != nil {
		return err
	}
	d.Recorded = a.recordedAt()
	if d.AsOf {
		d.Now = new(reach.Figures)
		if err := v.ask(call{method: "GET", path: v.in("reach"), query: query}, d.Now); err != nil {
			return err
		}
	}
	programmes, err := v.programmes()
	if err != nil {
		return err
	}
	d.programmeNames = named(programmes)
	return v.show("reach", sheet{Title: v.text().text("reach.heading", f.Get("year")), Form: f, D: d})
}
