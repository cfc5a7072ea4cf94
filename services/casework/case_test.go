package casework_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rackvidd/events"
	"rackvidd/services/casework"
)

func enrolled(n byte, day int) events.ChildEnrolled {
	return events.ChildEnrolled{Enrolment: entry(anna, n), Programme: "sputnik", Form: events.Camp, EnrolledOn: march(day)}
}

// ended is what a record says, of no enrolment by name.
func ended(n byte, day int) events.EnrolmentEnded {
	return events.EnrolmentEnded{End: entry(anna, n), Programme: "sputnik", Form: events.Camp, Reason: "completed", EndedOn: march(day), Record: record(n)}
}

func asRecorded(e events.ChildEnrolled) events.ChildEnrolled {
	e.Record = record(1)
	return e
}

func endOf(e events.EnrolmentEnded, enrolment byte) events.EnrolmentEnded {
	e.Enrolment = entry(anna, enrolment)
	return e
}

func matched(end, enrolment byte, day int) events.EnrolmentEndMatched {
	e := events.EnrolmentEndMatched{End: entry(anna, end), Reason: "completed", EndedOn: march(day)}
	if enrolment != 0 {
		e.Enrolment = entry(anna, enrolment)
	}
	return e
}

func TestAnEnrolment(t *testing.T) {
	byHand := endOf(events.EnrolmentEnded{End: entry(anna, 30), Reason: "moved", EndedOn: march(9)}, 1)
	stored := byHand
	stored.Programme, stored.Form = "sputnik", events.Camp
	early := byHand
	early.EndedOn = march(1)
	inSmilla := events.EnrolmentCorrected{Enrolment: entry(anna, 1), Programme: "smilla", Form: events.SupportGroup, EnrolledOn: march(5), Reason: "other"}
	toSmilla := func(c *casework.Case) ([]events.Event, error) { return c.CorrectEnrolment(inSmilla) }
	toldOtherwise := inSmilla
	toldOtherwise.Programme, toldOtherwise.Record = "vega", record(1)
	alwaysInSmilla := asRecorded(enrolled(2, 3))
	alwaysInSmilla.Programme, alwaysInSmilla.Form = "smilla", events.SupportGroup
	endsInSmilla := ended(11, 9)
	endsInSmilla.Programme, endsInSmilla.Form = "smilla", events.SupportGroup
	for _, c := range []struct {
		name  string
		given []events.Event
		when  func(*casework.Case) ([]events.Event, error)
		then  []any
	}{
		{"gives the child a place", nil, func(c *casework.Case) ([]events.Event, error) { return c.Enrol(enrolled(1, 5)) }, []any{enrolled(1, 5)}},
		{"may overlap another", []events.Event{enrolled(1, 5)}, func(c *casework.Case) ([]events.Event, error) { return c.Enrol(enrolled(2, 6)) }, []any{enrolled(2, 6)}},
		{"is ended by its id", []events.Event{enrolled(1, 5)}, func(c *casework.Case) ([]events.Event, error) { return c.EndEnrolment(byHand) }, []any{stored}},
		{"is ended once", []events.Event{enrolled(1, 5), stored}, func(c *casework.Case) ([]events.Event, error) { return c.EndEnrolment(byHand) }, []any{"enrolment_ended"}},
		{"is not ended before it began", []events.Event{enrolled(1, 5)}, func(c *casework.Case) ([]events.Event, error) { return c.EndEnrolment(early) }, []any{"end_before_start"}},
		{"may end on the day it began", []events.Event{enrolled(1, 9)}, func(c *casework.Case) ([]events.Event, error) { return c.EndEnrolment(byHand) }, []any{stored}},
		{"that is not there is not ended", nil, func(c *casework.Case) ([]events.Event, error) { return c.EndEnrolment(byHand) }, []any{"unknown_enrolment"}},
		{"is ended by a record that names none", []events.Event{enrolled(1, 5)}, func(c *casework.Case) ([]events.Event, error) { return c.RecordEnd(ended(11, 9)), nil }, []any{endOf(ended(11, 9), 1)}},
		{"an end finds the latest that began no later", []events.Event{enrolled(1, 5), enrolled(2, 7), enrolled(3, 12)}, func(c *casework.Case) ([]events.Event, error) { return c.RecordEnd(ended(11, 9)), nil }, []any{endOf(ended(11, 9), 2)}},
		{"an end without one waits", nil, func(c *casework.Case) ([]events.Event, error) { return c.RecordEnd(ended(11, 9)), nil }, []any{ended(11, 9)}},
		{"an end that waits is found by an enrolment that comes late", []events.Event{ended(11, 9)}, func(c *casework.Case) ([]events.Event, error) { return c.Enrol(enrolled(1, 5)) }, []any{enrolled(1, 5), matched(11, 1, 9)}},
		{"in another form does not", []events.Event{ended(11, 9)}, func(c *casework.Case) ([]events.Event, error) {
			other := enrolled(1, 5)
			other.Form = events.SupportGroup
			return c.Enrol(other)
		}, []any{func() events.Event { e := enrolled(1, 5); e.Form = events.SupportGroup; return e }()}},
		{"that comes late takes the end from an earlier one", []events.Event{enrolled(1, 5), endOf(ended(11, 9), 1)}, func(c *casework.Case) ([]events.Event, error) { return c.Enrol(enrolled(2, 7)) }, []any{enrolled(2, 7), matched(11, 2, 9)}},
		{"corrected to after its end lets the end wait", []events.Event{enrolled(1, 5), endOf(ended(11, 9), 1)}, func(c *casework.Case) ([]events.Event, error) {
			return c.CorrectEnrolment(events.EnrolmentCorrected{Enrolment: entry(anna, 1), EnrolledOn: march(20), Reason: "other"})
		}, []any{events.EnrolmentCorrected{Enrolment: entry(anna, 1), Programme: "sputnik", Form: events.Camp, EnrolledOn: march(20), Reason: "other"}, matched(11, 0, 9)}},
		{"corrected to another programme and form keeps the end that its record knows by the first", []events.Event{asRecorded(enrolled(1, 5)), endOf(ended(11, 9), 1)}, toSmilla, []any{inSmilla}},
		{"corrected so is found by its record's end", []events.Event{asRecorded(enrolled(1, 5)), inSmilla}, func(c *casework.Case) ([]events.Event, error) { return c.RecordEnd(ended(11, 9)), nil }, []any{endOf(ended(11, 9), 1)}},
		{"corrected so is found by an end of what it is now", []events.Event{asRecorded(enrolled(1, 5)), inSmilla}, func(c *casework.Case) ([]events.Event, error) { return c.RecordEnd(endsInSmilla), nil }, []any{endOf(endsInSmilla, 1)}},
		{"corrected so leaves an end of what it is now to one that was always that", []events.Event{asRecorded(enrolled(1, 5)), inSmilla, alwaysInSmilla}, func(c *casework.Case) ([]events.Event, error) { return c.RecordEnd(endsInSmilla), nil }, []any{endOf(endsInSmilla, 2)}},
		{"recorded by hand is of what it was corrected to, and of nothing else", []events.Event{enrolled(1, 5), inSmilla}, func(c *casework.Case) ([]events.Event, error) { return c.RecordEnd(ended(11, 9)), nil }, []any{ended(11, 9)}},
		{"corrected by its record is known by what that says last", []events.Event{asRecorded(enrolled(1, 5)), toldOtherwise, inSmilla}, func(c *casework.Case) ([]events.Event, error) { return c.RecordEnd(ended(11, 9)), nil }, []any{ended(11, 9)}},
		{"is not corrected to after the end a person stated", []events.Event{enrolled(1, 5), stored}, func(c *casework.Case) ([]events.Event, error) {
			return c.CorrectEnrolment(events.EnrolmentCorrected{Enrolment: entry(anna, 1), EnrolledOn: march(20), Reason: "other"})
		}, []any{"end_before_start"}},
		{"may be corrected to the day it ended", []events.Event{enrolled(1, 5), stored}, func(c *casework.Case) ([]events.Event, error) {
			return c.CorrectEnrolment(events.EnrolmentCorrected{Enrolment: entry(anna, 1), EnrolledOn: march(9), Reason: "other"})
		}, []any{events.EnrolmentCorrected{Enrolment: entry(anna, 1), Programme: "sputnik", Form: events.Camp, EnrolledOn: march(9), Reason: "other"}}},
		{"corrected to what it is is not corrected", []events.Event{enrolled(1, 5), stored}, func(c *casework.Case) ([]events.Event, error) {
			return c.CorrectEnrolment(events.EnrolmentCorrected{Enrolment: entry(anna, 1), Programme: "sputnik", EnrolledOn: march(5), Reason: "other"})
		}, nil},
		{"is corrected by a record that says as much of it", []events.Event{enrolled(1, 5)}, func(c *casework.Case) ([]events.Event, error) {
			return c.CorrectEnrolment(events.EnrolmentCorrected{Enrolment: entry(anna, 1), EnrolledOn: march(5), Reason: "source_changed", Record: record(1)})
		}, []any{events.EnrolmentCorrected{Enrolment: entry(anna, 1), Programme: "sputnik", Form: events.Camp, EnrolledOn: march(5), Reason: "source_changed", Record: record(1)}}},
		{"that is not there is not corrected", nil, func(c *casework.Case) ([]events.Event, error) {
			return c.CorrectEnrolment(events.EnrolmentCorrected{Enrolment: entry(anna, 1)})
		}, []any{"unknown_enrolment"}},
		{
			"withdrawn takes what a person said of its end with it",
			[]events.Event{enrolled(1, 5), stored},
			func(c *casework.Case) ([]events.Event, error) { return c.Withdraw(entry(anna, 1), "duplicate") },
			[]any{events.EntryWithdrawn{Entry: entry(anna, 1), Reason: "duplicate"}, events.EntryWithdrawn{Entry: entry(anna, 30), Reason: "duplicate"}},
		},
		{
			"withdrawn leaves a record's end waiting",
			[]events.Event{enrolled(1, 5), endOf(ended(11, 9), 1)},
			func(c *casework.Case) ([]events.Event, error) { return c.Withdraw(entry(anna, 1), "duplicate") },
			[]any{events.EntryWithdrawn{Entry: entry(anna, 1), Reason: "duplicate"}, matched(11, 0, 9)},
		},
		{
			"withdrawn gives its end to another",
			[]events.Event{enrolled(1, 5), enrolled(2, 7), endOf(ended(11, 9), 2)},
			func(c *casework.Case) ([]events.Event, error) { return c.Withdraw(entry(anna, 2), "duplicate") },
			[]any{events.EntryWithdrawn{Entry: entry(anna, 2), Reason: "duplicate"}, matched(11, 1, 9)},
		},
		{"withdrawn once", []events.Event{enrolled(1, 5), events.EntryWithdrawn{Entry: entry(anna, 1)}}, func(c *casework.Case) ([]events.Event, error) { return c.Withdraw(entry(anna, 1), "duplicate") }, nil},
		{"runs again when its end is withdrawn", []events.Event{enrolled(1, 5), stored}, func(c *casework.Case) ([]events.Event, error) { return c.Withdraw(entry(anna, 30), "other") }, []any{events.EntryWithdrawn{Entry: entry(anna, 30), Reason: "other"}}},
		{"ended by hand gives the record's end up", []events.Event{enrolled(1, 5), enrolled(2, 5), endOf(ended(11, 9), 2)}, func(c *casework.Case) ([]events.Event, error) { return c.EndEnrolment(byHand) }, []any{stored}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.when(given(casework.NewCase(), c.given...))
			then(t, got, err, c.then...)
		})
	}
}

