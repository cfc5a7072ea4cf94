package projectiontest

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"rackvidd/events"
)

// Invent tells a random story of n decisions, as the rules of casework would allow it: few children, sessions and
// groups, so that much happens to each.
func Invent(t testing.TB, m events.Municipality, seed uint64, n int) *Story {
	i := &inventor{
		story: NewStory(t, m), Rand: rand.New(rand.NewPCG(seed, 1)),
		referrals: make(map[events.Entry]bool), enrolments: make(map[events.Entry]bool), merged: make(map[events.ID]events.Entry),
		into: make(map[events.ID]events.ID), closings: make(map[events.Entry]bool), ends: make(map[events.Entry]bool),
		sessions: make(map[events.ID]*inventedSession), members: make(map[events.ID]bool),
	}
	for k := range 5 {
		i.children = append(i.children, events.ID{0xc0, byte(k)})
	}
	i.begin()
	for range n {
		i.happen()
	}
	return i.story
}

type inventor struct {
	*rand.Rand
	story      *Story
	children   []events.ID
	number     byte
	referrals  map[events.Entry]bool
	closings   map[events.Entry]bool
	enrolments map[events.Entry]bool
	ends       map[events.Entry]bool
	merged     map[events.ID]events.Entry
	into       map[events.ID]events.ID
	sessions   map[events.ID]*inventedSession
	members    map[events.ID]bool
}

type inventedSession struct {
	cancelled bool
	withdrawn bool // nothing more is said of it
	marks     map[events.ID]events.Mark
}

func newInventedSession() *inventedSession {
	return &inventedSession{marks: make(map[events.ID]events.Mark)}
}

var inventedGroup = events.ID{0x60}

func pick[T any](i *inventor, list ...T) T { return list[i.IntN(len(list))] }

// anyOf picks a key, the same for the same seed; ok is false where there is none.
func anyOf[K interface{ String() string }](i *inventor, of func(yield func(K) bool)) (key K, ok bool) {
	keys := slices.SortedFunc(of, func(a, b K) int { return slices.Compare([]byte(a.String()), []byte(b.String())) })
	if len(keys) == 0 {
		return key, false
	}
	return pick(i, keys...), true
}

func (i *inventor) begin() {
	for _, id := range []events.ProgrammeID{"sputnik", "smilla"} {
		i.story.Happens(events.ProgrammeOf(id), events.ProgrammeRegistered{
			Programme: id, Name: events.Name(id), Forms: []events.Form{events.SupportGroup, events.Camp},
			Organiser: "municipality", Target: events.SubstanceAbuse, Identity: events.Linked, ValidFrom: i.day(),
		})
	}
	i.story.Happens(events.GroupOf(inventedGroup), events.GroupFormed{Group: inventedGroup, Programme: "sputnik", Form: events.SupportGroup, Name: "A", Places: 8})
}

func (i *inventor) happen() {
	child := pick(i, i.children...)
	switch i.IntN(14) {
	case 0:
		i.refer(child)
	case 1:
		i.enrol(child)
	case 2:
		i.close()
	case 3:
		i.end()
	case 4:
		i.correct()
	case 5:
		i.withdraw()
	case 6:
		i.merge(child)
	case 7:
		i.join(child)
	case 8, 9:
		i.open()
	case 10:
		i.amend()
	case 11:
		i.mirror()
	default:
		i.register()
	}
}

func (i *inventor) day() events.Day { return events.Date(2021, 1, 1) + events.Day(i.IntN(365)) }

func (i *inventor) programme() events.ProgrammeID {
	return pick[events.ProgrammeID](i, "sputnik", "smilla")
}

func (i *inventor) form() events.Form { return pick(i, events.SupportGroup, events.Camp) }

func (i *inventor) entry(of events.ID) events.Entry {
	i.number++
	return events.Entry{Of: of, Number: [8]byte{i.number, 1}}
}

func (i *inventor) refer(child events.ID) {
	e := i.entry(child)
	i.referrals[e] = true
	i.story.Happens(events.CaseOf(child), events.ReferralReceived{
		Referral: e, Channel: pick[events.Channel](i, "school", "self"), ReceivedOn: i.day(),
		Programme: pick(i, "", i.programme()), BirthYear: 2010,
	})
}

