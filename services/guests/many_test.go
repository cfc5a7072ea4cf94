package guests

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"

	"rackvidd/events"
	"rackvidd/services/vault"
)

// asked counts what the log and the vault are asked.
type asked struct {
	events.Log
	Homes
	times int
}

func (a *asked) Streams(ctx context.Context, m events.Municipality, s ...events.Stream) (map[events.Stream][]events.Recorded, error) {
	a.times++
	return a.Log.Streams(ctx, m, s...)
}

func (a *asked) Append(ctx context.Context, m events.Municipality, d ...events.Decision) ([]events.Position, error) {
	a.times++
	return a.Log.Append(ctx, m, d...)
}

func (a *asked) LookupHome(ctx context.Context, m events.Municipality, tokens []events.ID, home events.Municipality) (map[events.ID]vault.Person, error) {
	a.times++
	return a.Homes.LookupHome(ctx, m, tokens, home)
}

func (a *asked) HomeTokens(ctx context.Context, m events.Municipality, tokens []events.ID, home events.Municipality) (map[events.ID]vault.Person, error) {
	a.times++
	return a.Homes.HomeTokens(ctx, m, tokens, home)
}

func (w *town) all(m events.Municipality) (list []events.Recorded) {
	for r := range w.log.Read(w.t.Context(), m, 0) {
		list = append(list, r)
	}
	return list
}

func (w *town) eveningNumber(n int, marks ...events.Mark) events.ID {
	w.t.Helper()
	session := events.ID{8}
	binary.BigEndian.PutUint32(session[12:], uint32(n))
	w.happens(events.SessionOf(session), events.SessionOpened{Session: session, Programme: "sputnik", Form: events.SupportGroup, HeldOn: events.Date(2021, 3, 1)})
	w.happens(events.SessionOf(session), events.SessionAttended{Session: session, Attended: marks})
	return session
}

func TestManyEveningsAreToldInAFewQuestions(t *testing.T) {
	for _, marked := range []struct {
		as   string
		home events.Municipality // "": it is the enrolment's
	}{{"as from a home", kumla}, {"as from nowhere", ""}} {
		t.Run("marked "+marked.as, func(t *testing.T) {
			w := newTown(t)
			one, two, three := w.child(1), w.child(2), w.child(3)
			w.happens(events.CaseOf(one), events.ChildEnrolled{Enrolment: events.Entry{Of: one, Number: [8]byte{1}}, Programme: "sputnik", Form: events.SupportGroup, EnrolledOn: events.Date(2021, 1, 1), HomeMunicipality: kumla})
			const evenings = 99
			for n := range evenings {
				w.eveningNumber(n, from(one, marked.home), from(two, hallsberg), from(three, ""))
			}
			asked := &asked{Log: w.log, Homes: w.vault}
			w.service.Log, w.service.Homes = asked, asked
			if err := w.service.forward(t.Context(), örebro, w.all(örebro)); err != nil {
				t.Fatal(err)
			}
			if at := w.head(kumla); at != evenings {
				t.Errorf("Kumla was told of %d evenings, want %d", at, evenings)
			}
			if asked.times > 30 {
				t.Errorf("%d questions about %d evenings", asked.times, evenings)
			}
		})
	}
}

func TestMoreEveningsThanAreToldTogether(t *testing.T) {
	w := newTown(t)
	child := w.child(1)
	const evenings = 2*mostTogether + 10
	for n := range evenings {
		w.eveningNumber(n, from(child, kumla))
	}
	w.runs()
	if at := w.head(kumla); at != evenings {
		t.Errorf("Kumla was told of %d evenings, want %d", at, evenings)
	}
}

// narrow is a log that takes one decision at a time.
type narrow struct{ events.Log }

func (n narrow) Append(ctx context.Context, m events.Municipality, d ...events.Decision) ([]events.Position, error) {
	if len(d) > 1 {
		return nil, errors.New("too many")
	}
	return n.Log.Append(ctx, m, d...)
}

func TestAHomeThatCannotBeToldOfManyIsToldOfEachAndSoAreTheOthers(t *testing.T) {
	w := newTown(t)
	one, two := w.child(1), w.child(2)
	const evenings = 3
	for n := range evenings {
		w.eveningNumber(n, from(one, kumla), from(two, hallsberg))
	}
	w.service.Log = narrow{w.log}
	if err := w.service.forward(t.Context(), örebro, w.all(örebro)); err != nil {
		t.Fatal(err)
	}
	for _, home := range []events.Municipality{kumla, hallsberg} {
		if at := w.head(home); at != evenings {
			t.Errorf("%s was told of %d evenings, want %d", home, at, evenings)
		}
	}
}

func TestNoTwoAppendsToASessionHaveOneId(t *testing.T) {
	w := newTown(t)
	w.evening(from(w.child(1), kumla))
	seen := w.all(örebro)
	w.happens(events.SessionOf(evening), events.SessionAttended{Session: evening, Attended: []events.Mark{from(w.child(2), kumla)}})
	w.happens(events.SessionOf(evening), events.SessionAttended{Session: evening, Attended: []events.Mark{from(w.child(3), hallsberg)}})
	for range 2 {
		if err := w.service.forward(t.Context(), örebro, seen); err != nil { // and here it was killed
			t.Fatal(err)
		}
		w.happens(events.SessionOf(evening), events.SessionAttended{Session: evening, Removed: []events.Mark{from(w.child(2), kumla)}})
	}
	list := w.all(kumla)
	if len(list) != 2 || list[0].Command == list[1].Command {
		t.Errorf("%d messages, want 2 with ids of their own: %+v", len(list), list)
	}
}

// Together with an evening at which the child is known, one at which it is not any more is told of.
func TestWhatStandsOfAnErasedChildStaysWhenItComesBackOnAnotherEvening(t *testing.T) {
	w := newTown(t)
	child, other := w.child(1), w.child(2)
	first := w.eveningNumber(1, from(child, kumla), from(other, kumla))
	w.runs()
	if err := w.vault.Erase(t.Context(), örebro, child); err != nil {
		t.Fatal(err)
	}
	back := w.child(1)
	if back == child {
		t.Fatal("it came back as the same")
	}
	at := w.head(örebro)
	w.happens(events.SessionOf(first), events.SessionAttended{Session: first, Removed: []events.Mark{from(other, kumla)}})
	w.eveningNumber(2, from(back, kumla))
	if err := w.service.forward(t.Context(), örebro, w.all(örebro)[at:]); err != nil {
		t.Fatal(err)
	}
	if left := w.there(kumla, first); len(left) != 1 {
		t.Errorf("%d stand in the first evening's register at home, want the erased child", len(left))
	}
}
