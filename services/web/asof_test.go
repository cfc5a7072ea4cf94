package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rackvidd/services/access"
)

func TestTodayIsAskedAboutUntilNow(t *testing.T) {
	s := testSite(t)
	now := time.Date(2026, 11, 25, 12, 0, 0, 500, time.UTC)
	s.Clock = func() time.Time { return now }
	for path, want := range map[string]string{
		"as-of?day=2026-11-25":             "2026-11-25T12:00:01.000Z",
		"as-of?day=2026-11-24":             "2026-11-24T22:59:59.999Z",
		"as-of?day=2026-11-25&clock=18:00": "2026-11-25T17:00:59.999Z", // which is refused
		"as-of?day=2026-11-26":             "2026-11-26T22:59:59.999Z",
		"reach?as_of=2026-11-25":           "2026-11-25T12:00:01.000Z",
	} {
		var asked []string
		s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if moment := r.URL.Query().Get("as_of"); moment != "" {
				asked = append(asked, moment)
			}
			empty(w, r)
		})
		ask(s.handler(), "GET", "/municipalities/1880/"+path, access.Auditor)
		if len(asked) != 1 || asked[0] != want {
			t.Errorf("%s: %v, not %s", path, asked, want)
		}
	}
}

func TestFiguresAsOfADayThatHasNotComeAreThoseOfNowBesideWhatIsWrong(t *testing.T) {
	s := testSite(t)
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.HasSuffix(r.URL.Path, "/reach"):
			empty(w, r)
		case r.URL.Query().Get("as_of") != "":
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.Write([]byte(`{"status":422,"errors":[{"location":"query.as_of","code":"future_as_of","message":"no"}]}`))
		default:
			_, _ = w.Write([]byte(`{"children":6,"bounds":{"lower":6,"upper":6},"position":12}`))
		}
	})
	for _, day := range []string{"2099-01-01", "nonsense"} {
		page := ask(s.handler(), "GET", "/municipalities/1880/reach?year=2025&as_of="+day, access.Auditor)
		if page.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", day, page.Code)
		}
		saysAll(t, page.Body.String(), "Den tidpunkten har inte varit ännu.", `<p class="big">6</p>`, `value="`+day+`"`)
	}
}

func TestTheAnswersOfASurveyAsTheyWereStandBesideThoseOfNow(t *testing.T) {
	s := testSite(t)
	reads := map[string]string{
		"GET municipalities/1880/reach?definition=reach%2Fv3&year=2025":                                    `{"children":9,"bounds":{"lower":9,"upper":9},"position":20}`,
		"GET municipalities/1880/reach?as_of=2026-01-31T22%3A59%3A59.999Z&definition=reach%2Fv3&year=2025": `{"children":6,"bounds":{"lower":6,"upper":6},"position":12}`,
		"GET municipalities/1880/surveys/2025/answers?lang=sv&position=12": `{"form":"v3","state":"draft","version":1,"position":12,"answers":[
			{"question":"Q1","status":"yes"},{"question":"Q4","status":"number","value":6,"basis":"counted"},{"question":"Q6","status":"not_answered"}]}`,
		"GET municipalities/1880/surveys/2025/answers?lang=sv&position=20": `{"form":"v3","state":"amended","version":2,"position":20,"answers":[
			{"question":"Q1","status":"yes"},{"question":"Q4","status":"number","value":9,"basis":"overridden","reason":"Fler kom"},{"question":"Q6","status":"choices","choices":["cooperation"]}]}`,
	}
	s.API = answers(reads)
	page := func() string {
		return ask(s.handler(), "GET", "/municipalities/1880/as-of?year=2025&day=2026-01-31", access.Auditor).Body.String()
	}
	saysAll(t, page(),
		"Enkätens svar", "<td>Utkast, Version 1</td><td>Under ändring, Version 2</td>", "<td>Ja</td><td>Ja</td><td>lika</td>",
		`<td>6 <span class="tag">räknat</span></td><td>9 <span class="tag">ändrat</span><br><span class="quiet">Fler kom</span></td><td><strong>annat svar</strong></td>`,
		"<td>Inte besvarat</td><td>Samverkan mellan kommunens instanser</td><td><strong>annat svar</strong></td>")
	rest := s.API
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/answers") {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"status":404,"type":"urn:rackvidd:problem:unknown_survey"}`))
			return
		}
		rest.ServeHTTP(w, r)
	})
	without := page()
	saysAll(t, without, "Som det var känt", ">6</td>")
	if strings.Contains(without, "Enkätens svar") {
		t.Error("answers are compared that nobody asked for")
	}
}
