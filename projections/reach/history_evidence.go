package reach

import (
	"cmp"
	"encoding/binary"

	"rackvidd/events"
)

// Evidence is what the history says of a period.
func (h *History) Evidence(p Period) Evidence {
	e := Evidence{Municipal: h.municipality, Children: make(map[events.ID]*Child), Crowds: make(map[events.ID]Crowd)}
	child := func(id events.ID) *Child {
		id = h.root(id)
		if e.Children[id] == nil {
			e.Children[id] = &Child{ID: id}
		}
		return e.Children[id]
	}
	homes := h.homes()
	for id, s := range h.sessions {
		if !h.held(s, p) {
			continue
		}
		crowd := h.crowd(s)
		if crowd.Unidentified > 0 {
			e.Crowds[id] = crowd
		}
		for who := range h.identified(s, homes) {
			one := child(who.child)
			one.came(Attendance{Home: who.home, Form: s.Form, Programme: s.label()})
			if crowd.Unidentified > 0 && who.home == h.municipality {
				one.Among = append(one.Among, id)
			}
		}
	}
	for id, r := range h.reports {
		if p.contains(r.HeldOn) {
			e.Crowds[id] = Crowd{r.Form, int(r.Children)}
		}
	}
	h.addPlaces(p, child)
	for entry, r := range h.referrals {
		one := child(entry.Of)
		one.Referred = append(one.Referred, r)
	}
	for id, person := range h.people() {
		child(id).Person = person
	}
	for id := range h.erased {
		child(id).Erased = true
	}
	return e
}

// came counts one session more.
func (c *Child) came(a Attendance) {
	for i, known := range c.Attended {
		if a.Sessions = known.Sessions; a == known {
			c.Attended[i].Sessions++
			return
		}
	}
	a.Sessions = 1
	c.Attended = append(c.Attended, a)
}

func (p Period) contains(d events.Day) bool { return p.From <= d && d <= p.To }

// root is the child that a child counts as.
func (h *History) root(child events.ID) events.ID {
	for {
		into, merged := h.into[child]
		if !merged {
			return child
		}
		child = into
	}
}

func (h *History) held(s *occasion, p Period) bool {
	aimed := s.ProviderMunicipality != "" || h.programmes[s.Programme] != events.OtherTarget
	return aimed && !s.Session.IsZero() && !s.cancelled && !s.withdrawn && p.contains(s.HeldOn)
}

// label is the programme as figures name it: another municipality's with its code before it.
func (s *occasion) label() string {
	if s.ProviderMunicipality == "" {
		return string(s.Programme)
	}
	return string(s.ProviderMunicipality) + "/" + string(s.Programme)
}

// resident is a child and its home.
type resident struct {
	child events.ID
	home  events.Municipality
}

// identified are the children who were there because of substance abuse.
func (h *History) identified(s *occasion, homes map[events.ID]events.Municipality) map[resident]bool {
	there := make(map[resident]bool)
	for mark := range s.there {
		if mark.target == events.SubstanceAbuse {
			child := h.root(mark.child)
			there[resident{child, cmp.Or(mark.home, homes[child], h.municipality)}] = true
		}
	}
	return there
}

// crowd is the session's own children whom nobody identified.
func (h *History) crowd(s *occasion) Crowd {
	c := Crowd{Form: s.Form}
	for _, n := range s.counts {
		if n.target == events.SubstanceAbuse && cmp.Or(n.home, h.municipality) == h.municipality {
			c.Unidentified += int(n.children)
		}
	}
	return c
}

// homes is the home that each child's latest enrolment names, of those that name one.
func (h *History) homes() map[events.ID]events.Municipality {
	latest := make(map[events.ID]events.ChildEnrolled)
	for _, n := range h.enrolments {
		child := h.root(n.Enrolment.Of)
		if before, ok := latest[child]; n.HomeMunicipality != "" && (!ok || later(n, before)) {
			latest[child] = n
		}
	}
	homes := make(map[events.ID]events.Municipality, len(latest))
	for child, n := range latest {
		homes[child] = n.HomeMunicipality
	}
	return homes
}

// later orders enrolments by day and then by number, which the read model keeps as a signed integer.
func later(a, b events.ChildEnrolled) bool {
	signed := func(e events.Entry) int64 { return int64(binary.BigEndian.Uint64(e.Number[:])) }
	return cmp.Or(cmp.Compare(a.EnrolledOn, b.EnrolledOn), cmp.Compare(signed(a.Enrolment), signed(b.Enrolment))) > 0
}

func (h *History) addPlaces(p Period, child func(events.ID) *Child) {
	ended := make(map[events.Entry]bool)
	for _, last := range h.ends {
		if last.day < p.From {
			ended[last.enrolment] = true
		}
	}
	for entry, n := range h.enrolments {
		if n.EnrolledOn <= p.To && !ended[entry] {
			one := child(entry.Of)
			one.Enrolled = append(one.Enrolled, Place{cmp.Or(n.HomeMunicipality, h.municipality), n.Form, string(n.Programme)})
		}
	}
}

// people is what is known of each child. The last correction outweighs all that is no correction; else the latest
// birth year counts, and a gender on which statements disagree is unknown.
func (h *History) people() map[events.ID]Person {
	all := make(map[events.ID][]said)
	for child, list := range h.said {
		all[h.root(child)] = append(all[h.root(child)], list...)
	}
	people := make(map[events.ID]Person, len(all))
	for child, list := range all {
		people[child] = Person{birthYear(list), gender(list), disputed(list)}
	}
	return people
}

func birthYear(list []said) events.Year {
	var best said
	for _, s := range list {
		if s.birthYear > 0 && cmp.Or(cmp.Compare(s.corrected, best.corrected), cmp.Compare(s.birthYear, best.birthYear)) > 0 {
			best = s
		}
	}
	return best.birthYear
}

func disputed(list []said) bool {
	var first events.Year
	differ := false
	for _, s := range list {
		switch {
		case s.birthYear == 0:
		case s.corrected > 0:
			return false
		case first == 0:
			first = s.birthYear
		case s.birthYear != first:
			differ = true
		}
	}
	return differ
}

func gender(list []said) events.Gender {
	var last events.Position
	stated := make(map[events.Gender]bool)
	for _, s := range list {
		if s.gender == "" || s.corrected < last {
			continue
		}
		if s.corrected > last {
			last = s.corrected
			clear(stated)
		}
		stated[s.gender] = true
	}
	if len(stated) != 1 {
		return events.UnknownGender
	}
	for g := range stated {
		return g
	}
	return events.UnknownGender
}
