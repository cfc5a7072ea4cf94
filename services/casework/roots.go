package casework

import (
	"slices"

	"rackvidd/events"
)

// Roots are the children that records were found to be, by the merges that stand; whoever is not among them is nobody else.
type Roots map[events.ID]events.ID

// Of is the child that a record counts as. In a circle of merges, which nobody can decide any more, everybody is themselves.
func (r Roots) Of(child events.ID) events.ID {
	root := child
	for range r {
		into, merged := r[root]
		if !merged {
			return root
		}
		root = into
	}
	if _, merged := r[root]; merged {
		return child
	}
	return root
}

// Children are those that records count as, each once.
func (r Roots) Children(records ...events.ID) []events.ID {
	list := make([]events.ID, len(records))
	for i, child := range records {
		list[i] = r.Of(child)
	}
	slices.SortFunc(list, compareIDs)
	return slices.Compact(list)
}

// RowFor is the record in whose name a child has its row in the register: of those that are marked the one that was there, else the
// child's own, else any; of a child that is not marked its own.
func (s *Session) RowFor(child events.ID, same Roots) events.ID {
	root := same.Of(child)
	best, found := root, s.RowOf(root, events.ChildRole).State
	for _, other := range s.markedChildren() {
		if state := s.RowOf(other, events.ChildRole).State; same.Of(other) == root && rank[state] > rank[found] {
			best, found = other, state
		}
	}
	return best
}

// As is a person in the name of whom the child has its row, with the others that it is marked by. What is known of the named record is
// said of no other: a merge may be undone. A row that is begun is the named record's where nobody can tell any more whose the kept one is.
func (s *Session) As(p Person, same Roots, erased map[events.ID]bool) Person {
	root, named := same.Of(p.Child), p.Child
	if p.Child = s.RowFor(named, same); erased[p.Child] && s.RowOf(p.Child, events.ChildRole).State == RowNone {
		p.Child = named
	}
	if p.Child != named {
		p.BirthYear, p.Gender = 0, ""
	}
	for other := range s.markedAt {
		if other != p.Child && same.Of(other) == root {
			p.Same = append(p.Same, other)
		}
	}
	slices.SortFunc(p.Same, compareIDs)
	return p
}
