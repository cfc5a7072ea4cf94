package casework

import (
	"time"

	"rackvidd/events"
)

// LongestRetention is the most years that a municipality can decide on.
const LongestRetention = 30

// Retention is for how long a municipality keeps who its children are.
type Retention struct {
	Years    events.Amount   // 0: until somebody erases them
	Position events.Position // of the decision; 0: nobody ever decided
	By       events.ID       // who did
	At       time.Time       // when
}

// Witness notes who decided and when: nothing else is recorded in the stream.
func (r *Retention) Witness(m events.Recorded) { r.Position, r.By, r.At = m.Position, m.Actor, m.Time }

func (r *Retention) Evolve(e events.Event) {
	if e, ok := e.(events.RetentionDecided); ok {
		r.Years = e.Years
	}
}

// Decide sets the years. A year is the least: whoever comes back as a new child after it is counted twice in a calendar year only
// by what is recorded late.
func (r *Retention) Decide(years events.Amount) ([]events.Event, error) {
	if years < 0 || years > LongestRetention {
		return nil, refuse(Invalid, "invalid_years", "years", "must be 1 to %d whole years, or 0 for no retention", LongestRetention)
	}
	if years == r.Years {
		return nil, nil
	}
	return []events.Event{events.RetentionDecided{Years: years}}, nil
}
