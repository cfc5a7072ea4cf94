package web

import (
	"net/http"
	"strings"
	"testing"

	"rackvidd/services/access"
	"rackvidd/services/surveying"
)

func TestWhatTheSurveyAsksIsToldWithWhatChangedAndWhatWasSubmitted(t *testing.T) {
	s := testSite(t)
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/surveys") {
			_, _ = w.Write([]byte(`{"surveys": [{"year": 2025, "form": "v3"}, {"year": 2024, "form": "v3", "submitted": 1}, {"year": 2014, "form": "v2", "submitted": 2}]}`))
			return
		}
		empty(w, r)
	})
	body := ask(s.handler(), "GET", "/municipalities/1880/surveys/definitions", access.BackOffice).Body.String()
	l := languages()[swedish]
	for _, f := range s.Forms {
		if !strings.Contains(body, l.text("definitions.questions", string(f.ID))) || !strings.Contains(body, `id="`+string(f.Definition)+`"`) {
			t.Errorf("form %s or its definition is not told", f.ID)
		}
	}
	for year, want := range map[string]int{"2025": 0, "2024": 1, "2014": 1} {
		if n := strings.Count(body, `/surveys/`+year+`"`); n != want {
			t.Errorf("%s is named %d times, not %d", year, n, want)
		}
	}
	if n := strings.Count(body, l.text("definitions.not_submitted")); n != len(s.Forms)-2 {
		t.Errorf("%d forms are said to be answered by nobody", n)
	}
}

func TestAQuestionIsComparedWithTheOneBeforeThatAskedForTheSame(t *testing.T) {
	say := func(s string) surveying.Text { return surveying.Text{SV: s, EN: s} }
	before := surveying.Form{Questions: []surveying.Question{
		{ID: "Q1", Asks: surveying.Offers, Text: say("Do you?")},
		{ID: "Q2", Asks: surveying.Forms, Text: say("How?"), Options: []surveying.Option{{Code: "camp", Text: say("camp")}, {Code: "other", Text: say("other")}}},
		{ID: "Q3", Asks: surveying.InWords, Text: say("Anything else?")},
	}}
	now := asking{Form: surveying.Form{Questions: []surveying.Question{
		{ID: "Q2", Asks: surveying.Offers, Text: say("Do you?")},
		{ID: "Q1", Asks: surveying.Forms, Text: say("How then?"), Options: []surveying.Option{{Code: "camp", Text: say("Camp")}, {Code: "school_health", Text: say("school")}}},
		{ID: "Q4", Asks: surveying.Children, Text: say("How many?")},
	}}}
	now.compare(before, surveying.English)
	offers, forms, children := now.Questions[0], now.Questions[1], now.Questions[2]
	if !offers.Same() || !children.New || children.Same() || forms.New || !forms.Reworded || strings.Join(forms.More, "") != "school" || strings.Join(forms.Fewer, "") != "other" {
		t.Errorf("%+v", now.Questions)
	}
	if len(now.Gone) != 1 || now.Gone[0].ID != "Q3" {
		t.Errorf("gone: %+v", now.Gone)
	}
}
