package web

import (
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/access"
)

func TestTheNextSessionOfAGroupIsTheFirstThatIsStillToBeFilledIn(t *testing.T) {
	const today = events.Day(100)
	begun := sessionSummary{Attended: 3, Unmarked: 6}
	begun.HeldOn = today
	on := func(day events.Day, came int, cancelled bool) sessionSummary {
		s := sessionSummary{Attended: came}
		s.HeldOn, s.Cancelled = day, cancelled
		return s
	}
	for name, c := range map[string]struct {
		sessions    []sessionSummary // the latest first
		held, ahead int
		next        events.Day // 0: none
	}{
		"there is none":                          {nil, 0, 0, 0},
		"today's, when it is empty":              {[]sessionSummary{on(107, 0, false), on(100, 0, false), on(93, 4, false)}, 2, 1, 100},
		"next week's, when today's is filled":    {[]sessionSummary{on(114, 0, false), on(107, 0, false), on(100, 4, false)}, 1, 2, 107},
		"today's, when it is begun":              {[]sessionSummary{on(107, 0, false), begun}, 1, 1, 100},
		"never one that was cancelled":           {[]sessionSummary{on(114, 0, false), on(107, 0, true), on(100, 0, true)}, 1, 2, 114},
		"none, when all have been":               {[]sessionSummary{on(93, 0, false), on(86, 4, false)}, 2, 0, 0},
		"another one of today, when one is done": {[]sessionSummary{on(100, 3, false), on(100, 0, false)}, 2, 0, 100},
	} {
		g := group{Held: c.sessions}
		g.divide(today)
		var next events.Day
		if g.Next != nil {
			next = g.Next.HeldOn
		}
		if len(g.Held) != c.held || len(g.Ahead) != c.ahead || next != c.next || g.Today != (next == today) {
			t.Errorf("%s: %d held, %d ahead, next on %d, today's %t", name, len(g.Held), len(g.Ahead), next, g.Today)
		}
	}
}

func TestAGroupsSessionsSayHowManyAreWithoutAMark(t *testing.T) {
	s := testSite(t)
	s.API = answers(map[string]string{"GET municipalities/1880/sessions?group=aaaaaaaaaaaaaaaaaaaaaaaaaa&limit=400": `{"sessions":[{"id":"aaaaaaaaaaaaaaaaaaaaaaaaaa","held_on":"2025-03-04","attended":2,"absent":1,"unmarked":6}]}`})
	saysAll(t, ask(s.handler(), "GET", "/municipalities/1880/groups/aaaaaaaaaaaaaaaaaaaaaaaaaa", access.Coordinator).Body.String(),
		"Ej ifyllda</th>", `<td class="n">2</td><td class="n">1</td><td class="n">6</td>`)
}

func TestWhereNoChildIsIdentifiedNobodyIsAskedToBeAdded(t *testing.T) {
	s := testSite(t)
	const id = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	s.API = answers(map[string]string{
		"GET municipalities/1880/programmes":     `{"programmes":[{"id":"lanterna","name":"Lanterna","identity":"none"}]}`,
		"GET municipalities/1880/groups/" + id:   `{"id":"` + id + `","name":"Tisdag","programme":"lanterna"}`,
		"GET municipalities/1880/sessions/" + id: `{"id":"` + id + `","programme":"lanterna","form":"camp","held_on":"2020-03-04"}`,
	})
	for path, said := range map[string]string{"groups/": "Räkna dem i närvaron.", "sessions/": "Räkna dem nedan."} {
		page := ask(s.handler(), "GET", "/municipalities/1880/"+path+id, access.Coordinator).Body.String()
		saysAll(t, page, said)
		if strings.Contains(page, "Lägg till den som är här") || strings.Contains(page, "Inget barn är med ännu.") {
			t.Errorf("%s asks for children to be added", path)
		}
	}
}

