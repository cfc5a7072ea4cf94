package casework

import (
	"cmp"
	"encoding/binary"
	"slices"

	"rackvidd/events"
)

// Heads are how many came whom nobody identified; nil: nothing is said of them.
type Heads struct{ Children, Adults *events.Count }

// CountHeads takes how many came whom nobody identified, repeatable and in any order: of all counts of children, and of all
// counts of adults, the one with the latest time stands; of several at the same time the largest. No count from before the
// register was stated whole changes it.
func (s *Session) CountHeads(h Heads, at events.Instant) ([]events.Event, error) {
	return s.countHeads(h, func(events.Role) events.Instant { return at })
}

// CountHeadsNow takes the counts of whoever gives no time: now, or right after the last count, children and adults each by themselves,
// where that was made by a clock that was ahead.
func (s *Session) CountHeadsNow(h Heads, now events.Instant) ([]events.Event, error) {
	return s.countHeads(h, func(role events.Role) events.Instant { return max(now, s.CountedAt(role)+1) })
}

func (s *Session) countHeads(h Heads, when func(events.Role) events.Instant) ([]events.Event, error) {
	if err := s.Held(); err != nil {
		return nil, err
	}
	var changed []events.HeadCount
	for _, one := range []struct {
		role events.Role
		n    *events.Count
	}{{events.ChildRole, h.Children}, {events.AdultRole, h.Adults}} {
		if one.n == nil {
			continue
		}
		last, at := s.CountedAt(one.role), when(one.role)
		if at < last || at == last && *one.n <= s.Heads(one.role) {
			continue
		}
		if *one.n == s.Heads(one.role) {
			changed = append(changed, s.confirmed(one.role, at))
			continue
		}
		changed = append(changed, s.replaceCounts(numberAt(one.role, at), one.role, *one.n)...)
	}
	if len(changed) == 0 {
		return nil, nil
	}
	return []events.Event{events.SessionAttended{Session: s.Session, Counted: changed}}, nil
}

// Heads is how many came in a capacity whom nobody identified.
func (s *Session) Heads(role events.Role) (n events.Count) {
	for _, c := range s.Counts {
		if cmp.Or(c.Role, events.ChildRole) == role {
			n += c.Count
		}
	}
	return n
}

// CountedAt is when those were counted last, alone or in a register that was stated whole; 0: never.
func (s *Session) CountedAt(role events.Role) events.Instant {
	return max(s.countedAt[role], s.registerAt)
}

// Recounted reports whether those whom a record counted here were counted by hand as well, after it or before: as many as the hand
// says were there, whatever the record says next.
func (s *Session) Recounted(entry events.Entry) bool {
	role, made := s.recorded[entry]
	return made && s.CountedAt(role) > 0
}

// origin is why and from where those came who were counted.
type origin struct {
	target events.Target
	home   events.Municipality
}

func originOf(c events.HeadCount) origin {
	if c.Target == events.SubstanceAbuse {
		c.Target = ""
	}
	return origin{c.Target, c.HomeMunicipality}
}

// origin is what all counts of a role that stand agree on, nothing where they do not. Where nobody stands it is what the last count by
// hand said, which may have been of nobody: else counts in another order would say something else.
func (s *Session) origin(role events.Role) origin {
	agreed, found := s.cameFrom[role], false
	for _, c := range s.Counts {
		if cmp.Or(c.Role, events.ChildRole) != role {
			continue
		}
		if found && originOf(c) != agreed {
			return origin{}
		}
		agreed, found = originOf(c), true
	}
	return agreed
}

// replaceCounts takes away every head count of a role but the one with a number, which becomes n, of those who came for the same reason
// from the same place. What is 0 is said as well: its number remembers the time.
func (s *Session) replaceCounts(number [8]byte, role events.Role, n events.Count) (changed []events.HeadCount) {
	own, came := events.Entry{Of: s.Session, Number: number}, s.origin(role)
	for entry, c := range s.Counts {
		if cmp.Or(c.Role, events.ChildRole) == role && entry != own {
			c.Count, c.Record = 0, events.Record{}
			changed = append(changed, c)
		}
	}
	slices.SortFunc(changed, func(a, b events.HeadCount) int { return slices.Compare(a.Entry.Number[:], b.Entry.Number[:]) })
	c := events.HeadCount{Entry: own, Count: n, Target: came.target, HomeMunicipality: came.home}
	if role == events.AdultRole {
		c.Role = role
	}
	return append(changed, c)
}

// confirmed says when a role was counted to as many as before. The counts stay, with why and from where they came; the time is
// remembered, so that an earlier count that comes later does not stand.
func (s *Session) confirmed(role events.Role, at events.Instant) events.HeadCount {
	came := s.origin(role)
	c := events.HeadCount{Entry: events.Entry{Of: s.Session, Number: numberAt(role, at)}, Target: came.target, HomeMunicipality: came.home}
	if role == events.AdultRole {
		c.Role = role
	}
	return c
}

// numbered is the least number of a count that was made by itself: below are those of whole registers.
const numbered = 1 << 32

// numberAt is the number of a count that was made by itself: the time in milliseconds, and whether it is of adults. An event
// has no other place for the time (services/decisions/0022).
func numberAt(role events.Role, at events.Instant) (number [8]byte) {
	n := max(uint64(at)<<1, numbered)
	if role == events.AdultRole {
		n |= 1
	}
	binary.BigEndian.PutUint64(number[:], n)
	return number
}

// noteCount remembers what a count by hand said of those who came, and when it was made by itself. One that a record made has a number
// that says nothing.
func (s *Session) noteCount(c events.HeadCount) {
	n := binary.BigEndian.Uint64(c.Entry.Number[:])
	if n>>48 != 0 || !c.Record.IsZero() || !s.Counts[c.Entry].Record.IsZero() {
		return
	}
	role := cmp.Or(c.Role, events.ChildRole)
	s.cameFrom[role] = originOf(c)
	if n >= numbered {
		s.countedAt[role] = max(s.countedAt[role], events.Instant(n>>1))
	}
}
