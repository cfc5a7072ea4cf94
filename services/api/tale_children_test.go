package api_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"rackvidd/events"
	"rackvidd/services/vault"
)

// child is one record of a child. Two that were merged are one child until that is undone.
type child struct {
	vault.Identity
	handle string // what the API calls it
	born   int    // as its identity number says; 0: it has none
	erased bool
	into   *child // that it was merged into
	words  []word
	said   map[string]word // by each record of a referral or a place, what it says of the child now
}

// word is what was said of a child.
type word struct {
	born   int    // 0: nothing
	gender string // "": nothing
	by     int    // the message that corrected it; 0: none did, it was stated with something else
}

// bornBy is the year of birth in an identity number; 0: the id is none.
func bornBy(id string) int {
	if len(id) != len("YYYYMMDDNNNN") {
		return 0
	}
	year, _ := strconv.Atoi(id[:4])
	return year
}

// identity is whom a source means by an id: identity numbers and cards are the same child in every file, other ids are those of their
// source (services/decisions/0042).
func (s *tale) identity(source, id string) vault.Identity {
	if bornBy(id) > 0 || slices.Contains(s.cards, id) {
		source = ""
	}
	return vault.Identity{Source: source, Child: id}
}

func (c *child) isErased() bool { return c != nil && c.erased }

// token is what the log calls it.
func (c *child) token() []byte {
	id, err := events.ParseID(c.handle)
	if err != nil {
		panic(err)
	}
	return id[:]
}

// root is the record as which a child counts.
func (c *child) root() *child {
	for c.into != nil {
		c = c.into
	}
	return c
}

// kin are all records of a child.
func (s *tale) kin(c *child) (list []*child) {
	for _, other := range s.children {
		if other.root() == c.root() {
			list = append(list, other)
		}
	}
	return list
}

// someChild is one who was not erased, by any record of it.
func (s *tale) someChild() *child {
	return pick(s, slices.DeleteFunc(slices.Clone(s.children), (*child).isErased)...)
}

// is what is known of a child by what was said of any of its records. What was corrected outweighs what was stated, and the last
// correction every other. Of birth years that disagree the latest counts; a gender on which words disagree is unknown.
func (s *tale) is(c *child) (born int, gender string) {
	yearBy, genderBy := 0, 0
	for _, one := range s.kin(c) {
		for _, w := range one.words {
			if w.born > 0 && (w.by > yearBy || w.by == yearBy && w.born > born) {
				born, yearBy = w.born, w.by
			}
			silent := w.gender == "" || w.gender == "unknown" && w.by == 0
			switch {
			case silent || w.by < genderBy:
			case gender == "" || w.by > genderBy:
				gender, genderBy = w.gender, w.by
			case gender != w.gender:
				gender = "unknown"
			}
		}
	}
	return born, cmp.Or(gender, "unknown")
}

// learnHandles asks for the handles of those who became known: that they did is a part of the tale.
func (s *tale) learnHandles() {
	s.t.Helper()
	for _, c := range s.children {
		if c.handle != "" {
			continue
		}
		people, known, err := s.vault.Lookup(s.t.Context(), orebro, []vault.Identity{c.Identity}, events.DayOf(s.clock()))
		if err != nil || !known[0] {
			s.fail("%v must be known, and is not: %v", c.Identity, err)
		}
		c.handle = people[0].Token.String()
		s.called = append(s.called, c.handle, fmt.Sprint(c.Identity))
	}
}
