// Package turns lets what must not be done twice at the same time be done one after the other, in one process.
package turns

import (
	"context"
	"sync"
)

// Turns lets those with the same key go one after the other. The zero value is ready.
type Turns[K comparable] struct {
	mu    sync.Mutex
	queue map[K]*turn
}

type turn struct {
	gate  chan struct{}
	users int // who has it, and who waits
}

// Take waits until nobody else with the key is at work, or ctx ends: its error. release lets the next one in.
func (t *Turns[K]) Take(ctx context.Context, key K) (release func(), err error) {
	mine := t.join(key)
	select {
	case mine.gate <- struct{}{}:
		return t.release(key, mine), nil
	case <-ctx.Done():
		t.leave(key)
		return nil, ctx.Err()
	}
}

// Try is Take for whoever does not wait; free: nobody else with the key was at work.
func (t *Turns[K]) Try(key K) (release func(), free bool) {
	mine := t.join(key)
	select {
	case mine.gate <- struct{}{}:
		return t.release(key, mine), true
	default:
		t.leave(key)
		return nil, false
	}
}

func (t *Turns[K]) release(key K, mine *turn) func() {
	return func() {
		<-mine.gate
		t.leave(key)
	}
}

func (t *Turns[K]) join(key K) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.queue == nil {
		t.queue = make(map[K]*turn)
	}
	if t.queue[key] == nil {
		t.queue[key] = &turn{gate: make(chan struct{}, 1)}
	}
	t.queue[key].users++
	return t.queue[key]
}

func (t *Turns[K]) leave(key K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.queue[key].users--; t.queue[key].users == 0 {
		delete(t.queue, key)
	}
}