func TestAGroupLeadsToANewSessionOfItsOwnUnlessItIsClosed(t *testing.T) {
	s := testSite(t)
	const id = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	page := func(closed string) string {
		s.API = answers(map[string]string{"GET municipalities/1880/groups/" + id: `{"id":"` + id + `","name":"Tisdag"` + closed + `}`})
		return ask(s.handler(), "GET", "/municipalities/1880/groups/"+id, access.Coordinator).Body.String()
	}
	const link = `sessions/new?group=` + id
	if open, closed := page(""), page(`,"closed_on":"2025-06-10"`); !strings.Contains(open, link) || strings.Contains(closed, link) {
		t.Errorf("open: %t, closed: %t", strings.Contains(open, link), strings.Contains(closed, link))
	}
}

func TestAProblemThatNamesNothingIsItsOwnReason(t *testing.T) {
	whole := &problem{Type: problemType + "session_cancelled", Status: 409, Detail: "the session was cancelled"}
	if got := whole.reasons(); len(got) != 1 || got[0].Code != "session_cancelled" || got[0].Message != whole.Detail {
		t.Errorf("%+v", got)
	}
	named := &problem{Type: problemType + "invalid_request", Status: 422, Errors: []fieldProblem{{Location: "body.at", Code: "future_time"}}}
	if got := named.reasons(); len(got) != 1 || got[0].Code != "future_time" {
		t.Errorf("%+v", got)
	}
}

func TestAChildIsInAGroupOnceHoweverOftenItIsSent(t *testing.T) {
	const first, last, group = "aaaaaaaaaaaaaaaaaaaaaaaaaa", "ceaaaaaaaaaaaaaaaaaaaaaaaa", "aeaaaaaaaaaaaaaaaaaaaaaaaa"
	sent := url.Values{"key": {"k"}, "identity": {"x-1"}, "enrol": {"yes"}, "enrolled_on": {"2025-03-01"}}
	for says, c := range map[string]struct {
		path   string
		sent   url.Values
		there  bool
		writes []string
	}{
		"it is new":                          {"groups/" + group + "/members", sent, false, []string{"PUT groups/" + group + "/members", "POST enrolments"}},
		"the answer was lost after it came":  {"groups/" + group + "/members", sent, true, []string{"POST enrolments"}},
		"a place was given, and the same":    {"enrolments/new", url.Values{"key": {"k"}, "child": {walker}, "offer": {"group/" + group}, "enrolled_on": {"2025-03-01"}, "step": {"save"}}, true, []string{"POST enrolments"}},
		"it is taken out, and was taken out": {"groups/" + group + "/leave", url.Values{"key": {"k"}, "child": {walker}}, false, nil},
	} {
		s := testSite(t)
		var writes []string
		s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			path := strings.TrimPrefix(r.URL.Path, "/api/v1/municipalities/1880/")
			info := `"id":"` + group + `","programme":"sputnik","form":"support_group","name":"Tisdag"`
			switch {
			case path == "children":
				_, _ = w.Write([]byte(`{"child":"` + walker + `"}`))
			case r.Method != http.MethodGet:
				body, _ := io.ReadAll(r.Body)
				if writes = append(writes, r.Method+" "+path); strings.Contains(string(body), "members") && !strings.Contains(string(body), `["`+first+`","`+walker+`","`+last+`"]`) {
					t.Errorf("%s: the members are not in their order: %s", says, body)
				}
				_, _ = w.Write([]byte(`{"child":"` + walker + `","position":7}`))
			case path == "groups":
				_, _ = w.Write([]byte(`{"groups":[{` + info + `}]}`))
			case path == "groups/"+group && c.there:
				_, _ = w.Write([]byte(`{` + info + `,"members":[{"child":"` + first + `"},{"child":"` + walker + `"}]}`))
			case path == "groups/"+group:
				_, _ = w.Write([]byte(`{` + info + `,"members":[{"child":"` + last + `"},{"child":"` + first + `"}]}`))
			case path == "programmes":
				_, _ = w.Write([]byte(`{"programmes":[{"id":"sputnik","name":"Sputnik","forms":["support_group"],"identity":"linked"}]}`))
			default:
				empty(w, r)
			}
		})
		w := post(s.handler(), "/municipalities/1880/"+c.path, access.Coordinator, swedish, c.sent)
		if w.Code != http.StatusSeeOther || !slices.Equal(writes, c.writes) || strings.Contains(w.Header().Get("Location"), "alone") {
			t.Errorf("%s: %d to %s, written %q", says, w.Code, w.Header().Get("Location"), writes)
		}
	}
}

