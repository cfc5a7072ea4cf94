package casework

import (
	"cmp"
	"slices"

	"rackvidd/events"
)

// MarkKey is what makes two marks of a register the same: the person, in which capacity, why and from where.
type MarkKey struct {
	Child  events.ID
	Role   events.Role
	Target events.Target
	Home   events.Municipality
}

// Session is an occasion and its register.
type Session struct {
	Opened               bool
	Cancelled, Withdrawn bool
	events.SessionOpened

	HasRegister bool
	Marks       map[MarkKey]Standing
	Counts      map[events.Entry]events.HeadCount

	registerAt  events.Instant
	markedAt    map[events.ID]events.Instant
	countedAt   map[events.Role]events.Instant // when heads were counted by themselves
	cameFrom    map[events.Role]origin         // why and from where, as the last count by hand said
	recorded    map[events.Entry]events.Role   // the head counts that records made, also those that were counted anew
	named       map[[16]byte]events.ID         // the children whom records marked, by their keys, also those that were marked anew
	byHand      map[events.ID]bool             // the children of whom somebody said something by hand, each by itself
	was         map[events.ID]MarkKey          // the mark a row had before it was taken away, or is to have, since the last whole register
	cancelledBy events.Record
	heldByHand  bool // somebody took the cancellation back
}

// Standing is a mark as it stands: there or not there.
type Standing struct {
	Attended bool
	events.Mark
}

// NewSession returns the state of an occasion nobody has heard of.
func NewSession() *Session {
	return &Session{
		Marks: make(map[MarkKey]Standing), Counts: make(map[events.Entry]events.HeadCount),
		markedAt: make(map[events.ID]events.Instant), countedAt: make(map[events.Role]events.Instant), was: make(map[events.ID]MarkKey),
		cameFrom: make(map[events.Role]origin), recorded: make(map[events.Entry]events.Role), named: make(map[[16]byte]events.ID), byHand: make(map[events.ID]bool),
	}
}

func (s *Session) Evolve(e events.Event) {
	switch e := e.(type) {
	case events.SessionOpened:
		s.Opened, s.SessionOpened = true, e
	case events.SessionCorrected:
		s.Programme, s.Form, s.HeldOn = e.Programme, e.Form, e.HeldOn
	case events.SessionAttended:
		s.attended(e)
	case events.SessionCancelled:
		s.Cancelled, s.cancelledBy, s.heldByHand = true, e.Record, false
		s.noteNeither(e.Record)
	case events.SessionReinstated:
		s.Cancelled, s.cancelledBy, s.heldByHand = false, events.Record{}, e.Record.IsZero()
	case events.SessionWithdrawn:
		s.Withdrawn = true
	}
}

func (s *Session) attended(e events.SessionAttended) {
	s.HasRegister = true
	s.registerAt = max(s.registerAt, e.RegisterAt)
	s.remember(e)
	s.noteHands(e)
	for _, m := range e.Removed {
		delete(s.Marks, Key(m, e.HomeMunicipality))
		s.noteTime(m)
	}
	for _, m := range e.Absent {
		s.Marks[Key(m, e.HomeMunicipality)] = Standing{false, m}
		s.noteTime(m)
	}
	for _, m := range e.Attended {
		s.Marks[Key(m, e.HomeMunicipality)] = Standing{true, m}
		s.noteTime(m)
	}
	for _, c := range e.Counted {
		if c.HomeMunicipality == "" {
			c.HomeMunicipality = e.HomeMunicipality
		}
		s.noteCount(c)
		if !c.Record.IsZero() {
			s.recorded[c.Entry] = cmp.Or(c.Role, events.ChildRole)
		}
		if s.Counts[c.Entry] = c; c.Count == 0 {
			delete(s.Counts, c.Entry)
		}
	}
}

// remember keeps why and from where a child was marked, for when its row is tapped again: else taps in another order
// would give another mark. A mark that did not stand says why of a row that is empty. A whole register says anew who was there
// and why.
func (s *Session) remember(e events.SessionAttended) {
	if e.RegisterAt != 0 {
		clear(s.was)
		return
	}
	noted := make(map[events.ID]bool)
	for _, m := range e.Removed {
		key := Key(m, e.HomeMunicipality)
		if _, stood := s.Marks[key]; key.Role == events.ChildRole && !(stood && noted[m.Child]) {
			s.was[m.Child], noted[m.Child] = key, true
		}
	}
}

func (s *Session) noteTime(m events.Mark) {
	s.markedAt[m.Child] = max(s.markedAt[m.Child], m.At)
}

// Key is a mark's key, with the defaults filled in. home is the event's own.
func Key(m events.Mark, home events.Municipality) MarkKey {
	k := MarkKey{m.Child, m.Role, m.Target, m.HomeMunicipality}
	if k.Role == "" {
		k.Role = events.ChildRole
	}
	if k.Target == "" {
		k.Target = events.SubstanceAbuse
	}
	if k.Home == "" {
		k.Home = home
	}
	return k
}

// Open makes the occasion, of a group on a day on which it meets. The same again changes nothing.
func (s *Session) Open(e events.SessionOpened, g *Group) ([]events.Event, error) {
	if !s.Opened {
		if err := g.Meets(e.Programme, e.HeldOn, "held_on"); err != nil {
			return nil, err
		}
		return []events.Event{e}, nil
	}
	if s.SessionOpened == e {
		return nil, nil
	}
	return nil, refuse(Conflict, "session_exists", "id", "a session with this id exists already, and is another one; choose another id")
}

