package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rackvidd/services/access"
	"rackvidd/services/surveying"
)

const (
	filesPage = "/municipalities/1880/surveys/2025/export"
	openData  = "/municipalities/1880/surveys/2025/open-data"
)

// ledgerOf is an API that something was released in.
func ledgerOf(releases string) http.Handler {
	const year = "municipalities/1880/surveys/2025"
	return answersOf(http.HandlerFunc(empty), map[string]string{
		"GET " + year + "?lang=sv&only=answers": `{"year":2025,"form":"v3","position":7}`,
		"GET " + year + "/releases":             `{"releases":[` + releases + `]}`,
		"GET municipalities/1880/programmes":    `{"programmes":[{"id":"sputnik","name":"=Sputnik"}]}`,
		"POST " + year + "/open-data":           `{"position":7,"figures":[]}`,
	})
}

func TestWhoeverMayPublishFindsOnTheFilesPageWhatThatIsAndWhatWasPublishedLast(t *testing.T) {
	s := testSite(t)
	s.API = ledgerOf("")
	h := s.handler()
	page := ask(h, "GET", filesPage, access.BackOffice).Body.String()
	saysAll(t, page, "Skyddade tal att publicera", "inget litet tal går att räkna fram", "kan inte tas tillbaka", "Inget är publicerat om det här året.", "Publicera skyddade tal</button>")
	if strings.Contains(page, openData) {
		t.Error("a file is offered of what was not published")
	}
	if w := ask(h, "GET", openData, access.BackOffice); w.Code != http.StatusSeeOther || w.Header().Get("Location") != filesPage {
		t.Errorf("what was not published leads to %d %s", w.Code, w.Header().Get("Location"))
	}
	if page := ask(h, "GET", filesPage, access.Auditor).Body.String(); strings.Contains(page, "ublicera") {
		t.Error("who may not publish is offered to")
	}
	s.API = ledgerOf(`{"time":"2026-01-07T12:00:00Z","purpose":"open_data","cells":[]},{"time":"2026-02-07T12:00:00Z","purpose":"survey","cells":[]}`)
	saysAll(t, ask(h, "GET", filesPage, access.BackOffice).Body.String(), "Senast publicerat: 7 januari 2026", `href="`+openData+`" download`)
}

func TestPublishingLeadsBackToTheFilesAndARefusalIsSaidThere(t *testing.T) {
	s := testSite(t)
	s.API = ledgerOf("")
	h := s.handler()
	if w := post(h, filesPage, access.BackOffice, swedish, url.Values{"key": {"k"}}); w.Code != http.StatusSeeOther || w.Header().Get("Location") != filesPage+"?done=published" {
		t.Errorf("it leads to %d %s", w.Code, w.Header().Get("Location"))
	}
	rest := s.API
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"type":"` + problemType + `unavailable"}`))
			return
		}
		rest.ServeHTTP(w, r)
	})
	w := post(h, filesPage, access.BackOffice, swedish, url.Values{"key": {"k"}})
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("a refusal is answered by %d", w.Code)
	}
	saysAll(t, w.Body.String(), languages()[swedish].text("form.later"), "Publicera skyddade tal</button>", `value="k"`)
}

func TestWhatWasPublishedLastIsATableInWords(t *testing.T) {
	s := testSite(t)
	sputnik := surveying.ProgrammeInLedger("sputnik")
	s.API = ledgerOf(`{"time":"2026-01-06T12:00:00Z","purpose":"open_data","cells":[{"cell":"2025/reach-v3/children","lower":1,"upper":1}]},
		{"time":"2026-01-07T12:00:00Z","purpose":"open_data","definition":"reach/v3","position":7,"cells":[
		{"cell":"2025/reach-v3/children","lower":43,"upper":47},{"cell":"2025/reach-v3/form/camp.v2","lower":1,"upper":4},{"cell":"2025/reach-v3/form/camp&support_group","lower":5,"upper":1000000},
		{"cell":"2025/reach-v3/channel/school","lower":7,"upper":7},{"cell":"2025/reach-v3/age/0-6.to.7-12","lower":8,"upper":12},{"cell":"2025/reach-v3/programme/` + sputnik + `","lower":9,"upper":9}]}`)
	w := ask(s.handler(), "GET", openData, access.BackOffice)
	if name := w.Header().Get("Content-Disposition"); name != `attachment; filename="open-data-1880-2025.csv"` {
		t.Errorf("the file is %s", name)
	}
	saysAll(t, w.Body.String(), "Öppna data om 2025", "7 januari 2026", "Olika barn;43;47\r\n", "Läger;1;4\r\n", "Läger + stödgrupp;5;okänt\r\n", "Första remissen: skolan;7;7\r\n", ", tillsammans;8;12\r\n", "'=Sputnik;9;9\r\n")
	if strings.Contains(w.Body.String(), "Olika barn;1;1") {
		t.Error("what was published before stands in the file")
	}
}
