package reach_test

import (
	"encoding/json"
	"testing"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/reach"
)

func TestWhatTheEvidenceShowsOfChildren(t *testing.T) {
	pool := projectiontest.Pool(t)
	child := func(n byte) events.ID { return events.ID{n} }
	born := func(n byte, year events.Year) events.Mark { return events.Mark{Child: child(n), BirthYear: year} }
	refers := func(n byte, year events.Year) events.Event {
		return events.ReferralReceived{Referral: events.Entry{Of: child(n), Number: [8]byte{n}}, Channel: "self", ReceivedOn: spring - 400, BirthYear: year}
	}
	for _, c := range []struct {
		name string
		list []events.Event
		want reach.Findings
	}{
		{"nobody came", nil, reach.Findings{}},
		{"a child without a year of birth", attends(born(1, 0)), reach.Findings{Reached: 1, WithoutReferral: 1, UnknownYear: 1}},
		{"a child somebody referred, years ago", append(attends(born(1, 2010)), refers(1, 0)), reach.Findings{Reached: 1}},
		{"an adult who stands there as a child", attends(born(1, 2003)), reach.Findings{TooOld: 1}},
		{"a child of 17 is none", attends(born(1, 2004)), reach.Findings{Reached: 1, WithoutReferral: 1}},
		{"a child of the future", attends(born(1, 2022)), reach.Findings{Reached: 1, WithoutReferral: 1, NotBorn: 1}},
		{"two years of birth", append(attends(born(1, 2010)), refers(1, 2011)), reach.Findings{Reached: 1, Disputed: 1}},
		{
			"of which a correction says the right one",
			append(attends(born(1, 2010)), refers(1, 2011), events.ChildDescribed{Child: child(1), BirthYear: 2010, Reason: "other"}),
			reach.Findings{Reached: 1},
		},
		{
			"a correction of something else leaves the dispute",
			append(attends(born(1, 2010)), refers(1, 2011), events.ChildDescribed{Child: child(1), Gender: "girl", Reason: "other"}),
			reach.Findings{Reached: 1, Disputed: 1},
		},
		{
			"two children found to be one, with two years of birth",
			append(attends(born(1, 2010), born(2, 2011)), events.CaseMerged{Merge: events.Entry{Of: child(2), Number: [8]byte{9}}, Into: child(1)}),
			reach.Findings{Reached: 1, WithoutReferral: 1, Disputed: 1},
		},
		{
			"a guest, of whatever age",
			attends(events.Mark{Child: child(1), HomeMunicipality: "1881", BirthYear: 1990}),
			reach.Findings{Guests: 1, GuestAttendances: 1},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			tables, log := evidenceOf(t, pool, c.list...)
			for which, e := range map[string]reach.Evidence{"tables": tables, "log": log} {
				if got := reach.Review(e, reach.Definitions[2], reach.CalendarYear(2021)); got != c.want {
					t.Errorf("%s: %+v, want %+v", which, got, c.want)
				}
			}
		})
	}
}

func TestReviewAndSessionsAreTheSameFromTablesAndLog(t *testing.T) {
	seed, pool := firstSeed(t), projectiontest.Pool(t)
	for n := range 40 {
		w := newWorld(t, seed+uint64(n), "1880")
		w.live(60)
		head, _ := w.log.Head(t.Context(), w.m)
		p, at := w.period(), w.wholeUpTo(w.r.Uint64N(head+1))
		h, err := reach.ReadHistory(t.Context(), w.log, w.m, reach.AsOfPosition(at))
		if err != nil {
			t.Fatal(err)
		}
		projectiontest.Show(t, pool, reach.Projection{}, w.story(), func(tx pgx.Tx) {
			tables, err := reach.Gather(t.Context(), tx, w.m, p, at)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range reach.Definitions {
				same(t, seed+uint64(n), reach.Review(tables, d, p), reach.Review(h.Evidence(p), d, p))
				same(t, seed+uint64(n), reach.CountSessions(tables, d, p), reach.CountSessions(h.Evidence(p), d, p))
			}
		})
	}
}

func same(t *testing.T, seed uint64, tables, log any) {
	t.Helper()
	a, _ := json.Marshal(tables)
	b, _ := json.Marshal(log)
	if string(a) != string(b) {
		t.Errorf("seed %d: tables\n%s, log\n%s", seed, a, b)
	}
}
