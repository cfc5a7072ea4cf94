package disclosure

import "fmt"

// row says that a sum of variables times whole numbers is at most zero, or zero.
type row struct {
	vars    []int
	by      []int
	equal   bool
	implied bool // follows from other rows, and helps to narrow only
}

// system is the cells as variables and the relations as rows.
type system struct {
	cells []Cell
	index map[Cell]int
	rows  []row
	of    [][]int // the rows a variable stands in

	related map[string]bool
	simplex *simplex // of these cells and rows; nil: none was asked yet
}

func newSystem() *system { return &system{index: make(map[Cell]int), related: make(map[string]bool)} }

func (s *system) all() []int {
	list := make([]int, len(s.cells))
	for i := range list {
		list[i] = i
	}
	return list
}

func (s *system) variable(c Cell) int {
	i, ok := s.index[c]
	if !ok {
		i = len(s.cells)
		s.index[c], s.cells, s.of, s.simplex = i, append(s.cells, c), append(s.of, nil), nil
	}
	return i
}

func (s *system) has(c Cell) bool {
	_, ok := s.index[c]
	return ok
}

// relate takes relations in, each once however many releases name it.
func (s *system) relate(relations ...Relation) {
	for _, r := range relations {
		key := fmt.Sprint(r)
		if s.related[key] {
			continue
		}
		s.related[key] = true
		for _, i := range r.inequalities() {
			s.add(i)
		}
	}
}

func (s *system) add(i inequality) {
	r := row{equal: i.equal, implied: i.implied}
	for _, t := range i.terms {
		v := s.variable(t.cell)
		r.vars, r.by = append(r.vars, v), append(r.by, t.by)
		s.of[v] = append(s.of[v], len(s.rows))
	}
	s.rows, s.simplex = append(s.rows, r), nil
}

// fractions is the simplex of the system.
func (s *system) fractions() *simplex {
	if s.simplex == nil {
		s.simplex = newSimplex(s)
	}
	return s.simplex
}

// box is what is known of each variable on its own.
type box struct{ lower, upper []int }

// box begins with nothing known, and takes in statements.
func (s *system) box(statements ...[]Statement) box {
	b := box{make([]int, len(s.cells)), make([]int, len(s.cells))}
	for i, c := range s.cells {
		b.upper[i] = Most
		if c == one {
			b.lower[i], b.upper[i] = 1, 1
		}
	}
	for _, list := range statements {
		for _, say := range list {
			b.say(s.index[say.Cell], say.Lower, say.Upper)
		}
	}
	return b
}

func (b box) say(i, lower, upper int) {
	b.lower[i], b.upper[i] = max(b.lower[i], lower), min(b.upper[i], upper)
}

func (b box) clone() box {
	n := len(b.lower)
	both := append(append(make([]int, 0, 2*n), b.lower...), b.upper...)
	return box{both[:n:n], both[n:]}
}

func (b box) fixed(i int) bool { return b.lower[i] == b.upper[i] }

func (b box) holds(x []int) bool {
	for i, v := range x {
		if v < b.lower[i] || v > b.upper[i] {
			return false
		}
	}
	return true
}

// holds is the proof that a value is possible: whole numbers put into every row.
func (s *system) holds(x []int) bool {
	for _, r := range s.rows {
		sum := 0
		for k, v := range r.vars {
			sum += r.by[k] * x[v]
		}
		if sum > 0 || sum < 0 && r.equal {
			return false
		}
	}
	return true
}

// narrowings is how often a row may be looked at in one narrowing. To stop early leaves the box wider than it could
// be, and nothing wrong.
const narrowings = 40

// narrow takes away what no solution in the box has, from the rows of the given variables on, and reports whether
// anything is left.
func (s *system) narrow(b box, from ...int) bool {
	waiting := make([]bool, len(s.rows))
	var queue []int
	wait := func(v int) {
		for _, r := range s.of[v] {
			if !waiting[r] {
				waiting[r] = true
				queue = append(queue, r)
			}
		}
	}
	for _, v := range from {
		if b.lower[v] > b.upper[v] {
			return false
		}
		wait(v)
	}
	for looks := narrowings * len(s.rows); len(queue) > 0 && looks > 0; looks-- {
		r := queue[0]
		queue = queue[1:]
		waiting[r] = false
		if !s.rows[r].narrow(b, wait) {
			return false
		}
	}
	return true
}

// narrow bounds each variable of a row by what the others can sum to.
func (r row) narrow(b box, changed func(int)) bool {
	least, most := 0, 0
	for k, v := range r.vars {
		low, high := r.reach(k, b, v)
		least, most = least+low, most+high
	}
	if least > 0 || r.equal && most < 0 {
		return false
	}
	for k, v := range r.vars {
		low, high := r.reach(k, b, v)
		if !r.atMost(k, b, v, low-least, changed) || r.equal && !r.atLeast(k, b, v, high-most, changed) {
			return false
		}
	}
	return true
}

// reach is between what the k-th of a row's terms lies.
func (r row) reach(k int, b box, v int) (low, high int) {
	low, high = r.by[k]*b.lower[v], r.by[k]*b.upper[v]
	return min(low, high), max(low, high)
}

// atMost and atLeast bound a variable by what its term can be.
func (r row) atMost(k int, b box, v, term int, changed func(int)) bool {
	if r.by[k] > 0 {
		return b.cut(v, b.lower[v], floor(term, r.by[k]), changed)
	}
	return b.cut(v, ceil(term, r.by[k]), b.upper[v], changed)
}

func (r row) atLeast(k int, b box, v, term int, changed func(int)) bool {
	if r.by[k] > 0 {
		return b.cut(v, ceil(term, r.by[k]), b.upper[v], changed)
	}
	return b.cut(v, b.lower[v], floor(term, r.by[k]), changed)
}

func (b box) cut(v, lower, upper int, changed func(int)) bool {
	if lower > b.lower[v] || upper < b.upper[v] {
		b.say(v, lower, upper)
		changed(v)
	}
	return b.lower[v] <= b.upper[v]
}

// together are the variables that hang together with one, itself first, through rows and what is not yet known.
func (s *system) together(b box, from int) []int {
	list, seen := []int{from}, make([]bool, len(s.cells))
	seen[from] = true
	for i := 0; i < len(list); i++ {
		for _, r := range s.of[list[i]] {
			for _, v := range s.rows[r].vars {
				if !seen[v] && !b.fixed(v) {
					seen[v] = true
					list = append(list, v)
				}
			}
		}
	}
	return list
}
