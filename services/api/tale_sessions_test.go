package api_test

import (
	"fmt"
	"strings"

	"rackvidd/services/api"
)

// session is an occasion and its register, with who said what of it: a record of a file, by its key, or a hand, "".
type session struct {
	key                  string // its rows' programme, form and day
	id                   string // what the API calls it; "": nothing was recorded of it yet
	programme, form, day string // as it was corrected last
	withdrawn            bool
	cancelled            bool
	by                   string // who cancelled it
	held                 bool   // a hand took the cancellation back

	marks  map[seat]mark
	was    map[*child]string // why a child was there whose row is empty
	heads  map[string]heads  // by who counted them
	marked map[string]*child // by each record, also where a hand says otherwise since

	touched map[*child]bool // whose rows were marked by hand
	whole   bool            // the register was stated whole by hand
	counted bool            // heads of children were counted by hand
}

// seat is somebody's for a reason: "" is substance abuse in the family.
type seat struct {
	child  *child
	target string
	role   string // "": as a child
}

const (
	other = "other" // reason
	adult = "adult"
)

// heads are people whom nobody identified.
type heads struct {
	people int
	role   string // "": children
}

type mark struct {
	attended bool // else absent
	by       string
}

// session is the one that rows of a programme, form and day name, whatever it was corrected to since.
func (s *tale) session(programme, form, day string) *session {
	key := strings.Join([]string{programme, form, day}, " ")
	for _, e := range s.sessions {
		if e.key == key {
			return e
		}
	}
	e := &session{
		key: key, programme: programme, form: form, day: day, marks: make(map[seat]mark), was: make(map[*child]string),
		heads: make(map[string]heads), marked: make(map[string]*child), touched: make(map[*child]bool),
	}
	s.sessions = append(s.sessions, e)
	return e
}

func (e *session) isHeld() bool { return !e.withdrawn && !e.cancelled }

// row is what the register says of a child, and why it is there: of two marks that it came, and that because of substance abuse.
func (e *session) row(c *child) (state, target string) {
	first, marked := e.marks[seat{c, "", ""}]
	second, twice := e.marks[seat{c, other, ""}]
	switch {
	case first.attended:
		return "attended", ""
	case second.attended:
		return "attended", other
	case marked:
		return "absent", ""
	case twice:
		return "absent", other
	}
	return "none", e.was[c]
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

// overruled reports whether a hand says otherwise than that a child came for a reason, by whichever of its records
// (services/decisions/0025). A register that is stated whole says who came, by one of them.
func (s *tale) overruled(e *session, c *child, target string) bool {
	same, otherwise := s.saidOfKin(e, c, target)
	return otherwise || !same && e.byHand(c) && !e.marks[seat{c, target, ""}].attended
}

// saidOfKin is what a hand says of the same child by another of its records: just that it came for a reason, or otherwise.
func (s *tale) saidOfKin(e *session, c *child, target string) (same, otherwise bool) {
	for _, one := range s.kin(c) {
		came := e.marks[seat{one, "", ""}].attended || e.marks[seat{one, other, ""}].attended
		if one == c || !e.touched[one] && !(e.whole && came) {
			continue
		}
		just := e.marks[seat{one, target, ""}].attended
		same, otherwise = same || just, otherwise || !just
	}
	return same, otherwise
}

// learnSessions finds in the list of all those that a file made known.
func (s *tale) learnSessions() {
	s.t.Helper()
	var list api.Sessions
	s.get(fmt.Sprintf("sessions?limit=1000&min_position=%d", s.head())).is(200).into(&list)
	known := make(map[string]bool)
	for _, e := range s.sessions {
		known[e.id] = true
	}
	for _, one := range list.Sessions {
		if id := one.ID.String(); !known[id] {
			e := s.session(string(one.Programme), string(one.Form), one.HeldOn.String())
			e.id, s.called = id, append(s.called, id, e.key)
		}
	}
}