func (i *inventor) enrol(child events.ID) {
	e := i.entry(child)
	i.enrolments[e] = true
	i.story.Happens(events.CaseOf(child), events.ChildEnrolled{Enrolment: e, Programme: i.programme(), Form: i.form(), EnrolledOn: i.day(), Gender: "girl"})
}

// close closes a referral, or records a closing that waits and is matched later.
func (i *inventor) close() {
	referral, ok := anyOf(i, maps.Keys(i.referrals))
	if closing, waits := anyOf(i, maps.Keys(i.closings)); waits && i.IntN(2) == 0 {
		if closing.Of != referral.Of {
			referral = events.Entry{}
		}
		i.story.Happens(events.CaseOf(closing.Of), events.ReferralClosingMatched{Closing: closing, Referral: referral, Outcome: "accepted", ClosedOn: i.day()})
		return
	}
	if !ok {
		return
	}
	closing := i.entry(referral.Of)
	i.closings[closing] = true
	i.story.Happens(events.CaseOf(referral.Of), events.ReferralClosed{Closing: closing, Referral: pick(i, referral, events.Entry{}), Outcome: "declined", ClosedOn: i.day()})
}

func (i *inventor) end() {
	enrolment, ok := anyOf(i, maps.Keys(i.enrolments))
	if end, waits := anyOf(i, maps.Keys(i.ends)); waits && i.IntN(2) == 0 {
		if end.Of != enrolment.Of {
			enrolment = events.Entry{}
		}
		i.story.Happens(events.CaseOf(end.Of), events.EnrolmentEndMatched{End: end, Enrolment: enrolment, Reason: "moved", EndedOn: i.day()})
		return
	}
	if !ok {
		return
	}
	end := i.entry(enrolment.Of)
	i.ends[end] = true
	i.story.Happens(events.CaseOf(enrolment.Of), events.EnrolmentEnded{End: end, Enrolment: pick(i, enrolment, events.Entry{}), Programme: "sputnik", Form: events.Camp, Reason: "completed", EndedOn: i.day()})
}

func (i *inventor) correct() {
	if e, ok := anyOf(i, maps.Keys(i.referrals)); ok && i.IntN(2) == 0 {
		i.story.Happens(events.CaseOf(e.Of), events.ReferralCorrected{Referral: e, Channel: "police", ReceivedOn: i.day(), Reason: "wrong_day"})
	}
	if e, ok := anyOf(i, maps.Keys(i.enrolments)); ok && i.IntN(2) == 0 {
		i.story.Happens(events.CaseOf(e.Of), events.EnrolmentCorrected{Enrolment: e, Programme: i.programme(), Form: i.form(), EnrolledOn: i.day(), Reason: "wrong_programme"},
			events.EnrolmentCorrected{Enrolment: e, Programme: "smilla", Form: i.form(), EnrolledOn: i.day(), Reason: "other"})
	}
}

func (i *inventor) withdraw() {
	kind := pick(i, i.referrals, i.closings, i.enrolments, i.ends)
	if e, ok := anyOf(i, maps.Keys(kind)); ok {
		delete(kind, e)
		i.story.Happens(events.CaseOf(e.Of), events.EntryWithdrawn{Entry: e, Reason: events.EnteredInError})
	}
}

func (i *inventor) merge(child events.ID) {
	if merge, is := i.merged[child]; is {
		into := i.into[child]
		delete(i.merged, child)
		i.story.Together(Part{events.CaseOf(child), []events.Event{events.MergeUndone{Merge: merge, Into: into, Reason: "wrong_child"}}},
			Part{events.CaseOf(into), []events.Event{events.AbsorptionUndone{Merge: merge, Child: child}}})
		return
	}
	into := pick(i, i.children...)
	for at, ok := into, true; ok; at, ok = i.into[at], i.merged[at] != (events.Entry{}) {
		if at == child {
			return // it would count as itself in a circle
		}
	}
	merge := i.entry(child)
	i.merged[child], i.into[child] = merge, into
	i.story.Together(Part{events.CaseOf(child), []events.Event{events.CaseMerged{Merge: merge, Into: into}}},
		Part{events.CaseOf(into), []events.Event{events.CaseAbsorbed{Merge: merge, Child: child}}})
}

