package web

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"rackvidd/services/access"
)

const holder = "aaaaaaaaaaaaaaaaaaaaaaaaaa"

// tokenSite is a site whose one account has a login, and what tokens the API was asked for.
func tokenSite(t *testing.T, login, tokens string) (h http.Handler, asked *[]map[string]any) {
	t.Helper()
	s := testSite(t)
	s.Clock = func() time.Time { return time.Date(2026, 3, 31, 22, 30, 0, 0, time.UTC) } // April has begun in Sweden
	reads := answers(map[string]string{
		"GET accounts":                 `{"accounts":[{"id":"` + holder + `","name":"Kim"}]}`,
		"GET logins":                   `{"logins":[{"account":"` + holder + `","name":"kim",` + login + `}]}`,
		"GET tokens?account=" + holder: `{"tokens":[` + tokens + `]}`,
		"GET tokens":                   `{"tokens":[` + tokens + `]}`,
	})
	asked = new([]map[string]any)
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			var body map[string]any
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				t.Error(err)
			}
			*asked = append(*asked, body)
			_, _ = w.Write([]byte(`{"secret":"rv_shown"}`))
			return
		}
		reads.ServeHTTP(w, r)
	})
	return s.handler(), asked
}

const twoTowns = `"roles":["administrator","back_office","coordinator"],"municipalities":["1880","1881"],"programmes":["lanterna","sputnik"]`

func TestAFormForATokenBeginsWithAllThatTheLoginMayDoAndALastDayAYearAhead(t *testing.T) {
	h, _ := tokenSite(t, twoTowns, "")
	page := readPage(t, ask(h, "GET", "/users/"+holder+"/tokens/new", access.Administrator).Body.String())
	for name, values := range map[string][]string{"roles": {"back_office", "coordinator"}, "municipalities": {"1880", "1881"}, "programmes": {"lanterna", "sputnik"}, "last_day": {"2027-04-01"}} {
		for _, value := range values {
			if !page.has(name, value) {
				t.Errorf("%s has not %s", name, value)
			}
		}
	}
	if page.has("roles", "administrator") || strings.Contains(page.said, "Administratör") {
		t.Error("a token is offered the role of an administrator")
	}
}

func TestATokenIsNarrowedToFewerRolesAMunicipalityAProgrammeAndALastDay(t *testing.T) {
	h, asked := tokenSite(t, twoTowns, "")
	w := submit(h, "/users/"+holder+"/tokens/new", access.Administrator, url.Values{
		"key": {"x"}, "roles": {"coordinator"}, "municipalities": {"1881"}, "programmes": {"sputnik"}, "last_day": {"2026-10-24"},
	})
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "rv_shown") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	got, _ := json.Marshal(*asked)
	// The last day ends at midnight in Sweden, in summer time.
	if want := `[{"expires_at":"2026-10-25T00:00:00+02:00","municipalities":["1881"],"programmes":["sputnik"],"roles":["coordinator"]}]`; string(got) != want {
		t.Errorf("the API is asked for %s", got)
	}
}

func TestATokenOfWhoeverMayDoEverythingIsNarrowedByWritingWhatItIsFor(t *testing.T) {
	h, asked := tokenSite(t, `"roles":["auditor","coordinator"],"everywhere":true,"programmes":["*"]`, "")
	sent := url.Values{"key": {"x"}, "roles": {"auditor", "coordinator"}, "where": {"some"}, "municipalities": {"1880, 1881"}, "programmes": {"sputnik lanterna"}, "last_day": {"2026-04-01"}}
	submit(h, "/users/"+holder+"/tokens/new", access.Administrator, sent)
	everywhere := maps.Clone(sent)
	everywhere["where"], everywhere["roles"] = []string{"everywhere"}, []string{"auditor"}
	submit(h, "/users/"+holder+"/tokens/new", access.Administrator, everywhere)
	got, _ := json.Marshal(*asked)
	want := `[{"expires_at":"2026-04-02T00:00:00+02:00","municipalities":["1880","1881"],"programmes":["sputnik","lanterna"],"roles":["auditor","coordinator"]},` +
		`{"everywhere":true,"expires_at":"2026-04-02T00:00:00+02:00","roles":["auditor"]}]`
	if string(got) != want {
		t.Errorf("the API is asked for %s", got)
	}
}

