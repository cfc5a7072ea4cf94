package disclosure

import (
	"cmp"
	"slices"
)

// ways from fine to coarse, for what is not small.
var ways = []Way{Exact, Fives, Tens, AtLeast, NotZero, Hidden}

func coarser(a, b Way) bool { return slices.Index(ways, a) > slices.Index(ways, b) }

// show sets how a cell is shown, and what that says.
func (d *draft) show(c Cell, w Way, why Reason) {
	s := d.shown[c]
	n := d.Values[c]
	s.Way, s.Reason, s.Into = w, why, ""
	switch w {
	case Exact:
		s.Lower, s.Upper = n, n
	case Band:
		s.Lower, s.Upper = 1, d.Threshold-1
	case Fives, Tens:
		r := rounded(c, n, map[Way]int{Fives: 5, Tens: 10}[w], d.Threshold)
		s.Lower, s.Upper = r.Lower, r.Upper
	case AtLeast:
		s.Lower, s.Upper = d.Threshold, Most
	case NotZero:
		s.Lower, s.Upper = 1, Most
	default:
		s.Lower, s.Upper = 0, Most
	}
}

// moved makes a part coarser that changed by 1 to T−1 since the last release, until all such changes are possible: who
// reads both releases side by side would else read off the new child's age, school and form. What reads as it did before is
// left so: nobody can tell that it changed, and to make it coarser would say that it did. Totals are left as they are, for
// that one more child came says nothing of the child.
func (d *draft) moved(c Cell) {
	defer func() { d.finest[c] = d.shown[c].Way }()
	old, ok := d.Earlier[c]
	if !ok || !d.part(c) {
		return
	}
	was := d.m.box(d.ledger...)
	x, linked := d.m.index[old], d.m.has(c+newcomers)
	if was.lower[x] <= 1 && was.upper[x] == Most && !linked { // no number was said: what is said now is the same, whether it changed or not
		return
	}
	for change := d.Values[c] - d.Values[old]; d.protects(max(change, -change)); {
		s := d.shown[c]
		least, most := s.Lower-was.upper[x], s.Upper-was.lower[x]
		if change < 0 {
			least, most = -most, -least
		}
		if s.Lower == was.lower[x] && s.Upper == was.upper[x] && !linked {
			return
		}
		if s.Way == NotZero || s.Way == Hidden || least <= 1 && most >= d.Threshold-1 {
			return
		}
		d.show(c, d.next(c), Changed)
	}
}

// next is the next coarser way of a cell beside others that are said. None would be said to be none, so that one of which
// no number is said is known to be some.
func (d *draft) next(c Cell) Way {
	switch w := d.shown[c].Way; {
	case d.Values[c] == 0:
		return Hidden
	case w == Band:
		return NotZero
	default:
		return ways[slices.Index(ways, w)+1]
	}
}

// giveUp gives up the least that helps one variable, and anything rather than nothing.
func (d *draft) giveUp(x int) {
	switch c := d.m.cells[x]; {
	case d.complement(c, x):
		d.reach(Complement)
	case d.merge(c):
		d.reach(Merge)
	case d.leaveOut(x):
		d.reach(Drop)
	default:
		d.totals(x)
	}
}

func (d *draft) reach(s Step) {
	if slices.Index(steps, s) > slices.Index(steps, d.step) {
		d.step = s
	}
}

// complement makes others coarser beside a cell that can be computed: one that helps, the smallest first, and rounded
// rather than "T or more"; or, where one is not enough, all of them.
func (d *draft) complement(c Cell, x int) bool {
	others := d.beside(c)
	for _, w := range []Way{Tens, AtLeast} {
		for _, o := range others {
			before := *d.shown[o]
			if !coarser(w, before.Way) {
				continue
			}
			if d.show(o, w, Computable); d.safe(x) {
				return true
			}
			*d.shown[o] = before
		}
	}
	before := d.copy()
	for _, o := range others {
		d.show(o, AtLeast, Computable)
	}
	if len(others) > 1 && d.safe(x) {
		return true
	}
	d.shown = before
	return false
}

func (d *draft) copy() map[Cell]*Shown {
	c := make(map[Cell]*Shown, len(d.shown))
	for k, v := range d.shown {
		s := *v
		c[k] = &s
	}
	return c
}

// beside are the cells at or above the threshold that stand beside a cell in a relation, the smallest first.
func (d *draft) beside(c Cell) (list []Cell) {
	for i, r := range slices.Concat(d.Relations, d.Known, d.Told) {
		if !slices.Contains(r.Cells, c) {
			continue
		}
		cells := r.Cells
		if r.breaksDown() && i < len(d.Relations) {
			cells = cells[1:]
		}
		for _, o := range cells {
			if s := d.shown[o]; o != c && s != nil && coarser(AtLeast, s.Way) && d.Values[o] >= d.Threshold && !slices.Contains(list, o) {
				list = append(list, o)
			}
		}
	}
	slices.SortFunc(list, func(a, b Cell) int { return cmp.Or(cmp.Compare(d.Values[a], d.Values[b]), cmp.Compare(a, b)) })
	return list
}

// restore says again what was given up and need not have been: breakdowns that were left out in vain, the last first,
// and then what was made coarser, the largest first.
func (d *draft) restore() {
	for _, i := range slices.Backward(d.vain) {
		d.reopen(d.dims[i])
	}
	list := slices.DeleteFunc(slices.Clone(d.said), func(c Cell) bool { return d.shown[c].Reason != Computable })
	slices.SortStableFunc(list, func(a, b Cell) int { return cmp.Compare(d.Values[b], d.Values[a]) })
	for _, c := range list {
		for _, w := range d.finer(c) {
			before := *d.shown[c]
			if d.show(c, w, d.reason(c, w)); d.attack() == nothing {
				break
			}
			*d.shown[c] = before
		}
	}
}

// reopen says a breakdown again, if that turns out to be safe.
func (d *draft) reopen(dim dimension) {
	before := d.copy()
	for _, c := range dim.parts {
		if s := d.shown[c]; s != nil && s.Reason == Broken {
			d.plainly(c)
			d.moved(c)
		}
	}
	if d.attack() != nothing {
		d.shown = before
	}
}

// finer are the ways in which a cell could be shown instead, the finest first.
func (d *draft) finer(c Cell) (list []Way) {
	if d.protects(d.Values[c]) {
		return []Way{d.finest[c]}
	}
	for _, w := range ways {
		if w != NotZero && coarser(d.shown[c].Way, w) && !coarser(d.finest[c], w) && (w != Fives || d.Public) {
			list = append(list, w)
		}
	}
	return list
}

// reason of a restored cell.
func (d *draft) reason(c Cell, w Way) Reason {
	switch {
	case w != d.finest[c]:
		return Computable
	case w == Exact:
		return ""
	case w == Fives:
		return RoundedOff
	case w == Band:
		return Small
	}
	return Changed
}

func (d *draft) release() Release {
	r := Release{Step: d.step, Relations: slices.Concat(d.Relations, d.Known, d.Told)}
	for _, c := range d.said {
		r.Shown = append(r.Shown, *d.shown[c])
	}
	for _, x := range d.order {
		c, gone := d.m.cells[x], d.small()&^d.wanted[x]
		if gone != 0 && d.Values[c] > 0 && !slices.Contains(d.said[d.asked:], c) {
			r.Given = append(r.Given, Finding{c, d.alone.lowest(x), d.alone.highest(x), gone.list()})
		}
	}
	return r
}
