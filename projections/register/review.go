package register

import (
	"iter"
	"maps"
	"slices"

	"rackvidd/events"
)

// Asked is which period is looked at.
type Asked struct {
	From, To events.Day
	Today    events.Day // 0: the day on which the position was recorded, so that the answer stays the same
}

// on finds what there is to find on a day.
func (e *evidence) on(today events.Day) (f Findings) {
	e = new(*e)
	e.Today, e.meetings = today, nil
	for _, o := range e.occasions {
		if !o.cancelled && e.aimed(o) {
			e.meetings = append(e.meetings, o)
		}
	}
	f.Referrals = e.referrals
	e.reviewSessions(&f.Sessions)
	e.reviewTwice(&f.Sessions)
	e.reviewAttendance(&f.Attendance)
	e.reviewPlaces(&f.Places)
	e.reviewIdle(&f.Places)
	e.reviewProgrammes(&f.Programmes)
	e.reviewMerges(&f.Merges)
	e.reviewLate(&f.Late)
	return f
}

func (f *Found) add(session events.ID) {
	if f.Number++; len(f.Sessions) < Examples {
		f.Sessions = append(f.Sessions, session)
	}
}

// visitors are visits while they are counted.
type visitors struct {
	children []bool // by their numbers
	Visits
}

func (v *visitors) add(session events.ID, child number) {
	if !v.children[child] {
		v.children[child] = true
		v.Children++
	}
	v.Attendances++
	if n := len(v.Sessions); n < Examples && (n == 0 || v.Sessions[n-1] != session) {
		v.Sessions = append(v.Sessions, session)
	}
}

// visitors are nobody yet.
func (e *evidence) visitors() *visitors { return &visitors{children: make([]bool, e.numbers.most())} }

// tallies are things that are counted once for each programme.
type tallies map[events.ProgrammeID]int

func (t tallies) sorted() (list []Tally) {
	for _, p := range slices.Sorted(maps.Keys(t)) {
		list = append(list, Tally{p, t[p]})
	}
	return list
}

func (e *evidence) inPeriod(o *occasion) bool { return e.From <= o.day && o.day <= e.To }

// aimed reports whether it is for children because of substance abuse.
func (e *evidence) aimed(o *occasion) bool {
	return o.provider != "" || e.programmes[o.programme].target != events.OtherTarget
}

// held are the sessions of the period to which somebody may have come.
func (e *evidence) held(yield func(*occasion) bool) { e.heldIn(e.From, e.To)(yield) }

func (e *evidence) heldIn(from, to events.Day) iter.Seq[*occasion] {
	return func(yield func(*occasion) bool) {
		for _, o := range e.meetings {
			if from <= o.day && o.day <= to && !yield(o) {
				return
			}
		}
	}
}

// own are this municipality's of them.
func (e *evidence) own(yield func(*occasion) bool) {
	for o := range e.held {
		if o.provider == "" && !yield(o) {
			return
		}
	}
}

func (o *occasion) people() int {
	return len(o.came) + len(o.other) + len(o.grown) + o.unknown + o.unnamed
}

func (e *evidence) reviewSessions(f *SessionFindings) {
	for _, o := range e.occasions {
		switch {
		case !e.inPeriod(o):
		case o.provider != "":
			f.Elsewhere++
		case !e.aimed(o):
			f.LeftOut++
		default:
			f.Total++
			e.reviewSession(f, o)
		}
	}
}

func (e *evidence) reviewSession(f *SessionFindings, o *occasion) {
	switch {
	case o.cancelled:
		f.Cancelled++
	case !o.saved && o.day >= e.Today:
		f.Planned++
	case !o.saved:
		f.Missing.add(o.id)
	case o.people() == 0:
		f.Empty.add(o.id)
	case o.people() > MostPeople:
		f.Crowded.add(o.id)
	}
}

// reviewTwice finds sessions that may be one: with somebody in both. Two groups of a programme may well meet on the same
// day, and two children may have a talk each.
func (e *evidence) reviewTwice(f *SessionFindings) {
	for day := range daysOf(e.own) {
		for _, o := range day {
			if slices.ContainsFunc(day, func(other *occasion) bool {
				return other != o && other.offer == o.offer && (other.group == o.group || other.group.IsZero() || o.group.IsZero()) && o.shares(other)
			}) {
				f.Twice.add(o.id)
			}
		}
	}
}

