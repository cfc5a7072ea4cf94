package reach

import (
	"hash/maphash"
	"iter"

	"rackvidd/events"
	"rackvidd/events/giveway"
)

// A log of millions of events is folded in memory without a pointer to each thing that it says: what is alike is numbered
// once, and what belongs to a child or a session is linked by numbers. The garbage collector passes all of it by.

// serial names a value where values are numbered from 1; 0 is none.
type serial int32

// constants are values that many things share, each numbered once.
type constants[T comparable] struct {
	numbers map[T]serial
	values  []T
	last    serial // that was asked for: neighbours in a log say the same
}

func (c *constants[T]) of(v T) serial {
	if c.last != 0 && c.values[c.last-1] == v {
		return c.last
	}
	one, known := c.numbers[v]
	if !known {
		if c.numbers == nil {
			c.numbers = make(map[T]serial)
		}
		c.values = append(c.values, v)
		one = serial(len(c.values))
		c.numbers[v] = one
	}
	c.last = one
	return one
}

// value is what has a number; the zero value for none.
func (c *constants[T]) value(one serial) (v T) {
	if one != 0 {
		v = c.values[one-1]
	}
	return v
}

// byID is values by id, numbered in the order in which they are first asked for. Half of a fold is looking them up: where
// there are millions, each place in memory that is looked at costs more than all else, and a map looks at more of them.
type byID[V any] struct {
	blocks[withID[V]]
	seed  maphash.Seed
	slots []slot // a power of two of them
	last  serial // that was asked for: neighbours in a log are about the same
}

type withID[V any] struct {
	id    events.ID
	value V
}

// slot is at the place that the first bits of the hash say, or after it; one is 0 where it is free.
type slot struct {
	hash uint32
	one  serial
}

// of is the number of an id, whose value is the zero value where it is new.
func (b *byID[V]) of(id events.ID) serial {
	if b.last != 0 && b.at(b.last).id == id {
		return b.last
	}
	if int(b.count) >= len(b.slots)/3*2 {
		b.grow()
	}
	hash := uint32(maphash.Bytes(b.seed, id[:]))
	at := b.place(hash)
	for b.slots[at].one != 0 && (b.slots[at].hash != hash || b.at(b.slots[at].one).id != id) {
		at = (at + 1) & (len(b.slots) - 1)
	}
	if b.slots[at].one == 0 {
		b.slots[at] = slot{hash, b.add(withID[V]{id: id})}
	}
	b.last = b.slots[at].one
	return b.last
}

func (b *byID[V]) value(one serial) *V { return &b.at(one).value }

func (b *byID[V]) entry(one serial) (events.ID, *V) {
	e := b.at(one)
	return e.id, &e.value
}

func (b *byID[V]) place(hash uint32) int { return int(uint64(hash) * uint64(len(b.slots)) >> 32) }

func (b *byID[V]) grow() {
	const first = 16
	if b.slots == nil {
		b.seed = maphash.MakeSeed()
	}
	before := b.slots
	b.slots = make([]slot, max(first, 2*len(before)))
	for _, s := range before {
		if s.one == 0 {
			continue
		}
		at := b.place(s.hash)
		for b.slots[at].one != 0 {
			at = (at + 1) & (len(b.slots) - 1)
		}
		b.slots[at] = s
	}
}

// blocks is a slice that grows without being copied. What it holds stays where it is.
type blocks[T any] struct {
	full  [][]T
	count serial
}

const blockBits = 10

func (b *blocks[T]) add(v T) serial {
	const size = 1 << blockBits
	if b.count%size == 0 {
		b.full = append(b.full, make([]T, size))
	}
	b.count++
	*b.at(b.count) = v
	return b.count
}

func (b *blocks[T]) at(n serial) *T {
	return &b.full[(n-1)>>blockBits][(n-1)&(1<<blockBits-1)]
}

func (b *blocks[T]) all() iter.Seq[serial] {
	return func(yield func(serial) bool) {
		var work giveway.Work
		for n := serial(1); n <= b.count && yield(n); n++ {
			work.Done()
		}
	}
}

// lists is many short lists in one place. Each is known by the number of its last node; what is removed is not used again.
type lists[T any] struct{ nodes blocks[node[T]] }

type node[T any] struct {
	value T
	next  serial
}

func (l *lists[T]) push(list *serial, v T) { *list = l.nodes.add(node[T]{v, *list}) }

func (l *lists[T]) each(list serial) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for list != 0 {
			n := l.nodes.at(list)
			if !yield(&n.value) {
				return
			}
			list = n.next
		}
	}
}

// find returns the first value that is what is asked for; nil: there is none.
func (l *lists[T]) find(list serial, is func(*T) bool) *T {
	for v := range l.each(list) {
		if is(v) {
			return v
		}
	}
	return nil
}

// put replaces the value that is what is asked for, or adds it.
func (l *lists[T]) put(list *serial, v T, is func(*T) bool) {
	if there := l.find(*list, is); there != nil {
		*there = v
	} else {
		l.push(list, v)
	}
}

func (l *lists[T]) remove(list *serial, is func(*T) bool) {
	for *list != 0 {
		n := l.nodes.at(*list)
		if is(&n.value) {
			*list = n.next
			return
		}
		list = &n.next
	}
}
