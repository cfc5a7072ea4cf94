package casework

import (
	"time"

	"rackvidd/events"
)

// LongestRetention is the most years that a municipality can decide on.
const LongestRetention = 30

// Retention is for how long a municipality keeps who its children are.
type Retention struct {
	Years events.Amount // 0: until somebody erases them
	By    events.ID     // who decided so; zero: nobody ever decided
	At    time.Time     // when
}

// Witness notes who decided and when: nothing else is recorded in the stream.
func (r *Retention) Witness(m events.Recorded) { r.By, r.At = m.Actor, m.Time }

func (r *Retention) Evolve(e events.Event) {
	if e, ok := e.(events.RetentionDecided); ok {
		r.Years = e.Years
	}
}

// Decide sets the years. A year is the least: children of whom nothing was recorded for a whole year are in no calendar year's
// figure twice when they come back as new ones.
func (r *Retention) Decide(years events.Amount) ([]events.Event, error) {
	if years < 0 || years > LongestRetention {
		return nil, refuse(Invalid, "invalid_years", "years", "must be 1 to %d whole years, or 0 for no retention", LongestRetention)
	}
	if years == r.Years {
		return nil, nil
	}
	return []events.Event{events.RetentionDecided{Years: years}}, nil
}
