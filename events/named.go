package events

// Named are the children that a message of a municipality's log names, by their tokens there, some of them more than once.
func Named(r Recorded) (list []ID) {
	if r.Stream.Type == CaseStream {
		if child, err := ParseID(r.Stream.ID); err == nil {
			list = append(list, child)
		}
	}
	for _, e := range r.Events {
		switch e := e.(type) {
		case SessionAttended:
			for _, marks := range [][]Mark{e.Attended, e.Absent, e.Removed} {
				for _, m := range marks {
					list = append(list, m.Child)
				}
			}
		case GroupMembersChanged:
			list = append(append(list, e.Joined...), e.Left...)
		}
	}
	return list
}
