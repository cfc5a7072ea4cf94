package api

import (
	"context"
	"errors"
	"math"
	"sync"

	"golang.org/x/sync/semaphore"

	"rackvidd/events"
)

// rules keeps what others decide by (what a programme documents, whether a group meets) from being changed while one of them decides,
// in this process: the log holds an append to the versions of the streams that it writes, and not of those that were only read.
type rules struct {
	mu sync.Mutex
	of map[events.Municipality]*semaphore.Weighted
}

const everybody = math.MaxInt64

// followed waits until nobody changes what is decided by.
func (r *rules) followed(ctx context.Context, m events.Municipality) (release func(), err error) {
	return r.hold(ctx, m, 1)
}

// changed waits until nobody decides.
func (r *rules) changed(ctx context.Context, m events.Municipality) (release func(), err error) {
	return r.hold(ctx, m, everybody)
}

// hold waits for a while alone: whoever is in the way may wait for something else.
func (r *rules) hold(ctx context.Context, m events.Municipality, n int64) (release func(), err error) {
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	one := r.in(m)
	if err := one.Acquire(within, n); err != nil {
		if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
			return nil, unavailable("busy", "something that rules follow from is being changed, and that takes long; try again", 1)
		}
		return nil, err
	}
	return func() { one.Release(n) }, nil
}

func (r *rules) in(m events.Municipality) *semaphore.Weighted {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = make(map[events.Municipality]*semaphore.Weighted)
	}
	if r.of[m] == nil {
		r.of[m] = semaphore.NewWeighted(everybody)
	}
	return r.of[m]
}
