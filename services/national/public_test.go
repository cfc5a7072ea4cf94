package national_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"rackvidd/events"
	"rackvidd/projections/survey"
	"rackvidd/services/national"
)

// possible are the values that a county told of as few can have, found by trying every value of every county that fits
// what is told, for somebody who knows the country's total exactly.
func possible(counties []survey.County, total int) []map[int]bool {
	values := make([]map[int]bool, len(counties))
	tried := make([]int, len(counties))
	var try func(i, left int)
	try = func(i, left int) {
		if i == len(counties) {
			if left == 0 {
				for j, n := range tried {
					values[j][n] = true
				}
			}
			return
		}
		from, to := counties[i].Children-2, counties[i].Children+2
		switch {
		case counties[i].Children == 0:
			from, to = 0, 0
		case counties[i].ChildrenUpper == 4:
			from, to = 1, 4
		default:
			from = max(5, from)
		}
		for n := from; n <= min(to, left); n++ {
			tried[i] = n
			try(i+1, left-n)
		}
	}
	for i := range values {
		values[i] = make(map[int]bool)
	}
	try(0, total)
	return values
}

func TestNobodyComputesASmallNumberOfACounty(t *testing.T) {
	const histories = 2000
	banded := 0
	for seed := range uint64(histories) {
		random := rand.New(rand.NewPCG(seed, 7))
		r := survey.Report{Year: 2021, Municipalities: 290}
		for i := range 2 + random.IntN(5) {
			c := survey.County{Code: fmt.Sprint(i), Municipalities: 9, Responded: 1 + random.IntN(6), Children: random.IntN(9)}
			r.Counties, r.Children = append(r.Counties, c), r.Children+c.Children
		}
		public := national.Protected(r, survey.Evidence{})
		sum := 0
		for i, values := range possible(public.Counties, r.Children) {
			c := public.Counties[i]
			sum += c.Municipalities
			if c.Children == 0 || c.ChildrenUpper != 4 {
				continue
			}
			if banded++; r.Children >= 5 && !(values[1] && values[2] && values[3] && values[4]) {
				t.Fatalf("seed %d: of %+v only %v are possible: %+v, total %d", seed, c, values, public.Counties, r.Children)
			}
			if c.Counties == 0 && c.Responded < 3 || c.Counties == 1 && len(public.Counties) > 1 && r.Children > c.Children+4 {
				t.Fatalf("seed %d: one county of few municipalities is told of: %+v", seed, public.Counties)
			}
		}
		if sum != 9*len(r.Counties) {
			t.Fatalf("seed %d: municipalities were lost: %+v", seed, public.Counties)
		}
	}
	if banded == 0 {
		t.Error("no county was ever told of as few")
	}
}

func TestAReportOfFewInAllSaysNothingMore(t *testing.T) {
	r := survey.Report{Year: 2021, Municipalities: 290, Children: 3, ChildrenLower: 3, ChildrenUpper: 3, Counties: []survey.County{{Code: "18", Responded: 5, Children: 3}, {Code: "01"}}}
	r.Years = []survey.YearFigures{{Year: 2020, Children: 12, ChildrenLower: 12, ChildrenUpper: 14}}
	r.Previous = &survey.YearFigures{Year: 2020, Children: 12}
	public := national.Protected(r, survey.Evidence{})
	if public.Children != 1 || public.ChildrenUpper != 4 || public.Previous.Children != 10 || public.Years[0].ChildrenUpper != 15 || r.Years[0].Children != 12 {
		t.Errorf("%+v", public)
	}
	for _, c := range public.Counties {
		if c.Children > 1 {
			t.Errorf("told of: %+v", c)
		}
	}
	for _, c := range public.Coverage {
		if c.Denominator == events.DenominatorID("older") && c.Scope == survey.AllScope && c.Percent.String() != "0.00" {
			t.Errorf("coverage: %+v", c)
		}
	}
}
