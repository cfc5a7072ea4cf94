package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/access"
)

// severally lets somebody in with several roles.
type severally struct {
	doorkeeper
	roles []access.Role
}

func (s severally) Authenticate(context.Context, string) (access.Principal, error) {
	return access.Principal{Account: events.ID{1}, Name: "Kim", Roles: s.roles, Municipalities: []events.Municipality{"1880"}, Programmes: []events.ProgrammeID{"sputnik"}}, nil
}

// workingAs opens a page as whoever chose a role; "": none.
func workingAs(h http.Handler, method, path, role string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: "secret"})
	if role != "" {
		r.AddCookie(&http.Cookie{Name: roleCookie, Value: role})
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWhoeverHasSeveralRolesChoosesWhatToWorkAs(t *testing.T) {
	s := testSite(t)
	s.Sessions = severally{roles: []access.Role{access.Auditor, access.BackOffice, access.Coordinator}}
	h := s.handler()
	if w := workingAs(h, "GET", "/", "", nil); w.Header().Get("Location") != "/roles" {
		t.Errorf("nobody asks what they work as: %d %s", w.Code, w.Header().Get("Location"))
	}
	page := readPage(t, workingAs(h, "GET", "/roles", "", nil).Body.String())
	for _, role := range []string{"auditor", "back_office", "coordinator", "all"} {
		if !strings.Contains(strings.Join(page.offers("role"), " "), role) {
			t.Errorf("%s cannot be chosen", role)
		}
	}
	if len(page.offers("role")) != 4 {
		t.Errorf("what can be chosen: %v", page.offers("role"))
	}
	w := workingAs(h, "POST", "/roles", "", url.Values{"key": {"x"}, "role": {"back_office"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" || given(w, roleCookie) != "back_office" {
		t.Errorf("%d %s, kept %q", w.Code, w.Header().Get("Location"), given(w, roleCookie))
	}
	for role, to := range map[string]string{"back_office": "/municipalities/1880/surveys", "auditor": "/municipalities/1880/surveys", "coordinator": "/municipalities/1880/", "all": "/municipalities/1880/", "national": "/roles"} {
		if w := workingAs(h, "GET", "/", role, nil); w.Header().Get("Location") != to {
			t.Errorf("whoever works as %s is led to %s", role, w.Header().Get("Location"))
		}
	}
	if w := workingAs(h, "GET", "/municipalities/1880/log", "back_office", nil); w.Code != http.StatusNotFound {
		t.Errorf("the back office is shown an auditor's page: %d", w.Code)
	}
	if w := workingAs(h, "GET", "/municipalities/1880/log", "all", nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Arbetar som: Alla roller") {
		t.Errorf("whoever works as all is refused: %d", w.Code)
	}
	for _, none := range []string{"operations", "administrator", ""} { // which they do not have
		if w := workingAs(h, "POST", "/roles", "", url.Values{"key": {"x"}, "role": {none}}); w.Code != http.StatusUnprocessableEntity || given(w, roleCookie) != "" {
			t.Errorf("%q: %d, kept %q", none, w.Code, given(w, roleCookie))
		}
		if w := workingAs(h, "GET", "/operations", none, nil); w.Code != http.StatusNotFound {
			t.Errorf("a cookie gives %q: %d", none, w.Code)
		}
	}
	s.Sessions = severally{roles: []access.Role{access.Auditor}}
	if w := workingAs(s.handler(), "GET", "/", "", nil); w.Header().Get("Location") != "/municipalities/1880/surveys" {
		t.Errorf("whoever has one role is asked for it: %s", w.Header().Get("Location"))
	}
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