func TestAReferral(t *testing.T) {
	received := events.ReferralReceived{Referral: entry(anna, 1), Channel: "school", ReceivedOn: march(5), Programme: "sputnik"}
	closed := events.ReferralClosed{Closing: entry(anna, 2), Referral: entry(anna, 1), Outcome: "accepted", ClosedOn: march(9)}
	early := closed
	early.ClosedOn = march(4)
	atOnce := closed
	atOnce.ClosedOn = march(5)
	recorded := events.ReferralClosed{Closing: entry(anna, 3), Outcome: "declined", ClosedOn: march(9), Record: record(3)}
	found := recorded
	found.Referral = entry(anna, 1)
	nowhere := events.ReferralReceived{Referral: entry(anna, 5), Channel: "school", ReceivedOn: march(7), Record: record(5)}
	inSputnik := recorded
	inSputnik.Programme = "sputnik"
	for _, c := range []struct {
		name  string
		given []events.Event
		when  func(*casework.Case) ([]events.Event, error)
		then  []any
	}{
		{"is received", nil, func(c *casework.Case) ([]events.Event, error) { return c.Refer(received) }, []any{received}},
		{"is closed by its id", []events.Event{received}, func(c *casework.Case) ([]events.Event, error) { return c.CloseReferral(closed) }, []any{closed}},
		{"is closed once", []events.Event{received, closed}, func(c *casework.Case) ([]events.Event, error) { return c.CloseReferral(closed) }, []any{"referral_closed"}},
		{"is not closed before it was received", []events.Event{received}, func(c *casework.Case) ([]events.Event, error) { return c.CloseReferral(early) }, []any{"end_before_start"}},
		{"may be closed on the day it was received", []events.Event{received}, func(c *casework.Case) ([]events.Event, error) { return c.CloseReferral(atOnce) }, []any{atOnce}},
		{"that is not there is not closed", nil, func(c *casework.Case) ([]events.Event, error) { return c.CloseReferral(closed) }, []any{"unknown_referral"}},
		{"to a programme is closed by a record that names none", []events.Event{received}, func(c *casework.Case) ([]events.Event, error) { return c.RecordClosing(recorded), nil }, []any{found}},
		{
			"of which the record named no programme is of the one that a hand corrected it to alone",
			[]events.Event{nowhere, events.ReferralCorrected{Referral: entry(anna, 5), Channel: "school", ReceivedOn: march(7), Programme: "smilla", Reason: "other"}, received},
			func(c *casework.Case) ([]events.Event, error) { return c.RecordClosing(inSputnik), nil },
			[]any{func() events.Event { e := inSputnik; e.Referral = entry(anna, 1); return e }()},
		},
		{
			"that comes late finds its closing",
			[]events.Event{recorded},
			func(c *casework.Case) ([]events.Event, error) { return c.Refer(received) },
			[]any{received, events.ReferralClosingMatched{Closing: entry(anna, 3), Referral: entry(anna, 1), Outcome: "declined", ClosedOn: march(9)}},
		},
		{"is corrected; what is not given stays", []events.Event{received}, func(c *casework.Case) ([]events.Event, error) {
			return c.CorrectReferral(events.ReferralCorrected{Referral: entry(anna, 1), Channel: "self", Reason: "other"})
		}, []any{events.ReferralCorrected{Referral: entry(anna, 1), Channel: "self", ReceivedOn: march(5), Programme: "sputnik", Reason: "other"}}},
		{"corrected to what it is is not corrected", []events.Event{received, closed}, func(c *casework.Case) ([]events.Event, error) {
			return c.CorrectReferral(events.ReferralCorrected{Referral: entry(anna, 1), Channel: "school", ReceivedOn: march(5), Reason: "other"})
		}, nil},
		{"that is not there is not corrected", nil, func(c *casework.Case) ([]events.Event, error) {
			return c.CorrectReferral(events.ReferralCorrected{Referral: entry(anna, 1)})
		}, []any{"unknown_referral"}},
		{"is not corrected to after its closing", []events.Event{received, closed}, func(c *casework.Case) ([]events.Event, error) {
			return c.CorrectReferral(events.ReferralCorrected{Referral: entry(anna, 1), ReceivedOn: march(20), Reason: "other"})
		}, []any{"end_before_start"}},
		{"may be corrected to the day it was closed", []events.Event{received, closed}, func(c *casework.Case) ([]events.Event, error) {
			return c.CorrectReferral(events.ReferralCorrected{Referral: entry(anna, 1), ReceivedOn: march(9), Reason: "other"})
		}, []any{events.ReferralCorrected{Referral: entry(anna, 1), Channel: "school", ReceivedOn: march(9), Programme: "sputnik", Reason: "other"}}},
		{
			"is withdrawn with its closing",
			[]events.Event{received, closed},
			func(c *casework.Case) ([]events.Event, error) { return c.Withdraw(entry(anna, 1), "wrong_child") },
			[]any{events.EntryWithdrawn{Entry: entry(anna, 1), Reason: "wrong_child"}, events.EntryWithdrawn{Entry: entry(anna, 2), Reason: "wrong_child"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.when(given(casework.NewCase(), c.given...))
			then(t, got, err, c.then...)
		})
	}
}

// ends writes which enrolment each end ends, in a fixed order.
func ends(c *casework.Case) string {
	var rows []string
	for end, e := range c.Ends {
		rows = append(rows, fmt.Sprintf("%d ends %d", end.Number[0], e.Enrolment.Number[0]))
	}
	for closing, e := range c.Closings {
		rows = append(rows, fmt.Sprintf("%d closes %d", closing.Number[0], e.Referral.Number[0]))
	}
	slices.Sort(rows)
	return fmt.Sprint(rows)
}

func TestRecordsInAnyOrderEndTheSameEnrolmentsAndReferrals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := byte(0)
		records := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) events.Event {
			n++
			day := rapid.IntRange(1, 6).Draw(t, "day")
			programme := rapid.SampledFrom([]events.ProgrammeID{"a", "b", ""}).Draw(t, "programme")
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				return events.ChildEnrolled{Enrolment: entry(anna, n), Programme: "p" + programme, Form: events.Camp, EnrolledOn: march(day), Record: record(n)}
			case 1:
				return events.EnrolmentEnded{End: entry(anna, n), Programme: "p" + programme, Form: events.Camp, Reason: "moved", EndedOn: march(day), Record: record(n)}
			case 2:
				return events.ReferralReceived{Referral: entry(anna, n), Programme: programme, Channel: "self", ReceivedOn: march(day), Record: record(n)}
			default:
				return events.ReferralClosed{Closing: entry(anna, n), Programme: programme, Outcome: "accepted", ClosedOn: march(day), Record: record(n)}
			}
		}), 1, 9).Draw(t, "records")
		play := func(list []events.Event) *casework.Case {
			c := casework.NewCase()
			for _, e := range list {
				given(c, decide(t, c, e)...)
			}
			return c
		}
		if a, b := ends(play(records)), ends(play(rapid.Permutation(records).Draw(t, "shuffled"))); a != b {
			t.Fatalf("in order %s, shuffled %s", a, b)
		}
	})
}

