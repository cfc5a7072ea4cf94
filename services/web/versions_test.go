package web

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"rackvidd/services/access"
)

const (
	firstFiled  = `{"version":1,"position":5,"definition":"reach/v3","program":"p1","form":"v3","submitted_at":"2026-01-07T12:00:00Z","submitted_by":"aaaaaaaaaaaaaaaaaaaaaaaaaa","statement":{"position":6,"root":"0123456789abcdef","figures":"fedcba","note":"n"}`
	secondFiled = `{"version":2,"position":9,"definition":"reach/v3","program":"p1","form":"v3","submitted_at":"2026-02-07T12:00:00Z","submitted_by":"aaaaaaaaaaaaaaaaaaaaaaaaaa","reason":"Ett läger kom sent","statement":null`
	filedBy     = `"people":[{"account":"aaaaaaaaaaaaaaaaaaaaaaaaaa","name":"Kim","roles":["back_office"]}]`
)

func withVersions(list string) http.Handler {
	const year = "GET municipalities/1880/surveys/2025/"
	return answers(map[string]string{
		year + "versions?lang=sv": `{"versions":[` + list + `],` + filedBy + `}`,
		year + "versions/1?lang=sv": firstFiled + `,"municipality":"1880","year":2025,"title":"Enkäten","latest":2,"state":"submitted","answers":[{"question":"Q4","status":"number","value":42,"lower":42,"upper":42,"basis":"counted"}],
			"remarks":[{"question":"Q4","comment":"två grupper"}],"comments":[{"rule":"S07","comment":"Fyra listor är borta"}],"steps":[{"what":"submitted","version":1,"by":"aaaaaaaaaaaaaaaaaaaaaaaaaa","at":"2026-01-07T12:00:00Z"}],` + filedBy + `}`,
		year + "difference?from=1&lang=sv&to=2": `{"year":2025,"from":` + firstFiled + `},"to":` + secondFiled + `},"amendments":[{"version":2,"reason":"Ett läger kom sent"}],"answers":[{"question":"Q4","from":{"question":"Q4","status":"number","value":42},"to":{"question":"Q4","status":"number","value":44,"basis":"estimated","reason":"räknat för hand"}}],
			"children":{"from":42,"to":44,"items":[{"reason":"late","children":3},{"reason":"given","children":-1}]},"figures":[{"question":"Q3","figure":"by_form[camp].children","from":null,"to":3}],"signed":true}`,
	})
}

func TestASubmittedVersionIsShownAsItWasWithWhatReplacedIt(t *testing.T) {
	s := testSite(t)
	s.API = withVersions("")
	page := ask(s.handler(), "GET", "/municipalities/1880/surveys/2025/versions/1", access.Auditor).Body.String()
	saysAll(t, page, "Kvitto på version 1 av årsenkäten för 2025", "<dd>42", "två grupper", "Fyra listor är borta", "Närvarolistor saknas (S07)", "Den här versionen är ersatt. Version 2 gäller.", `href="/municipalities/1880/surveys/2025/statement?version=1"`, "<td>Kim</td>")
	for _, format := range exportFormats {
		if !strings.Contains(page, `href="/municipalities/1880/surveys/2025/export/`+format+`?version=1" download`) {
			t.Errorf("a version that was replaced offers no %s of itself", format)
		}
	}
}

func TestTheReceiptIsThatOfTheVersionThatStands(t *testing.T) {
	s := testSite(t)
	for list, to := range map[string]string{"": "/surveys/2025", firstFiled + "}": "/surveys/2025/versions/1", firstFiled + "}," + secondFiled + "}": "/surveys/2025/versions/2"} {
		s.API = withVersions(list)
		if w := ask(s.handler(), "GET", "/municipalities/1880/surveys/2025/receipt", access.BackOffice); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/municipalities/1880"+to {
			t.Errorf("it leads to %s, not %s", w.Header().Get("Location"), to)
		}
	}
}

