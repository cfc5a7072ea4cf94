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
	for id, r := range h.reports {
		if p.contains(r.HeldOn) {
			e.Crowds[id] = Crowd{r.Form, int(r.Children)}
		}
	}
	for n := range h.children.all() {
		child, c := h.children.entry(n)
		for r := range h.referrals.each(c.referrals) {
			one := e.child(h.root(child))
			one.Referred = append(one.Referred, Referral{h.channels.value(r.channel), r.receivedOn, Rank{r.position, int(r.ordinal)}})
		}
		if c.erased {
			e.child(h.root(child)).Erased = true
		}
	}
	return e
}

// child is what is known of a child so far.
func (e Evidence) child(id events.ID) *Child {
	if e.Children[id] == nil {
		e.Children[id] = &Child{ID: id}
	}
	return e.Children[id]
}

// part is some children of a history and some sessions.
type part struct {
	*History
	children, sessions iter.Seq[serial]
}

// evidence is what makes children reached, and what is known of those.
func (h part) evidence(p Period) Evidence {
	e := Evidence{Municipal: h.municipality, Children: make(map[events.ID]*Child), Crowds: make(map[events.ID]Crowd)}
	h.addAttendance(e, p)
	h.addPlaces(e, p)
	h.describe(e)
	return e
}

func (p Period) contains(d events.Day) bool { return p.From <= d && d <= p.To }

// root is the child that a child counts as; in a circle of merges, which casework records none of, the first by its id.
func (h *History) root(child events.ID) events.ID {
	for range len(h.into) + 1 {
		into, merged := h.into[child]
		if !merged {
			return child
		}
		child = into
	}
	circle := []events.ID{child}
	for next := h.into[child]; next != child; next = h.into[next] {
		circle = append(circle, next)
	}
	return slices.MinFunc(circle, func(a, b events.ID) int { return slices.Compare(a[:], b[:]) })
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

// addAttendance counts the sessions of each child, and notes those with somebody nobody identified.
func (h part) addAttendance(e Evidence, p Period) {
	homes := h.homes()
	for n := range h.sessions {
		id, s := h.History.sessions.entry(n)
		if !h.held(s, p) {
			continue
		}
		what, crowd := h.offers.value(s.offer), h.crowd(s)
		if crowd.Unidentified > 0 {
			e.Crowds[id] = crowd
		}
		for _, who := range h.identified(s, homes) {
			one := e.child(who.child)
			one.came(Attendance{Home: who.home, Form: what.form, Programme: what.label()})
			if crowd.Unidentified > 0 && who.home == h.municipality {
				one.Among = append(one.Among, id)
			}
		}
	}
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

// crowd is the session's own children whom nobody identified.
func (h *History) crowd(s *occasion) Crowd {
	c := Crowd{Form: h.offers.value(s.offer).form}
	for n := range h.counts.each(s.counts) {
		if as := h.standings.value(n.standing); as.target == events.SubstanceAbuse && cmp.Or(as.home, h.municipality) == h.municipality {
			c.Unidentified += int(n.children)
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

// addPlaces adds the enrolments that overlap a period.
func (h part) addPlaces(e Evidence, p Period) {
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
				in, one := h.offers.value(n.offer), e.child(h.root(child))
				one.Enrolled = append(one.Enrolled, Place{cmp.Or(in.municipality, h.municipality), in.form, string(in.programme)})
			}
		}
	}
}

// describe says what is known of those who attended or were enrolled, from all that was said of whoever counts as them.
func (h part) describe(e Evidence) {
	heard := make(map[*Child]said)
	for n := range h.children {
		child, c := h.History.children.entry(n)
		if one := e.Children[h.root(child)]; one != nil && len(one.Attended)+len(one.Enrolled) > 0 {
			s := heard[one]
			s.add(c.said)
			heard[one] = s
		}
	}
	for one, s := range heard {
		one.Person = h.person(s)
	}
}
