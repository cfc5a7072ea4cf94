package reach

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"rackvidd/events"
)

// walk folds a history and, from a position on, notes who comes to be reached and who no longer is, event by event. It
// counts again only the children that an event is about, each with those who count as the same child.
type walk struct {
	Period
	from       Moment
	definition Definition
	history    *History

	// What is known of a child, so that one is counted without going through everybody else's.
	sessions map[events.ID]map[serial]bool    // in whose registers it ever was
	crowded  map[serial]bool                  // sessions at which somebody was ever counted
	absorbed map[events.ID]map[events.ID]bool // the children that were merged into it
	one      map[events.ID]events.ID          // children that ever counted as one child: towards their common one

	begun        bool
	before       Stated
	byDefinition Difference
	reached      set
	steps        []step
	unnamed      int               // how many more there must have been than were named
	crowds       []events.Position // decisions since which those are more or fewer
	unsure       bool              // whether the decision is one of them

	decision events.Recorded // its last message
	cause    Reason          // of the event before in the decision
}

// step is one child more or fewer.
type step struct {
	position events.Position
	recorded time.Time
	reason   Reason
	child    events.ID
	change   int // 1 or -1
}

func newWalk(m events.Municipality, q Question) *walk {
	return &walk{
		Period: q.Period, from: q.From, definition: q.To.Definition, history: newHistory(m),
		sessions: make(map[events.ID]map[serial]bool), crowded: make(map[serial]bool), absorbed: make(map[events.ID]map[events.ID]bool), one: make(map[events.ID]events.ID), crowds: []events.Position{},
	}
}

func (w *walk) counting(e Evidence, d Definition) *counting { return newCounting(e, d, w.Period) }

// take folds one decision.
func (w *walk) take(decision []events.Recorded) {
	end := decision[len(decision)-1]
	if end.Position > w.from.Position {
		w.begin()
	}
	w.decision, w.cause = end, Late
	for _, part := range decision {
		for i, e := range part.Events {
			if w.begun {
				w.step(e, Rank{part.Position, i})
			} else {
				w.happen(e, Rank{part.Position, i})
			}
		}
	}
	w.history.position = end.Position
	w.noteCrowds()
}

// begin counts everybody, once, at the position from which differences are noted.
func (w *walk) begin() {
	if w.begun {
		return
	}
	w.begun = true
	then := w.counting(w.history.Evidence(w.Period), w.from.Definition)
	reached := then.reached()
	w.before = then.stated(w.history.position, reached)
	then.d = w.definition
	before := setOf(reached)
	w.reached = setOf(then.reached())
	w.byDefinition = Difference{len(w.reached) - len(before), len(w.reached) - shared(w.reached, before), len(before) - shared(w.reached, before)}
	w.unnamed = w.countUnnamed()
}

// happen folds one event and notes what it is about.
func (w *walk) happen(e events.Event, rank Rank) {
	switch e := e.(type) {
	case events.SessionAttended:
		session := w.history.sessions.of(e.Session)
		for _, m := range e.Attended {
			if w.sessions[m.Child] == nil {
				w.sessions[m.Child] = make(map[serial]bool)
			}
			w.sessions[m.Child][session] = true
		}
		if len(e.Counted) > 0 {
			w.crowded[session] = true
		}
	case events.CaseMerged:
		w.absorb(e.Into, e.Merge.Of)
	case events.MergeUndone:
		delete(w.absorbed[e.Into], e.Merge.Of)
	}
	w.history.happen(e, rank)
}

func (w *walk) absorb(into, child events.ID) {
	if w.absorbed[into] == nil {
		w.absorbed[into] = make(map[events.ID]bool)
	}
	w.absorbed[into][child] = true
	if a, b := w.connected(into), w.connected(child); a != b {
		w.one[b] = a
	}
}

// connected is the same child for all that ever counted as one.
func (w *walk) connected(child events.ID) events.ID {
	for {
		next, ok := w.one[child]
		if !ok {
			return child
		}
		child = next
	}
}

// step folds one event and notes what it changed.
func (w *walk) step(e events.Event, rank Rank) {
	groups, homes := w.groups(e), w.livedBefore(e)
	w.happen(e, rank)
	w.unsure = w.unsure || w.aboutCrowds(e)
	for _, group := range groups {
		now := w.reachedOf(group)
		change := len(now)
		for _, child := range group {
			if w.reached[child] {
				change--
			}
			delete(w.reached, child)
		}
		for child := range now {
			w.reached[child] = true
		}
		if change != 0 {
			w.unsure = true
			w.note(w.reason(e, group, change, homes), group[0], change)
		}
	}
	w.cause = w.usualReason(e)
}

