package web

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"rackvidd/services/access"
)

func TestThePageOfRetentionSaysWhatIsDecidedAndWhomItErases(t *testing.T) {
	s := testSite(t)
	for answer, says := range map[string][]string{
		`{"years":0,"children":[]}`: {"Ingen gallring är beslutad", `value="0" selected`},
		`{"years":1,"decided":{"account":"` + walker + `","name":"Kim","at":"2026-03-04T12:00:00Z"},"children":[]}`: {
			"registrerats om det på 1 helt år.", "Beslutat: Kim", "Inget barn ska raderas nu.", `value="1" selected`,
		},
		`{"years":5,"listed":{"children":2},"children":[{"child":"` + walker + `","last_recorded":"2021-03-04T12:00:00Z","erased":"2026-04-03T12:00:00Z"},{"child":"` + evening + `","last_recorded":"2021-03-05T12:00:00Z"}]}`: {
			"registrerats om det på 5 hela år.", "2 barn", "/children/" + walker + "/disclosure", "3 april 2026", "trettio dagar efter nästa genomgång",
		},
		`{"years":5,"withheld":true,"children":[]}`: {"Det som sparas är skadat."},
	} {
		s.API = answers(map[string]string{"GET municipalities/1880/retention?limit=50": answer})
		saysAll(t, ask(s.handler(), "GET", "/municipalities/1880/retention", access.DataProtection).Body.String(), says...)
	}
}

func TestThePageOfRetentionShowsWhomADecisionWouldConcern(t *testing.T) {
	s, asked := testSite(t), []string{}
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.RawQuery)
		switch r.URL.Query().Get("years") {
		case "2":
			_, _ = io.WriteString(w, `{"years":5,"listed":{"children":3},"foreseen":{"years":2,"children":12,"from":"2026-12-29T09:00:00Z"},"children":[{"child":"`+walker+`","last_recorded":"2021-03-04T12:00:00Z","erased":"2026-12-29T09:00:00Z"}]}`)
		case "5":
			_, _ = io.WriteString(w, `{"years":5,"listed":{"children":3},"foreseen":{"years":5,"children":3},"children":[]}`)
		case "0":
			_, _ = io.WriteString(w, `{"years":5,"listed":{"children":3},"foreseen":{"years":0,"children":0},"children":[]}`)
		default:
			w.WriteHeader(http.StatusUnprocessableEntity)
		}
	})
	h, path := s.handler(), "/municipalities/1880/retention"
	w := post(h, path, access.DataProtection, swedish, url.Values{"key": {"k"}, "years": {"2"}, "see": {"yes"}})
	if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || to != path+"?years=2" || len(asked) > 0 {
		t.Errorf("it is answered %d %s, and %q was asked", w.Code, to, asked)
	}
	saysAll(t, ask(h, "GET", path+"?years=2", access.DataProtection).Body.String(), `value="2" selected`, "Vem det gäller: 2 hela år",
		"12 barn ställs på listan och raderas tidigast 29 december 2026", "Med det som gäller nu ska 3 barn raderas.", "Att titta beslutar inget", "Barn som är sammanslagna räknas vart för sig.", "/children/"+walker+"/disclosure")
	saysAll(t, ask(h, "GET", path+"?years=5", access.DataProtection).Body.String(), "Det gäller redan. Med det som gäller nu ska 3 barn raderas.")
	saysAll(t, ask(h, "GET", path+"?years=0", access.DataProtection).Body.String(), `value="0" selected`, "Vem det gäller: Ingen gallring", "Inget barn ställs på listan.")
	if w := ask(h, "GET", path+"?years=31", access.DataProtection); w.Code != http.StatusNotFound {
		t.Errorf("of 31 years it answers %d", w.Code)
	}
	if want := []string{"GET limit=50&years=2", "GET limit=50&years=5", "GET limit=50&years=0", "GET limit=50&years=31"}; !slices.Equal(asked, want) {
		t.Errorf("asked was %q, want %q", asked, want)
	}
}

func TestThePageOfRetentionGoesOnWhereItsAddressSays(t *testing.T) {
	s := testSite(t)
	const part = `{"years":5,"listed":{"children":120},"children":[{"child":"` + walker + `","last_recorded":"2021-03-04T12:00:00Z"}],"after":"` + walker + `"}`
	s.API = answers(map[string]string{
		"GET municipalities/1880/retention?limit=50":                               part,
		"GET municipalities/1880/retention?after=" + walker + "&limit=50":          `{"years":5,"listed":{"children":120},"children":[{"child":"` + evening + `","last_recorded":"2021-03-05T12:00:00Z"}]}`,
		"GET municipalities/1880/retention?after=" + evening + "&limit=50&years=2": `{"status":422}`,
	})
	h, path := s.handler(), "/municipalities/1880/retention"
	first := ask(h, "GET", path, access.DataProtection).Body.String()
	saysAll(t, first, "120 barn", `href="`+path+`?after=`+walker+`">Visa fler`)
	second := ask(h, "GET", path+"?after="+walker, access.DataProtection).Body.String()
	saysAll(t, second, "120 barn", evening, `href="`+path+`">Visa från början`)
	if strings.Contains(first, "Visa från början") || strings.Contains(second, "Visa fler") {
		t.Error("the first part leads to the first, or the last further on")
	}
	w := ask(h, "GET", path+"?years=2&after="+evening, access.DataProtection)
	if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || to != path+"?years=2" {
		t.Errorf("after a child that is not listed any more it is answered %d %s", w.Code, to)
	}
}