func (i *inventor) join(child events.ID) {
	switch i.IntN(8) {
	case 0:
		i.story.Happens(events.GroupOf(inventedGroup), events.GroupAmended{Group: inventedGroup, Programme: "sputnik", Form: events.SupportGroup, Name: pick[events.Name](i, "A", "B"), Places: 9})
	case 1:
		i.story.Happens(events.GroupOf(inventedGroup), events.GroupClosed{Group: inventedGroup, ClosedOn: i.day()})
	case 2:
		i.story.Happens(events.GroupOf(inventedGroup), events.GroupReopened{Group: inventedGroup})
	}
	e := events.GroupMembersChanged{Group: inventedGroup}
	if i.members[child] {
		e.Left = []events.ID{child}
	} else {
		e.Joined = []events.ID{child}
	}
	i.members[child] = !i.members[child]
	i.story.Happens(events.GroupOf(inventedGroup), e)
}

// amend changes whom a programme is for, and since when.
func (i *inventor) amend() {
	id := i.programme()
	i.story.Happens(events.ProgrammeOf(id), events.ProgrammeAmended{
		Programme: id, Name: events.Name(id), Forms: []events.Form{events.SupportGroup, events.Camp}, Organiser: "municipality",
		Target: pick(i, events.SubstanceAbuse, events.OtherTarget, events.MixedTarget), Identity: events.Linked, ValidFrom: i.day(),
	})
}

// mirror tells of a session that another municipality provides, or moves it.
func (i *inventor) mirror() {
	const programme, provider = "elsewhere", "1881"
	id, form, day := events.ID{0x51, byte(i.IntN(3))}, i.form(), i.day()
	if i.sessions[id] == nil {
		i.sessions[id] = newInventedSession()
		i.story.Happens(events.SessionOf(id), events.SessionOpened{Session: id, Programme: programme, Form: form, HeldOn: day, ProviderMunicipality: provider})
		return
	}
	i.story.Happens(events.SessionOf(id), events.SessionCorrected{Session: id, Programme: programme, Form: form, HeldOn: day, ProviderMunicipality: provider, Reason: "wrong_day"})
}

func (i *inventor) open() {
	id := events.ID{0x50, byte(i.IntN(6))}
	s, known := i.sessions[id]
	switch {
	case !known:
		i.sessions[id] = newInventedSession()
		i.story.Happens(events.SessionOf(id), events.SessionOpened{Session: id, Programme: i.programme(), Form: i.form(), HeldOn: i.day(), Group: pick(i, inventedGroup, events.ID{})})
	case s.withdrawn:
	case s.cancelled:
		s.cancelled = false
		i.story.Happens(events.SessionOf(id), events.SessionReinstated{Session: id, Reason: events.EnteredInError})
	case i.IntN(2) == 0:
		s.cancelled = true
		i.story.Happens(events.SessionOf(id), events.SessionCancelled{Session: id})
	case i.IntN(6) == 0:
		s.withdrawn = true
		i.story.Happens(events.SessionOf(id), events.SessionWithdrawn{Session: id, Reason: events.EnteredInError})
	default:
		i.story.Happens(events.SessionOf(id), events.SessionCorrected{Session: id, Programme: i.programme(), Form: i.form(), HeldOn: i.day(), Reason: "wrong_day"})
	}
}

// register writes a register: marks come, change and go, and people are counted.
func (i *inventor) register() {
	id, ok := anyOf(i, maps.Keys(i.sessions))
	if !ok || i.sessions[id].withdrawn {
		return
	}
	s, e := i.sessions[id], events.SessionAttended{Session: id}
	for _, child := range i.children {
		before, marked := s.marks[child]
		if i.IntN(3) > 0 {
			continue
		}
		if marked {
			e.Removed = append(e.Removed, before)
			delete(s.marks, child)
		}
		if i.IntN(3) > 0 {
			m := events.Mark{Child: child, Target: pick(i, "", events.OtherTarget), Role: pick(i, "", "", events.AdultRole), At: events.InstantOf(i.story.Now)}
			s.marks[child] = m
			if i.IntN(3) > 0 {
				e.Attended = append(e.Attended, m)
			} else {
				e.Absent = append(e.Absent, m)
			}
		}
	}
	if i.IntN(3) == 0 {
		e.Counted = []events.HeadCount{{Entry: events.Entry{Of: id, Number: [8]byte{1}}, Count: events.Count(i.IntN(4))}}
	}
	i.story.Happens(events.SessionOf(id), e)
}
