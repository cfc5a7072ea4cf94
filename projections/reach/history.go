package reach

import (
	"cmp"
	"context"
	"fmt"

	"rackvidd/events"
	"rackvidd/projections"
)

// History is what a log says as of a position, folded in memory. It shares nothing with the read model but Compute.
type History struct {
	municipality events.Municipality
	position     events.Position

	programmes map[events.ProgrammeID]events.Target
	sessions   map[events.ID]*occasion
	reports    map[events.ID]events.GuestsCounted
	referrals  map[events.Entry]Referral
	enrolments map[events.Entry]events.ChildEnrolled
	ends       map[events.Entry]lastDay
	into       map[events.ID]events.ID
	said       map[events.ID][]said
	erased     map[events.ID]bool
}

// occasion is a session and the children in its register.
type occasion struct {
	events.SessionOpened
	cancelled, withdrawn bool
	there                map[presence]bool
	counts               map[events.Entry]headcount
}

// presence is one child's mark; home "" is as the child's enrolment says.
type presence struct {
	child  events.ID
	target events.Target
	home   events.Municipality
}

type headcount struct {
	target   events.Target
	home     events.Municipality
	children events.Count
}

type lastDay struct {
	enrolment events.Entry
	day       events.Day
}

// said is one statement about a child; corrected is the position of a correction, 0 for all else.
type said struct {
	birthYear events.Year
	gender    events.Gender
	corrected events.Position
}

// ReadHistory folds a log from its first message to the given moment.
func ReadHistory(ctx context.Context, log projections.Source, m events.Municipality, asOf AsOf) (*History, error) {
	h := newHistory(m)
	return h, h.read(ctx, log, asOf)
}

func newHistory(m events.Municipality) *History {
	return &History{
		municipality: m,
		programmes:   make(map[events.ProgrammeID]events.Target), sessions: make(map[events.ID]*occasion),
		reports: make(map[events.ID]events.GuestsCounted), referrals: make(map[events.Entry]Referral),
		enrolments: make(map[events.Entry]events.ChildEnrolled), ends: make(map[events.Entry]lastDay),
		into: make(map[events.ID]events.ID), said: make(map[events.ID][]said), erased: make(map[events.ID]bool),
	}
}

// Position is the end of the last decision in it.
func (h *History) Position() events.Position { return h.position }

func (h *History) read(ctx context.Context, log projections.Source, asOf AsOf) error {
	return decisions(ctx, log, h.municipality, asOf, func(decision []events.Recorded) {
		for _, part := range decision {
			h.fold(part)
		}
		h.position = decision[len(decision)-1].Position
	})
}

// decisions hands over whole decisions, in order: the messages of one that reaches beyond the moment are left out
// together. The slice is only lent.
func decisions(ctx context.Context, log projections.Source, m events.Municipality, asOf AsOf, take func(decision []events.Recorded)) error {
	head, err := log.Head(ctx, m)
	if err != nil {
		return err
	}
	if beyond := asOf.beyond(m, head); beyond != nil {
		return beyond
	}
	var read events.Position
	var decision []events.Recorded
	for r, err := range log.Read(ctx, m, 0) {
		if err != nil {
			return err
		}
		if asOf.before(r) {
			return nil
		}
		if r.Position != read+1 {
			return &events.PoisonError{Municipality: m, Position: read + 1, Err: fmt.Errorf("it is missing: position %d comes after %d", r.Position, read)}
		}
		read = r.Position
		if decision = append(decision, r); r.Part == r.Parts {
			take(decision)
			decision = decision[:0]
		}
	}
	if wanted := asOf.AtLeast(head); read < wanted {
		return &events.PoisonError{Municipality: m, Position: read + 1, Err: fmt.Errorf("it is missing: the log is said to reach %d", head)}
	}
	return nil
}

func (h *History) fold(r events.Recorded) {
	for i, e := range r.Events {
		h.happen(e, Rank{r.Position, i})
	}
}

