package reach

import (
	"cmp"
	"context"
	"fmt"

	"rackvidd/events"
	"rackvidd/projections"
)

// History is what a log says as of a position, folded in memory: some 40 bytes an event. It shares nothing with the read
// model but Compute.
type History struct {
	municipality events.Municipality
	position     events.Position

	programmes map[events.ProgrammeID]events.Target
	reports    map[events.ID]events.GuestsCounted
	into       map[events.ID]events.ID

	children   byID[child]
	sessions   byID[occasion]
	marks      lists[presence]
	counts     lists[headcount]
	referrals  lists[referral]
	enrolments lists[enrolment]
	ends       lists[lastDay]

	offers    constants[offer]
	standings constants[standing]
	channels  constants[events.Channel]
	genders   constants[events.Gender]
}

// child is what a log says of one child, and which entries its case has.
type child struct {
	said                        said
	erased                      bool
	referrals, enrolments, ends serial
}

// occasion is a session and the children in its register.
type occasion struct {
	offer                        serial
	heldOn                       events.Day
	marks, counts                serial
	opened, cancelled, withdrawn bool
}

// offer is what a child takes part in, and where: at sessions the municipality is another one that holds them, in
// enrolments the child's home.
type offer struct {
	programme    events.ProgrammeID
	form         events.Form
	municipality events.Municipality
}

// presence is one child's mark.
type presence struct{ child, standing serial }

// standing is why somebody was there; home "" is as the child's enrolment says.
type standing struct {
	target events.Target
	home   events.Municipality
}

type headcount struct {
	entry    events.Entry
	standing serial
	children events.Count
}

type referral struct {
	number     [8]byte // of the entry
	position   events.Position
	ordinal    int32
	channel    serial
	receivedOn events.Day
}

type enrolment struct {
	number     [8]byte
	offer      serial
	enrolledOn events.Day
}

type lastDay struct {
	number    [8]byte
	day       events.Day
	enrolment events.Entry
}

// ReadHistory folds a log from its first message to the given moment.
func ReadHistory(ctx context.Context, log projections.Source, m events.Municipality, asOf AsOf) (*History, error) {
	h := newHistory(m)
	return h, h.read(ctx, log, asOf)
}

func newHistory(m events.Municipality) *History {
	return &History{
		municipality: m,
		programmes:   make(map[events.ProgrammeID]events.Target), reports: make(map[events.ID]events.GuestsCounted),
		into: make(map[events.ID]events.ID),
	}
}

func (h *History) read(ctx context.Context, log projections.Source, asOf AsOf) error {
	return decisions(ctx, log, h.municipality, asOf, h.take)
}

func (h *History) take(decision []events.Recorded) {
	for _, part := range decision {
		h.fold(part)
	}
	h.position = decision[len(decision)-1].Position
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
	case events.GuestCountWithdrawn:
		delete(h.reports, e.Report)
	case events.CaseMerged:
		h.into[e.Merge.Of] = e.Into
	case events.MergeUndone:
		delete(h.into, e.Merge.Of)
	case events.ChildDescribed:
		h.hear(h.child(e.Child), e.BirthYear, e.Gender, rank.Position)
	case events.IdentityErased:
		h.child(e.Child).erased = true
	case events.SessionAttended:
		h.register(e)
	default:
		h.foldSession(e)
		h.foldCase(e, rank)
	}
}

func (h *History) child(id events.ID) *child { return h.children.value(h.children.of(id)) }

func (h *History) session(id events.ID) *occasion { return h.sessions.value(h.sessions.of(id)) }

// marked are the children in a register.
func (h *History) marked(s *occasion) (list []events.ID) {
	for p := range h.marks.each(s.marks) {
		list = append(list, h.children.at(p.child).id)
	}
	return list
}

// home is the one that an enrolment names, if it is there and names one.
func (h *History) home(e events.Entry) events.Municipality {
	n := h.enrolments.find(h.child(e.Of).enrolments, func(n *enrolment) bool { return n.number == e.Number })
	if n == nil {
		return ""
	}
	return h.offers.value(n.offer).municipality
}

