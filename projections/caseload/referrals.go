package caseload

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// OpenReferral is a referral that has no answer.
type OpenReferral struct {
	Referral   events.Entry
	Child      events.ID // the child it counts as
	Channel    events.Channel
	ReceivedOn events.Day
	Programme  events.ProgrammeID // "": none named
	Form       events.Form        // "": none named
	Days       int                // since it was received
	Placed     bool               // the child has a place that is what it asked for; only the answer is missing
}

// OpenReferrals returns the referrals that were received by a day and have no answer, the longest waiting first.
func OpenReferrals(ctx context.Context, tx pgx.Tx, today events.Day, at events.Position) ([]OpenReferral, error) {
	rows, err := tx.Query(ctx, people+`
		SELECT r.child, r.number, who, channel, received_on, programme, form, $2::date - received_on, n.child IS NOT NULL
		FROM referred r LEFT JOIN `+placedNow+` n ON n.child = r.child AND n.number = r.number
		WHERE outcome IS NULL AND received_on <= $2 ORDER BY received_on, since, r.number`, at, today.Time())
	if err != nil {
		return nil, fmt.Errorf("list open referrals: %w", err)
	}
	return collect(rows, "list open referrals", func(row pgx.CollectableRow) (r OpenReferral, err error) {
		var key entryKey
		var received time.Time
		err = row.Scan((*[16]byte)(&key.child), &key.number, (*[16]byte)(&r.Child), &r.Channel, &received, &r.Programme, &r.Form, &r.Days, &r.Placed)
		r.Referral, r.ReceivedOn = key.entry(), events.DayOf(received)
		return r, err
	})
}

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

// Waited is how long it took from a referral to the first place that was what it asked for, by that place's programme
// and the year it began.
type Waited struct {
	Programme events.ProgrammeID
	Year      events.Year
	Referrals int
	Median    float64 // days
	Longest   int     // days
}

// WaitingTimes returns how long referrals waited that led to a place. One that was answered otherwise did not.
func WaitingTimes(ctx context.Context, tx pgx.Tx, at events.Position) ([]Waited, error) {
	rows, err := tx.Query(ctx, people+`
		SELECT p.programme, extract(year FROM p.enrolled_on)::int, count(*),
			percentile_cont(0.5) WITHIN GROUP (ORDER BY p.enrolled_on - received_on), max(p.enrolled_on - received_on)
		FROM (
			SELECT DISTINCT ON (r.child, r.number) p.programme, p.enrolled_on, r.received_on
			FROM referred r JOIN placed p ON `+answers+` AND p.enrolled_on >= r.received_on
			WHERE coalesce(r.outcome, 'accepted') = 'accepted' ORDER BY r.child, r.number, p.enrolled_on, p.since, p.number) p
		GROUP BY p.programme, 2 ORDER BY p.programme COLLATE "C", 2`, at)
	if err != nil {
		return nil, fmt.Errorf("measure waiting times: %w", err)
	}
	return collect(rows, "measure waiting times", pgx.RowToStructByPos[Waited])
}
