// Package logtest holds what every event log must do.
package logtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
)

const örebro = events.Municipality("1880")

// Run tries a log. Each call of fresh returns an empty one.
func Run(t *testing.T, fresh func(*testing.T) events.Log) {
	for name, try := range map[string]func(*testing.T, events.Log){
		"an append is one message at the next position":           oneMessage,
		"a stale expectation is refused and records nothing":      staleExpectation,
		"several events of one decision share a position":         oneDecision,
		"a decision across streams is recorded whole or not":      acrossStreams,
		"a batch of independent decisions keeps each one's place": batch,
		"a stream named twice in a batch is refused":              namedTwice,
		"a decision too large is refused, not split":              tooLarge,
		"a repeated command is answered as the first time":        repeated,
		"the same command for another request is refused":         otherRequest,
		"a lost answer is found in the stream":                    lostAnswer,
		"recorded time does not go back where a clock does":       clockSetBack,
		"eight writers lose and double nothing":                   eightWriters,
		"reading starts after any position":                       readFrom,
		"following waits for what comes":                          follow,
		"logs of two municipalities have nothing in common":       twoMunicipalities,
		"streams are read back whole, however long and many":      streams,
	} {
		t.Run(name, func(t *testing.T) { try(t, fresh(t)) })
	}
}

func cancelled(session events.ID) events.Event { return events.SessionCancelled{Session: session} }

func appendTo(s events.Stream, expected events.Position, list ...events.Event) events.Append {
	return events.Append{Stream: s, Expected: expected, Command: uuid.New(), Actor: events.NewID(), Time: time.Now(), Events: list}
}

func must(t *testing.T, log events.Log, decisions ...events.Decision) []events.Position {
	t.Helper()
	positions, err := log.Append(t.Context(), örebro, decisions...)
	if err != nil {
		t.Fatal(err)
	}
	return positions
}

