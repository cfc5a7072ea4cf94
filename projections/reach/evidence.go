package reach

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

//go:embed evidence.sql
var common string

const (
	attendedQuery = `SELECT child, home, form, programme, count(DISTINCT session) FROM there GROUP BY child, home, form, programme`
	enrolledQuery = `SELECT DISTINCT child, home, form, programme FROM place`
	// A head count of unknown children counts where it was taken, unless it says that they were guests.
	crowdsQuery = `, counted AS (
  SELECT h.session, h.form, sum(n.children) AS children
  FROM held h JOIN headcount n ON n.session = h.session
  WHERE n.target = 'substance_abuse' AND coalesce(nullif(n.home, ''), $2) = $2 AND n.since <= $1 AND (n.until IS NULL OR n.until > $1)
  GROUP BY h.session, h.form
)
SELECT c.form, c.children, array(SELECT DISTINCT t.child FROM there t WHERE t.session = c.session AND t.home = $2) FROM counted c
UNION ALL
SELECT form, children, '{}' FROM guests
WHERE held_on BETWEEN $3 AND $4 AND since <= $1 AND (until IS NULL OR until > $1)`
	referredQuery = `, known AS (
  SELECT f.child, coalesce(r.root, f.child) AS root, f.channel, f.received_on, f.since, f.ordinal
  FROM referral f LEFT JOIN root r ON r.child = f.child WHERE f.since <= $1 AND (f.until IS NULL OR f.until > $1)
)
SELECT root, channel, received_on, since, ordinal FROM known
WHERE received_on BETWEEN $3 AND $4 OR root IN (SELECT child FROM there UNION SELECT child FROM place)`
	// The last correction outweighs all that is none, whenever it was stated. Of statements that disagree, the latest
	// birth year counts, and a gender on which they disagree is unknown.
	peopleQuery = `, counted AS (
  SELECT child FROM there UNION SELECT child FROM place
), said AS (
  SELECT c.child, s.birth_year, s.gender, s.correction
  FROM counted c JOIN statement s ON s.child = c.child WHERE s.since <= $1
  UNION ALL
  SELECT r.root, s.birth_year, s.gender, s.correction
  FROM root r JOIN statement s ON s.child = r.child WHERE s.since <= $1
)
SELECT child, coalesce((array_agg(birth_year ORDER BY correction DESC, birth_year DESC) FILTER (WHERE birth_year > 0))[1], 0),
  coalesce(max(gender) FILTER (WHERE gender <> '' AND correction > 0 AND correction = latest),
    CASE WHEN count(DISTINCT gender) FILTER (WHERE gender <> '') = 1 THEN max(gender) FILTER (WHERE gender <> '') END, 'unknown')
FROM (SELECT *, max(correction) FILTER (WHERE gender <> '') OVER (PARTITION BY child) AS latest FROM said) s
GROUP BY child`
)

// Gather reads the evidence of a period as of a position. tx's search path is at the read model.
func Gather(ctx context.Context, tx pgx.Tx, m events.Municipality, p Period, at events.Position) (Evidence, error) {
	e := Evidence{Municipal: m, People: make(map[events.ID]Person)}
	args := []any{int64(at), string(m), p.From.Time(), p.To.Time()}
	batch := &pgx.Batch{}
	batch.Queue(common+attendedQuery, args...).Query(func(rows pgx.Rows) error {
		var a Attendance
		_, err := pgx.ForEachRow(rows, []any{&a.Child, &a.Home, &a.Form, &a.Programme, &a.Sessions}, func() error {
			e.Attended = append(e.Attended, a)
			return nil
		})
		return err
	})
	batch.Queue(common+enrolledQuery, args...).Query(func(rows pgx.Rows) error {
		var n Place
		_, err := pgx.ForEachRow(rows, []any{&n.Child, &n.Home, &n.Form, &n.Programme}, func() error {
			e.Enrolled = append(e.Enrolled, n)
			return nil
		})
		return err
	})
	batch.Queue(common+crowdsQuery, args...).Query(func(rows pgx.Rows) error {
		var c Crowd
		_, err := pgx.ForEachRow(rows, []any{&c.Form, &c.Unidentified, &c.Children}, func() error {
			e.Crowds = append(e.Crowds, c)
			c.Children = nil
			return nil
		})
		return err
	})
	batch.Queue(common+referredQuery, args...).Query(func(rows pgx.Rows) error { return e.scanReferrals(rows) })
	batch.Queue(common+peopleQuery, args...).Query(func(rows pgx.Rows) error {
		var child events.ID
		var who Person
		_, err := pgx.ForEachRow(rows, []any{&child, &who.BirthYear, &who.Gender}, func() error {
			e.People[child] = who
			return nil
		})
		return err
	})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return e, fmt.Errorf("gather the evidence of %s: %w", m, err)
	}
	return e, nil
}

func (e *Evidence) scanReferrals(rows pgx.Rows) error {
	var r Referral
	var day time.Time
	_, err := pgx.ForEachRow(rows, []any{&r.Child, &r.Channel, &day, &r.Rank.Position, &r.Rank.Ordinal}, func() error {
		r.ReceivedOn = events.DayOf(day)
		e.Referred = append(e.Referred, r)
		return nil
	})
	return err
}

// RoundDown returns the last position at or before at that does not fall inside a decision of several messages.
func RoundDown(ctx context.Context, tx pgx.Tx, at events.Position) (events.Position, error) {
	const query = `SELECT coalesce((SELECT first - 1 FROM span WHERE first <= $1 AND last > $1), $1)`
	err := tx.QueryRow(ctx, query, int64(at)).Scan(&at)
	return at, err
}

// PositionAt returns the last position that was recorded no later than t, where head is the last one of all.
func PositionAt(ctx context.Context, tx pgx.Tx, t time.Time, head events.Position) (events.Position, error) {
	const query = `SELECT coalesce((SELECT min(position) - 1 FROM moment WHERE recorded > $1), $2)`
	var at events.Position
	err := tx.QueryRow(ctx, query, t, int64(head)).Scan(&at)
	return at, err
}
