package register

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// State is what became of an occasion.
type State string

const (
	Planned   State = "planned"   // nothing was recorded of who came
	Held      State = "held"      // it has a register, were it an empty one
	Cancelled State = "cancelled" // it was not held
)

// Session is an occasion and how many stand in its register. A child that stands there twice counts once.
type Session struct {
	Session      events.ID
	Programme    events.ProgrammeID
	Form         events.Form
	HeldOn       events.Day
	Group        events.ID           // zero: none
	Provider     events.Municipality // "": this one
	State        State
	Attended     int // children
	Absent       int // children marked as absent and not as attending
	Adults       int // marked by name
	Unidentified int // children nobody identified
	Unnamed      int // adults nobody identified
	Unmarked     int // children without a mark, and not erased, who have been in the programme's group since its register was begun; 0 before that
}

// Wanted narrows a list of sessions. What is zero does not narrow.
type Wanted struct {
	From, To   events.Day
	After      events.ID            // of the occasions on day To only those listed after this one
	Programmes []events.ProgrammeID // nil: all
	Group      events.ID
	Missing    bool // only those planned that no register was written of
	Unfinished bool // those, and those not cancelled with more children unmarked than were counted without a name
	Own        bool // only those that this municipality held
	Limit      int
}

// Sessions returns the occasions that are wanted at a position and were not withdrawn, the latest day first.
func Sessions(ctx context.Context, tx pgx.Tx, w Wanted, at events.Position) ([]Session, error) {
	q := w.query(at)
	rows, err := tx.Query(ctx, q.sql, q.args...)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return collect(rows, "list sessions", scanSession)
}

// query asks for what is wanted and of nothing else: plans are made without a look at the parameters, and a condition that
// may be none keeps every index out of them.
func (w Wanted) query(at events.Position) *query {
	q := &query{sessionSQL, []any{at}}
	if w.From != 0 {
		q.add(" AND s.held_on >= $%d", w.From.Time())
	}
	if w.To != 0 {
		q.add(" AND s.held_on <= $%d", w.To.Time())
	}
	if !w.After.IsZero() {
		q.add(" AND (s.held_on < $%d", w.To.Time())
		q.add(" OR s.session > $%d)", [16]byte(w.After))
	}
	if w.Programmes != nil {
		q.add(" AND s.programme = ANY ($%d)", w.Programmes)
	}
	if !w.Group.IsZero() {
		q.add(" AND o.grp = $%d", [16]byte(w.Group))
	}
	if w.Missing {
		q.sql += " AND v.state = '' AND r.saved = 0"
	}
	if w.Unfinished {
		q.sql += " AND v.state = '' AND (r.saved = 0 OR g.unmarked > n.unidentified)"
	}
	if w.Own {
		q.sql += " AND s.provider = ''"
	}
	q.sql += " ORDER BY s.held_on DESC, s.session"
	if w.Limit > 0 {
		q.add(" LIMIT $%d", w.Limit)
	}
	return q
}

// query is one on its way.
type query struct {
	sql  string
	args []any
}

// add adds what has the number of its parameter in it.
func (q *query) add(sql string, arg any) {
	q.args = append(q.args, arg)
	q.sql += fmt.Sprintf(sql, len(q.args))
}

// sessionSQL reads occasions at position $1 that were not withdrawn; conditions follow.
var sessionSQL = `WITH RECURSIVE ` + roots + `,
	gone AS (
		SELECT child FROM erased e WHERE since <= $1 AND NOT EXISTS (SELECT FROM root WHERE root.child = e.child)
		EXCEPT SELECT root FROM root r WHERE NOT EXISTS (SELECT FROM erased o WHERE o.child = r.child AND o.since <= $1))
	SELECT s.session, s.programme, s.form, s.held_on, o.grp, s.provider,
		CASE WHEN v.state <> '' THEN v.state WHEN r.saved > 0 THEN 'held' ELSE 'planned' END,
		k.attended, k.absent, k.adults, n.unidentified, n.unnamed, g.unmarked
	FROM session s LEFT JOIN opened o ON o.session = s.session,
	LATERAL (SELECT coalesce(max(v.why), '') AS state FROM void v WHERE v.session = s.session AND ` + holds("v") + `) v,
	LATERAL (SELECT coalesce(min(since), 0) AS begun, coalesce(max(since), 0) AS saved FROM saved a WHERE a.session = s.session AND a.since <= $1) r,
	LATERAL (
		SELECT count(*) FILTER (WHERE role = 'child' AND attended) AS attended, count(*) FILTER (WHERE role = 'child' AND NOT attended) AS absent,
			count(*) FILTER (WHERE role = 'adult' AND attended) AS adults, coalesce(array_agg(child) FILTER (WHERE role = 'child'), '{}') AS children
		FROM (SELECT coalesce(root.root, k.child) AS child, k.role, bool_or(k.attended) AS attended FROM mark k LEFT JOIN root USING (child)
			WHERE k.session = s.session AND ` + holds("k") + ` GROUP BY 1, k.role) k) k,
	LATERAL (
		SELECT count(DISTINCT coalesce(root.root, m.child)) AS unmarked FROM member m LEFT JOIN root USING (child)
		WHERE m.grp = o.grp AND m.since <= r.begun AND ` + holds("m") + ` AND coalesce(root.root, m.child) <> ALL (k.children)
			AND coalesce(root.root, m.child) NOT IN (SELECT child FROM gone)
			AND EXISTS (SELECT FROM groups p WHERE p.grp = o.grp AND p.programme = s.programme)) g,
	LATERAL (
		SELECT coalesce(sum(people) FILTER (WHERE role = 'child'), 0)::int AS unidentified, coalesce(sum(people) FILTER (WHERE role = 'adult'), 0)::int AS unnamed
		FROM headcount c WHERE c.session = s.session AND ` + holds("c") + `) n
	WHERE v.state <> 'withdrawn' AND ` + holds("s")

func scanSession(row pgx.CollectableRow) (s Session, err error) {
	var held time.Time
	var group *[16]byte
	err = row.Scan((*[16]byte)(&s.Session), &s.Programme, &s.Form, &held, &group, &s.Provider, &s.State,
		&s.Attended, &s.Absent, &s.Adults, &s.Unidentified, &s.Unnamed, &s.Unmarked)
	if group != nil {
		s.Group = *group
	}
	s.HeldOn = events.DayOf(held)
	return s, err
}
