//go:build bench

package reach_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

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
	for _, setting := range []string{"plan_cache_mode = force_generic_plan", "jit = off", "random_page_cost = 1.1", "max_parallel_workers_per_gather = 0"} { // as we run it
		if _, err := pool.Exec(t.Context(), "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET "+setting+"', current_database()); END $$"); err != nil {
			t.Fatal(err)
		}
	}
	reading := projectiontest.Reading(t, pool)
	runner := &projections.Runner{Log: s.Log, Pool: pool, Projections: []projections.Projection{reach.Projection{}}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	go runner.Run(t.Context())
	head, _ := s.Log.Head(t.Context(), "1880")
	for projections.Wait(t.Context(), pool, "1880", head, time.Minute, "reach") != nil {
	}
	t.Logf("%d messages, %d children and %d attendances a year", head, *benchChildren, 10**benchChildren)
	own, database := processorTime(t, pool)
	for range 5 {
		if err := projections.Rebuild(t.Context(), s.Log, pool, reach.Projection{}, "1880", nil); err != nil {
			t.Fatal(err)
		}
	}
	ownAfter, databaseAfter := processorTime(t, pool)
	t.Logf("| rebuilt | processor time a message %s, the database's %s |", (ownAfter-own)/time.Duration(5*head), (databaseAfter-database)/time.Duration(5*head))

	d, _ := reach.Named(reach.Default)
	var years []reach.Period
	for n := range *benchYears {
		years = append(years, reach.CalendarYear(events.Year(2021+n)))
	}
	var took, ownTook, databaseTook time.Duration
	ask := func(counts *reach.Counts, p reach.Period, at events.Position) {
		own, database := processorTime(t, pool)
		begun := time.Now()
		err := projections.View(t.Context(), reading, "reach", "1880", 0, func(tx pgx.Tx, shown projections.Checkpoint) error {
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
		took += time.Since(begun)
		ownAfter, databaseAfter := processorTime(t, pool)
		ownTook, databaseTook = ownTook+ownAfter-own, databaseTook+databaseAfter-database
	}
	report := func(what string, one func(i int)) {
		var list []time.Duration
		ownTook, databaseTook = 0, 0
		for i := range *benchAsks {
			took = 0
			one(i)
			list = append(list, took)
		}
		slices.Sort(list)
		round := func(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
		t.Logf("| %s | least %s, p50 %s, p99 %s | processor time %s, the database's %s |", what, round(list[0]), round(list[len(list)/2]), round(list[len(list)*99/100]),
			round(ownTook/time.Duration(*benchAsks)), round(databaseTook/time.Duration(*benchAsks)))
	}
	last, counts := years[len(years)-1], new(reach.Counts)
	happen := func(i int) {
		at := s.Happens(events.SessionOf(groups[i]), events.SessionAttended{Session: groups[i], Attended: []events.Mark{{Child: events.NewID(), BirthYear: 2012}}})
		if err := projections.Wait(t.Context(), pool, "1880", at, time.Minute, "reach"); err != nil {
			t.Fatal(err)
		}
	}
	report("nothing kept", func(int) { ask(new(reach.Counts), last, 0) })
	report("as of earlier positions", func(i int) {
		ask(new(reach.Counts), last, head-events.Position(i+1)*head/events.Position(4**benchAsks**benchYears))
	})
	before := heap()
	ask(counts, last, 0)
	_, rows := counts.Kept()
	t.Logf("| kept of a year | %d rows, %d kB |", rows, (heap()-before)>>10)
	report("after each decision", func(i int) {
		happen(i)
		ask(counts, last, 0)
	})
	for _, p := range years {
		ask(counts, p, 0)
	}
	report("all years one after the other, after each decision", func(i int) {
		happen(*benchAsks + i)
		for _, p := range years {
			ask(counts, p, 0)
		}
	})
	behind := func(counts *reach.Counts) {
		own, database := processorTime(t, pool)
		begun := time.Now()
		err := projections.View(t.Context(), reading, "reach", "1880", 0, func(tx pgx.Tx, shown projections.Checkpoint) error {
			_, err := counts.LookBehind(t.Context(), tx, shown, d, last, shown.Position)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		took += time.Since(begun)
		ownAfter, databaseAfter := processorTime(t, pool)
		ownTook, databaseTook = ownTook+ownAfter-own, databaseTook+databaseAfter-database
	}
	report("what is behind, after each decision, nothing kept", func(i int) {
		happen(2**benchAsks + i)
		behind(nil)
	})
	report("what is behind, after each decision", func(i int) {
		happen(3**benchAsks + i)
		behind(counts)
	})
	report("remembered", func(int) { ask(counts, last, 0) })
}

// heap is how many bytes are in use.
func heap() uint64 {
	var now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&now)
	return now.HeapAlloc
}

// processorTime is what this program has used, and the open sessions of its database.
func processorTime(t *testing.T, pool *pgxpool.Pool) (own, database time.Duration) {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	rows, _ := pool.Query(t.Context(), "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'")
	sessions, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range sessions {
		raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		for _, ticks := range strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))[11:13] {
			n, _ := strconv.Atoi(ticks)
			database += time.Duration(n) * 10 * time.Millisecond
		}
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()), database
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
			s.Happens(events.CaseOf(child), events.ReferralReceived{Referral: events.Entry{Of: child}, Channel: "school", ReceivedOn: first + events.Day(r.IntN(365)), BirthYear: events.Year(2008 + r.IntN(10)), Gender: "girl"})
			place, began := events.Entry{Of: child, Number: [8]byte{1}}, first+events.Day(r.IntN(365))
			s.Happens(events.CaseOf(child), events.ChildEnrolled{Enrolment: place, Programme: "sputnik", Form: events.Camp, EnrolledOn: began})
			s.Happens(events.CaseOf(child), events.EnrolmentEnded{End: events.Entry{Of: child, Number: [8]byte{2}}, Enrolment: place, Programme: "sputnik", Form: events.Camp, Reason: "completed", EndedOn: began + 120})
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
				e.Counted = []events.HeadCount{{Entry: events.Entry{Of: id}, Count: events.Count(1 + r.IntN(4))}}
			}
			s.Happens(events.SessionOf(id), e)
			groups = append(groups, id)
		}
		for i := range len(now) / 100 {
			s.Happens(events.CaseOf(now[i]), events.CaseMerged{Merge: events.Entry{Of: now[i], Number: [8]byte{3, byte(year)}}, Into: now[len(now)-1-i]})
		}
	}
	return groups
}
