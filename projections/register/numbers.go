package register

import (
	"sync"

	"rackvidd/events"
)

// number is a small number for what a review compares again and again: lists by numbers take the place of maps.
type number int32

// numbers gives the children and offers of a review their numbers, from 0 on. They stay the same however often the evidence
// is brought forward, so that what is shared of it keeps its meaning.
type numbers struct {
	mu       sync.Mutex
	children map[events.ID]number
	offers   map[Offer]number
}

func newNumbers() *numbers {
	return &numbers{children: make(map[events.ID]number), offers: make(map[Offer]number)}
}

func (n *numbers) child(id events.ID) number { return numbered(n, n.children, id) }
func (n *numbers) offer(o Offer) number      { return numbered(n, n.offers, o) }

func numbered[K comparable](n *numbers, known map[K]number, key K) number {
	n.mu.Lock()
	defer n.mu.Unlock()
	of, ok := known[key]
	if !ok {
		of = number(len(known))
		known[key] = of
	}
	return of
}

// most is how many children have a number.
func (n *numbers) most() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.children)
}
