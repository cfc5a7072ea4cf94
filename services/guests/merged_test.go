package guests

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"rackvidd/events"
)

// crowd is what a test itself knows of children: who has an identity number, who counts as whom, and who stands where.
type crowd struct {
	children []events.ID
	numbered map[events.ID]bool
	into     map[events.ID]events.ID
	undo     map[events.ID]func()
	standing map[events.ID]map[events.ID]bool // by session
}

func (c *crowd) one(child events.ID) events.ID {
	for {
		into, merged := c.into[child]
		if !merged {
			return child
		}
		child = into
	}
}

// known is the record of the child under which its home knows it, if any is numbered.
func (c *crowd) known(child events.ID) (known events.ID, ok bool) {
	one := c.one(child)
	if c.numbered[one] {
		return one, true
	}
	for _, other := range c.children {
		if c.numbered[other] && c.one(other) == one && (!ok || bytes.Compare(other[:], known[:]) < 0) {
			known, ok = other, true
		}
	}
	return known, ok
}

func (c *crowd) changes(w *town, r *rand.Rand) {
	child, other := c.children[r.IntN(len(c.children))], c.children[r.IntN(len(c.children))]
	switch r.IntN(4) {
	case 0:
		if _, merged := c.into[child]; !merged && c.one(other) == other && other != child {
			c.into[child], c.undo[child] = other, w.merge(other, child)
		}
	case 1:
		if _, merged := c.into[child]; merged {
			c.undo[child]()
			delete(c.into, child)
		}
	default:
		session := events.ID{byte(11 + r.IntN(3))}
		e := events.SessionAttended{Session: session}
		if c.standing[session][child] {
			delete(c.standing[session], child)
			e.Removed = []events.Mark{from(child, kumla)}
		} else {
			c.standing[session][child] = true
			e.Attended = []events.Mark{from(child, kumla)}
		}
		w.happens(events.SessionOf(session), e)
	}
}

func TestHoweverGuestsAreMergedAndPartedEachStandsOnceAtHome(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	w := newTown(t)
	c := &crowd{numbered: make(map[events.ID]bool), into: make(map[events.ID]events.ID), undo: make(map[events.ID]func()), standing: make(map[events.ID]map[events.ID]bool)}
	for n := range 4 {
		child := w.child(n)
		c.children, c.numbered[child] = append(c.children, child, w.card(n)), true
	}
	told := make(map[events.ID]bool)
	for _, session := range []events.ID{{11}, {12}, {13}} {
		c.standing[session] = make(map[events.ID]bool)
		w.happens(events.SessionOf(session), events.SessionOpened{Session: session, Programme: "sputnik", Form: events.Camp, HeldOn: events.Date(2021, 5, 1)})
	}
	for at := events.Position(0); at < 300; {
		for range 1 + r.IntN(4) {
			c.changes(w, r)
		}
		if err := w.service.forward(t.Context(), örebro, w.all(örebro)[at:]); err != nil {
			t.Fatal(err)
		}
		at = w.head(örebro)
		homes, err := w.vault.LookupHome(t.Context(), örebro, c.children, kumla)
		if err != nil {
			t.Fatal(err)
		}
		for session, there := range c.standing {
			want := make(map[events.ID]bool)
			for child := range there {
				if known, ok := c.known(child); ok {
					want[homes[known].Token], told[known] = true, true
				}
			}
			if got := w.there(kumla, session); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("at %d in session %s stand\n%v, want\n%v", at, session, got, want)
			}
		}
		for child, home := range homes {
			if home.Token.IsZero() == told[child] {
				t.Fatalf("at %d the home knows %s: %t, was told of it: %t", at, child, !home.Token.IsZero(), told[child])
			}
		}
	}
}

func TestAHomeThatIsToldNothingKnowsNobody(t *testing.T) {
	w := newTown(t)
	child := w.child(1)
	session := w.eveningNumber(1, from(child, kumla))
	w.happens(events.SessionOf(session), events.SessionCancelled{Session: session})
	for cancelled := true; ; cancelled = false {
		if err := w.service.forward(t.Context(), örebro, w.all(örebro)); err != nil {
			t.Fatal(err)
		}
		homes, err := w.vault.LookupHome(t.Context(), örebro, []events.ID{child}, kumla)
		if err != nil || homes[child].Token.IsZero() != cancelled {
			t.Errorf("cancelled %t: the home knows the child as %s, %v", cancelled, homes[child].Token, err)
		}
		if !cancelled {
			return
		}
		w.happens(events.SessionOf(session), events.SessionReinstated{Session: session, Reason: events.SourceChanged})
	}
}