func (h *History) foldSession(e events.Event) {
	switch e := e.(type) {
	case events.SessionOpened:
		s := h.session(e.Session)
		s.opened, s.heldOn, s.offer = true, e.HeldOn, h.offers.of(offer{e.Programme, e.Form, e.ProviderMunicipality})
	case events.SessionCorrected:
		s := h.session(e.Session)
		s.heldOn, s.offer = e.HeldOn, h.offers.of(offer{e.Programme, e.Form, e.ProviderMunicipality})
	case events.SessionCancelled:
		h.session(e.Session).cancelled = true
	case events.SessionReinstated:
		h.session(e.Session).cancelled = false
	case events.SessionWithdrawn:
		h.session(e.Session).withdrawn = true
	}
}

func (h *History) register(e events.SessionAttended) {
	s := h.session(e.Session)
	standing := func(t events.Target, home events.Municipality) serial {
		return h.standings.of(standing{targetOf(t), cmp.Or(home, e.HomeMunicipality)})
	}
	for _, m := range e.Removed {
		if m.Role != events.AdultRole {
			gone := presence{h.children.of(m.Child), standing(m.Target, m.HomeMunicipality)}
			h.marks.remove(&s.marks, func(p *presence) bool { return *p == gone })
		}
	}
	for _, m := range e.Attended {
		if m.Role != events.AdultRole {
			here := presence{h.children.of(m.Child), standing(m.Target, m.HomeMunicipality)}
			h.marks.put(&s.marks, here, func(p *presence) bool { return *p == here })
			h.hear(h.children.value(here.child), m.BirthYear, m.Gender, 0)
		}
	}
	for _, m := range e.Absent {
		if m.Role != events.AdultRole {
			h.hear(h.child(m.Child), m.BirthYear, m.Gender, 0)
		}
	}
	for _, c := range e.Counted {
		h.counts.remove(&s.counts, func(n *headcount) bool { return n.entry == c.Entry })
		if c.Count > 0 && c.Role != events.AdultRole {
			h.counts.push(&s.counts, headcount{c.Entry, standing(c.Target, c.HomeMunicipality), c.Count})
		}
	}
}

func (h *History) foldCase(e events.Event, rank Rank) {
	switch e := e.(type) {
	case events.ReferralReceived:
		h.refer(e.Referral, e.Channel, e.ReceivedOn, rank)
		h.hear(h.child(e.Referral.Of), e.BirthYear, e.Gender, 0)
	case events.ReferralCorrected:
		h.refer(e.Referral, e.Channel, e.ReceivedOn, rank)
	case events.ChildEnrolled:
		h.enrol(e.Enrolment, offer{e.Programme, e.Form, e.HomeMunicipality}, e.EnrolledOn)
		h.hear(h.child(e.Enrolment.Of), e.BirthYear, e.Gender, 0)
	case events.EnrolmentCorrected:
		h.enrol(e.Enrolment, offer{e.Programme, e.Form, e.HomeMunicipality}, e.EnrolledOn)
	case events.EnrolmentEnded:
		h.end(e.End, e.Enrolment, e.EndedOn)
	case events.EnrolmentEndMatched:
		h.end(e.End, e.Enrolment, e.EndedOn)
	case events.EntryWithdrawn:
		h.withdraw(e.Entry)
	}
}

func (h *History) refer(e events.Entry, by events.Channel, on events.Day, rank Rank) {
	list, same := &h.child(e.Of).referrals, func(r *referral) bool { return r.number == e.Number }
	r := referral{e.Number, rank.Position, int32(rank.Ordinal), h.channels.of(by), on}
	if before := h.referrals.find(*list, same); before != nil {
		r.position, r.ordinal = before.position, before.ordinal // it stands where it was received
	}
	h.referrals.put(list, r, same)
}

func (h *History) enrol(e events.Entry, in offer, on events.Day) {
	n := enrolment{e.Number, h.offers.of(in), on}
	h.enrolments.put(&h.child(e.Of).enrolments, n, func(n *enrolment) bool { return n.number == e.Number })
}

func (h *History) end(e, enrolment events.Entry, on events.Day) {
	d := lastDay{e.Number, on, enrolment}
	h.ends.put(&h.child(e.Of).ends, d, func(d *lastDay) bool { return d.number == e.Number })
}

func (h *History) withdraw(e events.Entry) {
	c := h.child(e.Of)
	h.referrals.remove(&c.referrals, func(r *referral) bool { return r.number == e.Number })
	h.enrolments.remove(&c.enrolments, func(n *enrolment) bool { return n.number == e.Number })
	h.ends.remove(&c.ends, func(d *lastDay) bool { return d.number == e.Number })
}
