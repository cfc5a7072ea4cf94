package api_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	gocmp "github.com/google/go-cmp/cmp"

	"rackvidd/projections/reach"
	"rackvidd/services/api"
)

// question is of a year's figures under a definition (domain.md 3).
type question struct {
	year       int
	definition string
}

const definedByForm, definedByPlace = "groups/v1", "enrolled/v1"

var questions = []question{
	{2020, "reach/v3"},
	{2020, definedByForm},
	{2020, definedByPlace},
	{2021, "reach/v3"},
	{2021, definedByForm},
	{2021, definedByPlace},
	{2022, "reach/v3"},
	{2022, definedByForm},
	{2022, definedByPlace},
}

func (q question) String() string { return fmt.Sprintf("year=%d&definition=%s", q.year, q.definition) }

func (q question) counts(form string) bool {
	return q.definition != definedByForm || form == "support_group"
}

func (q question) inYear(day string) bool { return strings.HasPrefix(day, strconv.Itoa(q.year)) }

// figures are called as their rows are asked for; those whose rows cannot be, by more than one word.
type figures map[string]int

func (f figures) withoutZeros() figures {
	maps.DeleteFunc(f, func(_ string, n int) bool { return n == 0 })
	return f
}

// toldBy are the figures as the API tells them.
func toldBy(r reach.Figures) figures {
	f := figures{
		"children": r.Children, "at least": r.Bounds.Lower, "at most": r.Bounds.Upper, "unidentified attendances": r.UnidentifiedAttendances,
		"guest children": r.Guests.Children, "enrolled children": r.Enrolments.Children, "received referrals": r.Referrals.Received, "referred children": r.Referrals.Children,
	}
	for _, one := range r.ByForm {
		f["form."+string(one.Form)], f["attendances of form."+string(one.Form)] = one.Children, one.Attendances
	}
	for _, one := range r.ByProgramme {
		f["programme."+one.Programme], f["attendances of programme."+one.Programme] = one.Children, one.Attendances
	}
	for _, one := range r.ByAge {
		f["age."+one.Age] = one.Children
	}
	for _, one := range r.ByGender {
		f["gender."+string(one.Gender)] = one.Children
	}
	for _, one := range r.ByChannel {
		f["channel."+string(one.Channel)] = one.Any
	}
	return f.withoutZeros()
}

// crowds are the different children in each figure.
type crowds map[string]map[*child]bool

func (c crowds) add(figure string, one *child) {
	if c[figure] == nil {
		c[figure] = make(map[*child]bool)
	}
	c[figure][one] = true
}

// count is what the figures must be now.
func (s *tale) count(q question) figures {
	f, in := make(figures), make(crowds)
	visits, most, unidentified := s.visits(q, here)
	guests, _, _ := s.visits(q, away)
	places := s.places(q, here)
	for _, p := range places {
		in.add("enrolled children", p.child)
	}
	reaching := visits
	if q.definition == definedByPlace {
		reaching, guests, most, unidentified = places, s.places(q, away), 0, 0
	}
	for _, p := range guests {
		in.add("guest children", p.child)
	}
	for _, p := range reaching {
		in.add("children", p.child)
		in.add("form."+p.form, p.child)
		in.add("programme."+p.programme, p.child)
	}
	for _, v := range visits {
		for _, figure := range []string{"form." + v.form, "programme." + v.programme} {
			if in["children"][v.child] && in[figure] != nil {
				f["attendances of "+figure]++
			}
		}
	}
	for c := range in["children"] {
		_, gender := s.is(c)
		in.add("gender."+gender, c)
		in.add("age."+s.age(c, q.year), c)
	}
	for _, e := range s.entries {
		if e.withdrawn || e.kind != referralReceived {
			continue
		}
		c := e.of.root()
		if in["children"][c] {
			in.add("channel."+e.channel, c)
		}
		if q.inYear(e.day) { // reached or not, of any age
			f["received referrals"]++
			in.add("referred children", c)
		}
	}
	for figure, children := range in {
		f[figure] = len(children)
	}
	f["at least"], f["at most"], f["unidentified attendances"] = max(most, f["children"]), f["children"]+unidentified, unidentified
	return f.withoutZeros()
}

