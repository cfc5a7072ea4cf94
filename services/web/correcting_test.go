package web

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rackvidd/services/access"
)

func TestALineIsCorrectedAsTheReaderSawIt(t *testing.T) {
	const line = walker + "-aaaaaaaaaaaaa"
	shown := url.Values{"was_enrolled_on": {"2025-03-01"}, "was_offer": {"sputnik/camp"}, "was_target": {""}, "was_home_municipality": {""}, "reason": {"wrong_day"}, "key": {"k"}}
	for says, c := range map[string]struct{ day, form, now, written string }{
		"the line is as it was shown":                           {"2025-03-01", "counselling", "2025-03-01", `{"form":"counselling","programme":"sputnik","reason":"wrong_day"}`},
		"somebody else corrected the day, and it goes not back": {"2025-03-01", "counselling", "2025-03-05", ""},
		"somebody else corrected the day to another than this":  {"2025-03-04", "camp", "2025-03-05", ""},
		"it is sent again, and was carried out":                 {"2025-03-05", "camp", "2025-03-05", `{"enrolled_on":"2025-03-05","reason":"wrong_day"}`},
	} {
		s, written := testSite(t), ""
		s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodPost:
				body, _ := io.ReadAll(r.Body)
				written = string(body)
				_, _ = w.Write([]byte(`{"position":7}`))
			case strings.HasSuffix(r.URL.Path, "/cases/"+walker):
				_, _ = w.Write([]byte(`{"child":"` + walker + `","enrolments":[{"id":"` + line + `","programme":"sputnik","form":"camp","enrolled_on":"` + c.now + `"}]}`))
			case strings.HasSuffix(r.URL.Path, "/programmes"):
				_, _ = w.Write([]byte(`{"programmes":[{"id":"sputnik","name":"Sputnik","forms":["camp","counselling"],"identity":"linked"}]}`))
			default:
				empty(w, r)
			}
		})
		h, path := s.handler(), "/municipalities/1880/children/"+walker+"/lines/"+line
		saysAll(t, ask(h, "GET", path, access.Coordinator).Body.String(), `name="was_enrolled_on" value="`+c.now+`"`, `name="was_offer" value="sputnik/camp"`)
		sent := url.Values{"enrolled_on": {c.day}, "offer": {"sputnik/" + c.form}}
		for name, values := range shown {
			sent[name] = values
		}
		w := post(h, path, access.Coordinator, swedish, sent)
		if written != c.written || (w.Code == http.StatusSeeOther) != (written != "") {
			t.Errorf("%s: %d, written %q", says, w.Code, written)
		}
		if c.written != "" {
			continue
		}
		day := c.now
		if c.day != "2025-03-01" {
			day = c.day // the reader's own
		}
		saysAll(t, w.Body.String(), "Någon annan har ändrat sedan du öppnade sidan.", `name="was_enrolled_on" value="2025-03-05"`, `value="`+day+`"`, `value="sputnik/`+c.form+`" selected`)
	}
}
