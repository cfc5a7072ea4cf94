package surveying_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/disclosure"
	"rackvidd/services/surveying"
)

// exact is a municipality's answers as they stay at home.
func exact(n, upper events.Amount) []events.SurveyAnswer {
	q4 := events.SurveyAnswer{Question: "Q4", Status: events.NumberAnswer, Basis: events.IntervalBasis, Value: n, Lower: n, Upper: upper, Computed: n + 1, Wording: wrote("secret")}
	if n == upper {
		q4.Basis = events.CountedBasis
	}
	if n == 0 {
		q4.Status = events.ZeroAnswer
	}
	return []events.SurveyAnswer{
		{Question: "Q1", Status: events.YesAnswer, Wording: wrote("secret")},
		{Question: "Q2", Status: events.ChoicesAnswer, Choices: []events.Choice{"ngo"}},
		{Question: "Q3", Status: events.ChoicesAnswer, Choices: []events.Choice{"camp"}},
		q4,
		{Question: "Q5", Status: events.ChoicesAnswer, Choices: []events.Choice{"school"}, Wording: wrote("secret")},
		{Question: "Q6", Status: events.ChoicesAnswer, Choices: []events.Choice{"funding"}},
		{Question: "Q7", Status: events.TextAnswer, Wording: wrote("secret")},
	}
}

func of(answers []events.SurveyAnswer, q events.Question) (a events.SurveyAnswer) {
	for _, a := range answers {
		if a.Question == q {
			return a
		}
	}
	return a
}

func TestWhatLeavesTheMunicipality(t *testing.T) {
	for _, c := range []struct {
		name         string
		value, upper events.Amount
		status       events.AnswerStatus
		tells        string // value, lower, upper
		withheld     bool
	}{
		{"nobody stays nobody", 0, 0, events.ZeroAnswer, "0 0–0", false},
		{"one is a band", 1, 1, events.SuppressedAnswer, "0 1–4", true},
		{"and so are four", 4, 4, events.SuppressedAnswer, "0 1–4", true},
		{"five are told", 5, 5, events.NumberAnswer, "5 5–5", false},
		{"forty-five too", 45, 45, events.NumberAnswer, "45 45–45", false},
		{"few with many nobody identified are up to many", 2, 81, events.SuppressedAnswer, "0 1–85", true},
		{"an interval is told", 45, 60, events.NumberAnswer, "45 45–60", false},
		{"that one was not identified is not told from five", 45, 46, events.NumberAnswer, "45 45–50", false},
		{"nor four", 45, 49, events.NumberAnswer, "45 45–50", false},
		{"and five look the same", 45, 50, events.NumberAnswer, "45 45–50", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := form(t, "v3").Released(exact(c.value, c.upper), surveying.Telling{})
			q4 := of(list, "Q4")
			if got := fmt.Sprintf("%d %d–%d", q4.Value, q4.Lower, q4.Upper); got != c.tells || q4.Status != c.status {
				t.Errorf("%s %s, want %s %s", q4.Status, got, c.status, c.tells)
			}
			for _, q := range []events.Question{"Q3", "Q5"} {
				if a := of(list, q); (a.Status == events.SuppressedAnswer) != c.withheld || (len(a.Choices) == 0) != c.withheld {
					t.Errorf("%s: %+v", q, a)
				}
			}
			for _, q := range []events.Question{"Q1", "Q2", "Q6"} {
				if of(list, q).Status == events.SuppressedAnswer {
					t.Errorf("%s says nothing of the children, and is withheld", q)
				}
			}
			if text := fmt.Sprintf("%+v", list); strings.Contains(text, "115 101 99 114 101 116") || of(list, "Q7").Question != "" { // "secret"
				t.Errorf("words left the house: %s", text)
			}
			for _, a := range list {
				if a.Computed != 0 || !a.Wording.IsZero() {
					t.Errorf("what was counted at home, or a text's name, left: %+v", a)
				}
			}
		})
	}
}

