package api

import (
	"context"
	"errors"
	"fmt"

	"rackvidd/events"
	"rackvidd/services/casework"
)

type cancelPlanned struct {
	Municipal
	Keyed
	ID   events.ID `path:"id"`
	Body struct {
		Sessions []events.ID `json:"sessions" nullable:"false" minItems:"1" maxItems:"400" doc:"of the group; all of them are cancelled, or none is"`
	}
}

type withdrawPlanned struct {
	Municipal
	Keyed
	ID   events.ID `path:"id"`
	Body struct {
		Sessions []events.ID   `json:"sessions" nullable:"false" minItems:"1" maxItems:"400" doc:"of the group, in whose registers nothing stands; all of them are taken back, or none is"`
		Reason   events.Reason `json:"reason"`
	}
}

func (s *server) cancelPlanned(ctx context.Context, c caller, in *cancelPlanned) (*Answer[GroupReceipt], error) {
	return s.changePlanned(ctx, c, in.IdempotencyKey, in.ID, in.Body.Sessions, in.Body, func(one *casework.Session) ([]events.Event, error) {
		return one.Cancel(events.Record{})
	})
}

func (s *server) withdrawPlanned(ctx context.Context, c caller, in *withdrawPlanned) (*Answer[GroupReceipt], error) {
	return s.changePlanned(ctx, c, in.IdempotencyKey, in.ID, in.Body.Sessions, in.Body, func(one *casework.Session) ([]events.Event, error) {
		return one.WithdrawPlanned(in.Body.Reason)
	})
}

// changePlanned decides about several occasions of a group at once: all are changed, or none is.
func (s *server) changePlanned(ctx context.Context, c caller, key string, group events.ID, sessions []events.ID, request any, rule func(*casework.Session) ([]events.Event, error)) (*Answer[GroupReceipt], error) {
	list := about(events.GroupOf(group))
	named := make(map[events.ID]bool)
	at := func(i int) string { return fmt.Sprintf("body.sessions[%d]", i) }
	for i, id := range sessions {
		if named[id] {
			return nil, invalid("repeated", at(i), "is named twice; name each once")
		}
		named[id] = true
		list = append(list, about(events.SessionOf(id))...)
	}
	_, result, err := carryOut(ctx, s, c, change[*casework.Group]{
		key: key, request: []any{group, request}, about: list, owns: c.ownsGroup,
		rule: func(*casework.Group, command) ([]events.Event, error) {
			for i, d := range list[1:] {
				one := state[*casework.Session](d)
				if one.Group != group || c.ownsSession(one) != nil {
					return nil, invalid("unknown_session", at(i), "is no session of the group")
				}
				decided, err := rule(one)
				if refusal := (*casework.Refusal)(nil); errors.As(err, &refusal) {
					err = casework.Refuse(refusal.Why, refusal.Code, at(i), "%s", refusal.Message)
				}
				if err := record(d, decided, err); err != nil {
					return nil, err
				}
			}
			return nil, nil
		},
	})
	if err != nil {
		return nil, err
	}
	return receive(result, GroupReceipt{group, Receipt{result.Position}}), nil
}
