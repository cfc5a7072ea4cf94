package casework

import "rackvidd/events"

// Born is the birth year that was stated of a child, as figures have it where every programme is heard: a correction outweighs every
// statement, and the last one every other; of statements that disagree, or corrections of one message, the latest year counts. What was
// said stays said when its record is withdrawn. The zero value has heard of none.
type Born struct {
	Year        events.Year // 0: none was stated
	correctedAt events.Position
}

// Hear takes in what was recorded in the child's case, or of a session that it was marked at. Of referrals and places those are
// heard whose programme, as they were corrected, is among the listener's; a correction is of the child, and heard by everybody.
func (b *Born) Hear(child events.ID, recorded []events.Recorded, among func(events.ProgrammeID) bool) {
	now := programmesOf(recorded)
	for _, r := range recorded {
		for _, e := range r.Events {
			switch e := e.(type) {
			case events.ReferralReceived:
				if among(now[e.Referral]) {
					b.said(e.BirthYear)
				}
			case events.ChildEnrolled:
				if among(now[e.Enrolment]) {
					b.said(e.BirthYear)
				}
			case events.ChildDescribed:
				b.corrected(e.BirthYear, r.Position)
			case events.SessionAttended:
				for _, m := range e.Attended {
					b.marked(child, m)
				}
				for _, m := range e.Absent {
					b.marked(child, m)
				}
			}
		}
	}
}

// programmesOf are the programmes that referrals and places are of, as they were corrected last.
func programmesOf(recorded []events.Recorded) map[events.Entry]events.ProgrammeID {
	now := make(map[events.Entry]events.ProgrammeID)
	for _, r := range recorded {
		for _, e := range r.Events {
			switch e := e.(type) {
			case events.ReferralReceived:
				now[e.Referral] = e.Programme
			case events.ReferralCorrected:
				now[e.Referral] = e.Programme
			case events.ChildEnrolled:
				now[e.Enrolment] = e.Programme
			case events.EnrolmentCorrected:
				now[e.Enrolment] = e.Programme
			}
		}
	}
	return now
}

func (b *Born) marked(child events.ID, m events.Mark) {
	if m.Child == child && m.Role != events.AdultRole {
		b.said(m.BirthYear)
	}
}

func (b *Born) corrected(year events.Year, at events.Position) {
	switch {
	case year == 0 || at < b.correctedAt:
	case at > b.correctedAt:
		b.Year, b.correctedAt = year, at
	default:
		b.Year = max(b.Year, year)
	}
}

func (b *Born) said(year events.Year) {
	if b.correctedAt == 0 {
		b.Year = max(b.Year, year)
	}
}
