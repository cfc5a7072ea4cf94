package guests

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/events/memlog"
)

// closed is a log in which nothing of one municipality can be read or recorded.
type closed struct {
	events.Log
	of events.Municipality
}

func (c closed) Streams(ctx context.Context, m events.Municipality, s ...events.Stream) (map[events.Stream][]events.Recorded, error) {
	if m == c.of {
		return nil, fmt.Errorf("what is kept of %s is damaged", m)
	}
	return c.Log.Streams(ctx, m, s...)
}

func TestAHomeWhoseLogIsClosedIsToldLaterAndTheOthersAtOnce(t *testing.T) {
	w := newTown(t)
	one, two := w.child(1), w.child(2)
	const evenings = 3
	for n := range evenings {
		w.eveningNumber(n, from(one, kumla), from(two, hallsberg))
	}
	w.service.Log = closed{w.log, hallsberg} // before Kumla, in the order of their codes
	w.runs()
	w.eveningNumber(evenings, from(one, kumla), from(two, hallsberg))
	w.runs()
	if at := w.head(kumla); at != evenings+1 {
		t.Errorf("Kumla was told of %d evenings, want %d", at, evenings+1)
	}
	list, err := Fails(t.Context(), w.service.Pool)
	if err != nil || len(list) != 1 || list[0].Municipality != örebro || list[0].Position >= w.head(örebro) || strings.Contains(list[0].Why, string(hallsberg)) || !strings.HasPrefix(list[0].Why, "the log of a home municipality") {
		t.Errorf("%+v, %v", list, err)
	}

	w.service.Log = w.log
	if err := w.service.pay(t.Context()); err != nil {
		t.Fatal(err)
	}
	if at := w.head(hallsberg); at != evenings+1 {
		t.Errorf("afterwards Hallsberg was told of %d evenings, want %d", at, evenings+1)
	}
	if list, err := Fails(t.Context(), w.service.Pool); err != nil || len(list) != 0 {
		t.Errorf("nothing is owed, and it is told to fail: %+v, %v", list, err)
	}
}

func TestASessionThatCannotBeToldHoldsUpNoOther(t *testing.T) {
	w := newTown(t)
	child := w.child(1)
	const evenings = 4
	var first events.ID
	for n := range evenings {
		if session := w.eveningNumber(n, from(child, kumla)); n == 0 {
			first = session
		}
	}
	w.service.Log = refusing{w.log, events.SessionOf(first)}
	w.runs()
	for range 2 {
		if err := w.service.pay(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if at := w.head(kumla); at != evenings-1 {
		t.Errorf("Kumla was told of %d evenings, want all but one of %d", at, evenings)
	}
	w.service.Log = w.log
	w.runs()
	if err := w.service.pay(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.wants(kumla, 1, 0)
	if at := w.head(kumla); at != evenings {
		t.Errorf("afterwards Kumla was told of %d evenings, want %d", at, evenings)
	}
}

// refusing is a log that takes nothing in one stream of any home.
type refusing struct {
	events.Log
	stream events.Stream
}

func (r refusing) Append(ctx context.Context, m events.Municipality, d ...events.Decision) ([]events.Position, error) {
	for _, one := range d {
		if one[0].Stream == r.stream {
			return nil, errors.New("not this one")
		}
	}
	return r.Log.Append(ctx, m, d...)
}

func TestALogThatLostItsEndIsReadFromItsBeginning(t *testing.T) {
	w := newTown(t)
	if err := Forget(t.Context(), w.service.Pool, örebro); err != nil {
		t.Errorf("where nothing was ever read: %v", err)
	}
	w.eveningNumber(1, from(w.child(1), kumla))
	w.runs()
	if err := Forget(t.Context(), w.service.Pool, örebro); err != nil {
		t.Fatal(err)
	}
	if at, err := w.service.checkpoint(t.Context(), örebro); at != 0 || err != nil {
		t.Errorf("it goes on from %d, %v", at, err)
	}
	w.runs()
	if at := w.head(kumla); at != 1 {
		t.Errorf("Kumla was told %d times", at)
	}
}

func TestAHomeWhoseLogLostItsEndIsToldAgain(t *testing.T) {
	w := newTown(t)
	w.eveningNumber(1, from(w.child(1), kumla), from(w.child(2), hallsberg))
	w.runs()
	w.service.Log = emptied{w.log, kumla, memlog.New()}
	if err := Forget(t.Context(), w.service.Pool, kumla); err != nil {
		t.Fatal(err)
	}
	if err := w.service.pay(t.Context()); err != nil {
		t.Fatal(err)
	}
	if at, err := w.service.Log.Head(t.Context(), kumla); at != 1 || err != nil {
		t.Errorf("it was told %d times, %v", at, err)
	}
	if at := w.head(hallsberg); at != 1 {
		t.Errorf("the other home was told %d times", at)
	}
}

// emptied is a log in which one municipality's is another one.
type emptied struct {
	events.Log
	of      events.Municipality
	instead events.Log
}

func (e emptied) log(m events.Municipality) events.Log {
	if m == e.of {
		return e.instead
	}
	return e.Log
}

func (e emptied) Streams(ctx context.Context, m events.Municipality, s ...events.Stream) (map[events.Stream][]events.Recorded, error) {
	return e.log(m).Streams(ctx, m, s...)
}

func (e emptied) Append(ctx context.Context, m events.Municipality, d ...events.Decision) ([]events.Position, error) {
	return e.log(m).Append(ctx, m, d...)
}

func (e emptied) Head(ctx context.Context, m events.Municipality) (events.Position, error) {
	return e.log(m).Head(ctx, m)
}

func TestAProviderThatCannotBeReadKeepsNobodyElsesHomesWaiting(t *testing.T) {
	w := newTown(t)
	w.eveningNumber(1, from(w.child(1), kumla))
	w.service.Log = closed{w.log, kumla}
	w.runs()
	debt := `INSERT INTO guests.owed (municipality, home, session, because, why) VALUES ('0114', '1861', $1, 1, 'it was away')`
	if _, err := w.service.Pool.Exec(t.Context(), debt, evening[:]); err != nil {
		t.Fatal(err)
	}
	w.service.Log = closed{w.log, "0114"}
	if err := w.service.pay(t.Context()); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("what cannot be read is passed over: %v", err)
	}
	w.wants(kumla, 1, 0)
}
