package casework

import "rackvidd/events"

// GuestReport is a count of guests that another municipality reported.
type GuestReport struct {
	Counted, Withdrawn bool
	events.GuestsCounted
}

func (g *GuestReport) Evolve(e events.Event) {
	switch e := e.(type) {
	case events.GuestsCounted:
		g.Counted, g.GuestsCounted = true, e
	case events.GuestCountWithdrawn:
		g.Withdrawn = true
	}
}

// Withdraw says that the count should never have been recorded. It is corrected so: taken back, and counted anew.
func (g *GuestReport) Withdraw(reason events.Reason) ([]events.Event, error) {
	if !g.Counted {
		return nil, refuse(Missing, "unknown_count_of_guests", "id", "there is no such count of guests; look its id up in the list")
	}
	if g.Withdrawn {
		return nil, nil
	}
	return []events.Event{events.GuestCountWithdrawn{Report: g.Report, Reason: reason}}, nil
}
