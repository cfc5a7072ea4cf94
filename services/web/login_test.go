package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestALinkThatSignsNobodyInLeadsToWhereOneSignsIn(t *testing.T) {
	h := testSite(t).handler()
	for _, lang := range []string{swedish, english} {
		opened := ask(h, "GET", "/invitations/spent", "", "Cookie", languageCookie+"="+lang)
		sent := post(h, "/invitations/spent", "", lang, url.Values{"password": {"häst batteri klammer"}})
		if opened.Code != http.StatusNotFound || sent.Code != http.StatusNotFound {
			t.Errorf("%d and %d", opened.Code, sent.Code)
		}
		for _, body := range []string{opened.Body.String(), sent.Body.String()} {
			if page := readPage(t, body); !strings.Contains(page.said, languages[lang].text("error.spent.text")) || !strings.Contains(body, `href="/login"`) {
				t.Errorf("in %s it says %s", lang, page.said)
			}
		}
	}
}
