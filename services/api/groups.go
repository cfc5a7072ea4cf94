package api

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections/register"
	"rackvidd/services/access"
	"rackvidd/services/casework"
)

type formGroup struct {
	Municipal
	Keyed
	Body struct {
		Programme events.ProgrammeID `json:"programme"`
		Form      events.Form        `json:"form"`
		Name      events.Name        `json:"name"`
		Places    events.Count       `json:"places,omitempty"`
		District  events.District    `json:"district,omitempty"`
	}
}

// GroupReceipt answers a write to a group.
type GroupReceipt struct {
	ID events.ID `json:"id"`
	Receipt
}

type amendGroup struct {
	Municipal
	Keyed
	Versioned
	ID   events.ID `path:"id"`
	Body struct {
		Name     events.Name     `json:"name"`
		Places   events.Count    `json:"places,omitempty" doc:"not stated when it is left out"`
		District events.District `json:"district,omitempty"`
	}
}

type setMembers struct {
	Municipal
	Keyed
	Versioned
	ID   events.ID `path:"id"`
	Body struct {
		Members []events.ID `json:"members" nullable:"false" maxItems:"500"`
	}
}

type listOfGroups struct {
	Municipal
	AtLeast
}

type oneGroup struct {
	Municipal
	AtLeast
	ID events.ID `path:"id"`
}

// GroupInfo is what a group is.
type GroupInfo struct {
	ID        events.ID          `json:"id"`
	Programme events.ProgrammeID `json:"programme"`
	Form      events.Form        `json:"form"`
	Name      events.Name        `json:"name"`
	Places    events.Count       `json:"places,omitempty"`
	District  events.District    `json:"district,omitempty"`
	ClosedOn  events.Day         `json:"closed_on,omitzero" doc:"the last day on which it meets; none: it is open"`
}

// GroupSummary is a group in a list.
type GroupSummary struct {
	GroupInfo
	Members  int `json:"members"`
	Sessions int `json:"sessions"`
}

// Groups is all of the caller's programmes.
type Groups struct {
	Groups []GroupSummary `json:"groups" nullable:"false"`
	Shown
}

// LabelledChild is a child by its handle and by what the coordinator calls it.
type LabelledChild struct {
	Child events.ID `json:"child"`
	Label string    `json:"label,omitempty"`
}

// GroupMember is a child in a group.
type GroupMember struct {
	LabelledChild
	Erased bool `json:"erased,omitempty" doc:"nobody can tell any more who the child is: no register asks for it, and it can be taken out"`
}

// Group is a group with those who are in it and its series.
type Group struct {
	GroupInfo
	Version  events.Position  `json:"version"`
	Members  []GroupMember    `json:"members" nullable:"false"`
	Sessions []PlannedSession `json:"sessions" nullable:"false" doc:"as its series were planned; what became of them, and of whatever was planned beside, the list of occasions tells of the group"`
	Shown
}

// PlannedSession is an occasion of a series.
type PlannedSession struct {
	ID     events.ID  `json:"id"`
	HeldOn events.Day `json:"held_on"`
}

