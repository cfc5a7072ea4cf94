package national_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/projections/survey"
	"rackvidd/services/national"
)

// The published figures of the survey, from answers that are invented so that they add up to what
// was published: nobody published who answered what.

// year is what is published of one.
type year struct {
	year                   int
	responded, offering    int
	children               int
	forms, channels, needs map[string]int // how many municipalities name each; needs: measures
}

// table invents answers that add up to a year. Every code is named by as many municipalities as are published, no
// municipality names more than three of a kind.
func (y year) table() string {
	var b strings.Builder
	b.WriteString(heading)
	forms, channels, needs := spread(y.forms, y.offering), spread(y.channels, y.offering), spread(y.needs, y.responded)
	for i, info := range events.Municipalities() {
		switch {
		case i < y.offering:
			n := y.children / y.offering
			if i < y.children%y.offering {
				n++
			}
			fmt.Fprintf(&b, "%d,%s,,answered,yes,%d,,municipality,%s,%s,%s\n", y.year, info.Code, n, forms[i], channels[i], needs[i])
		case i < y.responded:
			fmt.Fprintf(&b, "%d,%s,,answered,no,,,,,,%s\n", y.year, info.Code, needs[i])
		default:
			fmt.Fprintf(&b, "%d,%s,,not_answered,,,,,,,\n", y.year, info.Code)
		}
	}
	return b.String()
}

// spread deals codes out to places, one after the other.
func spread(counts map[string]int, places int) []string {
	lists, at := make([][]string, max(places, 1)), 0
	for _, code := range sortedKeys(counts) {
		for range counts[code] {
			lists[at%places] = append(lists[at%places], code)
			at++
		}
	}
	cells := make([]string, len(lists))
	for i, l := range lists {
		cells[i] = strings.Join(l, "|")
	}
	return cells
}

func sortedKeys(m map[string]int) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

var (
	activity2012 = year{year: 2012, responded: 200, offering: 160, children: 2000}
	activity2013 = year{
		year: 2013, responded: 232, offering: 210, children: 2800,
		channels: map[string]int{"social_services_children": 190, "school": 150, "self": 40},
		needs:    map[string]int{"cooperation": 159, "information": 140, "political_priority": 120, "funding": 100, "trained_leaders": 60},
	}
	activity2021 = year{
		year: 2021, responded: 194, offering: 181, children: 2600,
		forms:    map[string]int{"counselling": 153, "family_support": 147, "support_group": 109, "contact_person": 54},
		channels: map[string]int{"social_services_children": 160, "school": 120, "social_services_adults": 90, "adult_seeking": 80},
	}
)

// coverage returns what a report says under a denominator and scope, by the number of municipalities.
func coverage(t *testing.T, r survey.Report, d events.DenominatorID, scope survey.Scope) survey.NationalCoverage {
	t.Helper()
	i := slices.IndexFunc(r.Coverage, func(c survey.NationalCoverage) bool {
		return c.Denominator == d && c.Scope == scope && c.By == "municipalities"
	})
	if i < 0 {
		t.Fatalf("no coverage under %s, %s", d, scope)
	}
	return r.Coverage[i]
}

func codes[C ~string](list []survey.Named[C]) (names []string) {
	for _, n := range list {
		names = append(names, fmt.Sprintf("%s %d", n.Code, n.Municipalities))
	}
	return names
}

func loadPublished(t *testing.T, tables ...string) (level, func(events.Year, ...int) survey.Report) {
	l := newLevel(t)
	pool := l.shown()
	for _, table := range tables {
		if sum := l.load(table); len(sum.Rejected) > 0 {
			t.Fatalf("the invented answers are no answers: %+v", sum.Rejected[0])
		}
	}
	return l, func(y events.Year, needs ...int) survey.Report {
		r, _ := l.report(pool, y, needs...)
		return r
	}
}

