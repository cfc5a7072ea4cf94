package backoffice

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/disclosure"
	"rackvidd/services/surveying"
)

// several counts children who are each in one of some categories, the first ones mostly.
func several(rng *rand.Rand, children int, codes ...string) map[string]int {
	n := make(map[string]int)
	for range children {
		n[codes[min(rng.IntN(len(codes)), rng.IntN(len(codes)))]]++
	}
	return n
}

// rows are those of counts that are not zero, by code.
func rows[R any](n map[string]int, row func(code string, children int) R) (list []R) {
	for _, code := range slices.Sorted(maps.Keys(n)) {
		list = append(list, row(code, n[code]))
	}
	return list
}

// village are figures of a few children, each of whom had support in one form.
func village(rng *rand.Rand, children int) reach.Figures {
	f := reach.Figures{Children: children, Bounds: reach.Bounds{Lower: children, Upper: children}}
	ages := several(rng, children, "0-6", "7-12", "13-17", "unknown")
	for _, age := range []string{"0-6", "7-12", "13-17", "unknown"} {
		f.ByAge = append(f.ByAge, reach.ByAge{Age: age, Children: ages[age]})
	}
	f.ByGender = rows(several(rng, children, "boy", "girl", "other", "unknown"), func(code string, n int) reach.ByGender {
		return reach.ByGender{Gender: events.Gender(code), Children: n}
	})
	f.ByForm = rows(several(rng, children, "camp", "counselling", "support_group"), func(code string, n int) reach.ByForm { return reach.ByForm{Form: events.Form(code), Children: n} })
	f.ByProgramme = rows(several(rng, children, "a", "b", "c"), func(code string, n int) reach.ByProgramme { return reach.ByProgramme{Programme: code, Children: n} })
	f.ByChannel = rows(several(rng, rng.IntN(children+1), "police", "school", "self", "health_care", "other"), func(code string, n int) reach.ByChannel {
		return reach.ByChannel{Channel: events.Channel(code), First: n, Any: n}
	})
	return f
}

// published is a village's open data after its survey, and all that their readers know.
func published(t *testing.T, f reach.Figures, offered ...surveying.Programme) (o surveying.OpenData, family disclosure.Family, known disclosure.Ledger) {
	t.Helper()
	c := cellsOf(2021, "reach/v3")
	_, survey := c.number(f)
	told, err := disclosure.Protect(survey, nil, disclosure.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	known = append(known, told.Released())
	now := c.counts(f)
	now.Known = c.structured(f, offered).relations(now)
	if family, err = now.Since(survey.Values, known, false); err != nil {
		t.Fatal(err)
	}
	release, err := disclosure.Protect(family, known, disclosure.Settings{Public: true})
	if err != nil {
		t.Fatal(err)
	}
	known = append(known, release.Released())
	o = openData(surveying.Asked{Municipality: "1880", Year: 2021, Language: surveying.English}, surveying.Form{Definition: "reach/v3"}, f, release, 5)
	return o, family, known
}

// oneOrMore is what a name without a number says.
func oneOrMore(c disclosure.Cell) disclosure.Statement {
	return disclosure.Statement{Cell: c, Lower: 1, Upper: disclosure.Most}
}

// A form, a programme or a channel that nobody took part in is not listed: whoever reads that one is, knows that it is not zero.
func TestWhatOpenDataNameGivesNoSmallNumberAway(t *testing.T) {
	rng := rand.New(rand.NewPCG(2021, 1880))
	for range 300 {
		f := village(rng, 1+rng.IntN(30))
		o, family, known := published(t, f)
		c := cellsOf(2021, "reach/v3")
		var named disclosure.Released
		for _, figure := range o.Figures {
			switch {
			case figure.Code == "":
			case f.Children < 5:
				t.Errorf("of %d children %s %s is named", f.Children, figure.Dimension, figure.Code)
			case figure.Dimension == "programme":
				named.Statements = append(named.Statements, oneOrMore(c.programme(figure.Code)))
			case figure.Dimension == "form" || figure.Dimension == "channel":
				named.Statements = append(named.Statements, oneOrMore(c.of(figure.Dimension, figure.Code)))
			}
		}
		var small []disclosure.Cell
		for cell, n := range family.Values {
			if n > 0 && n < 5 {
				small = append(small, cell)
			}
		}
		found, err := disclosure.Attack(append(known, named), small, disclosure.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range found {
			if len(one.Ruled) > 0 {
				t.Errorf("%s, which is %d, cannot be %v:\n%+v", one.Cell, family.Values[one.Cell], one.Ruled, o.Figures)
			}
		}
	}
}

func TestHowManyBreakdownsOfAFewChildrenThereAreSaysNothing(t *testing.T) {
	var want []surveying.OpenFigure
	rng := rand.New(rand.NewPCG(1, 2))
	for children := range 4 {
		o, _, _ := published(t, village(rng, children+1))
		if want == nil {
			want = o.Figures
		}
		if len(o.Figures) != len(want) {
			t.Fatalf("%+v, and of other children %+v", o.Figures, want)
		}
		for i, figure := range o.Figures {
			if figure.Dimension != want[i].Dimension || figure.Shown != want[i].Shown || figure.Reason != want[i].Reason {
				t.Errorf("%+v, and of other children %+v", figure, want[i])
			}
		}
	}
}

func TestAGenderThatNoChildHasIsSaidAsSuch(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	f := village(rng, 40)
	f.ByGender = []reach.ByGender{{Gender: "girl", Children: 40}}
	o, _, _ := published(t, f)
	var said []string
	for _, figure := range o.Figures {
		if figure.Dimension == "gender" {
			said = append(said, figure.Code+" "+figure.Shown)
		}
	}
	if want := []string{"boy 0", "girl 40", "other 0", "unknown 0"}; !slices.Equal(said, want) {
		t.Errorf("%v, want %v", said, want)
	}
}

// A number that fell by few, of which it may not even be said that it is small, is named, and that too is attacked.
func TestWhatIsNamedWithoutANumberStandsInTheLedger(t *testing.T) {
	c := cellsOf(2021, "reach/v3")
	at := func(camp, group int) disclosure.Family {
		f := reach.Figures{Children: 40, ByForm: []reach.ByForm{{Form: "camp", Children: camp}, {Form: "support_group", Children: group}}}
		f.Overlap = []reach.Overlap{{Forms: [2]events.Form{"camp", "support_group"}, Children: camp}}
		f.ByGender = []reach.ByGender{{Gender: "girl", Children: 40}}
		return c.counts(f)
	}
	first, err := disclosure.Protect(at(8, 40), nil, disclosure.Settings{Public: true})
	if err != nil {
		t.Fatal(err)
	}
	ledger := disclosure.Ledger{first.Released()}
	family, err := at(4, 40).Since(at(8, 40).Values, ledger, false)
	if err != nil {
		t.Fatal(err)
	}
	second, err := disclosure.Protect(family, ledger, disclosure.Settings{Public: true})
	if err != nil {
		t.Fatal(err)
	}
	camp := c.of("form", "camp").Version(2)
	want := oneOrMore(camp)
	if s := second.Of(camp); s.Way != disclosure.NotZero || !slices.Contains(second.Released().Statements, want) {
		t.Errorf("%+v of %s; want %s in the ledger", s, strconv.Quote(string(camp)), want.Cell)
	}
}
