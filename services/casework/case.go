package casework

import (
	"bytes"
	"cmp"

	"rackvidd/events"
)

// Case is one child in one municipality: its referrals, its places, and whether it was found to be another child.
type Case struct {
	Referrals  map[events.Entry]events.ReferralReceived
	Closings   map[events.Entry]events.ReferralClosed
	Enrolments map[events.Entry]events.ChildEnrolled
	Ends       map[events.Entry]events.EnrolmentEnded

	MergedInto events.ID // zero: the case stands for itself
	MergedBy   events.Entry
	Absorbed   map[events.ID]events.Entry
	Erased     bool

	withdrawn map[events.Entry]Withdrawn
	corrected map[events.Entry]bool     // what was corrected last by hand
	named     map[events.Entry]activity // what a record calls what it began, however a hand corrected that
	said      map[[16]byte]said         // by a record's key, what it says of the child, whatever became of its referral or enrolment
}

// Withdrawn is a line that was taken back: whether it was a referral or its closing, or an enrolment or its end, and whose it was.
type Withdrawn struct {
	OfReferral bool
	Programme  events.ProgrammeID
}

// said is what was stated of a child; 0 and "" where nothing was.
type said struct {
	year   events.Year
	gender events.Gender
}

// NewCase returns the state of a child nobody has recorded anything about.
func NewCase() *Case {
	return &Case{
		Referrals: make(map[events.Entry]events.ReferralReceived), Closings: make(map[events.Entry]events.ReferralClosed),
		Enrolments: make(map[events.Entry]events.ChildEnrolled), Ends: make(map[events.Entry]events.EnrolmentEnded), withdrawn: make(map[events.Entry]Withdrawn),
		Absorbed: make(map[events.ID]events.Entry), corrected: make(map[events.Entry]bool), named: make(map[events.Entry]activity), said: make(map[[16]byte]said),
	}
}

func (c *Case) Evolve(e events.Event) {
	switch e := e.(type) {
	case events.ReferralReceived:
		c.Referrals[e.Referral] = e
		c.names(e.Referral, e.Record, activity{e.Programme, ""})
		c.states(e.Record, e.BirthYear, e.Gender)
	case events.ReferralCorrected:
		r := c.Referrals[e.Referral]
		r.Channel, r.ReceivedOn, r.Programme, r.Form, r.Record = e.Channel, e.ReceivedOn, e.Programme, e.Form, cmp.Or(e.Record, r.Record)
		c.Referrals[e.Referral] = r
		c.corrected[e.Referral] = e.Record.IsZero()
		c.names(e.Referral, e.Record, activity{e.Programme, ""})
		c.closingsFollow(r)
	case events.ReferralClosed:
		c.Closings[e.Closing] = e
	case events.ReferralClosingMatched:
		r := c.Closings[e.Closing]
		r.Referral = e.Referral
		c.Closings[e.Closing] = r
	case events.EntryWithdrawn:
		c.remember(e.Entry)
		delete(c.Referrals, e.Entry)
		delete(c.Closings, e.Entry)
		delete(c.Enrolments, e.Entry)
		delete(c.Ends, e.Entry)
		delete(c.corrected, e.Entry)
		delete(c.named, e.Entry)
	default:
		c.evolveEnrolment(e)
	}
}

// remember notes of a line that is about to be taken back whose it is.
func (c *Case) remember(entry events.Entry) {
	if r, ok := c.Referrals[entry]; ok {
		c.withdrawn[entry] = Withdrawn{true, r.Programme}
	} else if closed, ok := c.Closings[entry]; ok {
		c.withdrawn[entry] = Withdrawn{true, cmp.Or(c.ClosedIn(closed), c.withdrawn[closed.Referral].Programme)}
	} else if n, ok := c.Enrolments[entry]; ok {
		c.withdrawn[entry] = Withdrawn{false, n.Programme}
	} else if ended, ok := c.Ends[entry]; ok {
		c.withdrawn[entry] = Withdrawn{false, ended.Programme}
	}
}

