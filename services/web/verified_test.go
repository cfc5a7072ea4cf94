package web

import (
	"net/http"
	"strings"
	"testing"

	"rackvidd/services/access"
)

// answers is an API that gives what is written for a path and its query, and nothing for any other.
func answers(written map[string]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := written[r.Method+" "+strings.TrimPrefix(r.URL.RequestURI(), "/api/v1/")]
		if !ok {
			empty(w, r)
			return
		}
		if strings.Contains(text, `"status":422`) {
			w.WriteHeader(http.StatusUnprocessableEntity)
		}
		_, _ = w.Write([]byte(text))
	})
}

// saysAll demands texts of a page.
func saysAll(t *testing.T, page string, all ...string) {
	t.Helper()
	page = strings.ReplaceAll(page, "\u00a0", " ")
	for _, one := range all {
		if !strings.Contains(page, one) {
			t.Errorf("the page does not say %q", one)
		}
	}
}

func TestOperationsSayWhenEachLogWasComparedAndWhereThatIsTooLongAgo(t *testing.T) {
	s := testSite(t)
	s.API = answers(map[string]string{
		"GET /readyz": `{"status":"ready","archives":[{"municipality":"1880"},{"municipality":"1881"},{"municipality":"1814"}]}`,
		"GET verifications/latest": `{"logs":[
			{"municipality":"1814","overdue":true},
			{"municipality":"1880","asked":{"line":9,"municipality":"1880","account":"` + strings.Repeat("a", 26) + `","name":"Robin","ended_at":"2026-11-25T12:00:00Z","findings":2},"scrubbed":{"line":8,"municipality":"1880","ended_at":"2027-11-25T11:00:00Z"}},
			{"municipality":"1881","overdue":true,"scrubbed":{"line":3,"municipality":"1881","ended_at":"2026-11-01T11:00:00Z"}}]}`,
		"GET verifications?log=1880": `{"older":7,"verifications":[{"municipality":"1880","account":"` + strings.Repeat("a", 26) + `","name":"Robin","ended_at":"2026-11-25T12:00:00Z","year":2025,"position":12},{"municipality":"1880","ended_at":"2026-11-25T11:00:00Z","findings":3}]}`,
	})
	h := s.handler()
	saysAll(t, ask(h, "GET", "/operations", access.Operations).Body.String(),
		"1 av 3 loggar har jämförts", "1 jämfördes för länge sedan", "Längst är det för Kumla: 1 november 2026 12.00", "1 har inte jämförts ännu", "se i programmets logg varför",
		"Senast på begäran: 25 november 2026 13.00, Örebro (Robin) <span class=\"tag bad\">2 fel", "Senast av sig själv: 25 november 2027 12.00, Örebro",
		`<a href="/operations/verifications?log=1880">25 november 2026 13.00</a>`, "För länge sedan", "Inte ännu")
	saysAll(t, ask(h, "GET", "/operations/verifications?log=1880", access.Operations).Body.String(),
		"Alla kopior och talen för 2025", "Robin", "Allt stämde", "av sig själv", "3 fel", "/operations/verifications?before=7&amp;log=1880")
}

func TestOperationsSayWhoseGuestsAreNotToldOf(t *testing.T) {
	s := testSite(t)
	s.API = answers(map[string]string{"GET /readyz": `{"status":"degraded","guests":[{"municipality":"1880","position":41,"since":"2026-11-25T12:00:00Z","why":"nobody is at home"}]}`})
	saysAll(t, ask(s.handler(), "GET", "/operations", access.Operations).Body.String(),
		"Gäster som hemkommunen inte har fått veta om", "<h3>Örebro</h3>", "efter händelse 41", "sedan 25 november 2026 13.00", `lang="en">nobody is at home`, "Programmet försöker igen hela tiden")
}

