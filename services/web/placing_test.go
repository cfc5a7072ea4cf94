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

func TestAFullGroupHasRoomForEveryRecordOfAChildInIt(t *testing.T) {
	const group, there, found, again, other, wheel = "aeaaaaaaaaaaaaaaaaaaaaaaaa", "cmaaaaaaaaaaaaaaaaaaaaaaaa", "ceaaaaaaaaaaaaaaaaaaaaaaaa", "ciaaaaaaaaaaaaaaaaaaaaaaaa", "cqaaaaaaaaaaaaaaaaaaaaaaaa", "cuaaaaaaaaaaaaaaaaaaaaaaaa"
	into := map[string]string{found: there, again: found, wheel: wheel}
	s := testSite(t)
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := strings.TrimPrefix(r.URL.Path, "/api/v1/municipalities/1880/"); path {
		case "groups":
			_, _ = w.Write([]byte(`{"groups":[{"id":"` + group + `","programme":"sputnik","form":"support_group","name":"Tisdag","places":1,"members":1}]}`))
		case "groups/" + group:
			_, _ = w.Write([]byte(`{"id":"` + group + `","members":[{"child":"` + there + `"}]}`))
		case "programmes":
			_, _ = w.Write([]byte(`{"programmes":[{"id":"sputnik","name":"Sputnik","forms":["support_group"],"identity":"linked"}]}`))
		default:
			if merged := into[strings.TrimPrefix(path, "cases/")]; merged != "" {
				_, _ = w.Write([]byte(`{"merged_into":"` + merged + `"}`))
				return
			}
			empty(w, r)
		}
	})
	h := s.handler()
	for child, full := range map[string]bool{there: false, found: false, again: false, other: true, wheel: true} {
		sent := url.Values{"key": {"k"}, "child": {child}, "offer": {"group/" + group}, "enrolled_on": {"2025-03-01"}}
		w := post(h, "/municipalities/1880/enrolments/new", access.Coordinator, swedish, sent)
		if refused := strings.Contains(w.Body.String(), "Gruppen är full, så inget är sparat"); refused != full || (w.Code == http.StatusUnprocessableEntity) != full {
			t.Errorf("%s: %d, it has no place: %v, not %v", child, w.Code, refused, full)
		}
	}
}

func TestAPlaceIsChosenForAReferralAndAnswersIt(t *testing.T) {
	const child = "cmaaaaaaaaaaaaaaaaaaaaaaaa"
	const waits, other = child + "-aaaaaaaaaaaaa", child + "-caaaaaaaaaaaa"
	s := testSite(t)
	var written []string
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/api/v1/municipalities/1880/")
		if r.Method != http.MethodGet && path != "children/alike" {
			written = append(written, path)
		}
		switch path {
		case "caseload":
			_, _ = w.Write([]byte(`{"open_referrals":[{"id":"` + waits + `","child":"` + child + `","label":"Bo","channel":"school","received_on":"2025-03-04","programme":"lanterna"}]}`))
		case "cases/" + child:
			_, _ = w.Write([]byte(`{"child":"` + child + `","label":"Bo","referrals":[{"id":"` + waits + `","channel":"school","received_on":"2025-03-04","programme":"lanterna"},{"id":"` + other + `","channel":"police","received_on":"2025-03-05","programme":"lanterna"}]}`))
		case "programmes":
			_, _ = w.Write([]byte(`{"programmes":[{"id":"sputnik","name":"Sputnik","forms":["camp","counselling"],"identity":"linked"}]}`))
		case "enrolments":
			_, _ = w.Write([]byte(`{"child":"` + child + `","position":7}`))
		default:
			empty(w, r)
		}
	})
	h := s.handler()
	send := func(more url.Values) *httptest.ResponseRecorder {
		sent := url.Values{"key": {"k"}, "offer": {"sputnik/camp"}, "enrolled_on": {"2025-03-10"}}
		for name, values := range more {
			sent[name] = values
		}
		return post(h, "/municipalities/1880/enrolments/new", access.Coordinator, swedish, sent)
	}
	saysAll(t, ask(h, "GET", "/municipalities/1880/enrolments/new", access.Coordinator).Body.String(), `<option value="`+waits+`">Bo, skolan, 4 mars 2025`, "Ingen: skriv vem barnet är")
	page := send(url.Values{"referral": {waits}}).Body.String()
	saysAll(t, page, "<dd>Bo</dd>", `name="answered" value="`+waits+`" checked`, `name="referral" value="`+waits+`"`, `name="answered" value="`+other+`"><`)
	if len(written) > 0 {
		t.Errorf("before it was checked %q was written", written)
	}
	changed := send(url.Values{"referral": {waits}, "child": {child}, "label": {"Bo"}, "step": {"change"}}).Body.String()
	saysAll(t, changed, `name="referral" value="`+waits+`"`, "<strong>Barn:</strong> Bo")
	if w := send(url.Values{"referral": {waits}, "child": {child}, "answered": {waits}, "step": {"save"}}); w.Code != http.StatusSeeOther || strings.Join(written, " ") != "enrolments referrals/"+waits+"/close" {
		t.Errorf("%d, written %q", w.Code, written)
	}
	for says, sent := range map[string]url.Values{
		"Välj en remiss eller skriv vem barnet är, inte båda.": {"referral": {waits}, "identity": {"x-1"}},
		"Remissen är redan besvarad.":                          {"referral": {other}},
	} {
		if w := send(sent); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), says) {
			t.Errorf("%d, and not %q", w.Code, says)
		}
	}
}
