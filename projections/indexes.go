package projections

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrNoIndexCheck says that the database has no way to compare indexes with their tables: its extension amcheck, which comes
// with PostgreSQL, is not there or not granted.
var ErrNoIndexCheck = errors.New("the database's extension amcheck is missing or not granted to this role: indexes of read models are not checked")

// PrepareIndexCheck makes the extension that Verify checks indexes with, where this role may. ErrNoIndexCheck: Verify
// leaves indexes out.
func PrepareIndexCheck(ctx context.Context, pool *pgxpool.Pool) error {
	there, err := checksIndexes(ctx, pool)
	if err != nil || there {
		return err
	}
	// Where this role may not, or another process was quicker, the second look says how it stands.
	if _, err := pool.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS amcheck SCHEMA public"); err != nil && away(err) {
		return reaching(err)
	}
	if there, err = checksIndexes(ctx, pool); err == nil && !there {
		err = ErrNoIndexCheck
	}
	return err
}

func checksIndexes(ctx context.Context, q querier) (there bool, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce(has_function_privilege(to_regprocedure('public.bt_index_check(regclass,boolean)'), 'execute'), false)`).Scan(&there)
	return there, reaching(err)
}

// checkIndexes lets the database read every page of the indexes of the tables in use, and find in each all rows of its
// table: a damaged index gives figures that a look at the table alone would not explain.
func checkIndexes(ctx context.Context, conn *pgx.Conn, live Checkpoint) error {
	there, err := checksIndexes(ctx, conn)
	if err != nil || !there {
		return err
	}
	rows, err := conn.Query(ctx, `SELECT c.relname::text, c.oid FROM pg_class c JOIN pg_am a ON a.oid = c.relam
		WHERE c.relnamespace = $1::text::regnamespace AND c.relkind = 'i' AND a.amname = 'btree' ORDER BY 1`,
		schemaOf(live.Projection, live.Municipality, live.Generation))
	if err != nil {
		return reaching(err)
	}
	type index struct {
		Name string
		OID  uint32
	}
	indexes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[index])
	if err != nil {
		return reaching(err)
	}
	for _, i := range indexes {
		if _, err := conn.Exec(ctx, "SELECT public.bt_index_check($1::oid::regclass, true)", i.OID); err != nil {
			return fmt.Errorf("the index %s: %w", i.Name, reaching(err))
		}
	}
	return nil
}

// Damaged reports whether an error is the database's word that what it stores is damaged: a page whose checksum is
// wrong, an index that is none, a file that is missing or cannot be read.
func Damaged(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && (answer.Code[:2] == "XX" || answer.Code == "58P01" || answer.Code == "58030")
}
