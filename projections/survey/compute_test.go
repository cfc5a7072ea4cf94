package survey_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"rackvidd/events"
	"rackvidd/projections/survey"
)

// said is the part of a report that a sentence about a few answers is about.
func said(r survey.Report) string {
	return fmt.Sprintf("responded %d, offer %d, not %d, unsure %d; children %d (%d–%d), unknown %d, withheld %d, bands %d; partial %v",
		r.Responded, r.Offering, r.NotOffering, r.OffersUnknown, r.Children, r.ChildrenLower, r.ChildrenUpper, r.ChildrenUnknown, r.ChildrenWithheld, r.Bands, r.Partial)
}

func of(m events.Municipality, change func(*events.AnswerReceived)) events.AnswerReceived {
	a := answered(m, 2021, 10)
	change(&a)
	return a
}

func TestWhatAnswersAddUpTo(t *testing.T) {
	unknown := func(a *events.AnswerReceived) {
		a.Children, a.Value, a.Lower, a.Upper = events.UnknownAnswer, 0, 0, 0
	}
	district := func(name events.District) func(*events.AnswerReceived) {
		return func(a *events.AnswerReceived) { a.District = name }
	}
	silent := func(a *events.AnswerReceived) {
		*a = events.AnswerReceived{Year: a.Year, Municipality: a.Municipality, District: a.District, State: events.NotAnsweredState, Children: events.NotAnswered}
	}
	for _, tt := range []struct {
		name  string
		given []events.AnswerReceived
		want  string
	}{
		{"nobody answered", nil, "responded 0, offer 0, not 0, unsure 0; children 0 (0–0), unknown 0, withheld 0, bands 0; partial []"},
		{
			"who did not answer did not respond",
			[]events.AnswerReceived{of(örebro, silent)},
			"responded 0, offer 0, not 0, unsure 0; children 0 (0–0), unknown 0, withheld 0, bands 0; partial []",
		},
		{
			"another year is another year",
			[]events.AnswerReceived{answered(örebro, 2020, 9)},
			"responded 0, offer 0, not 0, unsure 0; children 0 (0–0), unknown 0, withheld 0, bands 0; partial []",
		},
		{
			"zero is a number, and unknown is none",
			[]events.AnswerReceived{of(örebro, func(a *events.AnswerReceived) { a.Children, a.Value, a.Lower, a.Upper = events.ZeroAnswer, 0, 0, 0 }), of(kumla, unknown)},
			"responded 2, offer 2, not 0, unsure 0; children 0 (0–0), unknown 1, withheld 0, bands 0; partial []",
		},
		{
			"who offers nothing is asked for no number",
			[]events.AnswerReceived{of(örebro, func(a *events.AnswerReceived) { a.Offers = "no"; unknown(a) })},
			"responded 1, offer 0, not 1, unsure 0; children 0 (0–0), unknown 0, withheld 0, bands 0; partial []",
		},
		{
			"of a band the lower bound counts",
			[]events.AnswerReceived{of(örebro, func(a *events.AnswerReceived) {
				a.Children, a.Value, a.Lower, a.Upper = events.SuppressedAnswer, 0, 1, 4
			}), answered(kumla, 2021, 7)},
			"responded 2, offer 2, not 0, unsure 0; children 8 (8–11), unknown 0, withheld 0, bands 1; partial []",
		},
		{
			"and of an interval",
			[]events.AnswerReceived{of(örebro, func(a *events.AnswerReceived) { a.Basis, a.Value, a.Lower, a.Upper = events.IntervalBasis, 45, 45, 52 })},
			"responded 1, offer 1, not 0, unsure 0; children 45 (45–52), unknown 0, withheld 0, bands 0; partial []",
		},
		{
			"a number without bounds is its own",
			[]events.AnswerReceived{of(örebro, func(a *events.AnswerReceived) { a.Lower, a.Upper = 0, 0 })},
			"responded 1, offer 1, not 0, unsure 0; children 10 (10–10), unknown 0, withheld 0, bands 0; partial []",
		},
		{
			"districts add up to one municipality",
			[]events.AnswerReceived{of(stockholm, district("city")), of(stockholm, district("soder"))},
			"responded 1, offer 1, not 0, unsure 0; children 20 (20–20), unknown 0, withheld 0, bands 0; partial []",
		},
		{
			"where some do not answer it is partial",
			[]events.AnswerReceived{of(stockholm, district("city")), of(stockholm, func(a *events.AnswerReceived) { a.District = "soder"; silent(a) })},
			"responded 1, offer 1, not 0, unsure 0; children 10 (10–10), unknown 0, withheld 0, bands 0; partial [0180]",
		},
		{
			"a municipality without a number of its own has its districts'",
			[]events.AnswerReceived{of(stockholm, func(a *events.AnswerReceived) { a.State = events.PartialState; unknown(a) }), of(stockholm, district("city"))},
			"responded 1, offer 1, not 0, unsure 0; children 10 (10–10), unknown 0, withheld 0, bands 0; partial [0180]",
		},
		{
			"a municipality's own number is of its districts too",
			[]events.AnswerReceived{answered(stockholm, 2021, 90), of(stockholm, district("city")), of(stockholm, district("soder"))},
			"responded 1, offer 1, not 0, unsure 0; children 90 (90–90), unknown 0, withheld 0, bands 0; partial []",
		},
		{
			"also where its districts answered first, and one does not know",
			[]events.AnswerReceived{
				of(stockholm, district("city")), of(stockholm, func(a *events.AnswerReceived) { a.District = "soder"; unknown(a) }), answered(stockholm, 2021, 90),
			},
			"responded 1, offer 1, not 0, unsure 0; children 90 (90–90), unknown 0, withheld 0, bands 0; partial []",
		},
		{
			"and where it is a band",
			[]events.AnswerReceived{of(stockholm, district("city")), of(stockholm, func(a *events.AnswerReceived) {
				a.Children, a.Value, a.Lower, a.Upper = events.SuppressedAnswer, 0, 5, 14
			})},
			"responded 1, offer 1, not 0, unsure 0; children 5 (5–14), unknown 0, withheld 0, bands 1; partial []",
		},
		{
			"a number of a part of the municipality is not",
			[]events.AnswerReceived{of(stockholm, func(a *events.AnswerReceived) { a.State = events.PartialState }), of(stockholm, district("city"))},
			"responded 1, offer 1, not 0, unsure 0; children 20 (20–20), unknown 0, withheld 0, bands 0; partial [0180]",
		},
		{
			"districts offer support of a municipality that says it does not",
			[]events.AnswerReceived{of(stockholm, func(a *events.AnswerReceived) { a.Offers = "no"; unknown(a) }), of(stockholm, district("city"))},
			"responded 1, offer 1, not 0, unsure 0; children 10 (10–10), unknown 0, withheld 0, bands 0; partial []",
		},
		{
			"a district without one leaves it unknown",
			[]events.AnswerReceived{of(stockholm, district("city")), of(stockholm, func(a *events.AnswerReceived) { a.District = "soder"; unknown(a) })},
			"responded 1, offer 1, not 0, unsure 0; children 10 (10–10), unknown 1, withheld 0, bands 0; partial []",
		},
		{
			"where any district offers support the municipality does",
			[]events.AnswerReceived{of(stockholm, district("city")), of(stockholm, func(a *events.AnswerReceived) { a.District, a.Offers = "soder", "no"; unknown(a) })},
			"responded 1, offer 1, not 0, unsure 0; children 10 (10–10), unknown 0, withheld 0, bands 0; partial []",
		},
		{
			"a number that was not released is not one that nobody knows",
			[]events.AnswerReceived{of(örebro, func(a *events.AnswerReceived) {
				a.Children, a.Value, a.Lower, a.Upper, a.Withheld = events.UnknownAnswer, 0, 0, 0, []events.Question{events.ChildrenQuestion}
			})},
			"responded 1, offer 1, not 0, unsure 0; children 0 (0–0), unknown 0, withheld 1, bands 0; partial []",
		},
		{
			"a whole answer of its own is of a silent district too",
			[]events.AnswerReceived{answered(stockholm, 2021, 90), of(stockholm, func(a *events.AnswerReceived) {
				*a = events.AnswerReceived{Year: 2021, Municipality: stockholm, District: "city", State: events.NotAnsweredState, Children: events.NotAnswered}
			})},
			"responded 1, offer 1, not 0, unsure 0; children 90 (90–90), unknown 0, withheld 0, bands 0; partial []",
		},
		{
			"who does not say is neither",
			[]events.AnswerReceived{of(örebro, func(a *events.AnswerReceived) { a.Offers = "" })},
			"responded 1, offer 0, not 0, unsure 1; children 10 (10–10), unknown 0, withheld 0, bands 0; partial []",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := said(survey.Compute(survey.Evidence{Answers: tt.given}, 2021)); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestWhatIsNamedMostComesFirstAndAMunicipalityCountsOnce(t *testing.T) {
	naming := func(m events.Municipality, d events.District, forms ...events.Form) events.AnswerReceived {
		return of(m, func(a *events.AnswerReceived) { a.District, a.Forms = d, forms })
	}
	r := survey.Compute(survey.Evidence{Answers: []events.AnswerReceived{
		naming(stockholm, "city", events.Camp, events.Counselling), naming(stockholm, "soder", events.Camp), naming(örebro, "", events.Counselling),
	}}, 2021)
	if got := fmt.Sprint(r.Forms); got != "[{counselling 2} {camp 1}]" {
		t.Errorf("forms: %s", got)
	}
}

func TestTheReportSaysWhereDistrictsAreLeftOut(t *testing.T) {
	city := of(stockholm, func(a *events.AnswerReceived) { a.District, a.Forms = "city", []events.Form{events.Camp} })
	for _, given := range [][]events.AnswerReceived{{answered(stockholm, 2021, 90), city}, {city, answered(stockholm, 2021, 90)}} {
		r := survey.Compute(survey.Evidence{Answers: given}, 2021)
		if got := fmt.Sprint(r.DistrictsLeftOut, r.Children, r.Forms, r.Counties[0].Children, r.Years[0].Children); got != "1 90 [{camp 1}] 90 90" {
			t.Errorf("left out, children, forms, of the county, of the year: %s", got)
		}
	}
	if r := survey.Compute(survey.Evidence{Answers: []events.AnswerReceived{city}}, 2021); r.DistrictsLeftOut != 0 {
		t.Errorf("districts alone are left out: %+v", r)
	}
}

func TestCoverageNamesDenominatorScopeAndShare(t *testing.T) {
	e := survey.Evidence{
		Answers: []events.AnswerReceived{answered(örebro, 2021, 100), of(kumla, func(a *events.AnswerReceived) {
			a.Offers, a.Value, a.Lower, a.Upper = "no", 0, 0, 0
			a.Children = events.ZeroAnswer
		})},
		Denominators: []events.DenominatorStated{{Denominator: "own", Name: "Egen", Need: 29_000, Source: "X"}, {Denominator: "older", Name: "Ny", Need: 1, Source: "X"}, {Denominator: "past", Name: "Förr", Need: 1, Source: "X", Until: 2020}},
		Population:   survey.Population{Year: 2021, Country: 2_000_000, Places: map[events.Municipality]int{örebro: 30_000, kumla: 5_000}, Source: "SCB"},
	}
	r := survey.Compute(e, 2021, 500)
	rows := make(map[string]string)
	for _, c := range r.Coverage {
		rows[fmt.Sprintf("%s %s %s", c.Denominator, c.Scope, c.By)] = fmt.Sprintf("%d %d %s", c.Need, c.ScaledNeed, c.Percent)
	}
	for row, want := range map[string]string{
		"own all municipalities":           "29000 29000 0.34",
		"own responding municipalities":    "29000 200 50.00",
		"own offering municipalities":      "29000 100 100.00",
		"own all population":               "29000 29000 0.34",
		"own responding population":        "29000 508 19.70", // 35,000 of 2,000,000: 507.5
		"own offering population":          "29000 435 22.99",
		"what-if all municipalities":       "500 500 20.00",
		"can-2019-any all municipalities":  "430000 430000 0.02",
		"skl-2012 offering municipalities": "100000 345 29.00",
		"past all municipalities":          "",
		"older all municipalities":         "200000 200000 0.05", // what is built in stays
	} {
		if rows[row] != want {
			t.Errorf("%s: %q, not %q", row, rows[row], want)
		}
	}
	delete(e.Population.Places, kumla)
	for _, c := range survey.Compute(e, 2021).Coverage {
		if c.By == "population" && c.Scope == survey.RespondingScope {
			t.Errorf("of children nobody counted: %+v", c)
		}
	}
}

func TestCoverageOfNobodyIsNotZero(t *testing.T) {
	raw, err := json.Marshal(survey.Compute(survey.Evidence{}, 2021))
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Response json.Number  `json:"response_percent"`
		Offering *json.Number `json:"offering_percent"`
		Previous *struct{}    `json:"previous"`
		Coverage []struct {
			Scope   string
			Percent *json.Number
		}
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	if r.Response != "0.00" || r.Offering != nil || r.Previous != nil || r.Coverage[0].Percent == nil || r.Coverage[2].Percent != nil {
		t.Errorf("an empty year: %s", raw)
	}
}

func TestAMunicipalitysOwnCoverage(t *testing.T) {
	p := survey.Population{Year: 2020, Country: 2_000_000, Places: map[events.Municipality]int{örebro: 27_006}, Source: "SCB"}
	for _, c := range survey.Own(örebro, 2021, 45, p, nil, 900) {
		switch got := fmt.Sprintf("%d %s %d", c.Scaled, c.Percent, c.Year); {
		case c.ID == "can-2019-affected" && got != "4321 1.04 2020", c.ID == survey.WhatIf && got != "900 5.00 0":
			t.Errorf("%s: %s", c.ID, got)
		}
	}
	if list := survey.Own(örebro, 2021, 45, survey.Population{}, nil); len(list) != 0 {
		t.Errorf("without a population: %+v", list)
	}
}

func TestNobodyIsDividedByNoChild(t *testing.T) {
	for _, tt := range []struct {
		name             string
		children, nation int
		reached          int
		rows             int // of the country's estimates
	}{
		{"half a child in need is one, and less is none", 10, 2_000_000, 5, 6},
		{"of fewer children most estimates come to none", 3, 2_000_000, 5, 2},
		{"where no child lives there is none", 0, 2_000_000, 5, 0},
		{"also where none was reached", 0, 2_000_000, 0, 0},
		{"more than live in the country live nowhere", 11, 10, 5, 0},
		{"nobody counted the country", 11, 0, 5, 0},
	} {
		p := survey.Population{Year: 2021, Country: tt.nation, Places: map[events.Municipality]int{örebro: tt.children}, Source: "SCB"}
		rows := survey.Own(örebro, 2021, tt.reached, p, []events.DenominatorStated{{Denominator: "tiny", Name: "Liten", Need: 1, Source: "X"}})
		for _, c := range rows {
			if c.Scaled < 1 {
				t.Errorf("%s: %+v", tt.name, c)
			}
		}
		if len(rows) != tt.rows {
			t.Errorf("%s: %d rows: %+v", tt.name, len(rows), rows)
		}
	}
	e := survey.Evidence{
		Answers:    []events.AnswerReceived{answered(örebro, 2021, 100)},
		Population: survey.Population{Year: 2021, Country: 10, Places: map[events.Municipality]int{örebro: 11}},
	}
	for _, c := range survey.Compute(e, 2021, 1).Coverage {
		if c.By == "population" && c.Scope != survey.AllScope || c.ScaledNeed == 0 && c.Percent != nil {
			t.Errorf("a share of more than all, or a percentage of nobody: %+v", c)
		}
	}
}

func TestHalvesGoUpOnce(t *testing.T) {
	for _, tt := range []struct {
		part, whole int
		want        string
	}{{232, 290, "80"}, {210, 232, "91"}, {194, 290, "67"}, {181, 194, "93"}, {1, 200, "1"}, {13_299, 20_000, "66"}, {1, 0, "–"}} {
		if got := survey.WholePercent(tt.part, tt.whole); got != tt.want {
			t.Errorf("%d of %d is %s, not %s", tt.part, tt.whole, got, tt.want)
		}
	}
}
