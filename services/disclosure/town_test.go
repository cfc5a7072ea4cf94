package disclosure

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
)

// town is invented children, one by one, so that the truth is counted and not made up.
type town struct {
	forms, programmes, channels, ages []string
	children                          []child
}

type child struct {
	age, gender, first string
	any                map[string]bool
	forms, programmes  map[string]bool
}

var (
	allForms      = []string{"camp", "counselling", "family_support", "open_preschool", "support_group"}
	allProgrammes = []string{"alfa", "beta", "gamma", "delta"}
	allChannels   = []string{"health_care", "police", "school", "self", "social_services_children"}
	allAges       = []string{"0-6", "7-12", "13-17", "unknown"}
	allGenders    = []string{"boy", "girl", "unknown"}
)

func newTown(rng *rand.Rand, size int) *town {
	t := &town{
		forms: some(rng, allForms, 2+rng.IntN(3)), programmes: some(rng, allProgrammes, 1+rng.IntN(3)),
		channels: some(rng, allChannels, 2+rng.IntN(3)), ages: allAges,
	}
	t.arrive(rng, size)
	return t
}

func some(rng *rand.Rand, from []string, n int) []string {
	list := slices.Clone(from)
	rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	list = list[:n]
	slices.Sort(list)
	return list
}

// skewed picks the first often and the last seldom.
func skewed(rng *rand.Rand, from []string) string {
	i := 0
	for i < len(from)-1 && rng.IntN(5) < 2 {
		i++
	}
	return from[i]
}

func several(rng *rand.Rand, from []string) map[string]bool {
	m := map[string]bool{skewed(rng, from): true}
	for rng.IntN(4) == 0 {
		m[skewed(rng, from)] = true
	}
	return m
}

func (t *town) arrive(rng *rand.Rand, n int) {
	for range n {
		c := child{age: skewed(rng, t.ages), gender: skewed(rng, allGenders), forms: several(rng, t.forms), programmes: several(rng, t.programmes)}
		if rng.IntN(6) > 0 {
			c.any = several(rng, t.channels)
			c.first = slices.Min(slices.Collect(maps.Keys(c.any)))
		}
		t.children = append(t.children, c)
	}
}

func (t *town) leave(rng *rand.Rand, n int) {
	for range min(n, len(t.children)) {
		i := rng.IntN(len(t.children))
		t.children = slices.Delete(t.children, i, i+1)
	}
}

func (t *town) count(is func(child) bool) (n int) {
	for _, c := range t.children {
		if is(c) {
			n++
		}
	}
	return n
}

func (t *town) values() map[Cell]int {
	v := map[Cell]int{"children": len(t.children), "referred": t.count(func(c child) bool { return c.first != "" })}
	for _, a := range t.ages {
		v[Cell("age/"+a)] = t.count(func(c child) bool { return c.age == a })
	}
	for _, g := range allGenders {
		v[Cell("gender/"+g)] = t.count(func(c child) bool { return c.gender == g })
	}
	for _, p := range t.programmes {
		v[Cell("programme/"+p)] = t.count(func(c child) bool { return c.programmes[p] })
	}
	for _, k := range t.channels {
		v[Cell("first/"+k)] = t.count(func(c child) bool { return c.first == k })
		v[Cell("channel/"+k)] = t.count(func(c child) bool { return c.any[k] })
	}
	for i, f := range t.forms {
		v[Cell("form/"+f)] = t.count(func(c child) bool { return c.forms[f] })
		for _, g := range t.forms[i+1:] {
			v[pairOf(f, g)] = t.count(func(c child) bool { return c.forms[f] && c.forms[g] })
		}
	}
	return v
}

func pairOf(f, g string) Cell { return Cell(fmt.Sprintf("form/%s&%s", f, g)) }

func cellsOf(dimension string, codes []string) (list []Cell) {
	for _, c := range codes {
		list = append(list, Cell(dimension+"/"+c))
	}
	return list
}

// family is the town as a caller would describe it.
func (t *town) family() Family {
	rel := func(k Kind, whole Cell, parts ...Cell) Relation {
		return Relation{Kind: k, Cells: append([]Cell{whole}, parts...)}
	}
	forms := cellsOf("form", t.forms)
	for i, f := range t.forms {
		for _, g := range t.forms[i+1:] {
			forms = append(forms, pairOf(f, g))
		}
	}
	f := Family{
		Values: t.values(), Silent: []Cell{"referred"},
		Relations: []Relation{
			rel(Partition, "children", cellsOf("age", t.ages)...), rel(Partition, "children", cellsOf("gender", allGenders)...),
			rel(Overlaps, "children", forms...), rel(Union, "children", cellsOf("programme", t.programmes)...),
			rel(Within, "children", "referred"), rel(Partition, "referred", cellsOf("first", t.channels)...),
			rel(Union, "referred", cellsOf("channel", t.channels)...),
		},
	}
	for _, k := range t.channels {
		f.Relations = append(f.Relations, rel(Within, Cell("channel/"+k), Cell("first/"+k)))
	}
	return f
}
