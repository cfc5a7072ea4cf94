package disclosure

import (
	"fmt"
	"maps"
	"slices"
)

// Family is what a release is made of: the true values, and what everybody knows of them.
type Family struct {
	Values    map[Cell]int
	Relations []Relation
	Known     []Relation    // how cells of different breakdowns hang together: nothing is broken down by it, and it is attacked too
	Silent    []Cell        // counted and protected, and never said: how many two forms share, where that is not published
	Named     []Cell        // said to be some, and no more: what a survey names
	Told      []Relation    // what nobody knows before this release: how those that it names rank before others
	Earlier   map[Cell]Cell // of a cell that is not a total, the version released before: filled by Since
}

// Since names anew what changed since the last release. Values of before have the plain names, as the family has, and
// are those at that release. A cell whose value is the same keeps the name it had, so that the two releases are attacked
// together; one that changed becomes its next version. grows says that nothing was withdrawn, corrected or merged in
// between: then each change is itself a count of children, and protected.
func (f Family) Since(before map[Cell]int, ledger Ledger, grows bool) (Family, error) {
	n := renaming{f, before, ledger.versions(), make(map[Cell]Cell)}
	for c := range f.Values {
		n.name(c)
	}
	later := Family{Values: make(map[Cell]int), Earlier: make(map[Cell]Cell)}
	for _, c := range slices.Sorted(maps.Keys(f.Values)) {
		later.Values[n.names[c]] = f.Values[c]
		if err := later.changed(n, c, grows); err != nil {
			return Family{}, err
		}
	}
	for _, c := range f.Silent {
		later.Silent = append(later.Silent, n.names[c])
	}
	for _, c := range f.Named {
		later.Named = append(later.Named, n.names[c])
	}
	for _, r := range f.Relations {
		later.Relations = append(later.Relations, n.relation(r))
	}
	for _, r := range f.Known {
		later.Known = append(later.Known, n.relation(r))
	}
	for _, r := range f.Told {
		later.Told = append(later.Told, n.relation(r))
	}
	return later, nil
}

// With is the family and more that is told beside it. Of what more counts nothing is said but what it names.
func (f Family) With(more Family) Family {
	all := Family{
		Values: maps.Clone(f.Values), Relations: slices.Concat(f.Relations, more.Relations), Known: slices.Concat(f.Known, more.Known),
		Silent: slices.Clone(f.Silent), Named: slices.Concat(f.Named, more.Named), Told: slices.Concat(f.Told, more.Told),
	}
	for _, c := range slices.Sorted(maps.Keys(more.Values)) {
		if _, counted := f.Values[c]; !counted && !slices.Contains(more.Named, c) {
			all.Silent = append(all.Silent, c)
		}
		all.Values[c] = more.Values[c]
	}
	return all
}

// newcomers ends the name of a cell that counts who came to another since it was last said, where nothing was withdrawn.
const newcomers = ".new"

// changed links a cell to the version before, if that was another.
func (f *Family) changed(n renaming, c Cell, grows bool) error {
	now, old := n.names[c], c.Version(n.newest[c])
	was, known := n.before[c]
	if !known || n.newest[c] == 0 || now == old {
		return nil
	}
	f.Values[old] = was
	f.Silent = append(f.Silent, old)
	f.Earlier[now] = old
	if !grows {
		return nil
	}
	if n.Values[c] < was {
		return fmt.Errorf("%s went from %d to %d: something was withdrawn", c, was, n.Values[c])
	}
	came := now + newcomers
	f.Values[came] = n.Values[c] - was
	f.Silent = append(f.Silent, came)
	f.Relations = append(f.Relations, Relation{Kind: Change, Cells: []Cell{now, old, came}})
	return nil
}

type renaming struct {
	Family
	before map[Cell]int
	newest map[Cell]int
	names  map[Cell]Cell
}

func (n renaming) name(c Cell) Cell {
	if name, ok := n.names[c]; ok {
		return name
	}
	newest := n.newest[c]
	was, known := n.before[c]
	if now, counted := n.Values[c]; newest > 0 && !(known && counted && was == now) {
		newest++
	}
	n.names[c] = c.Version(newest)
	return n.names[c]
}

func (n renaming) relation(r Relation) Relation {
	cells := make([]Cell, len(r.Cells))
	for i, c := range r.Cells {
		cells[i] = n.name(c)
	}
	return Relation{r.Kind, cells, r.Numbers}
}

// system is what is known of the family beside a ledger, its cells in an order that what is told does not change.
func (f Family) system(ledger Ledger, told []Relation) *system {
	m := ledger.system()
	m.relate(f.Relations...)
	m.relate(f.Known...)
	for _, c := range slices.Sorted(maps.Keys(f.Values)) {
		m.variable(c)
	}
	if len(f.Told) > 0 {
		m.variable(one)
	}
	m.relate(told...)
	return m
}

func (f Family) check() error {
	for _, c := range slices.Sorted(maps.Keys(f.Values)) {
		if err := (Statement{c, f.Values[c], f.Values[c]}).check(); err != nil {
			return err
		}
	}
	for _, r := range slices.Concat(f.Relations, f.Known, f.Told) {
		if err := r.check(); err != nil {
			return err
		}
		if !f.Holds(r) {
			return fmt.Errorf("relation %s of %s does not hold for the values given", r.Kind, r.Cells[0])
		}
	}
	return nil
}

// Holds reports whether the values agree with a relation.
func (f Family) Holds(r Relation) bool {
	return !slices.ContainsFunc(r.inequalities(), func(i inequality) bool { return !f.holds(i) })
}

// holds reports whether the values agree with an inequality; one with a cell that is not counted says nothing.
func (f Family) holds(i inequality) bool {
	sum := 0
	for _, t := range i.terms {
		n, counted := f.Values[t.cell]
		if t.cell == one {
			n, counted = 1, true
		}
		if !counted {
			return true
		}
		sum += t.by * n
	}
	return sum == 0 || sum < 0 && !i.equal
}

// dimension is a breakdown of a whole.
type dimension struct {
	whole  Cell
	parts  []Cell
	adding bool // its parts sum to the whole, so they can be merged
}

// dimensions are the breakdowns, cross tables first and then those that break down least: the order in which they are given up.
func (f Family) dimensions() (list []dimension) {
	for _, r := range f.Relations {
		switch r.Kind {
		case Overlaps:
			n := r.parts()
			list = append(list, dimension{r.Cells[0], r.Cells[1+n:], false}, dimension{r.Cells[0], r.Cells[1 : n+1], false})
		case Partition, Union, Within, Disjoint:
			list = append(list, dimension{r.Cells[0], r.Cells[1:], r.Kind == Partition})
		}
	}
	slices.SortStableFunc(list, func(a, b dimension) int { return depth(f, b) - depth(f, a) })
	return list
}

// depth is 2 for a cross table, 1 for the breakdown of a part, 0 for that of a total.
func depth(f Family, d dimension) int {
	switch {
	case d.parts[0].crossed():
		return 2
	case f.part(d.whole):
		return 1
	}
	return 0
}

// part reports whether a cell is some of another.
func (f Family) part(c Cell) bool {
	return slices.ContainsFunc(f.Relations, func(r Relation) bool { return r.breaksDown() && slices.Contains(r.Cells[1:], c) })
}

// root is the total that a cell is broken down from.
func (f Family) root(c Cell) Cell {
	for range f.Relations {
		i := slices.IndexFunc(f.Relations, func(r Relation) bool { return r.breaksDown() && slices.Contains(r.Cells[1:], c) })
		if i < 0 {
			return c
		}
		c = f.Relations[i].Cells[0]
	}
	return c
}
