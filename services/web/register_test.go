package web

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
)

func TestASessionCanBeCancelledWhenNobodyWasThere(t *testing.T) {
	const session = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	for rest, offered := range map[string]bool{
		`"has_register":false`: true,
		`"has_register":true,"register":[{"child":"` + session + `","state":"none"}]`:     true,
		`"has_register":true,"register":[{"child":"` + session + `","state":"absent"}]`:   true,
		`"has_register":true,"register":[{"child":"` + session + `","state":"attended"}]`: false,
		`"has_register":true,"unidentified":2`:                                            false,
		`"has_register":true,"adults":1`:                                                  false,
		`"has_register":true,"cancelled":true`:                                            false,
	} {
		s := testSite(t)
		s.API = answers(map[string]string{"GET municipalities/1880/sessions/" + session: `{"id":"` + session + `","programme":"sputnik","form":"support_group","held_on":"2025-03-04",` + rest + `}`})
		page := ask(s.handler(), "GET", "/municipalities/1880/sessions/"+session, access.Coordinator).Body.String()
		_, form, there := strings.Cut(page, `<details id="cancelling"`)
		tag, _, _ := strings.Cut(form, ">")
		if there = there && !strings.Contains(tag, "hidden"); there != offered {
			t.Errorf("%s: cancelling is offered: %t", rest, there)
		}
		_, why, held := strings.Cut(page, `id="held"`)
		tag, _, _ = strings.Cut(why, ">")
		if told := held && !strings.Contains(tag, "hidden"); told != (!offered && !strings.Contains(rest, "cancelled")) {
			t.Errorf("%s: it is said why it is not: %t", rest, told)
		}
	}
}

func TestARowSaysWhereAChildLivesWhenThatIsElsewhere(t *testing.T) {
	for home, said := range map[string]bool{"": false, "1880": false, "1881": true} {
		s := testSite(t)
		s.API = answers(map[string]string{"GET municipalities/1880/sessions/" + evening: `{"id":"` + evening + `","programme":"sputnik","form":"support_group","held_on":"2025-03-04","register":[{"child":"` + walker + `","state":"attended","home_municipality":"` + home + `"}]}`})
		if page := ask(s.handler(), "GET", "/municipalities/1880/sessions/"+evening, access.Coordinator).Body.String(); strings.Contains(page, "bor i Kumla") != said || strings.Contains(page, "bor i Örebro") {
			t.Errorf("of a child in %q it is said where it lives", home)
		}
	}
}

func TestTheSessionOfAnotherMunicipalityIsShownAndNothingOfItCanBeChanged(t *testing.T) {
	s := testSite(t)
	s.API = answers(map[string]string{"GET municipalities/1880/sessions/" + evening: `{"id":"` + evening + `","programme":"1881/sputnik","form":"support_group","held_on":"2025-03-04","provider_municipality":"1881","register":[{"child":"` + walker + `","state":"attended"}]}`})
	page := ask(s.handler(), "GET", "/municipalities/1880/sessions/"+evening, access.Coordinator).Body.String()
	saysAll(t, page, "Kumla höll träffen och säger vilka som var där.", `<ul class="rows">`)
	if _, own, _ := strings.Cut(page, "<h1>"); strings.Contains(own, `action="/municipalities/1880/sessions/`) {
		t.Error("something of it can be sent")
	}
}

