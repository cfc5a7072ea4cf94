package disclosure

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

func rel(k Kind, cells ...Cell) Relation { return Relation{Kind: k, Cells: cells} }

func exactly(c Cell, n int) Statement { return Statement{c, n, n} }

// named is what naming a form, a channel or a programme without its number says: one child or more.
func named(c Cell) Statement { return Statement{c, 1, Most} }

// percent is what a percentage of a known number, with two decimals, says of a cell: coverage 0.81 of 320,000 is hundredths
// 81, need 320000. Half is rounded up.
func percent(c Cell, hundredths, need int) Statement {
	// hundredths ≤ 10000·n/need + 1/2 < hundredths + 1
	return Statement{c, max(0, ceil((2*hundredths-1)*need, 20000)), min(Most, ceil((2*hundredths+1)*need, 20000)-1)}
}

func small4(c Cell) Statement { return Statement{c, 1, 4} }

func TestWhatAnAttackerKnows(t *testing.T) {
	for _, c := range []struct {
		name         string
		says         []Statement
		relations    []Relation
		lower, upper int
		ruled        []int
	}{
		{"a band alone says nothing more", []Statement{small4("x")}, nil, 1, 4, nil},
		{"what is hidden alone can be anything", nil, nil, 0, Most, nil},
		{
			"a total less its other parts is the hidden one",
			[]Statement{exactly("t", 20), exactly("a", 17)},
			[]Relation{rel(Partition, "t", "a", "x")},
			3, 3,
			[]int{1, 2, 4},
		},
		{
			"two hidden parts share what is left",
			[]Statement{exactly("t", 20), exactly("a", 12)},
			[]Relation{rel(Partition, "t", "a", "b", "x")},
			0, 8, nil,
		},
		{
			"two bands that sum to seven are three and four",
			[]Statement{exactly("t", 20), exactly("a", 13), small4("x"), small4("y")},
			[]Relation{rel(Partition, "t", "a", "x", "y")},
			3, 4,
			[]int{1, 2},
		},
		{
			"who is in no other form is in this one",
			[]Statement{exactly("t", 30), exactly("a", 28)},
			[]Relation{rel(Union, "t", "a", "x")},
			2, 30,
			[]int{1},
		},
		{
			"a part is no more than the whole",
			[]Statement{exactly("t", 3)},
			[]Relation{rel(Within, "t", "x")},
			0, 3,
			[]int{4},
		},
		{
			"parts that share no child leave the rest",
			[]Statement{exactly("t", 30), exactly("a", 28)},
			[]Relation{rel(Disjoint, "t", "a", "x")},
			0, 2,
			[]int{3, 4},
		},
		{
			"what two forms share is their sum less the union",
			[]Statement{exactly("t", 55), exactly("a", 30), exactly("b", 28)},
			[]Relation{rel(Overlaps, "t", "a", "b", "x")},
			3, 3,
			[]int{1, 2, 4},
		},
		{
			"what pairs share bounds the third form",
			[]Statement{exactly("t", 30), exactly("a", 20), exactly("b", 12), exactly("ab", 5), exactly("ax", 0), exactly("bx", 0)},
			[]Relation{rel(Overlaps, "t", "a", "b", "x", "ab", "ax", "bx")},
			3, 3,
			[]int{1, 2, 4},
		},
		{
			"yesterday's total and today's are a change apart",
			[]Statement{exactly("t", 22), exactly("s", 20)},
			[]Relation{rel(Change, "t", "s", "x")},
			2, 2,
			[]int{1, 3, 4},
		},
		{
			"what ranks below three is at most three",
			[]Statement{exactly("a", 3)},
			[]Relation{rel(Ranking, "a", "x")},
			0, 3,
			[]int{4},
		},
		{
			"what a tie would have put first is less",
			[]Statement{{"a", 1, 4}, named("x")},
			[]Relation{{Ranking, []Cell{"a", "x"}, []int{1}}},
			1, 3,
			[]int{4},
		},
		{
			"ten percent of thirty is three",
			[]Statement{exactly("t", 30)},
			[]Relation{{Share, []Cell{"x", "t"}, []int{10, 0}}},
			3, 3,
			[]int{1, 2, 4},
		},
		{
			"thirteen percent of about thirty is three or more",
			[]Statement{{"t", 23, 33}},
			[]Relation{{Share, []Cell{"x", "t"}, []int{13, 0}}},
			3, 4,
			[]int{1, 2},
		},
		{
			"coverage of a known need is a number",
			[]Statement{percent("x", 150, 200)},
			nil, 3, 3,
			[]int{1, 2, 4},
		},
		{"of a named form all that is known is that somebody was there", []Statement{named("x")}, nil, 1, Most, nil},
		{"twice a number is even", []Statement{{"t", 5, 7}}, []Relation{rel(Partition, "t", "x", "y"), rel(Ranking, "x", "y"), rel(Ranking, "y", "x")}, 3, 3, []int{1, 2, 4}},
	} {
		ledger := Ledger{{c.says, c.relations}}
		f, err := Attack(ledger, []Cell{"x"}, Settings{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if f[0].Lower != c.lower || f[0].Upper != c.upper || !slices.Equal(f[0].Ruled, c.ruled) {
			t.Errorf("%s: %d to %d, not %v", c.name, f[0].Lower, f[0].Upper, f[0].Ruled)
		}
	}
}

func TestWhatCannotBeTrueIsRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		ledger Ledger
	}{
		{"parts that are more than the whole", Ledger{{[]Statement{exactly("t", 3), exactly("a", 4)}, []Relation{rel(Within, "t", "a")}}}},
		{"two numbers for one cell", Ledger{{Statements: []Statement{exactly("t", 3)}}, {Statements: []Statement{exactly("t", 4)}}}},
	} {
		if _, err := Attack(c.ledger, []Cell{"x"}, Settings{}); !errors.Is(err, ErrContradiction) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for name, l := range map[string]Ledger{
		"a name with a space":            {{Statements: []Statement{exactly("two words", 3)}}},
		"a negative count":               {{Statements: []Statement{exactly("t", -3)}}},
		"a kind nobody knows":            {{Relations: []Relation{rel("likes", "a", "b")}}},
		"a cell twice":                   {{Relations: []Relation{rel(Partition, "a", "b", "b")}}},
		"overlaps that miss a pair":      {{Relations: []Relation{rel(Overlaps, "t", "a", "b", "c", "ab", "ac")}}},
		"a share without its percent":    {{Relations: []Relation{rel(Share, "a", "b")}}},
		"a name of eighty-one letters":   {{Statements: []Statement{exactly(Cell(make([]byte, 81)), 3)}}},
		"an upper bound below a lower":   {{Statements: []Statement{{"a", 4, 3}}}},
		"a change between two cells":     {{Relations: []Relation{rel(Change, "a", "b")}}},
		"more than every child there is": {{Statements: []Statement{exactly("a", Most+1)}}},
	} {
		if _, err := Attack(l, []Cell{"x"}, Settings{}); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	for _, threshold := range []int{-1, 2, 11} {
		if _, err := Attack(nil, nil, Settings{Threshold: threshold}); err == nil {
			t.Errorf("threshold %d is accepted", threshold)
		}
	}
}

// TestTinyFamiliesAgreeWithEnumeration tries every solution there is.
func TestTinyFamiliesAgreeWithEnumeration(t *testing.T) {
	rng := family(t, 0)
	kinds := []Kind{Partition, Union, Within, Disjoint, Ranking, Change, Overlaps, Share}
	cells := []Cell{"a", "b", "c", "d", "e"}
	tried := 0
	for range 3000 {
		truth := []int{rng.IntN(7), rng.IntN(7), rng.IntN(7), rng.IntN(7), rng.IntN(7)}
		var r Released
		for i, c := range cells {
			lower, upper := max(0, truth[i]-rng.IntN(4)), min(6, truth[i]+rng.IntN(4))
			r.Statements = append(r.Statements, Statement{c, lower, upper})
		}
		for range 1 + rng.IntN(3) {
			r.Relations = append(r.Relations, anyRelation(rng, kinds[rng.IntN(len(kinds))], cells))
		}
		checkTiny(t, Ledger{r}, cells)
		tried++
	}
	t.Logf("%d tiny families", tried)
}

func anyRelation(rng *rand.Rand, k Kind, cells []Cell) Relation {
	mixed := slices.Clone(cells)
	rng.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	r := Relation{Kind: k, Cells: mixed[:map[Kind]int{Share: 2, Change: 3, Overlaps: 4}[k]]}
	if len(r.Cells) == 0 {
		r.Cells = mixed[:2+rng.IntN(3)]
	}
	if k == Share {
		r.Numbers = []int{rng.IntN(120), 0}
	}
	return r
}

func checkTiny(t *testing.T, l Ledger, cells []Cell) {
	t.Helper()
	possible := make([]values, len(cells))
	x := make(map[Cell]int)
	var try func(i int)
	try = func(i int) {
		if i < len(cells) {
			for x[cells[i]] = l[0].Statements[i].Lower; x[cells[i]] <= l[0].Statements[i].Upper; x[cells[i]]++ {
				try(i + 1)
			}
			return
		}
		if slices.ContainsFunc(l[0].Relations, func(r Relation) bool { return !means(r, x) }) {
			return
		}
		for i, c := range cells {
			possible[i] |= bit(x[c])
		}
	}
	try(0)
	found, err := Attack(l, cells, Settings{Threshold: 7})
	if possible[0] == 0 {
		if !errors.Is(err, ErrContradiction) {
			t.Fatalf("%v has no solution, and the attack says %v, %v", l, found, err)
		}
		return
	}
	if err != nil {
		t.Fatal(l, err)
	}
	for i, f := range found {
		all := possible[i].list()
		ruled := ((bit(7) - 2) &^ possible[i]).list()
		if f.Lower != all[0] || f.Upper != all[len(all)-1] || !slices.Equal(f.Ruled, ruled) {
			t.Fatalf("%v: %s is one of %v, and the attack says %+v", l, f.Cell, all, f)
		}
	}
}

// means says what a relation is in the plainest way.
func means(r Relation, x map[Cell]int) bool {
	n, sum, most := make([]int, len(r.Cells)), 0, 0
	for i, c := range r.Cells {
		n[i] = x[c]
		if i > 0 {
			sum, most = sum+n[i], max(most, n[i])
		}
	}
	switch r.Kind {
	case Partition, Change:
		return n[0] == sum
	case Union:
		return most <= n[0] && n[0] <= sum
	case Within:
		return most <= n[0]
	case Disjoint:
		return sum <= n[0]
	case Ranking:
		return slices.IsSortedFunc(n, func(a, b int) int { return b - a })
	case Overlaps: // whole, a, b, both
		return n[0] == n[1]+n[2]-n[3] && n[3] <= min(n[1], n[2])
	default:
		return n[1] > 0 && (200*n[0]+n[1])/(2*n[1]) == r.Numbers[0]
	}
}