func TestVersionsAreListedAndComparedWhereThereAreTwo(t *testing.T) {
	s := testSite(t)
	s.API = withVersions(firstFiled + "}," + secondFiled + "}")
	h := s.handler()
	saysAll(t, ask(h, "GET", "/municipalities/1880/surveys/2025/versions", access.BackOffice).Body.String(), "Loggens kontrollsumma", `till och med händelse 6, inlämningen: <code class="whole">0123456789ab…</code>`, "Ett läger kom sent", "signeras inom kort", `action="/municipalities/1880/surveys/2025/difference"`)
	for _, query := range []string{"", "?from=1&to=2", "?from=2&to=1"} {
		saysAll(t, ask(h, "GET", "/municipalities/1880/surveys/2025/difference"+query, access.BackOffice).Body.String(),
			"Vad som skiljer version 1 och 2 av årsenkäten för 2025", "Varför version 2 gjordes:</strong> Ett läger kom sent", "räknat för hand", "Antal barn: från 42 till 44", "Sena registreringar", "<td class=\"n\">−1</td>", "Stödform (läger): olika barn", "saknas")
	}
	s.API = withVersions(firstFiled + "}")
	one := s.handler()
	if page := ask(one, "GET", "/municipalities/1880/surveys/2025/versions", access.BackOffice).Body.String(); strings.Contains(page, "/difference") {
		t.Error("a version alone is compared")
	}
	if w := ask(one, "GET", "/municipalities/1880/surveys/2025/difference", access.BackOffice); w.Code != http.StatusSeeOther {
		t.Errorf("with one version there is a difference: %d", w.Code)
	}
}

func TestASurveyThatIsOpenAgainShowsWhatIsAnsweredOtherwise(t *testing.T) {
	s := testSite(t)
	now := `{"year":2025,"form":"v3","state":"amended","version":2,"position":7,"due":"2026-03-31","submitted":{"version":1},"reason":"Sent","checks":[],"answers":[{"question":"Q4","status":"number","value":44}],
		"steps":[{"what":"answered","version":2,"by":"aaaaaaaaaaaaaaaaaaaaaaaaaa","at":"2026-02-07T12:00:00Z","about":["Q4"]}],` + filedBy + `}`
	kept := answersOf(withVersions(""), map[string]string{"GET municipalities/1880/surveys/2025?lang=sv": now})
	s.API = kept
	page := ask(s.handler(), "GET", "/municipalities/1880/surveys/2025", access.BackOffice).Body.String()
	saysAll(t, page, "Ändrat sedan version 1 lämnades in", "<s>42</s>", "Svaren ska vara inne senast 31 mars 2026", "av Kim: Q4.", "Ändra<span class=\"visually-hidden\">: ", `/versions/1"`)
}

// answersOf answers what is written, and lets another answer all else.
func answersOf(rest http.Handler, written map[string]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text, ok := written[r.Method+" "+strings.TrimPrefix(r.URL.RequestURI(), "/api/v1/")]; ok {
			_, _ = w.Write([]byte(text))
			return
		}
		rest.ServeHTTP(w, r)
	})
}

func TestTheListOfSurveysSaysHowFarEachYearHasCome(t *testing.T) {
	s := testSite(t)
	s.API = answers(map[string]string{"GET municipalities/1880/surveys": `{"surveys":[{"year":2024,"form":"v3","state":"submitted","version":1,"submitted":1,"last":{"what":"submitted","by":"aaaaaaaaaaaaaaaaaaaaaaaaaa","at":"2026-01-07T12:00:00Z"}},{"year":2023,"form":"v3","state":"draft","version":1}],` + filedBy + `}`})
	saysAll(t, ask(s.handler(), "GET", "/municipalities/1880/surveys", access.BackOffice).Body.String(), "Inlämnad</span>", "inlämnad av Kim", `/surveys/2024/versions"`, "Inte påbörjad")
}