func head(t *testing.T, log events.Log) events.Position {
	t.Helper()
	at, err := log.Head(t.Context(), örebro)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func oneMessage(t *testing.T, log events.Log) {
	id := events.NewID()
	a := appendTo(events.SessionOf(id), 0, cancelled(id))
	if got := must(t, log, events.Decision{a}); len(got) != 1 || got[0] != 1 {
		t.Fatalf("positions %v, want [1]", got)
	}
	for r, err := range log.Read(t.Context(), örebro, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Position != 1 || r.Stream != a.Stream || r.Command != a.Command || r.Actor != a.Actor || r.Municipality != örebro || r.Events[0] != cancelled(id) {
			t.Errorf("read back %+v", r)
		}
		if d := r.Time.Sub(a.Time); d > time.Millisecond || d < -time.Millisecond {
			t.Errorf("recorded time is off by %s", d)
		}
	}
}

func staleExpectation(t *testing.T, log events.Log) {
	id := events.NewID()
	must(t, log, events.Decision{appendTo(events.SessionOf(id), 0, cancelled(id))})
	for _, expected := range []events.Position{0, 2, 99} {
		_, err := log.Append(t.Context(), örebro, events.Decision{appendTo(events.SessionOf(id), expected, cancelled(id))})
		if !errors.Is(err, events.ErrConflict) {
			t.Errorf("expecting %d: %v, want a conflict", expected, err)
		}
	}
	if head(t, log) != 1 {
		t.Error("a refused append was recorded")
	}
	must(t, log, events.Decision{appendTo(events.SessionOf(id), 1, cancelled(id))})
}

func oneDecision(t *testing.T, log events.Log) {
	id := events.NewID()
	must(t, log, events.Decision{appendTo(events.SessionOf(id), 0, cancelled(id), events.SessionReinstated{Session: id, Reason: events.EnteredInError})})
	found, err := log.Streams(t.Context(), örebro, events.SessionOf(id))
	if err != nil || len(found[events.SessionOf(id)]) != 1 || len(found[events.SessionOf(id)][0].Events) != 2 {
		t.Errorf("read %v, %v; want one message with two events", found, err)
	}
}

func acrossStreams(t *testing.T, log events.Log) {
	a, b, c := events.NewID(), events.NewID(), events.NewID()
	must(t, log, events.Decision{appendTo(events.SessionOf(a), 0, cancelled(a))})
	_, err := log.Append(t.Context(), örebro, events.Decision{appendTo(events.SessionOf(b), 0, cancelled(b)), appendTo(events.SessionOf(a), 0, cancelled(a))})
	if !errors.Is(err, events.ErrConflict) || head(t, log) != 1 {
		t.Fatalf("%v at head %d; want a conflict and nothing recorded", err, head(t, log))
	}
	got := must(t, log, events.Decision{appendTo(events.SessionOf(b), 0, cancelled(b)), appendTo(events.SessionOf(a), 1, cancelled(a)), appendTo(events.SessionOf(c), 0, cancelled(c))})
	if got[0] != 4 {
		t.Fatalf("position %d, want 4", got[0])
	}
	for r, err := range log.Read(t.Context(), örebro, 1) {
		first, last := r.Span()
		if err != nil || first != 2 || last != 4 {
			t.Errorf("position %d belongs to %d–%d (%v), want 2–4", r.Position, first, last, err)
		}
	}
}

func batch(t *testing.T, log events.Log) {
	var decisions []events.Decision
	for range events.MaxBatch {
		id := events.NewID()
		decisions = append(decisions, events.Decision{appendTo(events.SessionOf(id), 0, cancelled(id))})
	}
	got := must(t, log, decisions...)
	for i, p := range got {
		if p != events.Position(i+1) {
			t.Fatalf("decision %d at position %d", i, p)
		}
	}
	one := events.NewID()
	stale := append([]events.Decision{{appendTo(events.SessionOf(one), 0, cancelled(one))}}, decisions[7])
	if _, err := log.Append(t.Context(), örebro, stale...); !errors.Is(err, events.ErrConflict) || head(t, log) != events.MaxBatch {
		t.Errorf("a batch with one stale expectation: %v, head %d", err, head(t, log))
	}
	if _, err := log.Append(t.Context(), örebro, append(decisions, events.Decision{appendTo(events.SessionOf(one), 0, cancelled(one))})...); !errors.Is(err, events.ErrTooLarge) {
		t.Errorf("a batch over the limit: %v", err)
	}
}

func namedTwice(t *testing.T, log events.Log) {
	id := events.NewID()
	_, err := log.Append(t.Context(), örebro, events.Decision{appendTo(events.SessionOf(id), 0, cancelled(id))}, events.Decision{appendTo(events.SessionOf(id), 1, cancelled(id))})
	if err == nil || head(t, log) != 0 {
		t.Errorf("accepted: %v", err)
	}
}

func tooLarge(t *testing.T, log events.Log) {
	id := events.NewID()
	big := events.SessionAttended{Session: id, Attended: make([]events.Mark, 2000)}
	_, err := log.Append(t.Context(), örebro, events.Decision{appendTo(events.SessionOf(id), 0, big)})
	if !errors.Is(err, events.ErrTooLarge) || head(t, log) != 0 {
		t.Errorf("%v, want too large and nothing recorded", err)
	}
}

type tally struct{ n int }

func (s *tally) Evolve(events.Event) { s.n++ }

func decide(ctx context.Context, log events.Log, c events.Command, id events.ID) (events.Result, error) {
	about := &events.Deciding{Stream: events.SessionOf(id)}
	return events.Decide(ctx, log, örebro, c, []*events.Deciding{about}, func(events.Stream) events.State { return &tally{} }, func() error {
		about.Events = []events.Event{cancelled(id)}
		return nil
	})
}

func command() events.Command {
	return events.Command{ID: uuid.New(), Actor: events.NewID(), Time: time.Now(), Digest: "a"}
}

func repeated(t *testing.T, log events.Log) {
	id, c := events.NewID(), command()
	first, err := decide(t.Context(), log, c, id)
	if err != nil || first.Repeated {
		t.Fatalf("%+v, %v", first, err)
	}
	if _, err := decide(t.Context(), log, command(), id); err != nil {
		t.Fatal(err)
	}
	again, err := decide(t.Context(), log, c, id)
	if err != nil || !again.Repeated || again.Position != first.Position || again.Version != first.Version || head(t, log) != 2 {
		t.Errorf("%+v, %v at head %d; want the answer %+v", again, err, head(t, log), first)
	}
}

func otherRequest(t *testing.T, log events.Log) {
	id, c := events.NewID(), command()
	if _, err := decide(t.Context(), log, c, id); err != nil {
		t.Fatal(err)
	}
	c.Digest = "b"
	if _, err := decide(t.Context(), log, c, id); !errors.Is(err, events.ErrDigest) {
		t.Errorf("%v, want a refusal", err)
	}
}

// deaf loses the answer to the first append.
type deaf struct {
	events.Log
	lost bool
}

func (d *deaf) Append(ctx context.Context, m events.Municipality, decisions ...events.Decision) ([]events.Position, error) {
	p, err := d.Log.Append(ctx, m, decisions...)
	if err == nil && !d.lost {
		d.lost = true
		return nil, events.ErrUnavailable
	}
	return p, err
}

func lostAnswer(t *testing.T, log events.Log) {
	id := events.NewID()
	got, err := decide(t.Context(), &deaf{Log: log}, command(), id)
	if err != nil || got.Position != 1 || head(t, log) != 1 {
		t.Errorf("%+v, %v at head %d; want position 1 recorded once", got, err, head(t, log))
	}
}

func eightWriters(t *testing.T, log events.Log) {
	shared := events.NewID()
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 20 {
				id := shared
				if i%2 == 0 {
					id = events.NewID()
				}
				for _, err := decide(t.Context(), log, command(), id); err != nil; _, err = decide(t.Context(), log, command(), id) {
					if !errors.Is(err, events.ErrConflict) {
						t.Errorf("writer %d: %v", w, err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	found, err := log.Streams(t.Context(), örebro, events.SessionOf(shared))
	if err != nil || len(found[events.SessionOf(shared)]) != 80 || head(t, log) != 160 {
		t.Fatalf("%d messages in the shared stream, head %d, %v; want 80 and 160", len(found[events.SessionOf(shared)]), head(t, log), err)
	}
	var before events.Position
	for _, r := range found[events.SessionOf(shared)] {
		if r.Expected != before {
			t.Errorf("position %d was appended to %d, not %d", r.Position, r.Expected, before)
		}
		before = r.Position
	}
}

func fill(t *testing.T, log events.Log, n int) {
	for range n {
		id := events.NewID()
		must(t, log, events.Decision{appendTo(events.SessionOf(id), 0, cancelled(id))})
	}
}

func readFrom(t *testing.T, log events.Log) {
	for range log.Read(t.Context(), örebro, 0) {
		t.Fatal("an empty log has no events")
	}
	fill(t, log, 150)
	for _, after := range []events.Position{0, 1, 7, 86, 149, 150, 400} { // near its end and far from it
		want := after
		for r, err := range log.Read(t.Context(), örebro, after) {
			if want++; err != nil || r.Position != want {
				t.Fatalf("after %d: position %d, %v; want %d", after, r.Position, err, want)
			}
		}
		if want != max(150, after) {
			t.Errorf("after %d: read up to %d, want 150", after, want)
		}
	}
}

func follow(t *testing.T, log events.Log) {
	fill(t, log, 5)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var last events.Position
	for batch, err := range log.Follow(ctx, örebro, 2, 2) {
		if err != nil {
			t.Fatal(err)
		}
		if len(batch) > 2 {
			t.Errorf("a batch of %d, want at most 2", len(batch))
		}
		if last = batch[len(batch)-1].Position; last == 5 {
			fill(t, log, 3)
		}
		if last == 8 {
			break
		}
	}
	if last != 8 {
		t.Errorf("followed to %d, want 8", last)
	}
}

func twoMunicipalities(t *testing.T, log events.Log) {
	fill(t, log, 2)
	id := events.NewID()
	p, err := log.Append(t.Context(), "1485", events.Decision{appendTo(events.SessionOf(id), 0, cancelled(id))})
	if err != nil || p[0] != 1 || head(t, log) != 2 {
		t.Errorf("position %v, %v", p, err)
	}
	if heads, err := log.Heads(t.Context()); err != nil || fmt.Sprint(heads) != "map[1485:1 1880:2]" {
		t.Errorf("heads %v, %v", heads, err)
	}
	list, err := log.Municipalities(t.Context())
	if err != nil || fmt.Sprint(list) != "[1485 1880]" {
		t.Errorf("logs of %v, %v", list, err)
	}
}

func streams(t *testing.T, log events.Log) {
	none, err := log.Streams(t.Context(), örebro, events.SessionOf(events.NewID()))
	if err != nil || len(none) != 0 {
		t.Fatalf("streams of a log that does not exist: %v, %v", none, err)
	}
	long := events.NewID()
	var at events.Position
	for range 1100 {
		at = must(t, log, events.Decision{appendTo(events.SessionOf(long), at, cancelled(long))})[0]
	}
	names := []events.Stream{events.SessionOf(long), events.SessionOf(events.NewID())}
	for range 30 {
		id := events.NewID()
		must(t, log, events.Decision{appendTo(events.SessionOf(id), 0, cancelled(id))})
		names = append(names, events.SessionOf(id))
	}
	odd := events.ProgrammeOf("Öppna förskolan. *>")
	must(t, log, events.Decision{appendTo(odd, 0, cancelled(long))})
	found, err := log.Streams(t.Context(), örebro, append(names, odd)...)
	if err != nil || len(found) != 32 || len(found[names[0]]) != 1100 || len(found[odd]) != 1 {
		t.Fatalf("%d streams, %d and %d messages, %v", len(found), len(found[names[0]]), len(found[odd]), err)
	}
	if strings.ContainsAny(odd.ID, " .*>") {
		t.Errorf("%q is no subject token", odd.ID)
	}
}

func clockSetBack(t *testing.T, log events.Log) {
	now := time.Now().Truncate(time.Millisecond)
	for _, clock := range []time.Duration{0, -3 * time.Hour, -time.Hour, time.Minute, -time.Minute} {
		var decisions []events.Decision
		for n := range 3 { // one alone, and several at once
			id := events.NewID()
			a := appendTo(events.SessionOf(id), 0, cancelled(id))
			a.Time = now.Add(clock - time.Duration(n)*time.Second)
			decisions = append(decisions, events.Decision{a})
		}
		must(t, log, decisions[0])
		must(t, log, decisions[1:]...)
	}
	var times []time.Duration
	for r, err := range log.Read(t.Context(), örebro, 0) {
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, r.Time.Sub(now))
	}
	want := append(make([]time.Duration, 9), slices.Repeat([]time.Duration{time.Minute}, 6)...)
	if !slices.Equal(times, want) {
		t.Errorf("recorded %v after the first, want %v", times, want)
	}
}
