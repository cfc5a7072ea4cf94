package disclosure

import (
	"errors"
	"maps"
	"slices"
)

// Protect makes of a family a release that gives no small number away, together with everything in the ledger. It
// attacks what it is about to release, and gives up more until the attack finds nothing: others coarser too, the smallest
// categories merged, a breakdown left out, only totals, totals coarser, nothing. The same input gives the same release.
func Protect(f Family, ledger Ledger, s Settings) (Release, error) {
	s = s.orDefault()
	if err := errors.Join(s.check(), f.check(), ledger.check()); err != nil {
		return Release{}, err
	}
	d := newDraft(f, ledger, s)
	d.before()
	if err := d.alone.stuck(); err != nil {
		return Release{}, err
	}
	d.plain()
	for b := d.attack(); b != nothing && len(d.left()) > 0; b = d.attack() {
		d.giveUp(b)
	}
	d.restore()
	r := d.release()
	if d.linked(r.Given, ledger) {
		return d.silent(), nil
	}
	return r, nil
}

// linked reports whether a value is ruled out by what ties the family to earlier releases and by nothing that was said:
// that a count is the same as then, or that none was withdrawn. What is known of counts that were said then was known then, though
// that release did not state it: to say nothing now takes back nothing of what follows from it.
func (d *draft) linked(given []Finding, ledger Ledger) bool {
	if len(given) == 0 {
		return false
	}
	m := ledger.system()
	for _, r := range d.Known {
		if !slices.ContainsFunc(r.Cells, func(c Cell) bool { return !m.has(c) }) {
			m.relate(r)
		}
	}
	for _, f := range given {
		m.variable(f.Cell)
	}
	before := newAttacker(m, m.box(ledger.statements()...), nil)
	return slices.ContainsFunc(given, func(f Finding) bool {
		return slices.ContainsFunc(f.Ruled, func(v int) bool { return before.missing(m.index[f.Cell], bit(v)) == 0 })
	})
}

// silent says nothing, not even which counts are the same as before.
func (d *draft) silent() Release {
	r := Release{Step: Nothing}
	for _, c := range d.said[:d.asked] {
		r.Shown = append(r.Shown, Shown{Cell: c, Way: Hidden, Upper: Most, Reason: Computable})
	}
	return r
}

// nothing is the variable that is not there.
const nothing = -1

// draft is a release being made.
type draft struct {
	Family
	Settings
	ledger  [][]Statement
	m       *system        // with what the release tells
	untold  *system        // and without: the same where it tells nothing
	alone   *attacker      // who knows the ledger alone
	pool    [][]int        // solutions by which values are known to be possible
	wanted  map[int]values // what must stay possible, of each variable that is protected
	order   []int          // those variables, in the order of their names
	said    []Cell         // what was asked for, in order, and then what was made by merging
	asked   int            // how many were asked for
	shown   map[Cell]*Shown
	finest  map[Cell]Way // the finest way that the cell alone allows
	dims    []dimension
	dropped []bool
	vain    []int // breakdowns that were left out though that alone did not help
	step    Step
}

func newDraft(f Family, ledger Ledger, s Settings) *draft {
	d := &draft{
		Family: f, Settings: s, ledger: ledger.statements(), m: f.system(ledger, f.Told), wanted: make(map[int]values),
		shown: make(map[Cell]*Shown), finest: make(map[Cell]Way), dims: f.dimensions(), step: Plain,
	}
	d.Values, d.Relations = maps.Clone(f.Values), slices.Clone(f.Relations)
	d.dropped = make([]bool, len(d.dims))
	if d.untold = d.m; len(f.Told) > 0 {
		d.untold = f.system(ledger, nil)
	}
	for _, c := range slices.Sorted(maps.Keys(f.Values)) {
		if !slices.Contains(f.Silent, c) {
			d.said = append(d.said, c)
		}
	}
	d.asked = len(d.said)
	return d
}