// daysOf are occasions that come in the order of their days, day by day. A day's are to be used before the next one's come.
func daysOf(occasions iter.Seq[*occasion]) iter.Seq[[]*occasion] {
	return func(yield func([]*occasion) bool) {
		var day []*occasion
		for o := range occasions {
			if len(day) > 0 && day[0].day != o.day {
				if !yield(day) {
					return
				}
				day = day[:0]
			}
			day = append(day, o)
		}
		if len(day) > 0 {
			yield(day)
		}
	}
}

// shares reports whether a child came to both.
func (o *occasion) shares(other *occasion) bool {
	return slices.ContainsFunc(o.came, func(child number) bool { return slices.Contains(other.came, child) })
}

func (e *evidence) reviewAttendance(f *AttendanceFindings) {
	all, other, elsewhere := e.visitors(), e.visitors(), e.visitors()
	sessions := make([]int, e.numbers.most())
	for o := range e.held {
		f.Unidentified += o.unknown
		f.Adults += len(o.grown) + o.adults
		for _, child := range o.came {
			all.add(o.id, child)
			sessions[child]++
			if o.provider != "" {
				elsewhere.add(o.id, child)
			}
		}
		for _, child := range o.other {
			other.add(o.id, child)
		}
	}
	f.Children, f.Attendances, f.Other, f.Elsewhere = all.Children, all.Attendances, other.Visits, elsewhere.Visits
	for _, n := range sessions {
		if n > MostSessions {
			f.Often++
		}
	}
	f.OneDay = e.manyADay()
}

// manyADay finds the attendances of children who came to very many sessions on the same day.
func (e *evidence) manyADay() Visits {
	v, times := e.visitors(), make([]int, e.numbers.most())
	for day := range daysOf(e.held) {
		if len(day) <= MostADay {
			continue
		}
		for _, o := range day {
			for _, child := range o.came {
				times[child]++
			}
		}
		for _, o := range day {
			for _, child := range o.came {
				if times[child] > MostADay {
					v.add(o.id, child)
				}
			}
		}
		for _, o := range day {
			for _, child := range o.came {
				times[child] = 0
			}
		}
	}
	return v.Visits
}

func (p *placement) runs(from, to events.Day) bool {
	return p.from <= to && (p.to == 0 || p.to >= from)
}

// places are placements by the child: which comes first, and which comes after each; 0: none, i+1: the i-th.
type places struct{ first, next []int32 }

func (e *evidence) places() places {
	l := places{make([]int32, e.numbers.most()), make([]int32, len(e.placements))}
	for i := range e.placements {
		first := &l.first[e.placements[i].child]
		l.next[i], *first = *first, int32(i+1)
	}
	return l
}

// placesOf are the indices of the placements of a child in an offer.
func (e *evidence) placesOf(l places, child, offer number) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := l.first[child]; i > 0; i = l.next[i-1] {
			if e.placements[i-1].offer == offer && !yield(int(i-1)) {
				return
			}
		}
	}
}

func (e *evidence) reviewPlaces(f *PlaceFindings) {
	all := e.places()
	unplaced, never, ended, notYet := e.visitors(), e.visitors(), e.visitors(), e.visitors()
	for o := range e.own {
		for _, child := range o.came {
			some, begun, runs := false, false, false
			for i := range e.placesOf(all, child, o.offer) {
				p := &e.placements[i]
				some, begun, runs = true, begun || p.from <= o.day, runs || p.runs(o.day, o.day)
			}
			if runs {
				continue
			}
			unplaced.add(o.id, child)
			switch {
			case !some:
				never.add(o.id, child)
			case begun:
				ended.add(o.id, child)
			default:
				notYet.add(o.id, child)
			}
		}
	}
	f.Unplaced, f.Never, f.Ended, f.NotYet = unplaced.Visits, never.Visits, ended.Visits, notYet.Visits
	e.reviewComing(f)
}

// came are the children who came to anything in the period, by their numbers.
func (e *evidence) came() []bool {
	came := make([]bool, e.numbers.most())
	for o := range e.held {
		for _, children := range [][]number{o.came, o.other} {
			for _, child := range children {
				came[child] = true
			}
		}
	}
	return came
}

