package web

import (
	"net/http"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/access"
)

func TestAMissingRegisterWaitsAsLongAsASurveyAsksAboutIt(t *testing.T) {
	for today, since := range map[events.Day]events.Day{
		events.Date(2026, 1, 2):   events.Date(2025, 1, 1),
		events.Date(2026, 6, 30):  events.Date(2025, 1, 1),
		events.Date(2026, 7, 1):   events.Date(2026, 1, 1),
		events.Date(2026, 12, 31): events.Date(2026, 1, 1),
	} {
		if got := askedSince(today); got != since {
			t.Errorf("on %s they are listed since %s, not %s", today, got, since)
		}
	}
}

func TestARegisterThatWasBegunOnAnotherDayIsStillAskedFor(t *testing.T) {
	s := testSite(t)
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); strings.HasSuffix(r.URL.Path, "/sessions") && q.Get("unfinished") == "true" {
			_, _ = w.Write([]byte(`{"sessions":[{"id":"aaaaaaaaaaaaaaaaaaaaaaaaaa","programme":"sputnik","form":"support_group","held_on":"` + q.Get("to") + `","attended":2,"absent":1,"unmarked":6}]}`))
			return
		}
		empty(w, r)
	})
	saysAll(t, ask(s.handler(), "GET", "/municipalities/1880/", access.Coordinator).Body.String(), "Närvaro saknas", "Fyll i resten: 3 av 9 ifyllda", `href="/municipalities/1880/sessions/aaaaaaaaaaaaaaaaaaaaaaaaaa"`)
}

func TestADayCountsTheChildrenThatNobodyIdentified(t *testing.T) {
	s := testSite(t)
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); strings.HasSuffix(r.URL.Path, "/sessions") && q.Get("unfinished") == "" {
			_, _ = w.Write([]byte(`{"sessions":[{"id":"aaaaaaaaaaaaaaaaaaaaaaaaaa","programme":"sputnik","form":"support_group","held_on":"` + q.Get("from") + `","attended":1,"unidentified":4}]}`))
			return
		}
		empty(w, r)
	})
	saysAll(t, ask(s.handler(), "GET", "/municipalities/1880/", access.Coordinator).Body.String(), "5 barn här")
}

func TestACoordinatorOfSomeProgrammesIsToldWhoBringsAFileIn(t *testing.T) {
	w := ask(testSite(t).handler(), "GET", "/municipalities/1880/import", access.Coordinator)
	if body := w.Body.String(); !strings.Contains(body, languages()[swedish].text("import.ask")) || strings.Contains(body, `type="file"`) {
		t.Errorf("%d: %s", w.Code, withoutMenu(body))
	}
}