func (w *walk) note(why Reason, child events.ID, change int) {
	each := step{w.decision.Position, w.decision.Time, why, child, 1}
	if change < 0 {
		each.change = -1
	}
	for range change * each.change {
		w.steps = append(w.steps, each)
	}
}

// groups are the children that an event is about, each with all that count as the same child before it or after.
func (w *walk) groups(e events.Event) (list [][]events.ID) {
	if merge, ok := e.(events.CaseMerged); ok {
		a, b := w.history.root(merge.Merge.Of), w.history.root(merge.Into)
		return [][]events.ID{w.members(nil, a, b)}
	}
	seen := make(set)
	for _, child := range w.about(e) {
		if root := w.history.root(child); !seen[root] {
			seen[root] = true
			list = append(list, w.members(nil, root))
		}
	}
	return list
}

// members are children and everybody who was merged into them.
func (w *walk) members(list []events.ID, children ...events.ID) []events.ID {
	for _, child := range children {
		if slices.Contains(list, child) {
			continue
		}
		list = append(list, child)
		for absorbed := range w.absorbed[child] {
			list = w.members(list, absorbed)
		}
	}
	return list
}

// about names the children whose being reached an event can change, some of them more than once.
func (w *walk) about(e events.Event) []events.ID {
	switch e := e.(type) {
	case events.ProgrammeRegistered:
		return w.attending(e.Programme)
	case events.ProgrammeAmended:
		return w.attending(e.Programme)
	case events.SessionAttended:
		return append(append(children(e.Removed), children(e.Attended)...), children(e.Absent)...)
	case events.SessionOpened:
		return w.there(e.Session)
	case events.SessionCorrected:
		return w.there(e.Session)
	case events.SessionCancelled:
		return w.there(e.Session)
	case events.SessionReinstated:
		return w.there(e.Session)
	case events.SessionWithdrawn:
		return w.there(e.Session)
	}
	if child, ok := caseOf(e); ok {
		return []events.ID{child}
	}
	return nil
}

// caseOf is the child whose case an event is in.
func caseOf(e events.Event) (child events.ID, ok bool) {
	switch e := e.(type) {
	case events.ReferralReceived:
		return e.Referral.Of, true
	case events.ChildEnrolled:
		return e.Enrolment.Of, true
	case events.EnrolmentCorrected:
		return e.Enrolment.Of, true
	case events.EnrolmentEnded:
		return e.End.Of, true
	case events.EnrolmentEndMatched:
		return e.End.Of, true
	case events.EntryWithdrawn:
		return e.Entry.Of, true
	case events.ChildDescribed:
		return e.Child, true
	case events.MergeUndone:
		return e.Merge.Of, true
	}
	return child, false
}

func children(marks []events.Mark) (list []events.ID) {
	for _, m := range marks {
		if m.Role != events.AdultRole {
			list = append(list, m.Child)
		}
	}
	return list
}

func (w *walk) there(session events.ID) []events.ID {
	return w.history.marked(w.history.session(session))
}

func (w *walk) attending(p events.ProgrammeID) (list []events.ID) {
	h := w.history
	for n := range h.sessions.all() {
		if s := h.sessions.value(n); h.offers.value(s.offer).programme == p {
			list = append(list, h.marked(s)...)
		}
	}
	return list
}

// reachedOf counts a group as everybody is counted, from what is known of it alone.
func (w *walk) reachedOf(group []events.ID) set {
	reached := setOf(w.counting(w.part(group).evidence(w.Period), w.definition).reached())
	for child := range reached {
		if !slices.Contains(group, child) {
			delete(reached, child) // somebody else at the same session
		}
	}
	return reached
}

// part is a group of children and the sessions in whose registers they ever were.
func (w *walk) part(group []events.ID) part {
	var children []serial
	sessions := make(map[serial]bool)
	for _, child := range group {
		children = append(children, w.history.children.of(child))
		maps.Copy(sessions, w.sessions[child])
	}
	return part{w.history, slices.Values(children), maps.Keys(sessions)}
}

// noteCrowds notes a decision that changed how many more there must have been than were named.
func (w *walk) noteCrowds() {
	if !w.unsure {
		return
	}
	w.unsure = false
	if now := w.countUnnamed(); now != w.unnamed {
		w.unnamed, w.crowds = now, append(w.crowds, w.decision.Position)
	}
}

// aboutCrowds reports whether an event that changes nothing of who is reached can change how many of them were where others were
// counted, or how many others: a register of those who were named alone is the one kind that often comes and cannot.
func (w *walk) aboutCrowds(e events.Event) bool {
	r, marks := e.(events.SessionAttended)
	return !marks || w.crowded[w.history.sessions.of(r.Session)]
}

