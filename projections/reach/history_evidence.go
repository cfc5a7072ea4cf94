package reach

import (
	"cmp"
	"encoding/binary"
	"iter"
	"slices"

	"rackvidd/events"
)

// Evidence is what the history says of a period.
func (h *History) Evidence(p Period) Evidence {
	e := part{h, h.children.all(), h.sessions.all()}.evidence(p)
	for _, r := range h.reports {
		if p.contains(r.HeldOn) {
			e.Crowds = append(e.Crowds, Crowd{Form: r.Form, Unidentified: int(r.Children)})
		}
	}
	for n := range h.children.all() {
		child, c := h.children.entry(n)
		for r := range h.referrals.each(c.referrals) {
			e.Referred = append(e.Referred, Referral{h.root(child), h.channels.value(r.channel), r.receivedOn, Rank{r.position, int(r.ordinal)}})
		}
		if c.erased {
			e.Erased[h.root(child)] = true
		}
	}
	return e
}

// part is some children of a history and some sessions.
type part struct {
	*History
	children, sessions iter.Seq[serial]
}

// evidence is what makes children reached, and what is known of those.
func (h part) evidence(p Period) Evidence {
	e := Evidence{Municipal: h.municipality, Enrolled: h.places(p), Erased: make(map[events.ID]bool)}
	e.Attended, e.Crowds = h.attended(p)
	e.People = h.people(e)
	return e
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
	if !s.opened || s.cancelled || s.withdrawn || !p.contains(s.heldOn) {
		return false
	}
	what := h.offers.value(s.offer)
	return what.municipality != "" || h.programmes[what.programme] != events.OtherTarget
}

// label is the programme as figures name it: another municipality's with its code before it.
func (o offer) label() string {
	if o.municipality == "" {
		return string(o.programme)
	}
	return string(o.municipality) + "/" + string(o.programme)
}

// resident is a child and its home.
type resident struct {
	child events.ID
	home  events.Municipality
}

// attended counts the sessions of each child, and lists those with somebody nobody identified.
func (h part) attended(p Period) (list []Attendance, crowds []Crowd) {
	type visit struct {
		resident
		offer serial
	}
	homes, visits := h.homes(), make(map[visit]int)
	for n := range h.sessions {
		s := h.History.sessions.value(n)
		if !h.held(s, p) {
			continue
		}
		there := h.identified(s, homes)
		for _, who := range there {
			visits[visit{who, s.offer}]++
		}
		if c := h.crowd(s, there); c.Unidentified > 0 {
			crowds = append(crowds, c)
		}
	}
	for v, sessions := range visits {
		what := h.offers.value(v.offer)
		list = append(list, Attendance{v.child, v.home, what.form, what.label(), sessions})
	}
	return list, crowds
}

// identified are the children who were there because of substance abuse.
func (h *History) identified(s *occasion, homes map[events.ID]events.Municipality) (there []resident) {
	for mark := range h.marks.each(s.marks) {
		if as := h.standings.value(mark.standing); as.target == events.SubstanceAbuse {
			child := h.root(h.children.at(mark.child).id)
			there = append(there, resident{child, cmp.Or(as.home, homes[child], h.municipality)})
		}
	}
	slices.SortFunc(there, func(a, b resident) int {
		return cmp.Or(slices.Compare(a.child[:], b.child[:]), cmp.Compare(a.home, b.home))
	})
	return slices.Compact(there) // one who was merged may be there twice
}

// crowd is the session's own children: those nobody identified, and who was with them.
func (h *History) crowd(s *occasion, there []resident) (c Crowd) {
	for n := range h.counts.each(s.counts) {
		if as := h.standings.value(n.standing); as.target == events.SubstanceAbuse && cmp.Or(as.home, h.municipality) == h.municipality {
			c.Unidentified += int(n.children)
		}
	}
	if c.Unidentified == 0 {
		return c
	}
	c.Form = h.offers.value(s.offer).form
	for _, who := range there {
		if who.home == h.municipality {
			c.Children = append(c.Children, who.child)
		}
	}
	return c
}

// homes is the home that each child's latest enrolment names, of those that name one.
func (h part) homes() map[events.ID]events.Municipality {
	latest, homes := make(map[events.ID]*enrolment), make(map[events.ID]events.Municipality)
	for n := range h.children {
		child, c := h.History.children.entry(n)
		for n := range h.enrolments.each(c.enrolments) {
			home, root := h.offers.value(n.offer).municipality, h.root(child)
			if before := latest[root]; home != "" && (before == nil || n.later(before)) {
				latest[root], homes[root] = n, home
			}
		}
	}
	return homes
}

// later orders enrolments by day and then by number, which the read model keeps as a signed integer.
func (n *enrolment) later(o *enrolment) bool {
	signed := func(n *enrolment) int64 { return int64(binary.BigEndian.Uint64(n.number[:])) }
	return cmp.Or(cmp.Compare(n.enrolledOn, o.enrolledOn), cmp.Compare(signed(n), signed(o))) > 0
}

// places are the enrolments that overlap a period.
func (h part) places(p Period) (list []Place) {
	ended := make(map[events.Entry]bool)
	for n := range h.children {
		_, c := h.History.children.entry(n)
		for last := range h.ends.each(c.ends) {
			if last.day < p.From {
				ended[last.enrolment] = true
			}
		}
	}
	for n := range h.children {
		child, c := h.History.children.entry(n)
		for n := range h.enrolments.each(c.enrolments) {
			if n.enrolledOn <= p.To && !ended[events.Entry{Of: child, Number: n.number}] {
				in := h.offers.value(n.offer)
				list = append(list, Place{h.root(child), cmp.Or(in.municipality, h.municipality), in.form, string(in.programme)})
			}
		}
	}
	return list
}

// people is what is known of those who attended or were enrolled, from all that was said of whoever counts as them.
func (h part) people(e Evidence) map[events.ID]Person {
	heard := make(map[events.ID]said)
	for _, a := range e.Attended {
		heard[a.Child] = said{}
	}
	for _, e := range e.Enrolled {
		heard[e.Child] = said{}
	}
	for n := range h.children {
		child, c := h.History.children.entry(n)
		child = h.root(child)
		if s, asked := heard[child]; asked {
			s.add(c.said)
			heard[child] = s
		}
	}
	people := make(map[events.ID]Person, len(heard))
	for child, s := range heard {
		people[child] = h.person(s)
	}
	return people
}
