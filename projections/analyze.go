package projections

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// analyze tells the database what is in the tables at the head of the search path. Until it knows, it plans as if they
// were empty; by itself it looks a minute later, and a figure that is asked for after an import cannot wait for that. A
// small sample will do: the plans have to tell hundreds of rows from millions.
func analyze(ctx context.Context, tx pgx.Tx) error {
	tables, err := tablesHere(ctx, tx)
	if err != nil || len(tables) == 0 {
		return err
	}
	names := make([]string, len(tables))
	for i, table := range tables {
		names[i] = pgx.Identifier{table}.Sanitize()
	}
	for _, sql := range []string{"SET LOCAL default_statistics_target = 10", "ANALYZE " + strings.Join(names, ", ")} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}