func TestStartPagesSayHowManyAreToBeErased(t *testing.T) {
	s := testSite(t)
	h := s.handler()
	listed := func(answer string) {
		s.API = answers(map[string]string{"GET municipalities/1880/retention/listed": answer})
	}
	page := func(path string, role access.Role) string {
		return ask(h, "GET", "/municipalities/1880/"+path, role).Body.String()
	}
	const link = `href="/municipalities/1880/retention">Visa dem`
	listed(`{"children":12,"from":"2026-12-29T09:00:00Z","to":"2027-01-02T23:30:00Z"}`)
	const text = "12 barn raderas, det första tidigast 29 december 2026 och det sista tidigast 3 januari 2027, eftersom inget har antecknats om dem på länge. Antecknas något mer om ett barn raderas det inte."
	saysAll(t, page("privacy", access.DataProtection), text, link, "Barn som är sammanslagna räknas vart för sig.")
	day := page("", access.Coordinator)
	if saysAll(t, day, text); strings.Contains(day, link) {
		t.Error("a coordinator is led to a page that is not for it")
	}
	inEnglish := sessionCookie + "=" + string(access.Coordinator) + "; " + languageCookie + "=" + english
	saysAll(t, ask(h, "GET", "/municipalities/1880/", access.Coordinator, "Cookie", inEnglish).Body.String(),
		"12 children will be erased, the first on 29 December 2026 and the last on 3 January 2027 at the earliest, because", "Children who are merged are counted one by one.")
	listed(`{"children":1,"from":"2026-12-29T09:00:00Z","to":"2026-12-29T09:00:00Z"}`)
	one := page("privacy", access.DataProtection)
	if saysAll(t, one, "1 barn raderas tidigast 29 december 2026 eftersom"); strings.Contains(one, "sammanslagna") {
		t.Error("one child is said to be counted more than once")
	}
	for answer, fails := range map[string]int{`{"children":0}`: 0, "it is not there": http.StatusServiceUnavailable, "it is broken": http.StatusInternalServerError} {
		listed(answer)
		if fails > 0 {
			s.API = failing("retention/listed", fails, s.API)
		}
		for path, role := range map[string]access.Role{"": access.Coordinator, "privacy": access.DataProtection} {
			if w := ask(h, "GET", "/municipalities/1880/"+path, role); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "barn raderas") {
				t.Errorf("%q is answered %d when the API says %q", path, w.Code, answer)
			}
		}
	}
}

// failing answers of a part of the API that it could not.
func failing(path string, status int, api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, path) {
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(problem{Type: problemType + "unavailable", Status: status})
			return
		}
		api.ServeHTTP(w, r)
	})
}

func TestRetentionIsDecidedOnItsPage(t *testing.T) {
	s, decided := testSite(t), []string{}
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			raw, _ := io.ReadAll(r.Body)
			decided = append(decided, strings.TrimSpace(string(raw)))
			if strings.Contains(string(raw), "31") {
				w.WriteHeader(http.StatusUnprocessableEntity)
				_ = json.NewEncoder(w).Encode(problem{Type: problemType + "invalid_years", Status: 422, Errors: []fieldProblem{{"body.years", "invalid_years", "no"}}})
				return
			}
		}
		_, _ = io.WriteString(w, `{"years":0,"children":[],"position":7}`)
	})
	h, path := s.handler(), "/municipalities/1880/retention"
	w := post(h, path, access.DataProtection, swedish, url.Values{"key": {"k"}, "years": {"5"}})
	if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasPrefix(to, path) || !strings.Contains(to, "done=retention") {
		t.Errorf("it is answered %d %s", w.Code, to)
	}
	saysAll(t, post(h, path, access.DataProtection, swedish, url.Values{"key": {"k"}, "years": {"31"}}).Body.String(), "Välj ett till trettio hela år")
	saysAll(t, post(h, path, access.DataProtection, swedish, url.Values{"key": {"k"}}).Body.String(), `id="years-error"`)
	if len(decided) != 2 || decided[0] != `{"years":5}` {
		t.Errorf("decided was %q", decided)
	}
	if w := ask(h, "GET", path, access.Auditor); w.Code != http.StatusNotFound {
		t.Errorf("an auditor is answered %d", w.Code)
	}
}
