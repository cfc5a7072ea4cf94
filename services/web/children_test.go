package web

import (
	"net/http"
	"strings"
	"testing"

	"rackvidd/services/access"
)

func TestATimelineSaysOfEveryLineWhoRecordedItAndWhen(t *testing.T) {
	s := testSite(t)
	const kim = `"at":"2025-03-04T12:00:00Z","account":"cmaaaaaaaaaaaaaaaaaaaaaaaa","name":"Kim"`
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/cases/") {
			empty(w, r)
			return
		}
		_, _ = w.Write([]byte(`{"child":"aeaaaaaaaaaaaaaaaaaaaaaaaa","label":"Bo","birth_year":2014,
			"merges":[{"id":"m","child":"cmaaaaaaaaaaaaaaaaaaaaaaaa","recorded":{` + strings.ReplaceAll(kim, "Kim", "Ira") + `},"undone":{` + strings.ReplaceAll(kim, "Kim", "Eli") + `}}],
			"referrals":[{"id":"1","channel":"school","received_on":"2025-03-01","recorded":{` + kim + `},"outcome":"accepted","closed_on":"2025-03-02","closing":"2","closing_recorded":{` + strings.ReplaceAll(kim, "Kim", "Alex") + `}}],
			"enrolments":[{"id":"3","programme":"sputnik","form":"camp","enrolled_on":"2025-03-03","recorded":{` + strings.Replace(kim, `,"name":"Kim"`, "", 1) + `}}],
			"sessions":[{"id":"aeaaaaaaaaaaaaaaaaaaaaaaaa","held_on":"2025-03-04","state":"attended","recorded":{` + strings.ReplaceAll(kim, "Kim", "Noa") + `}}],
			"struck":[{"kind":"referral","day":"2025-03-05","struck_at":"2025-03-06T12:00:00Z","struck_by":"cmaaaaaaaaaaaaaaaaaaaaaaaa","struck_name":"Mio","reason":"other"}]}`))
	})
	page := ask(s.handler(), "GET", "/municipalities/1880/children/aeaaaaaaaaaaaaaaaaaaaaaaaa", access.Coordinator).Body.String()
	for _, said := range []string{"Kim registrerade det 4 mars 2025", "Alex registrerade det", "Någon annan registrerade det", "Noa registrerade det", "Mio ändrade det 6 mars 2025", "Född 2014.", "barnet är samma som barn cmaa", "Ira registrerade det", "Eli tog isär dem 4 mars 2025"} {
		if !strings.Contains(page, said) {
			t.Errorf("the page does not say %q:\n%s", said, withoutMenu(page))
		}
	}
}