func TestOperationsSayWhichListsForErasureAreNotKeptUp(t *testing.T) {
	s := testSite(t)
	s.API = answers(map[string]string{"GET /readyz": `{"status":"degraded","lists":[{"municipality":"1880","made":"2026-11-25T12:00:00Z"}]}`})
	saysAll(t, ask(s.handler(), "GET", "/operations", access.Operations).Body.String(),
		"Gallringslistor som inte har hållits aktuella", "<h3>Örebro</h3>", "gjordes senast 25 november 2026 13.00", "Ingen raderas för tidigt", "Programmets logg säger")
}

func TestOperationsSayWhichListsForErasureWereNeverMade(t *testing.T) {
	s := testSite(t)
	s.API = answers(map[string]string{"GET /readyz": `{"status":"degraded","lists":[{"municipality":"1880","decided":"2026-11-25T12:00:00Z"}]}`})
	page := ask(s.handler(), "GET", "/operations", access.Operations).Body.String()
	saysAll(t, page, "<h3>Örebro</h3>", "beslutad sedan 25 november 2026 13.00", "har aldrig gjorts")
	if strings.Contains(page, "gjordes senast") {
		t.Error("a list that was never made is told to have been")
	}
}

func TestOperationsSayWhyListsForErasureCannotBeRead(t *testing.T) {
	for why, says := range map[string]string{"vault_too_old": "Uppgradera det.", "no_answer": "kom inte i tid", "failed": "Programmets logg säger varför."} {
		s := testSite(t)
		s.API = answers(map[string]string{"GET /readyz": `{"status":"degraded","parts":{"lists":{"status":"down","why":"` + why + `"}}}`})
		saysAll(t, ask(s.handler(), "GET", "/operations", access.Operations).Body.String(), "<strong>Gallringslistorna</strong>", "Svarar inte", says)
	}
}

func TestAnAuditorSeesWhatWasComparedAndRepairedAndWhatIsDamaged(t *testing.T) {
	s := testSite(t)
	s.API = answers(map[string]string{
		"GET municipalities/1880/audit/verifications/past": `{"older":7,"verifications":[{"municipality":"1880","ended_at":"2026-11-25T11:00:00Z","position":12,"findings":3}]}`,
		"GET municipalities/1880/audit/findings":           `{"findings":[{"municipality":"1880","copy":"archive","file":"tile/0/000","position":7,"problem":"in English"}]}`,
		"GET municipalities/1880/audit/repairs": `{"whole":true,"findings":[],"repairs":[
			{"number":1,"by":"` + strings.Repeat("a", 26) + `","at":"2026-11-20T11:00:00Z","position":9,"root":"abc","state":"done","restored":["stream from the archive"],"findings":[{"copy":"stream","position":5,"problem":"in English"}]},
			{"number":2,"by":"` + strings.Repeat("a", 26) + `","at":"2026-11-21T11:00:00Z","position":11,"root":"def","state":"begun","restored":[],"findings":[]}]}`,
	})
	page := ask(s.handler(), "GET", "/municipalities/1880/verifications", access.Auditor).Body.String()
	saysAll(t, page, `<a href="#findings">`, "3 fel", "av sig själv", `<a href="/municipalities/1880/log/7">`, "/municipalities/1880/verifications?before=7",
		"Lagning 1, 20 november 2026 12.00", "stream from the archive", "Det som hittades före: 1 fel", "Påbörjad", "Inget behövde lagas", "ingen saknas")
	if strings.Index(page, "Lagning 2") > strings.Index(page, "Lagning 1,") {
		t.Error("the latest repair is not the first")
	}
	s.API = answers(map[string]string{"GET municipalities/1880/audit/repairs": `{"findings":[{"copy":"record","file":"x","problem":"in English"}]}`})
	page = ask(s.handler(), "GET", "/municipalities/1880/verifications", access.Auditor).Body.String()
	saysAll(t, page, "Ingen jämförelse är antecknad", "Inget, så vitt någon jämförelse har visat", "Inget har lagats", "är ändrad eller saknas")
}
