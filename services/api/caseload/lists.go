package caseload

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// Programmes returns all that are registered at a position, in the order of their ids. tx's search path is at the read
// model.
func Programmes(ctx context.Context, tx pgx.Tx, at events.Position) ([]events.ProgrammeRegistered, error) {
	rows, err := tx.Query(ctx, `SELECT stated FROM programme
		WHERE since <= $1 AND (until IS NULL OR until > $1) ORDER BY programme COLLATE "C"`, int64(at))
	if err != nil {
		return nil, fmt.Errorf("list programmes: %w", err)
	}
	return pgx.CollectRows(rows, scanStated[events.ProgrammeRegistered])
}

func scanStated[E any](row pgx.CollectableRow) (e E, err error) {
	var text string
	if err = row.Scan(&text); err == nil {
		err = json.Unmarshal([]byte(text), &e)
	}
	return e, err
}

// Group is a group, how many are in it and how often it meets.
type Group struct {
	events.GroupFormed
	Members, Sessions int
}

// Groups returns all groups, by programme and name.
func Groups(ctx context.Context, tx pgx.Tx) ([]Group, error) {
	rows, err := tx.Query(ctx, `
		SELECT g.stated,
			(SELECT count(*) FROM member m WHERE m.grp = g.grp AND m.until IS NULL),
			(SELECT count(*) FROM gathering h WHERE h.grp = g.grp AND NOT EXISTS (
				SELECT FROM void v WHERE v.session = h.session AND v.until IS NULL))
		FROM grp g WHERE g.until IS NULL ORDER BY g.programme COLLATE "C", (g.stated::json ->> 'name') COLLATE "C", g.grp`)
	if err != nil {
		return nil, fmt.Errorf("list groups: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (g Group, err error) {
		var text string
		if err = row.Scan(&text, &g.Members, &g.Sessions); err == nil {
			err = json.Unmarshal([]byte(text), &g.GroupFormed)
		}
		return g, err
	})
}

// Session is an occasion and how many are marked in its register.
type Session struct {
	Session      events.ID
	Programme    events.ProgrammeID
	Form         events.Form
	HeldOn       events.Day
	Group        events.ID
	Cancelled    bool
	Attended     int
	Absent       int
	Unidentified int
	Adults       int
}

// Wanted narrows a list of sessions. What is zero does not narrow.
type Wanted struct {
	From, To   events.Day
	Programmes []events.ProgrammeID // nil: all
	Group      events.ID
	Limit      int
}

// Sessions returns those that were not withdrawn, the latest first.
func Sessions(ctx context.Context, tx pgx.Tx, w Wanted) ([]Session, error) {
	var from, to *time.Time
	if w.From != 0 {
		from = new(w.From.Time())
	}
	if w.To != 0 {
		to = new(w.To.Time())
	}
	rows, err := tx.Query(ctx, `
		SELECT s.session, s.programme, s.form, s.held_on, coalesce(h.grp, '00000000-0000-0000-0000-000000000000'),
			EXISTS (SELECT FROM void v WHERE v.session = s.session AND v.why = 'cancelled' AND v.until IS NULL),
			k.attended, k.absent, coalesce(n.unidentified, 0), coalesce(n.adults, 0)
		FROM session s LEFT JOIN gathering h USING (session),
			LATERAL (SELECT count(*) FILTER (WHERE attended AND role = 'child') AS attended, count(*) FILTER (WHERE NOT attended AND role = 'child') AS absent
				FROM mark k WHERE k.session = s.session AND k.until IS NULL) k,
			LATERAL (SELECT sum(people) FILTER (WHERE role = 'child') AS unidentified, sum(people) FILTER (WHERE role = 'adult') AS adults
				FROM headcount c WHERE c.session = s.session AND c.until IS NULL) n
		WHERE s.until IS NULL
			AND ($1::date IS NULL OR s.held_on >= $1) AND ($2::date IS NULL OR s.held_on <= $2)
			AND ($3::text[] IS NULL OR s.programme = ANY ($3)) AND ($4::uuid IS NULL OR h.grp = $4)
			AND NOT EXISTS (SELECT FROM void v WHERE v.session = s.session AND v.why = 'withdrawn' AND v.until IS NULL)
		ORDER BY s.held_on DESC, s.session LIMIT $5`, from, to, w.Programmes, nullable(w.Group), w.Limit)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s Session, err error) {
		var day time.Time
		err = row.Scan(&s.Session, &s.Programme, &s.Form, &day, &s.Group, &s.Cancelled, &s.Attended, &s.Absent, &s.Unidentified, &s.Adults)
		s.HeldOn = events.DayOf(day)
		return s, err
	})
}

func nullable(id events.ID) *[16]byte {
	if id.IsZero() {
		return nil
	}
	b := [16]byte(id)
	return &b
}

// Where says in which sessions a child has ever been marked, and which programmes those and its groups belong to.
func Where(ctx context.Context, tx pgx.Tx, child events.ID) (sessions []events.ID, programmes []events.ProgrammeID, err error) {
	rows, err := tx.Query(ctx, `
		SELECT DISTINCT k.session, coalesce(s.programme, '') FROM mark k LEFT JOIN session s ON s.session = k.session AND s.until IS NULL WHERE k.child = $1
		UNION SELECT NULL, g.programme FROM member m JOIN grp g ON g.grp = m.grp AND g.until IS NULL WHERE m.child = $1 AND m.until IS NULL
		ORDER BY 1`, [16]byte(child))
	if err != nil {
		return nil, nil, fmt.Errorf("find a child's sessions: %w", err)
	}
	var session *[16]byte
	var programme events.ProgrammeID
	_, err = pgx.ForEachRow(rows, []any{&session, &programme}, func() error {
		if session != nil {
			sessions = append(sessions, *session)
		}
		programmes = append(programmes, programme)
		return nil
	})
	return sessions, programmes, err
}
