package web

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/access"
)

// control is a part of a form as a page has it.
type control struct {
	kind, name, value string // the input's type, or select, option or textarea
	chosen            bool   // of an option, a radio or a box
	folded            bool   // nobody sees it before something is unfolded
	decimal           bool   // it takes a number
}

// written is a page as its reader's program takes it apart.
type written struct {
	lang   string
	ids    map[string]bool // whether what has the id is folded
	forms  []pageForm
	links  []string // of the summary of what is wrong
	wrongs int      // lines of the summary
	said   string   // everything in main
}

type pageForm struct {
	action, method string
	head           bool // it stands above the page, not in it
	controls       []control
}

// readPage takes a page apart.
func readPage(t *testing.T, body string) (p written) {
	t.Helper()
	p.ids = make(map[string]bool)
	d := xml.NewDecoder(strings.NewReader(body))
	d.Strict, d.AutoClose, d.Entity = false, append(slices.Clone(xml.HTMLAutoClose), "option"), xml.HTMLEntity
	var open []map[string]string
	within := func(name, attr, value string) bool {
		return slices.ContainsFunc(open, func(e map[string]string) bool { return e["<"] == name && (attr == "" || e[attr] == value) })
	}
	folded := func() bool {
		return slices.ContainsFunc(open, func(e map[string]string) bool { _, unfolded := e["open"]; return e["<"] == "details" && !unfolded })
	}
	text := ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return p
		}
		if err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := map[string]string{"<": token.Name.Local}
			for _, a := range token.Attr {
				e[a.Name.Local] = a.Value
			}
			open = append(open, e)
			text = ""
			if id := e["id"]; id != "" {
				p.ids[id] = folded()
			}
			if e["<"] == "html" {
				p.lang = e["lang"]
			}
			if within("section", "id", "errors") {
				switch e["<"] {
				case "li":
					p.wrongs++
				case "a":
					p.links = append(p.links, strings.TrimPrefix(e["href"], "#"))
				}
			}
			if e["<"] == "form" {
				p.forms = append(p.forms, pageForm{action: e["action"], method: e["method"], head: !within("main", "", "")})
			}
			if within("form", "", "") {
				_, chosen := e["checked"]
				c := control{e["type"], e["name"], e["value"], chosen, folded(), e["inputmode"] == "numeric"}
				switch e["<"] {
				case "option":
					_, c.chosen = e["selected"]
					c.kind, c.name = "option", open[len(open)-2]["name"]
				case "input":
				case "button":
					c.kind = "button"
					if to := e["formaction"]; to != "" { // the same form, sent elsewhere
						last := len(p.forms) - 1
						p.forms = slices.Insert(p.forms, last, pageForm{action: to, method: p.forms[last].method, head: p.forms[last].head, controls: slices.Clone(p.forms[last].controls)})
					}
				default:
					continue
				}
				form := &p.forms[len(p.forms)-1]
				form.controls = append(form.controls, c)
			}
		case xml.CharData:
			text += string(token)
			if within("main", "", "") {
				p.said += string(token)
			}
		case xml.EndElement:
			e := open[len(open)-1]
			if e["<"] == "textarea" && within("form", "", "") {
				form := &p.forms[len(p.forms)-1]
				form.controls = append(form.controls, control{kind: "textarea", name: e["name"], value: text, folded: folded()})
			}
			open = open[:len(open)-1]
		}
	}
}

// has reports whether the page shows a value as typed or chosen, unfolded.
func (p written) has(name, value string) bool {
	for _, f := range p.forms {
		for _, c := range f.controls {
			if c.name == name && c.value == value && !c.folded && !f.head && c.kind != "button" && c.kind != "hidden" {
				if c.chosen || c.kind != "radio" && c.kind != "checkbox" && c.kind != "option" {
					return true
				}
			}
		}
	}
	return false
}

// asks reports whether the page has a field of the name.
func (p written) asks(name string) bool {
	return slices.ContainsFunc(p.forms, func(f pageForm) bool {
		return !f.head && slices.ContainsFunc(f.controls, func(c control) bool { return c.name == name && c.kind != "hidden" && c.kind != "button" })
	})
}

