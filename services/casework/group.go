package casework

import (
	"bytes"
	"maps"
	"slices"

	"rackvidd/events"
)

// Group is what is known of a group and who is in it. One that nobody formed, as of a session that is of none, meets on any day.
type Group struct {
	Formed bool
	events.GroupFormed
	ClosedOn events.Day // the last day on which it met; 0: it is open
	Members  map[events.ID]bool
	Sessions map[events.ID]events.Day
}

func (g *Group) Evolve(e events.Event) {
	switch e := e.(type) {
	case events.GroupFormed:
		g.Formed, g.GroupFormed = true, e
		g.Members, g.Sessions = make(map[events.ID]bool), make(map[events.ID]events.Day)
	case events.GroupAmended:
		g.GroupFormed = events.GroupFormed(e)
	case events.GroupClosed:
		g.ClosedOn = e.ClosedOn
	case events.GroupReopened:
		g.ClosedOn = 0
	case events.GroupMembersChanged:
		for _, child := range e.Joined {
			g.Members[child] = true
		}
		for _, child := range e.Left {
			delete(g.Members, child)
		}
	case events.GroupSeriesPlanned:
		for _, s := range e.Sessions {
			g.Sessions[s.Session] = s.HeldOn
		}
	}
}

// Form makes the group of a programme that offers its form.
func (g *Group) Form(e events.GroupFormed, p *Programme) ([]events.Event, error) {
	if g.Formed {
		return nil, refuse(Conflict, "group_exists", "id", "a group with this id exists already; choose another id")
	}
	if err := p.Offers(e.Form); err != nil {
		return nil, err
	}
	return []events.Event{e}, nil
}

// Amend restates the group whole. What it is a group of stays: its sessions and its members' places say the same.
func (g *Group) Amend(name events.Name, places events.Count, district events.District, same Roots) ([]events.Event, error) {
	if err := g.exists(); err != nil {
		return nil, err
	}
	if n := len(g.Children(same)); places > 0 && n > int(places) {
		return nil, refuse(Conflict, "group_full", "places", "%d children are in the group; give that many places or more, or take somebody out first", n)
	}
	e := g.GroupFormed
	if e.Name, e.Places, e.District = name, places, district; e == g.GroupFormed {
		return nil, nil
	}
	return []events.Event{events.GroupAmended(e)}, nil
}

// Close says that the group does not meet after a day.
func (g *Group) Close(on events.Day) ([]events.Event, error) {
	if err := g.exists(); err != nil {
		return nil, err
	}
	if g.ClosedOn == on {
		return nil, nil
	}
	return []events.Event{events.GroupClosed{Group: g.Group, ClosedOn: on}}, nil
}

// Reopen takes the closing back.
func (g *Group) Reopen() ([]events.Event, error) {
	if err := g.exists(); err != nil {
		return nil, err
	}
	if g.ClosedOn == 0 {
		return nil, nil
	}
	return []events.Event{events.GroupReopened{Group: g.Group}}, nil
}

// Meets refuses a day after which the group was closed. A session that was corrected to be another programme's is not the group's.
func (g *Group) Meets(programme events.ProgrammeID, on events.Day, field string) error {
	if programme == g.Programme && g.ClosedOn != 0 && on > g.ClosedOn {
		return refuse(Conflict, "group_closed", field, "the group was closed on %s; give a day until then, or reopen the group", g.ClosedOn)
	}
	return nil
}

// Children are those in the group, each once however many records of it joined.
func (g *Group) Children(same Roots) []events.ID {
	return same.Children(slices.Collect(maps.Keys(g.Members))...)
}

// SetMembers makes the group's members exactly these children. Whoever is in it stays as it joined, whichever record of it is named.
func (g *Group) SetMembers(children []events.ID, same Roots) ([]events.Event, error) {
	if err := g.exists(); err != nil {
		return nil, err
	}
	if g.ClosedOn != 0 {
		return nil, refuse(Conflict, "group_closed", "members", "the group was closed on %s; reopen it to change who is in it", g.ClosedOn)
	}
	e, in, wanted := events.GroupMembersChanged{Group: g.Group}, make(map[events.ID]bool), make(map[events.ID]bool)
	for _, child := range g.Children(same) {
		in[child] = true
	}
	for _, child := range children {
		root := same.Of(child)
		if !in[root] && !wanted[root] {
			e.Joined = append(e.Joined, child)
		}
		wanted[root] = true
	}
	if g.Places > 0 && len(wanted) > int(g.Places) {
		return nil, refuse(Conflict, "group_full", "members", "the group has %d places and %d children were named; name fewer, or form another group", g.Places, len(wanted))
	}
	for child := range g.Members {
		if !wanted[same.Of(child)] {
			e.Left = append(e.Left, child)
		}
	}
	slices.SortFunc(e.Left, compareIDs)
	if len(e.Joined)+len(e.Left) == 0 {
		return nil, nil
	}
	return []events.Event{e}, nil
}

// Plan adds occasions to the group's series; each is to be opened in its own stream in the same decision.
func (g *Group) Plan(sessions []events.PlannedSession) ([]events.Event, error) {
	if err := g.exists(); err != nil {
		return nil, err
	}
	if len(sessions) == 0 {
		return nil, refuse(Invalid, "no_days", "days", "a series has at least one day; name it")
	}
	for _, s := range sessions {
		if err := g.Meets(g.Programme, s.HeldOn, "days"); err != nil {
			return nil, err
		}
	}
	return []events.Event{events.GroupSeriesPlanned{Group: g.Group, Sessions: sessions}}, nil
}

func (g *Group) exists() error {
	if !g.Formed {
		return refuse(Missing, "unknown_group", "group", "there is no such group; form it first")
	}
	return nil
}

func compareIDs(a, b events.ID) int { return bytes.Compare(a[:], b[:]) }
