package reach_test

import (
	"cmp"
	"maps"
	"slices"

	"rackvidd/events"
	"rackvidd/services/casework"
)

// What the world does with registers, and what it believes to stand in them afterwards.

func (r *register) of(child events.ID) []seat {
	var list []seat
	for s := range r.seats {
		if s.child == child {
			list = append(list, s)
		}
	}
	// "substance_abuse" comes before "other"
	slices.SortFunc(list, func(a, b seat) int { return cmp.Or(cmp.Compare(b.target, a.target), cmp.Compare(a.home, b.home)) })
	return list
}

func (w *world) sit(at events.Position, id events.ID, s seat, there bool) {
	w.registers[id].seats[s] = there
	if there {
		w.note(at, theSeat{id, s}, true)
	} else {
		w.note(at, theSeat{id, s}, nil)
	}
}

func (w *world) rise(at events.Position, id events.ID, child events.ID) {
	for _, s := range w.registers[id].of(child) {
		delete(w.registers[id].seats, s)
		w.note(at, theSeat{id, s}, nil)
	}
}

func targetOf(t events.Target) events.Target { return cmp.Or(t, events.SubstanceAbuse) }

// importRows records up to three children, or an adult, as an import does.
func (w *world) importRows() {
	id, home := pick(w, w.sessions...), w.home()
	var marks []events.Mark
	for range 1 + w.r.IntN(3) {
		m := events.Mark{Child: w.kid(), Target: w.target(), HomeMunicipality: home, BirthYear: w.born(), Gender: w.gender(), Record: w.record()}
		if w.chance(10) {
			m.Role = events.AdultRole
		}
		marks = append(marks, m)
	}
	var recorded []events.Mark
	at, ok := w.decide([]events.Stream{events.SessionOf(id)}, func(about []*events.Deciding) error {
		recorded = nil
		session := about[0].State.(*casework.Session)
		if session.Withdrawn {
			return nil
		}
		var e *events.SessionAttended
		for _, m := range marks {
			if stands, _ := session.HasMark(m); stands {
				continue
			}
			recorded = append(recorded, m)
			next := session.Attend(m)
			session.Evolve(next)
			if e == nil || !casework.Join(e, next) {
				if e != nil {
					about[0].Events = append(about[0].Events, *e)
				}
				e = &next
			}
		}
		if e != nil {
			about[0].Events = append(about[0].Events, *e)
		}
		return nil
	})
	if !ok {
		return
	}
	for _, m := range recorded {
		if m.Role == events.AdultRole {
			continue
		}
		s := seat{m.Child, targetOf(m.Target), home}
		if _, absent := w.registers[id].seats[s]; absent {
			w.registers[id].was[m.Child] = s
		}
		w.sit(at, id, s, true)
		w.say(at, m.Child, m.BirthYear, m.Gender, false)
	}
}

func (w *world) tap() {
	id := pick(w, w.sessions...)
	r := w.registers[id]
	p := casework.Person{Child: w.kid(), BirthYear: w.born(), Gender: w.gender()}
	state, at := pick(w, casework.RowAttended, casework.RowAttended, casework.RowAbsent, casework.RowNone), w.instant()
	position, ok := w.one(events.SessionOf(id), func(s events.State) ([]events.Event, error) {
		return s.(*casework.Session).MarkRow(p, state, at)
	})
	if !ok {
		return
	}
	r.tapped[p.Child] = max(r.tapped[p.Child], at)
	before := r.of(p.Child)
	s := seat{p.Child, events.SubstanceAbuse, ""}
	if len(before) > 0 {
		s = before[0]
		r.was[p.Child] = s
	} else if was, ok := r.was[p.Child]; ok {
		s = was
	}
	w.rise(position, id, p.Child)
	switch state {
	case casework.RowAttended:
		w.sit(position, id, s, true)
		w.say(position, p.Child, p.BirthYear, p.Gender, false)
	case casework.RowAbsent:
		w.sit(position, id, s, false)
		w.say(position, p.Child, p.BirthYear, p.Gender, false)
	}
}

func (w *world) stateRegister() {
	id := pick(w, w.sessions...)
	r := w.registers[id]
	kids := slices.Clone(w.kids)
	w.r.Shuffle(len(kids), func(i, j int) { kids[i], kids[j] = kids[j], kids[i] })
	var stated casework.Register
	for i, child := range kids[:w.r.IntN(len(kids)+1)] {
		p := casework.Person{Child: child, BirthYear: w.born(), Gender: w.gender()}
		switch i % 4 {
		case 0, 1:
			stated.Attended = append(stated.Attended, p)
		case 2:
			stated.Absent = append(stated.Absent, p)
		case 3:
			stated.Other = append(stated.Other, p)
		}
	}
	stated.Unidentified, stated.Adults = events.Count(w.r.IntN(4)), events.Count(w.r.IntN(2))
	at, ok := w.one(events.SessionOf(id), func(s events.State) ([]events.Event, error) {
		return s.(*casework.Session).State(stated, w.instant())
	})
	if ok {
		clear(r.was)
		w.believe(at, id, stated)
	}
}

