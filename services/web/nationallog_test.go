package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"rackvidd/services/access"
)

func TestAuditorsSeeWhatTheNationalLogReceivedItsCheckpointAndWhatWasCompared(t *testing.T) {
	s := testSite(t)
	reads := map[string]string{
		"GET audit/received": `{"position":31,"older":28,"received":[
			{"position":31,"recorded_at":"2026-02-03T12:00:00Z","kind":"national.answer_received","municipality":"1880","district":"oster","year":2025,"version":2,"origin":"log"},
			{"position":30,"recorded_at":"2026-02-02T12:00:00Z","kind":"national.key_trusted"},
			{"position":29,"recorded_at":"2026-02-01T12:00:00Z","kind":"national.denominator_stated","denominator":"can-2019"}]}`,
		"GET audit/checkpoint":         "rackvidd.example/national\n31\nroot\n",
		"GET audit/verifications/past": `{"verifications":[{"municipality":"national","ended_at":"2026-02-04T12:00:00Z","position":31}]}`,
		"GET audit/findings":           `{"findings":[{"copy":"archive","file":"tile/0/000","position":17,"code":"other_message","problem":"x"}]}`,
		"GET audit/repairs":            `{"repairs":[{"number":1,"at":"2026-01-01T12:00:00Z","position":9,"root":"abc","state":"done","restored":["archive"]}]}`,
	}
	s.API = answers(reads)
	page := ask(s.handler(), "GET", "/national/log", access.Auditor).Body.String()
	saysAll(t, page,
		"Nationella loggen", "händelse 31", "<td>Svar på enkäten</td><td>Örebro, oster</td><td>2025</td><td>inlämnat här, Version 2</td>", "<td>Nyckel som gäller</td><td>en annan kommun</td>",
		"<td>Uppskattning av behovet</td><td>can-2019</td>", `href="/national/log?told=28#received"`, "rackvidd.example/national\n31\nroot", "4 februari 2026 13.00", "Allt stämde", "Lagning 1", "1 fel")
	if strings.Contains(page, "/municipalities//") {
		t.Error("it leads to a municipality that there is not")
	}
	rest := s.API
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/received") {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"status":503,"type":"urn:rackvidd:problem:unavailable"}`))
			return
		}
		rest.ServeHTTP(w, r)
	})
	saysAll(t, ask(s.handler(), "GET", "/national/log", access.Auditor).Body.String(), "Svar på enkäten", "Ingen kontrollsumma går att läsa", "Loggens kopior finns på en annan maskin")
}

func TestAnAuditorHasTheCopiesOfTheNationalLogComparedAndIsToldWhatCameOfIt(t *testing.T) {
	s := testSite(t)
	reads := map[string]string{"POST audit/verifications": `{}`}
	s.API = answers(reads)
	h := s.handler()
	const button = "Jämför alla kopior</button>"
	saysAll(t, ask(h, "GET", "/national/log", access.Auditor).Body.String(), button)
	if w := submit(h, "/national/log", access.Auditor, url.Values{"key": {"x"}}); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/national/log" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
	reads["GET audit/verifications"] = `{"verifications":[{"state":"going","copy":"stream","pass":2,"passes":4,"position":50,"until":100}]}`
	page := ask(h, "GET", "/national/log", access.Auditor).Body.String()
	saysAll(t, page, "Loggen jämförs (steg 2 av 4)", `data-progress="/national/log/progress"`, `data-ended="/national/log?done=verified#verified"`)
	if strings.Contains(page, button) {
		t.Error("it is compared, and can be begun again")
	}
	reads["GET audit/verifications"] = `{"verifications":[{"state":"done","ended_at":"2026-02-04T12:00:00Z","report":{"position":31,"root":"abc","whole":true}}]}`
	saysAll(t, ask(h, "GET", "/national/log?done=verified", access.Auditor).Body.String(), "Kopiorna är jämförda.", "Jämförelsen blev klar 4 februari 2026 13.00", "Alla kopior stämmer överens", "<code>abc</code>", button)
	reads["POST audit/verifications"] = `{"status":422,"type":"urn:rackvidd:problem:invalid_request","detail":"x"}`
	if w := submit(h, "/national/log", access.Auditor, url.Values{"key": {"x"}}); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), button) {
		t.Errorf("refused: %d", w.Code)
	}
}

func TestWhoeverListensWhenNothingIsComparedAnyMoreIsToldSoAtOnce(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.site.API = http.HandlerFunc(empty)
	for _, path := range []string{"/national/log/progress", "/municipalities/1880/replay/progress"} {
		status, lines := h.listen(t, path, access.Auditor)
		select {
		case line := <-lines:
			if status != http.StatusOK || line != "[]" {
				t.Errorf("%s: %d %q", path, status, line)
			}
		case <-time.After(30 * time.Second):
			t.Errorf("%s: a page that shows something that has ended waits for ever", path)
		}
	}
}
