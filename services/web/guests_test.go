package web

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rackvidd/services/access"
)

const (
	typo  = "taaaaaaaaaaaaaaaaaaaaaaaaa"
	right = "raaaaaaaaaaaaaaaaaaaaaaaaa"

	countedGuestsOf1880 = `{"guests":[
		{"id":"` + right + `","provider_municipality":"1882","programme":"smilla","form":"camp","held_on":"2025-06-10","children":9,"recorded":{"account":"aaaaaaaaaaaaaaaaaaaaaaaaaa","name":"Kim","at":"2025-06-12T10:00:00Z"}},
		{"id":"` + typo + `","provider_municipality":"1882","programme":"smilla","form":"camp","held_on":"2025-06-10","children":9000,"recorded":{"account":"aaaaaaaaaaaaaaaaaaaaaaaaaa","name":"Kim","at":"2025-06-11T10:00:00Z"},
			"withdrawn":{"reason":"entered_in_error","account":"aaaaaaaaaaaaaaaaaaaaaaaaaa","name":"Robin","at":"2025-06-12T09:00:00Z"}}],
		"older":{"to":"2025-06-10","after":"` + typo + `"}}`
)

func TestThePageOfGuestsListsWhatWasCountedAndWhatWasTakenBack(t *testing.T) {
	s := testSite(t)
	s.API = answers(map[string]string{"GET municipalities/1880/guests?limit=50": countedGuestsOf1880})
	for lang, says := range map[string][]string{
		swedish: {"Räknade gäster", "<strong>9 barn</strong>", "Askersund, smilla, läger", "Kim registrerade det", "<strong>9 000 barn</strong>", "Gäller inte längre: felskrivet", "Robin ändrade det", "Ta tillbaka"},
		english: {"Guests that were counted", "<strong>9 children</strong>", "Kim recorded it", "No longer holds", "Robin changed it", "Take back"},
	} {
		page := ask(s.handler(), "GET", "/municipalities/1880/guests", access.BackOffice, "Cookie", sessionCookie+"="+string(access.BackOffice)+"; "+languageCookie+"="+lang).Body.String()
		saysAll(t, page, says...)
		saysAll(t, page, `action="/municipalities/1880/guests/`+right+`/withdraw"`, `href="/municipalities/1880/guests?after=`+typo+`&amp;to=2025-06-10"`)
		if strings.Contains(page, typo+"/withdraw") || strings.Count(page, "<s>") != 1 {
			t.Errorf("what was taken back is not struck through, or can be taken back again: %s", page)
		}
	}
}

func TestThePageOfGuestsGoesOnWhereItsAddressSays(t *testing.T) {
	s := testSite(t)
	part := "?limit=50&to=2025-06-10"
	s.API = answers(map[string]string{
		"GET municipalities/1880/guests?after=" + typo + "&limit=50&to=2025-06-10": countedGuestsOf1880,
		"GET municipalities/1880/guests" + part:                                    `{"status":422}`,
	})
	h := s.handler()
	page := ask(h, "GET", "/municipalities/1880/guests?to=2025-06-10&after="+typo, access.Coordinator).Body.String()
	saysAll(t, page, "9 barn", `action="/municipalities/1880/guests/`+right+`/withdraw?after=`+typo+`&amp;to=2025-06-10"`)
	if code := ask(h, "GET", "/municipalities/1880/guests?to=2025-06-10", access.Coordinator).Code; code != http.StatusNotFound {
		t.Errorf("an address that nobody was given: %d", code)
	}
}

func TestACountOfGuestsIsTakenBackOnItsPage(t *testing.T) {
	s, asked, written, key := testSite(t), "", "", ""
	refusal := ""
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			_, _ = w.Write([]byte(countedGuestsOf1880))
			return
		}
		body, _ := io.ReadAll(r.Body)
		asked, written, key = r.URL.Path, string(body), r.Header.Get("Idempotency-Key")
		if refusal != "" {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(refusal))
			return
		}
		_, _ = w.Write([]byte(`{"position":7}`))
	})
	h, path := s.handler(), "/municipalities/1880/guests/"+right+"/withdraw"
	saysAll(t, ask(h, "GET", "/municipalities/1880/guests", access.Coordinator).Body.String(), `name="reason"><option value="">Välj<option`)
	w := submit(h, path, access.Coordinator, url.Values{"key": {"k"}, "reason": {""}})
	if saysAll(t, w.Body.String(), `<details open><summary>Ta tillbaka`, `id="reason-error"`, `<form method="post" action="/municipalities/1880/guests" class="card">`); written != "" {
		t.Errorf("without a reason %s was written", written)
	}
	w = submit(h, path, access.Coordinator, url.Values{"key": {"k"}, "reason": {"entered_in_error"}})
	if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || to != "/municipalities/1880/guests?at=7&done=withdrawn" {
		t.Errorf("it led to %d %s", w.Code, to)
	}
	if asked != "/api/v1/municipalities/1880/guests/"+right+"/withdraw" || written != `{"reason":"entered_in_error"}` || key == "" {
		t.Errorf("%s was asked %s with the key %q", asked, written, key)
	}
	refusal = `{"status":503,"type":"urn:rackvidd:problem:unavailable"}`
	w = submit(h, path, access.Coordinator, url.Values{"key": {"k"}, "reason": {"duplicate"}})
	saysAll(t, w.Body.String(), `<details open>`, `value="duplicate" selected`, `name="key" value="k"`)
}
