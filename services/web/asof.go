package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/access"
	"rackvidd/services/surveying"
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
	var definitions []choice
	for _, one := range reach.Definitions {
		definitions = append(definitions, choice{Value: one.ID, Label: one.ID + ": " + l.text("definition."+one.ID)})
	}
	d["Years"], d["Definitions"] = v.years(), definitions
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

// atClock is the end of a day in Sweden, or of a minute or second of it.
func (v *visit) atClock(day, clock string) (time.Time, error) {
	const until = "23:59:59.999" // messages are recorded at a millisecond
	if clock == "" {
		end, err := time.ParseInLocation("2006-01-02 15:04:05", day+" "+until, events.Sweden)
		return v.untilNow(end), err
	}
	if n := len(clock); n == len("15:04") || n == len("15:04:05") {
		clock += until[n:]
	}
	return time.ParseInLocation("2006-01-02 15:04:05", day+" "+clock, events.Sweden)
}

// asOfMoment is a time as the API takes it, to the millisecond.
func asOfMoment(t time.Time) string { return events.InstantOf(t).String() }

// untilNow is the end of a day: now, while today has not ended. What has not come cannot be asked about.
func (v *visit) untilNow(end time.Time) time.Time {
	if events.DayOf(end.In(events.Sweden)) != v.today() {
		return end
	}
	return v.Clock().Add(time.Second) // what was recorded by a clock a little ahead is known, too
}

func (v *visit) compareWith(moment time.Time, f *form, d map[string]any) error {
	query := url.Values{"year": {f.Get("year")}, "definition": {f.Get("definition")}}
	var then, now reach.Figures
	if err := v.ask(call{method: "GET", path: v.in("reach"), query: query}, &now); err != nil {
		return err
	}
	query.Set("as_of", asOfMoment(moment))
	if err := v.ask(call{method: "GET", path: v.in("reach"), query: query}, &then); err != nil {
		return f.refused(err, map[string]string{"query.as_of": "day"})
	}
	l := v.text()
	rows := []compared{
		{l.text("replay.children"), then.Bounds.Lower, now.Bounds.Lower},
		{l.text("as_of.at_most"), then.Bounds.Upper, now.Bounds.Upper},
		{l.text("as_of.identified"), then.Children, now.Children},
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
	answers, err := v.answersThen(f.Get("year"), then.Position, now.Position)
	d["Answers"] = answers
	return err
}

// stoodApart is what a survey said once, and what it says now.
type stoodApart struct {
	Then, Now surveying.Stood
	onThen    *survey // with the form of each
	onNow     *survey
}

// answersThen compares the answers of a year's survey at two positions; nil: no form asks about the year.
func (v *visit) answersThen(year string, then, now events.Position) (*stoodApart, error) {
	d, together := &stoodApart{}, new(errgroup.Group)
	read := func(to *surveying.Stood, at events.Position) {
		together.Go(func() error {
			return v.get(to, v.in("surveys/"+year+"/answers"), "lang", v.Lang, "position", position(at))
		})
	}
	read(&d.Then, then)
	read(&d.Now, now)
	err := together.Wait()
	if isProblem(err, http.StatusNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d.onThen, d.onNow = v.onForm(d.Then.Form), v.onForm(d.Now.Form)
	return d, nil
}

// Questions are those of the form of now, with both answers.
func (d stoodApart) Questions() (list []surveying.AnswersApart) {
	answer := func(s surveying.Stood, q events.Question) surveying.Answer {
		for _, a := range s.Answers {
			if a.Question == q {
				return a
			}
		}
		return surveying.Answer{Question: q, Status: events.NotAsked}
	}
	for _, q := range d.onNow.form.Questions {
		list = append(list, surveying.AnswersApart{Question: q.ID, From: answer(d.Then, q.ID), To: answer(d.Now, q.ID)})
	}
	return list
}

// Asked is what a question asks.
func (d stoodApart) Asked(id events.Question) string {
	q, _ := d.onNow.form.Question(id)
	return d.onNow.Text(q)
}

// Before is the answer of then in one line, and After that of now.
func (d stoodApart) Before(a surveying.AnswersApart) string { return d.onThen.inShort(a.From) }
func (d stoodApart) After(a surveying.AnswersApart) string  { return d.onNow.inShort(a.To) }
