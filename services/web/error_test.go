package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"rackvidd/services/access"
)

// TestWhatWasSentIsSentAgainFromAPageThatCannotShowItsForm has an API that not even reads: the form's page cannot be shown.
func TestWhatWasSentIsSentAgainFromAPageThatCannotShowItsForm(t *testing.T) {
	s := testSite(t)
	const group = "/municipalities/1880/groups/aaaaaaaaaaaaaaaaaaaaaaaaaa/series"
	sent := url.Values{"key": {"x"}, "from": {"2025-04-01"}, "skip": {"2025-04-08", "2025-04-15"}}
	for title, answered := range map[string]problem{
		"busy": {Status: http.StatusTooManyRequests}, "unavailable": {Status: http.StatusServiceUnavailable}, "not_yet": {Status: http.StatusServiceUnavailable, Type: problemType + "not_yet"},
	} {
		status := answered.Status
		s.API = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(answered)
		})
		for _, lang := range []string{swedish, english} {
			said := languages()[lang].text("error.sent")
			w := post(s.handler(), group, access.Coordinator, lang, sent)
			page := readPage(t, w.Body.String())
			if w.Code != status || w.Header().Get("Retry-After") != "7" || !strings.Contains(page.said, said) || !strings.Contains(page.said, languages()[lang].text("error."+title+".title")) {
				t.Errorf("%d, Retry-After %q: %s", w.Code, w.Header().Get("Retry-After"), page.said)
			}
			if !slices.ContainsFunc(page.forms, func(f pageForm) bool {
				again, _ := f.fill(false)
				return f.action == group && f.method == "post" && again.Encode() == sent.Encode()
			}) {
				t.Errorf("what was sent cannot be sent again: %+v", page.forms)
			}
			if asked := ask(s.handler(), "GET", "/municipalities/1880/groups", access.Coordinator, "Cookie", sessionCookie+"="+string(access.Coordinator)+"; "+languageCookie+"="+lang); asked.Code != status || strings.Contains(asked.Body.String(), said) {
				t.Errorf("a page that nothing was sent to: %d %s", asked.Code, asked.Body)
			}
		}
	}
	if w := post(s.handler(), group, access.Coordinator, swedish, url.Values{"password": {"häst batteri"}}); strings.Contains(w.Body.String(), "batteri") {
		t.Error("a password stands in the page")
	}
}

// TestWhatIsClosedForDamageIsToldWithWhomToTell has an API that answers nothing of a municipality until it is repaired.
func TestWhatIsClosedForDamageIsToldWithWhomToTell(t *testing.T) {
	s := testSite(t)
	s.API = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		_ = json.NewEncoder(w).Encode(problem{Status: http.StatusServiceUnavailable, Type: problemType + "damaged", Detail: "what is kept of 1880 is damaged"})
	})
	h := s.handler()
	cookies := func(lang string) []string {
		return []string{"Cookie", sessionCookie + "=" + string(access.BackOffice) + "; " + languageCookie + "=" + lang}
	}
	for lang, said := range map[string][]string{
		swedish: {"Uppgifterna är stängda", "stämmer inte med det som är signerat", "säg till den som sköter driften av Räckvidd"},
		english: {"These records are closed", "does not agree with what was signed", "tell whoever runs Räckvidd"},
	} {
		l := languages()[lang]
		pages := map[string]*httptest.ResponseRecorder{
			"a page":            ask(h, "GET", "/municipalities/1880/surveys/2025", access.BackOffice, cookies(lang)...),
			"a script":          ask(h, "GET", "/municipalities/1880/surveys/2025", access.BackOffice, append(cookies(lang), "Accept", "application/json")...),
			"what a form asked": post(h, "/municipalities/1880/surveys/2025/check", access.BackOffice, lang, url.Values{"key": {"k"}}),
		}
		for what, w := range pages {
			body := w.Body.String()
			if saysAll(t, body, said[1:]...); what != "a script" { // which is not told the title
				saysAll(t, body, said[0])
			}
			if w.Code != http.StatusServiceUnavailable {
				t.Errorf("%s is answered %d", what, w.Code)
			}
			for _, moment := range []string{l.text("error.unavailable.title"), l.text("error.sent"), l.text("error.again"), "om en liten stund", "in a moment"} {
				if strings.Contains(body, moment) {
					t.Errorf("%s is told %q", what, moment)
				}
			}
		}
		saysAll(t, pages["what a form asked"].Body.String(), l.text("error.damaged.sent"))
		f := &form{lang: l, Values: url.Values{}}
		if err := f.refused(&problem{Status: http.StatusServiceUnavailable, Type: problemType + "damaged"}, nil); err != nil || len(f.Errors) != 1 || f.Errors[0].Text != l.text("form.damaged") || f.later == nil {
			t.Errorf("a form that is shown again is told %v, %v", f.Errors, err)
		}
	}
}

func TestAFormOfAnotherRoleIsSentAgainOnceThatRoleIsChosen(t *testing.T) {
	const group = "/municipalities/1880/groups/aaaaaaaaaaaaaaaaaaaaaaaaaa/series"
	sent := url.Values{"key": {"x"}, "from": {"2025-04-01"}, "skip": {"2025-04-08", "2025-04-15"}}
	s := testSite(t)
	chosen := string(access.Auditor)
	s.Sessions = severally{roles: []access.Role{access.Auditor, access.Coordinator}, chosen: &chosen}
	for _, lang := range []string{swedish, english} {
		w := post(s.handler(), group, access.Coordinator, lang, sent)
		page := readPage(t, w.Body.String())
		if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), `href="/roles" target="_blank"`) || !strings.Contains(page.said, languages()[lang].text("error.role.title")) {
			t.Errorf("a form of another role: %d %s", w.Code, page.said)
		}
		if !slices.ContainsFunc(page.forms, func(f pageForm) bool {
			again, _ := f.fill(false)
			return f.action == group && again.Encode() == sent.Encode()
		}) {
			t.Errorf("a form of another role cannot be sent again: %+v", page.forms)
		}
	}
	if w := ask(s.handler(), "GET", group, access.Coordinator); w.Code != http.StatusNotFound {
		t.Errorf("a page of another role: %d", w.Code)
	}
}
