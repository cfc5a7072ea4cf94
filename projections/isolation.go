package projections

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
)

// Reader is the role that reads read models, one municipality in each transaction. It owns nothing and writes nothing.
const Reader = "rackvidd_reader"

//go:embed isolation.sql
var isolation string

// isolate closes the tables of a schema to whoever has not said that they read for the municipality.
func isolate(ctx context.Context, q querier, schema string, m events.Municipality) error {
	if _, err := q.Exec(ctx, `SELECT projections.isolate($1, $2)`, schema, string(m)); err != nil {
		return fmt.Errorf("isolate %s: %w", schema, reaching(err))
	}
	return nil
}

// isolateEarlier does so with tables that were made when nobody did, or by a role that could not, or before there were readers.
func isolateEarlier(ctx context.Context, pool *pgxpool.Pool) error {
	type generation struct {
		Schema       string
		Municipality events.Municipality
	}
	rows, err := pool.Query(ctx, `SELECT DISTINCT n.nspname::text, c.municipality
		FROM projections.checkpoint c JOIN pg_namespace n ON n.nspname = c.projection || '_' || c.municipality || '_' || c.generation
			JOIN pg_class t ON t.relnamespace = n.oid AND t.relkind IN ('r', 'p')
			JOIN pg_roles me ON me.rolname = current_user
			LEFT JOIN pg_roles reader ON reader.rolname = $1
		WHERE NOT t.relrowsecurity OR NOT t.relforcerowsecurity AND (me.rolsuper OR me.rolbypassrls)
			OR reader.oid IS NOT NULL AND NOT has_table_privilege(reader.oid, t.oid, 'SELECT')`, Reader)
	if err != nil {
		return err
	}
	open, err := pgx.CollectRows(rows, pgx.RowToStructByPos[generation])
	for _, g := range open {
		if err == nil {
			err = isolate(ctx, pool, g.Schema, g.Municipality)
		}
	}
	return err
}

// sender is a pool or a transaction.
type sender interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// seen looks for a checkpoint as whoever reads for a municipality: what is not its own cannot be seen until the transaction
// ends, which on a pool it does at once. found is false where there is none.
func seen(ctx context.Context, s sender, query, projection string, m events.Municipality, more ...any) (c Checkpoint, found bool, err error) {
	batch := &pgx.Batch{}
	batch.Queue(`SELECT set_config('rackvidd.municipality', $1, true)`, string(m))
	batch.Queue(query, projection, m)
	results := s.SendBatch(ctx, batch)
	if _, err = results.Exec(); err == nil {
		c, err = scanCheckpoint(results.QueryRow(), more...)
	}
	found = err == nil
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	if closed := results.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return c, false, fmt.Errorf("find the tables of %s of %s: %w", projection, m, reaching(err))
	}
	return c, found, nil
}

// Isolation says what keeps municipalities apart in a database for the role of a pool.
type Isolation struct {
	Bypasses bool // it sees everything, whatever it says, and may COPY into the tables
	Owns     bool // it has tables of its own
	Becomes  bool // it may become the reader
}

// IsolationOf asks a database, after Install, what keeps municipalities apart.
func IsolationOf(ctx context.Context, pool *pgxpool.Pool) (i Isolation, err error) {
	err = pool.QueryRow(ctx, `SELECT me.rolsuper OR me.rolbypassrls, EXISTS (SELECT FROM pg_class WHERE relowner = me.oid),
			EXISTS (SELECT FROM pg_roles r WHERE r.rolname = $1 AND pg_has_role(me.oid, r.oid, 'MEMBER'))
		FROM pg_roles me WHERE me.rolname = current_user`, Reader).Scan(&i.Bypasses, &i.Owns, &i.Becomes)
	if err != nil {
		return i, fmt.Errorf("ask what keeps municipalities apart: %w", reaching(err))
	}
	return i, nil
}