// reviewComing finds children who had a place in the period and came to nothing.
func (e *evidence) reviewComing(f *PlaceFindings) {
	came, placed, to := e.came(), make([]bool, e.numbers.most()), make(map[events.ProgrammeID]map[number]bool)
	for i := range e.placements {
		p := &e.placements[i]
		if !p.runs(e.From, e.To) || e.programmes[p.programme].target == events.OtherTarget {
			continue
		}
		if !placed[p.child] {
			placed[p.child] = true
			f.Children++
			if !came[p.child] {
				f.NeverCame++
			}
		}
		if came[p.child] {
			continue
		}
		if to[p.programme] == nil {
			to[p.programme] = make(map[number]bool)
		}
		to[p.programme][p.child] = true
	}
	each := make(tallies)
	for programme, children := range to {
		each[programme] = len(children)
	}
	f.NeverCameTo = each.sorted()
}

// reviewIdle finds places that nobody used for a year.
func (e *evidence) reviewIdle(f *PlaceFindings) {
	idle := make(tallies)
	for _, p := range e.idlePlaces() {
		f.Idle++
		idle[p.programme]++
	}
	f.IdleIn = idle.sorted()
}

// idlePlaces are the places that ran for the year to the period's end, and to which their children did not come in it.
func (e *evidence) idlePlaces() (list []*placement) {
	began, all, used := yearBefore(e.To), e.places(), make([]bool, len(e.placements))
	for _, o := range e.occasions {
		if o.cancelled || o.provider != "" || o.day <= began {
			continue
		}
		for _, children := range [][]number{o.came, o.other} {
			for _, child := range children {
				for i := range e.placesOf(all, child, o.offer) {
					used[i] = true
				}
			}
		}
	}
	for i := range e.placements {
		p := &e.placements[i]
		if p.from <= began && (p.to == 0 || p.to > e.To) && !used[i] && e.programmes[p.programme].target != events.OtherTarget {
			list = append(list, p)
		}
	}
	return list
}

func (e *evidence) reviewProgrammes(f *ProgrammeFindings) {
	reached, met, early := make(map[events.Form]bool), make(map[events.ProgrammeID]bool), make(tallies)
	for o := range e.own {
		met[o.programme] = true
		if len(o.came)+o.unknown > 0 {
			reached[o.form] = true
		}
		if p, known := e.programmes[o.programme]; known && o.day < p.from {
			f.Early.add(o.id)
			early[o.programme]++
		}
	}
	f.EarlyIn = early.sorted()
	offers := make(map[events.Form]bool)
	for _, id := range slices.Sorted(maps.Keys(e.programmes)) {
		p := e.programmes[id]
		if p.target == events.OtherTarget || p.from > e.To {
			continue
		}
		if p.identity == events.NoIdentity {
			f.NoIdentity = append(f.NoIdentity, id)
		}
		if !met[id] {
			f.NoSession = append(f.NoSession, id)
		}
		for _, form := range p.forms {
			if offers[form] = true; !reached[form] {
				f.NotReached = append(f.NotReached, Offer{id, form})
			}
		}
	}
	f.NotOffered = notAmong(offers, reached)
}

// notAmong are the forms that were reached and are not offered.
func notAmong(offers, reached map[events.Form]bool) []events.Form {
	missing := maps.Clone(reached)
	maps.DeleteFunc(missing, func(form events.Form, _ bool) bool { return offers[form] })
	return slices.Sorted(maps.Keys(missing))
}

func (e *evidence) reviewMerges(f *MergeFindings) {
	came := e.came()
	for _, j := range e.merges {
		switch {
		case j.stands && e.isAmong(came, j.child):
			f.Standing++
		case !j.stands && j.undone >= e.From:
			f.Undone++
		}
	}
}

// isAmong reports whether a child counts as one of those with these numbers.
func (e *evidence) isAmong(numbers []bool, child events.ID) bool {
	n := int(e.numbers.child(e.root(child)))
	return n < len(numbers) && numbers[n]
}

func (e *evidence) reviewLate(f *LateFindings) {
	f.Days = max(0, int(e.Today-e.To))
	for o := range e.held {
		for _, r := range o.recorded {
			f.Attendances += r.children
			if r.on > o.day+30 {
				f.MonthLate += r.children
			}
			if r.on > e.To {
				f.AfterPeriod += r.children
			}
		}
	}
	from, to, before := yearBefore(e.From), yearBefore(e.To), &f.Previous
	for o := range e.heldIn(from, to) {
		for _, r := range o.recorded {
			before.Attendances += r.children
			if r.on > to {
				before.AfterPeriod += r.children
			}
			if r.on > to+events.Day(f.Days) {
				before.Later += r.children
			}
		}
	}
}
