package web

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rackvidd/services/access"
)

// away is a doorkeeper who cannot be reached.
type away struct{ doorkeeper }

func (away) Authenticate(context.Context, string) (access.Principal, error) {
	return access.Principal{}, access.ErrUnavailable
}

func (away) SignOut(context.Context, string) error { return access.ErrUnavailable }

func TestWhoLeavesIsLedAwayWithoutTheCookieAlsoWhereTheAccountsAreAway(t *testing.T) {
	s := testSite(t)
	s.Sessions = away{}
	w := ask(s.handler(), "POST", "/leave", access.Coordinator)
	if w.Code != http.StatusOK || !strings.Contains(w.Header().Get("Refresh"), "https://www.smhi.se/") {
		t.Errorf("%d, led to %q", w.Code, w.Header().Get("Refresh"))
	}
	if kept := w.Result().Cookies(); len(kept) != 1 || kept[0].Name != sessionCookie || kept[0].MaxAge >= 0 {
		t.Errorf("the browser keeps %v", kept)
	}
}

// forgetful is a doorkeeper who knows no password.
type forgetful struct{ doorkeeper }

func (forgetful) SignIn(context.Context, string, string) (string, error) {
	return "", access.ErrUnauthenticated
}

func TestAWrongPasswordIsNotedWithNothingOfWhatWasTyped(t *testing.T) {
	s := testSite(t)
	var log bytes.Buffer
	s.Sessions, s.Logger = forgetful{}, slog.New(slog.NewTextHandler(&log, nil))
	w := post(s.handler(), "http://localhost/login", "", swedish, url.Values{"name": {"kanariefågel"}, "password": {"häst batteri klammer"}})
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(log.String(), `msg="nobody is signed in" why=password`) {
		t.Errorf("%d, noted: %s", w.Code, log.String())
	}
	for _, typed := range []string{"kanarie", "häst", "batteri"} {
		if strings.Contains(log.String(), typed) {
			t.Errorf("noted: %s", log.String())
		}
	}
}

func TestALinkThatSignsNobodyInLeadsToWhereOneSignsIn(t *testing.T) {
	h := testSite(t).handler()
	for _, lang := range []string{swedish, english} {
		opened := ask(h, "GET", "/invitations/spent", "", "Cookie", languageCookie+"="+lang)
		sent := post(h, "/invitations/spent", "", lang, url.Values{"password": {"häst batteri klammer"}})
		if opened.Code != http.StatusNotFound || sent.Code != http.StatusNotFound {
			t.Errorf("%d and %d", opened.Code, sent.Code)
		}
		for _, body := range []string{opened.Body.String(), sent.Body.String()} {
			if page := readPage(t, body); !strings.Contains(page.said, languages()[lang].text("error.spent.text")) || !strings.Contains(body, `href="/login"`) {
				t.Errorf("in %s it says %s", lang, page.said)
			}
		}
	}
}