func TestAChildThatWasErasedIsSaidToBeInItsGroupAndInTheRegisterThatMarkedIt(t *testing.T) {
	const id, gone, stays = "aaaaaaaaaaaaaaaaaaaaaaaaaa", "cmaaaaaaaaaaaaaaaaaaaaaaaa", "ceaaaaaaaaaaaaaaaaaaaaaaaa"
	s := testSite(t)
	s.API = answers(map[string]string{
		"GET municipalities/1880/groups/" + id:   `{"id":"` + id + `","name":"Tisdag","members":[{"child":"` + gone + `","erased":true},{"child":"` + stays + `","label":"Bo"}]}`,
		"GET municipalities/1880/sessions/" + id: `{"id":"` + id + `","held_on":"2025-03-04","register":[{"child":"` + gone + `","state":"attended","member":true,"erased":true},{"child":"` + stays + `","label":"Bo","state":"none","member":true}]}`,
	})
	h := s.handler()
	group := ask(h, "GET", "/municipalities/1880/groups/"+id, access.Coordinator).Body.String()
	saysAll(t, group, `Barn cmaa <span class="tag">Raderat</span>`, `/children/`+stays+`">Bo</a>`, `name="child" value="`+gone+`"`)
	if strings.Contains(group, "/children/"+gone) || strings.Count(group, "Raderat</span>") != 1 {
		t.Error("the group leads to who was erased, or says it of somebody else")
	}
	register := ask(h, "GET", "/municipalities/1880/sessions/"+id, access.Coordinator).Body.String()
	if saysAll(t, register, `Barn cmaa <span class="tag">Raderat</span>`, "Bo</legend>"); strings.Count(register, "Raderat</span>") != 1 {
		t.Error("the register says it of somebody else")
	}
	saysAll(t, ask(h, "GET", "/municipalities/1880/groups/"+id, access.Coordinator, "Cookie", sessionCookie+"="+string(access.Coordinator)+"; "+languageCookie+"="+english).Body.String(), ">Erased</span>")
}