func TestActivity2013AsItWasPublished(t *testing.T) {
	_, report := loadPublished(t, activity2012.table(), activity2013.table())
	r := report(2013)
	got := fmt.Sprint(r.Municipalities, r.Responded, r.ResponsePercent, r.Offering, r.OfferingPercent, r.NotOffering, r.Children, r.ChildrenLower, r.ChildrenUpper, r.ChildrenUnknown, r.Previous.Year, r.Previous.Children)
	if want := "290 232 80.00 210 90.52 22 2800 2800 2800 0 2012 2000"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if a, b := survey.WholePercent(r.Responded, r.Municipalities), survey.WholePercent(r.Offering, r.Responded); a != "80" || b != "91" {
		t.Errorf("on screens: %s %% and %s %%", a, b)
	}
	if got, want := fmt.Sprint(r.Measures[:4]), "[{cooperation 159} {information 140} {political_priority 120} {funding 100}]"; got != want {
		t.Errorf("measures: %s", got)
	}
	if got := codes(r.Channels)[:2]; got[0] != "social_services_children 190" || got[1] != "school 150" {
		t.Errorf("channels: %v", got)
	}
	older, risky := coverage(t, r, "older", survey.OfferingScope), coverage(t, r, "fhi-2008", survey.OfferingScope)
	if older.Need != 200_000 || older.ScaledNeed != 144_828 || older.Percent.String() != "1.93" {
		t.Errorf("under the older estimate: %+v %s", older, older.Percent)
	}
	if risky.Need != 385_000 || risky.ScaledNeed != 278_793 || risky.Percent.String() != "1.00" {
		t.Errorf("under risky drinking: %+v %s", risky, risky.Percent)
	}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"response_percent":80.00`, `"offering_percent":90.52`, `"percent":1.93`, `"code":"cooperation","points":159`} {
		if !strings.Contains(string(raw), part) {
			t.Errorf("%s is not in the JSON", part)
		}
	}
}

func TestActivity2021AsItWasPublished(t *testing.T) {
	_, report := loadPublished(t, activity2021.table())
	r := report(2021, 1000)
	shares := survey.WholePercent(r.Responded, r.Municipalities) + " " + survey.WholePercent(r.Offering, r.Responded)
	if got := fmt.Sprint(r.Responded, r.Offering, r.NotOffering, r.Children) + " " + shares; got != "194 181 13 2600 67 93" {
		t.Errorf("responded, offer, do not, children, shares: %s", got)
	}
	if got := fmt.Sprint(codes(r.Forms)); got != "[counselling 153 family_support 147 support_group 109 contact_person 54]" {
		t.Errorf("forms: %s", got)
	}
	if got := fmt.Sprint(codes(r.Channels)); got != "[social_services_children 160 school 120 social_services_adults 90 adult_seeking 80]" {
		t.Errorf("channels: %s", got)
	}
	if c := coverage(t, r, "can-2019-affected", survey.AllScope); c.Percent.String() != "0.81" || c.ScaledNeed != 320_000 {
		t.Errorf("coverage: %+v %s", c, c.Percent)
	}
	if c := coverage(t, r, survey.WhatIf, survey.AllScope); c.Need != 1000 || c.Percent.String() != "260.00" {
		t.Errorf("what if: %+v", c)
	}
	if r.Previous != nil {
		t.Errorf("nothing was received about 2020: %+v", r.Previous)
	}
}

// county invents answers of a county: so many of its municipalities answered, with so many children.
func county(year int, code string, responded, children int) string {
	var b strings.Builder
	b.WriteString(heading)
	i := 0
	for _, info := range events.Municipalities() {
		if info.CountyCode != code {
			continue
		}
		state, offers, n := "answered", "yes", fmt.Sprint(children/responded+min(1, max(0, children%responded-i)))
		if i++; i > responded {
			state, offers, n = "not_answered", "", ""
		}
		fmt.Fprintf(&b, "%d,%s,,%s,%s,%s,,,,,\n", year, info.Code, state, offers, n)
	}
	return b.String()
}

func TestCountiesAsTheyWerePublished(t *testing.T) {
	stockholms := heading + "2017,0180,,partial,yes,,,,,,\n"
	for i := range 14 {
		state := "answered,yes,4"
		if i >= 3 {
			state = "not_answered,,"
		}
		stockholms += fmt.Sprintf("2017,0180,d%d,%s,,,,,\n", i, state)
	}
	others, n := "", 0 // of them 14 answered: 8 with 12 children, 6 with 14
	for _, info := range events.Municipalities() {
		if info.CountyCode != "01" || info.Code == stockholm {
			continue
		}
		if info.Code == "0127" { // Botkyrka had the most
			others += "2017,0127,,answered,yes,175,,,,,\n"
			continue
		}
		switch n++; {
		case n <= 8:
			others += fmt.Sprintf("2017,%s,,answered,yes,12,,,,,\n", info.Code)
		case n <= 14:
			others += fmt.Sprintf("2017,%s,,answered,yes,14,,,,,\n", info.Code)
		default:
			others += fmt.Sprintf("2017,%s,,not_answered,,,,,,,\n", info.Code)
		}
	}
	_, report := loadPublished(t, stockholms+others, county(2018, "25", 11, 136), county(2020, "06", 9, 97))
	for _, want := range []struct {
		year                              events.Year
		code                              string
		municipalities, responded, childs int
	}{{2017, "01", 26, 16, 367}, {2018, "25", 14, 11, 136}, {2020, "06", 13, 9, 97}} {
		r := report(want.year)
		i := slices.IndexFunc(r.Counties, func(c survey.County) bool { return c.Code == want.code })
		if c := r.Counties[i]; c.Municipalities != want.municipalities || c.Responded != want.responded || c.Children != want.childs || len(r.Counties) != 21 {
			t.Errorf("%d: %+v, not %+v", want.year, c, want)
		}
		if want.year == 2017 && (len(r.Partial) != 1 || r.Partial[0] != stockholm) {
			t.Errorf("partial: %v", r.Partial)
		}
	}
}

func TestWhatIsPublishedGivesNoSmallNumberAway(t *testing.T) {
	l := newLevel(t)
	pool := l.shown()
	l.load(heading + "2021,1880,,answered,yes,3,,,,,\n2021,1881,,answered,yes,0,,,,,\n2021,1882,,answered,yes,0,,,,,\n" +
		"2021,0180,,answered,yes,101,,,,,\n2021,0114,,answered,yes,12,,,,,\n2021,0115,,answered,yes,2,,,,,\n" +
		"2021,0980,,answered,yes,7,,,,,\n2020,0180,,answered,yes,3,,,,,\n")
	exact, e := l.report(pool, 2021, 100)
	r := national.Protected(exact, e, 100)
	if r.Children != 120 || r.ChildrenUpper != 130 || exact.Children != 125 || !r.Public || r.Previous.Children != 1 || r.Previous.ChildrenUpper != 4 || exact.Previous.Children != 3 {
		t.Errorf("%d children, before %+v; exact before %+v", r.Children, r.Previous, exact.Previous)
	}
	for _, c := range r.Counties {
		if c.Code == "09" || c.Counties == 1 || c.Children%5 != 0 && c.ChildrenUpper != 4 {
			t.Errorf("told of: %+v", c)
		}
	}
	if c := coverage(t, r, survey.WhatIf, survey.AllScope); c.Percent.String() != "120.00" {
		t.Errorf("what if tells the number: %s", c.Percent)
	}
}