func TestNoReleaseTellsAFewApart(t *testing.T) {
	told := make(map[string]map[events.Amount]bool) // by what is released: what it can have been
	for n := events.Amount(1); n < surveying.Few; n++ {
		for upper := n; upper < 90; upper++ {
			release := fmt.Sprintf("%+v", form(t, "v3").Released(exact(n, upper), surveying.Telling{}))
			if told[release] == nil {
				told[release] = make(map[events.Amount]bool)
			}
			told[release][n] = true
		}
	}
	for release, can := range told {
		if len(can) < surveying.Few-1 {
			t.Errorf("%s can only have been %v", release, can)
		}
	}
	odd := exact(0, 0)
	odd[3].Upper = 3
	if q4 := of(form(t, "v3").Released(odd, surveying.Telling{}), "Q4"); q4.Upper != 0 {
		t.Errorf("zero tells of a few: %+v", q4)
	}
}

func TestAnUnknownNumberLeavesAsSuch(t *testing.T) {
	answers := exact(45, 45)
	answers[3] = events.SurveyAnswer{Question: "Q4", Status: events.UnknownAnswer, Wording: wrote("secret")}
	list := form(t, "v3").Released(answers, surveying.Telling{})
	if a := of(list, "Q4"); a.Status != events.UnknownAnswer || len(of(list, "Q3").Choices) != 1 {
		t.Errorf("%+v", list)
	}
}

func TestWhatWasCountedIsKnownBesideWhatWasGiven(t *testing.T) {
	given := exact(45, 60)
	given[3].Basis = events.EstimatedBasis
	for _, c := range []struct {
		answers         []events.SurveyAnswer
		number, counted int
		known           bool
	}{
		{exact(45, 45), 45, 45, true},
		{exact(45, 60), 45, 45, true},
		{exact(0, 0), 0, 0, true},
		{given, 45, 46, true},
		{[]events.SurveyAnswer{{Question: "Q4", Status: events.UnknownAnswer}}, 0, 0, false},
		{nil, 0, 0, false},
	} {
		n, known := form(t, "v3").NumberIn(c.answers)
		if counted := form(t, "v3").CountedIn(c.answers); n != c.number || known != c.known || counted != c.counted {
			t.Errorf("%d (%v), counted %d of %+v", n, known, counted, c.answers)
		}
	}
}

func TestTheNationalLevelReceivesWhatWasReleased(t *testing.T) {
	for _, c := range []struct {
		name  string
		value events.Amount
		want  events.AnswerReceived
	}{
		{"many", 45, events.AnswerReceived{
			Children: events.NumberAnswer, Basis: events.CountedBasis, Value: 45, Lower: 45, Upper: 45, Offers: "yes",
			Organisers: []events.Organiser{"ngo"}, Forms: []events.Form{"camp"}, Channels: []events.Channel{"school"}, Measures: []events.Choice{"funding"},
		}},
		{"few", 3, events.AnswerReceived{
			Children: events.SuppressedAnswer, Basis: events.CountedBasis, Lower: 1, Upper: 4, Offers: "yes", Withheld: []events.Question{"Q3", "Q5"},
			Organisers: []events.Organiser{"ngo"}, Measures: []events.Choice{"funding"},
		}},
		{"nobody", 0, events.AnswerReceived{
			Children: events.ZeroAnswer, Basis: events.CountedBasis, Offers: "yes",
			Organisers: []events.Organiser{"ngo"}, Forms: []events.Form{"camp"}, Channels: []events.Channel{"school"}, Measures: []events.Choice{"funding"},
		}},
	} {
		v3 := form(t, "v3")
		sub := submitted
		sub.Answers = exact(c.value, c.value)
		sub.Released = v3.Released(sub.Answers, surveying.Telling{})
		c.want.Year, c.want.Municipality, c.want.State, c.want.Form, c.want.Definition, c.want.Version, c.want.Origin = year, "1880", events.AnsweredState, "v3", "reach/v3", 1, events.FromLog
		if got := v3.Received("1880", sub); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", c.want) {
			t.Errorf("%s:\n%+v, want\n%+v", c.name, got, c.want)
		}
	}
}

