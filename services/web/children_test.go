package web

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rackvidd/services/access"
)

func TestATimelineSaysOfEveryLineWhoRecordedItAndWhen(t *testing.T) {
	s := testSite(t)
	const kim = `"at":"2025-03-04T12:00:00Z","account":"cmaaaaaaaaaaaaaaaaaaaaaaaa","name":"Kim"`
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/cases/") {
			empty(w, r)
			return
		}
		_, _ = w.Write([]byte(`{"child":"aeaaaaaaaaaaaaaaaaaaaaaaaa","label":"Bo","birth_year":2014,
			"merges":[{"id":"m","child":"cmaaaaaaaaaaaaaaaaaaaaaaaa","recorded":{` + strings.ReplaceAll(kim, "Kim", "Ira") + `},"undone":{` + strings.ReplaceAll(kim, "Kim", "Eli") + `}}],
			"referrals":[{"id":"1","channel":"school","received_on":"2025-03-01","recorded":{` + kim + `},"outcome":"accepted","closed_on":"2025-03-02","closing":"2","closing_recorded":{` + strings.ReplaceAll(kim, "Kim", "Alex") + `}}],
			"enrolments":[{"id":"3","programme":"sputnik","form":"camp","enrolled_on":"2025-03-03","recorded":{` + strings.Replace(kim, `,"name":"Kim"`, "", 1) + `}}],
			"sessions":[{"id":"aeaaaaaaaaaaaaaaaaaaaaaaaa","held_on":"2025-03-04","state":"attended","recorded":{` + strings.ReplaceAll(kim, "Kim", "Noa") + `}}],
			"struck":[{"kind":"referral","day":"2025-03-05","struck_at":"2025-03-06T12:00:00Z","struck_by":"cmaaaaaaaaaaaaaaaaaaaaaaaa","struck_name":"Mio","reason":"other"}]}`))
	})
	page := ask(s.handler(), "GET", "/municipalities/1880/children/aeaaaaaaaaaaaaaaaaaaaaaaaa", access.Coordinator).Body.String()
	for _, said := range []string{"Kim registrerade det 4 mars 2025", "Alex registrerade det", "Någon annan registrerade det", "Noa registrerade det", "Mio ändrade det 6 mars 2025", "Född 2014.", "barnet är samma som barn cmaa", "Ira registrerade det", "Eli tog isär dem 4 mars 2025"} {
		if !strings.Contains(page, said) {
			t.Errorf("the page does not say %q:\n%s", said, withoutMenu(page))
		}
	}
}

func TestTheChildsPagesSayWhenItIsErased(t *testing.T) {
	s := testSite(t)
	const child = "aeaaaaaaaaaaaaaaaaaaaaaaaa"
	said := `{"child":"` + child + `","erased":"2026-12-29T09:00:00Z"}`
	s.API = answers(map[string]string{
		"GET municipalities/1880/cases/" + child:                    said,
		"GET municipalities/1880/children/" + child + "/disclosure": `{"child":"` + child + `","case":` + said + `}`,
	})
	h, path := s.handler(), "/municipalities/1880/children/"+child
	saysAll(t, ask(h, "GET", path, access.Coordinator).Body.String(), "Raderas tidigast 29 december 2026 om inget mer antecknas.", "Du behöver inte göra något.")
	saysAll(t, ask(h, "GET", path+"/disclosure", access.DataProtection).Body.String(), "Raderas tidigast 29 december 2026 om inget mer antecknas.")
	cookies := sessionCookie + "=" + string(access.Coordinator) + "; " + languageCookie + "=" + english
	saysAll(t, ask(h, "GET", path, access.Coordinator, "Cookie", cookies).Body.String(), "Erased on 29 December 2026 at the earliest, unless something more is recorded.")
	s.API = answers(map[string]string{"GET municipalities/1880/cases/" + child: `{"child":"` + child + `"}`})
	if page := ask(h, "GET", path, access.Coordinator).Body.String(); strings.Contains(page, "Tas bort") {
		t.Error("a child that is not listed is told to be erased")
	}
}

