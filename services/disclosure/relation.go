package disclosure

import (
	"fmt"
	"slices"
)

// Kind says how cells belong together.
type Kind string

// The kinds, and their cells in order. Only what is certain may be stated.
const (
	// Partition: a whole is the sum of its parts. Ages, genders.
	Partition Kind = "partition"
	// Union: each child of the whole is in at least one part, perhaps in several. Forms, programmes.
	Union Kind = "union"
	// Overlaps: a whole, the n parts of its union, and what each pair shares in the order 12, 13, …, 23, …
	Overlaps Kind = "overlaps"
	// Within: each part is some of the whole. Channels: not every child was referred.
	Within Kind = "within"
	// Disjoint: parts of the whole that share no child, and may leave some out.
	Disjoint Kind = "disjoint"
	// Change: the later count is the earlier one and those who came since, whom the third cell counts. Nothing was withdrawn.
	Change Kind = "change"
	// Ranking: a published order, the most first. Numbers are by how many each is less than the one before: 1 where a tie
	// would have stood the other way; none, where ties may stand either way.
	Ranking Kind = "ranking"
	// Share: a published percentage. The first cell is Numbers[0]/10^Numbers[1] percent of the second, rounded half up.
	Share Kind = "share"
)

// Relation is what everybody knows of some cells, whatever is released.
type Relation struct {
	Kind    Kind   `json:"kind"`
	Cells   []Cell `json:"cells"`
	Numbers []int  `json:"numbers,omitempty"`
}

// term is a cell times a whole number.
type term struct {
	by   int
	cell Cell
}

// inequality says that a sum is at most zero, or zero.
type inequality struct {
	terms   []term
	equal   bool
	implied bool // by others of its relation
}

// inequalities are the relation in the solver's words.
func (r Relation) inequalities() []inequality {
	c := r.Cells
	switch r.Kind {
	case Partition, Change:
		return []inequality{equal(c[0], c[1:])}
	case Union:
		return append(within(c[0], c[1:]), covered(c[0], c[1:]))
	case Overlaps:
		return r.overlapping()
	case Within:
		return within(c[0], c[1:])
	case Disjoint:
		return []inequality{sum(c[1:]...).minus(c[0])}
	case Ranking:
		return r.ranked()
	default:
		return r.shared()
	}
}

func sum(cells ...Cell) (i inequality) {
	for _, c := range cells {
		i.terms = append(i.terms, term{1, c})
	}
	return i
}

func (i inequality) minus(cells ...Cell) inequality {
	for _, c := range cells {
		i.terms = append(i.terms, term{-1, c})
	}
	return i
}

func covered(whole Cell, parts []Cell) inequality { return sum(whole).minus(parts...) }

func equal(whole Cell, parts []Cell) inequality {
	i := covered(whole, parts)
	i.equal = true
	return i
}

func within(whole Cell, parts []Cell) (list []inequality) {
	for _, p := range parts {
		list = append(list, sum(p).minus(whole))
	}
	return list
}

func (r Relation) ranked() (list []inequality) {
	for i, c := range r.Cells[1:] {
		less := sum(c).minus(r.Cells[i])
		if len(r.Numbers) > 0 && r.Numbers[i] > 0 {
			less.terms = append(less.terms, term{r.Numbers[i], one})
		}
		list = append(list, less)
	}
	return list
}

// shared: p ≤ a·scale/b + 1/2 < p + 1, in whole numbers.
func (r Relation) shared() []inequality {
	scale := 100
	for range r.Numbers[1] {
		scale *= 10
	}
	a, b, p := r.Cells[0], r.Cells[1], r.Numbers[0]
	// Below the upper end is at most it less one: with b ≥ 1 a strict bound, and b = 0 has no percentage.
	return []inequality{{terms: []term{{2*p - 1, b}, {-2 * scale, a}}}, {terms: []term{{2 * scale, a}, {-(2*p + 1), b}, {1, one}}}}
}

// one is a cell whose value everybody knows.
const one Cell = "1"

// parts of an overlap relation, 0 if the number of cells fits none.
func (r Relation) parts() int {
	for n := 2; 1+n+n*(n-1)/2 <= len(r.Cells); n++ {
		if 1+n+n*(n-1)/2 == len(r.Cells) {
			return n
		}
	}
	return 0
}

