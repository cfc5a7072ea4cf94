package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"rackvidd/services/access"
)

func TestAFullGroupIsRefusedBeforeAnythingIsRecorded(t *testing.T) {
	const group, child = "aeaaaaaaaaaaaaaaaaaaaaaaaa", "cmaaaaaaaaaaaaaaaaaaaaaaaa"
	for _, step := range []string{"", "save"} {
		for members, full := range map[string]bool{"3": true, "2": false} {
			s := testSite(t)
			var written []string
			s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet {
					written = append(written, r.URL.Path)
				}
				switch path := r.URL.Path; {
				case strings.HasSuffix(path, "/groups"):
					_, _ = w.Write([]byte(`{"groups":[{"id":"` + group + `","programme":"sputnik","form":"support_group","name":"Tisdag","places":3,"members":` + members + `}]}`))
				case strings.HasSuffix(path, "/programmes"):
					_, _ = w.Write([]byte(`{"programmes":[{"id":"sputnik","name":"Sputnik","forms":["support_group"],"identity":"linked"}]}`))
				case strings.HasSuffix(path, "/enrolments"):
					_, _ = w.Write([]byte(`{"child":"` + child + `","position":7}`))
				default:
					empty(w, r)
				}
			})
			body := url.Values{"key": {"k"}, "child": {child}, "offer": {"group/" + group}, "enrolled_on": {"2025-03-01"}, "step": {step}}
			r := httptest.NewRequest("POST", "/municipalities/1880/enrolments/new", strings.NewReader(body.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.AddCookie(&http.Cookie{Name: sessionCookie, Value: string(access.Coordinator)})
			w := httptest.NewRecorder()
			s.handler().ServeHTTP(w, r)
			page := w.Body.String()
			beside := strings.Contains(page, `id="offer-error"`) && strings.Contains(page, "Gruppen är full, så inget är sparat")
			if beside != full || full && (w.Code != http.StatusUnprocessableEntity || len(written) > 0) || !full && step == "save" && len(written) == 0 {
				t.Errorf("%s of 3 places taken, step %q: %d, said beside the field: %v, written: %v\n%s", members, step, w.Code, beside, written, withoutMenu(page))
			}
		}
	}
}