func TestAChildsPageLeadsToItsGroupsAndSaysWhereItHasNoPlace(t *testing.T) {
	s := testSite(t)
	const child, group = "aeaaaaaaaaaaaaaaaaaaaaaaaa", "beaaaaaaaaaaaaaaaaaaaaaaaa"
	page := func(ended string) string {
		s.API = answers(map[string]string{"GET municipalities/1880/cases/" + child: `{"child":"` + child + `","groups":[{"group":"` + group + `","name":"Tisdag","programme":"sputnik","form":"support_group"},{"group":"` + child + `","name":"Onsdag","programme":"sputnik","form":"camp"}],
			"enrolments":[{"id":"1","programme":"sputnik","form":"support_group","enrolled_on":"2025-03-03"` + ended + `}]}`})
		return ask(s.handler(), "GET", "/municipalities/1880/children/"+child, access.Coordinator).Body.String()
	}
	saysAll(t, page(`,"ended_on":"2025-04-03","reason":"moved"`), "Med i gruppen:", `href="/municipalities/1880/groups/`+group+`">Tisdag</a>`, "i närvaron för Tisdag, Onsdag och har ingen plats där")
	saysAll(t, page(""), "i närvaron för Onsdag och har ingen plats där")
}

func TestNoTitleThatBrowsersKeepNamesAChild(t *testing.T) {
	s := testSite(t)
	const child = "aeaaaaaaaaaaaaaaaaaaaaaaaa"
	s.API = answers(map[string]string{"GET municipalities/1880/cases/" + child: `{"child":"` + child + `","label":"Bo A"}`})
	h := s.handler()
	for _, path := range []string{"", "/as-of"} {
		page := ask(h, "GET", "/municipalities/1880/children/"+child+path, access.Coordinator).Body.String()
		_, title, _ := strings.Cut(page, "<title>")
		title, rest, _ := strings.Cut(title, "</title>")
		_, heading, _ := strings.Cut(rest, "<h1>")
		heading, _, _ = strings.Cut(heading, "</h1>")
		if strings.Contains(title, "Bo A") || !strings.Contains(title, "aeaa") || !strings.Contains(heading, "Bo A") {
			t.Errorf("the title of %q is %q, its heading %q", path, title, heading)
		}
	}
}

