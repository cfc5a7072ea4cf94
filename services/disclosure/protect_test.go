package disclosure

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func protect(t *testing.T, f Family, l Ledger, s Settings) Release {
	t.Helper()
	r, err := Protect(f, l, s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestHowFarItGoes(t *testing.T) {
	ages := []Relation{rel(Partition, "children", "age/0-6", "age/7-12", "age/13-17", "age/unknown")}
	forms := []Relation{rel(Union, "children", "form/camp", "form/support_group")}
	for _, c := range []struct {
		name      string
		values    map[Cell]int
		relations []Relation
		settings  Settings
		step      Step
		shown     map[Cell]Way
	}{
		{
			"nothing small is shown as it is",
			map[Cell]int{"children": 30, "form/camp": 20, "form/support_group": 15},
			forms,
			Settings{},
			Plain,
			map[Cell]Way{"children": Exact, "form/camp": Exact, "form/support_group": Exact},
		},
		{
			"zero is an answer",
			map[Cell]int{"children": 30, "form/camp": 0, "form/support_group": 30},
			forms,
			Settings{},
			Plain,
			map[Cell]Way{"form/camp": Exact},
		},
		{
			"a small number that nothing gives away is a band",
			map[Cell]int{"children": 30, "form/camp": 4, "form/support_group": 30},
			forms,
			Settings{},
			Plain,
			map[Cell]Way{"children": Exact, "form/camp": Band, "form/support_group": Exact},
		},
		{
			"one that the total gives away has company",
			map[Cell]int{"children": 40, "age/0-6": 3, "age/7-12": 20, "age/13-17": 17, "age/unknown": 0},
			ages,
			Settings{},
			Complement,
			map[Cell]Way{"children": Exact, "age/0-6": Band, "age/7-12": Exact, "age/13-17": Tens, "age/unknown": Exact},
		},
		{
			"and so has one that the union gives away",
			map[Cell]int{"children": 30, "form/camp": 28, "form/support_group": 3},
			forms,
			Settings{},
			Complement,
			map[Cell]Way{"children": Exact, "form/camp": Tens, "form/support_group": Band},
		},
		{
			"small ones without large ones are merged",
			map[Cell]int{"children": 7, "age/0-6": 3, "age/7-12": 4, "age/13-17": 0, "age/unknown": 0},
			ages,
			Settings{},
			Merge,
			map[Cell]Way{"children": Exact, "age/0-6": Merged, "age/7-12": Merged, "age/0-6.to.7-12": Exact, "age/13-17": Exact},
		},
		{
			"with nothing to merge, the breakdown is left out",
			map[Cell]int{"children": 8, "form/camp": 4, "form/support_group": 4},
			forms,
			Settings{},
			Drop,
			map[Cell]Way{"children": Exact, "form/camp": Hidden, "form/support_group": Hidden},
		},
		{
			"of a few in all nothing is broken down",
			map[Cell]int{"children": 3, "form/camp": 3, "form/support_group": 0},
			forms,
			Settings{},
			Plain,
			map[Cell]Way{"children": Band, "form/camp": Hidden, "form/support_group": Hidden},
		},
		{
			"the threshold is a setting",
			map[Cell]int{"children": 30, "form/camp": 4, "form/support_group": 30},
			forms,
			Settings{Threshold: 3},
			Plain,
			map[Cell]Way{"form/camp": Exact},
		},
		{
			"open data is rounded",
			map[Cell]int{"children": 42, "form/camp": 3, "form/support_group": 42},
			forms,
			Settings{Public: true},
			Plain,
			map[Cell]Way{"children": Fives, "form/camp": Band, "form/support_group": Fives},
		},
	} {
		r := protect(t, Family{Values: c.values, Relations: c.relations}, nil, c.settings)
		if r.Step != c.step {
			t.Errorf("%s: it went to %s", c.name, r.Step)
		}
		for cell, way := range c.shown {
			if s := r.Of(cell); s.Way != way {
				t.Errorf("%s: %s is shown as %s", c.name, cell, s.Way)
			}
		}
	}
}

func TestWhatIsSharedBetweenTwoFormsIsProtectedThoughNotSaid(t *testing.T) {
	f := Family{
		Values:    map[Cell]int{"children": 55, "form/camp": 30, "form/group": 28, "form/camp&group": 3},
		Relations: []Relation{rel(Overlaps, "children", "form/camp", "form/group", "form/camp&group")},
		Silent:    []Cell{"form/camp&group"},
	}
	r := protect(t, f, nil, Settings{})
	if r.Step != Complement || r.Of("form/camp&group").Way != Hidden {
		t.Errorf("%s: %v", r.Step, r.Shown)
	}
}

func TestNoCrossTableOfFewChildrenIsOpenData(t *testing.T) {
	for _, c := range []struct {
		children int
		way      Way
	}{{299, Hidden}, {300, Fives}} {
		f := Family{
			Values:    map[Cell]int{"children": c.children, "form/camp": 200, "form/group": 199, "form/camp&group": 399 - c.children},
			Relations: []Relation{rel(Overlaps, "children", "form/camp", "form/group", "form/camp&group")},
		}
		if s := protect(t, f, nil, Settings{Public: true}).Of("form/camp&group"); s.Way != c.way {
			t.Errorf("%d children: the overlap is shown as %s", c.children, s.Way)
		}
	}
}

var threeAges = []Relation{rel(Partition, "2025/children", "2025/age/0-6", "2025/age/7-12", "2025/age/13-17")}

func ages(a, b, c int) map[Cell]int {
	return map[Cell]int{"2025/children": a + b + c, "2025/age/0-6": a, "2025/age/7-12": b, "2025/age/13-17": c}
}

func TestNextMonthDoesNotGiveAwayLastMonth(t *testing.T) {
	january := ages(3, 20, 17)
	first := protect(t, Family{Values: january, Relations: threeAges}, nil, Settings{})
	if first.Of("2025/age/13-17").Way != Tens {
		t.Fatal(first.Shown)
	}
	ledger := Ledger{first.Released()}
	// Many teenagers came: in February alone the twenty would be the smallest company for the three.
	february, err := (Family{Values: ages(3, 20, 60), Relations: threeAges}).Since(january, ledger, false)
	if err != nil {
		t.Fatal(err)
	}
	second := protect(t, february, ledger, Settings{})
	if s := second.Of("2025/age/13-17.v2"); s.Way == Exact {
		t.Errorf("83 less 20 less 60 is 3: %v", second.Shown)
	}
	list, err := Attack(append(ledger, second.Released()), []Cell{"2025/age/0-6"}, Settings{})
	if err != nil || len(list[0].Ruled) > 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestWhoCameSinceIsProtected(t *testing.T) {
	before := ages(10, 20, 30)
	ledger := Ledger{protect(t, Family{Values: before, Relations: threeAges}, nil, Settings{}).Released()}
	for _, c := range []struct {
		name           string
		now            map[Cell]int
		grows          bool
		children, part Way // of all, and of those who are 7 to 12
	}{
		{"where things are corrected, the total is said and the part that moved is not", ages(10, 22, 30), false, Exact, Tens},
		{"where nothing is withdrawn, the total tells of the part", ages(10, 22, 30), true, Tens, Tens},
		{"many newcomers are not few", ages(10, 29, 30), true, Exact, Exact},
		{"some who left are few as well", ages(10, 18, 30), false, Exact, Tens},
	} {
		f, err := (Family{Values: c.now, Relations: threeAges}).Since(before, ledger, c.grows)
		if err != nil {
			t.Fatal(err)
		}
		r := protect(t, f, ledger, Settings{})
		if all, part := r.Of("2025/children.v2"), r.Of("2025/age/7-12.v2"); all.Way != c.children || part.Way != c.part {
			t.Errorf("%s: all %s, part %s", c.name, all.Way, part.Way)
		}
	}
	if _, err := (Family{Values: ages(10, 18, 30), Relations: threeAges}).Since(before, ledger, true); err == nil {
		t.Error("what fell has grown")
	}
}

func TestANewcomerIsNotReadOffWhatBecameCoarser(t *testing.T) {
	before := ages(2, 20, 31)
	first := protect(t, Family{Values: before, Relations: threeAges}, nil, Settings{Public: true})
	ledger := Ledger{first.Released()}
	for name, now := range map[string]map[Cell]int{"a small one": ages(3, 20, 31), "a rounded one": ages(2, 21, 31), "both": ages(3, 21, 31)} {
		f, err := (Family{Values: now, Relations: threeAges}).Since(before, ledger, false)
		if err != nil {
			t.Fatal(err)
		}
		second := protect(t, f, ledger, Settings{Public: true})
		for _, s := range second.Shown {
			if was := first.Of(s.Cell.Plain()); s.Cell.Plain() != "2025/children" && (s.Lower != was.Lower || s.Upper != was.Upper || s.Reason != was.Reason) {
				t.Errorf("%s: %s reads %s of %d–%d (%s), and %s of %d–%d before", name, s.Cell, s.Way, s.Lower, s.Upper, s.Reason, was.Way, was.Lower, was.Upper)
			}
		}
	}
}

func TestWhatWasOnlyNamedReadsTheSameWhetherItChangedOrNot(t *testing.T) {
	parts := []Relation{rel(Union, "2025/children", "2025/form/camp", "2025/form/group")}
	family := func(children, camp int) Family {
		return Family{Values: map[Cell]int{"2025/children": children, "2025/form/camp": camp, "2025/form/group": children - camp + 1}, Relations: parts}
	}
	before := family(40, 2)
	before.Named = []Cell{"2025/form/camp", "2025/form/group"}
	first := protect(t, before, nil, Settings{})
	if s := first.Of("2025/form/camp"); s.Way != NotZero || first.Of("2025/children").Way != Exact {
		t.Fatal(first.Shown)
	}
	ledger := Ledger{first.Released()}
	for _, camp := range []int{2, 3} {
		f, err := family(41, camp).Since(before.Values, ledger, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range protect(t, f, ledger, Settings{Public: true}).Shown {
			if s.Cell.Plain() == "2025/form/camp" && s.Way != Band {
				t.Errorf("of %d at camp, two before, is said %s (%s)", camp, s.Way, s.Reason)
			}
		}
	}
}

func TestWhatTheLedgerGaveAwayIsSaidAndDoesNotStopTheNext(t *testing.T) {
	given := Ledger{{[]Statement{exactly("2025/children", 40), exactly("2025/age/7-12", 20), exactly("2025/age/13-17", 17)}, threeAges}}
	r := protect(t, Family{Values: ages(3, 20, 17), Relations: threeAges}, given, Settings{})
	if len(r.Given) != 1 || r.Given[0].Cell != "2025/age/0-6" || r.Given[0].Lower != r.Given[0].Upper || r.Step != Plain {
		t.Errorf("%+v, %s", r.Given, r.Step)
	}
}

func TestASmallNumberNobodyPassedOnIsProtectedToo(t *testing.T) {
	ledger := Ledger{{[]Statement{exactly("2024/children", 40), small4("2024/age/0-6")}, []Relation{rel(Partition, "2024/children", "2024/age/0-6", "2024/age/rest")}}}
	f := Family{Values: map[Cell]int{"2024/age/rest": 37}}
	if r := protect(t, f, ledger, Settings{}); r.Of("2024/age/rest").Way == Exact {
		t.Errorf("%v", r.Shown)
	}
}

func TestRelationsThatDoNotHoldAreRefused(t *testing.T) {
	f := Family{Values: ages(3, 20, 17), Relations: threeAges}
	f.Values["2025/children"]++
	if _, err := Protect(f, nil, Settings{}); err == nil || !strings.Contains(err.Error(), "partition") {
		t.Error(err)
	}
}

func TestTheSameFamilyGivesTheSameReleaseAndOutlivesJSON(t *testing.T) {
	for i := range 40 {
		f := newTown(family(t, i), 60).family()
		first := protect(t, f, nil, Settings{})
		if again := protect(t, f, nil, Settings{}); !reflect.DeepEqual(first, again) {
			t.Fatalf("%v\n%v", first, again)
		}
		text, err := json.Marshal(Ledger{first.Released()})
		if err != nil {
			t.Fatal(err)
		}
		var back Ledger
		if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, Ledger{first.Released()}) {
			t.Fatalf("%v: %s", err, text)
		}
	}
}

func TestEveryReasonIsASentenceInBothLanguages(t *testing.T) {
	for reason := range sentences {
		for _, s := range []string{reason.English(5), reason.Swedish(5)} {
			if !strings.HasSuffix(s, ".") || strings.Contains(s, "%") {
				t.Errorf("%s: %s", reason, s)
			}
		}
	}
	if s := Small.Swedish(5); s != "Mellan 1 och 4 barn: antalet lämnas inte ut." {
		t.Error(s)
	}
	for i := range 60 {
		for _, s := range protect(t, newTown(family(t, i), 40).family(), nil, Settings{}).Shown {
			if (s.Way == Exact) != (s.Reason == "") {
				t.Fatalf("%+v has the wrong reason", s)
			}
		}
	}
}

func TestRoundedNumbersAndPercentagesSayWhatRoundsToThem(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		step, threshold, n := []int{5, 10}[rng.IntN(2)], 3+rng.IntN(8), rng.IntN(200)
		need := 1 + rng.IntN(400)
		hundredths := (20000*n + need) / (2 * need)
		r, p := rounded("x", n, step, threshold), percent("x", hundredths, need)
		var rounds, shares []int
		for k := range 3000 {
			if k >= threshold && (2*k+step)/(2*step) == (2*n+step)/(2*step) {
				rounds = append(rounds, k)
			}
			if (20000*k+need)/(2*need) == hundredths {
				shares = append(shares, k)
			}
		}
		if n >= threshold && (r.Lower != slices.Min(rounds) || r.Upper != slices.Max(rounds)) {
			t.Fatalf("%d to the nearest %d: %v, not %v", n, step, r, rounds)
		}
		if p.Lower != slices.Min(shares) || p.Upper != slices.Max(shares) {
			t.Fatalf("%d of %d: %v, not %v", n, need, p, shares)
		}
	}
}
