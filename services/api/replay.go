package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/access"
)

// ReplayQuestion is which figures are computed again.
type ReplayQuestion struct {
	ReachQuestion
	Unhurried
}

// Unhurried lifts the deadline of an answer that reads the whole log.
type Unhurried struct{}

func (*Unhurried) Resolve(ctx huma.Context) []error {
	_, w := humago.Unwrap(ctx)
	// Where a connection has no deadlines there is nothing to lift.
	_ = errors.Join(http.NewResponseController(w).SetWriteDeadline(time.Time{}))
	return nil
}

func (s *server) replayRoutes() {
	add(s, route{
		id: "replay-reach", method: http.MethodGet, path: "audit/replay", permission: access.ReadLog,
		summary: "Recompute reach figures from the log alone and compare them with the read model",
	}, s.replayReach)
	add(s, route{
		id: "list-replays", method: http.MethodGet, path: "audit/replays", permission: access.ReadLog,
		summary: "List the caller's own replays that go on, and how far they have come",
	}, s.listReplays)
}

type listReplays struct {
	Municipal
	AtLeast
}

// ReplayList is what the caller has the program replay just now.
type ReplayList struct {
	Replays []ReplayState `json:"replays" nullable:"false"`
	Shown
}

// ReplayState is how far a replay has come.
type ReplayState struct {
	From        events.Day      `json:"from"`
	To          events.Day      `json:"to"`
	Definition  string          `json:"definition"`
	Position    events.Position `json:"position"`
	Until       events.Position `json:"until"`
	PerSecond   float64         `json:"per_second"`
	SecondsLeft *float64        `json:"seconds_left,omitempty"` // none: it is not known yet
}

// replays are those that go on, by their beginning. They are known to the program that carries them out alone.
type replays struct {
	mu  sync.Mutex
	all []*goingReplay
}

type goingReplay struct {
	account      events.ID
	municipality events.Municipality
	period       reach.Period
	definition   string
	began        time.Time
	at, until    atomic.Uint64
}

func (r *replays) begin(one *goingReplay) (end func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, one)
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.all = slices.DeleteFunc(r.all, func(other *goingReplay) bool { return other == one })
	}
}

func (r *goingReplay) heard(at, until events.Position) {
	r.until.Store(until)
	r.at.Store(at)
}

func (r *goingReplay) state(now time.Time) ReplayState {
	s := ReplayState{From: r.period.From, To: r.period.To, Definition: r.definition, Position: r.at.Load(), Until: r.until.Load()}
	if passed := now.Sub(r.began).Seconds(); passed > 0 {
		s.PerSecond = float64(s.Position) / passed
	}
	if s.PerSecond > 0 {
		left := float64(s.Until-s.Position) / s.PerSecond
		s.SecondsLeft = &left
	}
	return s
}

func (s *server) listReplays(ctx context.Context, c caller, in *listReplays) (*Answer[ReplayList], error) {
	at, err := s.reached(ctx, c.municipality, in.MinPosition)
	if err != nil {
		return nil, err
	}
	s.going.mu.Lock()
	defer s.going.mu.Unlock()
	list := ReplayList{[]ReplayState{}, Shown{at}}
	for _, one := range s.going.all {
		if one.account == c.Account && one.municipality == c.municipality {
			list.Replays = append(list.Replays, one.state(time.Now()))
		}
	}
	return show(at, list), nil
}

func (s *server) replayReach(ctx context.Context, c caller, in *ReplayQuestion) (*reply[json.RawMessage], error) {
	report, err := s.replayed(ctx, c, &in.ReachQuestion)
	return &reply[json.RawMessage]{report}, err
}

// replayed computes figures from the log alone. It is listed among the caller's until it ends.
func (s *server) replayed(ctx context.Context, c caller, in *ReachQuestion) (json.RawMessage, error) {
	if s.Replay == nil {
		return nil, errNoReplay
	}
	if err := s.readable(c.municipality); err != nil { // a read model that shows other figures is what it is to tell of
		return nil, err
	}
	p, d, err := s.meant(ctx, c.municipality, in)
	if err != nil {
		return nil, err
	}
	if _, err := s.reached(ctx, c.municipality, in.MinPosition); err != nil {
		return nil, err
	}
	var asOf reach.AsOf
	switch {
	case in.At.Given:
		asOf = reach.AsOfPosition(in.At.Value)
	case in.AsOf.Given:
		asOf = reach.AsOfTime(in.AsOf.Value)
	}
	going := &goingReplay{account: c.Account, municipality: c.municipality, period: p, definition: in.Definition, began: time.Now()}
	defer s.going.begin(going)()
	return s.Replay(ctx, c.municipality, d, p, asOf, going.heard)
}