func TestASessionOfAnotherProgrammesGroupHasAPageAndANameAllTheSame(t *testing.T) {
	s, about := testSite(t), `{"id":"`+evening+`","programme":"sputnik","form":"support_group","held_on":"2025-03-04","group":"`+walker+`"}`
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch path := strings.TrimPrefix(r.URL.Path, "/api/v1/municipalities/1880/"); {
		case path == "sessions/"+evening:
			_, _ = w.Write([]byte(about))
		case path == "programmes":
			_, _ = w.Write([]byte(`{"programmes":[{"id":"sputnik","name":"Sputnik","forms":["support_group"]}]}`))
		case path == "groups/"+walker:
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"type":"urn:rackvidd:problem:unknown_group","status":404}`))
		case path == "sessions" && r.URL.Query().Get("unfinished") == "true":
			_, _ = w.Write([]byte(`{"sessions":[` + about + `]}`))
		default:
			empty(w, r)
		}
	})
	page := ask(s.handler(), "GET", "/municipalities/1880/sessions/"+evening, access.Coordinator)
	if body := page.Body.String(); page.Code != http.StatusOK || strings.Contains(body, "groups/"+walker) {
		t.Errorf("%d, and the page leads to the group: %s", page.Code, withoutMenu(body))
	}
	saysAll(t, ask(s.handler(), "GET", "/municipalities/1880/", access.Coordinator).Body.String(), `href="/municipalities/1880/sessions/`+evening+`">Sputnik`)
}

func TestASessionIsTakenBackAsTheReaderSawIt(t *testing.T) {
	mark := func(child string, by events.ID) string {
		return `{"child":"` + child + `","state":"attended","marked":{"account":"` + by.String() + `","at":"2025-03-04T15:10:00Z"}}`
	}
	mine, others := events.ID{1}, events.ID{2}
	register := func(rows ...string) string { return `"version":7,"register":[` + strings.Join(rows, ",") + `]` }
	seen := []string{"day 2025-03-04", "kind sputnik/support_group", walker + " attended 1741101000000"}
	for says, c := range map[string]struct {
		now  string
		seen []string
		done bool
	}{
		"what is there was shown":                         {register(mark(walker, others)), seen, true},
		"somebody marked a child since":                   {register(mark(walker, others), mark(evening, others)), seen, false},
		"somebody counted since":                          {register(mark(walker, others)) + `,"unidentified":2,"unidentified_by":"` + others.String() + `"`, seen, false},
		"one marked a child oneself since":                {register(mark(walker, others), mark(evening, mine)), seen, true},
		"one counted oneself since":                       {register() + `,"adults":2,"adults_by":"` + mine.String() + `"`, seen, true},
		"one marked the child that somebody else had":     {register(mark(walker, mine)), seen, true},
		"somebody moved the session to another day since": {register(), []string{"day 2025-03-03", "kind sputnik/support_group"}, false},
		"somebody moved the session to another programme": {register(), []string{"day 2025-03-04", "kind lanterna/camp"}, false},
	} {
		for path, fields := range map[string]url.Values{"withdraw": {"reason": {"duplicate"}}, "cancel": {}, "correct": {"held_on": {"2025-03-05"}}} {
			s, d := testSite(t), &door{registers: []string{c.now}}
			s.API = d
			fields["key"], fields["seen"] = []string{"k"}, c.seen
			w := say(s.handler(), "/"+path, fields, false)
			if done := len(d.written) == 1 && w.Code == http.StatusSeeOther; done != c.done || !c.done && len(d.written) > 0 {
				t.Errorf("%s, %s: %d, written %q", says, path, w.Code, d.written)
			}
			if !c.done {
				saysAll(t, w.Body.String(), "Någon annan har ändrat sedan du öppnade sidan.", `name="seen" value="day 2025-03-04"`)
			}
		}
	}
	s, d := testSite(t), &door{registers: []string{register()}}
	s.API = d
	say(s.handler(), "/correct", url.Values{"held_on": {"2025-03-04"}, "offer": {"sputnik/support_group"}, "seen": {"day 2025-02-25", "kind sputnik/camp"}, "key": {"k"}}, false)
	if len(d.written) != 1 {
		t.Error("a correction whose answer was lost is not sent again")
	}
}

func TestAReasonThatIsRefusedStaysAsItWasChosen(t *testing.T) {
	s, d := testSite(t), &door{registers: []string{`"register":[{"child":"` + walker + `","state":"none"},{"child":"` + evening + `","state":"none"}]`}}
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && strings.HasSuffix(r.URL.Path, walker) { // erased after the register was read
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.Write([]byte(`{"type":"urn:rackvidd:problem:unknown_child","status":422,"errors":[{"location":"path.child","code":"unknown_child","message":"is not a child of this municipality"}]}`))
			return
		}
		d.ServeHTTP(w, r)
	})
	w := say(s.handler(), "/reasons", url.Values{"other": {walker}, "key": {"k"}, "was-" + walker: {"none"}, "was-" + evening: {"none"}}, false)
	page := w.Body.String()
	if w.Code != http.StatusUnprocessableEntity || strings.Count(page, `href="#row-`) != 1 || !strings.Contains(page, `href="#row-`+walker+`"`) {
		t.Errorf("%d, and the page does not say which row is refused", w.Code)
	}
	for child, chosen := range map[string]bool{walker: true, evening: false} {
		box := regexp.MustCompile(`<input type="checkbox"[^>]* name="other" value="` + child + `"[^>]*>`).FindString(page)
		if box == "" || strings.Contains(box, " checked") != chosen {
			t.Errorf("the box of %s is %q", child, box)
		}
	}
}