func (s *server) groupRoutes() {
	add(s, route{id: "form-group", method: http.MethodPost, path: "groups", permission: access.WriteGroups, creates: true, summary: "Form a group"}, s.formGroup)
	add(s, route{id: "list-groups", method: http.MethodGet, path: "groups", permission: access.ReadGroups, summary: "List the groups"}, s.listGroups)
	add(s, route{id: "get-group", method: http.MethodGet, path: "groups/{id}", permission: access.ReadGroups, summary: "Read a group, with its members' labels"}, s.getGroup)
	add(s, route{id: "amend-group", method: http.MethodPut, path: "groups/{id}", permission: access.WriteGroups, summary: "Restate a group: another name, other places; its programme and form never change"}, s.amendGroup)
	add(s, route{id: "close-group", method: http.MethodPost, path: "groups/{id}/close", permission: access.WriteGroups, summary: "Say after which day a group does not meet; what is planned after it is cancelled"}, s.closeGroup)
	add(s, route{id: "reopen-group", method: http.MethodPost, path: "groups/{id}/reopen", permission: access.WriteGroups, summary: "Take the closing of a group back; what it cancelled stays cancelled"}, s.reopenGroup)
	add(s, route{id: "set-members", method: http.MethodPut, path: "groups/{id}/members", permission: access.WriteGroups, summary: "State who is in a group"}, s.setMembers)
	add(s, route{id: "plan-series", method: http.MethodPost, path: "groups/{id}/series", permission: access.WriteGroups, creates: true, summary: "Plan a series of sessions"}, s.planSeries)
	add(s, route{id: "cancel-planned", method: http.MethodPost, path: "groups/{id}/sessions/cancel", permission: access.WriteSessions, summary: "Cancel several occasions of a group, all or none"}, s.cancelPlanned)
	add(s, route{id: "withdraw-planned", method: http.MethodPost, path: "groups/{id}/sessions/withdraw", permission: access.WriteSessions, summary: "Take several occasions of a group back that should never have been planned, all or none"}, s.withdrawPlanned)
}

func (s *server) formGroup(ctx context.Context, c caller, in *formGroup) (*Answer[GroupReceipt], error) {
	b := in.Body
	cmd, err := s.command(ctx, c, in.IdempotencyKey, b)
	if err != nil {
		return nil, err
	}
	if err := c.allow(b.Programme); err != nil {
		return nil, err
	}
	e := events.GroupFormed{Group: derived(cmd, "group"), Programme: b.Programme, Form: b.Form, Name: b.Name, Places: b.Places, District: b.District}
	list := about(events.GroupOf(e.Group), events.ProgrammeOf(b.Programme))
	result, err := s.decide(ctx, c, cmd, list, func() error {
		if err := offers(list[1], b.Form); err != nil {
			return err
		}
		decided, err := state[*casework.Group](list[0]).Form(e, state[*casework.Programme](list[1]))
		return record(list[0], decided, err)
	})
	return receiveGroup(e.Group, result, err)
}

// ownsGroup hides what is no group, or another programme's.
func (c caller) ownsGroup(g *casework.Group) error {
	if !g.Formed {
		return notFound("group")
	}
	return c.owns(g.Programme, "group")
}

func (s *server) amendGroup(ctx context.Context, c caller, in *amendGroup) (*Answer[GroupReceipt], error) {
	_, result, err := carryOut(ctx, s, c, change[*casework.Group]{
		key: in.IdempotencyKey, versioned: in.Versioned, request: []any{in.ID, in.Body}, about: about(events.GroupOf(in.ID)), owns: c.ownsGroup,
		rule: func(g *casework.Group, _ command) ([]events.Event, error) {
			k, err := s.kin(ctx, c, asKnown{}, members(g)...)
			if err != nil {
				return nil, err
			}
			return g.Amend(in.Body.Name, in.Body.Places, in.Body.District, k.roots)
		},
	})
	return receiveGroup(in.ID, result, err)
}

func (s *server) setMembers(ctx context.Context, c caller, in *setMembers) (*Answer[GroupReceipt], error) {
	_, result, err := carryOut(ctx, s, c, change[*casework.Group]{
		key: in.IdempotencyKey, versioned: in.Versioned, request: []any{in.ID, in.Body}, about: about(events.GroupOf(in.ID)), owns: c.ownsGroup,
		rule: func(g *casework.Group, _ command) ([]events.Event, error) {
			k, err := s.kin(ctx, c, asKnown{}, slices.Concat(members(g), in.Body.Members)...)
			if err != nil {
				return nil, err
			}
			there := g.Children(k.roots)
			children, before := namedIn(in.Body.Members, "members"), func(child events.ID) bool { return slices.Contains(there, k.roots.Of(child)) }
			if _, err := s.asked(ctx, c, children...)(before); err != nil {
				return nil, err
			}
			if _, err := s.newlyNamed(ctx, c, g.Programme, children, before); err != nil {
				return nil, err
			}
			return g.SetMembers(in.Body.Members, k.roots)
		},
	})
	return receiveGroup(in.ID, result, err)
}

