package projections

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
)

// Status lists the generation in use of every projection and log that it concerns.
func Status(ctx context.Context, pool *pgxpool.Pool) ([]Checkpoint, error) {
	rows, err := pool.Query(ctx, `SELECT `+checkpointColumns+` FROM projections.checkpoint
		WHERE current ORDER BY municipality, projection`)
	if err != nil {
		return nil, fmt.Errorf("list the checkpoints: %w", reaching(err))
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Checkpoint, error) { return scanCheckpoint(row) })
	if err != nil {
		return nil, fmt.Errorf("list the checkpoints: %w", reaching(err))
	}
	return list, nil
}

// Rebuilding is a generation on its way.
type Rebuilding struct {
	Projection   string
	Municipality events.Municipality
	Generation   int
	Position     events.Position // how far its rows are written
	Until        events.Position // what is to be written before it can be compared and used
	For          time.Duration   // since it began
}

// Rate is how many messages were written in a second.
func (r Rebuilding) Rate() float64 { return float64(r.Position) / max(r.For.Seconds(), 0.001) }

// Left is how long the rows that are missing take at the same rate; ok is false while none is written. Keys and the
// comparison come after.
func (r Rebuilding) Left() (left time.Duration, ok bool) {
	if r.Position == 0 {
		return 0, false
	}
	return time.Duration(float64(r.Until-min(r.Position, r.Until)) / r.Rate() * float64(time.Second)), true
}

// Rebuilds lists what is being rebuilt now, in whichever process: what a killed rebuild left is not.
func Rebuilds(ctx context.Context, pool *pgxpool.Pool) ([]Rebuilding, error) {
	rows, err := pool.Query(ctx, `SELECT projection, municipality, generation, greatest(position, written), until, extract(epoch FROM clock_timestamp() - begun_at)::float8
		FROM projections.checkpoint WHERE NOT current AND built_at IS NULL AND until IS NOT NULL ORDER BY municipality, projection`)
	if err != nil {
		return nil, fmt.Errorf("list the rebuilds: %w", reaching(err))
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Rebuilding, err error) {
		var seconds float64
		err = row.Scan(&r.Projection, &r.Municipality, &r.Generation, &r.Position, &r.Until, &seconds)
		r.For = time.Duration(seconds * float64(time.Second))
		return r, err
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	held, err := lockedNow(ctx, pool)
	return slices.DeleteFunc(list, func(r Rebuilding) bool { return !held[lockOf(r.Projection, r.Municipality)] }), err
}

// lockedNow are the rebuilds' locks that somebody holds.
func lockedNow(ctx context.Context, pool *pgxpool.Pool) (map[int32]bool, error) {
	rows, err := pool.Query(ctx, `SELECT objid::bigint FROM pg_locks
		WHERE locktype = 'advisory' AND classid = $1::int8 AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, int64(rebuildLock))
	if err != nil {
		return nil, fmt.Errorf("list the rebuilds: %w", reaching(err))
	}
	held := make(map[int32]bool)
	var key int64
	_, err = pgx.ForEachRow(rows, []any{&key}, func() error {
		held[int32(uint32(key))] = true
		return nil
	})
	return held, reaching(err)
}

// Behind says how far a projection is behind its log. Both are 0 when it has caught up.
type Behind struct {
	Checkpoint
	Messages uint64
	Time     time.Duration // since the oldest message that is not applied was recorded
}

// Lag compares checkpoints with the heads of their logs at a moment. A log that is not among the heads is asked.
func Lag(ctx context.Context, log Source, heads map[events.Municipality]events.Position, checkpoints []Checkpoint, now time.Time) ([]Behind, error) {
	list := make([]Behind, 0, len(checkpoints))
	for _, c := range checkpoints {
		b := Behind{Checkpoint: c}
		head, known := heads[c.Municipality]
		if !known {
			var err error
			if head, err = log.Head(ctx, c.Municipality); err != nil {
				return nil, err
			}
		}
		if head > c.Position {
			b.Messages, b.Time = head-c.Position, max(0, now.Sub(oldestWaiting(ctx, log, c)))
		}
		list = append(list, b)
	}
	return list, nil
}

// oldestWaiting is when the message after the checkpoint was recorded or, when it cannot be read, when the last one was
// applied.
func oldestWaiting(ctx context.Context, log Source, c Checkpoint) time.Time {
	for r, err := range log.Read(ctx, c.Municipality, c.Position) {
		if err == nil {
			return r.Time
		}
		break
	}
	return c.AppliedAt
}
