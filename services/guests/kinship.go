package guests

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"

	"rackvidd/events"
	"rackvidd/services/casework"
	"rackvidd/services/vault"
)

// kinship is the cases of children and of all they were ever merged with.
type kinship map[events.ID]*kin

type kin struct {
	*casework.Case
	related []events.ID                  // by merges, undone ones too
	lived   map[events.Municipality]bool // every home that an enrolment ever named
	latest  events.ChildEnrolled         // with a home, of all that are merged into this one
}

func (s *Service) kin(ctx context.Context, m events.Municipality, children []events.ID) (kinship, error) {
	all := make(kinship)
	for len(children) > 0 {
		var streams []events.Stream
		for _, child := range children {
			if all[child] == nil {
				all[child] = &kin{Case: casework.NewCase(), lived: make(map[events.Municipality]bool)}
				streams = append(streams, events.CaseOf(child))
			}
		}
		found, err := s.Log.Streams(ctx, m, streams...)
		if err != nil {
			return nil, err
		}
		var related []events.ID
		for _, child := range children {
			for _, message := range found[events.CaseOf(child)] {
				all[child].evolve(message.Events)
			}
			delete(found, events.CaseOf(child))
			related = append(related, all[child].related...)
		}
		children = slices.DeleteFunc(related, func(id events.ID) bool { return all[id] != nil })
	}
	all.settle()
	return all, nil
}

func (k *kin) evolve(list []events.Event) {
	for _, e := range list {
		k.Evolve(e)
		switch e := e.(type) {
		case events.CaseMerged:
			k.related = append(k.related, e.Into)
		case events.CaseAbsorbed:
			k.related = append(k.related, e.Child)
		case events.ChildEnrolled:
			k.lived[e.HomeMunicipality] = true
		case events.EnrolmentCorrected:
			k.lived[e.HomeMunicipality] = true
		}
	}
}

func (all kinship) root(child events.ID) events.ID {
	for all[child] != nil && !all[child].MergedInto.IsZero() {
		child = all[child].MergedInto
	}
	return child
}

// settle finds the latest enrolment that names a home, of all that are one child now.
func (all kinship) settle() {
	for child, k := range all {
		one := all[all.root(child)]
		for _, n := range k.Enrolments {
			if n.HomeMunicipality != "" && (one.latest.HomeMunicipality == "" || later(n, one.latest)) {
				one.latest = n
			}
		}
	}
}

// home is the one that the latest enrolment names of those that name any, as reach has it; "" where none does.
func (all kinship) home(child events.ID) events.Municipality {
	if one := all[all.root(child)]; one != nil {
		return one.latest.HomeMunicipality
	}
	return ""
}

func later(a, b events.ChildEnrolled) bool {
	signed := func(e events.Entry) int64 { return int64(binary.BigEndian.Uint64(e.Number[:])) }
	return cmp.Or(cmp.Compare(a.EnrolledOn, b.EnrolledOn), cmp.Compare(signed(a.Enrolment), signed(b.Enrolment))) > 0
}

// everLived reports whether an enrolment of the child, or of one it was ever merged with, ever named a home.
func (all kinship) everLived(child events.ID, home events.Municipality) bool {
	return slices.ContainsFunc(all.everOne(child), func(id events.ID) bool { return all[id] != nil && all[id].lived[home] })
}

// everOne lists children and all they were ever merged with, in a fixed order.
func (all kinship) everOne(children ...events.ID) (list []events.ID) {
	seen, left := make(map[events.ID]bool), children
	for len(left) > 0 {
		var related []events.ID
		for _, child := range left {
			if !seen[child] {
				seen[child] = true
				list = append(list, child)
				if k := all[child]; k != nil {
					related = append(related, k.related...)
				}
			}
		}
		left = related
	}
	slices.SortFunc(list, compareIDs)
	return list
}

// told is the one whom a home is told of for the child that one counts as: that itself, or where its home cannot know it the
// first of those that are merged into it. What was made on an erased child may stand under its token, which nobody can tell
// any more.
func (all kinship) told(child events.ID, homes map[events.ID]vault.Person) (one events.ID, ok bool) {
	root := all.root(child)
	erased := func(id events.ID) bool { return all[id] != nil && all[id].Erased }
	for _, one := range slices.Concat([]events.ID{root}, all.everOne(child)) {
		if all.root(one) != root {
			continue
		}
		if _, ok := homes[one]; ok {
			return one, true
		}
		if erased(one) && erased(child) {
			break
		}
	}
	return events.ID{}, false
}
