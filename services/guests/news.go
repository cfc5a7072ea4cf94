package guests

import (
	"rackvidd/events"
)

// news is what a batch of messages says that may concern a guest.
type news struct {
	sessions   map[events.ID]bool // something was said of them
	guests     map[events.ID]bool // of these: somebody attended who may be a guest
	marks      []mark             // of those who may be guests
	held       []offer            // which programme held a session
	children   map[events.ID]bool // their home may have changed
	merged     map[events.ID]bool // they count as another child, or as themselves again
	programmes map[events.ProgrammeID]bool
}

type mark struct {
	child, session events.ID
	open           bool // it names no home: that depends on the child's enrolments
}

type offer struct {
	programme events.ProgrammeID
	session   events.ID
}

func read(m events.Municipality, batch []events.Recorded) news {
	n := news{
		sessions: make(map[events.ID]bool), guests: make(map[events.ID]bool),
		children: make(map[events.ID]bool), merged: make(map[events.ID]bool), programmes: make(map[events.ProgrammeID]bool),
	}
	for _, r := range batch {
		for _, e := range r.Events {
			n.readSession(m, e)
			n.readCase(r.Stream, e)
		}
	}
	return n
}

func (n *news) readSession(m events.Municipality, e events.Event) {
	switch e := e.(type) {
	case events.SessionOpened:
		n.held = append(n.held, offer{e.Programme, e.Session})
	case events.SessionCorrected:
		n.sessions[e.Session] = true
		n.held = append(n.held, offer{e.Programme, e.Session})
	case events.SessionCancelled:
		n.sessions[e.Session] = true
	case events.SessionReinstated:
		n.sessions[e.Session] = true
	case events.SessionWithdrawn:
		n.sessions[e.Session] = true
	case events.SessionAttended:
		n.sessions[e.Session] = true
		n.readRegister(m, e)
	case events.ProgrammeAmended:
		n.programmes[e.Programme] = true
	case events.ProgrammeRegistered:
		n.programmes[e.Programme] = true
	}
}

func (n *news) readRegister(m events.Municipality, e events.SessionAttended) {
	for _, one := range e.Attended {
		home := one.HomeMunicipality
		if home == "" {
			home = e.HomeMunicipality
		}
		if one.Role == events.AdultRole || home == m {
			continue
		}
		n.guests[e.Session] = true
		n.marks = append(n.marks, mark{one.Child, e.Session, home == ""})
	}
}

func (n *news) readCase(s events.Stream, e events.Event) {
	about := n.children
	switch e := e.(type) {
	case events.ChildEnrolled:
		if e.HomeMunicipality == "" {
			return
		}
	case events.EnrolmentCorrected, events.EntryWithdrawn:
	case events.CaseMerged, events.CaseAbsorbed, events.MergeUndone, events.AbsorptionUndone:
		about = n.merged
	default:
		return
	}
	if child, err := events.ParseID(s.ID); err == nil {
		about[child] = true
	}
}
