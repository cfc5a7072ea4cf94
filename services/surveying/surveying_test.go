package surveying

import (
	"slices"
	"strings"
	"testing"

	"rackvidd/events"
)

func answer(f Figures, question string) Answer {
	all := Draft(f).Answers
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

func TestWhetherSupportIsOffered(t *testing.T) {
	for _, c := range []struct {
		name  string
		given Figures
		want  Status
	}{
		{"a programme is support", Figures{Programmes: []Programme{{ValidFrom: events.Date(2021, 12, 1)}}}, Yes},
		{"a programme of the year after is not", Figures{Programmes: []Programme{{ValidFrom: events.Date(2022, 1, 1)}}}, No},
		{"whoever is reached is supported", Figures{Upper: 1}, Yes},
		{"nothing is none", Figures{}, No},
	} {
		c.given.Year = 2021
		if got := answer(c.given, "Q1").Status; got != c.want {
			t.Errorf("%s: %s", c.name, got)
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
