package disclosure

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"
)

var (
	families = flag.Int("families", 1000, "random families of releases")
	seeded   = flag.Uint64("seed", 0, "of the random tests; another each time if 0")
)

var chosen = sync.OnceValue(func() uint64 {
	if *seeded != 0 {
		return *seeded
	}
	return rand.Uint64()
})

// family is the source of the n-th random family: the same for every test of a run.
func family(t *testing.T, n int) *rand.Rand {
	if n == 0 {
		t.Logf("-seed %d", chosen())
	}
	return rand.New(rand.NewPCG(chosen(), uint64(n)))
}

// alone says which releases of the n-th random family are of all children alone.
func alone(n int) *rand.Rand { return rand.New(rand.NewPCG(chosen(), 1<<32|uint64(n))) }

// story is a town's releases, one after the other, and the truth behind them.
type story struct {
	settings Settings
	ledger   Ledger
	issues   []issue
	truth    map[Cell]int
}

// tell releases a town once to three times, while children come, and sometimes go. Where alone is given some
// releases are a survey's: of all children alone.
func tell(t *testing.T, rng, alone *rand.Rand, release func(Family, Ledger, Settings) Released) *story {
	s := &story{settings: Settings{Threshold: []int{5, 5, 5, 5, 5, 3, 4, 7, 10}[rng.IntN(9)], Public: rng.IntN(3) == 0}, truth: make(map[Cell]int)}
	town := newTown(rng, []int{8, 30, 60, 120, 250, 400}[rng.IntN(6)]/2+rng.IntN(60))
	before := make(map[Cell]int)
	for range []int{1, 1, 2, 2, 3}[rng.IntN(5)] {
		f, told := town.family(), town
		if alone != nil && alone.IntN(4) == 0 {
			f, told = Family{Values: map[Cell]int{"children": f.Values["children"]}}, nil
		}
		plain := f.Values
		grows := rng.IntN(2) == 0
		for c, n := range plain {
			grows = grows && n >= before[c]
		}
		f, err := f.Since(before, s.ledger, grows)
		if err != nil {
			t.Fatal(err)
		}
		r := release(f, s.ledger, s.settings)
		if !r.Silent() {
			s.ledger = append(s.ledger, r)
			s.issues = append(s.issues, issue{told, s.current(plain, f), s.grew(f, grows), r.Statements})
			maps.Copy(before, plain)
		}
		next := *town
		next.children = slices.Clone(town.children)
		town = &next
		if rng.IntN(3) == 0 {
			town.leave(rng, rng.IntN(6))
		}
		town.arrive(rng, rng.IntN(12))
	}
	return s
}

// current finds which version each plain name has in a family, and keeps the truth.
func (s *story) current(plain map[Cell]int, f Family) map[Cell]Cell {
	names := make(map[Cell]Cell)
	for c, n := range plain {
		for v := 1; v <= len(s.ledger); v++ {
			if _, ok := f.Values[c.Version(v)]; ok {
				names[c] = c.Version(v)
			}
		}
		s.truth[names[c]] = n
	}
	return names
}

// grew are the versions that grew, and what they grew by is kept as a truth of its own.
func (s *story) grew(f Family, grows bool) map[Cell]Cell {
	if !grows {
		return nil
	}
	for now, old := range f.Earlier {
		s.truth[now+".new"] = f.Values[now] - f.Values[old]
	}
	return f.Earlier
}

// protected are the small cells of the town, of all releases.
func (s *story) protected() (list []Cell) {
	for c, n := range s.truth {
		if s.settings.protects(n) {
			list = append(list, c)
		}
	}
	slices.Sort(list)
	return list
}

// protecting is the package's way.
func protecting(t *testing.T, s *[]Step) func(Family, Ledger, Settings) Released {
	return func(f Family, l Ledger, settings Settings) Released {
		r, err := Protect(f, l, settings)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Given) > 0 {
			t.Errorf("given away before the release: %v", r.Given)
		}
		*s = append(*s, r.Step)
		return r.Released()
	}
}

// naive hides small cells and says everything else.
func naive(f Family, _ Ledger, s Settings) (r Released) {
	r.Relations = f.Relations
	for c, n := range f.Values {
		if !s.protects(n) && !slices.Contains(f.Silent, c) {
			r.Statements = append(r.Statements, Statement{c, n, n})
		}
	}
	return r
}

// possible are the small values that glpsol found for the protected cells of stories. First each value is tried for all
// cells of a story at once, and then alone for those cells that had not got it.
func possible(t *testing.T, stories []*story) []map[Cell]values {
	found := make([]map[Cell]values, len(stories))
	var problems []problem
	var of []int
	ask := func(i int, value int, cells ...Cell) {
		if len(cells) > 0 {
			problems, of = append(problems, problem{stories[i].issues, cells, value}), append(of, i)
		}
	}
	answer := func() {
		for k, answers := range judge(t, problems) {
			for j, n := range answers {
				if n < 16 {
					found[of[k]][problems[k].cells[j]] |= bit(n)
				}
			}
		}
		problems, of = nil, nil
	}
	for i, s := range stories {
		found[i] = make(map[Cell]values)
		for v := range s.settings.Threshold - 1 {
			ask(i, v+1, s.protected()...)
		}
	}
	answer()
	for i, s := range stories {
		for _, c := range s.protected() {
			for v := range s.settings.Threshold - 1 {
				if found[i][c]&bit(v+1) == 0 {
					ask(i, v+1, c)
				}
			}
		}
	}
	answer()
	return found
}

