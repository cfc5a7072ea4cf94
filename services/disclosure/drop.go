package disclosure

import (
	"cmp"
	"fmt"
	"slices"
)

// merge merges the category that a cell stands in with the smaller of its neighbours, as long as two are left.
func (d *draft) merge(c Cell) bool {
	for i, dim := range d.dims {
		if !dim.adding || d.dropped[i] || !slices.Contains(dim.parts, c) {
			continue
		}
		groups := d.groups(dim)
		if len(groups) < 3 {
			continue
		}
		at := slices.IndexFunc(groups, func(g []Cell) bool { return slices.Contains(g, c) })
		other := at - 1
		if at == 0 || at+1 < len(groups) && d.sum(groups[at+1]) < d.sum(groups[at-1]) {
			other = at + 1
		}
		first, second := min(at, other), max(at, other)
		d.join(dim, slices.Concat(groups[first], groups[second]))
		return true
	}
	return false
}

// groups are the parts of a breakdown, those together that are merged.
func (d *draft) groups(dim dimension) (list [][]Cell) {
	for _, p := range dim.parts {
		s := d.shown[p]
		last := len(list) - 1
		if s != nil && s.Way == Merged && last >= 0 && d.into(list[last][0]) == s.Into {
			list[last] = append(list[last], p)
			continue
		}
		list = append(list, []Cell{p})
	}
	return list
}

func (d *draft) into(c Cell) Cell {
	if s := d.shown[c]; s != nil {
		return s.Into
	}
	return ""
}

func (d *draft) sum(cells []Cell) (n int) {
	for _, c := range cells {
		n += d.Values[c]
	}
	return n
}

// join shows cells as their sum.
func (d *draft) join(dim dimension, cells []Cell) {
	for _, c := range cells {
		if into := d.into(c); into != "" {
			d.show(into, Hidden, TooFew)
		}
	}
	name := d.fresh(cells)
	d.Values[name] = d.sum(cells)
	r := Relation{Kind: Partition, Cells: append([]Cell{name}, cells...)}
	d.define(r)
	d.shown[name] = &Shown{Cell: name}
	d.said = append(d.said, name)
	d.plainly(name)
	for _, c := range cells {
		if d.shown[c] == nil {
			continue
		}
		d.show(c, Merged, TooFew)
		d.shown[c].Into = name
	}
}

// fresh names a merged cell after the first and the last of its parts, as long as that fits.
func (d *draft) fresh(cells []Cell) Cell {
	name := cells[0] + ".to." + cells[len(cells)-1].last()
	for n := 1; len(name) > 80 || d.m.has(name); n++ {
		name = Cell(fmt.Sprintf("merged.%d/%s", n, cells[0]))
		name = name[:min(len(name), 80)]
	}
	return name
}

// define adds a cell that is a sum of others to what is known, to the solutions at hand, and to what is protected.
func (d *draft) define(r Relation) {
	d.Relations = append(d.Relations, r)
	d.m.relate(r)
	if d.untold != d.m {
		d.untold.relate(r)
	}
	for i, x := range d.pool {
		sum := 0
		for _, c := range r.Cells[1:] {
			sum += x[d.m.index[c]]
		}
		d.pool[i] = append(slices.Clone(x), sum)
	}
	d.alone = newAttacker(d.untold, d.untold.box(d.ledger...), d.pool)
	if x := d.m.index[r.Cells[0]]; d.protects(d.Values[r.Cells[0]]) {
		d.protect(x, d.small())
	}
}

// leaveOut leaves out one breakdown: one that the variable's cell stands in, or the first that helps.
func (d *draft) leaveOut(x int) bool {
	c := d.m.cells[x]
	for i, dim := range d.dims {
		if !d.dropped[i] && slices.Contains(dim.parts, c) && d.spoken(dim) {
			d.drop(i, Broken)
			return true
		}
	}
	last := nothing
	for i, dim := range d.dims {
		if d.dropped[i] || !d.spoken(dim) {
			continue
		}
		shown, dropped := d.copy(), slices.Clone(d.dropped)
		d.drop(i, Broken)
		if d.safe(x) {
			return true
		}
		d.shown, d.dropped = shown, dropped
		last = i
	}
	if last == nothing {
		return false
	}
	d.drop(last, Broken)
	d.vain = append(d.vain, last)
	return true
}

// spoken reports whether anything of a breakdown is said.
func (d *draft) spoken(dim dimension) bool {
	return slices.ContainsFunc(dim.parts, func(c Cell) bool {
		s := d.shown[c]
		return s != nil && s.Way != Hidden
	})
}

// drop hides a breakdown, the breakdowns of its parts, and the cross tables between them.
func (d *draft) drop(i int, why Reason) {
	d.dropped[i] = true
	dim := d.dims[i]
	for _, c := range dim.parts {
		if s := d.shown[c]; s != nil {
			if into := s.Into; into != "" {
				d.show(into, Hidden, why)
			}
			d.show(c, Hidden, why)
		}
	}
	for k, other := range d.dims {
		if !d.dropped[k] && (slices.Contains(dim.parts, other.whole) || d.crosses(other, dim)) {
			d.drop(k, why)
		}
	}
}

// crosses reports whether a breakdown is what the parts of another share.
func (d *draft) crosses(cross, of dimension) bool {
	return slices.ContainsFunc(d.Relations, func(r Relation) bool {
		n := r.parts()
		return r.Kind == Overlaps && slices.Equal(r.Cells[1:n+1], of.parts) && slices.Equal(r.Cells[1+n:], cross.parts)
	})
}

// totals makes coarser what is left, the largest step last: rounded, then T or more, then nothing.
func (d *draft) totals(x int) {
	d.reach(Total)
	left := d.left()
	for _, w := range []Way{Tens, AtLeast, Hidden} {
		for _, c := range left {
			before := *d.shown[c]
			if before.Way == Hidden || w != Hidden && (d.Values[c] < d.Threshold || !coarser(w, before.Way)) {
				continue
			}
			d.show(c, w, Computable)
			d.reach(map[bool]Step{false: TotalBand, true: Nothing}[w == Hidden])
			if d.safe(x) {
				return
			}
			*d.shown[c] = before
		}
	}
	for _, c := range left {
		d.show(c, Hidden, Computable)
	}
	d.reach(Nothing)
}

// left are the cells that still say something, the smallest first.
func (d *draft) left() (list []Cell) {
	for _, c := range d.said {
		if w := d.shown[c].Way; w != Hidden && w != Merged {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b Cell) int { return cmp.Compare(d.Values[a], d.Values[b]) })
	return list
}
