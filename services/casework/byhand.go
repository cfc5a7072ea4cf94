package casework

import (
	"maps"
	"slices"

	"rackvidd/events"
)

// MarkedByHand reports whether somebody marked the row that a mark from a record is about, or said why the child is there, or stated
// the whole register, which says something of every child. No record changes that. Adults whom records name have no row.
func (s *Session) MarkedByHand(m events.Mark) bool {
	return m.Role != events.AdultRole && (s.registerAt > 0 || s.byHand[m.Child])
}

// Hands are the children of whom somebody said something by hand: each by itself, or that it came, in a register that was stated whole.
func (s *Session) Hands() []events.ID {
	hands := s.byHand
	if s.registerAt > 0 {
		hands = maps.Clone(hands)
		for key, m := range s.Marks {
			if m.Attended && key.Role != events.AdultRole {
				hands[key.Child] = true
			}
		}
	}
	return slices.Collect(maps.Keys(hands))
}

// Remarked reports whether the child whom a record marked here was marked by hand as well, after it or before: the row is as the
// hand left it, whatever the record says next.
func (s *Session) Remarked(record events.Record) bool {
	child, made := s.named[record.Key]
	return made && s.MarkedByHand(events.Mark{Child: child})
}

// MarkedBy is whom a record marked here, also where a person said otherwise since.
func (s *Session) MarkedBy(record [16]byte) (child events.ID, marked bool) {
	if child, marked = s.named[record]; marked {
		return child, true
	}
	for key, m := range s.Marks { // an adult has no row that a person could mark
		if m.Record.Key == record {
			return key.Child, true
		}
	}
	return child, false
}

// noteHands remembers whom records marked, and whom people did: a person's mark has no record, and what a person takes away has a
// time, or did not stand. It is asked before the marks change.
func (s *Session) noteHands(e events.SessionAttended) {
	for _, m := range e.Removed {
		if _, stood := s.Marks[Key(m, e.HomeMunicipality)]; m.At != 0 || !stood {
			s.noteHand(m)
		}
	}
	for _, m := range e.Absent {
		s.noteHand(m)
	}
	for _, m := range e.Attended {
		s.noteHand(m)
	}
	for _, c := range e.Counted {
		s.noteNobody(c.Record)
	}
}

func (s *Session) noteHand(m events.Mark) {
	switch {
	case m.Role == events.AdultRole:
		s.noteNeither(m.Record)
	case m.Record.IsZero():
		s.byHand[m.Child] = true
	default:
		s.noteNeither(m.Record)
		s.named[m.Record.Key] = m.Child
	}
}

// noteNeither forgets what a record said of the register before: a child, or heads.
func (s *Session) noteNeither(record events.Record) {
	s.noteNobody(record)
	if !record.IsZero() {
		counted := events.Entry{Of: s.Session}
		copy(counted.Number[:], record.Key[:])
		delete(s.recorded, counted)
	}
}

// noteNobody forgets which child a record named before: now it names an adult, or nobody.
func (s *Session) noteNobody(record events.Record) {
	if !record.IsZero() {
		delete(s.named, record.Key)
	}
}

// HeldByHand reports whether somebody said of a session that was cancelled that it is held after all: no record cancels it again.
func (s *Session) HeldByHand() bool { return s.heldByHand }

// CorrectedByHand reports whether a referral or an enrolment stands as somebody corrected it: no record changes that.
func (c *Case) CorrectedByHand(entry events.Entry) bool { return c.corrected[entry] }

// EndedByHand reports whether somebody stated of a referral or an enrolment, by its id, that it was closed or had ended: that goes with
// it where it is withdrawn.
func (c *Case) EndedByHand(entry events.Entry) bool {
	for _, closed := range c.Closings {
		if closed.Referral == entry && closed.Record.IsZero() {
			return true
		}
	}
	for _, ended := range c.Ends {
		if ended.Enrolment == entry && ended.Record.IsZero() {
			return true
		}
	}
	return false
}
