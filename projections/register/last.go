package register

import (
	"context"
	"errors"
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

// said is true of a message j that says something of whom it is about. That a child was erased is no record of it: those merged with
// it are kept no longer by it.
const said = `j.position <= $1 AND NOT EXISTS (SELECT FROM erased e WHERE e.since = j.position)`

// LastOf is when something was last recorded of a child until a position, or of one merged with it; zero: nothing was.
func LastOf(ctx context.Context, tx pgx.Tx, child events.ID, at events.Position) (time.Time, error) {
	var last time.Time
	err := tx.QueryRow(ctx, `WITH RECURSIVE `+roots+`, `+same+`,
		said AS (
			SELECT position FROM message j JOIN same ON child = about WHERE `+said+`
			UNION ALL SELECT since FROM mark JOIN same USING (child) WHERE since <= $1
			UNION ALL SELECT until FROM mark JOIN same USING (child) WHERE until <= $1
			UNION ALL SELECT since FROM member JOIN same USING (child) WHERE since <= $1
			UNION ALL SELECT until FROM member JOIN same USING (child) WHERE until <= $1
		)
		SELECT recorded FROM message WHERE position = (SELECT max(position) FROM said)`, at, [16]byte(child)).Scan(&last)
	if errors.Is(err, pgx.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("find when a child was last recorded: %w", err)
	}
	return last.UTC(), nil
}

// LastOfEach is when something was last recorded of each child until a position: in its case, by its attendance or in a group.
// Sessions stand beside the children, as what was recorded of themselves: whoever asks knows which is a child.
func LastOfEach(ctx context.Context, tx pgx.Tx, at events.Position) ([]LastRecorded, error) {
	rows, err := tx.Query(ctx, `WITH RECURSIVE `+roots+`,
		said AS (
			SELECT about AS child, position FROM message j WHERE about IS NOT NULL AND `+said+`
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
