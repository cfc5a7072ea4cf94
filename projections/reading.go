package projections

import (
	"context"

	"rackvidd/events"
)

// reading decodes the log while what came before is being applied.
type reading struct {
	batches chan batch
	stop    func()
	rest    []events.Recorded // of a decision that has not come whole
}

type batch struct {
	messages []events.Recorded
	err      error
}

func startReading(ctx context.Context, log Log, m events.Municipality, after events.Position) *reading {
	ctx, cancel := context.WithCancel(ctx)
	r := &reading{batches: make(chan batch, 4)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(r.batches)
		for messages, err := range log.Follow(ctx, m, after, mostAtOnce) {
			select {
			case r.batches <- batch{messages, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	r.stop = func() { cancel(); <-done }
	return r
}

// next waits for messages and takes all that has come: alone when it is quiet, many at once when there is much. It
// returns whole decisions, and an error after the messages before it.
func (r *reading) next(ctx context.Context) ([]events.Recorded, error) {
	b, ok := <-r.batches
	if !ok {
		return nil, ended(ctx)
	}
	r.rest = append(r.rest, b.messages...)
	for b.err == nil && len(r.rest) < mostAtOnce {
		select {
		case b, ok = <-r.batches:
			if !ok {
				return nil, ended(ctx)
			}
			r.rest = append(r.rest, b.messages...)
			continue
		default:
		}
		break
	}
	return r.takeWhole(), b.err
}

func (r *reading) takeWhole() []events.Recorded {
	n := len(r.rest)
	for n > 0 && r.rest[n-1].Part != r.rest[n-1].Parts {
		n--
	}
	whole := r.rest[:n:n]
	r.rest = append([]events.Recorded(nil), r.rest[n:]...)
	return whole
}

func ended(ctx context.Context) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return events.ErrUnavailable // following ended by itself
}
