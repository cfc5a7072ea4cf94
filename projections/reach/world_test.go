package reach_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
	"rackvidd/events/memlog"
	"rackvidd/services/casework"
)

// world lives through a random history: it decides by the rules into a real log, and writes down the facts by itself.
type world struct {
	t     testing.TB
	r     *rand.Rand
	m     events.Municipality
	log   *memlog.Log
	now   time.Time
	facts []fact
	words int

	kids       []events.ID
	sessions   []events.ID
	programmes []events.ProgrammeID
	referrals  []events.Entry
	enrolments []events.Entry
	ends       []events.Entry
	reports    []events.ID
	merges     map[events.Entry]events.ID // by whom it kept

	registers map[events.ID]*register
}

// register is what the world believes to stand in a session's register.
type register struct {
	seats  map[seat]bool // there or absent
	was    map[events.ID]seat
	tapped map[events.ID]events.Instant
	stated events.Instant
	counts map[events.Entry]crowd
	came   map[bool]count // why and from where, as a whole register last had it, of adults and not
}

type crowd struct {
	count
	adults bool
}

func newWorld(t testing.TB, seed uint64, m events.Municipality) *world {
	w := &world{
		t: t, r: rand.New(rand.NewPCG(seed, 20040101)), m: m, log: memlog.New(), now: time.Date(2021, 1, 1, 8, 0, 0, 0, time.UTC),
		programmes: []events.ProgrammeID{"sputnik", "smilla", "ankaret"}, merges: make(map[events.Entry]events.ID), registers: make(map[events.ID]*register),
	}
	for range 3 + w.r.IntN(8) {
		w.kids = append(w.kids, w.id())
	}
	return w
}

func (w *world) id() (id events.ID) {
	for i := range id {
		id[i] = byte(w.r.Uint32())
	}
	return id
}

func (w *world) entry(of events.ID) events.Entry {
	e := events.Entry{Of: of}
	id := w.id()
	copy(e.Number[:], id[:])
	return e
}

func pick[T any](w *world, list ...T) T { return list[w.r.IntN(len(list))] }

func (w *world) chance(percent int) bool { return w.r.IntN(100) < percent }

func (w *world) kid() events.ID { return pick(w, w.kids...) }

// day is one of few, so that many things happen on the same day and on the first and last of a period.
func (w *world) day() events.Day {
	return (events.Date(2020, 10, 1) + events.Day(w.r.IntN(540))) / 6 * 6
}

func (w *world) form() events.Form {
	return pick(w, events.SupportGroup, events.SupportGroup, events.Counselling, events.Camp, events.FamilySupport)
}

func (w *world) home() events.Municipality { return pick(w, "", "", "", w.m, "0180", "0181") }

func (w *world) target() events.Target { return pick(w, "", "", "", "", events.OtherTarget) }

func (w *world) born() events.Year {
	return pick[events.Year](w, 0, 0, 1999, 2003, 2004, 2005, 2010, 2016)
}

func (w *world) gender() events.Gender {
	return pick[events.Gender](w, "", "", "unknown", "girl", "girl", "boy", "other")
}

func (w *world) record() (r events.Record) {
	id := w.id()
	copy(r.Key[:], id[:])
	copy(r.MAC[:], id[:])
	return r
}

func (w *world) instant() events.Instant { return events.Instant(1 + w.r.IntN(6)) }

