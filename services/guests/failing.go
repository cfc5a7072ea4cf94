package guests

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
)

// Failing is a log whose guests, or some of them, cannot be told of to their homes, as it was tried last.
type Failing struct {
	Municipality events.Municipality
	Position     events.Position // up to which their homes were told; 0: some are told later of what came before
	Since        time.Time
	Why          string // and not whose guests they are
}

// Fails returns those that could not go on, in the order of their codes. One whose position is the log's own has nothing
// left to tell, and fails no more.
func Fails(ctx context.Context, pool *pgxpool.Pool) ([]Failing, error) {
	var there bool
	err := pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = 'guests' AND table_name = 'owed' AND column_name = 'tried')`).Scan(&there)
	if err != nil || !there {
		return nil, err
	}
	rows, _ := pool.Query(ctx, `
		SELECT municipality, min(position), min(since), (array_agg(why ORDER BY since))[1] FROM (
			SELECT municipality, position, failing AS since, why FROM guests.checkpoint WHERE failing IS NOT NULL
			UNION ALL SELECT municipality, 0, since, why FROM guests.owed
		) AS fails GROUP BY municipality ORDER BY municipality`)
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Failing])
}

// openly is why guests cannot be told of, as anybody may read it (GET /readyz): where those few children are at home is not in
// it, nor what they attended. The program's own log names both.
func openly(why error) string {
	if _, ok := errors.AsType[*homeError](why); ok {
		return "the log of a home municipality cannot be read or recorded in; this program's log says which, and why"
	}
	if untold, ok := errors.AsType[*untoldError](why); ok {
		return untold.err.Error()
	}
	return why.Error()
}

// fails keeps since when a log's guests cannot be told of, and why.
func (s *Service) fails(ctx context.Context, m events.Municipality, why error) {
	if ctx.Err() != nil {
		return
	}
	_, err := s.Pool.Exec(ctx, `INSERT INTO guests.checkpoint AS c (municipality, position, failing, why) VALUES ($1, 0, now(), $2)
		ON CONFLICT (municipality) DO UPDATE SET failing = coalesce(c.failing, excluded.failing), why = excluded.why`, string(m), openly(why))
	if err != nil && ctx.Err() == nil {
		s.Logger.Warn("that guests cannot be told of could not be kept", "municipality", m, "error", fmt.Errorf("%w; %w", why, err))
	}
}
