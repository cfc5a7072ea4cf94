package reach

import (
	"cmp"

	"rackvidd/events"
)

// said is what was stated about a child, as far as it can still matter: corrections, known by their position, outweigh
// all that is none, which is at 0. It stays said when the record that said it is withdrawn.
type said struct {
	yearAt   events.Position
	earliest events.Year // of the birth years stated at yearAt; 0: none ever was
	latest   events.Year
	genderAt events.Position
	gender   serial // one of those stated at genderAt
	differ   bool   // from another
}

// hear notes what is said of a child. That a gender is unknown says nothing unless it is a correction.
func (h *History) hear(c *child, born events.Year, g events.Gender, at events.Position) {
	var now said
	if born != 0 {
		now.yearAt, now.earliest, now.latest = at, born, born
	}
	if g != "" && (g != events.UnknownGender || at > 0) {
		now.genderAt, now.gender = at, h.genders.of(g)
	}
	c.said.add(now)
}

// add puts what else was said beside it, in any order.
func (s *said) add(o said) {
	switch {
	case o.latest == 0:
	case s.latest == 0 || o.yearAt > s.yearAt:
		s.yearAt, s.earliest, s.latest = o.yearAt, o.earliest, o.latest
	case o.yearAt == s.yearAt:
		s.earliest, s.latest = min(s.earliest, o.earliest), max(s.latest, o.latest)
	}
	switch {
	case o.gender == 0:
	case s.gender == 0 || o.genderAt > s.genderAt:
		s.genderAt, s.gender, s.differ = o.genderAt, o.gender, o.differ
	case o.genderAt == s.genderAt:
		s.differ = s.differ || o.differ || s.gender != o.gender
	}
}

// person is what follows: of birth years that disagree the latest counts, a gender on which statements disagree is unknown.
func (h *History) person(s said) Person {
	who := Person{BirthYear: s.latest, Gender: events.UnknownGender, Disputed: s.yearAt == 0 && s.earliest != s.latest}
	if !s.differ {
		who.Gender = cmp.Or(h.genders.value(s.gender), events.UnknownGender)
	}
	return who
}