func TestNoSmallNumberOfAThousandFamiliesIsGivenAway(t *testing.T) {
	var stories []*story
	var steps []Step
	began := time.Now()
	for i := range *families {
		stories = append(stories, tell(t, family(t, i), alone(i), protecting(t, &steps)))
	}
	took := time.Since(began)
	cells := 0
	for i, found := range possible(t, stories) {
		for _, c := range stories[i].protected() {
			cells++
			if gone := stories[i].settings.small() &^ found[c]; gone != 0 {
				t.Errorf("family %d: %s cannot be %v", i, c, gone.list())
			}
		}
	}
	went := make(map[Step]int)
	for _, s := range steps {
		went[s]++
	}
	t.Logf("%d families, %d releases protected in %v, %d small cells judged by glpsol; steps %v", *families, len(steps), took.Round(time.Millisecond), cells, went)
}

// A family was found in which a change could not be as large as it may be, as soon as one knew which counts were those of
// the release before.
func TestWhatTiesAReleaseToTheOneBeforeGivesNothingAway(t *testing.T) {
	var steps []Step
	s := tell(t, rand.New(rand.NewPCG(1966031900907893306, 926)), nil, protecting(t, &steps))
	if !slices.Contains(steps, Nothing) {
		t.Errorf("the steps were %v: the family shows nothing any more, find another", steps)
	}
	for c, found := range possible(t, []*story{s})[0] {
		if gone := s.settings.small() &^ found; gone != 0 {
			t.Errorf("%s cannot be %v", c, gone.list())
		}
	}
}

func TestHidingSmallCellsAloneGivesThemAway(t *testing.T) {
	var stories []*story
	var attacked [][]Finding
	for i := range max(30, *families/10) {
		s := tell(t, family(t, i), alone(i), naive)
		stories, attacked = append(stories, s), append(attacked, s.attack(t))
	}
	pinned, ruled := shares(t, "the same families", attacked)
	if pinned < 5 || ruled < 10 {
		t.Error("the naive way is hardly found out: do the families test anything?")
	}
	agree(t, stories[:(len(stories)+1)/2], attacked)

	for _, size := range []int{30, 120, 400} {
		var alone [][]Finding
		for i := range 100 {
			town := newTown(family(t, i+1), size)
			s := &story{settings: Settings{}.orDefault(), truth: town.values()}
			s.ledger = Ledger{naive(town.family(), nil, s.settings)}
			alone = append(alone, s.attack(t))
		}
		shares(t, fmt.Sprintf("one release about %d children", size), alone)
	}
}

func (s *story) attack(t *testing.T) []Finding {
	t.Helper()
	list, err := Attack(s.ledger, s.protected(), s.settings)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// shares are how many of a hundred small cells are computed back, and of how many a value is ruled out.
func shares(t *testing.T, what string, attacked [][]Finding) (pinned, ruled int) {
	all := slices.Concat(attacked...)
	for _, f := range all {
		if f.Lower == f.Upper {
			pinned++
		}
		if len(f.Ruled) > 0 {
			ruled++
		}
	}
	cells := max(1, len(all))
	t.Logf("%s: of %d small cells hidden, %d %% are computed back, and of %d %% a value is ruled out", what, len(all), 100*pinned/cells, 100*ruled/cells)
	return 100 * pinned / cells, 100 * ruled / cells
}

// agree compares what the attack found with glpsol: bounds, and every small value.
func agree(t *testing.T, stories []*story, attacked [][]Finding) {
	var bounds []problem
	for _, s := range stories {
		for _, c := range s.protected() {
			bounds = append(bounds, problem{s.issues, []Cell{c}, lowest}, problem{s.issues, []Cell{c}, highest})
		}
	}
	answers := judge(t, bounds)
	for i, found := range possible(t, stories) {
		for _, f := range attacked[i] {
			if lower, upper := answers[0][0], answers[1][0]; f.Lower != lower || f.Upper != upper {
				t.Errorf("family %d: %s is %d to %d, and glpsol says %d to %d", i, f.Cell, f.Lower, f.Upper, lower, upper)
			}
			answers = answers[2:]
			if gone := stories[i].settings.small() &^ found[f.Cell]; !slices.Equal(gone.list(), f.Ruled) {
				t.Errorf("family %d: %s cannot be %v, and glpsol says %v", i, f.Cell, f.Ruled, gone.list())
			}
		}
	}
}
