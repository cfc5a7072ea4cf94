package surveying

import (
	"slices"
	"strings"
	"testing"

	"rackvidd/events"
)

func answer(f Figures, question string) Answer {
	form, _ := FormOf(f.Year)
	all := Draft(form, f).Answers
	return all[slices.IndexFunc(all, func(a Answer) bool { return a.Question == question })]
}

func TestTheNumberOfChildren(t *testing.T) {
	for _, c := range []struct {
		name   string
		given  Figures
		status Status
		basis  Basis
		value  int
	}{
		{"those who were identified are counted", Figures{Children: 45, Lower: 45, Upper: 45}, Number, Counted, 45},
		{"with some nobody identified it is an interval", Figures{Children: 45, Lower: 45, Upper: 52, Unidentified: 7}, Number, Interval, 45},
		{"of children nobody identified, the fullest evening is the least", Figures{Lower: 8, Upper: 80, Unidentified: 80}, Number, Interval, 8},
		{"nobody is an answer", Figures{Programmes: []Programme{{ID: "x"}}}, Zero, Counted, 0},
	} {
		c.given.Year = 2021
		a := answer(c.given, "Q4")
		if a.Status != c.status || a.Basis != c.basis || *a.Value != c.value {
			t.Errorf("%s: %s %s %d", c.name, a.Status, a.Basis, *a.Value)
		}
		if named := strings.Contains(a.Explanation, "nobody identified"); named != (c.given.Unidentified > 0) {
			t.Errorf("%s: the explanation is not about that: %s", c.name, a.Explanation)
		}
	}
}

func TestNothingKnownIsNotZero(t *testing.T) {
	groups := []Programme{{Forms: []events.Form{"support_group"}, ValidFrom: events.Date(2010, 1, 1)}}
	later := []Programme{{ValidFrom: events.Date(2022, 1, 1)}}
	for _, c := range []struct {
		name         string
		given        Figures
		offers, many Status
	}{
		{"no programme and no record say nothing", Figures{}, Unknown, Unknown},
		{"a programme of the year after says nothing of this one", Figures{Programmes: later}, Unknown, Unknown},
		{"a programme that reached nobody is zero", Figures{Programmes: groups}, Yes, Zero},
		{"a record that reached nobody is zero", Figures{Recorded: true}, No, Zero},
		{"and also where a programme came later", Figures{Recorded: true, Programmes: later}, No, Zero},
	} {
		for _, year := range []events.Year{2010, 2021} {
			c.given.Year = year
			q1, q4 := answer(c.given, "Q1"), answer(c.given, "Q4")
			if q1.Status != c.offers || q4.Status != c.many {
				t.Errorf("%s, %d: Q1 is %s and Q4 is %s", c.name, year, q1.Status, q4.Status)
			}
			if unknown := q4.Status == Unknown; unknown != (q4.Basis == "") || unknown != (q4.Value == nil) || unknown != (q4.Upper == nil) || unknown != (q4.Computed == nil) {
				t.Errorf("%s, %d: an unknown number has no basis, and a known one has: %+v", c.name, year, q4)
			}
			if q4.Explanation == "" || q4.Status == Unknown && q1.Explanation == "" {
				t.Errorf("%s, %d: it does not say why", c.name, year)
			}
		}
	}
}

func TestWhetherSupportIsOffered(t *testing.T) {
	camp := []Programme{{Organiser: "ngo", Forms: []events.Form{"camp"}, ValidFrom: events.Date(2010, 12, 1)}}
	groups := append(camp, Programme{Organiser: "region", Forms: []events.Form{"camp", "support_group"}, ValidFrom: events.Date(2010, 12, 1)})
	for _, c := range []struct {
		name       string
		year       events.Year
		given      Figures
		want       Status
		organisers string
	}{
		{"a programme is support", 2021, Figures{Programmes: camp}, Yes, "ngo"},
		{"whoever is reached is supported", 2021, Figures{Upper: 1}, Yes, ""},
		{"a record of nobody is no support", 2021, Figures{Recorded: true}, No, ""},
		{"until 2012 a camp was not asked about", 2012, Figures{Programmes: camp}, No, ""},
		{"but a support group was", 2012, Figures{Programmes: groups}, Yes, "region"},
		{"and from 2013 a camp is", 2013, Figures{Programmes: camp}, Yes, "ngo"},
	} {
		c.given.Year = c.year
		if got := answer(c.given, "Q1"); got.Status != c.want || got.Computed != string(c.want) {
			t.Errorf("%s: %+v", c.name, got)
		}
		if got := strings.Join(answer(c.given, "Q2").Choices, " "); got != c.organisers {
			t.Errorf("%s: the organisers are %q", c.name, got)
		}
	}
}

func TestTheFormOfAYear(t *testing.T) {
	for year, want := range map[events.Year]string{
		2002: "", 2003: "v1", 2012: "v1", 2013: "v2", 2014: "v2", 2015: "", 2020: "", 2021: "v3", 2023: "v3", 2031: "v3",
	} {
		if form, known := FormOf(year); form.ID != want || known != (want != "") {
			t.Errorf("%d is asked about on %q, not %q (known: %v)", year, form.ID, want, known)
		}
	}
}

func TestTheFormsAreThoseWithMostChildren(t *testing.T) {
	f := Figures{Forms: []Count[events.Form]{{"camp", 3}, {"counselling", 9}, {"family_support", 3}, {"other", 1}, {"support_group", 0}}}
	for year, want := range map[events.Year]string{
		2021: "counselling camp family_support",
		2013: "counselling camp family_support other",
		2010: "",
	} {
		f.Year = year
		a := answer(f, "Q3")
		if got := strings.Join(a.Choices, " "); got != want || (a.Status == NotAsked) != (year == 2010) {
			t.Errorf("%d: %s %s", year, a.Status, got)
		}
	}
}

func TestOrganisersAreNamedOnce(t *testing.T) {
	f := Figures{Year: 2021, Programmes: []Programme{{Organiser: "ngo"}, {Organiser: "municipality"}, {Organiser: "ngo"}, {Organiser: "region", ValidFrom: events.Date(2022, 1, 1)}}}
	if got := answer(f, "Q2").Choices; !slices.Equal(got, []string{"municipality", "ngo"}) {
		t.Errorf("the organisers are %v", got)
	}
}
