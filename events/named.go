package events

import "slices"

// Named are the children that a message names, each once.
func Named(r Recorded) (list []ID) {
	name := func(child ID) {
		if !slices.Contains(list, child) {
			list = append(list, child)
		}
	}
	if child, err := ParseID(r.Stream.ID); err == nil && r.Stream.Type == CaseStream {
		name(child)
	}
	for _, e := range r.Events {
		switch e := e.(type) {
		case CaseMerged:
			name(e.Into)
		case CaseAbsorbed:
			name(e.Child)
		case MergeUndone:
			name(e.Into)
		case AbsorptionUndone:
			name(e.Child)
		case SessionAttended:
			for _, mark := range slices.Concat(e.Attended, e.Absent, e.Removed) {
				name(mark.Child)
			}
		case GroupMembersChanged:
			for _, child := range slices.Concat(e.Joined, e.Left) {
				name(child)
			}
		}
	}
	return list
}
