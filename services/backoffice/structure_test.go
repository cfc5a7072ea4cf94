package backoffice

import (
	"math/rand/v2"
	"slices"
	"testing"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/disclosure"
	"rackvidd/services/surveying"
)

// talking are figures of children who came to talks, to groups, to both in one programme, or to a camp, which is another's.
func talking(rng *rand.Rand, children int) reach.Figures {
	f := village(rng, children)
	var talks, groups, both, camp, talksAndCamp, groupsAndCamp, sputnik int
	for range children {
		talk, group, away := rng.IntN(3) > 0, rng.IntN(3) == 0, rng.IntN(4) == 0
		if !talk && !group {
			away = true
		}
		count := func(n *int, came bool) {
			if came {
				*n++
			}
		}
		count(&talks, talk)
		count(&groups, group)
		count(&camp, away)
		count(&both, talk && group)
		count(&talksAndCamp, talk && away)
		count(&groupsAndCamp, group && away)
		count(&sputnik, talk || group)
	}
	f.ByForm, f.ByProgramme = nil, nil
	for _, r := range []reach.ByForm{{Form: "camp", Children: camp}, {Form: "counselling", Children: talks}, {Form: "support_group", Children: groups}} {
		if r.Children > 0 {
			f.ByForm = append(f.ByForm, r)
		}
	}
	for _, r := range []reach.ByProgramme{{Programme: "lagret", Children: camp}, {Programme: "sputnik", Children: sputnik}} {
		if r.Children > 0 {
			f.ByProgramme = append(f.ByProgramme, r)
		}
	}
	f.Overlap = []reach.Overlap{
		{Forms: [2]events.Form{"camp", "counselling"}, Children: talksAndCamp},
		{Forms: [2]events.Form{"camp", "support_group"}, Children: groupsAndCamp},
		{Forms: [2]events.Form{"counselling", "support_group"}, Children: both},
	}
	return f
}

func TestWhoKnowsWhatAProgrammeOffersComputesNoSmallNumberFromIt(t *testing.T) {
	offered := []surveying.Programme{{ID: "lagret", Forms: []events.Form{"camp"}}, {ID: "sputnik", Forms: []events.Form{"support_group", "counselling", "family_support"}}}
	rng := rand.New(rand.NewPCG(15, 3))
	for range 400 {
		f := talking(rng, 5+rng.IntN(60))
		if len(f.ByForm) < 3 || len(f.ByProgramme) < 2 {
			continue
		}
		_, family, known := published(t, f, offered...)
		c := cellsOf(2021, "reach/v3")
		talks, groups := c.of("form", "counselling"), c.of("form", "support_group")
		known = append(known, disclosure.Released{Relations: []disclosure.Relation{
			{Kind: disclosure.Partition, Cells: []disclosure.Cell{c.programme("lagret"), c.of("form", "camp")}},
			{Kind: disclosure.Overlaps, Cells: []disclosure.Cell{c.programme("sputnik"), talks, groups, c.of("form", "counselling&support_group")}},
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
