package web

import (
	"context"
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
