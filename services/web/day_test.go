package web

import (
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

func TestACoordinatorOfSomeProgrammesIsToldWhoBringsAFileIn(t *testing.T) {
	w := ask(testSite(t).handler(), "GET", "/municipalities/1880/import", access.Coordinator)
	if body := w.Body.String(); !strings.Contains(body, languages[swedish].text("import.ask")) || strings.Contains(body, `type="file"`) {
		t.Errorf("%d: %s", w.Code, withoutMenu(body))
	}
}