func TestWhoeverIsLeftIsMarkedAtOneMomentAlsoWhereItIsSentAgain(t *testing.T) {
	row := func(child, state, at string) string {
		return `{"child":"` + child + `","state":"` + state + `","marked":{"account":"` + (events.ID{1}).String() + `","at":"2025-03-04T` + at + `Z"}}`
	}
	s, d := testSite(t), &door{registers: []string{`"register":[{"child":"` + evening + `","state":"none"},{"child":"` + walker + `","state":"none"}]`}}
	var keys []string
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			keys = append(keys, r.Header.Get("Idempotency-Key"))
		}
		if r.Method != http.MethodGet && strings.HasSuffix(r.URL.Path, walker) && len(keys) == 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"type":"urn:rackvidd:problem:unavailable","status":503}`))
			return
		}
		d.ServeHTTP(w, r)
	})
	clock := time.Date(2025, 3, 4, 15, 0, 0, 0, time.UTC)
	s.Clock = func() time.Time { return clock }
	shown := url.Values{"everybody": {"yes"}, "was-" + evening: {"none"}, "was-" + walker: {"none"}, "key": {"k"}}
	w := say(s.handler(), "", shown, false)
	if w.Code != http.StatusServiceUnavailable || len(keys) != 2 {
		t.Fatalf("%d after %q", w.Code, d.written)
	}
	saysAll(t, w.Body.String(), `name="moment" value="1741100399999"`)
	clock = clock.Add(time.Minute)
	d.registers = []string{`"register":[` + row(evening, "attended", "14:59:59.999") + `,` + row(walker, "none", "14:00:00") + `]`}
	w = say(s.handler(), "", url.Values{"everybody": {"yes"}, "was-" + evening: {"attended"}, "row-" + evening: {"attended"}, "was-" + walker: {"none"}, "key": {"k"}, "moment": {"1741100399999"}}, false)
	if len(keys) != 3 || keys[1] != keys[2] || !strings.HasSuffix(w.Header().Get("Location"), "since=1741100399999") {
		t.Errorf("sent again it led to %s, with the keys %q", w.Header().Get("Location"), keys)
	}
	w = say(s.handler(), "", shown, false) // by a browser that did not get the page
	if len(keys) != 4 || keys[2] == keys[3] || w.Code != http.StatusSeeOther {
		t.Errorf("sent again as it was it is answered %d, with the keys %q", w.Code, keys)
	}
}

func TestWhoeverIsLeftIsWhoTheReaderSawLeft(t *testing.T) {
	mark := `,"marked":{"account":"` + (events.ID{2}).String() + `","name":"Bo","at":"2025-03-04T15:10:00Z"}`
	row := func(child, state string) string {
		if state == "" {
			return `{"child":"` + child + `","label":"Kim"}` // whom nobody marked
		}
		return `{"child":"` + child + `","label":"Kim","state":"` + state + `"` + mark + `}`
	}
	for says, c := range map[string]struct {
		was, chosen, now string
		said             string // beside the row; "": nothing
		written          bool
	}{
		"a row as it was shown":                                     {was: "none", now: "none", written: true},
		"a row that nobody ever marked":                             {was: "none", written: true},
		"a row that came since":                                     {said: "Barnet kom till i listan efter att du öppnade sidan."},
		"a row that came since, and was marked":                     {now: "absent"},
		"one that was emptied since":                                {was: "attended", chosen: "attended", now: "none", said: `Bo satte "ej ifyllt"`},
		"one that was emptied since, and was absent":                {was: "absent", chosen: "absent", now: "none", said: `Du valde "inte här"`},
		"one that was marked as absent since":                       {was: "none", now: "absent", said: `Bo satte "inte här"`},
		"one that was marked as here since":                         {was: "none", now: "attended"},
		"one that was marked as here since, and this one as absent": {was: "none", chosen: "absent", now: "attended", said: `Bo satte "här"`},
		"one that stays as it was shown":                            {was: "absent", chosen: "absent", now: "absent"},
	} {
		s, d := testSite(t), &door{registers: []string{`"register":[` + row(kim, c.now) + `,{"child":"` + walker + `"}]`}}
		s.API = d
		s.Clock = func() time.Time { return time.Date(2025, 3, 4, 15, 20, 0, 0, time.UTC) }
		sent := url.Values{"everybody": {"yes"}, "was-" + walker: {"none"}, "key": {"k"}}
		for name, value := range map[string]string{"was-" + kim: c.was, "row-" + kim: c.chosen} {
			if value != "" {
				sent.Set(name, value)
			}
		}
		w := say(s.handler(), "", sent, false)
		want := 1 // the other row
		if c.written {
			want = 2
		}
		if len(d.written) != want || !strings.Contains(d.written[want-1], walker) {
			t.Errorf("%s: written %q", says, d.written)
		}
		if done := w.Code == http.StatusSeeOther; done != (c.said == "") {
			t.Errorf("%s: %d", says, w.Code)
		}
		if c.said != "" {
			_, beside, _ := strings.Cut(w.Body.String(), `<p class="conflict error">`)
			saysAll(t, strings.ReplaceAll(beside, "&#34;", `"`), c.said)
			saysAll(t, w.Body.String(), "Någon annan har ändrat samma rader.")
		}
	}
}

