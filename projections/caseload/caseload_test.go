package caseload_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections/caseload"
	"rackvidd/projections/projectiontest"
)

const örebro = events.Municipality("1880")

var (
	anna = events.ID{0xc1}
	bo   = events.ID{0xc2}
)

func TestMain(m *testing.M) { projectiontest.Main(m) }

func TestRandomHistoriesGiveTheSameTablesHoweverTheyAreCut(t *testing.T) {
	pool := projectiontest.Pool(t)
	for seed := range uint64(15) {
		projectiontest.Same(t, pool, caseload.Projection{}, projectiontest.Invent(t, örebro, seed, 60))
	}
}

func entry(of events.ID, n byte) events.Entry { return events.Entry{Of: of, Number: [8]byte{7: n}} }

func day(d int) events.Day { return events.Date(2021, 3, d) }

func referred(of events.ID, n byte, d int, programme events.ProgrammeID) events.ReferralReceived {
	return events.ReferralReceived{Referral: entry(of, n), Channel: "school", ReceivedOn: day(d), Programme: programme}
}

func enrolled(of events.ID, n byte, d int, programme events.ProgrammeID) events.ChildEnrolled {
	return events.ChildEnrolled{Enrolment: entry(of, n), Programme: programme, Form: events.SupportGroup, EnrolledOn: day(d)}
}

func ended(of events.ID, n, enrolment byte, d int) events.EnrolmentEnded {
	return events.EnrolmentEnded{End: entry(of, n), Enrolment: entry(of, enrolment), Programme: "sputnik", Form: events.SupportGroup, Reason: "completed", EndedOn: day(d)}
}

// board is what a coordinator sees on 20 March.
func board(t *testing.T, tx pgx.Tx, at events.Position) string {
	t.Helper()
	const today = 20
	desk, err1 := caseload.On(t.Context(), tx, day(today), at)
	queues, err2 := caseload.Queues(t.Context(), tx, day(today), at)
	now, err3 := caseload.EnrolledNow(t.Context(), tx, day(today), at)
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			t.Fatal(err)
		}
	}
	said := ""
	for _, r := range desk.Open {
		said += fmt.Sprintf("%s open %d days", name(r.Child), r.Days)
		if r.Placed {
			said += " though placed"
		}
		said += "; "
	}
	for _, q := range queues {
		said += fmt.Sprintf("queue %s %d/%d longest %d; ", q.Programme, q.Referrals, q.Children, q.Longest)
	}
	for _, w := range caseload.Measure(desk.Waits) {
		said += fmt.Sprintf("waited %s %d %d median %.1f longest %d; ", w.Programme, w.Year, w.Referrals, w.Median, w.Longest)
	}
	for _, p := range desk.Places {
		said += fmt.Sprintf("%s in %s %d days; ", name(p.Child), p.Programme, p.Days)
	}
	for _, n := range now {
		said += fmt.Sprintf("now %s %s %d/%d; ", n.Programme, n.Form, n.Children, n.Enrolments)
	}
	return said
}

func name(child events.ID) string { return map[events.ID]string{anna: "anna", bo: "bo"}[child] }

