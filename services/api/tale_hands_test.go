package api_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"rackvidd/events"
	"rackvidd/services/api"
)

// tries asks for something that must be done, or must not.
func (s *tale) tries(must bool, method, path string, body any) reply {
	s.t.Helper()
	got := s.ask(adminToken, method, in(path), body)
	s.tell("%s %s %v: %d %s", method, path, body, got.status, got.text)
	if got.done() != must {
		s.fail("%s %s %v is answered %d; it must be done: %v", method, path, body, got.status, must)
	}
	return got
}

func (r reply) done() bool { return r.status < 300 }

// onSession does something with one of some that were recorded.
func (s *tale) onSession(some func(*session) bool, do func(*session)) func() {
	return func() {
		if e := pick(s, slices.DeleteFunc(slices.Clone(s.sessions), func(e *session) bool { return e.id == "" || !some(e) })...); e != nil {
			do(e)
		}
	}
}

// onRow does something with a child in a session's register, as often as not one of whom it said something before.
func (s *tale) onRow(do func(*session, *child)) func() {
	return s.onSession(whatever, func(e *session) {
		c := s.someChild()
		if s.chance(50) {
			c = cmp.Or(pick(s, slices.DeleteFunc(slices.Clone(s.children), func(c *child) bool { return c.erased || !e.toldOf(c) })...), c)
		}
		if c != nil {
			do(e, c)
		}
	})
}

// toldOf reports whether the register says or said something of a child.
func (e *session) toldOf(c *child) bool {
	_, was := e.was[c]
	return was || len(e.seats(c)) > 0
}

func whatever(*session) bool { return true }

func (e *session) isCancelled() bool { return e.cancelled }

func (e *session) path(rest string) string { return "sessions/" + e.id + rest }

// correctSession: to a programme that documents no identities comes none in whose register somebody is named.
func (s *tale) correctSession(e *session) {
	programme, form, day := pick(s, e.programme, e.programme, "sputnik", byCard, byNothing), pick(s, e.form, "camp"), pick(s, s.days...)
	must := !e.withdrawn && (programme == e.programme || programme != byNothing || len(e.marks) == 0)
	if s.tries(must, "POST", e.path("/correct"), object{"reason": "wrong_day", "programme": programme, "form": form, "held_on": day}).done() {
		e.programme, e.form, e.day = programme, form, day
	}
}

func (s *tale) cancelSession(e *session) {
	must := !e.withdrawn && (e.cancelled || !e.anybody())
	if s.tries(must, "POST", e.path("/cancel"), nil).done() && !e.cancelled {
		e.cancelled, e.held = true, false
	}
}

func (s *tale) reinstateSession(e *session) {
	if s.tries(!e.withdrawn, "POST", e.path("/reinstate"), object{"reason": "entered_in_error"}).done() && e.cancelled {
		e.cancelled, e.by, e.held = false, "", true
	}
}

func (s *tale) withdrawSession(e *session) {
	s.tries(true, "POST", e.path("/withdraw"), object{"reason": "entered_in_error"})
	e.withdrawn = true
}

// takesMark reports whether a hand may mark a child: where no identities are documented, only who is in the register already.
func (e *session) takesMark(state string) bool {
	return e.isHeld() && (e.programme != byNothing || state != "none")
}

// markRow: why a child is there and from where stays as it was, unless the hand says where it lives. All records of the child have one row.
func (s *tale) markRow(e *session, named *child) {
	body, c := object{"state": pick(s, "attended", "absent", "none")}, s.rowOf(e, named)
	now, is := e.row(c)
	if s.chance(20) {
		is.home = pick(s, here, away)
		body["home_municipality"] = is.home
	}
	if !s.tries(e.takesMark(now), "PUT", e.path("/register/"+named.handle), body).done() {
		return
	}
	for _, one := range s.kin(c) {
		for n, at := range e.seats(one) {
			if e.touched[one] = true; n == 0 {
				e.was[one] = at
			}
			delete(e.marks, at)
		}
	}
	if e.touched[c] = true; body["state"] == "none" {
		e.was[c] = is
	} else {
		e.marks[is] = mark{attended: body["state"] == "attended"}
		c.isNamed(named)
	}
}

