package web

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rackvidd/services/access"
)

func TestAQuestionOfChoicesCanBeLeftUnanswered(t *testing.T) {
	s := testSite(t)
	survey := func(q2 string) map[string]string {
		return map[string]string{"GET municipalities/1880/surveys/2013?lang=sv": `{"year":2013,"form":"v2","state":"draft","answers":[{"question":"Q1","status":"no","given":true},` + q2 +
			`,{"question":"Q4","status":"zero","value":0,"computed":0},{"question":"Q7","status":"not_answered"}]}`}
	}
	const button, year = `value="not_answered"`, "/municipalities/1880/surveys/2013"
	var sent []string
	s.API = answersOf(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body)
			sent = append(sent, string(body))
		}
		empty(w, r)
	}), survey(`{"question":"Q2","status":"choices","choices":["municipality"],"computed":["municipality"]}`))
	for question, can := range map[string]bool{"Q2": true, "Q3": true, "Q5": true, "Q6": true, "Q1": false, "Q4": false, "Q7": false} {
		if page := ask(s.handler(), "GET", year+"/questions/"+question, access.BackOffice).Body.String(); strings.Contains(page, button) != can {
			t.Errorf("%s can be left unanswered: %v", question, !can)
		}
	}
	w := submit(s.handler(), year+"/questions/Q2", access.BackOffice, url.Values{"key": {"k"}, "kind": {"organisers"}, "choices": {"municipality"}, "answer": {"not_answered"}})
	if w.Code != http.StatusSeeOther || len(sent) != 1 || !strings.Contains(sent[0], `"status":"not_answered"`) || strings.Contains(sent[0], "choices") {
		t.Errorf("%d: %v", w.Code, sent)
	}
	s.API = answersOf(http.HandlerFunc(empty), survey(`{"question":"Q2","status":"not_answered","given":true,"computed":["municipality"]}`))
	saysAll(t, ask(s.handler(), "GET", year, access.BackOffice).Body.String(), "3 av 6 frågor är klara")
}