func (c *Case) evolveEnrolment(e events.Event) {
	switch e := e.(type) {
	case events.ChildEnrolled:
		c.Enrolments[e.Enrolment] = e
		c.names(e.Enrolment, e.Record, activity{e.Programme, e.Form})
		c.states(e.Record, e.BirthYear, e.Gender)
	case events.ChildDescribed:
		before := c.said[e.Record.Key]
		c.states(e.Record, cmp.Or(e.BirthYear, before.year), cmp.Or(e.Gender, before.gender))
	case events.EnrolmentCorrected:
		n := c.Enrolments[e.Enrolment]
		n.Programme, n.Form, n.EnrolledOn, n.HomeMunicipality, n.Target = e.Programme, e.Form, e.EnrolledOn, e.HomeMunicipality, e.Target
		n.Record = cmp.Or(e.Record, n.Record)
		c.Enrolments[e.Enrolment] = n
		c.corrected[e.Enrolment] = e.Record.IsZero()
		c.names(e.Enrolment, e.Record, activity{e.Programme, e.Form})
		c.endsFollow(n)
	case events.EnrolmentEnded:
		c.Ends[e.End] = e
	case events.EnrolmentEndMatched:
		n := c.Ends[e.End]
		n.Enrolment = e.Enrolment
		c.Ends[e.End] = n
	default:
		c.evolveMerge(e)
	}
}

// names notes what a record calls a referral or an enrolment: so it will call it when it says that it ended.
func (c *Case) names(begun events.Entry, by events.Record, as activity) {
	if !by.IsZero() {
		c.named[begun] = as
	}
}

// states notes what a record says of the child; what somebody says by hand is no record's.
func (c *Case) states(by events.Record, year events.Year, gender events.Gender) {
	if !by.IsZero() {
		c.said[by.Key] = said{year, gender}
	}
}

// SaidBy is what a record says of the child; ok is false where it never said anything.
func (c *Case) SaidBy(record events.Record) (year events.Year, gender events.Gender, ok bool) {
	s, ok := c.said[record.Key]
	return s.year, s.gender, ok
}

// closingsFollow and endsFollow: what was said of a line by its id is of the programme that the line was corrected to.
func (c *Case) closingsFollow(r events.ReferralReceived) {
	for id, closed := range c.Closings {
		if closed.Referral == r.Referral && closed.Record.IsZero() {
			closed.Programme = r.Programme
			c.Closings[id] = closed
		}
	}
}

func (c *Case) endsFollow(n events.ChildEnrolled) {
	for id, ended := range c.Ends {
		if ended.Enrolment == n.Enrolment && ended.Record.IsZero() {
			ended.Programme, ended.Form = n.Programme, n.Form
			c.Ends[id] = ended
		}
	}
}

// ClosedIn is the programme of a closing: the one of the referral that it closes, or where that has none the one that its record names.
func (c *Case) ClosedIn(closed events.ReferralClosed) events.ProgrammeID {
	return cmp.Or(c.Referrals[closed.Referral].Programme, closed.Programme)
}

func (c *Case) evolveMerge(e events.Event) {
	switch e := e.(type) {
	case events.CaseMerged:
		c.MergedInto, c.MergedBy = e.Into, e.Merge
	case events.MergeUndone:
		c.MergedInto, c.MergedBy = events.ID{}, events.Entry{}
	case events.CaseAbsorbed:
		c.Absorbed[e.Child] = e.Merge
	case events.AbsorptionUndone:
		delete(c.Absorbed, e.Child)
	case events.IdentityErased:
		c.Erased = true
	}
}

// Refer records a referral.
func (c *Case) Refer(e events.ReferralReceived) ([]events.Event, error) {
	return c.settle(e), nil
}

