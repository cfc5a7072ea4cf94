package reach_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/projections"
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
		compare(t, what+": brought forward and oracle", got.Figures, oracle(w.m, w.facts, d, p, at))
	}
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