const kim, robin, alex = "caaaaaaaaaaaaaaaaaaaaaaaaa", "daaaaaaaaaaaaaaaaaaaaaaaaa", "faaaaaaaaaaaaaaaaaaaaaaaaa"

// justBefore is when whoever is left is marked, by the clock of a site that refuses rows.
const justBefore = "1741100399999"

var (
	erased    = problem{Type: problemType + "unknown_child", Status: http.StatusUnprocessableEntity, Errors: []fieldProblem{{"path.child", "unknown_child", "is not a child of this municipality"}}}
	cancelled = problem{Type: problemType + "session_cancelled", Status: http.StatusConflict, Errors: []fieldProblem{{"path.id", "session_cancelled", "the session was cancelled"}}}
	notNow    = problem{Type: problemType + "unavailable", Status: http.StatusServiceUnavailable}
)

// picky is a session some of whose rows are refused.
type picky struct {
	door
	refused map[string]problem  // by the child
	asked   []string            // the children whose rows were to be written, in turn
	keys    map[string][]string // and the keys of each
}

func (p *picky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		_, child, _ := strings.Cut(r.URL.Path, "/register/")
		p.asked = append(p.asked, child)
		p.keys[child] = append(p.keys[child], r.Header.Get("Idempotency-Key"))
		if refusal, ok := p.refused[child]; ok {
			w.WriteHeader(refusal.Status)
			_ = json.NewEncoder(w).Encode(refusal)
			return
		}
	}
	p.door.ServeHTTP(w, r)
}

// marks are rows as pairs of a child and what the visitor set it to, just before now.
func marks(pairs ...string) string {
	var rows []string
	for i := 0; i < len(pairs); i += 2 {
		rows = append(rows, aMark(pairs[i], pairs[i+1], events.ID{1}))
	}
	return `"register":[` + strings.Join(rows, ",") + `]`
}

func aMark(child, state string, by events.ID) string {
	if state == "" {
		return `{"child":"` + child + `"}` // whom nobody marked
	}
	return `{"child":"` + child + `","state":"` + state + `","marked":{"account":"` + by.String() + `","name":"Bo","at":"2025-03-04T14:59:59.999Z"}}`
}

// pickySite is one whose session refuses rows. Its registers are what is read, the last one for ever.
func pickySite(t *testing.T, refused map[string]problem, registers ...string) (*site, *picky) {
	t.Helper()
	p := &picky{door: door{registers: registers}, refused: refused, keys: make(map[string][]string)}
	s := testSite(t)
	s.API, s.Clock = p, func() time.Time { return time.Date(2025, 3, 4, 15, 0, 0, 0, time.UTC) }
	return s, p
}

