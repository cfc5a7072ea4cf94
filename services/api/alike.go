package api

import (
	"context"
	"slices"
	"strings"

	"rackvidd/events"
)

type findAlike struct {
	Municipal
	Keyed
	Body struct {
		Label string     `json:"label" private:"yes" minLength:"1" maxLength:"80" doc:"what the coordinator calls the child"`
		Child *events.ID `json:"child,omitempty" doc:"the child itself, where it has a handle: it is not among the answers"`
	}
}

// Alike are children that may be the same.
type Alike struct {
	Children []LabelledChild `json:"children" nullable:"false"`
	Shown
}

const mostAlike = 5

// findAlike finds children that begin with the same name, of those who have a place in the caller's programmes now or wait
// for one: children whom the caller sees by name on the lists of every day. A child with a protected identity has no name
// there, and is never found.
func (s *server) findAlike(ctx context.Context, c caller, in *findAlike) (*Answer[Alike], error) {
	cmd, err := s.lookingFor(ctx, c, in.IdempotencyKey, in.Body)
	if err != nil {
		return nil, err
	}
	if in.Body.Child != nil {
		cmd.child = *in.Body.Child
	}
	work, at, err := s.desk(ctx, c, 0)
	if err != nil {
		return nil, err
	}
	work.keep(func(p events.ProgrammeID) bool { return c.allow(p) == nil })
	children := slices.DeleteFunc(work.children(), func(id events.ID) bool { return in.Body.Child != nil && id == *in.Body.Child })
	there, err := s.labelled(ctx, c, children)
	if err != nil {
		return nil, err
	}
	shown, err := once(ctx, s, c, cmd, func() (events.Position, error) { return at.Position, nil })
	if err != nil {
		return nil, err
	}
	body := Alike{Children: []LabelledChild{}, Shown: Shown{shown}}
	for _, one := range there {
		if strings.EqualFold(calledFirst(one.Label), calledFirst(in.Body.Label)) && len(body.Children) < mostAlike {
			body.Children = append(body.Children, one)
		}
	}
	return show(shown, body), s.noteAlone(ctx, c, body.Children...)
}

// calledFirst is the first word of what a child is called: Bo of Bo A.
func calledFirst(label string) string {
	if words := strings.Fields(label); len(words) > 0 {
		return words[0]
	}
	return ""
}

// children are those on the desk, each once: who waits first.
func (d *desk) children() (list []events.ID) {
	seen := make(map[events.ID]bool)
	add := func(child events.ID) {
		if !seen[child] {
			seen[child] = true
			list = append(list, child)
		}
	}
	for _, r := range d.Open {
		add(r.Child)
	}
	for _, p := range d.Places {
		add(p.Child)
	}
	return list
}
