package national_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
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
			c.ChildrenLower, c.ChildrenUpper = c.Children, c.Children
			r.Counties, r.Children = append(r.Counties, c), r.Children+c.Children
		}
		public := national.Published(r, survey.Evidence{})
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
	r := survey.Report{Year: 2021, Municipalities: 290, Children: 3, ChildrenLower: 3, ChildrenUpper: 3, Counties: []survey.County{{Code: "18", Responded: 5, Children: 3, ChildrenLower: 3, ChildrenUpper: 3}, {Code: "01"}}}
	r.Years = []survey.YearFigures{{Year: 2020, Children: 12, ChildrenLower: 12, ChildrenUpper: 14}}
	r.Previous = &survey.YearFigures{Year: 2020, Children: 12}
	public := national.Published(r, survey.Evidence{})
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

// history is answers in the order in which they were loaded; the last of a municipality, year and district stands.
type history []events.AnswerReceived

// reports are the public reports of two years as of every position of a history.
func (h history) reports(t *testing.T) (pages []string) {
	t.Helper()
	for at := range len(h) + 1 {
		var e survey.Evidence
		for _, a := range h[:at] {
			e.Answers = slices.DeleteFunc(e.Answers, func(o events.AnswerReceived) bool {
				return o.Municipality == a.Municipality && o.Year == a.Year && o.District == a.District
			})
			e.Answers = append(e.Answers, a)
		}
		for _, year := range []events.Year{2020, 2021} {
			raw, err := json.Marshal(national.Protected(survey.Compute(e, year, 100), e, 100))
			if err != nil {
				t.Fatal(err)
			}
			pages = append(pages, string(raw))
		}
	}
	return pages
}

// fromTable is an answer of a table; upper above the number makes it an interval.
func fromTable(m events.Municipality, year events.Year, d events.District, n, upper int) events.AnswerReceived {
	a := events.AnswerReceived{Year: year, Municipality: m, District: d, State: events.AnsweredState, Offers: "yes", Children: events.NumberAnswer, Value: events.Amount(n), Lower: events.Amount(n), Upper: events.Amount(upper), Origin: events.FromTable}
	if n == 0 {
		a.Children = events.ZeroAnswer
	}
	return a
}

func TestNoTwoPublicReportsTellASmallNumberOfATable(t *testing.T) {
	before := history{fromTable(stockholm, 2021, "", 101, 101), fromTable("0114", 2021, "", 12, 12), fromTable("1881", 2021, "", 4, 4), fromTable("1882", 2021, "", 7, 7), fromTable(stockholm, 2020, "", 98, 98)}
	for name, small := range map[string]func(n int) history{
		"a municipality's": func(n int) history { return history{fromTable(örebro, 2021, "", n, n)} },
		"one corrected": func(n int) history {
			return history{fromTable(örebro, 2021, "", 2, 2), fromTable(örebro, 2021, "", n, n)}
		},
		"of the year before": func(n int) history { return history{fromTable(örebro, 2020, "", n, n)} },
		"a district's": func(n int) history {
			return history{fromTable("1480", 2021, "city", n, n), fromTable("1480", 2021, "soder", 9, 9)}
		},
		"of an interval": func(n int) history { return history{fromTable(örebro, 2021, "", n, 9)} },
		"the lower bound of a number": func(n int) history {
			a := fromTable(örebro, 2021, "", 8, 9)
			a.Lower = events.Amount(n)
			return history{a}
		},
		"the upper bound above zero": func(n int) history { return history{fromTable(örebro, 2021, "", 0, n)} },
		"one end of a band": func(n int) history {
			return history{{Year: 2021, Municipality: örebro, State: "answered", Offers: "yes", Children: "suppressed", Lower: events.Amount(n), Upper: 4}}
		},
		"one after all others changed": func(n int) history { return append(history{fromTable(örebro, 2021, "", n, n)}, before...) },
	} {
		first := slices.Concat(before, small(1)).reports(t)
		for n := 2; n <= 4; n++ {
			for i, page := range slices.Concat(before, small(n)).reports(t) {
				if page != first[i] {
					t.Errorf("%s number: report %d tells %d from 1:\n%s\n%s", name, i, n, page, first[i])
					break
				}
			}
		}
	}
}

func TestThePublicTotalHoldsTheTrueOneToTheNearestFive(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 11))
		var e survey.Evidence
		for _, info := range events.Municipalities()[:1+random.IntN(40)] {
			n := random.IntN(12)
			e.Answers = append(e.Answers, fromTable(info.Code, 2021, "", n, n))
		}
		exact := survey.Compute(e, 2021)
		public := national.Protected(exact, e)
		counties, lower, upper := 0, 0, 0
		for _, c := range public.Counties {
			counties, lower, upper = counties+max(1, c.Counties), lower+c.ChildrenLower-2, upper+c.ChildrenUpper+2
		}
		if n := exact.Children; n < public.ChildrenLower-2 || n > public.ChildrenUpper+2 || counties != 21 || n < lower || n > upper {
			t.Errorf("seed %d: %d children are told as %d–%d, and by county %d–%d of %d", seed, n, public.ChildrenLower, public.ChildrenUpper, lower, upper, counties)
		}
	}
}

func TestAPublicReportHoldsNoMunicipalitysNumber(t *testing.T) {
	for _, n := range []int{1, 4, 6, 47} {
		e := survey.Evidence{Answers: []events.AnswerReceived{fromTable(örebro, 2021, "", n, n)}}
		r := national.Protected(survey.Compute(e, 2021), e)
		told := []int{r.Children, r.ChildrenLower, r.ChildrenUpper, r.Years[0].Children, r.Years[0].ChildrenLower, r.Years[0].ChildrenUpper}
		for _, c := range r.Counties {
			told = append(told, c.Children, c.ChildrenLower, c.ChildrenUpper)
		}
		for _, number := range told {
			if number%5 != 0 && number != 1 && number != 4 || n >= 5 && number == n {
				t.Errorf("of %d children it tells %d", n, number)
			}
		}
	}
}
