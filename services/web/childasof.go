package web

import (
	"cmp"
	"net/url"
	"slices"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
)

func (s *site) childAsOfPage() {
	s.page("GET /municipalities/{code}/children/{child}/as-of", access.ReadCase, (*visit).childAsOf)
}

// lifeLine is a line of a timeline as it can be held against one of another time.
type lifeLine struct {
	Day       events.Day
	Kind      string
	ID        string // of the record or the session; "" of what is struck
	Programme string
	Form      events.Form
	Text      string
	Why       string
	Struck    bool
}

// lifeLineBy is a line with who recorded it and when, and who took a merge back; nil: it is not known, or was not.
type lifeLineBy struct {
	lifeLine
	Recorded, Undone *rowMark
}

// lifeThen is a child's timeline at a moment, and what has become of it since.
type lifeThen struct {
	Child       events.ID
	BirthYear   events.Year // 0: not known
	Moment      time.Time   // zero: none was asked for
	Then        []lifeLineBy
	Added, Gone []lifeLineBy // since then, the latest first
	First       time.Time    // when what the visitor may see now was first recorded; zero: nothing is
}

// childAsOf shows what was known of a child at a moment, and beside it what has changed since. Each of the two is a read of
// the child, and is logged.
func (v *visit) childAsOf() error {
	var now life
	if err := v.get(&now.history, v.in("cases/"+v.At("child"))); err != nil {
		return err
	}
	all, err := v.programmes()
	if err != nil {
		return err
	}
	now.Names = named(all)
	l := v.text()
	d, lines := lifeThen{Child: now.Child, BirthYear: now.BirthYear}, now.lines(l)
	f := v.newForm("day", v.Query("day"), "clock", v.Query("clock"))
	if f.Get("day")+f.Get("clock") != "" {
		moment, err := v.atClock(f.Get("day"), f.Get("clock"))
		if err != nil {
			f.wrong("day", "as_of.wrong")
		} else if err := v.lifeAt(&d, moment, lines, now.Names, f); err != nil {
			return err
		}
	}
	listed := l.unnamed(now.Child)
	title := cmp.Or(now.Label, listed)
	crumbs := []crumb{{v.Home(""), l.text("day.title")}, {v.Home("children", v.At("child")), title}}
	return v.show("child_as_of", sheet{Title: l.text("child_as_of.title", title), Listed: l.text("child_as_of.title", listed), Crumbs: crumbs, Form: f, D: d})
}

// lifeAt fills in what was known at a moment.
func (v *visit) lifeAt(d *lifeThen, moment time.Time, now []lifeLineBy, names map[events.ProgrammeID]string, f *form) error {
	then := life{Names: names}
	query := url.Values{"as_of": {asOfMoment(moment)}}
	if err := v.ask(call{method: "GET", path: v.in("cases/" + v.At("child")), query: query}, &then.history); err != nil {
		return f.refused(err, map[string]string{"query.as_of": "day"})
	}
	d.Moment, d.Then = moment, then.lines(v.text())
	d.Added, d.Gone = without(now, d.Then), without(d.Then, now)
	for _, line := range slices.Concat(now, d.Then) {
		if line.Recorded != nil && (d.First.IsZero() || line.Recorded.At.Before(d.First)) {
			d.First = line.Recorded.At
		}
	}
	return nil
}

// lines are the lines of a timeline one by one, the latest first.
func (one *life) lines(l *language) (list []lifeLineBy) {
	for _, line := range one.timeline(l) {
		each := line.Rows
		if line.Kind != "attendance" {
			each = []happening{line}
		}
		for _, h := range each {
			list = append(list, lifeLineBy{lifeLine{h.Day, h.Kind, h.ID, h.Programme, h.Form, h.Text, h.Why, h.Struck}, h.Recorded, h.Undone})
		}
	}
	slices.SortStableFunc(list, func(a, b lifeLineBy) int { return cmp.Compare(b.Day, a.Day) })
	return list
}

// without are the lines that others lack.
func without(lines, others []lifeLineBy) (list []lifeLineBy) {
	there := make(map[lifeLine]int)
	for _, line := range others {
		there[line.lifeLine]++
	}
	for _, line := range lines {
		if there[line.lifeLine]--; there[line.lifeLine] < 0 {
			list = append(list, line)
		}
	}
	return list
}
