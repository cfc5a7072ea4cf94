package backoffice

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/disclosure"
	"rackvidd/services/surveying"
)

// before are figures as they were released before what programmes offer was stated, and genders that no child has.
func (c cells) before(f reach.Figures) disclosure.Family {
	family := c.counts(f)
	nobody := func(cell disclosure.Cell) bool {
		return family.Values[cell] == 0 && slices.ContainsFunc(events.UnknownGender.Codes(), func(g string) bool { return cell == c.of("gender", g) })
	}
	for i, r := range family.Relations {
		family.Relations[i].Cells = slices.DeleteFunc(slices.Clone(r.Cells), nobody)
	}
	maps.DeleteFunc(family.Values, func(cell disclosure.Cell, _ int) bool { return nobody(cell) })
	return family
}

// oneMore are figures with a child more of the first age, gender, form and programme.
func oneMore(f reach.Figures) reach.Figures {
	f.ByAge, f.ByGender, f.ByForm, f.ByProgramme = slices.Clone(f.ByAge), slices.Clone(f.ByGender), slices.Clone(f.ByForm), slices.Clone(f.ByProgramme)
	f.Children++
	f.ByAge[0].Children++
	f.ByGender[0].Children++
	f.ByForm[0].Children++
	f.ByProgramme[0].Children++
	return f
}

// What was released before may give away what follows from what programmes offer. That is no reason to say nothing for ever.
func TestAnEarlierReleaseThatDidNotStateWhatProgrammesOfferSilencesNoLaterOne(t *testing.T) {
	offered := []surveying.Programme{{ID: "lagret", Forms: []events.Form{"camp"}}, {ID: "sputnik", Forms: []events.Form{"support_group", "counselling", "family_support"}}}
	rng, c, public := rand.New(rand.NewPCG(15, 3)), cellsOf(2021, "reach/v3"), disclosure.Settings{Public: true}
	for range 200 {
		f := divided(rng, 5+rng.IntN(60), []events.Form{"counselling", "support_group"})
		if len(f.ByForm) < 3 || len(f.ByProgramme) < 2 {
			continue
		}
		first, err := disclosure.Protect(c.before(f), nil, public)
		if err != nil {
			t.Fatal(err)
		}
		ledger := disclosure.Ledger{first.Released()}
		for name, now := range map[string]reach.Figures{"the same": f, "one more": oneMore(f)} {
			family := c.counts(now)
			family.Known = c.structured(now, offered).relations(family)
			family, err := family.Since(c.before(f).Values, ledger, false)
			if err != nil {
				t.Fatal(err)
			}
			second, err := disclosure.Protect(family, ledger, public)
			if err != nil {
				t.Fatal(err)
			}
			if second.Step == disclosure.Nothing && first.Step != disclosure.Nothing {
				t.Errorf("%s, of %d children: nothing is said any more", name, f.Children)
			}
			gives := func(l disclosure.Ledger) map[disclosure.Cell][]int {
				found, err := disclosure.Attack(l, first.Relations[0].Cells, disclosure.Settings{})
				if err != nil {
					t.Fatal(err)
				}
				ruled := make(map[disclosure.Cell][]int)
				for _, one := range found {
					if n := family.Values[one.Cell]; n > 0 && n < 5 {
						ruled[one.Cell] = one.Ruled
					}
				}
				return ruled
			}
			alone := gives(append(slices.Clone(ledger), disclosure.Released{Relations: family.Known}))
			for cell, ruled := range gives(append(slices.Clone(ledger), second.Released())) {
				if !slices.Equal(ruled, alone[cell]) {
					t.Errorf("%s: %s, which is %d, cannot be %v, and by what was released before not %v", name, cell, family.Values[cell], ruled, alone[cell])
				}
			}
		}
	}
}
