package register

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// SessionsOf are the occasions in whose register a child has stood until a position, itself and not as another.
func SessionsOf(ctx context.Context, tx pgx.Tx, child events.ID, at events.Position) ([]events.ID, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT session FROM mark WHERE child = $2 AND since <= $1 ORDER BY session`, at, [16]byte(child))
	if err != nil {
		return nil, fmt.Errorf("find a child's sessions: %w", err)
	}
	return collect(rows, "find a child's sessions", scanID)
}

// Work is that a programme has or had to do with a child.
type Work struct {
	Programme events.ProgrammeID
	Stands    bool // not all of it was taken back
}

// ProgrammesOf are those that each child has or had to do with until a position: by referral, enrolment, register or group, itself or as
// one that counts as the same; what was taken back counts as well, and what another municipality held does not: its programme
// may be called as one of this one's. Whoever works in one of them may see it.
func ProgrammesOf(ctx context.Context, tx pgx.Tx, children []events.ID, at events.Position) (map[events.ID][]Work, error) {
	asked := make([][16]byte, len(children))
	for i, child := range children {
		asked[i] = child
	}
	rows, err := tx.Query(ctx, programmesOfSQL, at, asked)
	if err != nil {
		return nil, fmt.Errorf("find children's programmes: %w", err)
	}
	list := make(map[events.ID][]Work)
	var whose [16]byte
	var work Work
	_, err = pgx.ForEachRow(rows, []any{&whose, &work.Programme, &work.Stands}, func() error {
		list[whose] = append(list[whose], work)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find children's programmes: %w", err)
	}
	return list, nil
}

var programmesOfSQL = `WITH RECURSIVE ` + roots + `, ` + sameAsEach + `
	SELECT whose, programme, bool_or(stands) FROM (
		SELECT whose, programme, ` + holds("t") + ` AS stands FROM referral t JOIN same USING (child) WHERE t.since <= $1
		UNION ALL SELECT whose, programme, ` + holds("t") + ` FROM enrolment t JOIN same USING (child) WHERE t.since <= $1
		UNION ALL SELECT whose, s.programme, ` + holds("t") + ` AND NOT EXISTS (
			SELECT FROM void v WHERE v.session = t.session AND v.why = '` + withdrawn + `' AND ` + holds("v") + `)
		FROM mark t JOIN same USING (child) JOIN session s USING (session) WHERE s.provider = '' AND t.since <= $1 AND ` + holds("s") + `
		UNION ALL SELECT whose, g.programme, ` + holds("t") + ` FROM member t JOIN same USING (child) JOIN groups g USING (grp) WHERE t.since <= $1 AND ` + holds("g") + `
	) p WHERE programme <> '' GROUP BY whose, programme ORDER BY programme COLLATE "C"`

// Membership is a child's being in a group, as long as it was.
type Membership struct {
	Group     events.ID
	Programme events.ProgrammeID
	Form      events.Form
	Name      string     // of the group, as it is called at the position
	ClosedOn  events.Day // of the group; 0: it is open
	Joined    time.Time
	Left      time.Time // zero: it is in it
}

// MembershipsOf are the groups that a child has been put into until a position, itself and not as another, the first one first.
func MembershipsOf(ctx context.Context, tx pgx.Tx, child events.ID, at events.Position) ([]Membership, error) {
	rows, err := tx.Query(ctx, `
		SELECT m.grp, g.programme, g.form, g.name, (SELECT closed_on FROM closure c WHERE c.grp = m.grp AND `+holds("c")+`), j.recorded, coalesce(l.recorded, 'epoch')
		FROM member m JOIN message j ON j.position = m.since LEFT JOIN message l ON l.position = m.until AND m.until <= $1
			JOIN groups g ON g.grp = m.grp AND `+holds("g")+`
		WHERE m.child = $2 AND m.since <= $1 ORDER BY m.since, m.grp`, at, [16]byte(child))
	if err != nil {
		return nil, fmt.Errorf("find a child's groups: %w", err)
	}
	return collect(rows, "find a child's groups", func(row pgx.CollectableRow) (m Membership, err error) {
		var closed *time.Time
		err = row.Scan((*[16]byte)(&m.Group), &m.Programme, &m.Form, &m.Name, &closed, &m.Joined, &m.Left)
		if closed != nil {
			m.ClosedOn = events.DayOf(*closed)
		}
		if m.Joined, m.Left = m.Joined.UTC(), m.Left.UTC(); m.Left.Unix() == 0 {
			m.Left = time.Time{}
		}
		return m, err
	})
}
