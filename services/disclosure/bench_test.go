package disclosure

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
)

// year is a municipality with every kind of breakdown.
func year(rng *rand.Rand, forms, size int) *town {
	t := &town{forms: manyForms[:forms], programmes: allProgrammes, channels: allChannels, ages: allAges}
	t.arrive(rng, size)
	return t
}

var manyForms = append(allForms[:5:5], "contact_person", "other", "school_health")

// BenchmarkProtectAYear protects one municipality's first release.
func BenchmarkProtectAYear(b *testing.B) {
	for _, c := range []struct{ forms, children int }{{3, 120}, {4, 30}, {4, 120}, {4, 400}, {6, 120}, {8, 120}} {
		b.Run(fmt.Sprintf("forms=%d/children=%d", c.forms, c.children), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 1))
			var years []Family
			for range 20 {
				years = append(years, year(rng, c.forms, c.children).family())
			}
			for i := 0; b.Loop(); i++ {
				if _, err := Protect(years[i%len(years)], nil, Settings{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(years[0].Values)), "cells")
		})
	}
}

// BenchmarkProtectTheTwelfthMonth protects a release after eleven others of the same growing year.
func BenchmarkProtectTheTwelfthMonth(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	town, before, ledger := year(rng, 3, 60), map[Cell]int{}, Ledger{}
	next := func() (Family, Release) {
		f, err := town.family().Since(before, ledger, true)
		if err != nil {
			b.Fatal(err)
		}
		r, err := Protect(f, ledger, Settings{})
		if err != nil {
			b.Fatal(err)
		}
		return f, r
	}
	for range 11 {
		_, r := next()
		ledger, before = append(ledger, r.Released()), maps.Clone(town.values())
		town.arrive(rng, 6)
	}
	for b.Loop() {
		next()
	}
}

// BenchmarkProtectOpenDataAgain protects a second release of open data, as municipalities publish them: what two forms share is
// silent.
func BenchmarkProtectOpenDataAgain(b *testing.B) {
	protectAgain(b, openData, [][2]int{{4, 120}, {6, 120}, {7, 120}, {7, 400}, {8, 400}})
}

// BenchmarkProtectWithAProgrammeOfManyForms has one programme that alone offers all forms but one.
func BenchmarkProtectWithAProgrammeOfManyForms(b *testing.B) {
	protectAgain(b, byTwo, [][2]int{{5, 120}, {6, 120}, {7, 120}, {8, 120}, {8, 400}})
}

// protectAgain protects a second release of towns of some forms and children, after some came and some left.
func protectAgain(b *testing.B, familyOf func(*town) Family, towns [][2]int) {
	for _, c := range towns {
		b.Run(fmt.Sprintf("forms=%d/children=%d", c[0], c[1]), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 1))
			t := year(rng, c[0], c[1])
			family := familyOf(t)
			first, err := Protect(family, nil, Settings{Public: true})
			if err != nil {
				b.Fatal(err)
			}
			ledger := Ledger{first.Released()}
			t.arrive(rng, 5)
			t.leave(rng, 2)
			again, err := familyOf(t).Since(family.Values, ledger, false)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := Protect(again, ledger, Settings{Public: true}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(again.Values)), "cells")
		})
	}
}

// openData is the town's family in which no pair of forms is said.
func openData(t *town) Family {
	f := t.family()
	for c := range f.Values {
		if c.crossed() {
			f.Silent = append(f.Silent, c)
		}
	}
	return f
}

// byTwo is the town's open data, where one programme offers the last form and the other one all others.
func byTwo(t *town) Family {
	t.programmes = []string{"alfa", "beta"}
	last := t.forms[len(t.forms)-1]
	for i, c := range t.children {
		others := 0
		for f := range c.forms {
			if f != last {
				others++
			}
		}
		t.children[i].programmes = map[string]bool{"alfa": others > 0, "beta": c.forms[last]}
	}
	f := openData(t)
	cells := append([]Cell{"programme/alfa"}, cellsOf("form", t.forms[:len(t.forms)-1])...)
	for i, one := range t.forms[:len(t.forms)-1] {
		for _, other := range t.forms[i+1 : len(t.forms)-1] {
			cells = append(cells, pairOf(one, other))
		}
	}
	f.Known = []Relation{{Kind: Overlaps, Cells: cells}, {Kind: Union, Cells: []Cell{"programme/beta", Cell("form/" + last)}}}
	return f
}
