package reach_test

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"

	"rackvidd/events"
	"rackvidd/projections/reach"
)

// The oracle: figures from a plain list of facts. It knows neither events nor folds, and shares no code with Compute.

// fact says what is so of something from a position on; now nil: nothing any more.
type fact struct {
	at         events.Position
	about, now any
}

type (
	theProgramme events.ProgrammeID // now: events.Target
	theSession   events.ID          // now: session
	theVoid      struct {
		session events.ID
		why     string
	} // now: true
	theSeat struct {
		session events.ID
		seat    seat
	} // now: true
	theCount     events.Entry // now: count
	theReport    events.ID    // now: report
	theReferral  events.Entry // now: referral
	theEnrolment events.Entry // now: enrolment
	theEnd       events.Entry // now: ending
	theWord      int          // now: word
	theMergeOf   events.ID    // now: events.ID
	theErasureOf events.ID    // now: true
)

type session struct {
	programme events.ProgrammeID
	form      events.Form
	day       events.Day
	provider  events.Municipality
}

type seat struct {
	child  events.ID
	target events.Target
	home   events.Municipality
}

type count struct {
	session events.ID
	n       int
	target  events.Target
	home    events.Municipality
}

type report struct {
	form events.Form
	day  events.Day
	n    int
}

type referral struct {
	child   events.ID
	channel events.Channel
	day     events.Day
}

type enrolment struct {
	child     events.ID
	programme events.ProgrammeID
	form      events.Form
	day       events.Day
	home      events.Municipality
	filed     offer // what the record that it came from calls it; zero: it came from none
}

type offer struct {
	programme events.ProgrammeID
	form      events.Form
}

type ending struct {
	child     events.ID
	programme events.ProgrammeID
	form      events.Form
	day       events.Day
	of        events.Entry // stated by a person; zero: whichever it closes
}

type word struct {
	child      events.ID
	birthYear  events.Year
	gender     events.Gender
	correction bool
}

// known is what is so as of a position, with the order in which it was first said.
type known struct {
	now   map[any]any
	order map[any]int
}

func asOf(facts []fact, at events.Position) known {
	k := known{make(map[any]any), make(map[any]int)}
	for i, f := range facts {
		if f.at > at {
			continue
		}
		delete(k.now, f.about)
		if f.now == nil {
			delete(k.order, f.about)
		} else {
			k.now[f.about] = f.now
			if _, said := k.order[f.about]; !said {
				k.order[f.about] = i
			}
		}
	}
	return k
}

func all[A comparable, N any](k known) map[A]N {
	found := make(map[A]N)
	for about, now := range k.now {
		if a, ok := about.(A); ok {
			found[a] = now.(N)
		}
	}
	return found
}

func (k known) root(child events.ID) events.ID {
	var way []events.ID
	for !slices.Contains(way, child) {
		into, merged := k.now[theMergeOf(child)]
		if !merged {
			return child
		}
		way, child = append(way, child), into.(events.ID)
	}
	circle := way[slices.Index(way, child):] // the least of it
	return slices.MinFunc(circle, func(a, b events.ID) int { return slices.Compare(a[:], b[:]) })
}

// visit is a child at a session, as itself or as whom it was merged into.
type visit struct {
	child     events.ID
	session   events.ID
	home      events.Municipality
	form      events.Form
	programme string
}

type place struct {
	child     events.ID
	home      events.Municipality
	form      events.Form
	programme string
}

func (k known) held(id events.ID, p reach.Period) bool {
	s, ok := k.now[theSession(id)].(session)
	if !ok || s.day < p.From || s.day > p.To || s.provider == "" && k.now[theProgramme(s.programme)] == events.OtherTarget {
		return false
	}
	return k.now[theVoid{id, "cancelled"}] == nil && k.now[theVoid{id, "withdrawn"}] == nil
}

func number(e events.Entry) int64 { return int64(binary.BigEndian.Uint64(e.Number[:])) }

