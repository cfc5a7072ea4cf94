package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"rackvidd/services/access"
)

// withChecks is an API whose survey of 2025 has these checks.
func withChecks(checks string) http.Handler {
	return answers(map[string]string{
		"GET municipalities/1880/surveys/2025?lang=sv":                               `{"year":2025,"form":"v3","state":"draft","position":7,"checks":[` + checks + `],"answers":[{"question":"Q1","status":"yes","computed":"yes"},{"question":"Q4","status":"number","value":3,"computed":3}]}`,
		"GET municipalities/1880/surveys/2025/checks/S07/sessions?limit=50&offset=0": `{"rule":"S07","position":7,"total":2,"sessions":[{"programme":"sputnik","form":"camp","held_on":"2025-03-04"},{"programme":"sputnik","form":"camp","held_on":"2025-03-05"}]}`,
	})
}

func TestACommentThatIsEmptiedOrNotChangedIsNotPassedOverInSilence(t *testing.T) {
	s := testSite(t)
	s.API = withChecks(`{"rule":"S07","severity":"warning","message":"x","comment":"Som det var"}`)
	h := s.handler()
	comment := func(typed string) *httptest.ResponseRecorder {
		return submit(h, "/municipalities/1880/surveys/2025/checks", access.BackOffice, url.Values{"key": {"x"}, "comment-S07": {typed}})
	}
	if w := comment(""); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "En kommentar kan inte tömmas") {
		t.Errorf("an emptied one is answered %d", w.Code)
	}
	w := comment("Som det var")
	saysAll(t, ask(h, "GET", w.Header().Get("Location"), access.BackOffice).Body.String(), "Inget är ändrat, så inget sparades.")
}

func TestCommentsAreSavedWhereACheckTakesOne(t *testing.T) {
	for severity, takes := range map[string]bool{"warning": true, "notice": false} {
		s := testSite(t)
		s.API = withChecks(`{"rule":"S07","severity":"` + severity + `","message":"x"}`)
		page := ask(s.handler(), "GET", "/municipalities/1880/surveys/2025/checks", access.BackOffice).Body.String()
		if got := strings.Contains(page, "Spara kommentarerna"); got != takes {
			t.Errorf("%s: there is a button: %v", severity, got)
		}
	}
}

func TestTheSessionsBehindACheckAreHeadedByWhatWasFoundAndSayHowItShouldBe(t *testing.T) {
	s := testSite(t)
	s.API = withChecks("")
	saysAll(t, ask(s.handler(), "GET", "/municipalities/1880/surveys/2025/checks/S07", access.BackOffice).Body.String(),
		"<h1>Träffarna bakom kontrollen: Närvarolistor saknas</h1>", "Så ska det vara: Alla träffar har en närvarolista.")
}

func TestWhatIsBehindAnAnswerIsWhatItWasComputedFrom(t *testing.T) {
	s := testSite(t)
	s.API = withChecks("")
	h := s.handler()
	for question, leads := range map[string]map[access.Role]string{
		"Q1": {access.BackOffice: "/programmes\"", access.Auditor: "/reach?definition="},
		"Q4": {access.BackOffice: "/surveys/2025/figures/children?position=7", access.Auditor: "/surveys/2025/figures/children?position=7"},
	} {
		for role, to := range leads {
			page := ask(h, "GET", "/municipalities/1880/surveys/2025/questions/"+question, role).Body.String()
			if !strings.Contains(page, `<a class="go" href="/municipalities/1880`+to) {
				t.Errorf("%s, %s: nothing leads to %s", question, role, to)
			}
		}
	}
}

func TestWhoeverMayReportGuestsIsLedThere(t *testing.T) {
	h := testSite(t).handler()
	for role, from := range map[access.Role]string{access.BackOffice: "reach", access.Coordinator: "groups"} {
		saysAll(t, ask(h, "GET", "/municipalities/1880/"+from, role).Body.String(), `href="/municipalities/1880/guests"`)
		saysAll(t, ask(h, "GET", "/municipalities/1880/guests", role).Body.String(), `<ol><li><a href="/municipalities/1880/`+from+`">`)
	}
}

func TestCoverageNamesWhatItIsAShareOfInTheReadersLanguage(t *testing.T) {
	s := testSite(t)
	s.API = answers(map[string]string{"GET municipalities/1880/reach?definition=reach%2Fv3&year=2025": `{"coverage":[{"denominator":"skl-2012","name":"Barn till föräldrar i vård","name_en":"Children of parents in treatment","need":5,"percent":20}]}`})
	h := s.handler()
	for lang, name := range map[string]string{swedish: "Barn till föräldrar i vård", english: "Children of parents in treatment"} {
		saysAll(t, ask(h, "GET", "/municipalities/1880/reach?year=2025", access.BackOffice, "Cookie", sessionCookie+"="+string(access.BackOffice)+"; "+languageCookie+"="+lang).Body.String(), name+` <span class="quiet">`)
	}
}

func TestADayAndOperationsSayHowNewTheyAre(t *testing.T) {
	h := testSite(t).handler()
	for path, role := range map[string]access.Role{"/municipalities/1880/": access.Coordinator, "/operations": access.Operations} {
		saysAll(t, ask(h, "GET", path, role).Body.String(), `class="fresh"`, `<a href="`+path+`">Uppdatera</a>`)
	}
}
