package projectiontest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/projections"
)

// Same tries whether a history gives the same tables, byte for byte, however it is cut: one decision at a time, all
// at once, in random batches (a short history: in every way there is), and rebuilt.
func Same(t testing.TB, pool *pgxpool.Pool, p projections.Projection, s *Story) {
	t.Helper()
	whole := decisions(s.Messages())
	want := digestOf(t, pool, p, s.Municipality, [][]events.Recorded{join(whole)}, true)
	for _, batches := range cuts(whole) {
		if got := digestOf(t, pool, p, s.Municipality, batches, true); !maps.Equal(got, want) {
			t.Errorf("%s: applied in batches of %s, the tables are not those of one batch: %s", p.Name(), sizes(batches), differing(got, want))
		}
	}
	if got := digestOf(t, pool, p, s.Municipality, cut(whole), false); !maps.Equal(got, want) {
		t.Errorf("%s: applied in rounds before there are keys, the tables are not those of one batch: %s", p.Name(), differing(got, want))
	}
	if got := rebuilt(t, pool, p, s); !maps.Equal(got, want) {
		t.Errorf("%s: rebuilt, the tables are not those of one batch: %s", p.Name(), differing(got, want))
	}
}

func decisions(messages []events.Recorded) (whole [][]events.Recorded) {
	var d []events.Recorded
	for _, r := range messages {
		if d = append(d, r); r.Part == r.Parts {
			whole, d = append(whole, d), nil
		}
	}
	return whole
}

func join(parts [][]events.Recorded) (all []events.Recorded) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// cuts is one by one, and two random ways or, of few decisions, all ways.
func cuts(whole [][]events.Recorded) (ways [][][]events.Recorded) {
	const few = 5
	if len(whole) > few {
		return [][][]events.Recorded{whole, cut(whole), cut(whole)}
	}
	for after := range 1 << max(0, len(whole)-1) { // the bits say after which decisions to cut
		var way [][]events.Recorded
		from := 0
		for i := range whole {
			if i == len(whole)-1 || after>>i&1 == 1 {
				way, from = append(way, join(whole[from:i+1])), i+1
			}
		}
		ways = append(ways, way)
	}
	return ways
}

func sizes(batches [][]events.Recorded) string {
	list := make([]int, len(batches))
	for i, b := range batches {
		list[i] = len(b)
	}
	return fmt.Sprint(list)
}

func cut(whole [][]events.Recorded) (batches [][]events.Recorded) {
	for len(whole) > 0 {
		n := 1 + rand.IntN(len(whole))
		batches, whole = append(batches, join(whole[:n])), whole[n:]
	}
	return batches
}

// Show applies a story in tables that are gone afterwards, and lets read look at them.
func Show(t testing.TB, pool *pgxpool.Pool, p projections.Projection, s *Story, read func(tx pgx.Tx)) {
	t.Helper()
	inTables(t, pool, p, s.Municipality, decisions(s.Messages()), true, func(tx pgx.Tx) error {
		read(tx)
		return nil
	})
}

func digestOf(t testing.TB, pool *pgxpool.Pool, p projections.Projection, m events.Municipality, batches [][]events.Recorded, keysFirst bool) (digest map[string]string) {
	t.Helper()
	inTables(t, pool, p, m, batches, keysFirst, func(tx pgx.Tx) (err error) {
		digest, err = projections.Digest(context.Background(), tx)
		return err
	})
	return digest
}

// inTables applies batches and takes everything back. Tables with keys are made once for all histories: a catalog that
// grows with every one slows the next one down.
func inTables(t testing.TB, pool *pgxpool.Pool, p projections.Projection, m events.Municipality, batches [][]events.Recorded, keysFirst bool, read func(pgx.Tx) error) {
	t.Helper()
	ctx := context.Background()
	prepare := "CREATE SCHEMA tried; SET LOCAL search_path = tried;" + p.Tables()
	if keysFirst {
		prepare = "SET LOCAL search_path = " + keyed(t, pool, p)
	}
	undo := errors.New("undo")
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, prepare); err != nil {
			return err
		}
		all := func(tx pgx.Tx) error {
			for _, batch := range batches {
				if err := apply(ctx, tx, p.Batch(m), batch); err != nil {
					return err
				}
			}
			return nil
		}
		if keysFirst {
			if err := all(tx); err != nil {
				return err
			}
		} else if err := keysLast(ctx, tx, p, all); err != nil {
			return err
		}
		if err := read(tx); err != nil {
			return err
		}
		return undo
	})
	if !errors.Is(err, undo) {
		t.Fatal(err)
	}
}

// keysLast fills tables as a rebuild does.
func keysLast(ctx context.Context, tx pgx.Tx, p projections.Projection, fill func(pgx.Tx) error) error {
	if err := projections.Fill(ctx, tx, fill); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, p.Keys())
	return err
}

// keyed is a schema with the projection's tables and keys, empty but for what was taken back.
func keyed(t testing.TB, pool *pgxpool.Pool, p projections.Projection) (schema string) {
	t.Helper()
	ctx := context.Background()
	schema = "keyed_" + p.Name()
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		var exists bool
		if err := tx.QueryRow(ctx, `SELECT to_regnamespace($1) IS NOT NULL`, schema).Scan(&exists); err != nil || exists {
			return err
		}
		_, err := tx.Exec(ctx, "CREATE SCHEMA "+schema+"; SET LOCAL search_path = "+schema+";"+p.Tables()+";"+p.Keys())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func apply(ctx context.Context, tx pgx.Tx, b projections.Batch, messages []events.Recorded) error {
	for _, r := range messages {
		if err := b.Add(r); err != nil {
			return err
		}
	}
	return b.Apply(ctx, tx)
}

func rebuilt(t testing.TB, pool *pgxpool.Pool, p projections.Projection, s *Story) (digest map[string]string) {
	t.Helper()
	ctx := context.Background()
	defer Forget(t, pool, p, s.Municipality)
	if err := projections.Rebuild(ctx, s.Log, pool, p, s.Municipality, nil); err != nil {
		t.Fatal(err)
	}
	err := projections.View(ctx, pool, p.Name(), s.Municipality, 0, func(tx pgx.Tx, _ projections.Checkpoint) (err error) {
		digest, err = projections.Digest(ctx, tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

func differing(a, b map[string]string) (tables []string) {
	for table := range b {
		if a[table] != b[table] {
			tables = append(tables, table)
		}
	}
	return tables
}

// Forget drops all tables of a projection, so that the next history finds none.
func Forget(t testing.TB, pool *pgxpool.Pool, p projections.Projection, m events.Municipality) {
	t.Helper()
	ctx := context.Background()
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `DELETE FROM projections.checkpoint WHERE projection = $1 AND municipality = $2
			RETURNING projection || '_' || municipality || '_' || generation`, p.Name(), m)
		if err != nil {
			return err
		}
		schemas, err := pgx.CollectRows(rows, pgx.RowTo[string])
		for _, schema := range schemas {
			if err == nil {
				_, err = tx.Exec(ctx, "DROP SCHEMA "+schema+" CASCADE")
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
