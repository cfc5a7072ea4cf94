package casework

import (
	"rackvidd/events"
)

// What an import records comes in any order and more than once. These decisions never depend on what came first: a
// cancelled session keeps its marks and reaches nobody, and the same fact from two records is one fact.

// HasMark reports whether a mark from a record stands already: from the same record, or as the same fact.
func (s *Session) HasMark(m events.Mark) (bool, events.Record) {
	standing, ok := s.Marks[Key(m, "")]
	return ok && standing.Attended, standing.Record
}

// Overruled reports whether a mark from a record would change a row that was marked by hand: another state, reason or home. Of a home
// that is here the register may say nothing.
func (s *Session) Overruled(m events.Mark, here events.Municipality) bool {
	same, _ := s.HasMark(m)
	says := Row{RowAttended, m.Target, m.HomeMunicipality}
	return s.MarkedByHand(m) && !same && s.RowOf(m.Child, events.ChildRole).In(here) != says.In(here)
}

// Attend marks somebody as there. home is what the marks of one event share.
func (s *Session) Attend(m events.Mark) events.SessionAttended {
	e := events.SessionAttended{Session: s.Session, HomeMunicipality: m.HomeMunicipality}
	key := Key(m, "")
	if standing, ok := s.Marks[key]; ok && !standing.Attended {
		e.Removed = []events.Mark{markOf(key, events.Mark{Child: m.Child, Role: m.Role, Target: m.Target})}
	}
	m.HomeMunicipality = ""
	e.Attended = []events.Mark{m}
	return e
}

// Unmark takes one mark away again, because its record says something else now.
func (s *Session) Unmark(key MarkKey) []events.Event {
	standing, ok := s.Marks[key]
	if !ok {
		return nil
	}
	m := events.Mark{Child: key.Child, Role: standing.Role, Target: standing.Target, HomeMunicipality: key.Home}
	return []events.Event{events.SessionAttended{Session: s.Session, Removed: []events.Mark{m}}}
}

// Uncount takes one head count away again.
func (s *Session) Uncount(entry events.Entry) []events.Event {
	c, ok := s.Counts[entry]
	if !ok {
		return nil
	}
	c.Count, c.Record = 0, events.Record{}
	return []events.Event{events.SessionAttended{Session: s.Session, Counted: []events.HeadCount{c}}}
}

// CancelledBy is the record that cancelled the session.
func (s *Session) CancelledBy() events.Record { return s.cancelledBy }

// Reinstate takes a cancellation back.
func (s *Session) Reinstate(reason events.Reason, record events.Record) []events.Event {
	if !s.Cancelled {
		return nil
	}
	return []events.Event{events.SessionReinstated{Session: s.Session, Reason: reason, Record: record}}
}

// Join folds b's changes into a where they can stand in one event: a register of eight children is one event, also
// when it came as eight records.
func Join(a *events.SessionAttended, b events.SessionAttended) bool {
	if a.Session != b.Session || a.HomeMunicipality != b.HomeMunicipality || a.RegisterAt != b.RegisterAt || len(b.Removed) > 0 {
		return false
	}
	a.Attended = append(a.Attended, b.Attended...)
	a.Absent = append(a.Absent, b.Absent...)
	a.Counted = append(a.Counted, b.Counted...)
	return true
}
