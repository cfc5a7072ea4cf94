package casework

import (
	"cmp"
	"maps"
	"slices"

	"rackvidd/events"
)

// Person is a child as it is known when a register is written, and what is said of it.
type Person struct {
	Child     events.ID
	Same      []events.ID // the other records of the child that the register has or had
	BirthYear events.Year
	Gender    events.Gender
	Target    events.Target       // why it is there, as its row is said to be; "": as the register had it
	Home      events.Municipality // where it lives; "": as the register had it
	Placed    events.Target       // why it has its place: of a row that the register has nothing of; "": substance abuse
}

// Register is a whole register as stated: who was there, who was not, how many came whom nobody identified. Whoever is
// in none of the lists has no mark.
type Register struct {
	Attended     []Person // because of substance abuse
	Other        []Person // there for another reason (mixed groups)
	Absent       []Person
	Unidentified events.Count
	Adults       events.Count
}

// The two head counts of a register that was stated whole.
var unidentifiedNumber, adultsNumber = [8]byte{7: 1}, [8]byte{7: 2}

// State makes the register exactly what is stated, at a time.
func (s *Session) State(r Register, at events.Instant) ([]events.Event, error) {
	if err := s.Held(); err != nil {
		return nil, err
	}
	wanted, err := r.wanted()
	if err != nil {
		return nil, err
	}
	e := events.SessionAttended{Session: s.Session, RegisterAt: at}
	for _, child := range s.markedChildren() {
		if _, ok := wanted[child]; !ok {
			e.Removed = append(e.Removed, s.unmark(child, 0)...)
		}
	}
	for _, p := range slices.Concat(r.Attended, r.Other, r.Absent) {
		s.restate(&e, p, wanted[p.Child])
	}
	e.Counted = slices.Concat(s.recount(unidentifiedNumber, events.ChildRole, r.Unidentified), s.recount(adultsNumber, events.AdultRole, r.Adults))
	if s.HasRegister && len(e.Attended)+len(e.Absent)+len(e.Removed)+len(e.Counted) == 0 && !s.touchedSinceStated() {
		return nil, nil
	}
	return []events.Event{e}, nil
}

// touchedSinceStated reports whether rows were tapped or heads counted since the register was stated whole. Stating it
// again, even to the same, then says something: no tap and no count from before may undo it.
func (s *Session) touchedSinceStated() bool {
	since := func(at events.Instant) bool { return at > s.registerAt }
	return slices.ContainsFunc(slices.Collect(maps.Values(s.markedAt)), since) || slices.ContainsFunc(slices.Collect(maps.Values(s.countedAt)), since)
}

// wish is the state a person is wanted in.
type wish struct {
	attended bool
	target   events.Target
}

func (r Register) wanted() (map[events.ID]wish, error) {
	wanted := make(map[events.ID]wish)
	for _, list := range []struct {
		field    string
		children []Person
		wish     wish
	}{
		{"attended", r.Attended, wish{attended: true}},
		{"other", r.Other, wish{attended: true, target: events.OtherTarget}},
		{"absent", r.Absent, wish{}},
	} {
		for _, p := range list.children {
			if _, twice := wanted[p.Child]; twice {
				return nil, refuse(Invalid, "child_named_twice", list.field, "a child is named twice in the register; name it once")
			}
			wanted[p.Child] = list.wish
		}
	}
	return wanted, nil
}

// restate adds what it takes to bring a person into the wanted state, nothing where it is there already.
func (s *Session) restate(e *events.SessionAttended, p Person, w wish) {
	now := s.standings(p.Child)
	if len(now) == 1 && now[0].Attended == w.attended && (!w.attended || cmp.Or(now[0].Target, events.SubstanceAbuse) == cmp.Or(w.target, events.SubstanceAbuse)) &&
		cmp.Or(p.Home, now[0].HomeMunicipality) == now[0].HomeMunicipality {
		return
	}
	e.Removed = append(e.Removed, s.unmark(p.Child, 0)...)
	m := events.Mark{Child: p.Child, Target: w.target, HomeMunicipality: p.Home, BirthYear: p.BirthYear, Gender: p.Gender}
	if len(now) > 0 {
		m.HomeMunicipality = cmp.Or(p.Home, now[0].HomeMunicipality)
	}
	if w.attended {
		e.Attended = append(e.Attended, m)
	} else {
		e.Absent = append(e.Absent, m)
	}
}

func (s *Session) markedChildren() []events.ID {
	children := make(map[events.ID]bool)
	for k := range s.Marks {
		if k.Role == events.ChildRole {
			children[k.Child] = true
		}
	}
	return slices.SortedFunc(maps.Keys(children), compareIDs)
}

