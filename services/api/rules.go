package api

import (
	"sync"

	"rackvidd/events"
)

// rules keeps what others decide by (what a programme documents, whether a group meets) from being changed while one of them decides,
// in this process: the log holds an append to the versions of the streams that it writes, and not of those that were only read.
type rules struct {
	mu sync.Mutex
	of map[events.Municipality]*sync.RWMutex
}

// followed waits until nobody changes what is decided by.
func (r *rules) followed(m events.Municipality) (release func()) {
	one := r.in(m)
	one.RLock()
	return one.RUnlock
}

// changed waits until nobody decides.
func (r *rules) changed(m events.Municipality) (release func()) {
	one := r.in(m)
	one.Lock()
	return one.Unlock
}

func (r *rules) in(m events.Municipality) *sync.RWMutex {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = make(map[events.Municipality]*sync.RWMutex)
	}
	if r.of[m] == nil {
		r.of[m] = new(sync.RWMutex)
	}
	return r.of[m]
}