// overlapping is what is certain of sets, their union and what each pair shares. For up to three sets this is all that
// can be said. For more it is what concerns three at a time, and the rest follows from counting each region of the
// Venn diagram.
func (r Relation) overlapping() []inequality {
	n := r.parts()
	whole, sets, pairs := r.Cells[0], r.Cells[1:n+1], r.Cells[n+1:]
	list := append(within(whole, sets), covered(whole, sets), sum(sets...).minus(pairs...).minus(whole))
	for i := range n {
		list = append(list, sum(append(r.star(i), whole)...).minus(sets...))
		for j := i + 1; j < n; j++ {
			both := r.pair(i, j)
			list = append(list, sum(both).minus(sets[i]), sum(both).minus(sets[j]),
				sum(sets[i], sets[j]).minus(both, whole))
			for k := j + 1; k < n; k++ {
				list = append(list, r.triple(i, j, k)...)
			}
		}
	}
	if n < 4 {
		return list
	}
	for i := range list {
		list[i].implied = true
	}
	return append(list, r.regions()...)
}

// star is what a part shares with each other part.
func (r Relation) star(i int) (list []Cell) {
	for j := range r.parts() {
		if j != i {
			list = append(list, r.pair(i, j))
		}
	}
	return list
}

// regions are variables that nobody is told of: how many children are in exactly these sets.
func (r Relation) regions() (list []inequality) {
	n := r.parts()
	scope := fmt.Sprint(r.Cells)
	in := func(sets int) (cells []Cell) {
		for s := 1; s < 1<<n; s++ {
			if s&sets == sets {
				cells = append(cells, Cell(fmt.Sprintf("%c%d%s", region, s, scope)))
			}
		}
		return cells
	}
	list = append(list, equal(r.Cells[0], in(0)))
	for i := range n {
		list = append(list, equal(r.Cells[1+i], in(1<<i)))
		for j := i + 1; j < n; j++ {
			list = append(list, equal(r.pair(i, j), in(1<<i|1<<j)))
		}
	}
	return list
}

// region begins the name of a variable that is no cell.
const region = '#'

func (c Cell) isRegion() bool { return c[0] == region }

func (r Relation) pair(i, j int) Cell {
	n := r.parts()
	i, j = min(i, j), max(i, j)
	return r.Cells[1+n+i*n-i*(i+1)/2+j-i-1]
}

func (r Relation) triple(i, j, k int) (list []inequality) {
	of := func(i int) Cell { return r.Cells[1+i] }
	ij, ik, jk := r.pair(i, j), r.pair(i, k), r.pair(j, k)
	return []inequality{
		sum(of(i), of(j), of(k)).minus(ij, ik, jk, r.Cells[0]),
		sum(ij, ik).minus(of(i), jk),
		sum(ij, jk).minus(of(j), ik),
		sum(ik, jk).minus(of(k), ij),
	}
}

// breaksDown reports whether the first cell is a whole and the others are some of it.
func (r Relation) breaksDown() bool {
	return r.Kind == Partition || r.Kind == Union || r.Kind == Overlaps || r.Kind == Within || r.Kind == Disjoint
}

func (r Relation) check() error {
	least := map[Kind]int{Partition: 2, Union: 2, Overlaps: 4, Within: 2, Disjoint: 2, Change: 3, Ranking: 2, Share: 2}[r.Kind]
	switch {
	case least == 0:
		return fmt.Errorf("relation %q is none of those known", r.Kind)
	case len(r.Cells) < least, r.Kind == Overlaps && len(r.Cells) > 37, r.Kind == Change && len(r.Cells) != 3, r.Kind == Share && len(r.Cells) != 2, r.Kind == Overlaps && r.parts() == 0:
		return fmt.Errorf("relation %s: %d cells are not what it is about", r.Kind, len(r.Cells))
	case r.Kind == Ranking && len(r.Numbers) > 0 && (len(r.Numbers) != len(r.Cells)-1 || slices.Min(r.Numbers) < 0 || slices.Max(r.Numbers) > Most):
		return fmt.Errorf("relation %s: by how many each of its cells is less than the one before, or nothing of that, is wanted", r.Kind)
	case r.Kind == Share && (len(r.Numbers) != 2 || r.Numbers[0] < 0 || r.Numbers[0] > Most || r.Numbers[1] < 0 || r.Numbers[1] > 4):
		return fmt.Errorf("relation %s: the percentage and its decimals, 0 to 4, are wanted", r.Kind)
	}
	for i, c := range r.Cells {
		if err := c.check(); err != nil {
			return fmt.Errorf("relation %s: %w", r.Kind, err)
		}
		if slices.Contains(r.Cells[:i], c) {
			return fmt.Errorf("relation %s: %s is there twice", r.Kind, c)
		}
	}
	return nil
}
