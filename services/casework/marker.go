package casework

import (
	"slices"
	"time"

	"rackvidd/events"
)

// Marker is who set a row of a register or counted heads, and when: when it was tapped, or, where a whole register says no time of
// its rows, when that was recorded.
type Marker struct {
	By events.ID // the account
	At time.Time
}

// MarkersIn says of each child who set its row last, in what was recorded of a session. A row that was emptied has one too. Whoever
// said why a child was there, and left the row as it was, did not set it.
func MarkersIn(recorded []events.Recorded) map[events.ID]Marker {
	one, last := NewSession(), make(map[events.ID]Marker)
	for _, r := range recorded {
		for _, e := range r.Events {
			register, ok := e.(events.SessionAttended)
			if !ok {
				continue
			}
			changes, was := changesIn(register), make(map[events.ID]RowState)
			for _, m := range changes {
				was[m.Child] = one.RowOf(m.Child, "").State
			}
			one.Evolve(register)
			for _, m := range changes {
				switch {
				case m.At != 0:
					last[m.Child] = Marker{r.Actor, m.At.Time()}
				case one.RowOf(m.Child, "").State != was[m.Child]:
					last[m.Child] = Marker{r.Actor, r.Time}
				}
			}
		}
	}
	return last
}

// CountersIn says who counted children, and adults, whom nobody identified last, and when: alone, or in a register that was stated
// whole. Whom a record counted nobody did.
func CountersIn(recorded []events.Recorded) map[events.Role]Marker {
	one, last := NewSession(), make(map[events.Role]Marker)
	for _, r := range recorded {
		before := map[events.Role]events.Instant{events.ChildRole: one.CountedAt(events.ChildRole), events.AdultRole: one.CountedAt(events.AdultRole)}
		for _, e := range r.Events {
			one.Evolve(e)
		}
		for role, was := range before {
			if at := one.CountedAt(role); at != was {
				last[role] = Marker{r.Actor, at.Time()}
			}
		}
	}
	return last
}

// changesIn are the marks that a register says something of, in the order in which they are taken.
func changesIn(register events.SessionAttended) []events.Mark {
	return slices.Concat(register.Removed, register.Absent, register.Attended)
}
