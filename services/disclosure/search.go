package disclosure

import "slices"

// search looks for whole numbers that hold in every row. What it finds is checked in every row again, so how it was found
// does not matter; what it calls impossible was refuted by whole-number bounds or exact fractions, or was too costly.
type search struct {
	*system
	hint  []int // a solution of the system, or near to one
	dives int
	nodes int
}

// dives and nodes bound one search: first a few guesses near the hint, beyond one for each variable, then branch and bound.
const dives, nodes = 40, 200

// find returns a solution in the box in which the given variables differ from the hint: the rest keep the hint's values,
// which hold among themselves. Where there is none it is nil, and certain unless the search was given up.
func (s *system) find(b box, vars, hint []int) (x []int, certain bool) {
	q := &search{system: s, hint: hint, dives: dives + len(vars), nodes: nodes}
	if x, exhausted := q.dive(b, vars); x != nil || exhausted {
		return x, true
	}
	x = q.branch(b, vars)
	return x, x != nil || q.nodes >= 0
}

// dive gives one variable after the other the value nearest to the hint, narrows, and goes back where nothing is left.
func (q *search) dive(b box, vars []int) (found []int, exhausted bool) {
	if q.dives--; q.dives < 0 {
		return nil, false
	}
	for len(vars) > 0 && b.fixed(vars[0]) {
		vars = vars[1:]
	}
	if len(vars) == 0 {
		return q.proven(b), true
	}
	v := vars[0]
	at := min(max(q.hint[v], b.lower[v]), b.upper[v])
	exhausted = true
	for _, side := range [][2]int{{at, at}, {at + 1, b.upper[v]}, {b.lower[v], at - 1}} {
		inner := b.clone()
		inner.lower[v], inner.upper[v] = side[0], side[1]
		if side[0] > side[1] || !q.narrow(inner, v) {
			continue
		}
		x, all := q.dive(inner, vars)
		if x != nil {
			return x, true
		}
		exhausted = exhausted && all
	}
	return nil, exhausted
}

// proven is the hint with what the box fixes, if it holds.
func (q *search) proven(b box) []int {
	x := make([]int, len(q.hint))
	for i, v := range q.hint {
		x[i] = min(max(v, b.lower[i]), b.upper[i])
	}
	if !b.holds(x) || !q.holds(x) {
		return nil
	}
	return x
}

// branch is branch and bound over exact fractions.
func (q *search) branch(b box, vars []int) []int {
	x := q.fractions()
	x.into(b)
	return q.within(x, b, slices.DeleteFunc(slices.Clone(vars), b.fixed))
}

func (q *search) within(x *simplex, b box, free []int) []int {
	if q.nodes--; q.nodes < 0 || !x.possible() {
		return nil
	}
	i := slices.IndexFunc(free, func(v int) bool { return !x.value[v].isWhole() })
	if i < 0 {
		at := b.clone()
		for _, v := range free {
			n := x.value[v].floor()
			at.lower[v], at.upper[v] = n, n
		}
		return q.proven(at)
	}
	v := free[i]
	down, before := x.value[v].floor(), x.bounds[v]
	defer x.bound(v, before)
	x.bound(v, span{lower: before.lower, upper: whole(down)})
	if found := q.within(x, b, free); found != nil {
		return found
	}
	x.bound(v, span{lower: whole(down + 1), upper: before.upper})
	return q.within(x, b, free)
}
