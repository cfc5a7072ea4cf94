package web

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/access"
)

const otherPassword = "fyra gula kanariefåglar"

// changes sends the form of the account's page.
func (s *scene) changes(session, current, chosen string) (status int, to, said string) {
	s.Helper()
	w := s.send("POST", "/account/password", url.Values{"current_password": {current}, "new_password": {chosen}}, sessionCookie, session)
	if w.Body.Len() > 0 && w.Code != http.StatusSeeOther {
		for _, typed := range []string{current, chosen} {
			if typed != "" && strings.Contains(w.Body.String(), typed) {
				s.Errorf("a password is in the page: %s", withoutMenu(w.Body.String()))
			}
		}
		said = readPage(s.T, w.Body.String()).said
	}
	return w.Code, w.Header().Get("Location"), said
}

func TestAnAccountsPageChangesItsPasswordAndSaysWhyNot(t *testing.T) {
	s := newScene(t)
	p := s.user("")
	here := s.accepted(p)
	elsewhere := given(s.login(p.Name, rightPassword), sessionCookie)
	for name, c := range map[string]struct{ current, chosen, says string }{
		"a wrong password": {"not the password", otherPassword, "account.wrong_password"},
		"none":             {"", otherPassword, "form.missing"},
		"a short one":      {rightPassword, "elva tecken", "invitation.password_length"},
		"no new one":       {rightPassword, "", "form.missing"},
		"the same":         {rightPassword, rightPassword, "account.same_password"},
	} {
		status, _, said := s.changes(here, c.current, c.chosen)
		if want := languages()[swedish].text(c.says); status != http.StatusUnprocessableEntity || !strings.Contains(said, want) {
			t.Errorf("%s: %d, does not say %q: %s", name, status, want, said)
		}
	}
	if s.visit(elsewhere).Code != http.StatusOK {
		t.Error("what was refused signed somebody out")
	}
	if status, to, said := s.changes(here, rightPassword, otherPassword); status != http.StatusSeeOther || to != "/account?done=password_changed" {
		t.Fatalf("%d, leads to %q: %s", status, to, said)
	}
	if s.visit(here).Code != http.StatusOK || s.visit(elsewhere).Code == http.StatusOK {
		t.Error("it is not signed in here alone")
	}
	if given(s.login(p.Name, rightPassword), sessionCookie) != "" || given(s.login(p.Name, otherPassword), sessionCookie) == "" {
		t.Error("the account signs in by the password before")
	}
	if status, to, _ := s.changes("", otherPassword, rightPassword); status != http.StatusSeeOther || !strings.HasPrefix(to, "/login") {
		t.Errorf("whoever has not signed in: %d, leads to %q", status, to)
	}
}

func TestAPasskeyThatWasBegunBeforeThePasswordWasChangedIsNotAdded(t *testing.T) {
	s := newScene(t)
	session := s.accepted(s.user(""))
	challenge, _, browser := s.asked("/account/passkeys/begin", url.Values{"password": {rightPassword}}, sessionCookie, session)
	if status, _, said := s.changes(session, rightPassword, otherPassword); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, said)
	}
	w := s.send("POST", "/account/passkeys", url.Values{"credential": {newAuthenticator(t).make(challenge)}}, sessionCookie, session, attemptCookie, browser)
	if w.Code != http.StatusUnprocessableEntity {
		t.Errorf("%d, leads to %q", w.Code, w.Header().Get("Location"))
	}
}

func TestWhomTheIdentityProviderVouchesForHasNoPasswordToChange(t *testing.T) {
	s := newScene(t)
	subject := s.subject()
	s.user(subject)
	session := s.signIn(subject)
	page := s.send("GET", "/account", nil, sessionCookie, session).Body.String()
	if !strings.Contains(page, languages()[swedish].text("account.no_password")) || strings.Contains(page, `name="current_password"`) {
		t.Error("the page asks for a password")
	}
	if status, _, _ := s.changes(session, "", otherPassword); status != http.StatusUnprocessableEntity {
		t.Errorf("%d", status)
	}
	if status, _, said := s.changes(session, rightPassword, otherPassword); status != http.StatusUnprocessableEntity || !strings.Contains(said, languages()[swedish].text("account.wrong_password")) {
		t.Errorf("%d %s", status, said)
	}
	var chosen bool
	if err := s.pool.QueryRow(t.Context(), `SELECT password IS NOT NULL FROM access.login`).Scan(&chosen); err != nil || chosen {
		t.Errorf("it has a password: %v, %v", chosen, err)
	}
}

// unavailable keeps no accounts just now.
type unavailable struct{ doorkeeper }

func (unavailable) ChangePassword(context.Context, events.ID, string, string, string) error {
	return access.ErrUnavailable
}

func TestNoPasswordIsInThePageThatRefusesToChangeIt(t *testing.T) {
	s := newScene(t)
	session := s.accepted(s.user(""))
	away := testSite(t)
	away.Sessions = unavailable{}
	form := url.Values{"current_password": {"not the password"}, "new_password": {otherPassword}}
	pages := map[string]string{
		"it is wrong":                s.send("POST", "/account/password", form, sessionCookie, session).Body.String(),
		"the accounts do not answer": post(away.handler(), "/account/password", access.Coordinator, swedish, form).Body.String(),
	}
	form.Set(turning, english)
	pages["it is shown in English"] = s.send("POST", "/account/password", form, sessionCookie, session).Body.String()
	for why, page := range pages {
		if page == "" || strings.Contains(page, "not the password") || strings.Contains(page, otherPassword) {
			t.Errorf("%s: a password is in the page, or there is none", why)
		}
	}
}

func TestEveryFieldOfAPasswordIsKnownByItsName(t *testing.T) {
	files, err := filepath.Glob("*.html")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`Form\.Password "([^"]+)"`).FindAllStringSubmatch(string(content), -1) {
			if found++; !isPassword(m[1]) {
				t.Errorf("%s has a password in the field %s, which a page that is refused would repeat", name, m[1])
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d fields of passwords were found", found)
	}
}
