package reach_test

import (
	"context"
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/reach"
)

var throughTables = flag.Int("tables", 200, "how many random histories also go through PostgreSQL")

// inTwo shares work between two databases, as many as there are processors to wait for them.
func inTwo(t *testing.T, n int, do func(t *testing.T, pool *pgxpool.Pool, n int)) {
	for half := range 2 {
		t.Run(fmt.Sprintf("half %d", half+1), func(t *testing.T) {
			t.Parallel()
			pool := projectiontest.Pool(t)
			for i := half; i < n && !t.Failed(); i += 2 {
				do(t, pool, i)
			}
		})
	}
}

func (w *world) story() *projectiontest.Story {
	return &projectiontest.Story{Log: w.log, Municipality: w.m}
}

func TestTablesReplayAndOracleGiveTheSameFigures(t *testing.T) {
	seed, began := firstSeed(t), time.Now()
	t.Cleanup(func() {
		t.Logf("%d histories through PostgreSQL in %s", *throughTables, time.Since(began).Round(time.Millisecond))
	})
	codes := events.Municipalities()
	inTwo(t, *throughTables, func(t *testing.T, pool *pgxpool.Pool, n int) {
		w := newWorld(t, seed+uint64(n), codes[n%len(codes)].Code)
		w.live(20 + w.r.IntN(40))
		if n/2%2 == 0 { // of each half every second, for the time's sake
			projectiontest.Same(t, pool, reach.Projection{}, w.story())
		}
		if err := projections.Rebuild(t.Context(), w.log, pool, reach.Projection{}, w.m, nil); err != nil {
			t.Fatal(err)
		}
		w.compareTables(t, pool, fmt.Sprintf("seed %d", seed+uint64(n)))
		drop(t, pool, w.m)
		if n/2%100 == 99 { // rebuilds make tables and drop them: what is left of them in the catalog slows the next ones down
			if _, err := pool.Exec(t.Context(), `VACUUM pg_class, pg_attribute, pg_index, pg_depend, pg_type, pg_constraint, pg_statistic`); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func (w *world) compareTables(t *testing.T, pool *pgxpool.Pool, which string) {
	t.Helper()
	head, _ := w.log.Head(t.Context(), w.m)
	at, p := []events.Position{head, w.r.Uint64N(head + 1), w.r.Uint64N(head + 1), w.r.Uint64N(head + 1)}, w.period()
	err := projections.View(t.Context(), pool, "reach", w.m, head, func(tx pgx.Tx, c projections.Checkpoint) error {
		for _, at := range at {
			whole, err := reach.RoundDown(t.Context(), tx, at)
			if err != nil || whole != w.wholeUpTo(at) {
				t.Errorf("%s: %d rounds down to %d (%v), want %d", which, at, whole, err, w.wholeUpTo(at))
			}
			evidence, err := reach.Gather(t.Context(), tx, w.m, p, whole)
			if err != nil {
				return err
			}
			for _, d := range reach.Definitions {
				what := fmt.Sprintf("%s, position %d of %d, %s, %s–%s", which, whole, head, d.ID, p.From, p.To)
				got := reach.Compute(evidence, d, p, whole)
				compare(t, what+": tables and oracle", got, oracle(w.m, w.facts, d, p, whole))
				replayed, _, err := reach.Replay(t.Context(), w.log, w.m, d, p, reach.AsOfPosition(at))
				if err != nil {
					return err
				}
				compare(t, what+": tables and replay", got, replayed)
			}
		}
		return w.compareTimes(t, tx, head)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) compareTimes(t *testing.T, tx pgx.Tx, head events.Position) error {
	for range 3 {
		then := w.now.Add(-time.Duration(w.r.IntN(1500)) * time.Hour)
		got, err := reach.PositionAt(t.Context(), tx, then, head)
		if err == nil {
			got, err = reach.RoundDown(t.Context(), tx, got)
		}
		if err != nil {
			return err
		}
		h, err := reach.ReadHistory(t.Context(), w.log, w.m, reach.AsOfTime(then))
		if err != nil || got != h.Position() {
			t.Errorf("as of %s the tables are at %d and the replay is at %d (%v)", then, got, h.Position(), err)
		}
	}
	return nil
}

func drop(t *testing.T, pool *pgxpool.Pool, m events.Municipality) {
	t.Helper()
	_, err := pool.Exec(t.Context(), fmt.Sprintf("DROP SCHEMA reach_%s_1 CASCADE; DELETE FROM projections.checkpoint WHERE municipality = '%s'", m, m))
	if err != nil {
		t.Fatal(err)
	}
}

// growing applies a world's history to tables of its own.
func growing(t *testing.T, pool *pgxpool.Pool, w *world, grown func(tx pgx.Tx, at events.Position), atLast func(tx pgx.Tx)) {
	t.Helper()
	projectiontest.Growing(t, pool, reach.Projection{}, w.log, w.m, grown, atLast)
}

func TestAFigureAsOfAPositionIsWhatItWasWhenThatWasTheHead(t *testing.T) {
	seed := firstSeed(t)
	inTwo(t, 20, func(t *testing.T, pool *pgxpool.Pool, n int) {
		w := newWorld(t, seed+uint64(n), "1880")
		w.live(30)
		p, d := w.period(), pick(w, reach.Definitions...)
		read := func(tx pgx.Tx, at events.Position) reach.Figures {
			evidence, err := reach.Gather(context.Background(), tx, w.m, p, at)
			if err != nil {
				t.Fatal(err)
			}
			return reach.Compute(evidence, d, p, at)
		}
		then := make(map[events.Position]reach.Figures)
		growing(t, pool, w, func(tx pgx.Tx, at events.Position) { then[at] = read(tx, at) }, func(tx pgx.Tx) {
			for at, before := range then {
				compare(t, fmt.Sprintf("seed %d, position %d", seed+uint64(n), at), read(tx, at), before)
			}
		})
	})
}