func (h *History) happen(e events.Event, rank Rank) {
	switch e := e.(type) {
	case events.ProgrammeRegistered:
		h.programmes[e.Programme] = e.Target
	case events.ProgrammeAmended:
		h.programmes[e.Programme] = e.Target
	case events.GuestsCounted:
		h.reports[e.Report] = e
	case events.CaseMerged:
		h.into[e.Merge.Of] = e.Into
	case events.MergeUndone:
		delete(h.into, e.Merge.Of)
	case events.ChildDescribed:
		h.hear(e.Child, said{e.BirthYear, e.Gender, rank.Position})
	case events.IdentityErased:
		h.erased[e.Child] = true
	case events.SessionAttended:
		h.register(e)
	default:
		h.foldSession(e)
		h.foldReferral(e, rank)
		h.foldEnrolment(e)
	}
}

func (h *History) foldSession(e events.Event) {
	switch e := e.(type) {
	case events.SessionOpened:
		h.session(e.Session).SessionOpened = e
	case events.SessionCorrected:
		s := h.session(e.Session)
		s.Programme, s.Form, s.HeldOn, s.ProviderMunicipality = e.Programme, e.Form, e.HeldOn, e.ProviderMunicipality
	case events.SessionCancelled:
		h.session(e.Session).cancelled = true
	case events.SessionReinstated:
		h.session(e.Session).cancelled = false
	case events.SessionWithdrawn:
		h.session(e.Session).withdrawn = true
	}
}

func (h *History) session(id events.ID) *occasion {
	if h.sessions[id] == nil {
		h.sessions[id] = &occasion{there: make(map[presence]bool), counts: make(map[events.Entry]headcount)}
	}
	return h.sessions[id]
}

func (h *History) register(e events.SessionAttended) {
	s := h.session(e.Session)
	at := func(m events.Mark) presence {
		return presence{m.Child, cmp.Or(m.Target, events.SubstanceAbuse), cmp.Or(m.HomeMunicipality, e.HomeMunicipality)}
	}
	for _, m := range e.Removed {
		if m.Role != events.AdultRole {
			delete(s.there, at(m))
		}
	}
	for _, m := range e.Attended {
		if m.Role != events.AdultRole {
			s.there[at(m)] = true
			h.hear(m.Child, said{m.BirthYear, m.Gender, 0})
		}
	}
	for _, c := range e.Counted {
		delete(s.counts, c.Entry)
		if c.Count > 0 && c.Role != events.AdultRole {
			s.counts[c.Entry] = headcount{cmp.Or(c.Target, events.SubstanceAbuse), cmp.Or(c.HomeMunicipality, e.HomeMunicipality), c.Count}
		}
	}
}

func (h *History) foldReferral(e events.Event, rank Rank) {
	switch e := e.(type) {
	case events.ReferralReceived:
		h.referrals[e.Referral] = Referral{e.Channel, e.ReceivedOn, rank}
		h.hear(e.Referral.Of, said{e.BirthYear, e.Gender, 0})
	case events.ReferralCorrected:
		h.referrals[e.Referral] = Referral{e.Channel, e.ReceivedOn, rank}
	case events.EntryWithdrawn:
		delete(h.referrals, e.Entry)
	}
}

func (h *History) foldEnrolment(e events.Event) {
	switch e := e.(type) {
	case events.ChildEnrolled:
		h.enrolments[e.Enrolment] = e
		h.hear(e.Enrolment.Of, said{e.BirthYear, e.Gender, 0})
	case events.EnrolmentCorrected:
		n := h.enrolments[e.Enrolment]
		n.Enrolment, n.Programme, n.Form, n.EnrolledOn, n.HomeMunicipality = e.Enrolment, e.Programme, e.Form, e.EnrolledOn, e.HomeMunicipality
		h.enrolments[e.Enrolment] = n
	case events.EnrolmentEnded:
		h.ends[e.End] = lastDay{e.Enrolment, e.EndedOn}
	case events.EnrolmentEndMatched:
		h.ends[e.End] = lastDay{e.Enrolment, e.EndedOn}
	case events.EntryWithdrawn:
		delete(h.enrolments, e.Entry)
		delete(h.ends, e.Entry)
	}
}

// hear notes what is said of a child. It stays said when the record that said it is withdrawn.
func (h *History) hear(child events.ID, s said) {
	if s.gender == events.UnknownGender {
		s.gender = ""
	}
	if s.birthYear != 0 || s.gender != "" {
		h.said[child] = append(h.said[child], s)
	}
}
