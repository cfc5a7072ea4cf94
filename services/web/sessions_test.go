package web

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"rackvidd/services/access"
)

func TestASessionIsTakenBackForAReasonThatSomebodyChose(t *testing.T) {
	s, d := testSite(t), &door{registers: []string{`"adults":0`}}
	s.API = d
	h := s.handler()
	page := ask(h, "GET", "/municipalities/1880/sessions/"+evening, access.Coordinator).Body.String()
	saysAll(t, page, `name="reason"><option value="">Välj`)
	var seen []string
	for _, one := range regexp.MustCompile(`name="seen" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		seen = append(seen, one[1])
	}
	w := say(h, "/withdraw", url.Values{"reason": {""}, "key": {"k"}}, false)
	if saysAll(t, w.Body.String(), `id="reason-error"`); w.Code != http.StatusUnprocessableEntity || len(d.written) > 0 {
		t.Errorf("without a reason it is answered %d, and written %q", w.Code, d.written)
	}
	say(h, "/withdraw", url.Values{"reason": {"duplicate"}, "seen": seen, "key": {"k"}}, false)
	if len(d.written) != 1 || d.written[0] != `POST sessions/`+evening+`/withdraw {"reason":"duplicate"}` {
		t.Errorf("written %q", d.written)
	}
}
