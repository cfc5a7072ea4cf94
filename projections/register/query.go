package register

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// holds is true of the rows of a table that hold at position $1.
func holds(table string) string {
	return fmt.Sprintf("%[1]s.since <= $1 AND (%[1]s.until IS NULL OR %[1]s.until > $1)", table)
}

// roots names, as root(child, root), the child that each merged child counts as at position $1.
var roots = `
	merged AS (SELECT child, into_child FROM merge m WHERE ` + holds("m") + `),
	chain AS (SELECT child, into_child FROM merged UNION SELECT c.child, m.into_child FROM chain c JOIN merged m ON m.child = c.into_child),
	root AS (SELECT child, into_child AS root FROM chain c WHERE NOT EXISTS (SELECT FROM merged m WHERE m.child = c.into_child))`

// same finds the child $2 and all that count as the same by the roots.
const same = `
	same AS (
		SELECT $2::uuid AS child
		UNION SELECT root FROM root WHERE child = $2
		UNION SELECT child FROM root WHERE root = coalesce((SELECT root FROM root WHERE child = $2), $2))`

// sameAsEach finds that of each of the children $2, as same(whose, child).
const sameAsEach = `
	asked AS (SELECT whose, coalesce(root, whose) AS root FROM unnest($2::uuid[]) AS a(whose) LEFT JOIN root ON child = whose),
	same AS (SELECT whose, root AS child FROM asked UNION SELECT whose, child FROM asked JOIN root USING (root))`

func collect[T any](rows pgx.Rows, what string, scan pgx.RowToFunc[T]) ([]T, error) {
	list, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return list, nil
}

func scanID(row pgx.CollectableRow) (id events.ID, err error) {
	err = row.Scan((*[16]byte)(&id))
	return id, err
}
