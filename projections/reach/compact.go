package reach

import "iter"

// A log of millions of events is folded in memory without a pointer to each thing that it says: what is alike is numbered
// once, and what belongs to a child or a session is linked by numbers. The garbage collector passes all of it by.

// number names a value where values are numbered from 1; 0 is none.
type number int32

// numbering gives each value a number, the first time it is asked for.
type numbering[T comparable] struct {
	numbers map[T]number
	values  blocks[T]
	last    T // that was asked for: neighbours in a log are alike
	lastOne number
}

func (n *numbering[T]) of(v T) number {
	if n.lastOne != 0 && v == n.last {
		return n.lastOne
	}
	one, known := n.numbers[v]
	if !known {
		if n.numbers == nil {
			n.numbers = make(map[T]number)
		}
		one = n.values.add(v)
		n.numbers[v] = one
	}
	n.last, n.lastOne = v, one
	return one
}

// value is what has a number; the zero value for none.
func (n *numbering[T]) value(one number) (v T) {
	if one != 0 {
		v = *n.values.at(one)
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
