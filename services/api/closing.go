package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections/register"
	"rackvidd/services/casework"
)

type closeGroup struct {
	Municipal
	Keyed
	Versioned
	ID   events.ID `path:"id"`
	Body struct {
		ClosedOn events.Day `json:"closed_on" doc:"the last day on which it meets"`
	}
}

type reopenGroup struct {
	Municipal
	Keyed
	Versioned
	ID events.ID `path:"id"`
}

// mostCancelled is how many sessions a closing cancels at most: it is one decision, and stands or falls as one.
const mostCancelled = 900

// errMorePlanned says that more is planned after the day than there was when it was looked for.
var errMorePlanned = errors.New("more was planned meanwhile")

// closeGroup closes a group, and cancels in the same decision what is planned after its last day.
func (s *server) closeGroup(ctx context.Context, c caller, in *closeGroup) (*Answer[GroupReceipt], error) {
	for {
		answer, err := s.closeWith(ctx, c, in)
		if !errors.Is(err, errMorePlanned) {
			return answer, err
		}
	}
}

func (s *server) closeWith(ctx context.Context, c caller, in *closeGroup) (*Answer[GroupReceipt], error) {
	after, seen, err := s.sessionsAfter(ctx, c, in.ID, in.Body.ClosedOn)
	if err != nil {
		return nil, err
	}
	list := append(about(events.GroupOf(in.ID)), about(after...)...)
	_, result, err := carryOut(ctx, s, c, change[*casework.Group]{
		key: in.IdempotencyKey, versioned: in.Versioned, request: []any{in.ID, in.Body}, about: list, alone: true, owns: c.ownsGroup,
		rule: func(g *casework.Group, _ command) ([]events.Event, error) {
			if err := s.asSeen(ctx, c, in, after, seen); err != nil {
				return nil, err
			}
			for _, d := range list[1:] {
				one := state[*casework.Session](d)
				if one.Programme != g.Programme { // it was corrected to be another programme's
					continue
				}
				decided, err := one.CloseAfter(in.Body.ClosedOn)
				if err := record(d, decided, err); err != nil {
					return nil, err
				}
			}
			return g.Close(in.Body.ClosedOn)
		},
	})
	return receiveGroup(in.ID, result, err)
}

// sessionsAfter are those of a group after a day, as far as the log has come now.
func (s *server) sessionsAfter(ctx context.Context, c caller, group events.ID, day events.Day) (list []events.Stream, head events.Position, err error) {
	if head, err = s.Log.Head(ctx, c.municipality); err != nil {
		return nil, 0, err
	}
	_, err = s.registers(ctx, c, head, func(tx pgx.Tx, at events.Position) error {
		after, err := register.Sessions(ctx, tx, register.Wanted{Group: group, From: day + 1, Limit: mostCancelled + 1}, at)
		if len(after) > mostCancelled {
			return newProblem(http.StatusConflict, "too_many_sessions", fmt.Sprintf("more than %d sessions are planned after the day in body.closed_on; cancel some of them first", mostCancelled))
		}
		for _, one := range after {
			list = append(list, events.SessionOf(one.Session))
		}
		return err
	})
	return list, head, err
}

// asSeen returns errMorePlanned where the sessions after the day are others than those that were seen at a position.
func (s *server) asSeen(ctx context.Context, c caller, in *closeGroup, after []events.Stream, seen events.Position) error {
	head, err := s.Log.Head(ctx, c.municipality)
	if err != nil || head == seen {
		return err
	}
	now, _, err := s.sessionsAfter(ctx, c, in.ID, in.Body.ClosedOn)
	if err == nil && !slices.Equal(now, after) {
		err = errMorePlanned
	}
	return err
}

func (s *server) reopenGroup(ctx context.Context, c caller, in *reopenGroup) (*Answer[GroupReceipt], error) {
	_, result, err := carryOut(ctx, s, c, change[*casework.Group]{
		key: in.IdempotencyKey, versioned: in.Versioned, request: []any{in.ID}, about: about(events.GroupOf(in.ID)), owns: c.ownsGroup,
		rule: func(g *casework.Group, _ command) ([]events.Event, error) { return g.Reopen() },
	})
	return receiveGroup(in.ID, result, err)
}
