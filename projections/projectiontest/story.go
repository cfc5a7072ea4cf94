package projectiontest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
	"rackvidd/events/memlog"
)

// Story is a history that a test tells event by event, in a log in memory.
type Story struct {
	t            testing.TB
	Log          *memlog.Log
	Municipality events.Municipality
	Now          time.Time // a minute passes with each decision
	latest       map[events.Stream]events.Position
}

// NewStory begins a history of a municipality.
func NewStory(t testing.TB, m events.Municipality) *Story {
	return &Story{t: t, Log: memlog.New(), Municipality: m, Now: time.Date(2021, 1, 1, 8, 0, 0, 0, time.UTC), latest: make(map[events.Stream]events.Position)}
}

// Part is the events of one stream in a decision.
type Part struct {
	Stream events.Stream
	Events []events.Event
}

// Happens records events of one stream as one decision, and returns its position.
func (s *Story) Happens(stream events.Stream, list ...events.Event) events.Position {
	s.t.Helper()
	return s.Together(Part{stream, list})
}

// Together records a decision across streams, and returns the position of its last message.
func (s *Story) Together(parts ...Part) events.Position {
	s.t.Helper()
	s.Now = s.Now.Add(time.Minute)
	var d events.Decision
	for _, p := range parts {
		d = append(d, events.Append{Stream: p.Stream, Expected: s.latest[p.Stream], Command: uuid.New(), Actor: events.NewID(), Time: s.Now, Events: p.Events})
	}
	positions, err := s.Log.Append(context.Background(), s.Municipality, d)
	if err != nil {
		s.t.Fatal(err)
	}
	for i, p := range parts {
		s.latest[p.Stream] = positions[0] - events.Position(len(parts)-1-i)
	}
	return positions[0]
}

// Messages returns all that happened.
func (s *Story) Messages() (all []events.Recorded) {
	for r := range s.Log.Read(context.Background(), s.Municipality, 0) {
		all = append(all, r)
	}
	return all
}
