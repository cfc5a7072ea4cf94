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
	aimed  bool          // at substance abuse, or mixed
	ever   map[stay]bool // everybody who was ever marked as there
	people kinship       // what is known of those whose marks name no home
}

// stay is a child and the home that its mark names, "" for none.
type stay struct {
	child events.ID
	home  events.Municipality
}

// register returns nil for a session that is not the provider's own: what was forwarded is never forwarded again.
func (s *Service) register(ctx context.Context, m events.Municipality, session events.ID) (*register, error) {
	stream := events.SessionOf(session)
	found, err := s.Log.Streams(ctx, m, stream)
	if err != nil {
		return nil, err
	}
	r := &register{Session: casework.NewSession(), ever: make(map[stay]bool)}
	for _, message := range found[stream] {
		for _, e := range message.Events {
			r.evolve(e)
		}
	}
	if !r.Opened || r.ProviderMunicipality != "" {
		return nil, nil
	}
	if r.aimed, err = s.aimed(ctx, m, r.Programme); err != nil {
		return nil, err
	}
	r.people, err = s.kin(ctx, m, r.homeless())
	return r, err
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

func (s *Service) aimed(ctx context.Context, m events.Municipality, programme events.ProgrammeID) (bool, error) {
	stream := events.ProgrammeOf(programme)
	found, err := s.Log.Streams(ctx, m, stream)
	if err != nil {
		return false, err
	}
	p := &casework.Programme{}
	for _, message := range found[stream] {
		for _, e := range message.Events {
			p.Evolve(e)
		}
	}
	return p.Target != events.OtherTarget, nil
}

// homeless are the children who were ever marked without a home.
func (r *register) homeless() (list []events.ID) {
	for s := range r.ever {
		if s.home == "" {
			list = append(list, s.child)
		}
	}
	return list
}

// everFrom lists the children who are or ever were from a home: of no others is the vault asked.
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

// from lists who attended from a home, in a fixed order.
func (r *register) from(home events.Municipality) (list []guest) {
	if !r.aimed {
		return nil
	}
	for k, m := range r.Marks {
		if m.Attended && k.Role == events.ChildRole && r.home(k) == home {
			list = append(list, guest{k, m.Mark})
		}
	}
	slices.SortFunc(list, func(a, b guest) int {
		return cmp.Or(compareIDs(a.Child, b.Child), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Home, b.Home))
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
