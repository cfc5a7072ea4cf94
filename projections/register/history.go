package register

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// What a line of a child's history is about.
type What string

const (
	Referral       What = "referral"
	ReferralClosed What = "referral_closed"
	Enrolment      What = "enrolment"
	EnrolmentEnded What = "enrolment_ended"
	Attendance     What = "session"
	Merged         What = "merged"
	Erased         What = "erased"
)

// Line is one thing as it was recorded of a child, whether it still stands or not: a correction is a line of its own,
// and the line before it is still there, with the position at which it ceased to stand.
type Line struct {
	What  What
	Child events.ID    // of whom it was recorded
	Entry events.Entry // of a referral, an enrolment and what ends them
	On    events.Day   // when it happened; 0 for a merge or an erasure

	Programme events.ProgrammeID
	Form      events.Form
	Channel   events.Channel
	Outcome   events.Outcome
	EndReason events.EndReason
	Closes    events.Entry // what an end ends; zero: it waits
	Home      events.Municipality
	Target    events.Target

	Session  events.ID
	State    State // of the session
	Role     events.Role
	Attended bool
	Into     events.ID // of a merge

	Corrected events.Reason // why this line replaced another; "": it did not
	Since     events.Position
	Recorded  time.Time
	Actor     events.ID

	Until     events.Position // from where it no longer stands; 0: it stands
	Ended     time.Time       // when that was recorded
	EndedBy   events.ID
	Withdrawn events.Reason // why it was taken back; "": it was not
}

//go:embed history.sql
var historySQL string

// History returns everything that was recorded of a child until a position, and of every child that counts as the
// same one there, in the order in which it happened.
func History(ctx context.Context, tx pgx.Tx, child events.ID, at events.Position) ([]Line, error) {
	rows, err := tx.Query(ctx, historySQL, at, [16]byte(child))
	if err != nil {
		return nil, fmt.Errorf("read a child's history: %w", err)
	}
	return collect(rows, "read a child's history", scanLine)
}

// scanned is what a column of the query means differently from line to line.
type scanned struct {
	child, other, actor, endedBy *[16]byte
	number, closes               int64
	on                           *time.Time
	code                         string
}

func scanLine(row pgx.CollectableRow) (l Line, err error) {
	var s scanned
	err = row.Scan(&l.What, &s.child, &s.number, &s.other, &s.on, &l.Programme, &l.Form, &s.code, &l.Home, &l.Target, &l.Role,
		&s.closes, &l.Attended, &l.Corrected, &l.Since, &l.Recorded, &s.actor, &l.Until, &l.Ended, &s.endedBy, &l.Withdrawn)
	if err != nil {
		return l, err
	}
	l.Child, l.Actor, l.EndedBy = idOf(s.child), idOf(s.actor), idOf(s.endedBy)
	l.Recorded, l.Ended = l.Recorded.UTC(), l.Ended.UTC()
	if l.Until == 0 {
		l.Ended = time.Time{}
	}
	if s.on != nil {
		l.On = events.DayOf(*s.on)
	}
	if s.number != 0 {
		l.Entry = entryKey{l.Child, s.number}.entry()
	}
	if s.closes != 0 {
		l.Closes = entryKey{l.Child, s.closes}.entry()
	}
	l.mean(s)
	return l, nil
}

func (l *Line) mean(s scanned) {
	switch l.What {
	case Referral:
		l.Channel = events.Channel(s.code)
	case ReferralClosed:
		l.Outcome = events.Outcome(s.code)
	case EnrolmentEnded:
		l.EndReason = events.EndReason(s.code)
	case Attendance:
		l.Session, l.State = idOf(s.other), State(s.code)
	case Merged:
		l.Into = idOf(s.other)
	}
}

func idOf(id *[16]byte) events.ID {
	if id == nil {
		return events.ID{}
	}
	return *id
}

// Statement is what an occasion was said to be, from a position to a position.
type Statement struct {
	Programme events.ProgrammeID
	Form      events.Form
	HeldOn    events.Day
	Corrected events.Reason // why; "": the first
	Since     events.Position
	Recorded  time.Time
	Actor     events.ID
	Until     events.Position // 0: it stands
}

