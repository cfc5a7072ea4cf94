package casework

import (
	"rackvidd/events"
)

// Merge decides that two cases are one child: from here on merged counts as keep. It gives the events for both
// streams. Both must stand for themselves, so that merges form a forest however many are decided at once.
func Merge(keep, merged *Case, merge events.Entry, keepID events.ID) (forKeep, forMerged []events.Event, err error) {
	switch {
	case merge.Of == keepID:
		return nil, nil, refuse(Invalid, "same_child", "merge", "a child cannot be merged with itself; name another one")
	case merged.MergedInto == keepID:
		return nil, nil, refuse(Conflict, "merged_already", "merge", "the two are merged already; there is nothing to do")
	case !merged.MergedInto.IsZero():
		return nil, nil, refuse(Conflict, "merged_elsewhere", "merge", "the child is merged with another one; undo that first, or merge the other one")
	case !keep.MergedInto.IsZero():
		return nil, nil, refuse(Conflict, "keep_is_merged", "keep", "the child to keep is itself merged with another one; keep that one")
	}
	return []events.Event{events.CaseAbsorbed{Merge: merge, Child: merge.Of}}, []events.Event{events.CaseMerged{Merge: merge, Into: keepID}}, nil
}

// UnknownMerge refuses a merge that there is none of.
func UnknownMerge() error {
	return refuse(Missing, "unknown_merge", "id", "there is no such merge, or it was undone already; look its id up in the kept child's case")
}

// UndoMerge takes a merge back. With a side whose identity was erased it is refused: nobody could tell them apart.
func UndoMerge(keep, merged *Case, merge events.Entry, reason events.Reason) (forKeep, forMerged []events.Event, err error) {
	switch {
	case merged.MergedBy != merge:
		return nil, nil, UnknownMerge()
	case keep.Erased || merged.Erased:
		return nil, nil, refuse(Conflict, "identity_erased", "", "one side's identity was erased; the merge can never be undone")
	}
	return []events.Event{events.AbsorptionUndone{Merge: merge, Child: merge.Of}}, []events.Event{events.MergeUndone{Merge: merge, Into: merged.MergedInto, Reason: reason}}, nil
}

// Erase notes that the identity was erased, once.
func (c *Case) Erase(e events.IdentityErased) []events.Event {
	if c.Erased {
		return nil
	}
	return []events.Event{e}
}
