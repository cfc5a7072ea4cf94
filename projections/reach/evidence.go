package reach

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

//go:embed evidence.sql
var common string

// The queries of a period, behind evidence.sql.
const (
	attendedQuery = `, there AS (
  SELECT DISTINCT a.session, coalesce(r.root, a.child) AS child, coalesce(nullif(a.home, ''), m.home, $2) AS home, h.form, h.programme
  FROM held h JOIN attendance a ON a.session = h.session
    LEFT JOIN root r ON r.child = a.child LEFT JOIN home m ON a.home = '' AND m.child = coalesce(r.root, a.child)
  WHERE a.target = 'substance_abuse' AND a.since <= $1 AND (a.until IS NULL OR a.until > $1)
)
SELECT child, home, form, programme, count(*) FROM there GROUP BY child, home, form, programme`
	enrolledQuery = `
SELECT DISTINCT coalesce(r.root, e.child), coalesce(nullif(e.home, ''), $2), e.form, e.programme
FROM enrolment e LEFT JOIN root r ON r.child = e.child
WHERE e.enrolled_on <= $4 AND e.since <= $1 AND (e.until IS NULL OR e.until > $1)
  AND NOT EXISTS (SELECT FROM ending x WHERE x.child = e.child AND x.enrolment = e.number AND x.ended_on < $3
    AND x.since <= $1 AND (x.until IS NULL OR x.until > $1))`
	// A head count of unknown children counts where it was taken, unless it says that they were guests.
	crowdsQuery = `, counted AS (
  SELECT h.session, h.form, sum(n.children) AS children
  FROM held h JOIN headcount n ON n.session = h.session
  WHERE n.target = 'substance_abuse' AND coalesce(nullif(n.home, ''), $2) = $2 AND n.since <= $1 AND (n.until IS NULL OR n.until > $1)
  GROUP BY h.session, h.form
), there AS (
  SELECT c.session, array_agg(DISTINCT coalesce(r.root, a.child)) AS children
  FROM counted c JOIN attendance a ON a.session = c.session
    LEFT JOIN root r ON r.child = a.child LEFT JOIN home m ON a.home = '' AND m.child = coalesce(r.root, a.child)
  WHERE a.target = 'substance_abuse' AND a.since <= $1 AND (a.until IS NULL OR a.until > $1)
    AND coalesce(nullif(a.home, ''), m.home, $2) = $2
  GROUP BY c.session
)
SELECT c.form, c.children, coalesce(t.children, '{}') FROM counted c LEFT JOIN there t ON t.session = c.session
UNION ALL
SELECT form, children, '{}' FROM guests
WHERE held_on BETWEEN $3 AND $4 AND since <= $1 AND (until IS NULL OR until > $1)`
	mergedQuery = `SELECT child, into_child FROM merge WHERE since <= $1 AND (until IS NULL OR until > $1)`
)

// The queries about children that the period's show. $2 is those children and everybody who counts as one of them.
const (
	referredQuery = `
SELECT child, channel, received_on, since, ordinal FROM referral
WHERE received_on BETWEEN $3 AND $4 AND since <= $1 AND (until IS NULL OR until > $1)
UNION ALL
SELECT r.child, r.channel, r.received_on, r.since, r.ordinal FROM unnest($2::uuid[]) AS c(child) JOIN referral r ON r.child = c.child
WHERE r.received_on NOT BETWEEN $3 AND $4 AND r.since <= $1 AND (r.until IS NULL OR r.until > $1)`
	statedQuery = `
SELECT s.child, s.birth_year, s.gender, s.correction FROM unnest($2::uuid[]) AS c(child) JOIN statement s ON s.child = c.child
WHERE s.since <= $1`
	erasedQuery = `SELECT e.child FROM unnest($2::uuid[]) AS c(child) JOIN erased e ON e.child = c.child WHERE e.since <= $1`
)

// Gather reads the evidence of a period as of a position. tx's search path is at the read model.
func Gather(ctx context.Context, tx pgx.Tx, m events.Municipality, p Period, at events.Position) (Evidence, error) {
	g := gathering{Evidence: Evidence{Municipal: m, People: make(map[events.ID]Person), Erased: make(map[events.ID]bool)}, tx: tx, at: int64(at)}
	if err := g.merges(ctx); err != nil {
		return g.Evidence, fmt.Errorf("gather the evidence of %s: %w", m, err)
	}
	if err := g.period(ctx, p); err != nil {
		return g.Evidence, fmt.Errorf("gather the evidence of %s: %w", m, err)
	}
	if err := g.children(ctx, p); err != nil {
		return g.Evidence, fmt.Errorf("gather the evidence of %s: %w", m, err)
	}
	return g.Evidence, nil
}

// gathering is evidence on its way out of the read model.
type gathering struct {
	Evidence
	tx   pgx.Tx
	at   int64
	root map[events.ID]events.ID // the child that a merged one counts as
}

