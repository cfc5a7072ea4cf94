package web

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"rackvidd/projections/reach"
	"rackvidd/services/access"
)

func (s *site) reachPages() {
	s.page("GET /municipalities/{code}/reach", access.ReadReach, (*visit).reach)
}

// reached is a year's figures, as they are or as the log had them once.
type reached struct {
	reach.Figures
	programmeNames
	v           *visit
	Year        string
	Recorded    time.Time
	Then        bool           // another moment than now was asked for
	Now         *reach.Figures // where it was
	Charts      figureCharts
	Years       []choice
	Definitions []choice
}

// Sentence is what the definition says.
func (r reached) Sentence(lang string) string { return sentence(r.Definition, lang) }

// Nothing reports whether nothing of the year is recorded: what the survey calls unknown. Other definitions pass over attendances.
func (r reached) Nothing() bool {
	return r.Definition == reach.Default && r.Bounds.Upper+r.Referrals.Received+r.Enrolments.Children+r.Guests.Children == 0
}

// Same reports whether today's number is the one shown.
func (r reached) Same() bool { return r.Now.Bounds == r.Bounds }

// Difference is today's number less the one shown, of those who were there at the least.
func (r reached) Difference() int { return r.Now.Bounds.Lower - r.Bounds.Lower }

// Link is where the rows behind a figure are, at the position that is shown.
func (r reached) Link(kind string, of ...any) string {
	query := pairs([]string{"year", r.Year, "definition", r.Definition, "position", strconv.FormatUint(r.Position, 10)})
	return r.v.figureAt(r.v.Home("reach", "figures"), query, kind, of...)
}

// Today is the page of the same year as it is now.
func (r reached) Today() string {
	return "?" + pairs([]string{"year", r.Year, "definition", r.Definition}).Encode()
}

// figureAt is the address of the rows behind a figure.
func (v *visit) figureAt(base string, query url.Values, kind string, of ...any) string {
	key := kind
	for _, one := range of {
		key += "." + fmt.Sprint(one)
	}
	return (&url.URL{Path: base + "/" + key, RawQuery: query.Encode()}).String()
}

func (v *visit) reach() error {
	f := v.newForm("year", v.Query("year"), "definition", v.Query("definition"), "as_of", v.Query("as_of"))
	if f.Get("year") == "" {
		f.Set("year", strconv.Itoa(int(v.today().Year())-1))
	}
	if f.Get("definition") == "" {
		f.Set("definition", reach.Default)
	}
	d := reached{v: v, Year: f.Get("year"), Years: v.years()}
	for _, one := range reach.Definitions {
		d.Definitions = append(d.Definitions, choice{Value: one.ID, Label: one.ID + ": " + v.text().text("definition."+one.ID)})
	}
	then := v.moment(f.Get("as_of"))
	err := d.read(f, then)
	if f.Get("as_of") != "" && isProblem(err, http.StatusUnprocessableEntity) {
		if err = f.refused(err, map[string]string{"query.as_of": "as_of"}); err == nil {
			err = d.read(f, nil) // what is known now, beside what is wrong
		}
	}
	if err != nil {
		return err
	}
	largest(&d.Figures)
	d.Charts = v.figureCharts(d.Figures)
	return v.show("reach", sheet{Title: v.text().text("reach.heading", f.Get("year")), Form: f, D: d, Wide: true})
}

// read reads the figures at a moment, and beside them those of now; nil: of now alone.
func (r *reached) read(f *form, then url.Values) error {
	v, together := r.v, new(errgroup.Group)
	together.Go(func() error {
		a, err := v.fetch(call{method: http.MethodGet, path: v.in("reach"), query: v.periodQuery(f, then)})
		if err == nil {
			r.Recorded = a.recordedAt()
			err = a.read(&r.Figures)
		}
		return err
	})
	if r.Then = then != nil; r.Then {
		r.Now = new(reach.Figures)
		together.Go(func() error {
			return v.ask(call{method: http.MethodGet, path: v.in("reach"), query: v.periodQuery(f, nil)}, r.Now)
		})
	}
	together.Go(func() error {
		programmes, err := v.programmes()
		r.programmeNames = named(programmes)
		return err
	})
	return together.Wait()
}

// moment is another moment than now, as the API takes it: the end of a day, a time or a position of the log.
func (v *visit) moment(asOf string) url.Values {
	if position := v.Query("position"); position != "" {
		return url.Values{"position": {position}}
	}
	if asOf == "" {
		return nil
	}
	end, err := v.atClock(asOf, "")
	if err != nil {
		return url.Values{"as_of": {asOf}}
	}
	return url.Values{"as_of": {asOfMoment(end)}}
}

// periodQuery asks about the year of the form, at a moment (nil: now).
func (v *visit) periodQuery(f *form, moment url.Values) url.Values {
	query := pairs([]string{"year", f.Get("year"), "definition", f.Get("definition")})
	if moment == nil {
		moment = pairs([]string{"min_position", v.Query("at")})
	}
	maps.Copy(query, moment)
	return query
}
