package casework

import "rackvidd/events"

// Merged is that a child was found to be another one: who said so, and who took that back.
type Merged struct {
	ID     events.Entry
	Child  events.ID // the other one
	Kept   bool      // the other one counts as this child; otherwise this child counts as the other one
	Made   Marker
	Undone *Marker // nil: it stands
}

// MergesIn lists what was recorded of merges in a child's case, in the order in which they were made.
func MergesIn(recorded []events.Recorded) (list []Merged) {
	undo := func(merge events.Entry, by Marker) {
		for i := range list {
			if list[i].ID == merge {
				list[i].Undone = &by
			}
		}
	}
	for _, r := range recorded {
		by := Marker{r.Actor, r.Time}
		for _, e := range r.Events {
			switch e := e.(type) {
			case events.CaseMerged:
				list = append(list, Merged{ID: e.Merge, Child: e.Into, Made: by})
			case events.CaseAbsorbed:
				list = append(list, Merged{ID: e.Merge, Child: e.Child, Kept: true, Made: by})
			case events.MergeUndone:
				undo(e.Merge, by)
			case events.AbsorptionUndone:
				undo(e.Merge, by)
			}
		}
	}
	return list
}