func (k known) home(child events.ID, m events.Municipality) events.Municipality {
	var last *enrolment
	var lastNumber int64
	for entry, n := range all[theEnrolment, enrolment](k) {
		if k.root(n.child) != child || n.home == "" {
			continue
		}
		if last == nil || n.day > last.day || n.day == last.day && number(events.Entry(entry)) > lastNumber {
			last, lastNumber = &n, number(events.Entry(entry))
		}
	}
	if last == nil {
		return m
	}
	return last.home
}

func (k known) visits(m events.Municipality, p reach.Period) map[visit]bool {
	list := make(map[visit]bool)
	for at := range all[theSeat, bool](k) {
		if !k.held(at.session, p) || at.seat.target != events.SubstanceAbuse {
			continue
		}
		s := k.now[theSession(at.session)].(session)
		programme := string(s.programme)
		if s.provider != "" {
			programme = string(s.provider) + "/" + programme
		}
		child := k.root(at.seat.child)
		list[visit{child, at.session, cmp.Or(at.seat.home, k.home(child, m)), s.form, programme}] = true
	}
	return list
}

// lastDays are the days on which enrolments ended: first what people said of one enrolment, then, in the order of
// their days, each end closes the latest enrolment still open that began no later and was recorded as what it names, or else is that by now.
func (k known) lastDays() map[events.Entry]events.Day {
	last := make(map[events.Entry]events.Day)
	ends := all[theEnd, ending](k)
	for _, end := range ends {
		if !end.of.IsZero() {
			last[end.of] = end.day
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(ends), func(a, b theEnd) int {
		return cmp.Or(cmp.Compare(ends[a].day, ends[b].day), slices.Compare(a.Number[:], b.Number[:]))
	}) {
		end := ends[id]
		if !end.of.IsZero() {
			continue
		}
		of := offer{end.programme, end.form}
		best := k.latest(func(e events.Entry, n enrolment) bool {
			_, closed := last[e]
			return !closed && n.child == end.child && n.day <= end.day && cmp.Or(n.filed, offer{n.programme, n.form}) == of
		})
		if best.IsZero() {
			best = k.latest(func(e events.Entry, n enrolment) bool {
				_, closed := last[e]
				return !closed && n.child == end.child && n.day <= end.day && (offer{n.programme, n.form}) == of
			})
		}
		if !best.IsZero() {
			last[best] = end.day
		}
	}
	return last
}

// latest is the enrolment that began last of some, zero where there is none.
func (k known) latest(some func(events.Entry, enrolment) bool) (best events.Entry) {
	for entry, n := range all[theEnrolment, enrolment](k) {
		e := events.Entry(entry)
		if b, ok := k.now[theEnrolment(best)].(enrolment); some(e, n) && (!ok || n.day > b.day || n.day == b.day && slices.Compare(e.Number[:], best.Number[:]) > 0) {
			best = e
		}
	}
	return best
}

func (k known) places(m events.Municipality, p reach.Period) map[place]bool {
	list, last := make(map[place]bool), k.lastDays()
	for entry, n := range all[theEnrolment, enrolment](k) {
		day, ended := last[events.Entry(entry)]
		if n.day <= p.To && (!ended || day >= p.From) {
			list[place{k.root(n.child), cmp.Or(n.home, m), n.form, string(n.programme)}] = true
		}
	}
	return list
}

func (k known) person(child events.ID) (born events.Year, gender events.Gender) {
	words := all[theWord, word](k)
	genders, corrected, correctedGender := make(map[events.Gender]bool), false, false
	for _, n := range slices.Sorted(maps.Keys(words)) { // in the order they were said
		w := words[n]
		if k.root(w.child) != child {
			continue
		}
		switch {
		case w.birthYear == 0:
		case w.correction:
			born, corrected = w.birthYear, true
		case !corrected:
			born = max(born, w.birthYear)
		}
		if w.gender == "" || w.gender == "unknown" && !w.correction {
			continue
		}
		if w.correction {
			clear(genders)
			correctedGender = true
		}
		if w.correction || !correctedGender {
			genders[w.gender] = true
		}
	}
	for gender = range genders {
	}
	if len(genders) != 1 {
		gender = "unknown"
	}
	return born, gender
}

type children = map[events.ID]bool

func into[K comparable](m map[K]children, key K, child events.ID) {
	if m[key] == nil {
		m[key] = make(children)
	}
	m[key][child] = true
}

func oracle(m events.Municipality, facts []fact, d reach.Definition, p reach.Period, at events.Position) reach.Figures {
	k := asOf(facts, at)
	year := p.To.Year()
	young := func(child events.ID) bool {
		born, _ := k.person(child)
		return born == 0 || year-born <= 17
	}
	counts := func(f events.Form) bool { return d.ID != "groups/v1" || f == "support_group" }
	enrolledBasis := d.ID == "enrolled/v1"
	visits, places := k.visits(m, p), k.places(m, p)

	attended, enrolled, guests := make(children), make(children), make(children)
	for v := range visits {
		if !counts(v.form) || !young(v.child) {
			continue
		}
		if v.home == m {
			attended[v.child] = true
		} else if !enrolledBasis {
			guests[v.child] = true
		}
	}
	for n := range places {
		if !counts(n.form) || !young(n.child) {
			continue
		}
		if n.home == m {
			enrolled[n.child] = true
		} else if enrolledBasis {
			guests[n.child] = true
		}
	}
	reached := attended
	if enrolledBasis {
		reached = enrolled
	}

	f := reach.Figures{
		Municipality: m, From: p.From, To: p.To, Definition: d.ID, Position: at, Children: len(reached),
		ByForm: []reach.ByForm{}, Overlap: []reach.Overlap{}, ByProgramme: []reach.ByProgramme{}, ByChannel: []reach.ByChannel{},
		ByGender: []reach.ByGender{}, Coverage: []reach.Coverage{}, Referrals: reach.Referrals{ByChannel: []reach.ReferralChannel{}},
	}
	f.Enrolments.Children, f.Guests.Children = len(enrolled), len(guests)
	forgotten := make(children)
	for child := range all[theErasureOf, bool](k) {
		if root := k.root(events.ID(child)); reached[root] {
			forgotten[root] = true
		}
	}
	f.Erased = len(forgotten)

	forms, programmes := make(map[events.Form]children), make(map[string]children)
	for v := range visits {
		if !enrolledBasis && reached[v.child] && v.home == m && counts(v.form) {
			into(forms, v.form, v.child)
			into(programmes, v.programme, v.child)
		}
	}
	for n := range places {
		if enrolledBasis && reached[n.child] && n.home == m {
			into(forms, n.form, n.child)
			into(programmes, n.programme, n.child)
		}
	}
	attendances := func(fits func(visit) bool) int {
		seen := make(map[[2]events.ID]bool)
		for v := range visits {
			if reached[v.child] && v.home == m && counts(v.form) && fits(v) {
				seen[[2]events.ID{v.child, v.session}] = true
			}
		}
		return len(seen)
	}
	for _, form := range slices.Sorted(maps.Keys(forms)) {
		f.ByForm = append(f.ByForm, reach.ByForm{Form: form, Children: len(forms[form]), Attendances: attendances(func(v visit) bool { return v.form == form })})
		f.SumOverForms += len(forms[form])
		for _, other := range slices.Sorted(maps.Keys(forms)) {
			both := 0
			for child := range forms[form] {
				if forms[other][child] {
					both++
				}
			}
			if form < other && both > 0 {
				f.Overlap = append(f.Overlap, reach.Overlap{Forms: [2]events.Form{form, other}, Children: both})
			}
		}
	}
	for _, programme := range slices.Sorted(maps.Keys(programmes)) {
		f.ByProgramme = append(f.ByProgramme, reach.ByProgramme{Programme: programme, Children: len(programmes[programme]), Attendances: attendances(func(v visit) bool { return v.programme == programme })})
		f.SumOverProgrammes += len(programmes[programme])
	}

	ages, genders := make(map[string]int), make(map[events.Gender]int)
	for child := range reached {
		born, gender := k.person(child)
		genders[gender]++
		switch age := year - born; {
		case born == 0:
			ages["unknown"]++
		case age < 7:
			ages["0-6"]++
		case age < 13:
			ages["7-12"]++
		default:
			ages["13-17"]++
		}
	}
	f.UnknownAge = ages["unknown"]
	for _, age := range []string{"0-6", "7-12", "13-17", "unknown"} {
		f.ByAge = append(f.ByAge, reach.ByAge{Age: age, Children: ages[age]})
	}
	for _, gender := range slices.Sorted(maps.Keys(genders)) {
		f.ByGender = append(f.ByGender, reach.ByGender{Gender: gender, Children: genders[gender]})
	}

	f.ByChannel, f.Referrals = k.channels(reached, p)
	f.Bounds = reach.Bounds{Lower: len(reached), Upper: len(reached)}
	if !enrolledBasis {
		f.Bounds, f.UnidentifiedAttendances = k.bounds(m, counts, p, reached, visits)
	}
	return f
}

func (k known) bounds(m events.Municipality, counts func(events.Form) bool, p reach.Period, reached children, visits map[visit]bool) (b reach.Bounds, unidentified int) {
	most := len(reached)
	perSession := make(map[events.ID]int)
	for _, c := range all[theCount, count](k) {
		if k.held(c.session, p) && c.target == events.SubstanceAbuse && (c.home == "" || c.home == m) && counts(k.now[theSession(c.session)].(session).form) {
			perSession[c.session] += c.n
			unidentified += c.n
		}
	}
	for id, n := range perSession {
		named := make(children)
		for v := range visits {
			if v.session == id && v.home == m && reached[v.child] {
				named[v.child] = true
			}
		}
		most = max(most, n+len(named))
	}
	for _, r := range all[theReport, report](k) {
		if r.day >= p.From && r.day <= p.To && counts(r.form) {
			unidentified += r.n
			most = max(most, r.n)
		}
	}
	return reach.Bounds{Lower: most, Upper: len(reached) + unidentified}, unidentified
}

func (k known) channels(reached children, p reach.Period) ([]reach.ByChannel, reach.Referrals) {
	received := reach.Referrals{ByChannel: []reach.ReferralChannel{}}
	first := make(map[events.ID]theReferral)
	ever, inPeriod, everybody := make(map[events.Channel]children), make(map[events.Channel]children), make(children)
	number := make(map[events.Channel]int)
	list := all[theReferral, referral](k)
	for id, r := range list {
		child := k.root(r.child)
		if r.day >= p.From && r.day <= p.To {
			received.Received++
			number[r.channel]++
			everybody[child] = true
			into(inPeriod, r.channel, child)
		}
		if !reached[child] {
			continue
		}
		into(ever, r.channel, child)
		if f, ok := first[child]; !ok || r.day < list[f].day || r.day == list[f].day && k.order[id] < k.order[f] {
			first[child] = id
		}
	}
	received.Children = len(everybody)
	for _, c := range slices.Sorted(maps.Keys(number)) {
		received.ByChannel = append(received.ByChannel, reach.ReferralChannel{Channel: c, Referrals: number[c], Children: len(inPeriod[c])})
	}
	by := []reach.ByChannel{}
	for _, c := range slices.Sorted(maps.Keys(ever)) {
		firsts := 0
		for _, id := range first {
			if list[id].channel == c {
				firsts++
			}
		}
		by = append(by, reach.ByChannel{Channel: c, First: firsts, Any: len(ever[c])})
	}
	return by, received
}