func TestFormsAndChannelsOfFewAreWithheldWhateverNumberIsAnswered(t *testing.T) {
	v3 := form(t, "v3")
	for _, number := range []events.SurveyAnswer{
		{Question: "Q4", Status: events.NumberAnswer, Basis: events.EstimatedBasis, Value: 6, Lower: 6, Upper: 6, Computed: 2},
		{Question: "Q4", Status: events.UnknownAnswer},
		{Question: "Q4", Status: events.NotAnswered},
		{Question: "Q4", Status: events.ZeroAnswer, Basis: events.EnteredBasis},
	} {
		answers := []events.SurveyAnswer{number, {Question: "Q3", Status: events.ChoicesAnswer, Choices: []events.Choice{"camp"}}, {Question: "Q5", Status: events.ChoicesAnswer, Choices: []events.Choice{"police"}}}
		for _, a := range v3.Released(answers, surveying.Telling{Counted: 2}) {
			if len(a.Choices) > 0 {
				t.Errorf("two were counted, %s was answered, and this leaves: %+v", number.Status, a)
			}
		}
		for _, a := range v3.Released(answers, surveying.Telling{Counted: 8})[1:] {
			if len(a.Choices) != 1 {
				t.Errorf("eight were counted, and this is withheld: %+v", a)
			}
		}
	}
}

func TestANumberIsToldAsItMayBeAfterWhatWasReleasedBefore(t *testing.T) {
	v3 := form(t, "v3")
	counted := []events.SurveyAnswer{{Question: "Q4", Status: events.NumberAnswer, Basis: events.CountedBasis, Value: 37, Lower: 37, Upper: 37}}
	for way, want := range map[disclosure.Way]string{
		disclosure.Exact: "number 37 37–37", disclosure.Fives: "suppressed 0 33–37", disclosure.Tens: "suppressed 0 33–37",
		disclosure.AtLeast: "unknown 0 0–0 [Q4]", disclosure.Hidden: "unknown 0 0–0 [Q4]", disclosure.Merged: "unknown 0 0–0 [Q4]",
	} {
		sub := events.SurveySubmitted{Year: 2021, Released: v3.Released(counted, surveying.Telling{Counted: 37, Shown: &disclosure.Shown{Way: way, Lower: 33, Upper: 37}})}
		r := v3.Received("1880", sub)
		got := fmt.Sprintf("%s %d %d–%d", r.Children, r.Value, r.Lower, r.Upper)
		if len(r.Withheld) > 0 {
			got += fmt.Sprint(" ", r.Withheld)
		}
		if got != want {
			t.Errorf("%s: %s, not %s", way, got, want)
		}
	}
	for threshold, want := range map[int]string{0: "number", 3: "number", 10: "suppressed"} {
		answers := []events.SurveyAnswer{{Question: "Q4", Status: events.NumberAnswer, Basis: events.CountedBasis, Value: 6, Lower: 6, Upper: 6}}
		if a := v3.Released(answers, surveying.Telling{Counted: 6, Threshold: threshold})[0]; string(a.Status) != want {
			t.Errorf("with a threshold of %d six are told as %+v", threshold, a)
		}
	}
}

func TestTheNationalLevelReadsOurCodesWhateverAFormCallsThem(t *testing.T) {
	forms, err := surveying.LoadForms(definitions, surveying.BuiltIn(), folder("v4.yaml", v4))
	if err != nil {
		t.Fatal(err)
	}
	another, _ := forms.Named("v4")
	q, _ := another.About(surveying.Forms)
	sub := events.SurveySubmitted{Year: 2024, Released: []events.SurveyAnswer{{Question: q.ID, Status: events.ChoicesAnswer, Choices: []events.Choice{"talk"}}}}
	for _, f := range another.Received("1880", sub).Forms {
		if !slices.Contains(events.Form("").Codes(), string(f)) {
			t.Errorf("%s is no code of ours", f)
		}
	}
	if len(another.Received("1880", sub).Forms) == 0 {
		t.Error("nothing is told")
	}
}