// everybodyOf sends a page that showed children as left, all of whom are marked.
func everybodyOf(children ...string) url.Values {
	sent := url.Values{"everybody": {"yes"}, "key": {"k"}}
	for _, child := range children {
		sent.Set("was-"+child, "none")
	}
	return sent
}

// wrongRows are the rows that the summary of a page leads to, each of which says what is wrong with it.
func wrongRows(t *testing.T, what, body string) string {
	t.Helper()
	page := readPage(t, body)
	page.check(t, what, nil)
	return strings.ReplaceAll(strings.Join(page.links, " "), "row-", "")
}

func TestARowThatIsRefusedKeepsNoOtherRowFromBeingWritten(t *testing.T) {
	for says, refusal := range map[string]problem{
		"a child that was erased":                  erased,
		"a row that many write at the same moment": {Type: problemType + "conflict", Status: http.StatusConflict},
		"a row that is not as it was":              {Type: problemType + "stale", Status: http.StatusPreconditionFailed},
	} {
		s, p := pickySite(t, map[string]problem{evening: refusal, robin: refusal}, marks(evening, "", walker, "", robin, "", kim, ""))
		w := say(s.handler(), "", everybodyOf(evening, walker, robin, kim), false)
		if len(p.written) != 2 || !strings.Contains(p.written[0], walker) || !strings.Contains(p.written[1], kim) {
			t.Errorf("%s: written %q", says, p.written)
		}
		if wrong := wrongRows(t, says, w.Body.String()); w.Code != http.StatusUnprocessableEntity || wrong != evening+" "+robin {
			t.Errorf("%s: %d, wrong is %s", says, w.Code, wrong)
		}
	}
}

func TestWhatCannotBeSavedForNowIsSaidOnceBesideARowThatIsRefused(t *testing.T) {
	s, p := pickySite(t, map[string]problem{evening: erased, robin: notNow}, marks(evening, "", walker, "", robin, "", kim, ""))
	sent := everybodyOf(evening, walker, robin, kim)
	w := say(s.handler(), "", sent, false)
	if w.Code != http.StatusServiceUnavailable || strings.Join(p.asked, " ") != strings.Join([]string{evening, walker, robin}, " ") {
		t.Errorf("%d, asked for %q", w.Code, p.asked)
	}
	if wrong := wrongRows(t, "a row and all", w.Body.String()); wrong != evening {
		t.Errorf("wrong is %s", wrong)
	}
	if later := languages()[swedish].text("form.later"); strings.Count(w.Body.String(), later) != 1 {
		t.Error("it is not said once that it cannot be done now")
	}
	saysAll(t, w.Body.String(), `name="key" value="k"`, `name="moment" value="`+justBefore+`"`)

	delete(p.refused, robin)
	p.registers = []string{marks(evening, "", walker, "attended", robin, "", kim, "")}
	sent.Set("moment", justBefore)
	s.Clock = func() time.Time { return time.Date(2025, 3, 4, 15, 1, 0, 0, time.UTC) }
	say(s.handler(), "", sent, false)
	if keys := p.keys[robin]; len(keys) != 2 || keys[0] != keys[1] || len(p.keys[walker]) != 1 || len(p.keys[kim]) != 1 {
		t.Errorf("sent again it has the keys %q", p.keys)
	}
}