// fill writes into each field of a form: what is no day, number or name, or what may be one.
func (f pageForm) fill(rubbish bool) (sent url.Values, typed map[string]string) {
	sent, typed = url.Values{}, make(map[string]string)
	for _, c := range f.controls {
		value := c.value
		switch {
		case c.name == "" || c.kind == "file":
			continue
		case c.kind == "hidden":
			sent.Add(c.name, value)
			continue
		case c.kind == "button":
			if !sent.Has(c.name) && c.name != "restore" && value != "change" {
				sent.Set(c.name, value)
			}
			continue
		case c.kind == "radio" || c.kind == "checkbox" || c.kind == "option": // the last of them
		case rubbish:
			value = "2025-13-99 kalle"
		case c.kind == "date":
			value = "2025-04-01"
		case c.decimal:
			value = "4"
		default:
			value = "ord"
		}
		sent.Set(c.name, value)
		if c.kind != "password" {
			typed[c.name] = value
		}
	}
	return sent, typed
}

// places are where a request's body may be refused: every leaf of it, the first entry of each list.
func (c contract) places(s schema, at string, depth int) []string {
	if s.Ref != "" {
		s = c.Components.Schemas[s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]]
	}
	switch {
	case depth > 6:
		return nil
	case s.Items != nil:
		return c.places(*s.Items, at+"[0]", depth+1)
	case len(s.Properties) > 0:
		var list []string
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			if name != "$schema" {
				list = append(list, c.places(s.Properties[name], at+"."+name, depth+1)...)
			}
		}
		return list
	}
	return []string{at}
}

// refuser is an API whose reads are full, and that refuses one of the writes that a form is carried out by, at every place.
type refuser struct {
	http.Handler
	refusals *http.ServeMux
	nth      int // which write is refused, from 0 on
	writes   int
	refused  []string // where
}

func (r *refuser) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if q.Method != http.MethodGet && !strings.HasSuffix(q.URL.Path, "/children/alike") { // which only looks
		r.writes++
		if r.writes > r.nth {
			r.refusals.ServeHTTP(w, q)
			return
		}
	}
	r.Handler.ServeHTTP(w, q)
}

// notNow is an API whose reads are full, and that cannot carry out writes for now.
func (c contract) notNow(t *testing.T, yes bool, status int) *refuser {
	t.Helper()
	r := &refuser{Handler: c.answering(t, yes), refusals: http.NewServeMux()}
	r.refusals.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(problem{Type: problemType + "unavailable", Status: status})
	})
	return r
}

// waits looks at a form that cannot be carried out now, whichever of its writes it is: it keeps what was typed, and its key.
func (form foundForm) waits(t *testing.T, s *site, key string) (seen int) {
	t.Helper()
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		api := form.notNow(t, form.yes, status)
		s.API = api
		sent, typed := form.fill(false)
		for api.nth = 0; api.nth < 8; api.nth++ {
			api.writes = 0
			w := post(s.handler(), form.action, form.role, swedish, sent)
			if api.writes <= api.nth {
				break // carried out, or the page itself refused it
			}
			page := readPage(t, w.Body.String())
			if later := languages()[swedish].text("form.later"); w.Code != status || w.Header().Get("Retry-After") != "7" || !strings.Contains(page.said, later) {
				t.Errorf("%s, write %d cannot be carried out now (%d): %d, Retry-After %q", key, api.nth, status, w.Code, w.Header().Get("Retry-After"))
				continue
			}
			seen++
			page.check(t, key, typed)
			if len(page.links) > 0 {
				t.Errorf("%s: what cannot be carried out now is said of %s", key, page.links)
			}
			if kept := func(c control) bool { return c.name == "key" && c.value == sent.Get("key") }; sent.Has("key") &&
				!slices.ContainsFunc(page.forms, func(f pageForm) bool { return slices.ContainsFunc(f.controls, kept) }) {
				t.Errorf("%s: the form has another key", key)
			}
		}
	}
	return seen
}