func TestPlacesAndReferralsBehindACheckLeadToNobodyButWhoeverMayReadThem(t *testing.T) {
	s := testSite(t)
	s.API = answers(map[string]string{"GET municipalities/1880/surveys/2025/checks/S25/entries?limit=50&offset=0": `{"rule":"S25","position":7,"total":2,"entries":[{"number":2,"channel":"school","from":"2025-03-04"},{"number":1,"programme":"sputnik","channel":"self","from":"2025-03-05","child":"aaaaaaaaaaaaaaaaaaaaaaaaaa"}]}`})
	page := ask(s.handler(), "GET", "/municipalities/1880/surveys/2025/checks/S25", access.BackOffice).Body.String()
	saysAll(t, page, "Bakom kontrollen: Remisser väntar på svar", "2 remisser, de tidigaste först", "Skolan", `href="/municipalities/1880/children/aaaaaaaaaaaaaaaaaaaaaaaaaa"`)
	if strings.Count(page, "/children/") != 1 || strings.Contains(page, "format=csv") {
		t.Errorf("it leads to a child that it names not, or to a file that there is not: %s", page)
	}
}

func TestOfOtherMunicipalitiesAPageOfYearsSaysWhatIsPublishedAndLeadsThereWhoMay(t *testing.T) {
	h := testSite(t).handler()
	page := ask(h, "GET", "/municipalities/1880/surveys/compare", access.BackOffice).Body.String()
	saysAll(t, page, "Andra kommuner", "ett litet tal visas som 1–4", "Rapporten ges ut av den nationella nivån")
	if strings.Contains(page, `href="/report`) {
		t.Error("a back office is led to a page that is not there for it")
	}
}

// What is kept beside the log may be gone. The page says so in its reader's language, and no field is filled with it.
func TestATextThatIsGoneIsToldInTheReadersLanguageAndFillsNoField(t *testing.T) {
	const survey = "municipalities/1880/surveys/2025"
	filed := func(number string) string {
		return `{"version":` + number + `,"form":"v3","reason_gone":"text_lost","submitted_by":"aaaaaaaaaaaaaaaaaaaaaaaaaa"`
	}
	const answers3 = `"answers":[{"question":"Q4","status":"number","value":42,"gone":"text_erased"},{"question":"Q7","status":"text","gone":"text_changed","words":true}],"remarks":[{"question":"Q4","comment":"","gone":"text_lost"}]`
	written := make(map[string]string)
	for _, lang := range []string{"sv", "en"} {
		query := "?lang=" + lang
		written["GET "+survey+query] = `{"year":2025,"form":"v3","state":"draft","version":2,"position":7,"reason_gone":"text_lost",` + answers3 + `,"checks":[{"rule":"S07","severity":"warning","heading":"Listor","comment":"","gone":"text_erased"}]}`
		written["GET "+survey+"/versions"+query] = `{"versions":[` + filed("1") + `},` + filed("2") + `}]}`
		written["GET "+survey+"/versions/1"+query] = filed("1") + `,"municipality":"1880","year":2025,` + answers3 + `,"comments":[{"rule":"S07","comment":"","gone":"text_changed"}]}`
		written["GET "+survey+"/difference?from=1&lang="+lang+"&to=2"] = `{"year":2025,"from":` + filed("1") + `},"to":` + filed("2") + `},"amendments":[{"version":2,"reason":"","gone":"text_lost"}],"answers":[{"question":"Q4","from":{"question":"Q4","status":"number","value":42,"gone":"text_erased"},"to":{"question":"Q4","status":"number","value":44,"gone":"text_changed"}}]}`
	}
	written["GET municipalities/1880/audit/replays/past?limit=20"] = `{"replays":[{"recorded":9,"at":"2026-11-25T12:00:00Z","reason":"","reason_gone":"text_lost","differences":1,"unknown":"text_erased"}]}`
	s := testSite(t)
	s.API = answers(written)
	h := s.handler()
	said := map[string][]string{
		"text_lost":    {"den är förlorad, ingen har raderat den", "it was lost, nobody erased it"},
		"text_erased":  {"texten är raderad", "the text was erased"},
		"text_changed": {"en annan text än den som skrevs", "another text than the one that was written"},
	}
	for path, gone := range map[string][]string{
		"surveys/2025": {"text_lost", "text_erased", "text_changed"}, "surveys/2025/checks": {"text_erased"}, "surveys/2025/questions/Q4": {"text_erased", "text_lost"}, "surveys/2025/questions/Q7": {"text_changed"},
		"surveys/2025/versions": {"text_lost"}, "surveys/2025/versions/1": {"text_lost", "text_erased", "text_changed"}, "surveys/2025/difference?from=1&to=2": {"text_lost", "text_erased", "text_changed"},
		"replay": {"text_lost", "text_erased"},
	} {
		role := access.BackOffice
		if path == "replay" {
			role = access.Auditor
		}
		for i, lang := range []string{"sv", "en"} {
			w := ask(h, "GET", "/municipalities/1880/"+path, role, "Cookie", sessionCookie+"="+string(role)+"; "+languageCookie+"="+lang)
			page := w.Body.String()
			for code, texts := range said {
				if got, want := strings.Contains(page, texts[i]), slices.Contains(gone, code); got != want || strings.Contains(page, texts[1-i]) {
					t.Errorf("%s in %s: %d, %s is told: %v, not %v", path, lang, w.Code, code, got, want)
				}
			}
			for _, f := range readPage(t, page).forms {
				for _, c := range f.controls {
					if strings.Contains(c.value, "text") {
						t.Errorf("%s in %s: %s is filled with %q", path, lang, c.name, c.value)
					}
				}
			}
		}
	}
}

