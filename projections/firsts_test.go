package projections_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
)

// heard answers since when a child is known to have which year of birth.
type heard struct{ marked }

type saying struct {
	child events.ID
	year  events.Year
}

func (heard) Name() string { return "heard" }
func (heard) Tables() string {
	return `CREATE TABLE said (child uuid NOT NULL, year int NOT NULL, since bigint NOT NULL)`
}
func (heard) Keys() string { return `CREATE UNIQUE INDEX ON said (child, year)` }

func (heard) Batch(events.Municipality) projections.Batch {
	return &heardBatch{projections.NewFirsts(projections.FirstTable[saying]{
		Name: "said", Key: []string{"child", "year"},
		WriteKey: func(s saying, w *projections.Row) { w.ID(s.child); w.Int(int(s.year)) },
	})}
}

type heardBatch struct{ said *projections.Firsts[saying] }

func (b *heardBatch) Add(r events.Recorded) error {
	for _, e := range r.Events {
		for _, m := range e.(events.SessionAttended).Attended {
			b.said.Add(saying{m.Child, m.BirthYear}, r.Position)
		}
	}
	return nil
}

func (b *heardBatch) Apply(ctx context.Context, tx pgx.Tx) error { return b.said.Apply(ctx, tx) }

func TestWhatWasSaidFirstStandsHoweverTheLogIsCut(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	for i := range 40 { // long enough that no cut leaves it in one piece
		born := events.Year(2012 + i/20*(i%2)) // 2013 is said first at position 22
		s.Happens(events.SessionOf(one), events.SessionAttended{Session: one, Attended: []events.Mark{{Child: anna, BirthYear: born}}})
	}
	projectiontest.Same(t, pool, heard{}, s)
	projectiontest.Show(t, pool, heard{}, s, func(tx pgx.Tx) {
		rows, _ := tx.Query(t.Context(), `SELECT year || ' since ' || since FROM said ORDER BY 1`)
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(got) != 2 || got[0] != "2012 since 1" || got[1] != "2013 since 22" {
			t.Errorf("the table says %q, %v", got, err)
		}
	})
}