// CloseReferral closes one referral by its id.
func (c *Case) CloseReferral(e events.ReferralClosed) ([]events.Event, error) {
	r, ok := c.Referrals[e.Referral]
	if !ok {
		return nil, refuse(Missing, "unknown_referral", "referral", "there is no such referral; look its id up in the child's case")
	}
	for _, closed := range c.Closings {
		if closed.Referral == e.Referral {
			return nil, refuse(Conflict, "referral_closed", "referral", "the referral is closed already; withdraw or correct it first")
		}
	}
	if e.ClosedOn < r.ReceivedOn {
		return nil, refuse(Invalid, "end_before_start", "closed_on", "the referral was received on %s; give a day from then on", r.ReceivedOn)
	}
	return c.settle(e), nil
}

// Enrol gives the child a place. Enrolments may overlap.
func (c *Case) Enrol(e events.ChildEnrolled) ([]events.Event, error) {
	return c.settle(e), nil
}

// Placed is why a child takes part in a programme, as its latest place there says, in whichever of its cases; nothing where none does.
func Placed(programme events.ProgrammeID, cases ...*Case) events.Target {
	var latest events.ChildEnrolled
	for _, c := range cases {
		for id, n := range c.Enrolments {
			later := cmp.Or(cmp.Compare(n.EnrolledOn, latest.EnrolledOn), bytes.Compare(id.Number[:], latest.Enrolment.Number[:])) > 0
			if n.Programme == programme && later {
				latest = n
			}
		}
	}
	return latest.Target
}

// EndEnrolment ends one enrolment by its id.
func (c *Case) EndEnrolment(e events.EnrolmentEnded) ([]events.Event, error) {
	n, ok := c.Enrolments[e.Enrolment]
	if !ok {
		return nil, refuse(Missing, "unknown_enrolment", "enrolment", "there is no such enrolment; look its id up in the child's case")
	}
	for _, ended := range c.Ends {
		if ended.Enrolment == e.Enrolment {
			return nil, refuse(Conflict, "enrolment_ended", "enrolment", "the enrolment has ended already; withdraw or correct it first")
		}
	}
	if e.EndedOn < n.EnrolledOn {
		return nil, refuse(Invalid, "end_before_start", "ended_on", "the child was enrolled on %s; give a day from then on", n.EnrolledOn)
	}
	e.Programme, e.Form = n.Programme, n.Form
	return c.settle(e), nil
}

// RecordClosing records a closing that does not say which referral it closes.
func (c *Case) RecordClosing(e events.ReferralClosed) []events.Event { return c.settle(e) }

// RecordEnd records an end that does not say which enrolment it ends.
func (c *Case) RecordEnd(e events.EnrolmentEnded) []events.Event { return c.settle(e) }

// CorrectReferral restates a referral; what is not given stays. Where that is all as it was, nothing was corrected.
func (c *Case) CorrectReferral(e events.ReferralCorrected) ([]events.Event, error) {
	r, ok := c.Referrals[e.Referral]
	e.Channel, e.ReceivedOn, e.Programme, e.Form = cmp.Or(e.Channel, r.Channel), cmp.Or(e.ReceivedOn, r.ReceivedOn), cmp.Or(e.Programme, r.Programme), cmp.Or(e.Form, r.Form)
	if ok && e.Channel == r.Channel && e.ReceivedOn == r.ReceivedOn && e.Programme == r.Programme && e.Form == r.Form {
		return nil, nil
	}
	return c.RestateReferral(e)
}

// RestateReferral states a referral whole, as a record does: a programme or form that is not given there is none of.
func (c *Case) RestateReferral(e events.ReferralCorrected) ([]events.Event, error) {
	if _, ok := c.Referrals[e.Referral]; !ok {
		return nil, refuse(Missing, "unknown_referral", "referral", "there is no such referral; look its id up in the child's case")
	}
	for _, closed := range c.Closings {
		if closed.Referral == e.Referral && closed.Record.IsZero() && closed.ClosedOn < e.ReceivedOn {
			return nil, refuse(Invalid, "end_before_start", "received_on", "the referral was closed on %s; give a day until then", closed.ClosedOn)
		}
	}
	return c.settle(e), nil
}

