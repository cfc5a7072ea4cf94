package projectiontest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
)

// relation is anything in a database that may hold rows.
type relation struct {
	Schema, Name string
	Whose        events.Municipality // it is of a read model of its; "": it is no read model's
	Shared       bool                // each row says whose it is
	Forced       bool
}

func (r relation) String() string { return pgx.Identifier{r.Schema, r.Name}.Sanitize() }

// of is the part of the rows that are a municipality's.
func (r relation) of(m events.Municipality) string {
	if r.Shared {
		return fmt.Sprintf("municipality = '%s'", m)
	}
	return fmt.Sprint(r.Whose == m)
}

// relations asks the catalog, so that a table that somebody forgets is found.
func relations(t testing.TB, pool *pgxpool.Pool) []relation {
	t.Helper()
	rows, err := pool.Query(t.Context(), `SELECT n.nspname::text, c.relname::text,
			coalesce((SELECT p.municipality FROM projections.checkpoint p WHERE n.nspname = p.projection || '_' || p.municipality || '_' || p.generation), ''),
			n.nspname = 'projections',
			c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, 2`)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[relation])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Isolated fails the test unless whoever reads sees of every relation in the database the rows of the municipality that it
// reads for, none when it reads for none, nothing at all of what is no read model, and can write nothing anywhere. It
// returns how many relations showed rows to each municipality. Nobody may write meanwhile.
func Isolated(t testing.TB, owner, reader *pgxpool.Pool, municipalities ...events.Municipality) (shown map[events.Municipality]int) {
	t.Helper()
	shown = make(map[events.Municipality]int)
	for _, r := range relations(t, owner) {
		cannotWrite(t, reader, r)
		if r.Whose == "" && !r.Shared {
			if _, err := count(t, reader, r, ""); !refused(err) {
				t.Errorf("%s is open to whoever reads: %v", r, err)
			}
			continue
		}
		if !r.Forced {
			t.Errorf("%s is not isolated", r)
		}
		for _, m := range append(slices.Clone(municipalities), "", "9999", "%") {
			seen, err := count(t, reader, r, m)
			if err != nil {
				t.Errorf("%s for %q: %v", r, m, err)
			}
			var there int
			if err := owner.QueryRow(t.Context(), "SELECT count(*) FROM "+r.String()+" WHERE "+r.of(m)).Scan(&there); err != nil {
				t.Fatal(err)
			}
			if seen != there {
				t.Errorf("%s shows %d rows to %q, which has %d", r, seen, m, there)
			}
			if seen > 0 {
				shown[m]++
			}
		}
	}
	return shown
}

// count is how many rows are seen by whoever reads for a municipality, or, with "", for none.
func count(t testing.TB, reader *pgxpool.Pool, r relation, m events.Municipality) (n int, err error) {
	t.Helper()
	err = pgx.BeginFunc(t.Context(), reader, func(tx pgx.Tx) error {
		if m != "" {
			if _, err := tx.Exec(t.Context(), "SELECT set_config('rackvidd.municipality', $1, true)", string(m)); err != nil {
				return err
			}
		}
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM "+r.String()).Scan(&n)
	})
	return n, err
}

func cannotWrite(t testing.TB, reader *pgxpool.Pool, r relation) {
	t.Helper()
	for _, sql := range []string{"INSERT INTO %s DEFAULT VALUES", "DELETE FROM %s", "TRUNCATE %s", "DROP TABLE %s", "ALTER TABLE %s DISABLE ROW LEVEL SECURITY", "CREATE INDEX ON %s ((1))", "LOCK %s IN EXCLUSIVE MODE"} {
		if err := Trying(t.Context(), reader, fmt.Sprintf(sql, r)); !refused(err) {
			t.Errorf("whoever reads may "+sql+": %v", r, err)
		}
	}
	columns, err := reader.Query(t.Context(), "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped", r.String())
	if err != nil {
		if !refused(err) {
			t.Error(err)
		}
		return // not even its name can be used
	}
	names, err := pgx.CollectRows(columns, pgx.RowTo[string])
	if err != nil && !refused(err) {
		t.Error(err)
	}
	for _, column := range names {
		if err := Trying(t.Context(), reader, fmt.Sprintf("UPDATE %s SET %s = DEFAULT", r, column)); !refused(err) {
			t.Errorf("whoever reads may UPDATE %s of %s: %v", column, r, err)
		}
	}
}

// Trying carries out a statement that may write in a transaction that may, and takes it back.
func Trying(ctx context.Context, pool *pgxpool.Pool, sql string) error {
	tx, err := pool.BeginTx(ctx, pgx.TxOptions{AccessMode: pgx.ReadWrite})
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx)
	_, err = tx.Exec(ctx, sql)
	return err
}

// refused reports whether a role may not do what it tried.
func refused(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && answer.Code == "42501"
}
