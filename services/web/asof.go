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

func (s *site) asOfPage() {
	s.page("GET /municipalities/{code}/as-of", access.ReadLog, (*visit).asOf)
}

// compared is a figure as it was known once and as it is known now.
type compared struct {
	Label     string
	Then, Now int
}

// Difference is what has been added since, with its sign; "" where nothing has.
func (c compared) Difference() string {
	if c.Then == c.Now {
		return ""
	}
	return fmt.Sprintf("%+d", c.Now-c.Then)
}

// asOf answers what the system knew at a moment: a year's figures then, and beside them today's.
func (v *visit) asOf() error {
	f := v.newForm("year", v.Query("year"), "definition", v.Query("definition"), "day", v.Query("day"), "clock", v.Query("clock"))
	l, this := v.text(), int(v.today().Year())
	d := map[string]any{}
	var years, definitions []choice
	for year := this; year >= this-10; year-- {
		years = append(years, choice{Value: strconv.Itoa(year), Label: strconv.Itoa(year)})
	}
	for _, one := range reach.Definitions {
		definitions = append(definitions, choice{Value: one.ID, Label: one.ID + ": " + l.text("definition."+one.ID)})
	}
	d["Years"], d["Definitions"] = years, definitions
	for name, value := range map[string]string{"year": strconv.Itoa(this - 1), "definition": "reach/v3"} {
		if f.Get(name) == "" {
			f.Set(name, value)
		}
	}
	moment, err := v.atClock(f.Get("day"), f.Get("clock"))
	switch {
	case f.Get("day") == "" && f.Get("clock") == "":
	case err != nil:
		f.wrong("day", "as_of.wrong")
	default:
		if err := v.compareWith(moment, f, d); err != nil {
			return err
		}
	}
	return v.show("as_of", sheet{Title: l.text("as_of.title"), Form: f, D: d})
}

// atClock is a day and a clock in Sweden; without a clock the day's end.
func (v *visit) atClock(day, clock string) (time.Time, error) {
	if clock == "" {
		clock = "23:59:59"
	}
	if len(clock) == len("15:04") {
		clock += ":59"
	}
	return time.ParseInLocation("2006-01-02 15:04:05", day+" "+clock, v.sweden)
}

func (v *visit) compareWith(moment time.Time, f *form, d map[string]any) error {
	query := url.Values{"year": {f.Get("year")}, "definition": {f.Get("definition")}}
	var then, now reach.Figures
	if err := v.ask(call{method: "GET", path: v.in("reach"), query: query}, &now); err != nil {
		return err
	}
	query.Set("as_of", moment.UTC().Format(time.RFC3339))
	if err := v.ask(call{method: "GET", path: v.in("reach"), query: query}, &then); err != nil {
		return f.refused(err, map[string]string{"query.as_of": "day"})
	}
	l := v.text()
	rows := []compared{
		{l.text("replay.children"), then.Children, now.Children},
		{l.text("as_of.at_most"), then.Bounds.Upper, now.Bounds.Upper},
		{l.text("as_of.enrolled"), then.Enrolments.Children, now.Enrolments.Children},
		{l.text("as_of.referred"), then.Referrals.Children, now.Referrals.Children},
		{l.text("as_of.guests"), then.Guests.Children, now.Guests.Children},
	}
	before := make(map[events.Form]int)
	for _, one := range then.ByForm {
		before[one.Form] = one.Children
	}
	for _, one := range now.ByForm {
		rows = append(rows, compared{capital(l.word(one.Form)), before[one.Form], one.Children})
		delete(before, one.Form)
	}
	for _, one := range then.ByForm {
		if n, gone := before[one.Form]; gone {
			rows = append(rows, compared{capital(l.word(one.Form)), n, 0})
		}
	}
	d["Rows"], d["Moment"], d["Then"], d["Now"] = rows, moment, then.Position, now.Position
	return nil
}
