package reach_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/reach"
)

// asCounted compares what is counted from evidence brought forward with evidence gathered now, and with the oracle.
func (w *world) asCounted(t *testing.T, tx pgx.Tx, counts *reach.Counts, which string, shown projections.Checkpoint, p reach.Period, at events.Position) {
	t.Helper()
	evidence, err := reach.Gather(t.Context(), tx, w.m, p, at)
	if err != nil {
		t.Fatal(which, err)
	}
	for _, d := range reach.Definitions {
		if w.chance(30) { // what was not asked is counted later, from what is kept of an earlier position
			continue
		}
		got, err := counts.Of(t.Context(), tx, shown, d, p, at)
		if err != nil {
			t.Fatal(which, err)
		}
		what := fmt.Sprintf("%s, position %d, %s, %s–%s", which, at, d.ID, p.From, p.To)
		if want := reach.Count(evidence, d, p, at); !reflect.DeepEqual(got, want) {
			a, _ := json.Marshal(got)
			b, _ := json.Marshal(want)
			t.Errorf("%s: brought forward\n%s\nand gathered\n%s", what, a, b)
		}
		if kept, gathered := behind(t, tx, counts, shown, d, p, at), behind(t, tx, nil, shown, d, p, at); !reflect.DeepEqual(kept, gathered) {
			t.Errorf("%s: behind it, brought forward\n%+v\nand gathered\n%+v", what, kept, gathered)
		}
		compare(t, what+": brought forward and oracle", got.Figures, oracle(w.m, w.facts, d, p, at))
	}
}

