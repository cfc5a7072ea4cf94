package web

import (
	"strings"
	"testing"

	"rackvidd/services/access"
)

func TestAChildsTimelineAsItWasKnownAndWhatHasChangedSince(t *testing.T) {
	s := testSite(t)
	child := strings.Repeat("a", 26)
	place := func(n, by, more string) string {
		return `{"id":"` + child + `-` + strings.Repeat(n, 13) + `","programme":"sputnik","form":"camp","enrolled_on":"2025-0` + by + `-01","recorded":{"name":"Robin","at":"2026-0` + by + `-02T11:00:00Z"}` + more + `}`
	}
	const cases = "GET municipalities/1880/cases/"
	s.API = answers(map[string]string{
		cases + child: `{"child":"` + child + `","enrolments":[` + place("a", "3", `,"ended_on":"2025-05-01","reason":"moved"`) + `,` + place("c", "4", "") + `]}`,
		cases + child + "?as_of=2026-03-31T21%3A59%3A59.999Z": `{"child":"` + child + `","enrolments":[` + place("a", "3", "") + `],"sessions":[{"id":"` + child + `","programme":"sputnik","form":"camp","held_on":"2025-03-10","state":"attended","recorded":{}}]}`,
		cases + child + "?as_of=2026-01-31T22%3A59%3A59.999Z": `{"child":"` + child + `"}`,
	})
	h := s.handler()
	read := func(day string) string {
		return ask(h, "GET", "/municipalities/1880/children/"+child+"/as-of?day="+day, access.Coordinator).Body.String()
	}
	page := read("2026-03-31")
	saysAll(t, page, "Som det var känt 31 mars 2026 23.59", "Har kommit till", "Stod då, men står inte så längre")
	_, changed, _ := strings.Cut(page, "Ändrat sedan dess")
	added, gone, _ := strings.Cut(changed, "Stod då")
	if !strings.Contains(added, "1 april 2025") || !strings.Contains(added, "1 maj 2025") || strings.Contains(added, "1 mars 2025") {
		t.Errorf("what has come since: %s", added)
	}
	if !strings.Contains(gone, "10 mars 2025") || strings.Contains(gone, "1 april 2025") {
		t.Errorf("what stood then: %s", gone)
	}
	saysAll(t, read("2026-01-31"), "Inget var registrerat om barnet då. Det första registrerades 2 mars 2026 12.00.")
	saysAll(t, read("nonsense"), "Ange en dag som har varit")
	const merge = `{"id":"m","child":"cmaaaaaaaaaaaaaaaaaaaaaaaa","kept":true,"recorded":{"name":"Kim","at":"2026-02-03T11:00:00Z"}`
	s.API = answers(map[string]string{
		cases + child: `{"child":"` + child + `","birth_year":2014,"merges":[` + merge + `,"undone":{"name":"Robin","at":"2026-04-05T11:00:00Z"}}]}`,
		cases + child + "?as_of=2026-03-31T21%3A59%3A59.999Z": `{"child":"` + child + `","merges":[` + merge + `}]}`,
	})
	page = read("2026-03-31")
	then, since, _ := strings.Cut(page, "Ändrat sedan dess")
	saysAll(t, then, "Född 2014.", "Sammanslagning", "barn cmaa är samma som det här och räknas som det", "Kim registrerade det 3 februari 2026")
	if strings.Contains(then, "<s>") || !strings.Contains(since, "<s>") {
		t.Errorf("a merge that was undone later: %s", withoutMenu(page))
	}
	saysAll(t, since, "Robin tog isär dem 5 april 2026")
	if strings.Contains(read(""), "Ändrat sedan dess") {
		t.Error("something is compared before a day is named")
	}
}
