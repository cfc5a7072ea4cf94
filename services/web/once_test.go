package web

import (
	"bytes"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"rackvidd/services/access"
)

// writing counts the writes that reach an API, but for requests that only look.
type writing struct {
	http.Handler
	writes int
}

func (c *writing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.URL.Query().Get("dry_run") != "true" {
		c.writes++
	}
	c.Handler.ServeHTTP(w, r)
}

func TestWhatIsShownOnceIsShownInTheOtherLanguageToo(t *testing.T) {
	kim := strings.Repeat("a", 26)
	api := &writing{Handler: answers(map[string]string{
		"POST municipalities/1880/cards":   `{"card":"7KQ4M-XA9RT"}`,
		"GET accounts":                     `{"accounts":[{"id":"` + kim + `","name":"Kim"}]}`,
		"GET logins":                       `{"logins":[{"account":"` + kim + `","name":"kim","roles":["coordinator"],"everywhere":true,"programmes":["*"]}]}`,
		"POST accounts/" + kim + "/tokens": `{"secret":"7KQ4M-XA9RT"}`,
		"POST accounts/" + kim + "/link":   `{"invitation":"7KQ4M-XA9RT"}`,
		"POST accounts":                    `{"login":{"invitation":"7KQ4M-XA9RT"}}`,
		"GET municipalities/1880/log/events?from=1&limit=1&masked=true":      `{"events":[{"position":1,"children":1,"data":{"x":"hidden"}}],"position":1}`,
		"GET municipalities/1880/log/events/1?why=event_review":              `{"events":[{"position":1,"children":1,"data":{"x":"7KQ4M-XA9RT"}}]}`,
		"POST municipalities/1880/imports?dry_run=true&language=sv&source=s": `{"recorded":1,"rejected":[{"line":7,"column":"child","heading":"7KQ4M-XA9RT","code":"x","message":"felet"}]}`,
		"POST municipalities/1880/imports?dry_run=true&language=en&source=s": `{"recorded":1,"rejected":[{"line":7,"column":"child","heading":"7KQ4M-XA9RT","code":"x","message":"the fault"}]}`,
	})}
	s := testSite(t)
	s.API = api
	h := s.handler()
	for name, c := range map[string]struct {
		path string
		role access.Role
		sent url.Values
	}{
		"the code of a card":                 {"/municipalities/1880/programmes/sputnik/card", access.Coordinator, nil},
		"an API key":                         {"/users/" + kim + "/tokens/new", access.Administrator, url.Values{"roles": {"coordinator"}, "where": {"everywhere"}, "programmes": {"*"}, "last_day": {"2099-01-31"}}},
		"a new link to sign in by":           {"/users/" + kim + "/link", access.Administrator, nil},
		"the link of a new account":          {"/users/new", access.Administrator, url.Values{"called": {"Kim"}, "name": {"kim"}, "roles": {"coordinator"}, "municipalities": {"1880"}}},
		"an event that was opened":           {"/municipalities/1880/log/1", access.Auditor, url.Values{"why": {"event_review"}}},
		"what a file would make of its rows": {"/municipalities/1880/import", access.BackOffice, url.Values{"source": {"s"}}},
	} {
		w := httptest.NewRecorder()
		if strings.HasSuffix(c.path, "/import") {
			h.ServeHTTP(w, uploading(t, c.path, c.role))
		} else {
			sent := url.Values{"key": {"k"}}
			maps.Copy(sent, c.sent)
			w = post(h, c.path, c.role, swedish, sent)
		}
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "7KQ4M-XA9RT") {
			t.Errorf("%s is not shown: %d", name, w.Code)
			continue
		}
		before, seen := api.writes, false
		for _, f := range readPage(t, w.Body.String()).forms {
			kept, _ := f.fill(false)
			if !kept.Has(turning) {
				continue
			}
			seen = true
			if f.method != "post" || strings.Contains(f.action, "7KQ4M") {
				t.Errorf("%s stands in an address: %s %s", name, f.method, f.action)
			}
			other := post(h, f.action, c.role, swedish, kept)
			page := readPage(t, other.Body.String())
			if other.Code != http.StatusOK || page.lang != english || !strings.Contains(page.said, "7KQ4M-XA9RT") || !strings.Contains(page.said, languages()[english].text("form.turned_once")) {
				t.Errorf("%s in English: %d %s: %s", name, other.Code, page.lang, page.said)
			}
		}
		if !seen || api.writes != before {
			t.Errorf("%s: the language can be changed: %v, and %d writes were made for it", name, seen, api.writes-before)
		}
	}
}

