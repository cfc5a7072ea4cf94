package projections

import (
	"context"
	"fmt"
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

// Behind says how far a projection is behind its log. Both are 0 when it has caught up.
type Behind struct {
	Checkpoint
	Messages uint64
	Time     time.Duration // since the oldest message that is not applied was recorded
}

// Lag compares checkpoints with the heads of their logs at a moment.
func Lag(ctx context.Context, log Source, checkpoints []Checkpoint, now time.Time) ([]Behind, error) {
	heads := make(map[events.Municipality]events.Position)
	list := make([]Behind, 0, len(checkpoints))
	for _, c := range checkpoints {
		head, known := heads[c.Municipality]
		if !known {
			var err error
			if head, err = log.Head(ctx, c.Municipality); err != nil {
				return nil, err
			}
			heads[c.Municipality] = head
		}
		b := Behind{Checkpoint: c}
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
