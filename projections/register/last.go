package register

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// LastRecorded is when something was last recorded of a child, itself and not as another.
type LastRecorded struct {
	Child events.ID
	As    events.ID // the child that it counts as, itself where it was not merged
	At    time.Time
}

// LastOfEach is when something was last recorded of each child until a position: in its case, by its attendance or in a group.
// Sessions stand beside the children, as what was recorded of themselves: whoever asks knows which is a child.
func LastOfEach(ctx context.Context, tx pgx.Tx, at events.Position) ([]LastRecorded, error) {
	rows, err := tx.Query(ctx, `WITH RECURSIVE `+roots+`,
		said AS (
			SELECT about AS child, position FROM message WHERE about IS NOT NULL AND position <= $1
			UNION ALL SELECT child, since FROM mark WHERE since <= $1
			UNION ALL SELECT child, until FROM mark WHERE until <= $1
			UNION ALL SELECT child, since FROM member WHERE since <= $1
			UNION ALL SELECT child, until FROM member WHERE until <= $1
		),
		latest AS (SELECT child, max(position) AS position FROM said GROUP BY child)
		SELECT l.child, coalesce(r.root, l.child), m.recorded
		FROM latest l JOIN message m USING (position) LEFT JOIN root r ON r.child = l.child`, at)
	if err != nil {
		return nil, fmt.Errorf("find when each child was last recorded: %w", err)
	}
	return collect(rows, "find when each child was last recorded", func(row pgx.CollectableRow) (one LastRecorded, err error) {
		err = row.Scan((*[16]byte)(&one.Child), (*[16]byte)(&one.As), &one.At)
		one.At = one.At.UTC()
		return one, err
	})
}