func decide(t *rapid.T, c *casework.Case, e events.Event) (list []events.Event) {
	var err error
	switch e := e.(type) {
	case events.ChildEnrolled:
		list, err = c.Enrol(e)
	case events.EnrolmentEnded:
		list = c.RecordEnd(e)
	case events.ReferralReceived:
		list, err = c.Refer(e)
	case events.ReferralClosed:
		list = c.RecordClosing(e)
	}
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestWhatIsWithdrawnAndRecordedAgainEndsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := casework.NewCase()
		var list []events.Event
		for n := range byte(rapid.IntRange(2, 6).Draw(t, "records")) {
			day := rapid.IntRange(1, 6).Draw(t, "day")
			if rapid.Bool().Draw(t, "end") {
				list = append(list, ended(n+1, day))
			} else {
				e := enrolled(n+1, day)
				e.Record = record(n + 1)
				list = append(list, e)
			}
			given(c, decide(t, c, list[n])...)
		}
		before := ends(c)
		n := rapid.IntRange(0, len(list)-1).Draw(t, "which")
		gone, err := c.Withdraw(entry(anna, byte(n+1)), "other")
		if err != nil {
			t.Fatal(err)
		}
		given(c, gone...)
		if given(c, decide(t, c, list[n])...); ends(c) != before {
			t.Fatalf("before %s, after %s", before, ends(c))
		}
	})
}