func (g *gathering) merges(ctx context.Context) error {
	into := make(map[events.ID]events.ID)
	rows, err := g.tx.Query(ctx, mergedQuery, g.at)
	if err != nil {
		return err
	}
	var child, keep events.ID
	if _, err := pgx.ForEachRow(rows, []any{&child, &keep}, func() error { into[child] = keep; return nil }); err != nil {
		return err
	}
	g.root = make(map[events.ID]events.ID, len(into))
	for child := range into {
		end := child
		for next, merged := into[end]; merged; next, merged = into[end] {
			end = next
		}
		g.root[child] = end
	}
	return nil
}

func (g *gathering) countsAs(child events.ID) events.ID {
	if root, merged := g.root[child]; merged {
		return root
	}
	return child
}

// period asks what happened in the period, in one round trip.
func (g *gathering) period(ctx context.Context, p Period) error {
	merged, roots := make([]events.ID, 0, len(g.root)), make([]events.ID, 0, len(g.root))
	for child, root := range g.root {
		merged, roots = append(merged, child), append(roots, root)
	}
	batch := &pgx.Batch{}
	ask := func(query string, scan func(pgx.Rows) error) {
		batch.Queue(common+query, g.at, string(g.Municipal), p.From.Time(), p.To.Time(), merged, roots).Query(scan)
	}
	ask(attendedQuery, func(rows pgx.Rows) error {
		var a Attendance
		return each(rows, func() { g.Attended = append(g.Attended, a) }, &a.Child, &a.Home, &a.Form, &a.Programme, &a.Sessions)
	})
	ask(enrolledQuery, func(rows pgx.Rows) error {
		var n Place
		return each(rows, func() { g.Enrolled = append(g.Enrolled, n) }, &n.Child, &n.Home, &n.Form, &n.Programme)
	})
	ask(crowdsQuery, func(rows pgx.Rows) error {
		var c Crowd
		return each(rows, func() {
			g.Crowds = append(g.Crowds, c)
			c.Children = nil
		}, &c.Form, &c.Unidentified, &c.Children)
	})
	return g.tx.SendBatch(ctx, batch).Close()
}

// children asks about the children that the period shows, and about every referral of it.
func (g *gathering) children(ctx context.Context, p Period) error {
	ids := g.shown()
	said := make(map[events.ID][]statement)
	batch := &pgx.Batch{}
	batch.Queue(referredQuery, g.at, ids, p.From.Time(), p.To.Time()).Query(func(rows pgx.Rows) error {
		var r Referral
		var day time.Time
		return each(rows, func() {
			g.Referred = append(g.Referred, Referral{g.countsAs(r.Child), r.Channel, events.DayOf(day), r.Rank})
		}, &r.Child, &r.Channel, &day, &r.Rank.Position, &r.Rank.Ordinal)
	})
	batch.Queue(statedQuery, g.at, ids).Query(func(rows pgx.Rows) error {
		var s statement
		return each(rows, func() { said[g.countsAs(s.child)] = append(said[g.countsAs(s.child)], s) }, &s.child, &s.birthYear, &s.gender, &s.correction)
	})
	batch.Queue(erasedQuery, g.at, ids).Query(func(rows pgx.Rows) error {
		var child events.ID
		return each(rows, func() { g.Erased[g.countsAs(child)] = true }, &child)
	})
	if err := g.tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	for child, list := range said {
		g.People[child] = weigh(list)
	}
	return nil
}

// shown is every child the period shows, and everybody who counts as one of them.
func (g *gathering) shown() []events.ID {
	ids := make(map[events.ID]bool)
	for _, a := range g.Attended {
		ids[a.Child] = true
	}
	for _, n := range g.Enrolled {
		ids[n.Child] = true
	}
	list := slices.Collect(maps.Keys(ids))
	for child, root := range g.root {
		if ids[root] {
			list = append(list, child)
		}
	}
	return list
}

// weigh says what holds of a child of whom several things were said. A correction outweighs whatever else was stated,
// before it or after. Of birth years that disagree the latest counts; a gender they disagree on is unknown.
func weigh(said []statement) (who Person) {
	var yearAt, genderAt events.Position
	disagree, years := false, make(map[events.Year]bool)
	for _, s := range said {
		if s.birthYear != 0 {
			years[s.birthYear] = true
		}
		if s.birthYear != 0 && (s.correction > yearAt || s.correction == yearAt && s.birthYear > who.BirthYear) {
			who.BirthYear, yearAt = s.birthYear, s.correction
		}
		switch {
		case s.gender == "" || s.correction < genderAt:
		case s.correction > genderAt || who.Gender == "":
			who.Gender, genderAt, disagree = s.gender, s.correction, false
		case s.gender != who.Gender:
			disagree = true
		}
	}
	who.Disputed = len(years) > 1 && yearAt == 0
	if disagree || who.Gender == "" {
		who.Gender = events.UnknownGender
	}
	return who
}

// each scans row after row into the same places.
func each(rows pgx.Rows, take func(), into ...any) error {
	_, err := pgx.ForEachRow(rows, into, func() error { take(); return nil })
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