// decide records a decision and returns where it ended; ok is false where it was refused or changed nothing.
func (w *world) decide(streams []events.Stream, decide func(about []*events.Deciding) error) (at events.Position, ok bool) {
	w.t.Helper()
	w.now = w.now.Add(time.Duration(w.r.IntN(40)) * time.Hour)
	c := events.Command{ID: uuid.UUID(w.id()), Actor: w.id(), Time: w.now}
	if w.chance(10) {
		c.Time = c.Time.Add(-100 * time.Hour) // a clock went back
	}
	var about []*events.Deciding
	for _, s := range streams {
		about = append(about, &events.Deciding{Stream: s})
	}
	before, _ := w.log.Head(context.Background(), w.m)
	result, err := events.Decide(context.Background(), w.log, w.m, c, about, casework.Fresh, func() error { return decide(about) })
	var refused *casework.Refusal
	if errors.As(err, &refused) {
		return 0, false
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return result.Position, result.Position > before
}

// one is a decision about one stream, which always changes something when it is not refused.
func (w *world) one(s events.Stream, decide func(state events.State) ([]events.Event, error)) (events.Position, bool) {
	w.t.Helper()
	return w.decide([]events.Stream{s}, func(about []*events.Deciding) error {
		list, err := decide(about[0].State)
		about[0].Record(list...)
		return err
	})
}

func (w *world) note(at events.Position, about, now any) {
	w.facts = append(w.facts, fact{at, about, now})
}

func (w *world) say(at events.Position, child events.ID, born events.Year, gender events.Gender, correction bool) {
	w.words++
	w.note(at, theWord(w.words), word{child, born, gender, correction})
}

// live does n things.
func (w *world) live(n int) {
	for range 2 {
		w.openSession()
	}
	deeds := []struct {
		weight int
		do     func()
	}{
		{4, w.programme},
		{8, w.openSession},
		{6, w.correctSession},
		{5, w.cancelSession},
		{1, w.withdrawSession},
		{30, w.importRows},
		{24, w.tap},
		{10, w.stateRegister},
		{4, w.unmark},
		{6, w.headcount},
		{3, w.guests},
		{1, w.withdrawGuests},
		{8, w.refer},
		{3, w.correctReferral},
		{14, w.enrol},
		{16, w.end},
		{8, w.correctEnrolment},
		{5, w.withdrawEntry},
		{3, w.describe},
		{5, w.merge},
		{4, w.undo},
		{1, w.erase},
	}
	sum := 0
	for _, d := range deeds {
		sum += d.weight
	}
	for range n {
		at := w.r.IntN(sum)
		for _, d := range deeds {
			if at -= d.weight; at < 0 {
				d.do()
				break
			}
		}
	}
}

func (w *world) programme() {
	id, target := pick(w, w.programmes...), pick(w, events.SubstanceAbuse, events.MixedTarget, events.SubstanceAbuse, events.OtherTarget)
	p := events.ProgrammeRegistered{Programme: id, Name: events.Name(fmt.Sprint("Namn ", w.r.IntN(1000000))), Forms: []events.Form{events.Camp}, Organiser: "ngo", Target: target, Identity: events.Linked}
	at, ok := w.one(events.ProgrammeOf(id), func(s events.State) ([]events.Event, error) {
		if now := s.(*casework.Programme); now.Registered {
			return now.Amend(p)
		}
		return s.(*casework.Programme).Register(p)
	})
	if ok {
		w.note(at, theProgramme(id), target)
	}
}

func (w *world) openSession() {
	id := w.id()
	s := session{pick(w, w.programmes...), w.form(), w.day(), pick(w, "", "", "", "", "", events.Municipality("0182"))}
	at, _ := w.one(events.SessionOf(id), func(state events.State) ([]events.Event, error) {
		return state.(*casework.Session).Open(events.SessionOpened{Session: id, Programme: s.programme, Form: s.form, HeldOn: s.day, ProviderMunicipality: s.provider}, &casework.Group{})
	})
	w.note(at, theSession(id), s)
	w.sessions = append(w.sessions, id)
	w.registers[id] = &register{make(map[seat]bool), make(map[events.ID]seat), make(map[events.ID]events.Instant), 0, make(map[events.Entry]crowd), make(map[bool]count)}
}

func (w *world) about(id events.ID) session {
	for _, f := range slices.Backward(w.facts) {
		if f.about == theSession(id) {
			return f.now.(session)
		}
	}
	return session{}
}

func (w *world) correctSession() {
	id := pick(w, w.sessions...)
	s := w.about(id)
	s.programme, s.form, s.day = pick(w, s.programme, pick(w, w.programmes...)), pick(w, s.form, w.form()), pick(w, s.day, w.day())
	at, ok := w.one(events.SessionOf(id), func(state events.State) ([]events.Event, error) {
		return state.(*casework.Session).Correct(s.programme, s.form, s.day, "wrong_day", &casework.Group{})
	})
	if ok {
		w.note(at, theSession(id), s)
	}
}

func (w *world) cancelSession() {
	id := pick(w, w.sessions...)
	reinstated := false
	at, ok := w.one(events.SessionOf(id), func(state events.State) ([]events.Event, error) {
		s := state.(*casework.Session)
		if s.Cancelled {
			reinstated = true
			return s.Reinstate("entered_in_error", events.Record{}), nil
		}
		if w.chance(50) {
			return s.Cancel(events.Record{})
		}
		return s.Cancel(w.record())
	})
	switch {
	case ok && reinstated:
		w.note(at, theVoid{id, "cancelled"}, nil)
	case ok:
		w.note(at, theVoid{id, "cancelled"}, true)
	}
}

func (w *world) withdrawSession() {
	id := pick(w, w.sessions...)
	at, ok := w.one(events.SessionOf(id), func(state events.State) ([]events.Event, error) {
		return state.(*casework.Session).Withdraw("entered_in_error")
	})
	if ok {
		w.note(at, theVoid{id, "withdrawn"}, true)
	}
}

func (w *world) refer() {
	child := w.kid()
	var list []events.ReferralReceived
	for range 1 + w.r.IntN(2) {
		list = append(list, events.ReferralReceived{
			Referral: w.entry(child), Channel: pick[events.Channel](w, "school", "self", "police", "unknown"), ReceivedOn: w.day() / 20 * 20, BirthYear: w.born(), Gender: w.gender(),
			Record: pick(w, events.Record{}, w.record()),
		})
	}
	now := all[theReferral, referral](asOf(w.facts, 1<<62))
	for _, before := range w.referrals { // one that was taken back comes again
		if _, stands := now[theReferral(before)]; !stands && before.Of == child && before != list[0].Referral && w.chance(30) {
			list = list[:1]
			list[0].Referral = before
		}
	}
	at, _ := w.decide([]events.Stream{events.CaseOf(child)}, func(about []*events.Deciding) error {
		for _, e := range list {
			more, err := about[0].State.(*casework.Case).Refer(e)
			if about[0].Record(more...); err != nil {
				return err
			}
		}
		return nil
	})
	for _, e := range list {
		w.note(at, theReferral(e.Referral), referral{child, e.Channel, e.ReceivedOn})
		w.say(at, child, e.BirthYear, e.Gender, false)
		w.referrals = append(w.referrals, e.Referral)
	}
}

func (w *world) correctReferral() {
	if len(w.referrals) == 0 {
		return
	}
	e := events.ReferralCorrected{Referral: pick(w, w.referrals...), Channel: pick[events.Channel](w, "health_care", "school"), ReceivedOn: w.day() / 20 * 20, Reason: "other"}
	now := all[theReferral, referral](asOf(w.facts, 1<<62))
	for _, other := range w.referrals {
		if r, stands := now[theReferral(other)]; stands && other != e.Referral && other.Of == e.Referral.Of && w.chance(50) {
			e.ReceivedOn = r.day // as another of the child
		}
	}
	at, ok := w.one(events.CaseOf(e.Referral.Of), func(s events.State) ([]events.Event, error) { return s.(*casework.Case).CorrectReferral(e) })
	if ok {
		w.note(at, theReferral(e.Referral), referral{e.Referral.Of, e.Channel, e.ReceivedOn})
	}
}

func (w *world) enrol() {
	e := events.ChildEnrolled{
		Enrolment: w.entry(w.kid()), Programme: pick(w, w.programmes...), Form: w.form(), EnrolledOn: w.day(), BirthYear: w.born(), Gender: w.gender(),
		HomeMunicipality: w.home(), Record: pick(w, events.Record{}, w.record()),
	}
	at, _ := w.one(events.CaseOf(e.Enrolment.Of), func(s events.State) ([]events.Event, error) { return s.(*casework.Case).Enrol(e) })
	n := enrolment{child: e.Enrolment.Of, programme: e.Programme, form: e.Form, day: e.EnrolledOn, home: e.HomeMunicipality}
	if !e.Record.IsZero() {
		n.filed = offer{e.Programme, e.Form}
	}
	w.note(at, theEnrolment(e.Enrolment), n)
	w.say(at, e.Enrolment.Of, e.BirthYear, e.Gender, false)
	w.enrolments = append(w.enrolments, e.Enrolment)
}

// end ends an enrolment by its id, or records an end that finds one, now or later.
func (w *world) end() {
	if len(w.enrolments) > 0 && w.chance(30) {
		of := pick(w, w.enrolments...)
		e := events.EnrolmentEnded{End: w.entry(of.Of), Enrolment: of, Reason: "completed", EndedOn: w.day()}
		var n events.ChildEnrolled
		at, ok := w.one(events.CaseOf(of.Of), func(s events.State) ([]events.Event, error) {
			n = s.(*casework.Case).Enrolments[of]
			return s.(*casework.Case).EndEnrolment(e)
		})
		if ok {
			w.note(at, theEnd(e.End), ending{of.Of, n.Programme, n.Form, e.EndedOn, of})
			w.ends = append(w.ends, e.End)
		}
		return
	}
	e := events.EnrolmentEnded{End: w.entry(w.kid()), Programme: pick(w, w.programmes...), Form: w.form(), Reason: "moved", EndedOn: w.day(), Record: w.record()}
	if len(w.enrolments) > 0 && w.chance(70) {
		of := pick(w, w.enrolments...)
		for _, f := range slices.Backward(w.facts) {
			if n, ok := f.now.(enrolment); ok && f.about == theEnrolment(of) {
				called := pick(w, offer{n.programme, n.form}, cmp.Or(n.filed, offer{n.programme, n.form}))
				e.End, e.Programme, e.Form = w.entry(of.Of), called.programme, called.form
				break
			}
		}
	}
	at, _ := w.one(events.CaseOf(e.End.Of), func(s events.State) ([]events.Event, error) { return s.(*casework.Case).RecordEnd(e), nil })
	w.note(at, theEnd(e.End), ending{child: e.End.Of, programme: e.Programme, form: e.Form, day: e.EndedOn})
	w.ends = append(w.ends, e.End)
}

func (w *world) correctEnrolment() {
	if len(w.enrolments) == 0 {
		return
	}
	e := events.EnrolmentCorrected{Enrolment: pick(w, w.enrolments...), Programme: pick(w, "", pick(w, w.programmes...)), Form: pick(w, "", w.form()), EnrolledOn: w.day(), HomeMunicipality: w.home(), Reason: "other"}
	var before events.ChildEnrolled
	at, ok := w.one(events.CaseOf(e.Enrolment.Of), func(s events.State) ([]events.Event, error) {
		before = s.(*casework.Case).Enrolments[e.Enrolment]
		return s.(*casework.Case).CorrectEnrolment(e)
	})
	if !ok {
		return
	}
	n := asOf(w.facts, at).now[theEnrolment(e.Enrolment)].(enrolment)
	n.programme, n.form, n.day, n.home = before.Programme, before.Form, e.EnrolledOn, before.HomeMunicipality
	if e.Programme != "" {
		n.programme = e.Programme
	}
	if e.Form != "" {
		n.form = e.Form
	}
	if e.HomeMunicipality != "" {
		n.home = e.HomeMunicipality
	}
	w.note(at, theEnrolment(e.Enrolment), n)
}

func (w *world) withdrawEntry() {
	entries := slices.Concat(w.referrals, w.enrolments, w.ends)
	if len(entries) == 0 {
		return
	}
	entry := pick(w, entries...)
	at, ok := w.one(events.CaseOf(entry.Of), func(s events.State) ([]events.Event, error) {
		return s.(*casework.Case).Withdraw(entry, "duplicate")
	})
	if !ok {
		return
	}
	standing := all[theEnd, ending](asOf(w.facts, at))
	w.note(at, theReferral(entry), nil)
	w.note(at, theEnrolment(entry), nil)
	w.note(at, theEnd(entry), nil)
	for id, end := range standing {
		if end.of == entry { // what a person said of it goes with it
			w.note(at, id, nil)
		}
	}
}

func (w *world) describe() {
	e := events.ChildDescribed{Child: w.kid(), BirthYear: w.born(), Gender: w.gender(), Reason: "other"}
	at, _ := w.one(events.CaseOf(e.Child), func(events.State) ([]events.Event, error) { return []events.Event{e}, nil })
	w.say(at, e.Child, e.BirthYear, e.Gender, true)
}

func (w *world) merge() {
	keep, child := w.kid(), w.kid()
	if keep == child {
		return
	}
	merge := w.entry(child)
	at, ok := w.decide([]events.Stream{events.CaseOf(keep), events.CaseOf(child)}, func(about []*events.Deciding) error {
		a, b, err := casework.Merge(about[0].State.(*casework.Case), about[1].State.(*casework.Case), merge, keep)
		about[0].Record(a...)
		about[1].Record(b...)
		return err
	})
	if ok {
		w.note(at, theMergeOf(child), keep)
		w.merges[merge] = keep
	}
}

func (w *world) undo() {
	if len(w.merges) == 0 {
		return
	}
	var merge events.Entry
	for entry := range w.merges {
		if merge.IsZero() || entry.String() < merge.String() {
			merge = entry
		}
	}
	keep := w.merges[merge]
	at, ok := w.decide([]events.Stream{events.CaseOf(keep), events.CaseOf(merge.Of)}, func(about []*events.Deciding) error {
		a, b, err := casework.UndoMerge(about[0].State.(*casework.Case), about[1].State.(*casework.Case), merge, "wrong_child")
		about[0].Record(a...)
		about[1].Record(b...)
		return err
	})
	if ok {
		w.note(at, theMergeOf(merge.Of), nil)
	}
	delete(w.merges, merge)
}

func (w *world) erase() {
	child := w.kid()
	at, ok := w.one(events.CaseOf(child), func(s events.State) ([]events.Event, error) {
		return s.(*casework.Case).Erase(events.IdentityErased{Child: child}), nil
	})
	if ok {
		w.note(at, theErasureOf(child), true)
	}
}

func (w *world) guests() {
	e := events.GuestsCounted{Report: w.id(), ProviderMunicipality: "0182", Programme: "annan", Form: w.form(), HeldOn: w.day(), Children: events.Count(1 + w.r.IntN(5))}
	at, _ := w.one(events.GuestsOf(e.Report), func(events.State) ([]events.Event, error) { return []events.Event{e}, nil })
	w.note(at, theReport(e.Report), report{e.Form, e.HeldOn, int(e.Children)})
	w.reports = append(w.reports, e.Report)
}

func (w *world) withdrawGuests() {
	if len(w.reports) == 0 {
		return
	}
	id := pick(w, w.reports...)
	at, ok := w.one(events.GuestsOf(id), func(s events.State) ([]events.Event, error) {
		return s.(*casework.GuestReport).Withdraw("entered_in_error")
	})
	if ok {
		w.note(at, theReport(id), nil)
	}
}
