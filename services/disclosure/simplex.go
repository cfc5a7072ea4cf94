package disclosure

import "math/big"

// simplex decides in exact fractions whether rows and bounds can hold at once, whole numbers or not. It is the general
// simplex of Dutertre and de Moura (CAV 2006): each row is a variable of its own between bounds, and bounds may be
// drawn closer and let go again while the basis stays.
type simplex struct {
	lower, upper []*big.Rat // of variables, then rows; nil is none
	value        []*big.Rat
	table        [][]*big.Rat // the row's variable as a sum of those outside the basis; nil is zero
	inside       []int        // the variable of each row of the table
	outside      []int        // and of each column
}

// newSimplex takes the given variables of a box, with everything else at the value it is fixed to.
func newSimplex(s *system, b box, vars []int) *simplex {
	column := make(map[int]int, len(vars))
	x := &simplex{}
	for i, v := range vars {
		column[v] = i
		x.outside = append(x.outside, i)
		x.lower, x.upper = append(x.lower, whole(b.lower[v])), append(x.upper, whole(b.upper[v]))
		x.value = append(x.value, whole(b.lower[v]))
	}
	done := make(map[int]bool)
	for _, v := range vars {
		for _, r := range s.of[v] {
			if !done[r] {
				done[r] = true
				x.row(s.rows[r], b, column)
			}
		}
	}
	return x
}

func whole(n int) *big.Rat { return new(big.Rat).SetInt64(int64(n)) }

func (x *simplex) row(r row, b box, column map[int]int) {
	most, greatest, line := 0, 0, make([]*big.Rat, len(x.outside))
	for k, v := range r.vars {
		c, free := column[v]
		if !free {
			most -= r.by[k] * b.lower[v]
			continue
		}
		line[c] = whole(r.by[k])
		greatest += max(r.by[k]*b.lower[v], r.by[k]*b.upper[v])
	}
	if greatest <= most {
		return // holds whatever the variables are
	}
	x.inside, x.table = append(x.inside, len(x.value)), append(x.table, line)
	x.lower, x.upper = append(x.lower, nil), append(x.upper, whole(most))
	x.value = append(x.value, x.sum(line))
}

func (x *simplex) sum(line []*big.Rat) *big.Rat {
	sum, part := new(big.Rat), new(big.Rat)
	for c, by := range line {
		if by != nil {
			sum.Add(sum, part.Mul(by, x.value[x.outside[c]]))
		}
	}
	return sum
}

// bound sets new bounds of a variable, and keeps those outside the basis within theirs.
func (x *simplex) bound(v int, lower, upper *big.Rat) {
	x.lower[v], x.upper[v] = lower, upper
	for c, w := range x.outside {
		if w != v {
			continue
		}
		switch {
		case x.value[v].Cmp(lower) < 0:
			x.move(c, lower)
		case x.value[v].Cmp(upper) > 0:
			x.move(c, upper)
		}
	}
}

// move gives a variable outside the basis a value, and those inside what follows.
func (x *simplex) move(c int, to *big.Rat) {
	v := x.outside[c]
	by, part := new(big.Rat).Sub(to, x.value[v]), new(big.Rat)
	x.value[v] = to
	for r, line := range x.table {
		if line[c] != nil {
			in := x.inside[r]
			x.value[in] = new(big.Rat).Add(x.value[in], part.Mul(by, line[c]))
		}
	}
}

// possible reports whether all bounds can hold. The smallest index goes first (Bland), so it ends.
func (x *simplex) possible() bool {
	for {
		r, to := x.broken()
		if r < 0 {
			return true
		}
		c := x.entering(r, to.Cmp(x.value[x.inside[r]]) > 0)
		if c < 0 {
			return false
		}
		x.pivot(r, c, to)
	}
}

func (x *simplex) broken() (row int, to *big.Rat) {
	row = -1
	for r, v := range x.inside {
		if row >= 0 && v > x.inside[row] {
			continue
		}
		if x.lower[v] != nil && x.value[v].Cmp(x.lower[v]) < 0 {
			row, to = r, x.lower[v]
		} else if x.upper[v] != nil && x.value[v].Cmp(x.upper[v]) > 0 {
			row, to = r, x.upper[v]
		}
	}
	return row, to
}

func (x *simplex) entering(r int, up bool) int {
	best := -1
	for c, by := range x.table[r] {
		v := x.outside[c]
		if by == nil || best >= 0 && v > x.outside[best] {
			continue
		}
		if (by.Sign() > 0) == up {
			if x.upper[v] == nil || x.value[v].Cmp(x.upper[v]) < 0 {
				best = c
			}
		} else if x.lower[v] == nil || x.value[v].Cmp(x.lower[v]) > 0 {
			best = c
		}
	}
	return best
}

// pivot lets the row's variable out of the basis at a value, and the column's in.
func (x *simplex) pivot(r, c int, to *big.Rat) {
	in, line := x.inside[r], x.table[r]
	step := new(big.Rat).Sub(to, x.value[in])
	x.move(c, new(big.Rat).Add(x.value[x.outside[c]], step.Quo(step, line[c])))
	x.value[in] = to
	x.inside[r], x.outside[c] = x.outside[c], in
	inverse := new(big.Rat).Inv(line[c])
	for k, by := range line {
		if by != nil && k != c {
			line[k] = new(big.Rat).Neg(new(big.Rat).Mul(by, inverse))
		}
	}
	line[c] = inverse
	for i, other := range x.table {
		if i != r && other[c] != nil {
			substitute(other, line, c)
		}
	}
}

// substitute puts a line in the place of a column.
func substitute(line, by []*big.Rat, c int) {
	factor := line[c]
	line[c] = nil
	for k, b := range by {
		if b == nil {
			continue
		}
		sum := new(big.Rat).Mul(factor, b)
		if line[k] != nil {
			sum.Add(sum, line[k])
		}
		line[k] = sum
		if sum.Sign() == 0 {
			line[k] = nil
		}
	}
}
