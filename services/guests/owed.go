package guests

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// homeError is that a home's own log cannot be read or recorded in: no other home's concern, and what it is to be told waits.
type homeError struct {
	home events.Municipality
	err  error
}

func (e *homeError) Error() string { return fmt.Sprintf("the log of %s: %v", e.home, e.err) }
func (e *homeError) Unwrap() error { return e.err }

// owe keeps what a home could not be told of, until it can.
func (s *Service) owe(ctx context.Context, v visit, because events.Position, why *homeError) error {
	_, err := s.Pool.Exec(ctx, `INSERT INTO guests.owed (municipality, home, session, because, why) SELECT $1, $2, unnest($3::uuid[]), $4, $5
		ON CONFLICT (municipality, home, session) DO UPDATE SET because = excluded.because, why = excluded.why`,
		string(v.provider), string(v.home), raw(v.sessions...), int64(because), openly(why))
	if err != nil {
		return fmt.Errorf("keep what homes are to be told by %s: %w", v.provider, err)
	}
	s.Logger.Warn("a home cannot be told of guests, and is told later", "provider", v.provider, "home", v.home, "sessions", len(v.sessions), "error", why.err)
	return nil
}

// payAll tells homes what they could not be told before, until ctx ends.
func (s *Service) payAll(ctx context.Context) {
	const every = 5 * time.Second
	for ctx.Err() == nil {
		if err := s.pay(ctx); err != nil && ctx.Err() == nil {
			s.Logger.Warn("what homes are owed could not be told", "error", err)
		}
		pause(ctx, every)
	}
}

// pay tells each home what it is owed, so far as it can be told.
func (s *Service) pay(ctx context.Context) error {
	rows, _ := s.Pool.Query(ctx, `SELECT municipality, home, max(because) FROM guests.owed GROUP BY 1, 2 ORDER BY 1, 2`)
	type debt struct {
		Provider, Home events.Municipality
		Because        events.Position
	}
	debts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[debt])
	if err != nil {
		return err
	}
	failed := make(map[events.Municipality]error) // providers that cannot be read: what they owe others waits with them
	for _, d := range debts {
		if failed[d.Provider] == nil {
			failed[d.Provider] = s.payHome(ctx, visit{provider: d.Provider, home: d.Home}, d.Because)
		}
	}
	return errors.Join(slices.Collect(maps.Values(failed))...)
}

// payHome tells a home, many sessions together, what it is owed. One that cannot be told comes last from then on.
func (s *Service) payHome(ctx context.Context, v visit, because events.Position) error {
	for {
		rows, _ := s.Pool.Query(ctx, `SELECT session FROM guests.owed WHERE municipality = $1 AND home = $2 AND because <= $3 ORDER BY tried NULLS FIRST, session LIMIT $4`,
			string(v.provider), string(v.home), int64(because), mostTogether)
		owed, err := collectIDs(rows)
		if err != nil || len(owed) == 0 {
			return err
		}
		v.sessions = owed
		left, err := s.tellSome(ctx, v, because)
		var home *homeError
		if err != nil && !errors.As(err, &home) {
			return err
		}
		told := owed[:len(owed)-len(left)]
		if _, err := s.Pool.Exec(ctx, `DELETE FROM guests.owed WHERE municipality = $1 AND home = $2 AND because <= $3 AND session = ANY($4::uuid[])`,
			string(v.provider), string(v.home), int64(because), raw(told...)); err != nil {
			return err
		}
		if len(left) > 0 {
			_, err := s.Pool.Exec(ctx, `UPDATE guests.owed SET tried = now(), why = $4 WHERE municipality = $1 AND home = $2 AND session = $3`,
				string(v.provider), string(v.home), left[0][:], openly(home))
			return err
		}
	}
}