func TestConflictsAreShownWhereverARowIsRefused(t *testing.T) {
	register := `"register":[` + strings.Join([]string{
		aMark(kim, "absent", events.ID{2}), aMark(evening, "", events.ID{}), aMark(robin, "absent", events.ID{2}), aMark(walker, "", events.ID{}), aMark(alex, "absent", events.ID{2}),
	}, ",") + `]`
	sent := everybodyOf(kim, evening, robin, walker, alex)
	const saved, alone = "Det du valde för dem är inte sparat; resten är det.", "Det du valde för dem är inte sparat.</li>"
	for says, c := range map[string]struct {
		refused map[string]problem
		status  int
		said    string
	}{
		"no row is":                      {nil, http.StatusUnprocessableEntity, saved},
		"a row between them is":          {map[string]problem{evening: erased}, http.StatusUnprocessableEntity, alone},
		"nothing can be saved now":       {map[string]problem{evening: notNow}, http.StatusServiceUnavailable, alone},
		"one is, and then nothing can":   {map[string]problem{evening: erased, walker: notNow}, http.StatusServiceUnavailable, alone},
		"the session is no longer held":  {map[string]problem{evening: cancelled}, http.StatusUnprocessableEntity, alone},
		"one is, and then it is no more": {map[string]problem{evening: erased, walker: cancelled}, http.StatusUnprocessableEntity, alone},
	} {
		for _, after := range []string{register, register + `,"cancelled":true`} {
			s, _ := pickySite(t, c.refused, register, after)
			w := say(s.handler(), "", sent, false)
			if n := strings.Count(w.Body.String(), `<p class="conflict error">Bo satte`); n != 3 || w.Code != c.status {
				t.Errorf("%s: %d, %d conflicts are shown", says, w.Code, n)
			}
			saysAll(t, w.Body.String(), "Någon annan har ändrat samma rader. "+c.said)
		}
	}
	s, p := pickySite(t, nil, register)
	sent.Set(turning, english)
	w := say(s.handler(), "", sent, false)
	if n := strings.Count(w.Body.String(), `<p class="conflict error">Bo set`); n != 3 || len(p.asked) > 0 {
		t.Errorf("in English %d conflicts are shown, asked for %q", n, p.asked)
	}
	saysAll(t, w.Body.String(), "What you chose for those is not saved.</li>", `name="moment" value="`+justBefore+`"`)
}

func TestARefusalOfTheWholeSessionIsSaidOnceAndEndsTheSaving(t *testing.T) {
	left, held := marks(evening, "", walker, "", robin, ""), marks(evening, "attended", walker, "attended", robin, "attended")
	for says, c := range map[string]struct {
		path string
		sent url.Values
		now  string
	}{
		"marking all others": {"", everybodyOf(evening, walker, robin), left},
		"saving": {"", url.Values{
			"was-" + evening: {"none"}, "row-" + evening: {"absent"}, "was-" + walker: {"none"}, "row-" + walker: {"absent"},
			"was-" + robin: {"none"}, "row-" + robin: {"absent"}, "key": {"k"},
		}, left},
		"undoing it": {"/undo", url.Values{"since": {justBefore}, "key": {"k"}}, held},
	} {
		s, p := pickySite(t, map[string]problem{evening: erased, walker: cancelled, robin: cancelled}, c.now, c.now+`,"cancelled":true`)
		w := say(s.handler(), c.path, c.sent, false)
		if len(p.asked) != 2 || w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d, asked for %q", says, w.Code, p.asked)
		}
		if n := strings.Count(w.Body.String(), languages()[swedish].text("problem.session_cancelled")); n != 1 {
			t.Errorf("%s: it is said %d times that there is no such session", says, n)
		}
		if wrong := wrongRows(t, says, w.Body.String()); wrong != evening {
			t.Errorf("%s: wrong is %s", says, wrong)
		}
	}
}

func TestAFormThatIsSentTwiceWritesUnderTheSameKeysAndAnotherChoiceUnderOthers(t *testing.T) {
	chosen := url.Values{"was-" + evening: {"none"}, "row-" + evening: {"attended"}, "was-" + walker: {"none"}, "row-" + walker: {"attended"}, "key": {"k"}}
	for says, sent := range map[string]url.Values{"saving": chosen, "marking all others": everybodyOf(evening, walker)} {
		s, p := pickySite(t, map[string]problem{evening: erased}, marks(evening, "", walker, ""))
		h := s.handler()
		say(h, "", sent, false)
		say(h, "", sent, false)
		for _, child := range []string{evening, walker} {
			if keys := p.keys[child]; len(keys) != 2 || keys[0] != keys[1] {
				t.Errorf("%s twice: %q", says, p.keys)
			}
		}
	}

	s, p := pickySite(t, nil, marks(walker, ""))
	h := s.handler()
	for _, change := range []struct{ was, row, now string }{
		{"none", "attended", marks(walker, "")},
		{"none", "absent", marks(walker, "")},
		{"absent", "attended", marks(walker, "absent")}, // chosen first, and again after another
	} {
		p.registers = []string{change.now}
		sent := maps.Clone(chosen)
		sent["was-"+walker], sent["row-"+walker] = []string{change.was}, []string{change.row}
		say(h, "", sent, false)
	}
	if keys := p.keys[walker]; len(keys) != 3 || keys[0] == keys[1] || keys[1] == keys[2] || keys[0] == keys[2] {
		t.Errorf("other choices have the keys %q", keys)
	}
}

