package projections

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// newGeneration makes the checkpoint of a new generation, and numbers it as none was that was ever in use: what is remembered of
// tables is remembered by their generation.
func newGeneration(ctx context.Context, tx pgx.Tx, p Projection, m events.Municipality) (Checkpoint, error) {
	c := Checkpoint{Projection: p.Name(), Municipality: m, fingerprint: fingerprintOf(p)}
	err := tx.QueryRow(ctx, `INSERT INTO projections.checkpoint (projection, municipality, generation, fingerprint)
		SELECT $1, $2, coalesce(max(greatest(generation, newest)), 0) + 1, $3 FROM projections.checkpoint WHERE projection = $1 AND municipality = $2
		RETURNING generation, applied_at`, c.Projection, m, c.fingerprint).Scan(&c.Generation, &c.AppliedAt)
	if err != nil {
		return c, fmt.Errorf("make tables of %s of %s: %w", c.Projection, m, reaching(err))
	}
	return c, nil
}

// makeSchema makes the tables of a generation, without keys. The search path is set to it.
func makeSchema(ctx context.Context, tx pgx.Tx, p Projection, c Checkpoint) error {
	schema := schemaOf(c.Projection, c.Municipality, c.Generation)
	for _, sql := range []string{"CREATE SCHEMA " + pgx.Identifier{schema}.Sanitize(), setPath(schema), p.Tables()} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("make tables of %s of %s: %w", c.Projection, c.Municipality, reaching(err))
		}
	}
	return isolate(ctx, tx, schema, c.Municipality)
}

func setPath(schema string) string {
	return "SET LOCAL search_path = " + pgx.Identifier{schema}.Sanitize()
}

// founded makes the first generation of a municipality, empty and in use. Where somebody else just did, it does nothing.
func founded(ctx context.Context, tx pgx.Tx, p Projection, m events.Municipality) error {
	_, exists, err := current(ctx, tx, p.Name(), m)
	if err != nil || exists {
		return err
	}
	c, err := newGeneration(ctx, tx, p, m)
	if err == nil {
		err = makeSchema(ctx, tx, p, c)
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, p.Keys()); err != nil {
		return fmt.Errorf("make keys of %s of %s: %w", p.Name(), m, reaching(err))
	}
	return use(ctx, tx, c)
}

// use makes a generation the one in use.
func use(ctx context.Context, tx pgx.Tx, c Checkpoint) error {
	_, err := tx.Exec(ctx, `UPDATE projections.checkpoint SET current = false, left_at = clock_timestamp()
		WHERE projection = $1 AND municipality = $2 AND current`, c.Projection, c.Municipality)
	if err == nil {
		_, err = tx.Exec(ctx, `UPDATE projections.checkpoint SET current = true, built_at = coalesce(built_at, clock_timestamp())
			WHERE projection = $1 AND municipality = $2 AND generation = $3`, c.Projection, c.Municipality, c.Generation)
	}
	if err == nil {
		_, err = tx.Exec(ctx, `UPDATE projections.checkpoint SET newest = greatest(newest, $3)
			WHERE projection = $1 AND municipality = $2`, c.Projection, c.Municipality, c.Generation)
	}
	if err != nil {
		return fmt.Errorf("switch %s of %s to generation %d: %w", c.Projection, c.Municipality, c.Generation, reaching(err))
	}
	return nil
}

// lastUsed puts the generation first that one would go back to.
const lastUsed = `coalesce(left_at, built_at) DESC, generation DESC`

// latestBeside returns the whole generation that was in use last and is not now.
func latestBeside(ctx context.Context, q querier, projection string, m events.Municipality) (Checkpoint, error) {
	return scanCheckpoint(q.QueryRow(ctx, `SELECT `+checkpointColumns+` FROM projections.checkpoint
		WHERE projection = $1 AND municipality = $2 AND NOT current AND built_at IS NOT NULL
		ORDER BY `+lastUsed+` LIMIT 1`, projection, m))
}

// drop removes what a killed rebuild left, and of the generations that are not in use all but two: the one that was last, and the
// last that a rebuild kept because it differs.
func drop(ctx context.Context, tx pgx.Tx, projection string, m events.Municipality) error {
	return dropGenerations(ctx, tx, projection, m, `NOT current AND generation NOT IN
		(SELECT DISTINCT ON (left_at IS NULL) generation FROM projections.checkpoint
		WHERE projection = $1 AND municipality = $2 AND NOT current AND built_at IS NOT NULL
		ORDER BY left_at IS NULL, `+lastUsed+`)`)
}

// dropGenerations removes those of a projection's generations for which a condition holds.
func dropGenerations(ctx context.Context, tx pgx.Tx, projection string, m events.Municipality, condition string) error {
	rows, err := tx.Query(ctx, `DELETE FROM projections.checkpoint
		WHERE projection = $1 AND municipality = $2 AND `+condition+` RETURNING generation`, projection, m)
	if err != nil {
		return reaching(err)
	}
	old, err := pgx.CollectRows(rows, pgx.RowTo[int])
	for _, generation := range old {
		if err == nil {
			_, err = tx.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{schemaOf(projection, m, generation)}.Sanitize()+" CASCADE")
		}
	}
	return reaching(err)
}