func (c contract) refusing(t *testing.T, yes bool) *refuser {
	t.Helper()
	r := &refuser{Handler: c.answering(t, yes), refusals: http.NewServeMux()}
	for path, methods := range c.Paths {
		for method, op := range methods {
			p := problem{Type: problemType + "conflict", Status: http.StatusConflict}
			for _, at := range c.places(op.Body.Content["application/json"].Schema, "body", 0) {
				p.Type, p.Status = problemType+"invalid_request", http.StatusUnprocessableEntity
				p.Errors = append(p.Errors, fieldProblem{at, "too_long", "must have at most 7 characters"})
			}
			body, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			r.refusals.HandleFunc(strings.ToUpper(method)+" "+path, func(w http.ResponseWriter, _ *http.Request) {
				r.refused = nil
				for _, e := range p.Errors {
					r.refused = append(r.refused, e.Location)
				}
				w.WriteHeader(p.Status)
				_, _ = w.Write(body)
			})
		}
	}
	return r
}

// foundForm is a form of a page, for whom it is and with what it was found.
type foundForm struct {
	pageForm
	role access.Role
	contract
	yes bool
}

// ledTo are pages that a form leads to, by what stands in their addresses then.
var ledTo = map[string]string{
	"GET /municipalities/{code}/groups/{id}":   "?done=left&child=" + strings.Repeat("b", 25) + "a",
	"GET /municipalities/{code}/sessions/{id}": "?done=everybody&since=1767787200000",
}

// everyForm finds the forms of every page, whatever the API answers it with.
func everyForm(t *testing.T, s *site, c contract) map[string]foundForm {
	t.Helper()
	found := make(map[string]foundForm)
	h := s.handler()
	for c.pick = range 8 {
		c.say = map[string]string{"state": []string{"draft", "checked", "approved", "submitted"}[c.pick%4], "type": "case.x", "id": "sputnik", "programme": "sputnik"}
		c.without = []string{"provider_municipality"} // in a session that another one held nothing can be sent
		if c.pick >= 4 {
			c.say["account"] = (events.ID{1}).String() // the visitor's own
		}
		if c.pick%2 == 1 {
			c.without = append(c.without, "closed_on", "ended_on", "withdrawn", "revoked_at", "disabled")
		}
		if c.pick == 3 {
			c.say["held_on"] = "2099-03-01" // sessions that lie ahead
		}
		for _, yes := range []bool{true, false} {
			s.API = c.answering(t, yes)
			for pattern, permission := range s.pages {
				method, path := concrete(pattern, "1880")
				if method != "GET" {
					continue
				}
				for _, role := range append(access.Roles(), access.Administrator) {
					if !access.Permits(role, permission) {
						continue
					}
					w := ask(h, method, path+ledTo[pattern], role)
					if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
						continue
					}
					for _, form := range readPage(t, w.Body.String()).forms {
						if form.method != "post" || form.head {
							continue
						}
						if form.action == "" {
							form.action = path
						}
						key := form.action
						for _, one := range form.controls {
							key += " " + one.name
						}
						if _, known := found[key]; !known {
							found[key] = foundForm{form, role, c, yes}
						}
					}
				}
			}
		}
	}
	return found
}

// raw is what the API calls things by, and no page.
var raw = regexp.MustCompile(`\b(body|query|path|check)\.[a-z]|\b(problem|form)\.[a-z]|urn:|invalid_request|must have`)

func TestEveryFormRepeatsWhatWasTypedAndSaysWhereItIsWrong(t *testing.T) {
	s := testSite(t)
	h := s.handler()
	forms := everyForm(t, s, readContract(t))
	asked := make(map[string]bool)
	refused, waited := 0, 0
	s.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	for key, form := range forms {
		api := form.refusing(t, form.yes)
		s.API = api
		_, pattern := s.mux.Handler(httptest.NewRequest("POST", form.action, nil))
		asked[pattern] = true
		for _, rubbish := range []bool{true, false} {
			sent, typed := form.fill(rubbish)
			for api.nth = 0; api.nth < 8; api.nth++ {
				api.writes, api.refused = 0, nil
				w := post(h, form.action, form.role, swedish, sent)
				if w.Code == http.StatusSeeOther || w.Code == http.StatusOK {
					break // carried out, or a step on the way: each of its writes was refused before
				}
				if w.Code != http.StatusUnprocessableEntity {
					t.Errorf("%s, write %d: %d", key, api.nth, w.Code)
					break
				}
				refused++
				page := readPage(t, w.Body.String())
				page.check(t, key, typed)
				for _, at := range api.refused {
					name, _ := fieldOf(at, nil)
					if _, has := typed[name]; has && page.asks(name) && !slices.Contains(page.links, name) && key[:10] != "/users/new" { // whose account and login both have a name
						t.Errorf("%s: what is wrong at %s does not lead to %s", key, at, name)
					}
				}
				turned(t, h, api, key, form, page, typed)
				if api.writes <= api.nth {
					break // the page itself refused it
				}
			}
		}
		waited += form.waits(t, s, key)
	}
	for pattern := range s.pages {
		if strings.HasPrefix(pattern, "POST ") && !asked[pattern] && !byItself[pattern] {
			t.Errorf("no page has a form for %s", pattern)
		}
	}
	if refused < 60 || waited < 60 {
		t.Errorf("only %d forms were refused, and %d could not be carried out for now", refused, waited)
	}
}

