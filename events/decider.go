package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Command is who wants something decided, when, and under which id. Time arrives here; deciders have no clock.
type Command struct {
	ID     uuid.UUID
	Actor  ID
	Digest string
	Time   time.Time
}

// State is what a stream's events add up to.
type State interface {
	Evolve(Event)
}

// Witness is a state that also depends on who decided, and when: it is shown each message before its events.
type Witness interface {
	State
	Witness(Recorded)
}

// Fold lets a state follow the messages of its stream, and returns the last position.
func Fold(s State, messages []Recorded) (latest Position) {
	witness, _ := s.(Witness)
	for _, r := range messages {
		if witness != nil {
			witness.Witness(r)
		}
		for _, e := range r.Events {
			s.Evolve(e)
		}
		latest = r.Position
	}
	return latest
}

// Deciding is a stream's state and the events decided about it.
type Deciding struct {
	Stream Stream
	State  State
	Events []Event // filled by the decision; none: nothing to record for this stream
	Latest Position
}

// Record notes events as decided and lets the state follow.
func (d *Deciding) Record(list ...Event) {
	for _, e := range list {
		d.Events = append(d.Events, e)
		d.State.Evolve(e)
	}
}

// Result is what a command led to.
type Result struct {
	Position Position // of the last message recorded, now or the first time
	Version  Position // of the first stream, after the decision
	Repeated bool     // the command had been carried out before
}

// ErrDigest says that a command's id was used before for another request.
var ErrDigest = errors.New("the command's id was used for another request")

// Decide loads the streams, lets decide fill in their events, and appends them all or none. A command that is found
// in its stream is answered as the first time. When somebody else decided first, it decides anew.
func Decide(ctx context.Context, log Log, m Municipality, c Command, about []*Deciding, fresh func(Stream) State, decide func() error) (Result, error) {
	for range 20 {
		result, err := decideOnce(ctx, log, m, c, about, fresh, decide)
		if !errors.Is(err, ErrConflict) {
			return result, err
		}
	}
	return Result{}, fmt.Errorf("decide about %s: %w", about[0].Stream, ErrConflict)
}

func decideOnce(ctx context.Context, log Log, m Municipality, c Command, about []*Deciding, fresh func(Stream) State, decide func() error) (Result, error) {
	if result, found, err := load(ctx, log, m, c, about, fresh); found || err != nil {
		return result, err
	}
	if err := decide(); err != nil {
		return Result{}, err
	}
	var d Decision
	for _, a := range about {
		if len(a.Events) > 0 {
			d = append(d, Append{Stream: a.Stream, Expected: a.Latest, Command: c.ID, Actor: c.Actor, Digest: c.Digest, Time: c.Time, Events: a.Events})
		}
	}
	if len(d) == 0 {
		return nothingNew(ctx, log, m, about[0].Latest)
	}
	positions, err := log.Append(ctx, m, d)
	if errors.Is(err, ErrUnavailable) {
		return afterLostAnswer(ctx, log, m, c, about, fresh, err)
	}
	if err != nil {
		return Result{}, err
	}
	r := Result{Position: positions[0], Version: about[0].Latest}
	if len(about[0].Events) > 0 {
		r.Version = positions[0] - Position(len(d)-1)
	}
	return r, nil
}

// nothingNew answers a command that changes nothing with the position that already shows what it asks for.
func nothingNew(ctx context.Context, log Log, m Municipality, version Position) (Result, error) {
	head, err := log.Head(ctx, m)
	return Result{Position: head, Version: version}, err
}

// afterLostAnswer asks the stream whether an append whose answer was lost was recorded.
func afterLostAnswer(ctx context.Context, log Log, m Municipality, c Command, about []*Deciding, fresh func(Stream) State, lost error) (Result, error) {
	result, found, err := load(ctx, log, m, c, about, fresh)
	if err != nil || !found {
		return Result{}, lost
	}
	result.Repeated = false
	return result, nil
}

func load(ctx context.Context, log Log, m Municipality, c Command, about []*Deciding, fresh func(Stream) State) (Result, bool, error) {
	names := make([]Stream, len(about))
	for i, a := range about {
		names[i] = a.Stream
	}
	streams, err := log.Streams(ctx, m, names...)
	if err != nil {
		return Result{}, false, err
	}
	for _, a := range about {
		for _, r := range streams[a.Stream] {
			if r.Command == c.ID {
				_, last := r.Span()
				if r.Digest != c.Digest {
					return Result{}, false, ErrDigest
				}
				return Result{Position: last, Version: r.Position, Repeated: true}, true, nil
			}
		}
		a.State, a.Events = fresh(a.Stream), nil
		a.Latest = Fold(a.State, streams[a.Stream])
	}
	return Result{}, false, nil
}
