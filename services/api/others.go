package api

import (
	"context"
	"net/http"
	"slices"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/casework"
)

// Others are children who may walk in.
type Others struct {
	Children []LabelledChild `json:"children" nullable:"false"`
	More     int             `json:"more" doc:"how many there are beside those"`
	Shown
}

// mostOthers is how many a list has that is read on a telephone.
const mostOthers = 300

func (s *server) otherRoutes() {
	add(s, route{
		id: "list-others", method: http.MethodGet, path: "sessions/{id}/others", permission: access.ReadSessions,
		summary: "Children with a place in an occasion's programme, or who wait for one, who stand in no row of its register: any of them may walk in",
	}, s.listOthers)
}

// listOthers names children whom the caller sees by name on the lists of every day. One with a protected identity has no name
// there, and is not among them.
func (s *server) listOthers(ctx context.Context, c caller, in *oneSession) (*Answer[Others], error) {
	name := events.SessionOf(in.ID)
	loaded, _, err := s.streams(ctx, c, in.MinPosition, name)
	if err != nil {
		return nil, err
	}
	one := state[*casework.Session](loaded[name])
	if err := c.ownsSession(one); err != nil {
		return nil, err
	}
	there, err := s.expected(ctx, c, one)
	if err != nil {
		return nil, err
	}
	for key := range one.Marks {
		there = append(there, key.Child)
	}
	k, err := s.kin(ctx, c, asKnown{}, there...)
	if err != nil {
		return nil, err
	}
	there = k.roots.Children(there...)
	work, at, err := s.desk(ctx, c, in.MinPosition)
	if err != nil {
		return nil, err
	}
	work.keep(func(p events.ProgrammeID) bool { return p == one.Programme })
	children := slices.DeleteFunc(work.children(), func(child events.ID) bool { return slices.Contains(there, k.roots.Of(child)) })
	list, err := s.labelled(ctx, c, children)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(child LabelledChild) bool { return child.Label == "" })
	n := min(len(list), mostOthers)
	if err := s.noteAlone(ctx, c, list...); err != nil {
		return nil, err
	}
	return show(at.Position, Others{append([]LabelledChild{}, list[:n]...), len(list) - n, Shown{at.Position}}), nil
}
