package projections

import (
	"slices"
	"sync"
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
}

// Ask returns what is known, or what find finds. Errors are not remembered.
func (r *Remembered[K, V]) Ask(key K, find func() (V, error)) (V, error) {
	if v, ok := r.look(key); ok {
		return v, nil
	}
	v, err := find()
	if err == nil {
		r.keep(key, v)
	}
	return v, err
}

func (r *Remembered[K, V]) look(key K) (v V, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v, ok = r.known[key]; ok {
		r.use(key)
	}
	return v, ok
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