// before prepares to attack the ledger alone, and finds what is protected: small cells, and cells of an earlier release
// whose value nobody passed on.
func (d *draft) before() {
	truth := d.truth()
	d.alone = newAttacker(d.untold, d.untold.box(d.ledger...), truth)
	if d.pool = d.alone.pool; d.untold != d.m {
		d.pool = truth // what is possible without what is told need not be with it
	}
	for _, c := range slices.Sorted(maps.Keys(d.m.index)) {
		if n, counted := d.Values[c]; c != one && !c.isRegion() && (!counted || d.protects(n)) {
			d.protect(d.m.index[c], d.small())
		}
	}
}

func (d *draft) protect(x int, wanted values) {
	d.wanted[x] = wanted
	d.order = append(d.order, x)
}

// truth is what really happened, a solution: what is not counted is searched for.
func (d *draft) truth() [][]int {
	x, b := make([]int, len(d.m.cells)), d.m.box(d.ledger...)
	for i, c := range d.m.cells {
		if n, counted := d.Values[c]; counted {
			x[i] = n
			b.say(i, n, n)
		}
	}
	if all := d.m.all(); d.m.narrow(b, all...) {
		if found, _ := d.m.find(b, all, x); found != nil {
			return [][]int{found}
		}
	}
	return nil
}

// statements are what the draft says now.
func (d *draft) statements() (list []Statement) {
	for _, c := range d.said {
		if s := d.shown[c]; s.Way != Hidden && s.Way != Merged {
			list = append(list, Statement{c, s.Lower, s.Upper})
		}
	}
	return list
}

// attack returns the first variable of which a value that must stay possible is not.
func (d *draft) attack() int {
	a := d.attacker()
	defer d.learn(a)
	for _, x := range d.order {
		if d.missing(a, x) {
			return x
		}
	}
	return nothing
}

// safe is attack for one variable.
func (d *draft) safe(x int) bool {
	a := d.attacker()
	defer d.learn(a)
	return !d.missing(a, x)
}

// missing reports whether a value is ruled out that the ledger alone is not certain to rule out. What that does is given
// away already, and is not asked for again.
func (d *draft) missing(a *attacker, x int) bool {
	gone := a.missing(x, d.wanted[x])
	if gone == 0 {
		return false
	}
	given := d.alone.missing(x, gone) &^ d.alone.unsure[x]
	d.wanted[x] &^= given
	return gone != given
}

func (d *draft) attacker() *attacker {
	return newAttacker(d.m, d.m.box(append(slices.Clone(d.ledger), d.statements())...), d.pool)
}

// remembered is how many solutions are kept at hand.
const remembered = 400

func (d *draft) learn(a *attacker) {
	for _, x := range a.pool {
		if len(d.pool) < remembered && !slices.ContainsFunc(d.pool, func(p []int) bool { return &p[0] == &x[0] }) {
			d.pool = append(d.pool, x)
		}
	}
}

// plain shows small cells as bands and everything else as exactly as the settings allow.
func (d *draft) plain() {
	for _, c := range d.said {
		d.shown[c] = &Shown{Cell: c}
		d.plainly(c)
		d.moved(c)
	}
	for i, dim := range d.dims {
		switch {
		case d.protects(d.Values[dim.whole]):
			d.drop(i, FewInAll)
		case d.Public && dim.parts[0].crossed() && d.Values[d.root(dim.whole)] < d.CrossTable:
			d.drop(i, NoCrossing)
		}
	}
}

func (d *draft) plainly(c Cell) {
	switch n := d.Values[c]; {
	case slices.Contains(d.Named, c):
		d.show(c, NotZero, "")
	case n == 0, !d.Public && !d.protects(n):
		d.show(c, Exact, "")
	case d.protects(n):
		d.show(c, Band, Small)
	default:
		d.show(c, Fives, RoundedOff)
	}
	d.finest[c] = d.shown[c].Way
}