func (w *world) believe(at events.Position, id events.ID, stated casework.Register) {
	r, named := w.registers[id], make(map[events.ID]bool)
	set := func(people []casework.Person, there bool, target events.Target) {
		for _, p := range people {
			named[p.Child] = true
			before, home := r.of(p.Child), events.Municipality("")
			if len(before) > 0 {
				home = before[0].home
			}
			if len(before) == 1 && r.seats[before[0]] == there && (!there || before[0].target == target) {
				continue
			}
			w.rise(at, id, p.Child)
			w.sit(at, id, seat{p.Child, target, home}, there)
			w.say(at, p.Child, p.BirthYear, p.Gender, false)
		}
	}
	set(stated.Attended, true, events.SubstanceAbuse)
	set(stated.Other, true, events.OtherTarget)
	set(stated.Absent, false, events.SubstanceAbuse)
	for s := range maps.Clone(r.seats) {
		if !named[s.child] {
			w.rise(at, id, s.child)
		}
	}
	w.recount(at, id, int(stated.Unidentified), false, 1)
	w.recount(at, id, int(stated.Adults), true, 2)
}

func (w *world) recount(at events.Position, id events.ID, n int, adults bool, number byte) {
	r, sum := w.registers[id], 0
	var came []count // of how many is no matter
	for _, c := range r.counts {
		if c.adults == adults {
			sum += c.n
			came = append(came, count{id, 0, c.target, c.home})
		}
	}
	if sum == n {
		return
	}
	if came = slices.Compact(came); len(came) == 0 {
		came = append(came, r.came[adults])
	}
	if len(came) > 1 || came[0].target == "" {
		came = []count{{id, 0, events.SubstanceAbuse, ""}}
	}
	r.came[adults] = came[0]
	for entry, c := range maps.Clone(r.counts) {
		if c.adults == adults {
			delete(r.counts, entry)
			w.note(at, theCount(entry), nil)
		}
	}
	own := events.Entry{Of: id, Number: [8]byte{7: number}}
	if n > 0 {
		w.head(at, own, crowd{count{id, n, came[0].target, came[0].home}, adults})
	}
}

func (w *world) head(at events.Position, entry events.Entry, c crowd) {
	w.registers[c.session].counts[entry] = c
	if !c.adults {
		w.note(at, theCount(entry), c.count)
	}
}

// unmark takes a record's mark away again.
func (w *world) unmark() {
	id := pick(w, w.sessions...)
	r := w.registers[id]
	seats := slices.SortedFunc(maps.Keys(r.seats), func(a, b seat) int {
		return cmp.Or(slices.Compare(a.child[:], b.child[:]), cmp.Compare(a.target, b.target), cmp.Compare(a.home, b.home))
	})
	if len(seats) == 0 {
		return
	}
	s := pick(w, seats...)
	at, ok := w.one(events.SessionOf(id), func(state events.State) ([]events.Event, error) {
		return state.(*casework.Session).Unmark(casework.MarkKey{Child: s.child, Role: events.ChildRole, Target: s.target, Home: s.home}), nil
	})
	if ok {
		r.was[s.child] = s
		delete(r.seats, s)
		w.note(at, theSeat{id, s}, nil)
	}
}

// headcount records a count of unidentified children or adults, restates one, or takes one away.
func (w *world) headcount() {
	id := pick(w, w.sessions...)
	r := w.registers[id]
	entries := slices.SortedFunc(maps.Keys(r.counts), func(a, b events.Entry) int { return slices.Compare(a.Number[:], b.Number[:]) })
	if len(entries) > 0 && w.chance(40) {
		entry := pick(w, entries...)
		at, ok := w.one(events.SessionOf(id), func(s events.State) ([]events.Event, error) { return s.(*casework.Session).Uncount(entry), nil })
		if ok {
			delete(r.counts, entry)
			w.note(at, theCount(entry), nil)
		}
		return
	}
	c := crowd{count{id, 1 + w.r.IntN(6), targetOf(w.target()), w.home()}, w.chance(20)}
	entry := w.entry(id)
	e := events.HeadCount{Entry: entry, Count: events.Count(c.n), Target: c.target, Record: w.record()}
	if c.adults {
		e.Role = events.AdultRole
	}
	at, _ := w.one(events.SessionOf(id), func(events.State) ([]events.Event, error) {
		return []events.Event{events.SessionAttended{Session: id, HomeMunicipality: c.home, Counted: []events.HeadCount{e}}}, nil
	})
	w.head(at, entry, c)
}