func TestAnAuditorIsLedFromAVersionToItsReplayAndItsBundle(t *testing.T) {
	s := testSite(t)
	s.API = withVersions(firstFiled + "}")
	h := s.handler()
	const replay, bundle = `href="/municipalities/1880/replay?year=2025&amp;definition=reach%2fv3&amp;position=5"`, `href="/municipalities/1880/surveys/2025/bundle?version=1" download`
	saysAll(t, ask(h, "GET", "/municipalities/1880/surveys/2025/versions", access.Auditor).Body.String(), replay)
	saysAll(t, ask(h, "GET", "/municipalities/1880/surveys/2025/versions/1", access.Auditor).Body.String(), replay, bundle)
	if page := ask(h, "GET", "/municipalities/1880/surveys/2025/versions/1", access.BackOffice).Body.String(); strings.Contains(page, "/replay") || strings.Contains(page, "/bundle") {
		t.Error("whoever may not read the log is led to it")
	}
}

func TestABundleIsHandedOnAsItComesAndARefusalIsAPage(t *testing.T) {
	s := testSite(t)
	const path = "/municipalities/1880/surveys/2025/bundle?version=1"
	w := httptest.NewRecorder()
	s.API = http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
		if r.URL.RequestURI() != "/api/v1/municipalities/1880/audit/bundle?version=1&year=2025" {
			t.Errorf("the API is asked for %s", r.URL.RequestURI())
		}
		to.Header().Set("Content-Disposition", `attachment; filename="bundle.zip"`)
		_, _ = to.Write([]byte("PK"))
		if w.Body.String() != "PK" {
			t.Error("the file is held until all of it has come")
		}
	})
	r := httptest.NewRequest("GET", path, nil)
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: string(access.Auditor)})
	s.handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Header().Get("Content-Disposition") != `attachment; filename="bundle.zip"` {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	s.API = http.HandlerFunc(func(to http.ResponseWriter, _ *http.Request) {
		to.WriteHeader(http.StatusServiceUnavailable)
		_, _ = to.Write([]byte(`{"type":"urn:rackvidd:problem:not_yet","status":503}`))
	})
	if w := ask(s.handler(), "GET", path, access.Auditor); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), languages()[swedish].text("error.unavailable.title")) && !strings.Contains(w.Body.String(), languages()[swedish].text("error.not_yet.title")) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
