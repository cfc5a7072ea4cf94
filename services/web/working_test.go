package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/access"
)

// severally lets somebody in with several roles, who chose one to work as; "": none.
type severally struct {
	doorkeeper
	roles  []access.Role
	chosen *string
}

func (s severally) Authenticate(context.Context, string) (access.Principal, error) {
	p := access.Principal{Account: events.ID{1}, Name: "Kim", Ends: inASession, Roles: s.roles, Municipalities: []events.Municipality{"1880"}, Programmes: []events.ProgrammeID{"sputnik"}}
	return p.As(*s.chosen), nil
}

func (s severally) Still(ctx context.Context, secret string) (access.Principal, error) {
	return s.Authenticate(ctx, secret)
}

func (s severally) WorkAs(_ context.Context, _, chosen string) error {
	*s.chosen = chosen
	return nil
}

func TestWhoeverHasSeveralRolesChoosesWhatToWorkAs(t *testing.T) {
	s, chosen := testSite(t), ""
	s.Sessions = severally{roles: []access.Role{access.Auditor, access.BackOffice, access.Coordinator}, chosen: &chosen}
	h := s.handler()
	choose := func(role string) *httptest.ResponseRecorder {
		return submit(h, "/roles", access.Coordinator, url.Values{"key": {"x"}, "role": {role}})
	}
	if w := ask(h, "GET", "/", access.Coordinator); w.Header().Get("Location") != "/roles" {
		t.Errorf("nobody asks what they work as: %d %s", w.Code, w.Header().Get("Location"))
	}
	page := readPage(t, ask(h, "GET", "/roles", access.Coordinator).Body.String())
	for _, role := range []string{"auditor", "back_office", "coordinator", "all"} {
		if !strings.Contains(strings.Join(page.offers("role"), " "), role) {
			t.Errorf("%s cannot be chosen", role)
		}
	}
	if len(page.offers("role")) != 4 {
		t.Errorf("what can be chosen: %v", page.offers("role"))
	}
	for role, to := range map[string]string{"back_office": "/municipalities/1880/surveys", "auditor": "/municipalities/1880/surveys", "coordinator": "/municipalities/1880/", "all": "/municipalities/1880/"} {
		if w := choose(role); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" || chosen != role {
			t.Errorf("%d %s, kept %q", w.Code, w.Header().Get("Location"), chosen)
		}
		if w := ask(h, "GET", "/", access.Coordinator); w.Header().Get("Location") != to {
			t.Errorf("whoever works as %s is led to %s", role, w.Header().Get("Location"))
		}
	}
	choose("back_office")
	if w := ask(h, "GET", "/municipalities/1880/log", access.Coordinator); w.Code != http.StatusNotFound {
		t.Errorf("the back office is shown an auditor's page: %d", w.Code)
	}
	choose("all")
	if w := ask(h, "GET", "/municipalities/1880/log", access.Coordinator); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Arbetar som: Alla roller") {
		t.Errorf("whoever works as all is refused: %d", w.Code)
	}
	for _, none := range []string{"operations", "administrator", ""} { // which they do not have
		if w := choose(none); w.Code != http.StatusUnprocessableEntity || chosen != "all" {
			t.Errorf("%q: %d, kept %q", none, w.Code, chosen)
		}
	}
	s.Sessions = severally{roles: []access.Role{access.Auditor}, chosen: new(string)}
	if w := ask(s.handler(), "GET", "/", access.Coordinator); w.Header().Get("Location") != "/municipalities/1880/surveys" {
		t.Errorf("whoever has one role is asked for it: %s", w.Header().Get("Location"))
	}
}

// A tap waits in the browser under one role, and comes when another was chosen: before the page is asked, or meanwhile.
func TestATapOfAnotherRoleWaitsUntilItIsChosenAgain(t *testing.T) {
	s, chosen := testSite(t), "back_office"
	s.Sessions = severally{roles: []access.Role{access.BackOffice, access.Coordinator}, chosen: &chosen}
	tap := func(h http.Handler) (status int, told denied) {
		w := say(h, "/rows/"+walker, url.Values{"state": {"attended"}, "at": {"1741104000000"}, "seen": {"0"}, "key": {"k"}}, true)
		if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil {
			t.Fatal(err)
		}
		return w.Code, told
	}
	waits := func(h http.Handler) {
		t.Helper()
		if status, told := tap(h); status != http.StatusConflict || told.Over || !strings.Contains(told.Text, "en annan av dina roller") {
			t.Errorf("%d %+v", status, told)
		}
	}
	d := &door{registers: []string{`"rows":[]`}}
	s.API = d
	waits(s.handler())
	if len(d.written) > 0 {
		t.Errorf("written %q", d.written)
	}
	chosen = "coordinator"
	if status, _ := tap(s.handler()); status != http.StatusOK || len(d.written) != 1 {
		t.Errorf("%d, written %q", status, d.written)
	}
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			d.ServeHTTP(w, r)
			return
		}
		chosen = "back_office"
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"status":403,"type":"urn:rackvidd:problem:forbidden"}`))
	})
	waits(s.handler())
}

// offers are the values that can be chosen for a field.
func (p written) offers(name string) (list []string) {
	for _, f := range p.forms {
		for _, c := range f.controls {
			if c.name == name {
				list = append(list, c.value)
			}
		}
	}
	return list
}
