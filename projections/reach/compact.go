package reach

import "iter"

// A log of millions of events is folded in memory without a pointer to each thing that it says: what is alike is numbered
// once, and what belongs to a child or a session is linked by numbers. The garbage collector passes all of it by.

// number names a value where values are numbered from 1; 0 is none.
type number int32

// numbered is values by their key, and numbered in the order in which they were first asked for.
type numbered[K comparable, V any] struct {
	blocks[V]
	numbers map[K]number
	last    K // that was asked for: neighbours in a log are about the same
	lastOne number
}

// of is the number of a key's value, the zero value where it is new.
func (n *numbered[K, V]) of(key K) number {
	if n.lastOne != 0 && key == n.last {
		return n.lastOne
	}
	one, known := n.numbers[key]
	if !known {
		if n.numbers == nil {
			n.numbers = make(map[K]number)
		}
		var none V
		one = n.add(none)
		n.numbers[key] = one
	}
	n.last, n.lastOne = key, one
	return one
}

// constants are values that many things share.
type constants[T comparable] struct{ numbered[T, T] }

func (c *constants[T]) of(v T) number {
	one := c.numbered.of(v)
	*c.at(one) = v
	return one
}

// value is what has a number; the zero value for none.
func (c *constants[T]) value(one number) (v T) {
	if one != 0 {
		v = *c.at(one)
	}
	return v
}

// blocks is a slice that grows without being copied. What it holds stays where it is.
type blocks[T any] struct {
	full  [][]T
	count number
}

const blockBits = 12

func (b *blocks[T]) add(v T) number {
	const size = 1 << blockBits
	if b.count%size == 0 {
		b.full = append(b.full, make([]T, size))
	}
	b.count++
	*b.at(b.count) = v
	return b.count
}

func (b *blocks[T]) at(n number) *T {
	return &b.full[(n-1)>>blockBits][(n-1)&(1<<blockBits-1)]
}

func (b *blocks[T]) all() iter.Seq[number] {
	return func(yield func(number) bool) {
		for n := number(1); n <= b.count && yield(n); n++ {
		}
	}
}

// lists is many short lists in one place. Each is known by the number of its last node; what is removed is not used again.
type lists[T any] struct{ nodes blocks[node[T]] }

type node[T any] struct {
	value T
	next  number
}

func (l *lists[T]) push(list *number, v T) { *list = l.nodes.add(node[T]{v, *list}) }

func (l *lists[T]) each(list number) iter.Seq[*T] {
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
func (l *lists[T]) find(list number, is func(*T) bool) *T {
	for v := range l.each(list) {
		if is(v) {
			return v
		}
	}
	return nil
}

// put replaces the value that is what is asked for, or adds it.
func (l *lists[T]) put(list *number, v T, is func(*T) bool) {
	if there := l.find(*list, is); there != nil {
		*there = v
	} else {
		l.push(list, v)
	}
}

func (l *lists[T]) remove(list *number, is func(*T) bool) {
	for *list != 0 {
		n := l.nodes.at(*list)
		if is(&n.value) {
			*list = n.next
			return
		}
		list = &n.next
	}
}
