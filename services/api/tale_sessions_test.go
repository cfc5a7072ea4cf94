package api_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"rackvidd/services/api"
)

// session is an occasion and its register, with who said what of it: a record of a file, by its key, or a hand, "".
type session struct {
	key                  string // its rows' programme, form and day, and what a source calls one of several
	named                string // what the API is to call it
	id                   string // what it calls it; "": nothing was recorded of it yet
	programme, form, day string // as it was corrected last
	withdrawn            bool
	cancelled            bool
	by                   string // who cancelled it
	held                 bool   // a hand took the cancellation back

	marks  map[seat]mark
	was    map[*child]seat   // why and from where a child was there whose row is empty
	heads  map[string]heads  // by who counted them
	marked map[string]*child // by each record, also where a hand says otherwise since

	touched map[*child]bool // whose rows were marked by hand
	whole   bool            // the register was stated whole by hand
	counted bool            // heads of children were counted by hand
	from    string          // where those lived
}

// seat is somebody's for a reason: "" is substance abuse in the family. Records say of everybody where it lives, hands of some.
type seat struct {
	child  *child
	target string
	role   string // "": as a child
	home   string // "": where its place says, or here
}

const (
	other = "other" // reason
	adult = "adult"
	here  = "1880"
	away  = "1881"
)

// heads are people whom nobody identified.
type heads struct {
	people int
	role   string // "": children
	home   string // "": here
}

type mark struct {
	attended bool // else absent
	by       string
}

// session is the one that a row names, whatever it was corrected to since: of a programme, form and day there is one, and one more for each
// source that calls it something.
func (s *tale) session(source string, r row) *session {
	key := strings.Join([]string{r.programme, r.form, r.day}, " ")
	if r.session != "" {
		key = strings.Join([]string{key, source, r.session}, " ")
	}
	for _, e := range s.sessions {
		if e.key == key {
			return e
		}
	}
	e := &session{
		key: key, named: s.nameOf(source, r), programme: r.programme, form: r.form, day: r.day, marks: make(map[seat]mark), was: make(map[*child]seat),
		heads: make(map[string]heads), marked: make(map[string]*child), touched: make(map[*child]bool),
	}
	s.sessions = append(s.sessions, e)
	return e
}

func (e *session) isHeld() bool { return !e.withdrawn && !e.cancelled }

// seats are those that a child has as a child: first because of substance abuse.
func (e *session) seats(c *child) (list []seat) {
	for at := range e.marks {
		if at.child == c && at.role == "" {
			list = append(list, at)
		}
	}
	slices.SortFunc(list, func(a, b seat) int { return cmp.Or(cmp.Compare(a.target, b.target), cmp.Compare(a.home, b.home)) })
	return list
}

// row is what the register says of a child, why it is there and from where: of two marks that it came, and that because of substance abuse.
func (e *session) row(c *child) (state string, why seat) {
	state, why = "none", e.was[c]
	for n, at := range e.seats(c) {
		if e.marks[at].attended {
			return "attended", at
		}
		if n == 0 {
			state, why = "absent", at
		}
	}
	why.child = c
	return state, why
}

// saysOf reports whether a row says that a child came for a reason, from where a record says that it lives. That it lives here goes
// without saying.
func (e *session) saysOf(c *child, r row) bool {
	state, why := e.row(c)
	return state == "attended" && why.target == r.target && cmp.Or(why.home, here) == r.livesIn()
}

// unidentified are how many children came whom nobody identified.
func (e *session) unidentified() (n int) {
	for _, h := range e.heads {
		if h.role == "" {
			n += h.people
		}
	}
	return n
}

// unidentifiedFrom are how many of them live somewhere.
func (e *session) unidentifiedFrom(home string) (n int) {
	for _, h := range e.heads {
		if h.role == "" && cmp.Or(h.home, here) == home {
			n += h.people
		}
	}
	return n
}

// headsFrom is where those live whom nobody identified, as far as all counts agree; where nobody is counted, as the last hand said.
func (e *session) headsFrom() string {
	from, found := e.from, false
	for _, h := range e.heads {
		switch {
		case h.role != "":
		case found && h.home != from:
			return ""
		default:
			from, found = h.home, true
		}
	}
	return from
}

// countedByHand reports whether heads of a role were: of adults, in a register that was stated whole.
func (e *session) countedByHand(role string) bool { return e.whole || e.counted && role == "" }

func (e *session) anybody() bool {
	for _, m := range e.marks {
		if m.attended {
			return true
		}
	}
	return len(e.heads) > 0
}

// byHand reports whether a hand said of a child whether it came: a register that is stated whole says so of everybody.
func (e *session) byHand(c *child) bool { return e.whole || e.touched[c] }

// overruled reports whether a hand says otherwise than a row does of a child, by whichever of its records (services/decisions/0025). A
// register that is stated whole says who came, by one of them.
func (s *tale) overruled(e *session, c *child, r row) bool {
	same, otherwise := s.saidOfKin(e, c, r)
	return otherwise || !same && e.byHand(c) && !e.saysOf(c, r)
}

// saidOfKin is what a hand says of the same child by another of its records: just what a row says, or otherwise.
func (s *tale) saidOfKin(e *session, c *child, r row) (same, otherwise bool) {
	for _, one := range s.kin(c) {
		state, _ := e.row(one)
		if one == c || !e.touched[one] && !(e.whole && state == "attended") {
			continue
		}
		just := e.saysOf(one, r)
		same, otherwise = same || just, otherwise || !just
	}
	return same, otherwise
}

// learnSessions looks in the list of all for those that a file made known.
func (s *tale) learnSessions() {
	s.t.Helper()
	var list api.Sessions
	s.get(fmt.Sprintf("sessions?limit=1000&min_position=%d", s.head())).is(200).into(&list)
	there := make(map[string]bool)
	for _, one := range list.Sessions {
		there[one.ID.String()] = true
	}
	for _, e := range s.sessions {
		if e.id == "" && there[e.named] {
			e.id, s.called = e.named, append(s.called, e.named, e.key)
		}
		delete(there, e.named)
	}
	if len(there) > 0 {
		s.fail("there are sessions that no row names: %v", there)
	}
}

// nameOf is the id that the vault has for the session that a row names: the same for ever.
func (s *tale) nameOf(source string, r row) string {
	word := strings.Join([]string{r.programme, r.form, r.day}, "\x00")
	if r.session == "" {
		source = ""
	} else {
		word += "\x00" + r.session
	}
	ids, err := s.vault.SessionKeys(s.t.Context(), orebro, source, []string{word})
	if err != nil {
		s.t.Fatal(err)
	}
	return ids[0].String()
}
