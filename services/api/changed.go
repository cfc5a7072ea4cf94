package api

import (
	"context"
	"net/http"
	"reflect"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections/register"
	"rackvidd/services/access"
	"rackvidd/services/casework"
	"rackvidd/services/vault"
)

type changedGroup struct {
	Municipal
	AtLeast
	ID    events.ID       `path:"id"`
	Since events.Position `query:"since" doc:"a position of the log"`
}

type changedCase struct {
	Municipal
	AtLeast
	Child events.ID       `path:"child"`
	Since events.Position `query:"since" doc:"a position of the log"`
}

// Changed says whether there is more than what was shown.
type Changed struct {
	Changed bool `json:"changed" doc:"whether anything that concerns it was recorded after that position"`
	Shown
}

func (s *server) changedRoutes() {
	add(s, route{
		id: "group-changed", method: http.MethodGet, path: "groups/{id}/changed", permission: access.ReadGroups,
		summary: "Whether anything of a group, of its sessions or of who their children are was recorded after a position",
	}, s.groupChanged)
	add(s, route{
		id: "case-changed", method: http.MethodGet, path: "cases/{child}/changed", permission: access.ReadCase,
		summary: "Whether anything of one child was recorded after a position; the read is logged, unless nothing was and the account read the child of late",
	}, s.caseChanged)
}

func (s *server) groupChanged(ctx context.Context, c caller, in *changedGroup) (*Answer[Changed], error) {
	name := events.GroupOf(in.ID)
	loaded, at, err := s.streams(ctx, c, in.MinPosition, name)
	if err != nil {
		return nil, err
	}
	if err := c.ownsGroup(state[*casework.Group](loaded[name])); err != nil {
		return nil, err
	}
	body := Changed{Changed: loaded[name].Latest > in.Since, Shown: Shown{at}}
	if !body.Changed {
		_, err = s.registers(ctx, c, at, func(tx pgx.Tx, _ events.Position) (err error) {
			body.Changed, err = register.ChangedOf(ctx, tx, in.Since, in.ID)
			return err
		})
	}
	return show(at, body), err
}

func (s *server) caseChanged(ctx context.Context, c caller, in *changedCase) (*Answer[Changed], error) {
	if err := s.mustKnow(ctx, c, in.Child); err != nil {
		return nil, err
	}
	if err := s.mayChild(ctx, c, in.Child, in.MinPosition); err != nil {
		return nil, err
	}
	name := events.CaseOf(in.Child)
	loaded, at, err := s.streams(ctx, c, in.MinPosition, name)
	if err != nil {
		return nil, err
	}
	body := Changed{Changed: loaded[name].Latest > in.Since, Shown: Shown{at}}
	if !body.Changed {
		_, err = s.registers(ctx, c, at, func(tx pgx.Tx, _ events.Position) (err error) {
			body.Changed, err = register.ChangedFor(ctx, tx, in.Since, in.Child)
			return err
		})
	}
	if err == nil && body.Changed && c.Limited(c.permission, c.municipality) {
		body.Changed, err = s.shownOtherwise(ctx, c, in.Child, in.Since, at)
	}
	if err == nil {
		err = s.noteAsked(ctx, c, in.Child, body.Changed)
	}
	return show(at, body), err
}

// shownOtherwise reports whether a child's history is shown to a caller otherwise than at a position: what other programmes recorded
// meanwhile is not told, nor that they did.
func (s *server) shownOtherwise(ctx context.Context, c caller, child events.ID, since, at events.Position) (bool, error) {
	then, _, err := s.caseAs(ctx, c, child, asKnown{optional[events.Position]{Value: since, Given: true}}, at)
	if err != nil {
		return false, err
	}
	now, _, err := s.caseAs(ctx, c, child, asKnown{}, at)
	then.Shown, now.Shown = Shown{}, Shown{}
	return !reflect.DeepEqual(then, now), err
}

// noteAsked notes a question about a child as a read of its timeline. That nothing came says no more than a page does that
// the account has open, whose read is noted: it is passed over for as long as a page can stand open.
func (s *server) noteAsked(ctx context.Context, c caller, child events.ID, changed bool) error {
	const why = "case"
	if changed {
		return s.Vault.NoteRead(ctx, c.municipality, child, c.Account, why)
	}
	return s.noteOfLate(ctx, c, child, why)
}

// noteAlone notes a list that names one child as a read of that child (services/vault/decisions/0003). An open page asks over and over.
func (s *server) noteAlone(ctx context.Context, c caller, listed ...LabelledChild) error {
	for _, one := range listed {
		if one.Child != listed[0].Child {
			return nil
		}
	}
	if len(listed) == 0 {
		return nil
	}
	return s.noteOfLate(ctx, c, listed[0].Child, "alone")
}

// noteOfLate notes a read, unless the same was noted for as short a time as a page can stand open.
func (s *server) noteOfLate(ctx context.Context, c caller, child events.ID, why string) error {
	q := vault.ReadQuery{Child: child, Account: c.Account, Why: why, From: s.now().Add(-access.SessionLife), Limit: 1}
	noted, err := s.Vault.Reads(ctx, c.municipality, q)
	if err != nil || len(noted) > 0 {
		return err
	}
	return s.Vault.NoteRead(ctx, c.municipality, child, c.Account, why)
}
