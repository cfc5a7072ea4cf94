package register

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// Programmes returns what gives support at a position, in the order of their ids.
func Programmes(ctx context.Context, tx pgx.Tx, at events.Position) ([]events.ProgrammeRegistered, error) {
	rows, err := tx.Query(ctx, `SELECT programme, name, forms, organiser, provider, target, identity, district, valid_from
		FROM programme p WHERE `+holds("p")+` ORDER BY programme COLLATE "C"`, at)
	if err != nil {
		return nil, fmt.Errorf("list programmes: %w", err)
	}
	return collect(rows, "list programmes", func(row pgx.CollectableRow) (p events.ProgrammeRegistered, err error) {
		var forms string
		var from time.Time
		err = row.Scan(&p.Programme, &p.Name, &forms, &p.Organiser, &p.ProviderMunicipality, &p.Target, &p.Identity, &p.District, &from)
		for form := range strings.SplitSeq(forms, ",") {
			if form != "" {
				p.Forms = append(p.Forms, events.Form(form))
			}
		}
		p.ValidFrom = events.DayOf(from)
		return p, err
	})
}

// Group is a group, how many children are in it and how many occasions it has that were not cancelled or withdrawn.
type Group struct {
	events.GroupFormed
	ClosedOn          events.Day // 0: it is open
	Members, Sessions int
}

// Groups returns the groups at a position, by programme and name.
func Groups(ctx context.Context, tx pgx.Tx, at events.Position) ([]Group, error) {
	rows, err := tx.Query(ctx, `WITH RECURSIVE `+roots+`
		SELECT grp, programme, form, name, places, district,
			(SELECT closed_on FROM closure c WHERE c.grp = g.grp AND `+holds("c")+`),
			(SELECT count(DISTINCT coalesce(r.root, m.child)) FROM member m LEFT JOIN root r USING (child) WHERE m.grp = g.grp AND `+holds("m")+`),
			(SELECT count(*) FROM opened o WHERE o.grp = g.grp AND o.since <= $1 AND NOT EXISTS (
				SELECT FROM void v WHERE v.session = o.session AND `+holds("v")+`))
		FROM groups g WHERE `+holds("g")+` ORDER BY programme COLLATE "C", name COLLATE "C", grp`, at)
	if err != nil {
		return nil, fmt.Errorf("list groups: %w", err)
	}
	return collect(rows, "list groups", func(row pgx.CollectableRow) (g Group, err error) {
		var closed *time.Time
		err = row.Scan((*[16]byte)(&g.Group), &g.Programme, &g.Form, &g.Name, &g.Places, &g.District, &closed, &g.Members, &g.Sessions)
		if closed != nil {
			g.ClosedOn = events.DayOf(*closed)
		}
		return g, err
	})
}