// unmark lists the child's marks as removals.
func (s *Session) unmark(child events.ID, at events.Instant) (removed []events.Mark) {
	for _, m := range s.standings(child) {
		removed = append(removed, events.Mark{Child: child, Target: m.Target, HomeMunicipality: m.HomeMunicipality, At: at})
	}
	return removed
}

// recount makes the head counts of a role add up to n.
func (s *Session) recount(number [8]byte, role events.Role, n events.Count) []events.HeadCount {
	if s.Heads(role) == n {
		return nil
	}
	return s.replaceCounts(number, role, n)
}

// RowState is what one tap says of a child.
type RowState string

const (
	RowAttended RowState = "attended"
	RowAbsent   RowState = "absent"
	RowNone     RowState = "none"
)

func (RowState) Codes() []string { return []string{"attended", "absent", "none"} }

// After is when a child's row is marked by whoever gives no time: now, or right after what the row has, where that was marked
// by a clock that was ahead.
func (s *Session) After(p Person, now events.Instant) events.Instant {
	if since := s.rowSince(p.records()...); since > now {
		return since + 1
	}
	return now
}

// rowSince is when the row of a child with these records was marked last, by itself or in a whole register.
func (s *Session) rowSince(records ...events.ID) events.Instant {
	since := s.registerAt
	for _, child := range records {
		since = max(since, s.markedAt[child])
	}
	return since
}

// DatedAt is the latest moment of the register: when it was stated whole, a row was marked or heads were counted; 0: none is known.
func (s *Session) DatedAt() events.Instant {
	at := max(s.registerAt, s.countedAt[events.ChildRole], s.countedAt[events.AdultRole])
	for _, marked := range s.markedAt {
		at = max(at, marked)
	}
	return at
}

// records are all of the child's.
func (p Person) records() []events.ID { return append([]events.ID{p.Child}, p.Same...) }

var rank = map[RowState]int{RowNone: 0, RowAbsent: 1, RowAttended: 2}

// MarkRow takes one tap, repeatable and in any order: of all taps on a child the one with the latest time stands; of
// several at the same time, attended before absent before none. Why a child is there and where it lives is said of the row as
// it stands whatever its state, which no state of "" changes; said last, it stands, and no tap that comes later undoes it.
func (s *Session) MarkRow(p Person, state RowState, at events.Instant) ([]events.Event, error) {
	if err := s.Held(); err != nil {
		return nil, err
	}
	now, since := s.RowOf(p.Child, events.ChildRole).State, s.rowSince(p.records()...)
	says := s.saysOtherwise(p)
	if state == "" || at < since || at == since && rank[state] <= rank[now] {
		if !says {
			return nil, nil
		}
		state, at = now, 0
	}
	e := events.SessionAttended{Session: s.Session}
	for _, child := range p.records() {
		e.Removed = append(e.Removed, s.unmark(child, at)...)
	}
	m := events.Mark{Child: p.Child, BirthYear: p.BirthYear, Gender: p.Gender, At: at}
	m.Target, m.HomeMunicipality = s.reason(p)
	switch state {
	case RowAttended:
		e.Attended = []events.Mark{m}
	case RowAbsent:
		e.Absent = []events.Mark{m}
	default:
		if len(e.Removed) == 0 || says {
			e.Removed = append(e.Removed, m) // remembered: when, so that an earlier tap that comes later does not stand, and why
		}
	}
	return []events.Event{e}, nil
}

// saysOtherwise reports whether it is said of a child why it is there or where it lives, and the register has it otherwise.
func (s *Session) saysOtherwise(p Person) bool {
	if p.Target == "" && p.Home == "" {
		return false
	}
	target, home := s.reason(p)
	was, from := s.reason(Person{Child: p.Child, Placed: p.Placed})
	return len(s.standings(p.Child)) > 1 || cmp.Or(target, events.SubstanceAbuse) != cmp.Or(was, events.SubstanceAbuse) || home != from
}

// reason is why and from where the child is to be marked: as is said, or as it is or was before its row was emptied; of a new
// row, why it has its place.
func (s *Session) reason(p Person) (events.Target, events.Municipality) {
	target, home := p.Placed, events.Municipality("")
	if now := s.standings(p.Child); len(now) > 0 {
		target, home = now[0].Target, now[0].HomeMunicipality
	} else if was, known := s.was[p.Child]; known {
		target, home = was.Target, was.Home
	}
	if target = cmp.Or(p.Target, target); target == events.SubstanceAbuse {
		target = ""
	}
	return target, cmp.Or(p.Home, home)
}