func TestWhatBecameOfAFileIsShownInTheOtherLanguageAndNothingIsBroughtInAgain(t *testing.T) {
	summary := func(message string) string {
		return `{"recorded":3,"position":17,"unread_sheets":2,"rejected":[{"line":7,"column":"child","heading":"Barn","code":"x","message":"` + message + `"},{"line":8,"column":"occurred_on","code":"future_date","message":"lies ahead"}],"made":{"sessions":2,"rows":[{"type":"session_attended","form":"camp","year":2025,"rows":3}]}}`
	}
	api := &writing{Handler: answers(map[string]string{
		"POST municipalities/1880/imports?dry_run=true&language=sv&source=s":  summary("felet"),
		"POST municipalities/1880/imports?dry_run=false&language=sv&source=s": summary("felet"),
	})}
	s := testSite(t)
	now := time.Now()
	s.API, s.Clock = api, func() time.Time { return now }
	h := s.handler()
	h.ServeHTTP(httptest.NewRecorder(), uploading(t, "/municipalities/1880/import", access.BackOffice))
	w := post(h, "/municipalities/1880/import/confirm", access.BackOffice, swedish, url.Values{"key": {"k"}, "source": {"s"}})
	saysAll(t, w.Body.String(), "Filen är inläst", "2 blad till läses inte", "Felet", "Dagen har inte varit", `<td>Datum</td><td>Dag</td>`, `href="/municipalities/1880/reach?year=2025">Nådda barn 2025`)
	var kept url.Values
	for _, f := range readPage(t, w.Body.String()).forms {
		if sent, _ := f.fill(false); sent.Has(turning) {
			kept = sent
		}
	}
	other := post(h, "/municipalities/1880/import/confirm", access.BackOffice, swedish, kept)
	page := readPage(t, other.Body.String())
	if other.Code != http.StatusOK || page.lang != english {
		t.Fatalf("%d in %q: %s", other.Code, page.lang, page.said)
	}
	saysAll(t, other.Body.String(), "The file was imported", "event 17", "Camp", `lang="sv">Felet`, "The day lies ahead", languages()[english].text("form.turned_once"))
	again := post(h, "/municipalities/1880/import/confirm", access.BackOffice, swedish, url.Values{"key": {"k"}, "source": {"s"}})
	saysAll(t, again.Body.String(), "Filen är inläst", "Dagen har inte varit")
	if api.writes != 1 {
		t.Errorf("the file was brought in %d times", api.writes)
	}
	now = now.Add(holdFor + time.Second)
	if w := post(h, "/municipalities/1880/import/confirm", access.BackOffice, swedish, kept); w.Code != http.StatusUnprocessableEntity || api.writes != 1 {
		t.Errorf("after a quarter of an hour: %d, brought in %d times", w.Code, api.writes)
	}
}

func TestAFileThatCannotBeBroughtInNowIsShownAgainAndBroughtInLater(t *testing.T) {
	const summary = `{"rows":4,"recorded":3,"rejected":[{"line":7,"column":"child","heading":"Barn","code":"x","message":"felet"}]}`
	away := true
	var keys []string
	s := testSite(t)
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("dry_run") == "false" {
			if keys = append(keys, r.Header.Get("Idempotency-Key")); away {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(http.StatusServiceUnavailable)
				_, _ = w.Write([]byte(`{"type":"urn:rackvidd:problem:unavailable","status":503}`))
				return
			}
		}
		if strings.HasSuffix(r.URL.Path, "/imports") {
			_, _ = w.Write([]byte(summary))
			return
		}
		empty(w, r)
	})
	h := s.handler()
	h.ServeHTTP(httptest.NewRecorder(), uploading(t, "/municipalities/1880/import", access.BackOffice))
	again := func(w *httptest.ResponseRecorder, form func(pageForm) bool) url.Values {
		t.Helper()
		for _, f := range readPage(t, w.Body.String()).forms {
			if f.action == "/municipalities/1880/import/confirm" && form(f) {
				sent, _ := f.fill(false)
				return sent
			}
		}
		t.Fatalf("the page has no such form: %s", readPage(t, w.Body.String()).said)
		return nil
	}
	confirm := func(sent url.Values) *httptest.ResponseRecorder {
		return post(h, "/municipalities/1880/import/confirm", access.BackOffice, swedish, sent)
	}
	inPage := func(f pageForm) bool { return !f.head }
	sent := url.Values{"key": {"k"}, "source": {"s"}, "update": {"true"}}
	w := confirm(sent)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "7" {
		t.Errorf("while the database is away: %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	saysAll(t, w.Body.String(), languages()[swedish].text("form.later"), languages()[swedish].text("import.nothing_yet"), "Felet")
	other := confirm(again(w, func(f pageForm) bool { sent, _ := f.fill(false); return sent.Has(turning) }))
	saysAll(t, other.Body.String(), languages()[english].text("import.nothing_yet"), `lang="sv">Felet`)
	for _, page := range []*httptest.ResponseRecorder{w, other} {
		if got := again(page, inPage); got.Encode() != sent.Encode() {
			t.Errorf("the form is sent again with %v", got)
		}
	}
	away = false
	w = confirm(again(w, inPage))
	saysAll(t, w.Body.String(), languages()[swedish].text("import.done"))
	if w.Code != http.StatusOK || len(keys) != 2 || keys[0] != keys[1] {
		t.Errorf("sent again: %d, with the keys %q", w.Code, keys)
	}
}

// uploading sends a file to be looked at.
func uploading(t *testing.T, path string, role access.Role) *http.Request {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range map[string]string{"key": "k", "source": "s"} {
		if err := form.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	file, err := form.CreateFormFile("file", "rows.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write([]byte("record_id\n1\n")); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: string(role)})
	return r
}

func TestNothingIsShownAgainThatNoPageShows(t *testing.T) {
	h := testSite(t).handler()
	for _, sent := range []url.Values{{"shown": {"other"}}, {"shown": {""}}} {
		sent.Set(turning, english)
		if w := post(h, "/users/new", access.Administrator, swedish, sent); w.Code != http.StatusBadRequest {
			t.Errorf("%v: %d", sent, w.Code)
		}
	}
}
