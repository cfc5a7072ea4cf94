package projections

import (
	"errors"
	"slices"
	"sync"

	"rackvidd/events"
)

// mostRemembered is how many answers are kept of each kind.
const mostRemembered = 64

// Remembered keeps the latest answers to questions about a position: they are the same for ever. The zero value is ready,
// and keeps 64. What is kept must not be changed by whoever gets it.
type Remembered[K comparable, V any] struct {
	Most int // 0: 64

	mu    sync.Mutex
	known map[K]V
	order []K // the latest used last
	under map[K]*finding[V]
}

// Between is a question about what changed between two positions, in tables of one generation.
type Between struct {
	Municipality events.Municipality
	Generation   int
	After, To    events.Position
}

// finding is an answer that somebody is looking for.
type finding[V any] struct {
	done chan struct{}
	v    V
	err  error
}

// Ask returns what is known, or what find finds. Who asks while another looks for the same waits for what that one finds,
// and looks for itself where it found nothing. Errors are not remembered.
func (r *Remembered[K, V]) Ask(key K, find func() (V, error)) (V, error) {
	f, first, v, ok := r.look(key)
	if ok {
		return v, nil
	}
	if !first {
		if <-f.done; f.err == nil {
			return f.v, nil
		}
		return find()
	}
	f.err = errNothingFound // should find panic
	defer func() {
		r.mu.Lock()
		delete(r.under, key)
		r.mu.Unlock()
		close(f.done)
	}()
	if f.v, f.err = find(); f.err == nil {
		r.keep(key, f.v)
	}
	return f.v, f.err
}

// Known returns what is known, and looks for nothing.
func (r *Remembered[K, V]) Known(key K) (v V, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v, ok = r.known[key]; ok {
		r.use(key)
	}
	return v, ok
}

var errNothingFound = errors.New("nothing was found")

// look returns what is known, or who looks for it.
func (r *Remembered[K, V]) look(key K) (f *finding[V], first bool, v V, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v, ok = r.known[key]; ok {
		r.use(key)
		return nil, false, v, true
	}
	if f = r.under[key]; f != nil {
		return f, false, v, false
	}
	if r.under == nil {
		r.under = make(map[K]*finding[V])
	}
	f = &finding[V]{done: make(chan struct{})}
	r.under[key] = f
	return f, true, v, false
}

func (r *Remembered[K, V]) keep(key K, v V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	most := r.Most
	if most == 0 {
		most = mostRemembered
	}
	if r.known == nil {
		r.known = make(map[K]V)
	}
	r.known[key] = v
	r.use(key)
	for len(r.order) > most {
		delete(r.known, r.order[0])
		r.order = r.order[1:]
	}
}

// use moves a key behind all others.
func (r *Remembered[K, V]) use(key K) {
	r.order = append(slices.DeleteFunc(r.order, func(k K) bool { return k == key }), key)
}