func TestACorrectedAttendanceIsStruckThroughWithWhoWhenAndWhy(t *testing.T) {
	s := testSite(t)
	const here, session = "aeaaaaaaaaaaaaaaaaaaaaaaaa", "beaaaaaaaaaaaaaaaaaaaaaaaa"
	struck := func(day, was, became, more string) string {
		return `{"session":"` + session + `","day":"` + day + `","programme":"sputnik","form":"camp","was":` + was + `,"became":` + became + `,"struck_at":"2025-03-06T12:00:00Z","struck_name":"Mio",` + more + `}`
	}
	const attended, absent, none = `{"state":"attended"}`, `{"state":"absent"}`, `{"state":"none"}`
	rows := strings.Join([]string{
		struck("2025-03-04", attended, absent, `"how":"marked"`),
		struck("2025-03-04", `{"state":"attended","target":"other","home_municipality":"1881"}`, none, `"how":"emptied"`),
		struck("2025-03-05", attended, attended, `"how":"corrected","reason":"wrong_programme","elsewhere":true`),
		struck("2025-03-11", absent, none, `"how":"cancelled"`),
		struck("2024-03-18", attended, none, `"how":"withdrawn","reason":"duplicate"`),
	}, ",")
	s.API = answers(map[string]string{
		"GET municipalities/1880/cases/" + here: `{"child":"` + here + `","struck_rows":[` + rows + `],
			"sessions":[{"id":"` + session + `","programme":"sputnik","form":"camp","held_on":"2025-03-04","state":"absent","recorded":{"name":"Noa","at":"2025-03-04T12:00:00Z"}}]}`,
		"GET municipalities/1880/cases/" + here + "?as_of=2025-03-31T21%3A59%3A59.999Z": `{"child":"` + here + `","struck_rows":[` + struck("2025-03-04", attended, absent, `"how":"marked"`) + `]}`,
	})
	h := s.handler()
	read := func(more string) string {
		return strings.ReplaceAll(withoutMenu(ask(h, "GET", "/municipalities/1880/children/"+here+more, access.Coordinator).Body.String()), "\u00a0", " ")
	}
	page := read("")
	for _, said := range []string{
		`här</s> <span class="tag">Gäller inte längre: ändrat till inte här</span> <small class="quiet">Mio ändrade det 6 mars 2025`,
		`här, av annat skäl, bor i Kumla</s> <span class="tag">Gäller inte längre: markeringen togs bort</span>`,
		`här</s> <span class="tag">Gäller inte längre: träffen rättades, fel verksamhet</span>`,
		`inte här</s> <span class="tag">Gäller inte längre: träffen ställdes in</span>`,
		`här</s> <span class="tag">Gäller inte längre: träffen togs tillbaka, skrivet två gånger</span>`,
		`0 av 1 träff <span class="tag">4 gäller inte längre</span>`,
		`<strong>Närvaro</strong>  <span class="tag">1 gäller inte längre</span>`,
	} {
		if !strings.Contains(page, said) {
			t.Errorf("the page does not say %q:\n%s", said, page)
		}
	}
	if strings.Index(page, "Noa registrerade det 4 mars 2025") > strings.Index(page, "av annat skäl") || strings.Count(page, "<s>") != 5 {
		t.Errorf("what stands of a session does not come before what stood, or is struck through: %s", page)
	}
	if n := strings.Count(page, `href="/municipalities/1880/sessions/`); n != 5 {
		t.Errorf("%d of six rows lead to their session, which for one of them is another's now", n)
	}
	if only := read("?show=struck"); strings.Count(only, "<s>") != 5 || strings.Contains(only, "Noa") {
		t.Errorf("what is struck, alone: %s", only)
	}
	if others := read("?show=places"); strings.Contains(others, "<s>") {
		t.Errorf("attendance among places: %s", others)
	}
	then, since, _ := strings.Cut(read("/as-of?day=2025-03-31"), "Ändrat sedan dess")
	saysAll(t, then, "här</span></s>", "ändrat till inte här", "Mio ändrade det 6 mars 2025")
	if strings.Count(then, "<s>") != 1 || strings.Count(since, "<s>") != 4 {
		t.Errorf("as of a time %d are struck through, and %d since", strings.Count(then, "<s>"), strings.Count(since, "<s>"))
	}
}

func TestATimelineStandsBackwardsInOneDayToo(t *testing.T) {
	s := testSite(t)
	const child = "aeaaaaaaaaaaaaaaaaaaaaaaaa"
	s.API = answers(map[string]string{"GET municipalities/1880/cases/" + child: `{"child":"` + child + `",
		"referrals":[{"id":"1","channel":"school","received_on":"2025-03-04"},{"id":"2","channel":"police","received_on":"2025-03-04","outcome":"accepted","closed_on":"2025-03-04","closing":"3"}],
		"struck":[{"kind":"enrolment","day":"2025-03-04","form":"counselling","reason":"other","struck_at":"2025-03-06T12:00:00Z","struck_by":"cmaaaaaaaaaaaaaaaaaaaaaaaa"}],
		"enrolments":[{"id":"4","programme":"sputnik","form":"camp","enrolled_on":"2025-03-04","reason":"moved","ended_on":"2025-03-04","end":"5"}],
		"sessions":[{"id":"aeaaaaaaaaaaaaaaaaaaaaaaaa","programme":"sputnik","form":"open_preschool","held_on":"2025-03-04","state":"attended"}]}`})
	page := ask(s.handler(), "GET", "/municipalities/1880/children/"+child, access.Coordinator).Body.String()
	at := strings.Index(page, "<ol")
	for _, said := range []string{"flytt", "öppen förskola", "läger", "stödsamtal", "antagen", "polisen", "skolan"} {
		found := strings.Index(page[at:], said)
		if found < 0 {
			t.Fatalf("%q does not come where it should, the latest first:\n%s", said, page)
		}
		at += found
	}
}