func TestATokenForMoreThanTheLoginOrForADayThatHasPassedIsRefusedBesideItsField(t *testing.T) {
	h, asked := tokenSite(t, twoTowns, "")
	right := url.Values{"key": {"x"}, "roles": {"coordinator"}, "municipalities": {"1880"}, "programmes": {"sputnik"}, "last_day": {"2026-04-01"}}
	for _, wrong := range []struct{ field, value, says string }{
		{"roles", "auditor", "Nyckeln kan inte få mer än kontot får."},
		{"roles", "administrator", "Nyckeln kan inte få mer än kontot får."},
		{"municipalities", "1885", "Nyckeln kan inte få mer än kontot får."},
		{"programmes", "*", "Nyckeln kan inte få mer än kontot får."},
		{"programmes", "", "Välj minst ett."},
		{"roles", "", "Välj minst ett."},
		{"last_day", "2026-03-31", "Dagen har varit."},
		{"last_day", "aldrig", "Skriv en dag som finns"},
	} {
		sent := maps.Clone(right)
		sent[wrong.field] = []string{wrong.value}
		if wrong.value == "" {
			delete(sent, wrong.field)
		}
		w := submit(h, "/users/"+holder+"/tokens/new", access.Administrator, sent)
		_, said, _ := strings.Cut(w.Body.String(), `id="`+wrong.field+`-error">`)
		if w.Code != http.StatusUnprocessableEntity || !strings.HasPrefix(said, wrong.says) {
			t.Errorf("%s %q: %d, %.60q", wrong.field, wrong.value, w.Code, said)
		}
	}
	if len(*asked) > 0 {
		t.Errorf("the API is asked for %v", *asked)
	}
}

func TestTheListOfTokensSaysWhatEachMayDoUntilWhenAndWhenItWasUsed(t *testing.T) {
	h, _ := tokenSite(t, twoTowns, `
		{"id":"baaaaaaaaaaaaaaaaaaaaaaaaa","roles":["back_office","coordinator"],"municipalities":["1880","1881"],"programmes":["sputnik"],"expires_at":"2026-10-24T22:00:00Z","last_used":"2026-03-30"},
		{"id":"caaaaaaaaaaaaaaaaaaaaaaaaa","roles":["auditor"],"everywhere":true,"expires_at":"2026-03-31T22:30:00Z"},
		{"id":"daaaaaaaaaaaaaaaaaaaaaaaaa","roles":["coordinator"],"municipalities":["1880"],"programmes":["*"],"expires_at":"2027-03-31T10:15:00Z","revoked_at":"2026-03-01T10:00:00Z"}`)
	page := ask(h, "GET", "/users/"+holder, access.Administrator).Body.String()
	saysAll(t, page,
		"<td>Kansli, Samordnare</td><td>Örebro, Kumla<br>", ">sputnik</span>", "till och med 24 oktober 2026", "<td>30 mars 2026</td>",
		"<td>Revisor</td><td>Överallt</td>", "<td>Aldrig</td>", ">Har gått ut</span>", "alla verksamheter", "till 31 mars 2027 12.15", ">Återkallad</span></td>")
	if n := strings.Count(page, "/revoke"); n != 2 {
		t.Errorf("%d tokens can be revoked, not the two that are not", n)
	}
}

func TestATokenThatMayLessThanItWasMadeForSaysSoAndWhatIsLeft(t *testing.T) {
	of := `"account":"` + holder + `","expires_at":"2026-10-24T22:00:00Z",`
	h, _ := tokenSite(t, twoTowns, `
		{"id":"baaaaaaaaaaaaaaaaaaaaaaaaa",`+of+`"roles":["back_office","coordinator"],"municipalities":["1880","1881"],"programmes":["*"],"now":{"roles":["coordinator"],"municipalities":["1880"],"programmes":["lanterna","sputnik"]}},
		{"id":"caaaaaaaaaaaaaaaaaaaaaaaaa",`+of+`"roles":["auditor","coordinator"],"everywhere":true,"programmes":["sputnik"],"now":{"roles":["auditor","coordinator"],"everywhere":true,"municipalities":[],"programmes":[]}},
		{"id":"daaaaaaaaaaaaaaaaaaaaaaaaa",`+of+`"roles":["auditor"],"everywhere":true,"now":{"roles":[],"everywhere":true}},
		{"id":"eaaaaaaaaaaaaaaaaaaaaaaaaa",`+of+`"roles":["auditor"],"everywhere":true},
		{"id":"faaaaaaaaaaaaaaaaaaaaaaaaa",`+of+`"revoked_at":"2026-03-01T10:00:00Z","roles":["auditor"],"everywhere":true,"now":{"roles":[],"everywhere":true}}`)
	page := ask(h, "GET", "/users/"+holder, access.Administrator).Body.String()
	saysAll(t, page,
		"Gäller för mindre än den gjordes för", "Nu får den: Samordnare; Örebro; lanterna, sputnik.", "Nu får den: Revisor, Samordnare; Överallt; ingen verksamhet.",
		"Kontot får inget av det som nyckeln gjordes för", ">Gäller</span>", ">Återkallad</span>")
	if n := strings.Count(page, "Gäller för mindre"); n != 3 {
		t.Errorf("%d tokens are said to be narrower, not three", n)
	}
	saysAll(t, ask(h, "GET", "/users", access.Administrator).Body.String(), "3 nycklar får mindre än de gjordes för.")
}