func TestAllOthersAreUndoneAlsoWhereARowOfThemWasRefused(t *testing.T) {
	undo := `<button name="since" value="` + justBefore + `"`
	for says, c := range map[string]struct {
		refused map[string]problem
		after   string
		offered bool
	}{
		"a row is refused":                    {map[string]problem{evening: erased}, marks(evening, "", walker, "attended"), true},
		"another cannot be saved now":         {map[string]problem{walker: notNow}, marks(evening, "attended", walker, ""), true},
		"all are refused":                     {map[string]problem{evening: erased, walker: erased}, marks(evening, "", walker, ""), false},
		"whom somebody else marked meanwhile": {map[string]problem{evening: erased}, `"register":[` + aMark(walker, "attended", events.ID{2}) + `]`, false},
	} {
		s, _ := pickySite(t, c.refused, marks(evening, "", walker, ""), c.after)
		w := say(s.handler(), "", everybodyOf(evening, walker), false)
		if offered := strings.Contains(w.Body.String(), undo); offered != c.offered {
			t.Errorf("%s: undoing is offered: %v", says, offered)
		}
	}
	s, _ := pickySite(t, map[string]problem{evening: erased}, marks(evening, "", walker, "attended"))
	w := say(s.handler(), "", url.Values{"was-" + evening: {"none"}, "row-" + evening: {"absent"}, "moment": {justBefore}, "key": {"k"}}, false)
	saysAll(t, w.Body.String(), undo) // also where that row is refused once more
}

func TestUndoingAllOthersGoesOnBehindARowThatIsRefused(t *testing.T) {
	before := marks(evening, "attended", walker, "attended", robin, "attended", kim, "attended")
	for says, c := range map[string]struct {
		refused map[string]problem
		after   string
		written int
		status  int
		wrong   string
	}{
		"two rows are refused":          {map[string]problem{evening: erased, robin: erased}, marks(evening, "attended", walker, "none", robin, "attended", kim, "none"), 2, http.StatusUnprocessableEntity, evening + " " + robin},
		"one is, and then none is left": {map[string]problem{evening: erased, robin: notNow}, marks(evening, "attended", walker, "none", robin, "attended", kim, "attended"), 1, http.StatusServiceUnavailable, evening},
	} {
		s, p := pickySite(t, c.refused, before, c.after)
		w := say(s.handler(), "/undo", url.Values{"since": {justBefore}, "key": {"k"}}, false)
		if len(p.written) != c.written || !strings.Contains(p.written[0], walker+` {"state":"none"}`) || w.Code != c.status {
			t.Errorf("%s: %d, written %q", says, w.Code, p.written)
		}
		if wrong := wrongRows(t, says, w.Body.String()); wrong != c.wrong {
			t.Errorf("%s: wrong is %s", says, wrong)
		}
		saysAll(t, w.Body.String(), `<button name="since" value="`+justBefore+`"`)
	}
}

func TestWithoutScriptsNothingBesideTheSavingButtonLeavesARegister(t *testing.T) {
	s := testSite(t)
	s.API = &door{registers: []string{`"register":[{"child":"` + walker + `","state":"none","member":true}]`}}
	page := ask(s.handler(), "GET", "/municipalities/1880/sessions/"+evening, access.Coordinator).Body.String()
	saysAll(t, page, `<button class="save">`, `<a class="button finish" hidden `)
}

