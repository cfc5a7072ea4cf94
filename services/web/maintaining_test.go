package web

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"rackvidd/services/access"
)

const modelPage = "/operations/models/1880/reach"

// maintainedBy is an API with a read model, and what stands beside it; it keeps the last request that writes.
func maintainedBy(beside string) (http.Handler, *string) {
	asked := new(string)
	reads := answers(map[string]string{
		"GET projections":                      `{"projections":[{"projection":"reach","municipality":"1880","generation":3,"position":12}],"rebuilding":[],"beside":[` + beside + `]}`,
		"GET projections?only=rebuilding":      `{"beside":[` + beside + `]}`,
		"GET projections/maintenance?log=1880": `{"older":7,"done":[{"recorded":9,"at":"2026-11-25T12:00:00Z","name":"Robin","reason":"en ny disk","read_model":"reach","act":"kept_beside","generation":4,"position":8,"differences":2}]}`,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			body := new(bytes.Buffer)
			_, _ = body.ReadFrom(r.Body)
			*asked = r.URL.Path + " " + body.String()
		}
		reads.ServeHTTP(w, r)
	}), asked
}

const (
	differing = `{"projection":"reach","municipality":"1880","generation":4,"position":12,"built_at":"2026-11-25T12:00:00Z","differs":["attended","child"]}`
	earlier   = `{"projection":"reach","municipality":"1880","generation":2,"position":9,"built_at":"2026-11-24T12:00:00Z","left_at":"2026-11-25T12:00:00Z","differs":[]}`
)

func TestTheReadModelsPageOffersWhatCanBeDoneToIt(t *testing.T) {
	for _, c := range []struct {
		name, beside string
		says         []string
		not          []string
	}{
		{"nothing beside", "", []string{"Bygg om från loggen", "Inget."}, []string{"Byt in", "Kasta", "Byt tillbaka"}},
		{"an earlier one", earlier, []string{"Byt tillbaka till bygge 2", "Användes till 25 november 2026 13.00"}, []string{"Kasta", "Byt in bygge"}},
		{"a differing one", differing, []string{"Byt in bygge 4", "Kasta bygge 4", "<code>attended</code>", "har aldrig använts"}, []string{"Byt tillbaka"}},
	} {
		s := testSite(t)
		s.API, _ = maintainedBy(c.beside)
		page := ask(s.handler(), "GET", modelPage, access.Operations).Body.String()
		saysAll(t, page, append(c.says, "Läsmodellen reach, Örebro", "bygge 3", "Robin", "en ny disk", "sparades bredvid", "2 tabeller skiljer sig", modelPage+"?before=7#done")...)
		_, form, _ := strings.Cut(page, "<form method=\"post\" action=\"/operations/models")
		form, _, _ = strings.Cut(form, "</form>")
		for _, not := range c.not {
			if strings.Contains(form, not) {
				t.Errorf("%s: the form offers %q", c.name, not)
			}
		}
	}
	s := testSite(t)
	s.API, _ = maintainedBy(differing)
	saysAll(t, ask(s.handler(), "GET", "/operations", access.Operations).Body.String(), "Ombyggt som skiljer sig", `<a href="`+modelPage+`">`)
	if w := ask(s.handler(), "GET", "/operations/models/1881/reach", access.Operations); w.Code != http.StatusNotFound {
		t.Errorf("a read model that there is not: %d", w.Code)
	}
}

func TestAReadModelIsMaintainedForAReasonAndAfterItWasSaidWhatWillHappen(t *testing.T) {
	for what, says := range map[string][]string{
		"rebuild":  {"Bygga om läsmodellen?", "Skiljer de sig används de gamla", "Bygge 4, som ligger bredvid nu, tas bort"},
		"rollback": {"Bygge 4 används i stället", "Tal kan bli andra", "<code>attended</code>, <code>child</code>", "Bygge 3, som används nu, sparas"},
		"discard":  {"Bygge 4 tas bort", "Bygge 3 används även i fortsättningen"},
	} {
		s := testSite(t)
		var asked *string
		s.API, asked = maintainedBy(differing)
		send := func(fields url.Values) *httptest.ResponseRecorder {
			return submit(s.handler(), modelPage, access.Operations, fields)
		}
		w := send(url.Values{"key": {"k"}, "what": {what}, "reason": {" "}})
		if w.Code != http.StatusUnprocessableEntity || *asked != "" {
			t.Errorf("%s without a reason: %d, %s", what, w.Code, *asked)
		}
		w = send(url.Values{"key": {"k"}, "what": {what}, "reason": {"en ny disk"}})
		saysAll(t, w.Body.String(), append(says, "Loggen minns vem", `name="reason" value="en ny disk"`)...)
		if *asked != "" {
			t.Errorf("%s was done before anybody was asked: %s", what, *asked)
		}
		w = send(url.Values{"key": {"k"}, "what": {what}, "reason": {"en ny disk"}, "step": {"change"}})
		saysAll(t, w.Body.String(), `id="reason" name="reason" value="en ny disk"`)
		w = send(url.Values{"key": {"k"}, "what": {what}, "reason": {"en ny disk"}, "step": {"do"}})
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != modelPage+"?done=operations_"+what {
			t.Errorf("%s: %d %s", what, w.Code, w.Header().Get("Location"))
		}
		if want := "/api/v1/projections/reach/" + what + ` {"municipality":"1880","reason":"en ny disk"}`; *asked != want {
			t.Errorf("asked %s, not %s", *asked, want)
		}
	}
	s := testSite(t)
	s.API, _ = maintainedBy(earlier)
	if w := submit(s.handler(), modelPage, access.Operations, url.Values{"what": {"discard"}, "reason": {"x"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("what was in use before is discarded: %d", w.Code)
	}
}
