//go:build bench

package reach_test

import (
	"flag"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/reach"
)

var (
	benchChildren = flag.Int("bench-children", 5000, "how many children come each year; each comes ten times")
	benchYears    = flag.Int("bench-years", 3, "how many years the town has come")
	benchAsks     = flag.Int("bench-asks", 100, "how often each question is asked")
)

// TestBenchCounts measures how long a town's figures of a year take: when nothing is kept of them, after each decision, and
// as of earlier positions.
func TestBenchCounts(t *testing.T) {
	s, r := projectiontest.NewStory(t, "1880"), rand.New(rand.NewPCG(1, 2))
	groups := town(s, r)
	pool := projectiontest.Pool(t)
	reading := projectiontest.Reading(t, pool)
	runner := &projections.Runner{Log: s.Log, Pool: pool, Projections: []projections.Projection{reach.Projection{}}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	go runner.Run(t.Context())
	head, _ := s.Log.Head(t.Context(), "1880")
	begun := time.Now()
	for projections.Wait(t.Context(), pool, "1880", head, "reach") != nil {
	}
	t.Logf("%d messages, %d children and %d attendances a year, shown after %s", head, *benchChildren, 10**benchChildren, time.Since(begun).Round(time.Millisecond))

	d, _ := reach.Named(reach.Default)
	var years []reach.Period
	for n := range *benchYears {
		years = append(years, reach.CalendarYear(events.Year(2021+n)))
	}
	ask := func(counts *reach.Counts, p reach.Period, least, at events.Position) time.Duration {
		begun := time.Now()
		err := projections.View(t.Context(), reading, "reach", "1880", least, func(tx pgx.Tx, shown projections.Checkpoint) error {
			if at == 0 {
				at = shown.Position
			}
			n, err := counts.Of(t.Context(), tx, shown, d, p, at)
			if err == nil && n.Children == 0 {
				t.Errorf("nobody was reached as of %d", at)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return time.Since(begun)
	}
	report := func(what string, one func(i int) time.Duration) {
		var list []time.Duration
		for i := range *benchAsks {
			list = append(list, one(i))
		}
		slices.Sort(list)
		t.Logf("| %s | p50 %s | p99 %s |", what, list[len(list)/2].Round(10*time.Microsecond), list[len(list)*99/100].Round(10*time.Microsecond))
	}
	last := years[len(years)-1]
	report("nothing kept", func(int) time.Duration { return ask(new(reach.Counts), last, 0, 0) })
	report("as of earlier positions", func(i int) time.Duration {
		return ask(new(reach.Counts), last, 0, head-events.Position(i+1)*head/events.Position(4**benchAsks**benchYears))
	})
	counts := new(reach.Counts)
	happen := func(i int) events.Position {
		at := s.Happens(events.SessionOf(groups[i]), events.SessionAttended{Session: groups[i], Attended: []events.Mark{{Child: events.NewID(), BirthYear: 2012}}})
		if err := projections.Wait(t.Context(), pool, "1880", at, "reach"); err != nil {
			t.Fatal(err)
		}
		return at
	}
	ask(counts, last, 0, 0)
	report("after each decision", func(i int) time.Duration { return ask(counts, last, happen(i), 0) })
	for _, p := range years {
		ask(counts, p, 0, 0)
	}
	report("all years one after the other, after each decision", func(i int) (sum time.Duration) {
		at := happen(*benchAsks + i)
		for _, p := range years {
			sum += ask(counts, p, at, 0)
		}
		return sum
	})
	report("remembered", func(i int) time.Duration { return ask(counts, last, 0, 0) })
}

// town lets children be referred, find places and come to ten sessions a year, of eight children each. It returns the
// sessions of the last year.
func town(s *projectiontest.Story, r *rand.Rand) (groups []events.ID) {
	s.Happens(events.ProgrammeOf("sputnik"), events.ProgrammeRegistered{Programme: "sputnik", Name: "S", Forms: []events.Form{events.Camp}, Organiser: "ngo", Target: events.SubstanceAbuse, Identity: events.Linked})
	forms := []events.Form{events.SupportGroup, events.SupportGroup, events.Counselling, events.Camp}
	var children []events.ID
	for year := range *benchYears {
		groups = nil
		first := events.Date(2021+year, 1, 1)
		for range *benchChildren - len(children)/3 {
			child := events.NewID()
			children = append(children, child)
			s.Happens(events.CaseOf(child), events.ReferralReceived{Referral: events.NewEntry(child), Channel: "school", ReceivedOn: first + events.Day(r.IntN(365)), BirthYear: events.Year(2008 + r.IntN(10)), Gender: "girl"})
			s.Happens(events.CaseOf(child), events.ChildEnrolled{Enrolment: events.NewEntry(child), Programme: "sputnik", Form: events.Camp, EnrolledOn: first + events.Day(r.IntN(365))})
		}
		now := children[len(children)-*benchChildren:]
		for n := range 10 * *benchChildren / 8 {
			id, form := events.NewID(), forms[r.IntN(len(forms))]
			s.Happens(events.SessionOf(id), events.SessionOpened{Session: id, Programme: "sputnik", Form: form, HeldOn: first + events.Day(n*365/(10**benchChildren/8))})
			var e events.SessionAttended
			e.Session = id
			from := r.IntN(len(now) - 8)
			for _, child := range now[from : from+8] {
				e.Attended = append(e.Attended, events.Mark{Child: child})
			}
			if r.IntN(20) == 0 {
				e.Counted = []events.HeadCount{{Entry: events.NewEntry(id), Count: events.Count(1 + r.IntN(4))}}
			}
			s.Happens(events.SessionOf(id), e)
			groups = append(groups, id)
		}
		for i := range len(now) / 100 {
			s.Happens(events.CaseOf(now[i]), events.CaseMerged{Merge: events.NewEntry(now[i]), Into: now[len(now)-1-i]})
		}
	}
	return groups
}