func TestASessionIsCorrectedToTheProgrammeAndFormThatWereChosenAndTheReasonFollows(t *testing.T) {
	const day, refused = "2025-03-04", `{"status":422,"type":"urn:rackvidd:problem:form_not_offered","errors":[{"location":"body.form","code":"form_not_offered","message":"m"}]}`
	for says, c := range map[string]struct{ day, offer, now, wrote string }{
		"the day alone":                           {"2025-03-05", "sputnik/support_group", "sputnik/support_group", `{"held_on":"2025-03-05","reason":"wrong_day"}`},
		"the form alone":                          {day, "sputnik/camp", "sputnik/support_group", `{"form":"camp","held_on":"2025-03-04","programme":"sputnik","reason":"entered_in_error"}`},
		"the programme":                           {day, "lanterna/camp", "sputnik/support_group", `{"form":"camp","held_on":"2025-03-04","programme":"lanterna","reason":"wrong_programme"}`},
		"the programme, and it is sent again":     {day, "lanterna/camp", "lanterna/camp", `{"form":"camp","held_on":"2025-03-04","programme":"lanterna","reason":"wrong_programme"}`},
		"the day, and somebody else moved it":     {"2025-03-05", "sputnik/support_group", "lanterna/camp", ""},
		"the programme, and it was moved further": {day, "lanterna/camp", "sputnik/camp", ""},
		"a form that is refused":                  {day, "sputnik/open_preschool", "sputnik/support_group", `{"form":"open_preschool","held_on":"2025-03-04","programme":"sputnik","reason":"entered_in_error"}`},
	} {
		s, wrote := testSite(t), ""
		s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			programme, form, _ := strings.Cut(c.now, "/")
			switch {
			case r.Method == http.MethodPost:
				body, _ := io.ReadAll(r.Body)
				wrote = string(body)
				if strings.Contains(wrote, "open_preschool") {
					w.WriteHeader(http.StatusUnprocessableEntity)
					_, _ = w.Write([]byte(refused))
				}
			case strings.HasSuffix(r.URL.Path, "/sessions/"+evening):
				_, _ = w.Write([]byte(`{"id":"` + evening + `","programme":"` + programme + `","form":"` + form + `","held_on":"` + day + `"}`))
			case strings.HasSuffix(r.URL.Path, "/programmes"):
				_, _ = w.Write([]byte(`{"programmes":[{"id":"sputnik","name":"Sputnik","forms":["support_group","camp","open_preschool"]},{"id":"lanterna","name":"Lanterna","forms":["camp"]}]}`))
			default:
				empty(w, r)
			}
		})
		w := say(s.handler(), "/correct", url.Values{"held_on": {c.day}, "offer": {c.offer}, "seen": {"day " + day, "kind sputnik/support_group"}, "key": {"k"}}, false)
		page, kept := w.Body.String(), c.offer
		if c.wrote == "" && c.offer == "sputnik/support_group" {
			kept = c.now
		}
		switch done := c.wrote != "" && !strings.Contains(c.wrote, "open_preschool"); {
		case wrote != c.wrote || (w.Code == http.StatusSeeOther) != done:
			t.Errorf("%s: %d, written %q", says, w.Code, wrote)
		case !done && c.wrote != "":
			saysAll(t, page, `id="offer-error"`, `value="`+kept+`" selected`)
		case !done && strings.HasPrefix(kept, "sputnik"):
			saysAll(t, page, `value="`+kept+`" selected`)
		case !done:
			saysAll(t, page, "Någon annan har ändrat sedan du öppnade sidan.")
		}
	}
}

func TestASessionIsMovedOnlyToProgrammesThatTheVisitorRecordsIn(t *testing.T) {
	s := testSite(t)
	s.API = answers(map[string]string{
		"GET municipalities/1880/programmes":          `{"programmes":[{"id":"sputnik","name":"Sputnik","forms":["support_group","camp"]},{"id":"lanterna","name":"Lanterna","forms":["counselling"]}]}`,
		"GET municipalities/1880/sessions/" + evening: `{"id":"` + evening + `","programme":"sputnik","form":"support_group","held_on":"2025-03-04"}`,
	})
	page := ask(s.handler(), "GET", "/municipalities/1880/sessions/"+evening, access.Coordinator).Body.String()
	saysAll(t, page, `<option value="sputnik/support_group" selected>Sputnik, stödgrupp`, `<option value="sputnik/camp">Sputnik, läger`, `name="seen" value="kind sputnik/support_group"`)
	if strings.Contains(page, "lanterna/counselling") {
		t.Error("it may be moved to a programme of others")
	}
}