// CorrectEnrolment restates an enrolment; what is not given stays. Where that is all as it was, nothing was corrected, unless a record
// says so: it says more than the line.
func (c *Case) CorrectEnrolment(e events.EnrolmentCorrected) ([]events.Event, error) {
	n, ok := c.Enrolments[e.Enrolment]
	if !ok {
		return nil, refuse(Missing, "unknown_enrolment", "enrolment", "there is no such enrolment; look its id up in the child's case")
	}
	e.Programme, e.Form, e.EnrolledOn = cmp.Or(e.Programme, n.Programme), cmp.Or(e.Form, n.Form), cmp.Or(e.EnrolledOn, n.EnrolledOn)
	e.HomeMunicipality, e.Target = cmp.Or(e.HomeMunicipality, n.HomeMunicipality), cmp.Or(e.Target, n.Target)
	same := e.Programme == n.Programme && e.Form == n.Form && e.EnrolledOn == n.EnrolledOn && e.HomeMunicipality == n.HomeMunicipality &&
		cmp.Or(e.Target, events.SubstanceAbuse) == cmp.Or(n.Target, events.SubstanceAbuse)
	if same && e.Record.IsZero() {
		return nil, nil
	}
	for _, ended := range c.Ends {
		if ended.Enrolment == e.Enrolment && ended.Record.IsZero() && ended.EndedOn < e.EnrolledOn {
			return nil, refuse(Invalid, "end_before_start", "enrolled_on", "the enrolment ended on %s; give a day until then", ended.EndedOn)
		}
	}
	return c.settle(e), nil
}

// Describe corrects what is known of the child; what is not given stays.
func Describe(e events.ChildDescribed) []events.Event {
	if e.BirthYear == 0 && e.Gender == "" {
		return nil
	}
	return []events.Event{e}
}

// Withdraw takes back a referral, an enrolment, a closing or an end, and with a referral or an enrolment what was
// said of it by id.
func (c *Case) Withdraw(entry events.Entry, reason events.Reason) ([]events.Event, error) {
	if _, before := c.WithdrawnBefore(entry); before {
		return nil, nil
	}
	if !c.has(entry) {
		return nil, refuse(Missing, "unknown_entry", "id", "there is no such record; look its id up in the child's case")
	}
	list := []events.Event{events.EntryWithdrawn{Entry: entry, Reason: reason}}
	for _, closed := range c.Closings {
		if closed.Referral == entry && closed.Record.IsZero() {
			list = append(list, events.EntryWithdrawn{Entry: closed.Closing, Reason: reason})
		}
	}
	for _, ended := range c.Ends {
		if ended.Enrolment == entry && ended.Record.IsZero() {
			list = append(list, events.EntryWithdrawn{Entry: ended.End, Reason: reason})
		}
	}
	return c.settle(list...), nil
}

// WithdrawnBefore is what was taken back and was not recorded again.
func (c *Case) WithdrawnBefore(entry events.Entry) (Withdrawn, bool) {
	was, ok := c.withdrawn[entry]
	return was, ok && !c.has(entry)
}

func (c *Case) has(entry events.Entry) bool {
	_, referral := c.Referrals[entry]
	_, closing := c.Closings[entry]
	_, enrolment := c.Enrolments[entry]
	_, end := c.Ends[entry]
	return referral || closing || enrolment || end
}

// RecordOf is the record an entry came from; ok is false for an entry that does not stand.
func (c *Case) RecordOf(entry events.Entry) (record events.Record, ok bool) {
	switch {
	case c.Referrals[entry].Referral == entry:
		return c.Referrals[entry].Record, true
	case c.Closings[entry].Closing == entry:
		return c.Closings[entry].Record, true
	case c.Enrolments[entry].Enrolment == entry:
		return c.Enrolments[entry].Record, true
	case c.Ends[entry].End == entry:
		return c.Ends[entry].Record, true
	}
	return events.Record{}, false
}