func TestSessionsThatLieAheadAreCancelledOrRemovedTogether(t *testing.T) {
	const group, first, second = "aaaaaaaaaaaaaaaaaaaaaaaaaa", "ceaaaaaaaaaaaaaaaaaaaaaaaa", "cmaaaaaaaaaaaaaaaaaaaaaaaa"
	for says, c := range map[string]struct {
		sent  url.Values
		write string // "": none
	}{
		"those that are ticked":         {url.Values{"key": {"k"}, "shown": {first, second}, "session": {second}, "do": {"cancel"}}, `sessions/cancel {"sessions":["` + second + `"]}`},
		"all that the page showed":      {url.Values{"key": {"k"}, "shown": {first, second}, "every": {"yes"}, "do": {"withdraw"}}, `sessions/withdraw {"reason":"entered_in_error","sessions":["` + first + `","` + second + `"]}`},
		"none, where nothing is ticked": {url.Values{"key": {"k"}, "shown": {first, second}, "do": {"withdraw"}}, ""},
		"nor where all are, and some":   {url.Values{"key": {"k"}, "shown": {first, second}, "session": {second}, "every": {"yes"}, "do": {"withdraw"}}, ""},
	} {
		s := testSite(t)
		write := ""
		s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch path := strings.TrimPrefix(r.URL.Path, "/api/v1/municipalities/1880/"); {
			case r.Method == http.MethodPost:
				body, _ := io.ReadAll(r.Body)
				write = strings.TrimPrefix(path, "groups/"+group+"/") + " " + strings.TrimSpace(string(body))
				_, _ = w.Write([]byte(`{"position":7}`))
			case path == "sessions":
				_, _ = w.Write([]byte(`{"sessions":[{"id":"` + second + `","held_on":"2099-03-11","cancelled":true},{"id":"` + first + `","held_on":"2099-03-04"}]}`))
			default:
				empty(w, r)
			}
		})
		w := post(s.handler(), "/municipalities/1880/groups/"+group+"/sessions", access.Coordinator, swedish, c.sent)
		if write != c.write || (w.Code == http.StatusSeeOther) != (c.write != "") {
			t.Errorf("%s: %d, written %q", says, w.Code, write)
		}
		if c.write == "" {
			saysAll(t, w.Body.String(), map[bool]string{true: "Välj minst ett.", false: "Välj alla eller några, inte båda."}[c.sent.Get("every") == ""], "<summary>2 kommande träffar, 1 inställd</summary>", "2 kommande träffar</span>", `value="`+first+`"><span>onsdag 4 mars 2099`, "<small>inställd</small>")
		}
	}
}

func TestAPlannedSessionThatIsInTheWayIsNamedByItsDay(t *testing.T) {
	const group, first, second = "aaaaaaaaaaaaaaaaaaaaaaaaaa", "ceaaaaaaaaaaaaaaaaaaaaaaaa", "cmaaaaaaaaaaaaaaaaaaaaaaaa"
	for says, sent := range map[string]url.Values{
		"one that was ticked":   {"key": {"k"}, "shown": {first, second}, "session": {second}, "do": {"withdraw"}},
		"one of all":            {"key": {"k"}, "shown": {second, first}, "every": {"yes"}, "do": {"withdraw"}},
		"one to be cancelled":   {"key": {"k"}, "shown": {first, second}, "session": {second}, "do": {"cancel"}},
		"one of several chosen": {"key": {"k"}, "shown": {first, second}, "session": {second, first}, "do": {"cancel"}},
	} {
		s := testSite(t)
		s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch path := strings.TrimPrefix(r.URL.Path, "/api/v1/municipalities/1880/"); {
			case r.Method == http.MethodPost:
				w.WriteHeader(http.StatusConflict)
				_, _ = w.Write([]byte(`{"status":409,"type":"urn:rackvidd:problem:register_begun","errors":[{"location":"body.sessions[0]","code":"register_begun","message":"m"}]}`))
			case path == "sessions":
				_, _ = w.Write([]byte(`{"sessions":[{"id":"` + second + `","held_on":"2099-03-11"},{"id":"` + first + `","held_on":"2099-03-04"}]}`))
			default:
				empty(w, r)
			}
		})
		page := post(s.handler(), "/municipalities/1880/groups/"+group+"/sessions", access.Coordinator, swedish, sent).Body.String()
		saysAll(t, page, "Någon är markerad eller räknad på träffen onsdag 11 mars 2099.")
		if strings.Contains(page, "nr 1") {
			t.Errorf("%s: it is counted among those that were sent", says)
		}
	}
}

