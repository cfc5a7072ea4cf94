package api

import (
	"bytes"
	"cmp"
	"context"
	"sync"

	"rackvidd/events"
	"rackvidd/services/casework"
)

// kin are records of children, with all that count as the same by merges that stand.
type kin struct {
	recorded map[events.ID][]events.Recorded
	roots    casework.Roots
	erased   map[events.ID]bool // the records of which nobody can tell any more whose they are
}

// same are the other records of a child.
func (k kin) same(child events.ID) (list []events.ID) {
	for other := range k.recorded {
		if other != child && k.roots.Of(other) == k.roots.Of(child) {
			list = append(list, other)
		}
	}
	return list
}

// cases are those of a child: by its own record and by the others.
func (k kin) cases(child events.ID) (list []*casework.Case) {
	for _, record := range append(k.same(child), child) {
		one := casework.NewCase()
		events.Fold(one, k.recorded[record])
		list = append(list, one)
	}
	return list
}

// known is the record by which the vault still knows a child: its own where that was not erased; none where all of them were.
func (k kin) known(child events.ID) (record events.ID, known bool) {
	root := k.roots.Of(child)
	for other := range k.recorded {
		if k.roots.Of(other) == root && !k.erased[other] && (!known || other == root || record != root && bytes.Compare(other[:], record[:]) < 0) {
			record, known = other, true
		}
	}
	return cmp.Or(record, root), known
}

// named are children by the records by which the vault knows them; whom it does not know by their own.
func (k kin) named(children []events.ID) []events.ID {
	list := make([]events.ID, len(children))
	for i, child := range children {
		list[i], _ = k.known(child)
	}
	return list
}

// kin follows the merges of children as the log has them, up to whom they count as and down to whoever counts as the same.
func (s *server) kin(ctx context.Context, c caller, until asKnown, children ...events.ID) (kin, error) {
	k := kin{make(map[events.ID][]events.Recorded), make(casework.Roots), make(map[events.ID]bool)}
	for {
		var fresh []events.ID
		var names []events.Stream
		for _, child := range children {
			if _, seen := k.recorded[child]; !seen {
				k.recorded[child], fresh, names = nil, append(fresh, child), append(names, events.CaseOf(child))
			}
		}
		if len(fresh) == 0 {
			return k, nil
		}
		found, err := s.Log.Streams(ctx, c.municipality, names...)
		if err != nil {
			return k, err
		}
		children = nil
		for _, child := range fresh {
			one := casework.NewCase()
			k.recorded[child] = until.of(found[events.CaseOf(child)])
			events.Fold(one, k.recorded[child])
			k.erased[child] = one.Erased
			if !one.MergedInto.IsZero() {
				k.roots[child], children = one.MergedInto, append(children, one.MergedInto)
			}
			for other := range one.Absorbed {
				children = append(children, other)
			}
		}
	}
}

// kinOf follows the merges at once, and is waited for where the answer is needed.
func (s *server) kinOf(ctx context.Context, c caller, children []named) func() (kin, error) {
	answer := sync.OnceValues(func() (kin, error) {
		list := make([]events.ID, len(children))
		for i, n := range children {
			list[i] = n.child
		}
		return s.kin(ctx, c, asKnown{}, list...)
	})
	go answer()
	return answer
}