// countUnnamed counts how many more than the reached must have been at the fullest occasion.
func (w *walk) countUnnamed() int {
	if w.definition.Basis == Enrolled {
		return 0
	}
	most := len(w.reached)
	for _, r := range w.history.reports {
		if w.contains(r.HeldOn) && w.definition.Counts(r.Form) {
			most = max(most, int(r.Children))
		}
	}
	for n := range w.crowded {
		s := w.history.sessions.value(n)
		if !w.history.held(s, w.Period) {
			continue
		}
		if crowd := w.history.crowd(s); crowd.Unidentified > 0 && w.definition.Counts(crowd.Form) {
			most = max(most, crowd.Unidentified+w.named(s, most-crowd.Unidentified))
		}
	}
	return most - len(w.reached)
}

// named counts the reached children at a session, if they can be more than enough.
func (w *walk) named(s *occasion, enough int) (n int) {
	var roots []events.ID
	marked := w.history.marked(s)
	if len(marked) <= enough {
		return 0
	}
	for _, child := range marked {
		roots = append(roots, w.history.root(child))
	}
	for _, who := range w.history.identified(s, w.part(w.members(nil, roots...)).homes()) {
		if who.home == w.history.municipality && w.reached[who.child] {
			n++
		}
	}
	return n
}

// homes is where a child lives by an enrolment, and by all of them.
type homes struct{ enrolment, latest events.Municipality }

// lived is where the child of an enrolment is said to live; nothing for other events.
func (w *walk) lived(enrolment events.Entry) homes {
	child := w.history.root(enrolment.Of)
	latest := w.part(w.members(nil, child)).homes()[child]
	return homes{cmp.Or(w.history.home(enrolment), w.history.municipality), cmp.Or(latest, w.history.municipality)}
}

func (w *walk) livedBefore(e events.Event) homes {
	switch e := e.(type) {
	case events.ChildEnrolled:
		return w.lived(e.Enrolment)
	case events.EnrolmentCorrected:
		return w.lived(e.Enrolment)
	}
	return homes{}
}

// usualReason is the reason that goes with a kind of event.
func (w *walk) usualReason(e events.Event) Reason {
	switch e.(type) {
	case events.CaseMerged:
		return Merged
	case events.MergeUndone:
		return Unmerged
	case events.SessionWithdrawn, events.EntryWithdrawn:
		return Withdrawn
	case events.SessionOpened, events.SessionAttended, events.ChildEnrolled, events.EnrolmentEnded:
		return Late
	case events.EnrolmentEndMatched:
		return w.cause // it only follows from what was recorded before it
	}
	return Corrected
}

// reason is why an event changed the number of a group's children.
func (w *walk) reason(e events.Event, group []events.ID, change int, before homes) Reason {
	switch e := e.(type) {
	case events.SessionAttended:
		return w.reasonOfRegister(e, group, change)
	case events.ChildEnrolled:
		switch {
		case w.moved(e.Enrolment, before) && w.definition.Basis == Attended:
			return Guest
		case w.definition.Basis == Enrolled && change > 0:
			return Late
		}
		return Corrected // it said how old the child is
	case events.EnrolmentCorrected:
		if w.moved(e.Enrolment, before) {
			return Guest
		}
	}
	return w.usualReason(e)
}

// moved reports whether a child came to have another home, as far as the definition looks at homes.
func (w *walk) moved(enrolment events.Entry, before homes) bool {
	now := w.lived(enrolment)
	if w.definition.Basis == Enrolled {
		return now.enrolment != before.enrolment
	}
	return now.latest != before.latest
}

// reasonOfRegister tells who was newly marked from whose mark was changed.
func (w *walk) reasonOfRegister(e events.SessionAttended, group []events.ID, change int) Reason {
	if s := w.history.session(e.Session); w.history.offers.value(s.offer).municipality != "" {
		return Guest
	}
	reason := Late
	if change < 0 {
		reason = Corrected // it said how old the child is
	}
	for _, before := range e.Removed {
		if !slices.Contains(group, before.Child) || before.Role == events.AdultRole {
			continue
		}
		reason = Corrected
		if slices.ContainsFunc(e.Attended, func(now events.Mark) bool {
			return now.Child == before.Child && now.Role == before.Role && targetOf(now.Target) == targetOf(before.Target) && now.HomeMunicipality != before.HomeMunicipality
		}) {
			return Guest // it is the home alone that differs
		}
	}
	return reason
}

func shared(a, b set) (n int) {
	for child := range a {
		if b[child] {
			n++
		}
	}
	return n
}
