package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"rackvidd/services/access"
	"rackvidd/services/surveying"
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
		return submit(h, "/municipalities/1880/surveys/2025/checks", access.BackOffice, url.Values{"key": {"x"}, "was-comment-S07": {"Som det var"}, "comment-S07": {typed}})
	}
	if w := comment(""); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "En kommentar kan inte tömmas") {
		t.Errorf("an emptied one is answered %d", w.Code)
	}
	w := comment("Som det var")
	saysAll(t, ask(h, "GET", w.Header().Get("Location"), access.BackOffice).Body.String(), "Inget är ändrat, så inget sparades.")
}

// commented is an API whose survey of 2025 has warnings with these comments, and takes no answer to another version than it has.
type commented struct {
	comments map[string]string // by rule; "": none
	version  int
}

func (c *commented) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := strings.TrimPrefix(r.URL.Path, "/api/v1/municipalities/1880/surveys/2025"); {
	case path == "/answer" && r.Header.Get("If-Match") != fmt.Sprint(c.version):
		w.WriteHeader(http.StatusPreconditionFailed)
		_, _ = w.Write([]byte(`{"type":"urn:rackvidd:problem:stale","status":412}`))
	case path == "/answer":
		var body struct {
			Comments []struct{ Rule, Comment string }
		}
		_ = json.NewDecoder(r.Body).Decode(&body)
		for _, one := range body.Comments {
			c.comments[one.Rule] = one.Comment
		}
		c.version++
		_, _ = w.Write([]byte(`{"position":8}`))
	case path == "":
		var checks []string
		for _, rule := range slices.Sorted(maps.Keys(c.comments)) {
			check := map[string]any{"rule": rule, "severity": "warning", "message": "x"}
			if text := c.comments[rule]; text != "" {
				check["comment"] = text
			}
			written, _ := json.Marshal(check)
			checks = append(checks, string(written))
		}
		fmt.Fprintf(w, `{"year":2025,"form":"v3","state":"draft","position":7,"etag":"%d","checks":[%s]}`, c.version, strings.Join(checks, ","))
	default:
		empty(w, r)
	}
}

// commenting is what a browser sends of the form for comments on a page where nothing is written: its lines end in two characters.
func commenting(t *testing.T, page string) url.Values {
	t.Helper()
	for _, f := range readPage(t, page).forms {
		sent := url.Values{}
		for _, c := range f.controls {
			if c.kind == "hidden" || c.kind == "textarea" {
				sent.Set(c.name, strings.ReplaceAll(c.value, "\n", "\r\n"))
			}
		}
		if sent.Has("comment-S04") && !sent.Has(turning) {
			return sent
		}
	}
	t.Fatalf("the page has no form for comments: %s", page)
	return nil
}

func TestTwoPeopleCommentAndNeitherWritesOverWhatTheOtherWrote(t *testing.T) {
	const path = "/municipalities/1880/surveys/2025/checks"
	for says, c := range map[string]struct {
		before    string     // the comment on S04 that both are shown
		first     string     // what Bo writes there
		second    url.Values // what Anna writes upon the page that she opened before
		refused   []string   // what the page that she gets back says
		afterward string     // the comment on S04 once she has sent that page as it came
	}{
		"on another check":                           {"x", "y", url.Values{"comment-S07": {"z"}}, []string{">y</textarea>", `name="was-comment-S04" value="y"`}, "y"},
		"on another check, and this one had none":    {"", "y", url.Values{"comment-S07": {"z"}}, []string{">y</textarea>"}, "y"},
		"on the same check":                          {"x", "y", url.Values{"comment-S04": {"w"}, "comment-S07": {"z"}}, []string{"Någon annan har skrivit en annan kommentar", "Nu står det:</strong> y", ">w</textarea>"}, "w"},
		"on the same check, and it had none":         {"", "y", url.Values{"comment-S04": {"w"}, "comment-S07": {"z"}}, []string{"Någon annan har skrivit en annan kommentar", "Nu står det:</strong> y", ">w</textarea>"}, "w"},
		"the same on the same check":                 {"x", "y", url.Values{"comment-S04": {"y"}, "comment-S07": {"z"}}, []string{">y</textarea>"}, "y"},
		"on another check, and this one is of lines": {"x", "y\nyy", url.Values{"comment-S07": {"z"}}, []string{">y\nyy</textarea>"}, "y\nyy"},
	} {
		t.Run(says, func(t *testing.T) {
			s, api := testSite(t), &commented{comments: map[string]string{"S04": c.before, "S07": ""}, version: 1}
			s.API = api
			h := s.handler()
			bo := commenting(t, ask(h, "GET", path, access.BackOffice).Body.String())
			anna := commenting(t, ask(h, "GET", path, access.BackOffice).Body.String())
			bo.Set("comment-S04", c.first)
			if w := submit(h, path, access.BackOffice, bo); w.Code != http.StatusSeeOther || api.comments["S04"] != c.first {
				t.Fatalf("Bo's comment is answered %d, and %q stands", w.Code, api.comments)
			}
			maps.Copy(anna, c.second)
			w := submit(h, path, access.BackOffice, anna)
			if w.Code != http.StatusUnprocessableEntity || api.comments["S04"] != c.first || api.comments["S07"] != "" {
				t.Fatalf("Anna's comment is answered %d, and %q stands", w.Code, api.comments)
			}
			saysAll(t, w.Body.String(), c.refused...)
			if strings.Contains(w.Body.String(), "En kommentar kan inte tömmas") {
				t.Error("she is told that she emptied a comment")
			}
			w = submit(h, path, access.BackOffice, commenting(t, w.Body.String()))
			if w.Code != http.StatusSeeOther || api.comments["S04"] != c.afterward || api.comments["S07"] != "z" {
				t.Errorf("sent again it is answered %d, and %q stands", w.Code, api.comments)
			}
		})
	}
}

func TestACommentOfSeveralLinesIsTheSameHoweverTheyEnd(t *testing.T) {
	s, api := testSite(t), &commented{comments: map[string]string{"S04": "one\ntwo", "S07": "one\r\ntwo"}, version: 1}
	s.API = api
	h, path := s.handler(), "/municipalities/1880/surveys/2025/checks"
	sent := commenting(t, ask(h, "GET", path, access.BackOffice).Body.String())
	sent.Set("comment-S04", "three")
	if w := submit(h, path, access.BackOffice, sent); w.Code != http.StatusSeeOther || api.comments["S04"] != "three" || api.comments["S07"] != "one\r\ntwo" {
		t.Errorf("%d, and %q stands", w.Code, api.comments)
	}
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

func TestTheReasonForWhichASurveyWasSentBackIsSaidUntilItIsSubmitted(t *testing.T) {
	for what, want := range map[string]string{"draft": "returned", "approved": "returned", "submitted": "", "amended": "amended"} {
		s := &survey{}
		s.Steps = []surveying.Step{{What: "checked"}, {What: "returned"}}
		switch what {
		case "approved":
			s.Steps = append(s.Steps, surveying.Step{What: "checked"}, surveying.Step{What: "approved"})
		case "submitted":
			s.Steps = append(s.Steps, surveying.Step{What: "submitted"})
		case "amended":
			s.Steps = append(s.Steps, surveying.Step{What: "submitted"}, surveying.Step{What: "amended"})
		}
		if got := s.Reopened(); got != want {
			t.Errorf("%s: %q, not %q", what, got, want)
		}
	}
}
