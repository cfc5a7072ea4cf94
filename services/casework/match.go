package casework

import (
	"cmp"
	"maps"
	"slices"

	"rackvidd/events"
)

// settle returns the events and, behind them, what they change in which end closes which beginning.
func (c *Case) settle(list ...events.Event) []events.Event {
	if len(c.Closings)+len(c.Ends) == 0 && !slices.ContainsFunc(list, closes) {
		return list
	}
	after := c.clone()
	for _, e := range list {
		after.Evolve(e)
	}
	for _, m := range after.rematch() {
		list = restate(list, m)
	}
	return list
}

func closes(e events.Event) bool {
	switch e.(type) {
	case events.ReferralClosed, events.EnrolmentEnded:
		return true
	}
	return false
}

// restate folds a match into the end's own event where that is being recorded in the same decision.
func restate(list []events.Event, match events.Event) []events.Event {
	for i, e := range list {
		switch m := match.(type) {
		case events.ReferralClosingMatched:
			if own, ok := e.(events.ReferralClosed); ok && own.Closing == m.Closing {
				own.Referral = m.Referral
				list[i] = own
				return list
			}
		case events.EnrolmentEndMatched:
			if own, ok := e.(events.EnrolmentEnded); ok && own.End == m.End {
				own.Enrolment = m.Enrolment
				list[i] = own
				return list
			}
		}
	}
	return append(list, match)
}

func (c *Case) clone() *Case {
	return &Case{
		Referrals: maps.Clone(c.Referrals), Closings: maps.Clone(c.Closings), Enrolments: maps.Clone(c.Enrolments), Ends: maps.Clone(c.Ends), withdrawn: maps.Clone(c.withdrawn),
		Absorbed: maps.Clone(c.Absorbed), MergedInto: c.MergedInto, MergedBy: c.MergedBy, Erased: c.Erased,
		corrected: maps.Clone(c.corrected), named: maps.Clone(c.named), said: maps.Clone(c.said),
	}
}

// beginning and ending are what matching looks at.
type beginning struct {
	entry events.Entry
	day   events.Day
	activity
	named activity // as its record calls it; another one where it was corrected by hand
}

// activity is what an end and what it ends have in common. A referral and its closing may name no programme, and have no form here.
type activity struct {
	programme events.ProgrammeID
	form      events.Form
}

func (a activity) is(b activity) bool {
	return a.form == b.form && (a.programme == b.programme || a.programme == "" || b.programme == "")
}

type ending struct {
	entry events.Entry
	day   events.Day
	activity
	closes events.Entry
	fixed  bool // it was stated of one beginning, by id
}

// rematch returns the events that change which beginning each recorded end closes: in the order of their days, each
// closes the latest one still open that began no later. So it does not matter in which order the records came.
func (c *Case) rematch() (list []events.Event) {
	for end, begin := range match(c.referralBeginnings(), c.referralEndings()) {
		closing := c.Closings[end]
		list = append(list, events.ReferralClosingMatched{Closing: end, Referral: begin, Outcome: closing.Outcome, ClosedOn: closing.ClosedOn})
	}
	for end, begin := range match(c.enrolmentBeginnings(), c.enrolmentEndings()) {
		ended := c.Ends[end]
		list = append(list, events.EnrolmentEndMatched{End: end, Enrolment: begin, Reason: ended.Reason, EndedOn: ended.EndedOn})
	}
	slices.SortFunc(list, func(a, b events.Event) int { return compareEntries(matched(a), matched(b)) })
	return list
}

func matched(e events.Event) events.Entry {
	if m, ok := e.(events.ReferralClosingMatched); ok {
		return m.Closing
	}
	return e.(events.EnrolmentEndMatched).End
}

func (c *Case) referralBeginnings() (list []beginning) {
	for _, r := range c.Referrals {
		list = append(list, c.began(r.Referral, r.ReceivedOn, activity{r.Programme, ""}))
	}
	return list
}

func (c *Case) referralEndings() (list []ending) {
	for _, e := range c.Closings {
		list = append(list, ending{e.Closing, e.ClosedOn, activity{e.Programme, ""}, e.Referral, e.Record.IsZero()})
	}
	return list
}

func (c *Case) began(entry events.Entry, day events.Day, is activity) beginning {
	named := c.named[entry]
	if named.programme == "" { // nothing is called so
		named = is
	}
	return beginning{entry, day, is, named}
}

func (c *Case) enrolmentBeginnings() (list []beginning) {
	for _, n := range c.Enrolments {
		list = append(list, c.began(n.Enrolment, n.EnrolledOn, activity{n.Programme, n.Form}))
	}
	return list
}

func (c *Case) enrolmentEndings() (list []ending) {
	for _, e := range c.Ends {
		list = append(list, ending{e.End, e.EndedOn, activity{e.Programme, e.Form}, e.Enrolment, e.Record.IsZero()})
	}
	return list
}

// match returns the ends whose beginning changes, with the new one; zero where the end waits.
func match(begins []beginning, ends []ending) map[events.Entry]events.Entry {
	open, changed := make(map[events.Entry]beginning), make(map[events.Entry]events.Entry)
	for _, b := range begins {
		open[b.entry] = b
	}
	for _, e := range ends {
		if e.fixed {
			delete(open, e.closes)
		}
	}
	slices.SortFunc(ends, func(a, b ending) int { return cmp.Or(cmp.Compare(a.day, b.day), compareEntries(a.entry, b.entry)) })
	for _, e := range ends {
		if e.fixed {
			continue
		}
		closes := latest(open, e)
		delete(open, closes)
		if closes != e.closes {
			changed[e.entry] = closes
		}
	}
	return changed
}

// latest returns the latest open beginning that the end can close, zero where there is none: of those that their records call as the end
// does, or else of those that a hand corrected to be that. Of two that began on one day it is the one whose id is larger: that says nothing,
// and is the same in whatever order the records came.
func latest(open map[events.Entry]beginning, e ending) events.Entry {
	var called, corrected beginning
	for _, b := range open {
		switch {
		case b.day > e.day:
		case e.is(b.named):
			called = later(called, b)
		case e.is(b.activity):
			corrected = later(corrected, b)
		}
	}
	return cmp.Or(called.entry, corrected.entry)
}

func later(a, b beginning) beginning {
	if a.entry.IsZero() || compareBeginnings(b, a) > 0 {
		return b
	}
	return a
}

func compareBeginnings(a, b beginning) int {
	return cmp.Or(cmp.Compare(a.day, b.day), compareEntries(a.entry, b.entry))
}

func compareEntries(a, b events.Entry) int {
	return cmp.Or(compareIDs(a.Of, b.Of), slices.Compare(a.Number[:], b.Number[:]))
}
