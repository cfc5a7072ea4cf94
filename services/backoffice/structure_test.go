package backoffice

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/disclosure"
	"rackvidd/services/surveying"
)

// divided are figures of children who came to a camp, which is one programme's, or to some forms of another's, or to both.
func divided(rng *rand.Rand, children int, forms []events.Form) reach.Figures {
	f := village(rng, children)
	f.ByForm, f.ByProgramme, f.Overlap = nil, nil, nil
	all := append([]events.Form{"camp"}, forms...)
	came := make([]map[events.Form]bool, children)
	for i := range came {
		came[i] = map[events.Form]bool{all[rng.IntN(len(all))]: true}
		for _, form := range all {
			came[i][form] = came[i][form] || rng.IntN(2*len(all)) == 0
		}
	}
	count := func(is func(map[events.Form]bool) bool) (n int) {
		for _, one := range came {
			if is(one) {
				n++
			}
		}
		return n
	}
	for i, a := range all {
		if n := count(func(c map[events.Form]bool) bool { return c[a] }); n > 0 {
			f.ByForm = append(f.ByForm, reach.ByForm{Form: a, Children: n})
		}
		for _, b := range all[i+1:] {
			f.Overlap = append(f.Overlap, reach.Overlap{Forms: [2]events.Form{a, b}, Children: count(func(c map[events.Form]bool) bool { return c[a] && c[b] })})
		}
	}
	for name, of := range map[string][]events.Form{"lagret": {"camp"}, "sputnik": forms} {
		n := count(func(c map[events.Form]bool) bool {
			return slices.ContainsFunc(of, func(form events.Form) bool { return c[form] })
		})
		if n > 0 {
			f.ByProgramme = append(f.ByProgramme, reach.ByProgramme{Programme: name, Children: n})
		}
	}
	slices.SortFunc(f.ByProgramme, func(a, b reach.ByProgramme) int { return strings.Compare(a.Programme, b.Programme) })
	return f
}

func TestWhoKnowsWhatAProgrammeOffersComputesNoSmallNumberFromIt(t *testing.T) {
	c := cellsOf(2021, "reach/v3")
	rng := rand.New(rand.NewPCG(15, 3))
	for _, one := range []struct {
		forms []events.Form
		towns int
	}{
		{[]events.Form{"counselling", "support_group"}, 400},
		{[]events.Form{"contact_person", "counselling", "family_support", "support_group"}, 60},
	} {
		offered := []surveying.Programme{{ID: "lagret", Forms: []events.Form{"camp"}}, {ID: "sputnik", Forms: slices.Concat(one.forms, []events.Form{"school_health"})}}
		for range one.towns {
			f := divided(rng, 5+rng.IntN(60), one.forms)
			if len(f.ByForm) <= len(one.forms) || len(f.ByProgramme) < 2 {
				continue
			}
			_, family, known := published(t, f, offered...)
			shared := []disclosure.Cell{c.programme("sputnik")}
			for _, form := range one.forms {
				shared = append(shared, c.of("form", string(form)))
			}
			for i, form := range one.forms {
				for _, other := range one.forms[i+1:] {
					shared = append(shared, c.pair(form, other))
				}
			}
			known = append(known, disclosure.Released{Relations: []disclosure.Relation{
				{Kind: disclosure.Partition, Cells: []disclosure.Cell{c.programme("lagret"), c.of("form", "camp")}},
				{Kind: disclosure.Overlaps, Cells: shared},
			}})
			var small []disclosure.Cell
			for cell, n := range family.Values {
				if n > 0 && n < 5 {
					small = append(small, cell)
				}
			}
			slices.Sort(small)
			found, err := disclosure.Attack(known, small, disclosure.Settings{})
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range found {
				if len(one.Ruled) > 0 {
					t.Errorf("%s, which is %d, cannot be %v", one.Cell, family.Values[one.Cell], one.Ruled)
				}
			}
		}
	}
}

func TestWhatFollowsFromWhatProgrammesOffer(t *testing.T) {
	c := cellsOf(2021, "reach/v3")
	f := reach.Figures{Children: 30, ByForm: []reach.ByForm{{Form: "camp", Children: 10}, {Form: "counselling", Children: 12}, {Form: "support_group", Children: 20}}}
	f.ByProgramme = []reach.ByProgramme{{Programme: "a", Children: 22}, {Programme: "b", Children: 20}}
	f.Overlap = []reach.Overlap{{Forms: [2]events.Form{"counselling", "support_group"}, Children: 12}}
	camp, talks, groups := c.of("form", "camp"), c.of("form", "counselling"), c.of("form", "support_group")
	a, b := c.programme("a"), c.programme("b")
	for _, one := range []struct {
		name string
		a, b []events.Form
		want []disclosure.Relation
	}{
		{"nothing, where both offer everything", []events.Form{"camp", "counselling", "support_group"}, []events.Form{"support_group", "camp", "counselling"}, nil},
		{
			"each programme alone gives what it offers",
			[]events.Form{"camp", "counselling"},
			[]events.Form{"support_group"},
			[]disclosure.Relation{
				{Kind: disclosure.Overlaps, Cells: []disclosure.Cell{a, camp, talks, c.of("form", "camp&counselling")}},
				{Kind: disclosure.Union, Cells: []disclosure.Cell{b, groups}},
				{Kind: disclosure.Union, Cells: []disclosure.Cell{groups, b}},
			},
		},
		{
			"a form that both offer is nobody's alone",
			[]events.Form{"camp", "counselling", "support_group"},
			[]events.Form{"support_group"},
			[]disclosure.Relation{
				{Kind: disclosure.Within, Cells: []disclosure.Cell{a, camp, talks}},
				{Kind: disclosure.Within, Cells: []disclosure.Cell{groups, b}},
			},
		},
		{"what is not so is not stated: a programme that offered another form before", []events.Form{"camp"}, []events.Form{"counselling", "support_group"}, []disclosure.Relation{
			{Kind: disclosure.Overlaps, Cells: []disclosure.Cell{b, talks, groups, c.of("form", "counselling&support_group")}},
		}},
	} {
		family := c.counts(f)
		got := c.structured(f, []surveying.Programme{{ID: "a", Forms: one.a}, {ID: "b", Forms: one.b}}).relations(family)
		if !slices.EqualFunc(got, one.want, func(x, y disclosure.Relation) bool { return x.Kind == y.Kind && slices.Equal(x.Cells, y.Cells) }) {
			t.Errorf("%s: %v", one.name, got)
		}
	}
}