// isNamed: a hand says of a child when its identity number says that it was born, and of no other record what the named one's does.
func (c *child) isNamed(named *child) {
	if c == named {
		c.words = append(c.words, word{born: c.born})
	}
}

// rowOf is the record in whose name a child has its row: of those in the register the one that came, else the one as which the child
// counts, else any. A row that is begun is that one's too, or where that was erased the named one's.
func (s *tale) rowOf(e *session, named *child) *child {
	order := map[string]int{"absent": 1, "attended": 2}
	best := named.root()
	state, _ := e.row(best)
	kin := s.kin(named)
	slices.SortFunc(kin, func(a, b *child) int { return slices.Compare(a.token(), b.token()) })
	for _, one := range kin {
		if its, _ := e.row(one); order[its] > order[state] {
			best, state = one, its
		}
	}
	if best.erased && state == "none" {
		return named
	}
	return best
}

func (s *tale) countHeads(e *session) {
	n := s.r.IntN(4)
	if s.tries(e.isHeld(), "PUT", e.path("/counts"), object{"unidentified": n}).done() {
		e.recount(n)
	}
}

// recount leaves what records counted where a hand counts as many (services/decisions/0024).
func (e *session) recount(n int) {
	e.counted, e.from = true, e.headsFrom()
	if n == e.unidentified() {
		return
	}
	maps.DeleteFunc(e.heads, func(_ string, h heads) bool { return h.role == "" })
	if n > 0 {
		e.heads[""] = heads{people: n, home: e.from}
	}
}

// stateRegister says that one child came, one more whom nobody identified than there were, and no adult whom nobody did. A mark that says
// just that stays whoever made it, and adults' marks do.
func (s *tale) stateRegister(e *session, named *child) {
	c := s.rowOf(e, named)
	state, _ := e.row(c)
	n := e.unidentified() + 1
	if !s.tries(e.takesMark(state), "PUT", e.path("/register"), object{"attended": []string{named.handle}, "unidentified": n}).done() {
		return
	}
	at, own := seat{child: c}, mark{attended: true}
	switch now := e.seats(c); {
	case len(now) == 1 && now[0].target == "" && e.marks[now[0]].attended:
		at, own = now[0], e.marks[now[0]]
	case len(now) > 0:
		at.home = now[0].home
		fallthrough
	default:
		c.isNamed(named)
	}
	maps.DeleteFunc(e.marks, func(at seat, _ mark) bool { return at.role == "" })
	maps.DeleteFunc(e.heads, func(_ string, h heads) bool { return h.role == adult })
	e.marks[at], e.was, e.whole = own, make(map[*child]seat), true
	e.recount(n)
}

// onEntry does something with a referral or a place, by the id that it has on the child's page. The page has the child's year of birth as
// figures do, and when it ended. Of two that look alike there nobody can tell which is which.
func (s *tale) onEntry(do func(e *entry, is line)) func() {
	return func() {
		e := pick(s, slices.DeleteFunc(slices.Clone(s.entries), func(e *entry) bool { return e.withdrawn || e.of.erased || !e.isBeginning() })...)
		if e == nil {
			return
		}
		var page api.Case
		s.get(fmt.Sprintf("cases/%s?min_position=%d", e.of.handle, s.head())).is(200).into(&page)
		if born, _ := s.is(e.of); int(page.BirthYear) != born {
			s.fail("the page of %v has %d as year of birth; it must have %d", e.of.Identity, page.BirthYear, born)
		}
		switch lines := e.linesOn(page); {
		case len(lines) == 0:
			s.fail("the page of %v does not have %+v: %+v", e.of.Identity, *e, page)
		case len(lines) > 1 || s.isOneOfTwo(e):
		default:
			if until, _ := s.until(e); lines[0].until != until {
				s.fail("the page of %v has %+v end on %q; it must on %q", e.of.Identity, *e, lines[0].until, until)
			}
			do(e, lines[0])
		}
	}
}

// line is a referral or a place as a page has it.
type line struct{ path, end, until string }

