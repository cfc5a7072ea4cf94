package casework

import "rackvidd/events"

// RecordersIn says of each line of a child's case who recorded it as it stands, or corrected it to that, and when.
func RecordersIn(recorded []events.Recorded) map[events.Entry]Marker {
	last := make(map[events.Entry]Marker)
	for _, r := range recorded {
		for _, e := range r.Events {
			if line, ok := lineOf(e); ok {
				last[line] = Marker{r.Actor, r.Time}
			}
		}
	}
	return last
}

// lineOf is the line that an event writes.
func lineOf(e events.Event) (events.Entry, bool) {
	switch e := e.(type) {
	case events.ReferralReceived:
		return e.Referral, true
	case events.ReferralCorrected:
		return e.Referral, true
	case events.ReferralClosed:
		return e.Closing, true
	case events.ChildEnrolled:
		return e.Enrolment, true
	case events.EnrolmentCorrected:
		return e.Enrolment, true
	case events.EnrolmentEnded:
		return e.End, true
	}
	return events.Entry{}, false
}
