package casework

import (
	"testing"
	"time"

	"rackvidd/events"
)

func TestWhatNoLongerHoldsIsRemembered(t *testing.T) {
	child, kim := events.ID{1}, events.ID{9}
	entry := func(n byte) events.Entry { return events.Entry{Of: child, Number: [8]byte{n}} }
	at := time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC)
	first, second := events.Date(2025, 1, 10), events.Date(2025, 1, 20)
	happened := []events.Event{
		events.ReferralReceived{Referral: entry(1), Channel: "school", ReceivedOn: first},
		events.ChildEnrolled{Enrolment: entry(2), Programme: "sputnik", Form: events.Counselling, EnrolledOn: first},
		events.EnrolmentCorrected{Enrolment: entry(2), Programme: "sputnik", Form: events.SupportGroup, EnrolledOn: second, Reason: "wrong_day"},
		events.EnrolmentEnded{End: entry(3), Enrolment: entry(2), Programme: "sputnik", Form: events.SupportGroup, Reason: "completed", EndedOn: second},
		events.EntryWithdrawn{Entry: entry(3), Reason: events.EnteredInError},
		events.EntryWithdrawn{Entry: entry(2), Reason: "wrong_child"},
		events.EntryWithdrawn{Entry: entry(7), Reason: "wrong_child"}, // what never stood strikes nothing
	}
	var recorded []events.Recorded
	for i, e := range happened {
		r := events.Recorded{Events: []events.Event{e}}
		r.Actor, r.Time = kim, at.Add(time.Duration(i)*time.Hour)
		recorded = append(recorded, r)
	}
	by := RecordersIn(recorded)
	if len(by) != 3 || by[entry(1)] != (Marker{kim, at}) || by[entry(2)] != (Marker{kim, at.Add(2 * time.Hour)}) || by[entry(3)] != (Marker{kim, at.Add(3 * time.Hour)}) {
		t.Errorf("who recorded the lines, or corrected them: %+v", by)
	}
	list := StruckIn(recorded)
	want := []Struck{
		{Kind: "enrolment", ID: entry(2), Day: first, Programme: "sputnik", Form: events.Counselling, Reason: "wrong_day", At: at.Add(2 * time.Hour), By: kim},
		{Kind: "end", ID: entry(3), Day: second, Programme: "sputnik", Form: events.SupportGroup, Reason: events.EnteredInError, At: at.Add(4 * time.Hour), By: kim},
		{Kind: "enrolment", ID: entry(2), Day: second, Programme: "sputnik", Form: events.SupportGroup, Reason: "wrong_child", At: at.Add(5 * time.Hour), By: kim},
	}
	if len(list) != len(want) {
		t.Fatalf("%d lines: %+v", len(list), list)
	}
	for i := range want {
		if list[i] != want[i] {
			t.Errorf("%d: %+v, not %+v", i, list[i], want[i])
		}
	}
}

func TestAClosingIsStruckWhereItsReferralIs(t *testing.T) {
	entry := func(n byte) events.Entry { return events.Entry{Of: events.ID{1}, Number: [8]byte{n}} }
	day, record := events.Date(2025, 1, 10), events.Record{Key: [16]byte{1}, MAC: [8]byte{1}}
	received := events.ReferralReceived{Referral: entry(1), Channel: "school", ReceivedOn: day, Programme: "sputnik"}
	for says, c := range map[string]struct {
		happened []events.Event
		struck   events.ProgrammeID
	}{
		"a record that names no programme closed it": {[]events.Event{
			events.ReferralClosed{Closing: entry(2), Referral: entry(1), Outcome: "accepted", ClosedOn: day, Record: record},
		}, "sputnik"},
		"a record that names a programme closed one of none": {[]events.Event{
			events.ReferralCorrected{Referral: entry(1), Channel: "school", ReceivedOn: day, Reason: "other"},
			events.ReferralClosed{Closing: entry(2), Referral: entry(1), Programme: "smilla", Outcome: "accepted", ClosedOn: day, Record: record},
		}, "smilla"},
		"a record's closing waits for it": {[]events.Event{
			events.ReferralClosed{Closing: entry(2), Programme: "smilla", Outcome: "accepted", ClosedOn: day, Record: record},
		}, "smilla"},
		"it was corrected to another programme and then taken back": {[]events.Event{
			events.ReferralClosed{Closing: entry(2), Referral: entry(1), Outcome: "accepted", ClosedOn: day, Programme: "sputnik"},
			events.ReferralCorrected{Referral: entry(1), Channel: "school", ReceivedOn: day, Programme: "smilla", Reason: "other"},
			events.EntryWithdrawn{Entry: entry(1), Reason: "other"},
		}, "smilla"},
	} {
		recorded := []events.Recorded{{Events: append(append([]events.Event{received}, c.happened...), events.EntryWithdrawn{Entry: entry(2), Reason: "other"})}}
		list := StruckIn(recorded)
		if last := list[len(list)-1]; last.Kind != "closing" || last.Programme != c.struck {
			t.Errorf("%s: %+v", says, last)
		}
	}
}
