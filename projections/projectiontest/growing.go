package projectiontest

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/projections"
)

// Growing applies a log to tables of its own, decision by decision, and tells each time they have grown. The tables are gone afterwards.
func Growing(t testing.TB, pool *pgxpool.Pool, p projections.Projection, log projections.Source, m events.Municipality, grown func(tx pgx.Tx, at events.Position), atLast func(tx pgx.Tx)) {
	t.Helper()
	undo := errors.New("undo")
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "CREATE SCHEMA growing; SET LOCAL search_path = growing;"+p.Tables()+p.Keys()); err != nil {
			return err
		}
		batch := p.Batch(m)
		for r, err := range log.Read(t.Context(), m, 0) {
			if err == nil {
				err = batch.Add(r)
			}
			if err != nil {
				return err
			}
			if r.Part < r.Parts {
				continue
			}
			if err := batch.Apply(t.Context(), tx); err != nil {
				return err
			}
			grown(tx, r.Position)
		}
		atLast(tx)
		return undo
	})
	if !errors.Is(err, undo) {
		t.Fatal(err)
	}
}
