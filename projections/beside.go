package projections

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
)

// Beside is a whole generation that is not in use and that Rollback would switch to.
type Beside struct {
	Projection   string
	Municipality events.Municipality
	Generation   int
	Position     events.Position
	Built        time.Time
	Left         time.Time // when it was last in use; zero: it never was, for a rebuild found that it differs
	Differs      []string  // the tables in which it does
}

// Others lists what stands beside the generations in use, of each projection and log the one that Rollback would switch to.
func Others(ctx context.Context, pool *pgxpool.Pool) ([]Beside, error) {
	rows, err := pool.Query(ctx, `SELECT DISTINCT ON (municipality, projection)
			projection, municipality, generation, position, built_at, left_at, coalesce(differs, '{}')
		FROM projections.checkpoint WHERE NOT current AND built_at IS NOT NULL
		ORDER BY municipality, projection, `+lastUsed)
	if err != nil {
		return nil, fmt.Errorf("list the tables beside those in use: %w", reaching(err))
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (b Beside, err error) {
		var left *time.Time
		if err = row.Scan(&b.Projection, &b.Municipality, &b.Generation, &b.Position, &b.Built, &left, &b.Differs); left != nil {
			b.Left = left.UTC()
		}
		b.Built = b.Built.UTC()
		return b, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the tables beside those in use: %w", reaching(err))
	}
	return list, nil
}

// Discard drops what rebuilds kept beside the tables in use because they differ. What was in use before is no such one and
// stays: ErrNoOther.
func Discard(ctx context.Context, pool *pgxpool.Pool, projection string, m events.Municipality) error {
	return locked(ctx, pool, projection, m, func(conn *pgx.Conn) error {
		return inTransaction(ctx, conn, func(tx pgx.Tx) error {
			n, err := dropGenerations(ctx, tx, projection, m, `NOT current AND built_at IS NOT NULL AND left_at IS NULL`)
			if err == nil && n == 0 {
				err = fmt.Errorf("discard what was rebuilt of %s of %s: %w", projection, m, ErrNoOther)
			}
			return err
		})
	})
}
