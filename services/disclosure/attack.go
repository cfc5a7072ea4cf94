package disclosure

import (
	"errors"
	"fmt"
	"slices"
)

// ErrContradiction: what was released cannot all be true, so the relations or a release are not what happened.
// ErrTooCostly: whether it can be was not found out.
var (
	ErrContradiction = errors.New("what was released contradicts itself")
	ErrTooCostly     = errors.New("what was released is too entangled to be attacked")
)

// Finding is what an attacker knows of a cell who has read everything that was released.
type Finding struct {
	Cell  Cell
	Lower int   // the least it can be
	Upper int   // and the most; Most is no bound
	Ruled []int // those of 1 to T−1 that it cannot be, or was not proven able to be: none where the cell is protected
}

// Attack computes what a ledger tells of cells: the sharp bounds over whole numbers, and which small values are ruled out.
func Attack(ledger Ledger, cells []Cell, s Settings) ([]Finding, error) {
	s = s.orDefault()
	if err := errors.Join(s.check(), ledger.check()); err != nil {
		return nil, err
	}
	m := ledger.system()
	for _, c := range cells {
		m.variable(c)
	}
	a := newAttacker(m, m.box(ledger.statements()...), nil)
	if err := a.stuck(); err != nil {
		return nil, err
	}
	list := make([]Finding, len(cells))
	for i, c := range cells {
		x := m.index[c]
		list[i] = Finding{Cell: c, Lower: a.lowest(x), Upper: a.highest(x), Ruled: a.ruled(x, s.small())}
	}
	return list, nil
}

// values are small values as bits.
type values uint16

func bit(v int) values { return 1 << v }

func (s values) list() (list []int) {
	for v := range 16 {
		if s&bit(v) != 0 {
			list = append(list, v)
		}
	}
	return list
}

// attacker reads what is known of a system. Every solution it comes by is kept, for one says something of every cell.
type attacker struct {
	*system
	known   box
	witness []int   // a solution
	pool    [][]int // all solutions found
	seen    []values
	unsure  []values // what a search was given up for
	gaveUp  bool     // the first search of all
}

// newAttacker narrows what is known. Solutions of an earlier attacker on the same system that still hold are taken over;
// one of them or, failing that, a search near the first gives the witness.
func newAttacker(m *system, known box, pool [][]int) *attacker {
	a := &attacker{system: m, known: known, seen: make([]values, len(m.cells)), unsure: make([]values, len(m.cells))}
	for _, x := range pool {
		if known.holds(x) && (a.witness != nil || m.holds(x)) {
			a.keep(x)
		}
	}
	if all := m.all(); m.narrow(known, all...) && a.witness == nil {
		near := known.lower
		if len(pool) > 0 {
			near = pool[0]
		}
		x, certain := m.find(known, all, slices.Clone(near))
		a.gaveUp = !certain
		if x != nil {
			a.keep(x)
		}
	}
	return a
}

// stuck says why there is no solution to begin with.
func (a *attacker) stuck() error {
	switch {
	case a.witness != nil:
		return nil
	case a.gaveUp:
		return ErrTooCostly
	}
	return ErrContradiction
}

func (a *attacker) keep(x []int) {
	if a.witness == nil {
		a.witness = x
	}
	a.pool = append(a.pool, x)
	for i, v := range x {
		if v < 16 {
			a.seen[i] |= bit(v)
		}
	}
}

// can reports whether a variable can lie between two values.
func (a *attacker) can(x, lower, upper int) bool {
	inner := a.known.clone()
	inner.say(x, lower, upper)
	if a.witness == nil || !a.narrow(inner, x) {
		return false
	}
	found, certain := a.find(inner, a.together(a.known, x), a.witness)
	if found != nil {
		a.keep(found)
	}
	if !certain && upper < 16 {
		a.unsure[x] |= bit(upper)
	}
	return found != nil
}

// missing are those of the wanted small values that a variable cannot have.
func (a *attacker) missing(x int, wanted values) values {
	for _, v := range (wanted &^ a.seen[x]).list() {
		a.can(x, v, v)
	}
	return wanted &^ a.seen[x]
}

func (a *attacker) ruled(x int, wanted values) []int { return a.missing(x, wanted).list() }

// lowest and highest halve the span in which the sharp bound can lie.
func (a *attacker) lowest(x int) int {
	below, at := a.known.lower[x], a.least(x)
	for below < at {
		if middle := (below + at - 1) / 2; a.can(x, below, middle) {
			at = a.least(x)
		} else {
			below = middle + 1
		}
	}
	return at
}

func (a *attacker) highest(x int) int {
	at, above := a.most(x), a.known.upper[x]
	for at < above {
		if middle := (at + above + 2) / 2; a.can(x, middle, above) {
			at = a.most(x)
		} else {
			above = middle - 1
		}
	}
	return at
}

func (a *attacker) least(x int) int {
	n := Most
	for _, w := range a.pool {
		n = min(n, w[x])
	}
	return n
}

func (a *attacker) most(x int) (n int) {
	for _, w := range a.pool {
		n = max(n, w[x])
	}
	return n
}

// Settings are the municipality's choices; zero values are the house's.
type Settings struct {
	Threshold  int  // a count from one to below it is protected: 3 to 10, 5 if 0
	Public     bool // open data: rounded to the nearest 5, cross tables only from CrossTables children on
	CrossTable int  // the fewest children of whom a cross table is made public: 300 if 0
}

func (s Settings) orDefault() Settings {
	if s.Threshold == 0 {
		s.Threshold = 5
	}
	if s.CrossTable == 0 {
		s.CrossTable = 300
	}
	return s
}

func (s Settings) check() error {
	if s.Threshold < 3 || s.Threshold > 10 {
		return fmt.Errorf("threshold %d: 3 to 10 are allowed", s.Threshold)
	}
	return nil
}

// small are the values 1 to T−1.
func (s Settings) small() values { return bit(s.Threshold) - 2 }

func (s Settings) protects(n int) bool { return n > 0 && n < s.Threshold }
