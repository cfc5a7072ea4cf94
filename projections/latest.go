package projections

import (
	"slices"
	"sync"

	"rackvidd/events"
)

// Latest keeps the latest of what was found of each key, with its position: something later may be made from it. The zero
// value is ready. What is kept must not be changed by whoever gets it.
type Latest[K comparable, V any] struct {
	mu    sync.Mutex
	known map[K]dated[V]
	order []K // the latest used last
}

type dated[V any] struct {
	at events.Position
	v  V
}

// At returns what is kept of a key where it is of a position or an earlier one.
func (l *Latest[K, V]) At(key K, at events.Position) (v V, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if known, kept := l.known[key]; kept && known.at <= at {
		return known.v, true
	}
	return v, false
}

// Keep keeps what is of a position, unless something later is kept, of the most keys that were used last.
func (l *Latest[K, V]) Keep(key K, at events.Position, v V, most int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil {
		l.known = make(map[K]dated[V])
	}
	if known, kept := l.known[key]; !kept || known.at < at {
		l.known[key] = dated[V]{at, v}
	}
	l.order = append(slices.DeleteFunc(l.order, func(k K) bool { return k == key }), key)
	for len(l.order) > most {
		delete(l.known, l.order[0])
		l.order = l.order[1:]
	}
}
