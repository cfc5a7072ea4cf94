package projections

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
)

// Digest returns the SHA-256 of each named table's sorted rows; of every table at the head of the search path when
// none is named. It is for tests and audits: it sorts everything.
func Digest(ctx context.Context, tx pgx.Tx, tables ...string) (map[string]string, error) {
	if len(tables) == 0 {
		var err error
		if tables, err = tablesHere(ctx, tx); err != nil {
			return nil, err
		}
	}
	digests := make(map[string]string, len(tables))
	for _, table := range tables {
		var err error
		if digests[table], err = digestTable(ctx, tx, table); err != nil {
			return nil, fmt.Errorf("digest %s: %w", table, reaching(err))
		}
	}
	return digests, nil
}

func digestTable(ctx context.Context, tx pgx.Tx, table string) (string, error) {
	rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT t::text FROM %s t ORDER BY t::text COLLATE "C"`, pgx.Identifier{table}.Sanitize()))
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	var row string
	_, err = pgx.ForEachRow(rows, []any{&row}, func() error {
		sum.Write([]byte(row + "\n"))
		return nil
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

func tablesHere(ctx context.Context, tx pgx.Tx) ([]string, error) {
	rows, err := tx.Query(ctx, `SELECT relname::text FROM pg_class
		WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", reaching(err))
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// sums returns what each table adds up to under a seed, whatever the order of its rows: the database computes it in one pass, in one process,
// for others are busy beside it.
func sums(ctx context.Context, tx pgx.Tx, seed int64) (map[string]string, error) {
	tables, err := tablesHere(ctx, tx)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, "SET LOCAL max_parallel_workers_per_gather = 0"); err != nil {
		return nil, reaching(err)
	}
	all := make(map[string]string, len(tables))
	for _, table := range tables {
		var sum string
		err := tx.QueryRow(ctx, fmt.Sprintf(`SELECT count(*) || ' ' || coalesce(sum(hash_record_extended(t, $1)), 0) FROM %s t`, pgx.Identifier{table}.Sanitize()), seed).Scan(&sum)
		if err != nil {
			return nil, fmt.Errorf("add up %s: %w", table, reaching(err))
		}
		all[table] = sum
	}
	return all, nil
}

// different names the tables that are not alike.
func different(a, b map[string]string) []string {
	names := make(map[string]bool)
	for table := range a {
		names[table] = a[table] != b[table]
	}
	for table := range b {
		names[table] = a[table] != b[table]
	}
	maps.DeleteFunc(names, func(_ string, differs bool) bool { return !differs })
	return slices.Sorted(maps.Keys(names))
}