func TestWhyAChildTakesPartIsAskedWhereverItGetsAPlaceInAMixedProgramme(t *testing.T) {
	const group, other = "aeaaaaaaaaaaaaaaaaaaaaaaaa", "ceaaaaaaaaaaaaaaaaaaaaaaaa"
	member := func(more url.Values) url.Values {
		sent := url.Values{"key": {"k"}, "identity": {"x-1"}, "label": {"Bo"}, "enrolled_on": {"2025-03-01"}}
		maps.Copy(sent, more)
		return sent
	}
	place := func(offer string, more url.Values) url.Values {
		sent := url.Values{"key": {"k"}, "child": {walker}, "offer": {offer}, "enrolled_on": {"2025-03-01"}, "birth_year": {"2014"}, "step": {"save"}}
		maps.Copy(sent, more)
		return sent
	}
	enrol, why := url.Values{"enrol": {"yes"}}, url.Values{"target": {"other"}}
	for says, c := range map[string]struct {
		path   string
		sent   url.Values
		wrote  string // as the place is recorded; "": none is
		refuse bool
	}{
		"a mixed group, and nothing is said":         {"groups/" + group + "/members", member(enrol), "", true},
		"a mixed group, and why":                     {"groups/" + group + "/members", member(url.Values{"enrol": {"yes"}, "target": {"other"}}), `"target":"other"`, false},
		"a mixed group, and no place":                {"groups/" + group + "/members", member(nil), "", false},
		"a group for substance abuse":                {"groups/" + other + "/members", member(enrol), `"programme":"lanterna"`, false},
		"a place in a mixed programme, and no why":   {"enrolments/new", place("sputnik/support_group", nil), "", true},
		"a place in a mixed group, and no why":       {"enrolments/new", place("group/"+group, nil), "", true},
		"a place in a mixed group, and why":          {"enrolments/new", place("group/"+group, why), `"target":"other"`, false},
		"a place in a programme for substance abuse": {"enrolments/new", place("lanterna/support_group", nil), `"programme":"lanterna"`, false},
	} {
		s := testSite(t)
		var wrote string
		writes := 0
		s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mixed, plain := `"id":"`+group+`","programme":"sputnik","form":"support_group","name":"Tisdag"`, `"id":"`+other+`","programme":"lanterna","form":"support_group","name":"Onsdag"`
			if r.Method != http.MethodGet {
				writes++
			}
			switch path := strings.TrimPrefix(r.URL.Path, "/api/v1/municipalities/1880/"); {
			case path == "children":
				_, _ = w.Write([]byte(`{"child":"` + walker + `"}`))
			case path == "enrolments":
				body, _ := io.ReadAll(r.Body)
				wrote = string(body)
				_, _ = w.Write([]byte(`{"child":"` + walker + `","position":7}`))
			case path == "groups":
				_, _ = w.Write([]byte(`{"groups":[{` + mixed + `},{` + plain + `}]}`))
			case path == "groups/"+group:
				_, _ = w.Write([]byte(`{` + mixed + `}`))
			case path == "groups/"+other:
				_, _ = w.Write([]byte(`{` + plain + `}`))
			case path == "programmes":
				_, _ = w.Write([]byte(`{"programmes":[{"id":"lanterna","name":"Lanterna","forms":["support_group"],"identity":"linked","target":"substance_abuse"},{"id":"sputnik","name":"Sputnik","forms":["support_group"],"identity":"linked","target":"mixed"}]}`))
			default:
				empty(w, r)
			}
		})
		w := post(s.handler(), "/municipalities/1880/"+c.path, access.Coordinator, swedish, c.sent)
		refused := w.Code == http.StatusUnprocessableEntity
		if refused != c.refuse || refused && writes > 0 || (wrote != "") != (c.wrote != "") || !strings.Contains(wrote, c.wrote) || strings.Contains(wrote, "target") && !c.sent.Has("target") {
			t.Errorf("%s: %d after %d writes, the place is %s", says, w.Code, writes, wrote)
		}
		if c.refuse {
			page := readPage(t, w.Body.String())
			page.check(t, says, map[string]string{"identity": c.sent.Get("identity"), "birth_year": c.sent.Get("birth_year")})
			saysAll(t, w.Body.String(), `id="target-error"`, "Varför är barnet med?", `name="target" value="other"`)
		}
	}
}