func (e *entry) linesOn(page api.Case) []line {
	lines := make(map[string][]line)
	add := func(looks, path string, id events.Entry, end *events.Entry, on events.Day) {
		is := line{path: path + id.String()}
		if end != nil {
			is.end, is.until = path+end.String(), on.String()
		}
		lines[looks] = append(lines[looks], is)
	}
	for _, r := range page.Referrals {
		add(fmt.Sprint(r.ReceivedOn, " ", r.Programme, " ", r.Form, " ", r.Channel), "referrals/", r.ID, r.Closing, r.ClosedOn)
	}
	for _, p := range page.Enrolments {
		add(fmt.Sprint(p.EnrolledOn, " ", p.Programme, " ", p.Form, " "), "enrolments/", p.ID, p.End, p.EndedOn)
	}
	return lines[fmt.Sprint(e.day, " ", e.programme, " ", e.form, " ", e.channel)]
}

// called is what the API calls things of referrals and of places.
var called = map[string]struct{ day, end, endedOn, why, because string }{
	referralReceived: {"received_on", "/close", "closed_on", "outcome", "accepted"},
	childEnrolled:    {"enrolled_on", "/end", "ended_on", "reason", "completed"},
}

func (s *tale) correctBirthYear(e *entry, is line) {
	if e.of.born > 0 {
		return
	}
	year := pick(s, 2002, 2004, 2011)
	s.tries(true, "POST", is.path+"/correct", object{"reason": "other", "birth_year": year})
	s.messages++
	e.of.words = append(e.of.words, word{born: year, by: s.messages})
}

// correctDay: what a hand ended does not end before it began. What a record did is then the end of another, or of none.
func (s *tale) correctDay(e *entry, is line) {
	day := pick(s, s.days...)
	must := e.until == "" || day <= e.until
	if s.tries(must, "POST", is.path+"/correct", object{"reason": "other", called[e.kind].day: day}).done() && day != e.day {
		e.day, e.corrected = day, true
	}
}

// correctActivity: what a record said of its end goes along.
func (s *tale) correctActivity(e *entry, is line) {
	programme, form := pick(s, "sputnik", "smilla"), pick(s, forms...)
	s.tries(true, "POST", is.path+"/correct", object{"reason": "other", "programme": programme, "form": form})
	if programme != e.programme || form != e.form {
		e.programme, e.form, e.corrected = programme, form, true
	}
}

func (s *tale) endEntry(e *entry, is line) {
	day, c := pick(s, e.day, pick(s, s.days...)), called[e.kind]
	if s.tries(is.until == "" && day >= e.day, "POST", is.path+c.end, object{c.why: c.because, c.endedOn: day}).done() {
		e.until = day
	}
}

// withdrawEnd takes back that something ended, whoever said so.
func (s *tale) withdrawEnd(e *entry, is line) {
	_, by := s.until(e)
	if is.end == "" || by != nil && s.isOneOfTwo(by) {
		return
	}
	s.tries(true, "POST", is.end+"/withdraw", object{"reason": "other"})
	if e.until = ""; by != nil {
		by.withdrawn = true
	}
}

func (s *tale) withdrawEntry(e *entry, is line) {
	s.tries(true, "POST", is.path+"/withdraw", object{"reason": "other"})
	e.withdrawn = true
}

// merge is two records that were found to be one child.
type merge struct {
	id     string
	merged *child
}

func (s *tale) mergeChildren() {
	keep, other := s.someChild(), s.someChild()
	if keep == other || len(s.kin(keep))+len(s.kin(other)) > 2 {
		return
	}
	merged := s.tries(true, "POST", "merges", object{"keep": keep.handle, "merge": other.handle}).receipt()
	other.into = keep
	s.merges = append(s.merges, merge{merged.ID, other})
}

// undoMerge: where one side was erased nobody could tell the two apart.
func (s *tale) undoMerge() {
	if len(s.merges) == 0 {
		return
	}
	n := s.r.IntN(len(s.merges))
	c := s.merges[n].merged
	if s.tries(!c.erased && !c.into.erased, "POST", "merges/"+s.merges[n].id+"/undo", object{}).done() {
		c.into = nil
	}
	s.merges = slices.Delete(s.merges, n, n+1)
}

func (s *tale) eraseChild() {
	c := s.someChild()
	if c == nil {
		return
	}
	s.tries(true, "DELETE", "children/"+c.handle, nil)
	c.erased = true
	delete(s.known, c.Identity)
}
