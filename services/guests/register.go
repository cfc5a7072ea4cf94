package guests

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"rackvidd/events"
	"rackvidd/services/casework"
)

// register is what the provider's log says now of one session.
type register struct {
	*casework.Session
	id     events.ID
	aimed  bool          // at substance abuse, or mixed
	ever   map[stay]bool // everybody who was ever marked as there
	people kinship       // what is known of those who may be guests
}

// stay is a child and the home that its mark names, "" for none.
type stay struct {
	child events.ID
	home  events.Municipality
}

// registers leaves out sessions that are not the provider's own: what was forwarded is never forwarded again.
func (s *Service) registers(ctx context.Context, m events.Municipality, sessions []events.ID) (map[events.ID]*register, error) {
	found, err := s.Log.Streams(ctx, m, streamsOf(sessions)...)
	if err != nil {
		return nil, err
	}
	all := make(map[events.ID]*register)
	for _, session := range sessions {
		r := &register{Session: casework.NewSession(), id: session, ever: make(map[stay]bool)}
		for _, message := range found[events.SessionOf(session)] {
			for _, e := range message.Events {
				r.evolve(e)
			}
		}
		if r.Opened && r.ProviderMunicipality == "" {
			all[session] = r
		}
	}
	return all, s.complete(ctx, m, all)
}

func streamsOf(sessions []events.ID) (list []events.Stream) {
	for _, session := range sessions {
		list = append(list, events.SessionOf(session))
	}
	return list
}

// complete adds what else the registers depend on: what their programmes aim at, where children live, and who is one child.
func (s *Service) complete(ctx context.Context, m events.Municipality, all map[events.ID]*register) error {
	aimed := make(map[events.ProgrammeID]bool)
	var strangers []events.ID
	for _, r := range all {
		aimed[r.Programme] = true
		strangers = append(strangers, r.strangers(m)...)
	}
	if err := s.aim(ctx, m, aimed); err != nil {
		return err
	}
	people, err := s.kin(ctx, m, strangers)
	for _, r := range all {
		r.aimed, r.people = aimed[r.Programme], people
	}
	return err
}

func (r *register) evolve(e events.Event) {
	r.Evolve(e)
	if e, ok := e.(events.SessionAttended); ok {
		for _, m := range e.Attended {
			if m.Role != events.AdultRole {
				r.ever[stay{m.Child, cmp.Or(m.HomeMunicipality, e.HomeMunicipality)}] = true
			}
		}
	}
}

// aim says of each programme whether it is aimed at substance abuse, or mixed.
func (s *Service) aim(ctx context.Context, m events.Municipality, programmes map[events.ProgrammeID]bool) error {
	var streams []events.Stream
	for programme := range programmes {
		streams = append(streams, events.ProgrammeOf(programme))
	}
	found, err := s.Log.Streams(ctx, m, streams...)
	for programme := range programmes {
		p := &casework.Programme{}
		events.Fold(p, found[events.ProgrammeOf(programme)])
		programmes[programme] = p.Target != events.OtherTarget
	}
	return err
}

// strangers are the children who were ever marked as from elsewhere, or without a home.
func (r *register) strangers(m events.Municipality) (list []events.ID) {
	for s := range r.ever {
		if s.home != m {
			list = append(list, s.child)
		}
	}
	return list
}

// everFrom lists the children who are or ever were from a home: the vault is asked of them, of whom they were ever merged
// with, and of no others.
func (r *register) everFrom(home events.Municipality) (list []events.ID) {
	for s := range r.ever {
		if s.home == home || s.home == "" && r.people.everLived(s.child, home) {
			list = append(list, s.child)
		}
	}
	slices.SortFunc(list, compareIDs)
	return slices.Compact(list)
}

func compareIDs(a, b events.ID) int { return bytes.Compare(a[:], b[:]) }

// home is where the child of a mark lives: as the mark says, or as its latest enrolment with a home.
func (r *register) home(k casework.MarkKey) events.Municipality {
	if k.Home != "" {
		return k.Home
	}
	return r.people.home(k.Child)
}

// guest is a child as its provider knows it.
type guest struct {
	casework.MarkKey
	mark events.Mark
}

// from lists who attended from a home, in a fixed order: of those that are one child the one that it counts as first.
func (r *register) from(home events.Municipality) (list []guest) {
	if !r.aimed {
		return nil
	}
	for k, m := range r.Marks {
		if m.Attended && k.Role == events.ChildRole && r.home(k) == home {
			list = append(list, guest{k, m.Mark})
		}
	}
	merged := func(g guest) int {
		if r.people.root(g.Child) == g.Child {
			return 0
		}
		return 1
	}
	slices.SortFunc(list, func(a, b guest) int {
		return cmp.Or(cmp.Compare(merged(a), merged(b)), compareIDs(a.Child, b.Child), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Home, b.Home))
	})
	return list
}

// elsewhere lists the homes of those who attended and live in another municipality.
func (r *register) elsewhere(m events.Municipality) (list []events.Municipality) {
	for k := range r.Marks {
		if home := r.home(k); home != "" && home != m && len(r.from(home)) > 0 {
			list = append(list, home)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
