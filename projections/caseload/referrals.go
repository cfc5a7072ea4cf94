package caseload

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// Queue is who waits for a programme: referred to it, with neither an answer nor a place.
type Queue struct {
	Programme events.ProgrammeID // "": to no programme in particular
	Referrals int
	Children  int
	Longest   int // days
}

// Queues returns how many wait on a day, by programme.
func Queues(ctx context.Context, tx pgx.Tx, today events.Day, at events.Position) ([]Queue, error) {
	rows, err := tx.Query(ctx, people+`
		SELECT programme, count(*), count(DISTINCT who), max($2::date - received_on)
		FROM referred r LEFT JOIN `+placedNow+` n ON n.child = r.child AND n.number = r.number
		WHERE outcome IS NULL AND received_on <= $2 AND n.child IS NULL
		GROUP BY programme ORDER BY programme COLLATE "C"`, at, today.Time())
	if err != nil {
		return nil, fmt.Errorf("count who waits: %w", err)
	}
	return collect(rows, "count who waits", pgx.RowToStructByPos[Queue])
}