// byItself are the forms that stand on pages that a file, a step or a click of one's own leads to, and what a script sends.
var byItself = map[string]bool{
	"POST /municipalities/{code}/import/rejects": true, "POST /municipalities/{code}/import/confirm": true,
	"POST /municipalities/{code}/sessions/{id}/rows/{child}": true, "POST /municipalities/{code}/sessions/{id}/heads/unidentified": true, "POST /municipalities/{code}/sessions/{id}/heads/adults": true,
}

func post(h http.Handler, path string, role access.Role, lang string, sent url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", path, strings.NewReader(sent.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", sessionCookie+"="+string(role)+"; "+languageCookie+"="+lang)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// check looks at a page whose form was refused.
func (p written) check(t *testing.T, what string, typed map[string]string) {
	t.Helper()
	if p.wrongs == 0 {
		t.Errorf("%s: no summary", what)
	}
	for _, id := range p.links {
		if folded, there := p.ids[id]; !there || folded || id == "" {
			t.Errorf("%s: the summary leads to %q: there %v, folded %v", what, id, there, folded)
		}
		if _, there := p.ids[id+"-error"]; !there {
			t.Errorf("%s: %s does not say what is wrong with it", what, id)
		}
	}
	if found := raw.FindString(p.said); found != "" {
		t.Errorf("%s: the page says %q", what, found)
	}
	p.repeats(t, what, typed)
}

func (p written) repeats(t *testing.T, what string, typed map[string]string) {
	t.Helper()
	for name, value := range typed {
		if p.asks(name) && !p.has(name, value) { // a child who was found stands there in place of who was typed
			t.Errorf("%s: %s is not repeated", what, name)
		}
	}
}

// turned looks at the page in the other language: it says what was typed, and nothing was carried out.
func turned(t *testing.T, h http.Handler, api *refuser, what string, form foundForm, page written, typed map[string]string) {
	t.Helper()
	for _, f := range page.forms {
		if !slices.ContainsFunc(f.controls, func(c control) bool { return c.name == turning }) {
			continue
		}
		sent, _ := f.fill(false)
		before := api.writes
		w := post(h, f.action, form.role, swedish, sent)
		if api.writes != before {
			t.Errorf("%s: something is carried out in another language", what)
		}
		if w.Code != http.StatusOK && w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s in English: %d", what, w.Code)
			return
		}
		other := readPage(t, w.Body.String())
		if other.lang != english {
			t.Errorf("%s in English is in %s", what, other.lang)
		}
		other.repeats(t, what+" in English", typed)
		return
	}
	t.Errorf("%s: the language cannot be changed", what)
}