func TestWhoWaitsAndWhoHasAPlace(t *testing.T) {
	pool := projectiontest.Pool(t)
	closed := func(n, referral byte, outcome events.Outcome) events.ReferralClosed {
		return events.ReferralClosed{Closing: entry(anna, n), Referral: entry(anna, referral), Outcome: outcome, ClosedOn: day(15)}
	}
	for _, tt := range []struct {
		name  string
		given []events.Event // of anna, unless of bo
		want  string
	}{
		{
			"a referral without an answer waits",
			[]events.Event{referred(anna, 1, 10, "sputnik")},
			"anna open 10 days; queue sputnik 1/1 longest 10; ",
		},
		{
			"two of one child are one child",
			[]events.Event{referred(anna, 1, 10, "sputnik"), referred(anna, 2, 5, "sputnik")},
			"anna open 15 days; anna open 10 days; queue sputnik 2/1 longest 15; ",
		},
		{
			"a corrected day is the day",
			[]events.Event{
				referred(anna, 1, 10, "sputnik"),
				events.ReferralCorrected{Referral: entry(anna, 1), Channel: "school", ReceivedOn: day(8), Programme: "smilla", Reason: "wrong_day"},
			},
			"anna open 12 days; queue smilla 1/1 longest 12; ",
		},
		{"one that comes tomorrow does not wait today", []events.Event{referred(anna, 1, 21, "sputnik")}, ""},
		{"a declined one waits no more", []events.Event{referred(anna, 1, 10, "sputnik"), closed(2, 1, "declined")}, ""},
		{
			"a closing that finds no referral answers none",
			[]events.Event{referred(anna, 1, 10, ""), events.ReferralClosed{Closing: entry(anna, 2), Outcome: "declined", ClosedOn: day(9)}},
			"anna open 10 days; queue  1/1 longest 10; ",
		},
		{"matched later it does", []events.Event{
			referred(anna, 1, 10, ""),
			events.ReferralClosed{Closing: entry(anna, 2), Outcome: "declined", ClosedOn: day(9)},
			events.ReferralClosingMatched{Closing: entry(anna, 2), Referral: entry(anna, 1), Outcome: "declined", ClosedOn: day(9)},
		}, ""},
		{
			"and taken back, the referral waits again",
			[]events.Event{referred(anna, 1, 10, ""), closed(2, 1, "declined"), events.EntryWithdrawn{Entry: entry(anna, 2), Reason: "other"}},
			"anna open 10 days; queue  1/1 longest 10; ",
		},
		{"a withdrawn referral never was", []events.Event{referred(anna, 1, 10, ""), events.EntryWithdrawn{Entry: entry(anna, 1), Reason: "other"}}, ""},
		{
			"a place ends the queue, not the wish for an answer",
			[]events.Event{referred(anna, 1, 10, "sputnik"), enrolled(anna, 2, 14, "sputnik")},
			"anna open 10 days though placed; waited sputnik 2021 1 median 4.0 longest 4; anna in sputnik 6 days; now sputnik support_group 1/1; ",
		},
		{
			"a place in another programme does not",
			[]events.Event{referred(anna, 1, 10, "sputnik"), enrolled(anna, 2, 14, "smilla")},
			"anna open 10 days; queue sputnik 1/1 longest 10; anna in smilla 6 days; now smilla support_group 1/1; ",
		},
		{
			"a referral to no programme in particular is answered by any",
			[]events.Event{referred(anna, 1, 10, ""), closed(3, 1, "accepted"), enrolled(anna, 2, 14, "smilla")},
			"waited smilla 2021 1 median 4.0 longest 4; anna in smilla 6 days; now smilla support_group 1/1; ",
		},
		{
			"the first place after the referral counts",
			[]events.Event{
				referred(anna, 1, 10, "sputnik"), closed(9, 1, "accepted"),
				enrolled(anna, 2, 2, "sputnik"), ended(anna, 5, 2, 3), enrolled(anna, 3, 18, "sputnik"), enrolled(anna, 4, 13, "sputnik"), ended(anna, 6, 3, 18), ended(anna, 7, 4, 13),
			},
			"waited sputnik 2021 1 median 3.0 longest 3; ",
		},
		{"a declined referral did not wait for a place", []events.Event{referred(anna, 1, 10, "sputnik"), closed(2, 1, "declined"), enrolled(anna, 3, 14, "sputnik"), ended(anna, 4, 3, 15)}, ""},
		{
			"the median lies between two",
			[]events.Event{referred(anna, 1, 10, "sputnik"), closed(8, 1, "accepted"), referred(anna, 2, 13, "sputnik"), closed(9, 2, "accepted"), enrolled(anna, 3, 15, "sputnik"), ended(anna, 4, 3, 16)},
			"waited sputnik 2021 2 median 3.5 longest 5; ",
		},
		{
			"on the day it ends a place is still there",
			[]events.Event{enrolled(anna, 1, 10, "sputnik"), ended(anna, 2, 1, 20)},
			"anna in sputnik 10 days; now sputnik support_group 1/1; ",
		},
		{"on the day after it is not", []events.Event{enrolled(anna, 1, 10, "sputnik"), ended(anna, 2, 1, 19)}, ""},
		{
			"an end that now ends another leaves the first running",
			[]events.Event{
				enrolled(anna, 1, 10, "sputnik"), ended(anna, 2, 1, 19), enrolled(anna, 3, 12, "sputnik"),
				events.EnrolmentEndMatched{End: entry(anna, 2), Enrolment: entry(anna, 3), Reason: "completed", EndedOn: day(19)},
			},
			"anna in sputnik 10 days; now sputnik support_group 1/1; ",
		},
		{
			"two places of one child are one child",
			[]events.Event{enrolled(anna, 1, 10, "sputnik"), enrolled(anna, 2, 12, "sputnik")},
			"anna in sputnik 10 days; anna in sputnik 8 days; now sputnik support_group 1/2; ",
		},
		{
			"two children found to be one are one",
			[]events.Event{enrolled(anna, 1, 10, "sputnik"), enrolled(bo, 2, 12, "sputnik"), referred(bo, 3, 10, "sputnik"), events.CaseMerged{Merge: entry(bo, 4), Into: anna}},
			"anna open 10 days though placed; waited sputnik 2021 1 median 0.0 longest 0; anna in sputnik 10 days; anna in sputnik 8 days; now sputnik support_group 1/2; ",
		},
		{
			"whoever was erased waits for nothing and has no place; that it has waited stays",
			[]events.Event{referred(anna, 1, 10, "sputnik"), enrolled(anna, 2, 14, "smilla"), enrolled(anna, 3, 15, "sputnik"), referred(bo, 4, 11, ""), events.IdentityErased{Child: anna}},
			"bo open 9 days; queue  1/1 longest 9; waited sputnik 2021 1 median 5.0 longest 5; ",
		},
		{
			"whoever is known by another record waits by that one for what stands in its case",
			[]events.Event{referred(anna, 1, 10, "sputnik"), enrolled(anna, 2, 14, "smilla"), referred(bo, 3, 11, "smilla"), events.CaseMerged{Merge: entry(bo, 4), Into: anna}, events.IdentityErased{Child: anna}},
			"bo open 9 days; queue smilla 1/1 longest 9; waited smilla 2021 1 median 3.0 longest 3; ",
		},
		{
			"and two again when that is undone",
			[]events.Event{enrolled(anna, 1, 10, "sputnik"), referred(bo, 3, 10, "sputnik"), events.CaseMerged{Merge: entry(bo, 4), Into: anna}, events.MergeUndone{Merge: entry(bo, 4), Into: anna, Reason: "wrong_child"}},
			"bo open 10 days; queue sputnik 1/1 longest 10; anna in sputnik 10 days; now sputnik support_group 1/1; ",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := projectiontest.NewStory(t, örebro)
			for _, e := range tt.given {
				s.Happens(streamOf(e), e)
			}
			projectiontest.Show(t, pool, caseload.Projection{}, s, func(tx pgx.Tx) {
				if got := board(t, tx, 99); got != tt.want {
					t.Errorf("\n got %s\nwant %s", got, tt.want)
				}
				if got := board(t, tx, 0); got != "" {
					t.Errorf("before anything happened: %s", got)
				}
			})
		})
	}
}

func streamOf(e events.Event) events.Stream {
	child := anna
	switch e := e.(type) {
	case events.ChildEnrolled:
		child = e.Enrolment.Of
	case events.ReferralReceived:
		child = e.Referral.Of
	case events.CaseMerged:
		child = e.Merge.Of
	case events.MergeUndone:
		child = e.Merge.Of
	case events.IdentityErased:
		child = e.Child
	}
	return events.CaseOf(child)
}