// age is the one in a year of a child that counts; "": it is too old.
func (s *tale) age(c *child, year int) string {
	born, _ := s.is(c)
	switch age := year - born; {
	case born == 0:
		return "unknown"
	case age <= 6:
		return "0-6"
	case age <= 12:
		return "7-12"
	case age <= 17:
		return "13-17"
	}
	return ""
}

// part is a child's in a programme: it came to a session, or has a place.
type part struct {
	child           *child
	programme, form string
}

// visits are of children from a home who came because of substance abuse in the family, each to a session once. With them come the most that
// were in one session in which heads from there were counted, and how many heads were in all.
func (s *tale) visits(q question, from string) (list []part, most, unidentified int) {
	for _, e := range s.sessions {
		if !e.isHeld() || !q.inYear(e.day) || !q.counts(e.form) {
			continue
		}
		came := make(map[*child]bool)
		for at, m := range e.marks {
			c := at.child.root()
			if home, _ := s.livesIn(c); m.attended && at.role == "" && at.target == "" && cmp.Or(at.home, home) == from && s.age(c, q.year) != "" {
				came[c] = true
			}
		}
		for c := range came {
			list = append(list, part{c, e.programme, e.form})
		}
		if heads := e.unidentifiedFrom(from); heads > 0 {
			most, unidentified = max(most, heads+len(came)), unidentified+heads
		}
	}
	return list, most, unidentified
}

// places are those that somebody from a home had on a day of the year.
func (s *tale) places(q question, from string) (list []part) {
	first, last := fmt.Sprint(q.year, "-01-01"), fmt.Sprint(q.year, "-12-31")
	for _, e := range s.entries {
		until, _ := s.until(e)
		c, had := e.of.root(), e.kind == childEnrolled && !e.withdrawn && e.day <= last && (until == "" || until >= first)
		if had && e.livesIn() == from && q.counts(e.form) && s.age(c, q.year) != "" {
			list = append(list, part{c, e.programme, e.form})
		}
	}
	return list
}

// livesIn is where the latest of a child's places says that it lives, and whether one alone is the latest that does.
func (s *tale) livesIn(c *child) (home string, clear bool) {
	day := ""
	for _, e := range s.entries {
		if e.of.root() != c.root() || e.kind != childEnrolled || e.withdrawn || e.day < day {
			continue
		}
		clear = e.day > day || clear && e.livesIn() == home
		home, day = e.livesIn(), e.day
	}
	return cmp.Or(home, here), clear || day == ""
}

// answers are what the figures must be at a position; none where of two places nobody can tell which says where a child lives, or which
// of two that say otherwise of that, or are not in one programme and form, ended.
type answers map[question]figures

func (s *tale) answers() answers {
	now := make(answers)
	for _, e := range s.entries {
		if e.kind == childEnrolled && slices.ContainsFunc(s.entries, func(o *entry) bool {
			return o.kind == childEnrolled && o.of == e.of && o.day == e.day && e.alike(o) &&
				(o.livesIn() != e.livesIn() || o.programme != e.programme || o.form != e.form)
		}) {
			return nil
		}
	}
	for _, e := range s.sessions {
		for at := range e.marks {
			if _, clear := s.livesIn(at.child); at.home == "" && !clear {
				return nil
			}
		}
	}
	for _, q := range questions {
		now[q] = s.count(q)
	}
	return now
}

const lookedBehind = 20 // percent of answers

// compare asks for the figures of a position, and looks behind some of them.
func (s *tale) compare(at uint64) {
	s.t.Helper()
	if s.expected[at] == nil {
		return
	}
	for _, q := range questions {
		want, asked := s.expected[at][q], fmt.Sprintf("%s&position=%d", q, at)
		if diff := gocmp.Diff(want, toldBy(s.reached(asked, at))); diff != "" {
			s.fail("%s (- as it must be, + as it is told):\n%s", asked, diff)
		}
		if s.chance(lookedBehind) {
			s.lookBehind(asked, want)
		}
	}
}

func (s *tale) lookBehind(asked string, want figures) {
	s.t.Helper()
	withRows := slices.DeleteFunc(slices.Sorted(maps.Keys(want)), func(name string) bool { return strings.Contains(name, " ") })
	figure := pick(s, append(withRows, "children")...)
	var rows api.FigureRows
	s.get("reach/rows?" + asked + "&figure=" + figure).is(200).into(&rows)
	if rows.Children != want[figure] {
		s.fail("%s: behind %s stand %d children, not %d", asked, figure, rows.Children, want[figure])
	}
}
