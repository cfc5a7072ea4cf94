package casework

import (
	"time"

	"rackvidd/events"
)

// Struck is a line of a child's case as it stood until it was corrected or taken back.
type Struck struct {
	Kind      string             `json:"kind" enum:"referral,closing,enrolment,end"`
	ID        events.Entry       `json:"id"`
	Day       events.Day         `json:"day" doc:"received, closed, enrolled or ended"`
	Programme events.ProgrammeID `json:"programme,omitempty"`
	Form      events.Form        `json:"form,omitempty"`
	Channel   events.Channel     `json:"channel,omitempty"`
	Reason    events.Reason      `json:"reason" doc:"why it no longer holds"`
	At        time.Time          `json:"struck_at"`
	By        events.ID          `json:"struck_by" doc:"the account"`
}

// StruckIn lists what was recorded in a child's case and no longer holds, in the order in which it was struck.
func StruckIn(recorded []events.Recorded) (list []Struck) {
	one := NewCase()
	for _, r := range recorded {
		for _, e := range r.Events {
			if s, ok := one.strikes(e); ok {
				s.At, s.By = r.Time, r.Actor
				list = append(list, s)
			}
			one.Evolve(e)
		}
	}
	return list
}

// strikes is the line that an event strikes through, as it stands before the event.
func (c *Case) strikes(e events.Event) (Struck, bool) {
	switch e := e.(type) {
	case events.ReferralCorrected:
		return c.line(e.Referral, e.Reason)
	case events.EnrolmentCorrected:
		return c.line(e.Enrolment, e.Reason)
	case events.EntryWithdrawn:
		return c.line(e.Entry, e.Reason)
	}
	return Struck{}, false
}

func (c *Case) line(id events.Entry, why events.Reason) (Struck, bool) {
	if r, ok := c.Referrals[id]; ok {
		return Struck{Kind: "referral", ID: id, Day: r.ReceivedOn, Programme: r.Programme, Form: r.Form, Channel: r.Channel, Reason: why}, true
	}
	if n, ok := c.Enrolments[id]; ok {
		return Struck{Kind: "enrolment", ID: id, Day: n.EnrolledOn, Programme: n.Programme, Form: n.Form, Reason: why}, true
	}
	if r, ok := c.Closings[id]; ok {
		return Struck{Kind: "closing", ID: id, Day: r.ClosedOn, Programme: c.ClosedIn(r), Reason: why}, true
	}
	if n, ok := c.Ends[id]; ok {
		return Struck{Kind: "end", ID: id, Day: n.EndedOn, Programme: n.Programme, Form: n.Form, Reason: why}, true
	}
	return Struck{}, false
}
