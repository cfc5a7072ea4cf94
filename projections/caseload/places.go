package caseload

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// Enrolled is how many have a place, in one form of one programme.
type Enrolled struct {
	Programme  events.ProgrammeID
	Form       events.Form
	Children   int
	Enrolments int
}

// EnrolledNow returns how many have a place on a day, by programme and form.
func EnrolledNow(ctx context.Context, tx pgx.Tx, today events.Day, at events.Position) ([]Enrolled, error) {
	rows, err := tx.Query(ctx, people+`
		SELECT programme, form, count(DISTINCT who), count(*)
		FROM placed WHERE enrolled_on <= $2 AND (ended_on IS NULL OR ended_on >= $2)
		GROUP BY programme, form ORDER BY programme COLLATE "C", form COLLATE "C"`, at, today.Time())
	if err != nil {
		return nil, fmt.Errorf("count the enrolled: %w", err)
	}
	return collect(rows, "count the enrolled", pgx.RowToStructByPos[Enrolled])
}

// Room is how full a group is.
type Room struct {
	Group     events.ID
	Programme events.ProgrammeID
	Form      events.Form
	Name      events.Name
	Places    int // 0: not stated
	Members   int
}

// Left is how many places are left; ok is false where it is not stated how many there are.
func (r Room) Left() (n int, ok bool) { return max(0, r.Places-r.Members), r.Places > 0 }

// Rooms returns how full each group is, by programme and name.
func Rooms(ctx context.Context, tx pgx.Tx, at events.Position) ([]Room, error) {
	rows, err := tx.Query(ctx, people+`
		SELECT grp, programme, form, name, places,
			(SELECT count(DISTINCT coalesce(root, m.child)) FROM member m LEFT JOIN root USING (child) WHERE m.grp = g.grp AND `+holds("m")+`)
		FROM groups g WHERE `+holds("g")+` ORDER BY programme COLLATE "C", name COLLATE "C", grp`, at)
	if err != nil {
		return nil, fmt.Errorf("list groups: %w", err)
	}
	return collect(rows, "list groups", func(row pgx.CollectableRow) (r Room, err error) {
		err = row.Scan((*[16]byte)(&r.Group), &r.Programme, &r.Form, &r.Name, &r.Places, &r.Members)
		return r, err
	})
}
