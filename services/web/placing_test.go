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

func TestAChildThatHasThePlaceAlreadyOnlyJoinsTheGroup(t *testing.T) {
	const group, mixed, child = "aeaaaaaaaaaaaaaaaaaaaaaaaa", "ceaaaaaaaaaaaaaaaaaaaaaaaa", "cmaaaaaaaaaaaaaaaaaaaaaaaa"
	const place = child + "-aaaaaaaaaaaaa"
	const joins, twice, several = "kommer bara med i gruppen.", "Gå vidare bara om barnet ska ha den två gånger.", "med flera insatser."
	const refer = `],"referrals":[{"id":"` + place + `","channel":"school","received_on":"2025-03-04","programme":"sputnik"}`
	for says, c := range map[string]struct {
		has, offer, answered, why string
		note                      string // "": none
		writes, done              string
	}{
		"it has the place, and joins":             {`{"programme":"sputnik","form":"support_group"}`, "group/" + group, "", "", joins, "groups/" + group + "/members", "joined"},
		"and its referral is answered":            {`{"programme":"sputnik","form":"support_group"}` + refer, "group/" + group, place, "", joins, "groups/" + group + "/members referrals/" + place + "/close", "joined_answered"},
		"that place has ended":                    {`{"programme":"sputnik","form":"support_group","ended_on":"2024-06-01"}`, "group/" + group, "", "", "", "enrolments groups/" + group + "/members", "enrolment"},
		"it has one in another form":              {`{"programme":"sputnik","form":"camp"}`, "group/" + group, "", "", several, "enrolments groups/" + group + "/members", "enrolment"},
		"it has one of that form elsewhere":       {`{"programme":"lanterna","form":"support_group"}`, "group/" + group, "", "", "", "enrolments groups/" + group + "/members", "enrolment"},
		"no group is chosen, and it may be twice": {`{"programme":"sputnik","form":"support_group"}`, "sputnik/support_group", "", "", twice, "enrolments", "enrolment"},
		"it is there for the same reason":         {`{"programme":"blandad","form":"support_group"}`, "group/" + mixed, "", "substance_abuse", joins, "groups/" + mixed + "/members", "joined"},
		"it is there for another reason":          {`{"programme":"blandad","form":"support_group","target":"other"}`, "group/" + mixed, "", "substance_abuse", twice, "enrolments groups/" + mixed + "/members", "enrolment"},
	} {
		s := testSite(t)
		var written []string
		s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path := strings.TrimPrefix(r.URL.Path, "/api/v1/municipalities/1880/")
			if r.Method != http.MethodGet {
				written = append(written, path)
			}
			switch path {
			case "groups":
				_, _ = w.Write([]byte(`{"groups":[{"id":"` + group + `","programme":"sputnik","form":"support_group","name":"Tisdag"},{"id":"` + mixed + `","programme":"blandad","form":"support_group","name":"Onsdag"}]}`))
			case "cases/" + child:
				_, _ = w.Write([]byte(`{"child":"` + child + `","enrolments":[` + c.has + `]}`))
			case "programmes":
				_, _ = w.Write([]byte(`{"programmes":[{"id":"sputnik","name":"Sputnik","forms":["support_group","camp"],"identity":"linked"},{"id":"blandad","name":"Blandad","forms":["support_group"],"identity":"linked","target":"mixed"}]}`))
			case "enrolments":
				_, _ = w.Write([]byte(`{"child":"` + child + `","position":7}`))
			default:
				empty(w, r)
			}
		})
		h := s.handler()
		sent := url.Values{"key": {"k"}, "child": {child}, "offer": {c.offer}, "target": {c.why}, "enrolled_on": {"2025-03-10"}}
		page := post(h, "/municipalities/1880/enrolments/new", access.Coordinator, swedish, sent).Body.String()
		for _, note := range []string{joins, twice, several} {
			if strings.Contains(page, note) != (note == c.note) {
				t.Errorf("%s: it is said, or not, that %q", says, note)
			}
		}
		if recorded := strings.Contains(page, "<dd>måndag 10 mars 2025</dd>") && strings.Contains(page, ">Skriv in</button>"); recorded != (c.note != joins) {
			t.Errorf("%s: the page asks whether a place is to be recorded: %t", says, recorded)
		}
		sent.Set("step", "save")
		if c.answered != "" {
			sent.Set("answered", c.answered)
		}
		w := post(h, "/municipalities/1880/enrolments/new", access.Coordinator, swedish, sent)
		if to, _ := url.Parse(w.Header().Get("Location")); w.Code != http.StatusSeeOther || strings.Join(written, " ") != c.writes || to.Query().Get("done") != c.done {
			t.Errorf("%s: %d to %s, written %q", says, w.Code, to, written)
		}
	}
}