func TestNothingIsClosedEndedTakenBackOrCorrectedBeforeItIsSaidHow(t *testing.T) {
	h, line, written := corrected(t, "")
	path, _, _ := strings.Cut(line, "/lines/")
	const place, referral = walker + "-e", walker + "-r"
	for at, c := range map[string]struct {
		field, choice string
		sent          url.Values
		written       string
	}{
		"/close":             {"outcome", "declined", url.Values{"record": {referral}, "ended_on": {"2025-04-01"}}, `-r/close {"closed_on":"2025-04-01","outcome":"declined"}`},
		"/end":               {"reason", "moved", url.Values{"record": {place}, "ended_on": {"2025-04-01"}}, `-e/end {"ended_on":"2025-04-01","reason":"moved"}`},
		"/withdraw":          {"why", "duplicate", url.Values{"record": {place}, "kind": {"enrolled"}}, `-e/withdraw {"reason":"duplicate"}`},
		"/lines/" + referral: {"reason", "wrong_day", url.Values{"received_on": {"2025-02-03"}, "was_received_on": {"2025-02-01"}, "was_channel": {"school"}, "was_offer": {""}}, `-r/correct {"reason":"wrong_day","received_on":"2025-02-03"}`},
	} {
		shown := path
		if strings.HasPrefix(at, "/lines/") {
			shown += at
		}
		page := ask(h, "GET", shown, access.Coordinator).Body.String()
		if _, list, _ := strings.Cut(page, `name="`+c.field+`"`); !strings.HasPrefix(list, `><option value="">Välj<`) {
			t.Errorf("%s: something is chosen at first: %.80s", at, list)
		}
		c.sent.Set("key", "k")
		c.sent.Set(c.field, "")
		*written = ""
		w := post(h, path+at, access.Coordinator, swedish, c.sent)
		if w.Code != http.StatusUnprocessableEntity || *written != "" {
			t.Errorf("%s, nothing chosen: %d, written %q", at, w.Code, *written)
		}
		saysAll(t, w.Body.String(), `<a href="#`+c.field+`">`, "Fyll i det här.")
		for _, day := range []string{c.sent.Get("ended_on"), c.sent.Get("received_on")} {
			if day != "" {
				saysAll(t, w.Body.String(), `_on" value="`+day+`"`)
			}
		}
		c.sent.Set(c.field, c.choice)
		if w := post(h, path+at, access.Coordinator, swedish, c.sent); w.Code != http.StatusSeeOther || *written != c.written {
			t.Errorf("%s: %d, written %q", at, w.Code, *written)
		}
	}
}

func TestWhatAChildIsCalledStandsInItsFieldAndIsTakenAwayOnlyByEmptyingIt(t *testing.T) {
	s := testSite(t)
	const path = "/municipalities/1880/children/" + walker
	written := ""
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPut:
			body, _ := io.ReadAll(r.Body)
			written = string(body)
			_, _ = w.Write([]byte(`{"position":7}`))
		case strings.HasSuffix(r.URL.Path, "/cases/"+walker):
			_, _ = w.Write([]byte(`{"child":"` + walker + `","label":"Bo A"}`))
		default:
			empty(w, r)
		}
	})
	h := s.handler()
	saysAll(t, ask(h, "GET", path, access.Coordinator).Body.String(), `name="label" value="Bo A"`)
	saysAll(t, post(h, path+"/close", access.Coordinator, swedish, url.Values{"key": {"k"}, "record": {"1"}}).Body.String(), `name="label" value="Bo A"`)
	for label, said := range map[string]string{"Bo B": "Namnet är sparat.", "": "Namnet är borttaget."} {
		w := post(h, path+"/label", access.Coordinator, swedish, url.Values{"key": {"k"}, "label": {label}})
		if w.Code != http.StatusSeeOther || written != `{"label":"`+label+`"}` {
			t.Errorf("%q: %d, written %q", label, w.Code, written)
		}
		saysAll(t, ask(h, "GET", w.Header().Get("Location"), access.Coordinator).Body.String(), said)
	}
}