// behind is what the number of children is counted from.
func behind(t *testing.T, tx pgx.Tx, counts *reach.Counts, shown projections.Checkpoint, d reach.Definition, p reach.Period, at events.Position) reach.Behind {
	t.Helper()
	l, err := counts.LookBehind(t.Context(), tx, shown, d, p, at)
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Of("children", []byte("salt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, rows := range [][]reach.Row{b.Rows, b.LeftOut} { // in no order of their own
		slices.SortFunc(rows, func(a, b reach.Row) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	}
	return b
}

func TestEvidenceBroughtForwardIsEvidenceGathered(t *testing.T) {
	seed := firstSeed(t)
	inTwo(t, *throughTables, func(t *testing.T, pool *pgxpool.Pool, n int) {
		w := newWorld(t, seed+uint64(n), "1880")
		w.live(20 + w.r.IntN(60))
		counts, periods, every, decisions := new(reach.Counts), []reach.Period{w.period(), w.period()}, 1+w.r.IntN(4), 0
		growing(t, pool, w, func(tx pgx.Tx, at events.Position) {
			if decisions++; decisions%every > 0 {
				return
			}
			for _, p := range periods[:1+w.r.IntN(2)] {
				w.asCounted(t, tx, counts, fmt.Sprintf("seed %d", seed+uint64(n)), projections.Checkpoint{Municipality: w.m, Generation: 1}, p, at)
			}
		}, func(pgx.Tx) {})
	})
}

// mergeAnyhow merges a child into any, or undoes that, as casework would not: into itself, or round in a circle.
func (w *world) mergeAnyhow(child, into events.ID) {
	w.t.Helper()
	stream, d := events.CaseOf(child), events.Append{Command: uuid.UUID(w.id()), Actor: w.id(), Time: w.now}
	for r := range w.log.Read(w.t.Context(), w.m, 0) {
		if r.Stream == stream {
			d.Expected = r.Position
		}
	}
	var now any
	d.Stream = stream
	if counts, merged := asOf(w.facts, 1<<62).now[theMergeOf(child)]; merged {
		d.Events = []events.Event{events.MergeUndone{Merge: w.entry(child), Into: counts.(events.ID), Reason: "other"}}
	} else {
		now, d.Events = into, []events.Event{events.CaseMerged{Merge: w.entry(child), Into: into}}
	}
	at, err := w.log.Append(w.t.Context(), w.m, events.Decision{d})
	if err != nil {
		w.t.Fatal(err)
	}
	w.facts = append(w.facts, fact{at[0], theMergeOf(child), now})
}

// TestMergesThatLeadRoundInACircleComeToAnEndAndCountAsOneChild of a log that casework never records.
func TestMergesThatLeadRoundInACircleComeToAnEndAndCountAsOneChild(t *testing.T) {
	seed := firstSeed(t)
	for n := range 100 {
		w := newWorld(t, seed+uint64(n), "1880")
		w.live(20 + w.r.IntN(40))
		for range 20 {
			w.mergeAnyhow(w.kid(), w.kid())
		}
		head, _ := w.log.Head(t.Context(), w.m)
		q := w.question(head)
		e, err := reach.Explain(t.Context(), w.log, w.m, q)
		if err != nil {
			t.Fatalf("seed %d: %v", seed+uint64(n), err)
		}
		w.checkExplanation(t, q, e)
	}
	inTwo(t, 10, func(t *testing.T, pool *pgxpool.Pool, n int) {
		w := newWorld(t, seed+uint64(n), "1880")
		w.live(20 + w.r.IntN(40))
		lawful, _ := w.log.Head(t.Context(), w.m)
		for range 20 {
			w.mergeAnyhow(w.kid(), w.kid())
		}
		counts, which := new(reach.Counts), fmt.Sprintf("seed %d", seed+uint64(n))
		growing(t, pool, w, func(tx pgx.Tx, at events.Position) {
			if at < lawful {
				return
			}
			p := reach.CalendarYear(2021)
			w.asCounted(t, tx, counts, which, projections.Checkpoint{Municipality: w.m, Generation: 1}, p, at)
			for _, d := range reach.Definitions {
				replayed, _, err := reach.Replay(t.Context(), w.log, w.m, d, p, reach.AsOfPosition(at))
				if err != nil {
					t.Fatal(which, err)
				}
				compare(t, fmt.Sprintf("%s, position %d, %s: replay and oracle", which, at, d.ID), replayed, oracle(w.m, w.facts, d, p, at))
			}
		}, func(pgx.Tx) {})
	})
}

func TestOfAnEarlierPositionOrInOtherTablesNothingKeptIsUsed(t *testing.T) {
	seed := firstSeed(t)
	inTwo(t, 10, func(t *testing.T, pool *pgxpool.Pool, n int) {
		w := newWorld(t, seed+uint64(n), "1880")
		w.live(40)
		which, counts, p := fmt.Sprintf("seed %d", seed+uint64(n)), new(reach.Counts), w.period()
		shown := projections.Checkpoint{Municipality: w.m, Generation: 1}
		var seen []events.Position
		growing(t, pool, w, func(tx pgx.Tx, at events.Position) {
			if w.chance(20) {
				shown.Generation++ // as if the tables had been made anew
			}
			seen = append(seen, at)
			for range 3 {
				w.asCounted(t, tx, counts, which, shown, p, pick(w, seen...))
			}
			w.asCounted(t, tx, counts, which, shown, p, at)
		}, func(pgx.Tx) {})
	})
}

func TestWhoeverAsksWhileMuchIsRecordedIsToldWhatWasSoThen(t *testing.T) {
	seed, pool := firstSeed(t), projectiontest.Pool(t)
	w, counts := newWorld(t, seed, "1880"), new(reach.Counts)
	runner := &projections.Runner{Log: w.log, Pool: pool, Projections: []projections.Projection{reach.Projection{}}, Look: 10 * time.Millisecond}
	ctx, end := context.WithCancel(t.Context())
	var running, asking sync.WaitGroup
	running.Go(func() { runner.Run(ctx) })
	defer running.Wait()
	defer end()
	w.live(20)
	periods, stop := []reach.Period{w.period(), reach.CalendarYear(2021)}, make(chan struct{})
	told := make([][]reach.Counted, 6)
	var mu sync.Mutex
	positions := make(map[events.Position]bool)
	for asker := range told {
		asking.Go(func() {
			for {
				err := projections.View(ctx, pool, "reach", w.m, 1, func(tx pgx.Tx, shown projections.Checkpoint) error {
					n, err := counts.Of(ctx, tx, shown, reach.Definitions[asker%3], periods[asker%2], shown.Position)
					told[asker] = append(told[asker], n)
					mu.Lock()
					defer mu.Unlock()
					positions[n.Position] = true
					return err
				})
				if err != nil {
					t.Error(err)
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	seen := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(positions)
	}
	for i, begun := 0, time.Now(); i < 100 || seen() < 5 && time.Since(begun) < time.Minute; i++ {
		w.live(1)
		time.Sleep(10 * time.Millisecond)
	}
	close(stop)
	asking.Wait()
	for asker, list := range told {
		for _, n := range list {
			compare(t, fmt.Sprintf("seed %d, position %d", seed, n.Position), n.Figures, oracle(w.m, w.facts, reach.Definitions[asker%3], periods[asker%2], n.Position))
		}
	}
	if seen() < 5 {
		t.Errorf("%d positions were seen", seen())
	}
}

func TestWhoeverMayNotSeeEveryRowFindsWhatChangedByIndexesAlone(t *testing.T) {
	pool := projectiontest.Pool(t)
	reading := projectiontest.Reading(t, pool)
	s := projectiontest.NewStory(t, "1880")
	tell(s, comes(events.ID{1}, 4, events.Camp)...)
	if err := projections.Rebuild(t.Context(), s.Log, pool, reach.Projection{}, "1880", nil); err != nil {
		t.Fatal(err)
	}
	err := projections.View(t.Context(), reading, "reach", "1880", 0, func(tx pgx.Tx, _ projections.Checkpoint) error {
		if _, err := tx.Exec(t.Context(), "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off"); err != nil {
			return err
		}
		rows, _ := tx.Query(t.Context(), "EXPLAIN "+reach.ChangedQuery, 0, 1000)
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if text := strings.Join(plan, "\n"); strings.Contains(text, "Seq Scan") || strings.Contains(text, "Sort") || strings.Count(text, "Index Cond") != 12 {
			t.Errorf("\n%s", text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWhetherASessionIsVoidIsLookedUpForEachOfThePeriod has the planner think that joining with every void is cheaper, as it does of a long log.
func TestWhetherASessionIsVoidIsLookedUpForEachOfThePeriod(t *testing.T) {
	pool := projectiontest.Pool(t)
	s := projectiontest.NewStory(t, "1880")
	tell(s, comes(events.ID{1}, 1, events.Camp)...)
	if err := projections.Rebuild(t.Context(), s.Log, pool, reach.Projection{}, "1880", nil); err != nil {
		t.Fatal(err)
	}
	err := projections.View(t.Context(), projectiontest.Reading(t, pool), "reach", "1880", 0, func(tx pgx.Tx, _ projections.Checkpoint) error {
		if _, err := tx.Exec(t.Context(), "SET LOCAL enable_nestloop = off; SET LOCAL enable_seqscan = off"); err != nil {
			return err
		}
		year := reach.CalendarYear(2021)
		rows, _ := tx.Query(t.Context(), "EXPLAIN "+reach.HeldQuery, 1000, year.From.Time(), year.To.Time())
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if text := strings.Join(plan, "\n"); !strings.Contains(text, "SubPlan") || !strings.Contains(text, "Index Cond: (session = s.session)") || strings.Contains(text, "Join") {
			t.Errorf("\n%s", text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsRecordedOfOtherYearsIsNotReadOfAPeriod(t *testing.T) {
	s := projectiontest.NewStory(t, "1880")
	tell(s, comes(events.ID{1}, 1, events.Camp)...)
	first, _ := s.Log.Head(t.Context(), "1880")
	tell(s, comes(events.ID{2}, 2, events.Camp)...)
	last, _ := s.Log.Head(t.Context(), "1880")
	projectiontest.Show(t, projectiontest.Pool(t), reach.Projection{}, s, func(tx pgx.Tx) {
		counts, asked := new(reach.Counts), &projectiontest.Batches{Tx: tx}
		for _, c := range []struct {
			at             events.Position
			children, sent int
		}{{first, 1, 2}, {last - 2, 2, 4}, {last, 2, 4}} {
			n, err := counts.Of(t.Context(), asked, projections.Checkpoint{Municipality: "1880"}, reach.Definitions[2], reach.Period{From: spring, To: spring}, c.at)
			if err != nil || n.Children != c.children || asked.Sent != c.sent {
				t.Errorf("at %d, asked %d times: %d children, %v", c.at, asked.Sent, n.Children, err)
			}
		}
	})
}

func TestNoMoreEvidenceIsKeptThanThereIsRoomFor(t *testing.T) {
	pool := projectiontest.Pool(t)
	s := projectiontest.NewStory(t, "1880")
	tell(s, comes(events.ID{1}, 4, events.Camp)...)
	head, _ := s.Log.Head(t.Context(), "1880")
	projectiontest.Show(t, pool, reach.Projection{}, s, func(tx pgx.Tx) {
		counts := &reach.Counts{Most: 20}
		count := func(p reach.Period) {
			t.Helper()
			n, err := counts.Of(t.Context(), tx, projections.Checkpoint{Municipality: "1880"}, reach.Definitions[2], p, head)
			if err != nil || n.Children != 1 {
				t.Errorf("%d children, %v", n.Children, err)
			}
		}
		for day := range events.Day(5) { // of each four marks and a child: 9 rows
			count(reach.Period{From: spring - day, To: spring + 3})
			if periods, rows := counts.Kept(); periods != min(2, int(day)+1) || rows != 9*periods {
				t.Errorf("%d rows of %d periods after %d", rows, periods, day+1)
			}
		}
		counts.Most = 8
		count(reach.Period{From: spring - 9, To: spring + 3})
		if periods, rows := counts.Kept(); periods != 0 {
			t.Errorf("%d rows of %d periods are kept", rows, periods)
		}
	})
}
