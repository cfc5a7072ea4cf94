package disclosure

// simplex decides in exact fractions whether rows and bounds can hold at once, whole numbers or not. It is the general
// simplex of Dutertre and de Moura (CAV 2006): each row is a variable of its own between bounds, and bounds may be
// drawn closer and let go again while the basis stays. So a system has one: what is asked of it next differs in bounds alone,
// and is answered from where the last answer ended.
type simplex struct {
	bounds  []span // of variables, then rows
	value   []number
	table   [][]number // the row's variable as a sum of those outside the basis
	inside  []int      // the variable of each row of the table
	outside []int      // and of each column
	column  []int      // of each variable, or nothing
}

// span is between two bounds; the lower may be missing.
type span struct {
	lower, upper number
	open         bool // no lower bound
}

// newSimplex has every variable at zero, where each row holds.
func newSimplex(s *system) *simplex {
	n := len(s.cells)
	x := &simplex{bounds: make([]span, n), value: make([]number, n), outside: s.all(), column: s.all()}
	for _, r := range s.rows {
		if r.implied {
			continue
		}
		line := make([]number, n)
		for k, v := range r.vars {
			line[v] = whole(r.by[k])
		}
		x.inside, x.table = append(x.inside, len(x.value)), append(x.table, line)
		x.bounds, x.value = append(x.bounds, span{open: !r.equal}), append(x.value, number{})
		x.column = append(x.column, nothing)
	}
	return x
}

// into sets the bounds of a box.
func (x *simplex) into(b box) {
	for v := range b.lower {
		x.bound(v, span{lower: whole(b.lower[v]), upper: whole(b.upper[v])})
	}
}

// bound sets new bounds of a variable, and keeps those outside the basis within theirs.
func (x *simplex) bound(v int, s span) {
	x.bounds[v] = s
	switch c := x.column[v]; {
	case c == nothing:
	case x.value[v].cmp(s.lower) < 0:
		x.move(c, s.lower)
	case x.value[v].cmp(s.upper) > 0:
		x.move(c, s.upper)
	}
}

// move gives a variable outside the basis a value, and those inside what follows.
func (x *simplex) move(c int, to number) {
	v := x.outside[c]
	by := to.sub(x.value[v])
	x.value[v] = to
	for r, line := range x.table {
		if line[c].sign() != 0 {
			in := x.inside[r]
			x.value[in] = x.value[in].add(by.mul(line[c]))
		}
	}
}

// possible reports whether all bounds can hold. What keeps the table sparse goes first and, where that takes long, the smallest
// index (Bland), so that it ends.
func (x *simplex) possible() bool {
	for pivots := 0; ; pivots++ {
		r, to := x.broken()
		if r < 0 {
			return true
		}
		c := x.entering(r, to.cmp(x.value[x.inside[r]]) > 0, pivots < 4*len(x.table))
		if c < 0 {
			return false
		}
		x.pivot(r, c, to)
	}
}

func (x *simplex) broken() (row int, to number) {
	row = -1
	for r, v := range x.inside {
		if row >= 0 && v > x.inside[row] {
			continue
		}
		if s := x.bounds[v]; !s.open && x.value[v].cmp(s.lower) < 0 {
			row, to = r, s.lower
		} else if x.value[v].cmp(s.upper) > 0 {
			row, to = r, s.upper
		}
	}
	return row, to
}

// entering is a column by which the row's variable can be moved: the one in the fewest rows or, of those, with the smallest index.
func (x *simplex) entering(r int, up, sparse bool) int {
	best, fewest := -1, 0
	for c, by := range x.table[r] {
		if by.sign() == 0 || !x.movable(x.outside[c], (by.sign() > 0) == up) {
			continue
		}
		rows := 0
		if sparse {
			rows = x.rows(c)
		}
		if best < 0 || rows < fewest || rows == fewest && x.outside[c] < x.outside[best] {
			best, fewest = c, rows
		}
	}
	return best
}

// movable reports whether a variable outside the basis may become greater, or smaller.
func (x *simplex) movable(v int, up bool) bool {
	s := x.bounds[v]
	if up {
		return x.value[v].cmp(s.upper) < 0
	}
	return s.open || x.value[v].cmp(s.lower) > 0
}

// rows is how many rows a column stands in.
func (x *simplex) rows(c int) (n int) {
	for _, line := range x.table {
		if line[c].sign() != 0 {
			n++
		}
	}
	return n
}

// pivot lets the row's variable out of the basis at a value, and the column's in.
func (x *simplex) pivot(r, c int, to number) {
	in, line := x.inside[r], x.table[r]
	inverse := line[c].inv()
	x.move(c, x.value[x.outside[c]].add(to.sub(x.value[in]).mul(inverse)))
	x.value[in] = to
	x.inside[r], x.outside[c] = x.outside[c], in
	x.column[x.inside[r]], x.column[in] = nothing, c
	for k, by := range line {
		if by.sign() != 0 && k != c {
			line[k] = by.mul(inverse).neg()
		}
	}
	line[c] = inverse
	for i, other := range x.table {
		if i != r && other[c].sign() != 0 {
			substitute(other, line, c)
		}
	}
}

// substitute puts a line in the place of a column.
func substitute(line, by []number, c int) {
	factor := line[c]
	line[c] = number{}
	for k, b := range by {
		if b.sign() != 0 {
			line[k] = line[k].add(factor.mul(b))
		}
	}
}
