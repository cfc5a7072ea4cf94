package caseload

import (
	"fmt"

	"github.com/jackc/pgx/v5"
)

// holds is true of the rows of a table that hold at position $1.
func holds(table string) string {
	return fmt.Sprintf("%[1]s.since <= $1 AND (%[1]s.until IS NULL OR %[1]s.until > $1)", table)
}

func collect[T any](rows pgx.Rows, what string, scan pgx.RowToFunc[T]) ([]T, error) {
	list, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return list, nil
}