func receiveGroup(id events.ID, r events.Result, err error) (*Answer[GroupReceipt], error) {
	if err != nil {
		return nil, err
	}
	return receiveVersioned(r, GroupReceipt{id, Receipt{r.Position}}), nil
}

func (s *server) listGroups(ctx context.Context, c caller, in *listOfGroups) (*DatedAnswer[Groups], error) {
	body := Groups{Groups: []GroupSummary{}}
	at, err := s.registers(ctx, c, in.MinPosition, func(tx pgx.Tx, at events.Position) error {
		list, err := register.Groups(ctx, tx, at)
		for _, g := range list {
			if c.allow(g.Programme) == nil {
				body.Groups = append(body.Groups, GroupSummary{groupInfo(g.GroupFormed, g.ClosedOn), g.Members, g.Sessions})
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	body.Position = at.Position
	return showModel(at.Position, at.Recorded, body), nil
}

func groupInfo(g events.GroupFormed, closed events.Day) GroupInfo {
	return GroupInfo{g.Group, g.Programme, g.Form, g.Name, g.Places, g.District, closed}
}

func (s *server) getGroup(ctx context.Context, c caller, in *oneGroup) (*Answer[Group], error) {
	name := events.GroupOf(in.ID)
	loaded, at, err := s.streams(ctx, c, in.MinPosition, name)
	if err != nil {
		return nil, err
	}
	g := state[*casework.Group](loaded[name])
	if err := c.ownsGroup(g); err != nil {
		return nil, err
	}
	body := Group{GroupInfo: groupInfo(g.GroupFormed, g.ClosedOn), Version: loaded[name].Latest, Shown: Shown{at}, Sessions: []PlannedSession{}}
	k, err := s.kin(ctx, c, asKnown{}, members(g)...)
	if err != nil {
		return nil, err
	}
	list, err := s.labelled(ctx, c, k.named(g.Children(k.roots)))
	if err != nil {
		return nil, err
	}
	if err := s.noteAlone(ctx, c, list...); err != nil {
		return nil, err
	}
	body.Members = make([]GroupMember, len(list))
	for i, child := range list {
		_, known := k.known(child.Child)
		body.Members[i] = GroupMember{child, !known}
	}
	for id, day := range g.Sessions {
		body.Sessions = append(body.Sessions, PlannedSession{id, day})
	}
	slices.SortFunc(body.Sessions, func(a, b PlannedSession) int { return cmp.Or(int(a.HeldOn-b.HeldOn), bytes.Compare(a.ID[:], b.ID[:])) })
	answer := show(at, body)
	answer.ETag = etag(loaded[name].Latest)
	return answer, nil
}

func members(g *casework.Group) (list []events.ID) {
	for child := range g.Members {
		list = append(list, child)
	}
	return list
}

// labelled puts the labels to children, in the order of the labels: a list in the order of random ids is of no use.
func (s *server) labelled(ctx context.Context, c caller, children []events.ID) ([]LabelledChild, error) {
	list := make([]LabelledChild, len(children))
	labels, err := s.labels(ctx, c, children)
	for i, child := range children {
		list[i] = LabelledChild{child, labels[child]}
	}
	slices.SortFunc(list, func(a, b LabelledChild) int { return byLabel(a.Label, b.Label, a.Child, b.Child) })
	return list, err
}

func (s *server) labels(ctx context.Context, c caller, children []events.ID) (map[events.ID]string, error) {
	if len(children) == 0 {
		return nil, nil
	}
	return s.Vault.Labels(ctx, c.municipality, children)
}