// Statements returns all that an occasion was said to be until a position, the first one first.
func Statements(ctx context.Context, tx pgx.Tx, session events.ID, at events.Position) ([]Statement, error) {
	rows, err := tx.Query(ctx, `
		SELECT programme, form, held_on, reason, since, recorded, actor, CASE WHEN until <= $1 THEN until ELSE 0 END
		FROM session JOIN message ON position = since WHERE session = $2 AND since <= $1 ORDER BY since`, at, [16]byte(session))
	if err != nil {
		return nil, fmt.Errorf("read what session %s was: %w", session, err)
	}
	return collect(rows, "read what a session was", func(row pgx.CollectableRow) (s Statement, err error) {
		var held time.Time
		var actor *[16]byte
		err = row.Scan(&s.Programme, &s.Form, &held, &s.Corrected, &s.Since, &s.Recorded, &actor, &s.Until)
		s.HeldOn, s.Recorded, s.Actor = events.DayOf(held), s.Recorded.UTC(), idOf(actor)
		return s, err
	})
}

// SessionsOf are the occasions in whose register a child has stood until a position, itself and not as another.
func SessionsOf(ctx context.Context, tx pgx.Tx, child events.ID, at events.Position) ([]events.ID, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT session FROM mark WHERE child = $2 AND since <= $1 ORDER BY session`, at, [16]byte(child))
	if err != nil {
		return nil, fmt.Errorf("find a child's sessions: %w", err)
	}
	return collect(rows, "find a child's sessions", scanID)
}

// Programmes a child has or had to do with until a position: by referral, enrolment, register or group, itself or as
// one that counts as the same; what was taken back counts as well, and what another municipality held does not: its programme
// may be called as one of this one's. Whoever works in one of them may see it.
func ProgrammesOf(ctx context.Context, tx pgx.Tx, child events.ID, at events.Position) ([]events.ProgrammeID, error) {
	rows, err := tx.Query(ctx, programmesOfSQL, at, [16]byte(child))
	if err != nil {
		return nil, fmt.Errorf("find a child's programmes: %w", err)
	}
	return collect(rows, "find a child's programmes", pgx.RowTo[events.ProgrammeID])
}

var programmesOfSQL = `WITH RECURSIVE ` + roots + `,
	same AS (
		SELECT $2::uuid AS child
		UNION SELECT root FROM root WHERE child = $2
		UNION SELECT child FROM root WHERE root = coalesce((SELECT root FROM root WHERE child = $2), $2))
	SELECT programme FROM (
		SELECT programme FROM referral t JOIN same USING (child) WHERE t.since <= $1
		UNION SELECT programme FROM enrolment t JOIN same USING (child) WHERE t.since <= $1
		UNION SELECT s.programme FROM mark t JOIN same USING (child) JOIN session s USING (session) WHERE s.provider = '' AND t.since <= $1 AND ` + holds("s") + `
		UNION SELECT g.programme FROM member t JOIN same USING (child) JOIN groups g USING (grp) WHERE t.since <= $1 AND ` + holds("g") + `
	) p WHERE programme <> '' ORDER BY programme COLLATE "C"`

// Membership is a child's being in a group, as long as it was.
type Membership struct {
	Group     events.ID
	Programme events.ProgrammeID
	Form      events.Form
	Name      string // of the group, as it is called at the position
	Joined    time.Time
	Left      time.Time // zero: it is in it
}

// MembershipsOf are the groups that a child has been put into until a position, itself and not as another, the first one first.
func MembershipsOf(ctx context.Context, tx pgx.Tx, child events.ID, at events.Position) ([]Membership, error) {
	rows, err := tx.Query(ctx, `
		SELECT m.grp, g.programme, g.form, g.name, j.recorded, coalesce(l.recorded, 'epoch')
		FROM member m JOIN message j ON j.position = m.since LEFT JOIN message l ON l.position = m.until AND m.until <= $1
			JOIN groups g ON g.grp = m.grp AND `+holds("g")+`
		WHERE m.child = $2 AND m.since <= $1 ORDER BY m.since, m.grp`, at, [16]byte(child))
	if err != nil {
		return nil, fmt.Errorf("find a child's groups: %w", err)
	}
	return collect(rows, "find a child's groups", func(row pgx.CollectableRow) (m Membership, err error) {
		err = row.Scan((*[16]byte)(&m.Group), &m.Programme, &m.Form, &m.Name, &m.Joined, &m.Left)
		if m.Joined, m.Left = m.Joined.UTC(), m.Left.UTC(); m.Left.Unix() == 0 {
			m.Left = time.Time{}
		}
		return m, err
	})
}