// Cancel says that the occasion is not held. A register with children in it must be emptied first, unless the
// cancellation comes as a record, in any order.
func (s *Session) Cancel(record events.Record) ([]events.Event, error) {
	if err := s.standing(); err != nil {
		return nil, err
	}
	if s.Cancelled {
		return nil, nil
	}
	if record.IsZero() && s.anyoneThere() {
		return nil, refuse(Conflict, "register_not_empty", "", "children are marked as attending; take the marks away before cancelling")
	}
	return []events.Event{events.SessionCancelled{Session: s.Session, Record: record}}, nil
}

// CloseAfter cancels an occasion because its group does not meet after a day. One that was held after it says otherwise.
func (s *Session) CloseAfter(day events.Day) ([]events.Event, error) {
	switch {
	case s.HeldOn <= day || s.Cancelled || s.Withdrawn:
		return nil, nil
	case s.Filled():
		return nil, refuse(Conflict, "group_met_later", "closed_on", "the group met on %s; give that day or a later one", s.HeldOn)
	}
	return s.Cancel(events.Record{})
}

// Filled reports whether anybody is marked, or heads are counted: a register that was emptied says nothing.
func (s *Session) Filled() bool { return len(s.Marks)+len(s.Counts) > 0 }

func (s *Session) anyoneThere() bool {
	for _, m := range s.Marks {
		if m.Attended {
			return true
		}
	}
	return len(s.Counts) > 0
}

// TakeCancellationBack says that a cancelled occasion is held after all, of a group on a day on which it meets.
func (s *Session) TakeCancellationBack(reason events.Reason, g *Group) ([]events.Event, error) {
	if err := s.standing(); err != nil {
		return nil, err
	}
	if s.Cancelled {
		if err := g.Meets(s.Programme, s.HeldOn, ""); err != nil {
			return nil, err
		}
	}
	return s.Reinstate(reason, events.Record{}), nil
}

// Withdraw says that the occasion should never have been recorded.
func (s *Session) Withdraw(reason events.Reason) ([]events.Event, error) {
	if !s.Opened {
		return nil, s.standing()
	}
	if s.Withdrawn {
		return nil, nil
	}
	return []events.Event{events.SessionWithdrawn{Session: s.Session, Reason: reason}}, nil
}

// WithdrawPlanned takes an occasion back in whose register nothing stands.
func (s *Session) WithdrawPlanned(reason events.Reason) ([]events.Event, error) {
	if s.Filled() {
		return nil, refuse(Conflict, "register_begun", "", "somebody is marked or counted on %s; take that session back by itself", s.HeldOn)
	}
	return s.Withdraw(reason)
}

// Correct restates what the occasion was; a field that is not given stays. One that is held comes to no day on which its group does not
// meet; one that was put there before, or is cancelled, may be corrected in the rest.
func (s *Session) Correct(programme events.ProgrammeID, form events.Form, heldOn events.Day, reason events.Reason, g *Group) ([]events.Event, error) {
	if err := s.standing(); err != nil {
		return nil, err
	}
	e := events.SessionCorrected{Session: s.Session, Programme: cmp.Or(programme, s.Programme), Form: cmp.Or(form, s.Form), HeldOn: cmp.Or(heldOn, s.HeldOn), Reason: reason, ProviderMunicipality: s.ProviderMunicipality}
	if e.Programme == s.Programme && e.Form == s.Form && e.HeldOn == s.HeldOn {
		return nil, nil
	}
	if moved := e.Programme != s.Programme || e.HeldOn != s.HeldOn; moved && !s.Cancelled {
		if err := g.Meets(e.Programme, e.HeldOn, "held_on"); err != nil {
			return nil, err
		}
	}
	return []events.Event{e}, nil
}

// standing refuses an occasion that does not exist or was withdrawn.
func (s *Session) standing() error {
	if !s.Opened {
		return refuse(Missing, "unknown_session", "session", "there is no such session; open it first")
	}
	if s.Withdrawn {
		return refuse(Conflict, "session_withdrawn", "session", "the session was withdrawn; open another one")
	}
	return nil
}

// Held refuses an occasion in which nobody can be marked.
func (s *Session) Held() error {
	if err := s.standing(); err != nil {
		return err
	}
	if s.Cancelled {
		return refuse(Conflict, "session_cancelled", "session", "the session was cancelled and nobody can have been there; open another one")
	}
	return nil
}

// standings returns the child's marks as a child: first those because of substance abuse, whether or not an event wrote
// that default out.
func (s *Session) standings(child events.ID) (list []Standing) {
	var keys []MarkKey
	for k := range s.Marks {
		if k.Child == child && k.Role == events.ChildRole {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, compareReasons)
	for _, k := range keys {
		list = append(list, Standing{s.Marks[k].Attended, markOf(k, s.Marks[k].Mark)})
	}
	return list
}

func compareReasons(a, b MarkKey) int {
	if (a.Target == events.SubstanceAbuse) != (b.Target == events.SubstanceAbuse) {
		if a.Target == events.SubstanceAbuse {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.Home, b.Home))
}

// markOf writes a key out as a mark that needs no event's default.
func markOf(k MarkKey, m events.Mark) events.Mark {
	m.HomeMunicipality = k.Home
	return m
}
