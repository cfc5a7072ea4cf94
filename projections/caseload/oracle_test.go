package caseload

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
)

// asked is a desk as one query for each part of it says.
func asked(ctx context.Context, tx pgx.Tx, today events.Day, at events.Position) (d Desk, waited []Waited, err error) {
	if d.Open, err = openReferrals(ctx, tx, today, at); err != nil {
		return d, nil, err
	}
	if d.Places, err = places(ctx, tx, today, at); err != nil {
		return d, nil, err
	}
	waited, err = waitingTimes(ctx, tx, at)
	return d, waited, err
}

func openReferrals(ctx context.Context, tx pgx.Tx, today events.Day, at events.Position) ([]OpenReferral, error) {
	rows, err := tx.Query(ctx, people+`
		SELECT r.child, r.number, coalesce(record, who), channel, received_on, programme, form, $2::date - received_on, n.child IS NOT NULL
		FROM referred r LEFT JOIN `+placedNow+` n ON n.child = r.child AND n.number = r.number LEFT JOIN called USING (who)
		WHERE outcome IS NULL AND received_on <= $2 AND r.child NOT IN (SELECT child FROM gone) ORDER BY received_on, since, r.number`, at, today.Time())
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

func places(ctx context.Context, tx pgx.Tx, today events.Day, at events.Position) ([]Place, error) {
	rows, err := tx.Query(ctx, people+`
		SELECT p.child, number, coalesce(record, who), programme, form, enrolled_on, $2::date - enrolled_on, home
		FROM placed p LEFT JOIN called USING (who)
		WHERE enrolled_on <= $2 AND (ended_on IS NULL OR ended_on >= $2) AND p.child NOT IN (SELECT child FROM gone) ORDER BY enrolled_on, since, number`, at, today.Time())
	if err != nil {
		return nil, fmt.Errorf("list places: %w", err)
	}
	return collect(rows, "list places", func(row pgx.CollectableRow) (p Place, err error) {
		var key entryKey
		var enrolled time.Time
		err = row.Scan((*[16]byte)(&key.child), &key.number, (*[16]byte)(&p.Child), &p.Programme, &p.Form, &enrolled, &p.Days, &p.Home)
		p.Enrolment, p.EnrolledOn = key.entry(), events.DayOf(enrolled)
		return p, err
	})
}

func waitingTimes(ctx context.Context, tx pgx.Tx, at events.Position) ([]Waited, error) {
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

func TestADeskBroughtForwardIsTheOneAskedFor(t *testing.T) {
	pool := projectiontest.Pool(t)
	for seed := range uint64(20) {
		s := projectiontest.Invent(t, "1880", 200+seed, 120)
		random := rand.New(rand.NewPCG(seed, 7))
		for _, child := range random.Perm(5)[:3] { // two of five stay known
			id := events.ID{0xc0, byte(child)}
			s.Happens(events.CaseOf(id), events.IdentityErased{Child: id})
		}
		messages := s.Messages()
		projectiontest.Show(t, pool, Projection{}, s, func(tx pgx.Tx) {
			var desks Desks
			shown := projections.Checkpoint{Municipality: "1880", Generation: 1, Position: uint64(len(messages))}
			for n := uint64(1); n <= shown.Position; n += 1 + random.Uint64N(3) {
				at, today := n, events.Date(2021, 7, 1)+events.Day(n/40) // now and then a day passes
				if random.IntN(5) == 0 {
					at = 1 + random.Uint64N(n) // somebody asks about the past meanwhile
				}
				for messages[at-1].Part < messages[at-1].Parts {
					at++
				}
				got, err := desks.Of(t.Context(), tx, shown, today, at)
				if err != nil {
					t.Fatal(err)
				}
				want, waited, err := asked(t.Context(), tx, today, at)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got.Open, want.Open) || !slices.Equal(got.Places, want.Places) || !slices.Equal(Measure(got.Waits), waited) {
					t.Fatalf("seed %d at %d on %s:\n%+v, want\n%+v %+v", seed, at, today, got, want, waited)
				}
			}
		})
	}
}