func TestAnEntryOfAListThatIsWrongIsNamedByItsFieldAndItsNumber(t *testing.T) {
	s := testSite(t)
	refusal := problem{Type: problemType + "invalid_request", Status: http.StatusUnprocessableEntity, Errors: []fieldProblem{
		{"body.skip[1]", "not_a_day", "must be a day"}, {"body.skip[1]", "not_a_day", "must be a day, too"}, {"body.count", "too_high", "must be at most 60"}, {"body.nothing_of_the_form", "empty", "is empty"},
	}}
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			w.WriteHeader(refusal.Status)
			_ = json.NewEncoder(w).Encode(refusal)
			return
		}
		empty(w, r)
	})
	sent := url.Values{"key": {"x"}, "from": {"2025-04-01"}, "count": {"99"}, "every_days": {"7"}, "skip": {"2025-04-08, never"}}
	body := post(s.handler(), "/municipalities/1880/groups/aaaaaaaaaaaaaaaaaaaaaaaaaa/series", access.Coordinator, swedish, sent).Body.String()
	l := languages()[swedish]
	if n := strings.Count(body, `<a href="#skip">`); n != 1 {
		t.Errorf("the summary says %d times that the entry is wrong", n)
	}
	for _, want := range []string{
		`<a href="#skip">` + l.text("form.item", l.text("group.skip"), "2") + ": " + l.text("problem.not_a_day"),
		`<a href="#count">` + l.text("group.count") + ": " + l.text("problem.too_high", "60"),
		`<li>` + l.text("problem.empty") + `</li>`,
		`<p class="error" id="skip-error">` + l.text("form.entry", "2", l.text("problem.not_a_day")),
		`value="2025-04-08, never"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %s", want)
		}
	}
}

func TestAPasswordIsNotKeptInAPageThatIsShownInAnotherLanguage(t *testing.T) {
	w := post(testSite(t).handler(), "/login", "", swedish, url.Values{"name": {""}, "password": {"häst batteri"}, "next": {"/x"}})
	if w.Code != http.StatusUnprocessableEntity || strings.Contains(w.Body.String(), "batteri") || !strings.Contains(w.Body.String(), `name="`+turning+`"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAStepOnTheWayOfAFormIsShownInTheOtherLanguage(t *testing.T) {
	c := readContract(t)
	c.say = map[string]string{"id": "sputnik", "programme": "sputnik"}
	api := c.refusing(t, true)
	api.nth = 100
	s := testSite(t)
	s.API = api
	h := s.handler()
	sent := url.Values{"key": {"x"}, "channel": {"school"}, "identity": {"a"}, "received_on": {"2025-04-01"}}
	w := post(h, "/municipalities/1880/referrals/new", access.Coordinator, swedish, sent)
	page := readPage(t, w.Body.String())
	if w.Code != http.StatusOK || !strings.Contains(page.said, languages()[swedish].text("placing.check")) {
		t.Fatalf("not the answers to check: %d %s", w.Code, page.said)
	}
	turned(t, h, api, "checking a referral", foundForm{role: access.Coordinator}, page, nil)
	for _, f := range page.forms {
		if kept, _ := f.fill(false); kept.Has(turning) {
			body := post(h, f.action, access.Coordinator, swedish, kept).Body.String()
			if other := readPage(t, body); !strings.Contains(other.said, languages()[english].text("placing.check")) || !strings.Contains(other.said, "1 April 2025") {
				t.Errorf("in English it says %s", other.said)
			}
		}
	}
}

func TestAQuestionInTheSummaryOfErrorsHasNoColonAfterIt(t *testing.T) {
	page := readPage(t, post(testSite(t).handler(), "/municipalities/1880/referrals/new", access.Coordinator, swedish, url.Values{"key": {"x"}, "identity": {""}}).Body.String())
	l := languages()[swedish]
	for _, want := range []string{l.text("referral.channel") + " " + l.text("form.missing"), l.text("child.identity") + ": " + l.text("form.missing")} {
		if !strings.Contains(page.said, want) {
			t.Errorf("the page does not say %q: %s", want, page.said)
		}
	}
}

func TestTheSummaryNamesErrorsInTheOrderOfTheirFields(t *testing.T) {
	f := &form{Values: url.Values{"value": {"tolv"}, "reason": {""}}, lang: languages()[swedish], shown: make(map[string]field)}
	f.need("reason")
	f.wrong("value", "form.number")
	f.wrong("", "form.later")
	for range 2 { // a page with errors is written twice
		f.Number("value", "Antal")
		f.Area("reason", "Varför")
	}
	var order []string
	for _, one := range f.Summary() {
		order = append(order, one.To)
	}
	if got := strings.Join(order, " "); got != " value reason" {
		t.Errorf("it leads to %q", got)
	}
}
