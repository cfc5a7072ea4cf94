package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"rackvidd/services/access"
)

func TestThePastReplaysTellWhichFiguresDifferedAndBothValues(t *testing.T) {
	s := testSite(t)
	past := func(rest string) string {
		return `{"recorded":9,"at":"2026-11-25T12:00:00Z","name":"Kim","reason":"Årets revision","from":"2025-01-01","to":"2025-12-31","definition":"reach/v3","position":8,` + rest + `}`
	}
	s.API = answers(map[string]string{"GET municipalities/1880/audit/replays/past?limit=20": `{"replays":[` + strings.Join([]string{
		past(`"differences":2,"differing":[{"path":"by_form[camp].children","read_model":2,"log":3},{"path":"by_channel[school].first","read_model":null,"log":1}]`),
		past(`"differences":1,"unknown":"text_erased"`),
		past(`"differences":4`),
		past(`"equal":true`),
	}, ",") + `]}`})
	page := ask(s.handler(), "GET", "/municipalities/1880/replay", access.Auditor).Body.String()
	saysAll(t, page,
		"2 tal skiljer sig", "<strong>Stödform (läger): olika barn</strong>: visades 2, loggen gav 3", "<strong>Kontaktväg (skolan): första remissen</strong>: visades saknas, loggen gav 1",
		"<p>(texten är raderad)</p>", "<p>Vilka sparades inte då.</p>")
	if n := strings.Count(page, "<details"); n != 3 {
		t.Errorf("%d replays tell what differed", n)
	}
}

func TestAPositionThatTheLogHasNotComeToIsSaidBesideItsField(t *testing.T) {
	s := testSite(t)
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			empty(w, r)
			return
		}
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = w.Write([]byte(`{"type":"` + problemType + `beyond_the_log","status":422,"detail":"the log has come to 9"}`))
	})
	r := httptest.NewRequest("POST", "/municipalities/1880/replay", strings.NewReader(url.Values{"what": {"replay"}, "position": {"99"}, "reason": {"an audit"}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: string(access.Auditor)})
	w := httptest.NewRecorder()
	s.handler().ServeHTTP(w, r)
	saysAll(t, w.Body.String(), `<a href="#position">Till och med händelse: Loggen når inte så långt.`, `value="99"`, `aria-invalid="true"`)
}
