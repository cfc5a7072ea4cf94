package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"rackvidd/services/access"
)

// submit sends a form as a role.
func submit(h http.Handler, path string, role access.Role, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: string(role)})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWhatIsNotThereIsRefusedBesideItsFieldWithWhatIs(t *testing.T) {
	s := testSite(t)
	s.API = answers(map[string]string{
		"POST accounts": `{"status":422,"type":"urn:rackvidd:problem:unregistered_programme","there":["lanterna","sputnik"],"errors":[{"location":"body.login.programmes","code":"unregistered_programme","message":"x"}]}`,
	})
	h := s.handler()
	send := func(municipalities string) string {
		w := submit(h, "/users/new", access.Administrator, url.Values{"key": {"x"}, "called": {"Kim"}, "name": {"kim"}, "roles": {"coordinator"}, "municipalities": {municipalities}, "programmes": {"smilla"}})
		if w.Code != http.StatusUnprocessableEntity {
			t.Fatalf("%s: %d", municipalities, w.Code)
		}
		return w.Body.String()
	}
	beside := func(page, field string) string {
		_, found, _ := strings.Cut(page, `id="`+field+`-error">`)
		found, _, _ = strings.Cut(found, "</p>")
		return found
	}
	if got := beside(send("1880 1899"), "municipalities"); !strings.Contains(got, "Ingen kommun har koden 1899.") || !strings.Contains(got, "1880 Örebro") || strings.Contains(got, "Ale") {
		t.Errorf("beside the municipalities: %q", got)
	}
	if got := beside(send("Kumla"), "municipalities"); !strings.Contains(got, "Det finns: 1881 Kumla.") {
		t.Errorf("beside a name: %q", got)
	}
	if got := beside(send("1880"), "programmes"); !strings.Contains(got, "Det finns: lanterna, sputnik.") {
		t.Errorf("beside the programmes: %q", got)
	}
}

func TestAnAccountIsCalledSomethingElseAndARefusedNameStaysToBePutRight(t *testing.T) {
	kim := strings.Repeat("a", 26)
	reads := map[string]string{"GET accounts": `{"accounts":[{"id":"` + kim + `","name":"Kim"}]}`, "GET logins": `{"logins":[{"account":"` + kim + `","name":"kim","roles":["auditor"],"everywhere":true}]}`}
	s := testSite(t)
	s.API = answers(reads)
	rename := func(name string) *httptest.ResponseRecorder {
		return submit(s.handler(), "/users/"+kim+"/name", access.Administrator, url.Values{"key": {"x"}, "called": {name}})
	}
	if w := rename("Robin"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/users/"+kim+"?done=user_renamed" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
	reads["PUT accounts/"+kim+"/name"] = `{"status":422,"type":"urn:rackvidd:problem:identity","errors":[{"location":"body.name","code":"identity","message":"x"}]}`
	for typed, said := range map[string]string{"": `id="called-error"`, "kim@example.org": `id="called" name="called" value="kim@example.org"`} {
		w := rename(typed)
		if page := w.Body.String(); w.Code != http.StatusUnprocessableEntity || !strings.Contains(page, said) || !strings.Contains(page, `<details open><summary>Byt namn`) || !strings.Contains(page, `name="name" value="kim"`) {
			t.Errorf("%q: %d, not %s", typed, w.Code, said)
		}
	}
}

func TestAPageThatShowsALoginAsItWasDoesNotBringItBack(t *testing.T) {
	kim := strings.Repeat("a", 26)
	s := testSite(t)
	var match, key string
	now := answers(map[string]string{
		"GET accounts": `{"accounts":[{"id":"` + kim + `","name":"Kim"}]}`, "GET logins": `{"logins":[{"account":"` + kim + `","name":"kim","roles":["auditor"],"everywhere":true,"version":"now"}]}`,
		"PUT accounts/" + kim + "/login": `{"status":412,"type":"urn:rackvidd:problem:stale"}`,
	})
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			match, key = r.Header.Get("If-Match"), r.Header.Get("Idempotency-Key")
			w.WriteHeader(http.StatusPreconditionFailed)
		}
		now.ServeHTTP(w, r)
	})
	w := submit(s.handler(), "/users/"+kim, access.Administrator, url.Values{"key": {"x"}, "seen": {"then"}, "name": {"kim"}, "roles": {"auditor", "data_protection"}, "where": {"everywhere"}})
	if match != `"then"` || key == "" || w.Code != http.StatusUnprocessableEntity {
		t.Errorf("%d, with If-Match %s and the key %q", w.Code, match, key)
	}
	page := w.Body.String()
	saysAll(t, page, languages()[swedish].text("problem.stale"), `name="seen" value="now"`)
	for _, form := range readPage(t, page).forms {
		for _, c := range form.controls {
			if c.kind == "checkbox" && c.name == "roles" && c.chosen != (c.value == "auditor") {
				t.Errorf("%s is shown as chosen: %t", c.value, c.chosen)
			}
		}
	}
}
