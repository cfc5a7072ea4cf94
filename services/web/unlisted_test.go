package web

import (
	"encoding/json"
	"io"
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

const evening, walker = "aaaaaaaaaaaaaaaaaaaaaaaaaa", "beaaaaaaaaaaaaaaaaaaaaaaaa"

// door is a session whose register answers what was counted, and notes what is written.
type door struct {
	registers []string // what is read, the last one for ever
	written   []string // method, path and body
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/api/v1/municipalities/1880/")
	switch {
	case r.Method != http.MethodGet:
		var body []byte
		if r.Body != nil {
			body, _ = io.ReadAll(r.Body)
		}
		d.written = append(d.written, r.Method+" "+path+" "+string(body))
		_, _ = w.Write([]byte(`{"child":"` + walker + `"}`))
	case path == "sessions/"+evening:
		_, _ = w.Write([]byte(`{"id":"` + evening + `","programme":"sputnik","form":"support_group","held_on":"2025-03-04",` + d.registers[0] + `}`))
		if len(d.registers) > 1 {
			d.registers = d.registers[1:]
		}
	case path == "programmes":
		_, _ = w.Write([]byte(`{"programmes":[{"id":"sputnik","name":"Sputnik","forms":["support_group"],"identity":"linked","target":"mixed"}]}`))
	case path == "sessions/"+evening+"/others":
		_, _ = w.Write([]byte(`{"children":[{"child":"` + walker + `","label":"Bo"}],"more":2}`))
	default:
		empty(w, r)
	}
}

// say sends a form to a page of the session, as a script does.
func say(h http.Handler, path string, fields url.Values, script bool) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/municipalities/1880/sessions/"+evening+path, strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Cookie", sessionCookie+"="+string(access.Coordinator))
	if script {
		r.Header.Set("Accept", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestACountTellsWhatSomebodyElseCountedMeanwhile(t *testing.T) {
	by := func(account events.ID, n, clock string) string {
		return `"unidentified":` + n + `,"unidentified_at":"2025-03-04T` + clock + `Z","unidentified_by":"` + account.String() + `"`
	}
	at := func(n, clock string) string { return by(events.ID{2}, n, clock) }
	mine := func(n, clock string) string { return by(events.ID{1}, n, clock) }
	for _, c := range []struct{ says, before, after, conflict string }{
		{"nobody did", at("2", "15:00:00"), at("4", "16:00:00"), ""},
		{"somebody did, and this one is later", at("3", "15:30:00"), at("4", "16:00:00"), "Någon annan hade räknat 3. Du skrev 4, så ditt antal gäller."},
		{"somebody counted the same", at("4", "15:30:00"), at("4", "16:00:00"), ""},
		{"somebody did later", at("3", "17:00:00"), at("3", "17:00:00"), "Någon annan har räknat 3. Ditt antal 4 är från 17.00, så det andra gäller."},
		{"one did oneself on another page, and this one is later", mine("3", "15:30:00"), mine("4", "16:00:00"), ""},
		{"one did oneself later", mine("3", "17:00:00"), mine("3", "17:00:00"), "Du har själv räknat 3 senare. Antalet 4 är från 17.00, så det senare gäller."},
		{"somebody did, and one did oneself later", at("2", "15:30:00"), mine("3", "17:00:00"), "Du har själv räknat 3 senare."},
	} {
		s, d := testSite(t), &door{registers: []string{c.before, c.after}}
		s.API = d
		seen, tapped := "1741100400000", "1741104000000" // 15.00 and 16.00 UTC, an hour later in Sweden
		w := say(s.handler(), "/heads/unidentified", url.Values{"state": {"4"}, "at": {tapped}, "seen": {seen}, "key": {"k"}}, true)
		var answer saved
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", c.says, w.Code, w.Body)
		}
		if !strings.HasPrefix(answer.Conflict, c.conflict) || (answer.Conflict == "") != (c.conflict == "") {
			t.Errorf("%s: %q", c.says, answer.Conflict)
		}
		if len(d.written) != 1 || d.written[0] != `PUT sessions/`+evening+`/counts {"at":"2025-03-04T16:00:00.000Z","unidentified":4}` {
			t.Errorf("%s: written %q", c.says, d.written)
		}
	}
	s := testSite(t)
	s.API = &door{registers: []string{`"adults":0`}}
	for path, status := range map[string]int{"/heads/children": http.StatusNotFound, "/heads/adults": http.StatusOK} {
		if w := say(s.handler(), path, url.Values{"state": {"1"}, "key": {"k"}}, true); w.Code != status {
			t.Errorf("%s: %d, not %d", path, w.Code, status)
		}
	}
}

func TestOfCountsTheFormSaysWhatWasChangedAlone(t *testing.T) {
	s, d := testSite(t), &door{registers: []string{`"unidentified":2,"adults":1`}}
	s.API = d
	h := s.handler()
	say(h, "/counts", url.Values{"unidentified": {"2"}, "was_unidentified": {"2"}, "adults": {"3"}, "was_adults": {"1"}, "key": {"k"}}, false)
	say(h, "/counts", url.Values{"unidentified": {"2"}, "was_unidentified": {"2"}, "adults": {"1"}, "was_adults": {"1"}, "key": {"l"}}, false)
	if len(d.written) != 1 || d.written[0] != `PUT sessions/`+evening+`/counts {"adults":3}` {
		t.Errorf("written %q", d.written)
	}
}

func TestAChildOfTheProgrammeWalksInByItsIdAlone(t *testing.T) {
	s, d := testSite(t), &door{registers: []string{`"adults":0`}}
	s.API = d
	h := s.handler()
	page := ask(h, "GET", "/municipalities/1880/sessions/"+evening+"?others=yes", access.Coordinator).Body.String()
	saysAll(t, page, `<option value="`+walker+`">Bo`, "2 till visas inte.", "Ingen av dem: skriv vem det är nedan")
	if plain := ask(h, "GET", "/municipalities/1880/sessions/"+evening, access.Coordinator).Body.String(); strings.Contains(plain, walker) || !strings.Contains(plain, "?others=yes#walk-in") {
		t.Error("the children of the programme are listed before somebody asks for them, or nothing leads to them")
	}
	unsaid := say(h, "/walk-in", url.Values{"child": {walker}, "key": {"k"}}, false)
	if saysAll(t, unsaid.Body.String(), `id="target-error"`, `value="`+walker+`" selected`); unsaid.Code != http.StatusUnprocessableEntity || len(d.written) > 0 {
		t.Errorf("without a reason, which a mixed programme asks for, it is answered %d, and written %q", unsaid.Code, d.written)
	}
	if w := say(h, "/walk-in", url.Values{"child": {walker}, "target": {"substance_abuse"}, "key": {"k"}}, false); w.Code != http.StatusSeeOther || !strings.HasSuffix(w.Header().Get("Location"), "#row-"+walker) {
		t.Errorf("walking in led to %d %s", w.Code, w.Header().Get("Location"))
	}
	if len(d.written) != 1 || d.written[0] != `PUT sessions/`+evening+`/register/`+walker+` {"state":"attended","target":"substance_abuse"}` {
		t.Errorf("written %q", d.written)
	}
	both := say(h, "/walk-in", url.Values{"child": {walker}, "target": {"other"}, "identity": {"x-1"}, "key": {"l"}}, false)
	if saysAll(t, both.Body.String(), "Välj i listan eller skriv vem det är, inte båda."); both.Code != http.StatusUnprocessableEntity || len(d.written) != 1 {
		t.Errorf("both are answered %d, and written %q", both.Code, d.written[1:])
	}
}

func TestOfReasonsTheFormSaysWhatWasChangedAlone(t *testing.T) {
	there := func(id, target string) string {
		return `{"child":"` + id + `","state":"attended","target":"` + target + `"}`
	}
	s, d := testSite(t), &door{registers: []string{`"unidentified":2,"register":[` + there(evening, "") + `,` + there(walker, "other") + `]`}}
	s.API = d
	h := s.handler()
	w := say(h, "/reasons", url.Values{"other": {evening}, "was_other": {walker}, "key": {"k"}}, false)
	if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasSuffix(to, "?done=reasons") {
		t.Errorf("saying the reasons led to %d %s", w.Code, to)
	}
	say(h, "/reasons", url.Values{"other": {walker}, "was_other": {walker}, "key": {"l"}}, false)
	d.registers = []string{`"register":[{"child":"` + walker + `","state":"absent","marked":{"at":"2099-03-04T16:00:00Z"}}]`}
	say(h, "/reasons", url.Values{"other": {walker}, "was-" + walker: {"absent"}, "key": {"n"}}, false)
	say(h, "/walk-in", url.Values{"child": {walker}, "target": {"other"}, "home_municipality": {"Kumla"}, "key": {"m"}}, false)
	say(h, "/walk-in", url.Values{"child": {walker}, "target": {"substance_abuse"}, "key": {"o"}}, false)
	say(h, "/rows/"+walker, url.Values{"state": {"attended"}, "target": {"substance_abuse"}, "key": {"p"}}, true)
	want := []string{
		`PUT sessions/` + evening + `/register/` + evening + ` {"state":"attended","target":"other"}`,
		`PUT sessions/` + evening + `/register/` + walker + ` {"state":"attended","target":"substance_abuse"}`,
		`PUT sessions/` + evening + `/register/` + walker + ` {"state":"attended","target":"other"}`,
		`PUT sessions/` + evening + `/register/` + walker + ` {"state":"attended","target":"other","home_municipality":"1881"}`,
		`PUT sessions/` + evening + `/register/` + walker + ` {"state":"attended","target":"substance_abuse"}`,
		`PUT sessions/` + evening + `/register/` + walker + ` {"state":"attended","target":"substance_abuse"}`,
	}
	if !slices.Equal(d.written, want) {
		t.Errorf("written %q", d.written)
	}
}

func TestAFormThatIsShownAgainChangesNothingBackThatSomebodyElseChangedMeanwhile(t *testing.T) {
	third := strings.Repeat("c", 25) + "a"
	row := func(child, state, target string) string {
		return `{"child":"` + child + `","state":"` + state + `","target":"` + target + `","marked":{"account":"` + (events.ID{2}).String() + `","name":"Alex","at":"2025-03-04T16:00:00Z"}}`
	}
	s, d := testSite(t), &door{}
	s.API = d
	shown := func(path string, sent url.Values, rows ...string) string {
		d.registers = []string{`"register":[` + strings.Join(rows, ",") + `]`}
		w := say(s.handler(), path, sent, false)
		if w.Code != http.StatusUnprocessableEntity || len(d.written) > 0 {
			t.Errorf("%d, written %q", w.Code, d.written)
		}
		return w.Body.String()
	}
	checked := func(page, name, value string) bool {
		box := regexp.MustCompile(`<input type="(?:radio|checkbox)"[^>]*name="` + name + `" value="` + value + `"[^>]*>`).FindString(page)
		if box == "" {
			t.Fatalf("%s has no %s: %s", name, value, page)
		}
		return strings.Contains(box, " checked")
	}

	page := shown("/reasons", url.Values{"other": {walker, third}, "was_other": {walker}, "was-" + third: {"none"}, "key": {"k"}},
		row(evening, "attended", "other"), row(walker, "absent", ""), row(third, "absent", ""))
	if !checked(page, "other", evening) || checked(page, "other", walker) || checked(page, "other", third) {
		t.Error("the reasons are not those that others said, nor are they as others marked")
	}
	page = shown("", url.Values{"was-" + walker: {"attended"}, "row-" + walker: {"attended"}, "was-" + third: {"none"}, "row-" + third: {"attended"}, "key": {"k"}},
		row(walker, "absent", ""), row(third, "absent", ""))
	if checked(page, "row-"+walker, "attended") || !checked(page, "row-"+walker, "absent") {
		t.Error("a row that the visitor did not touch is chosen as it was, and not as it is")
	}
}

func TestARowIsNotEmptiedThatSomebodyElseMarkedOtherwiseMeanwhile(t *testing.T) {
	s, d := testSite(t), &door{registers: []string{`"register":[{"child":"` + walker + `","state":"absent","marked":{"account":"` + (events.ID{2}).String() + `","name":"Alex","at":"2025-03-04T16:00:00Z"}}]`}}
	s.API = d
	w := say(s.handler(), "", url.Values{"clear": {walker}, "was-" + walker: {"attended"}, "key": {"k"}}, false)
	if saysAll(t, w.Body.String(), "Någon annan har ändrat samma rader.", "Alex"); w.Code != http.StatusUnprocessableEntity || len(d.written) > 0 {
		t.Errorf("%d, written %q", w.Code, d.written)
	}
	if say(s.handler(), "", url.Values{"clear": {walker}, "was-" + walker: {"absent"}, "key": {"k"}}, false); len(d.written) != 1 {
		t.Errorf("as it was shown it is not emptied: written %q", d.written)
	}
}

func TestACountIsNotReplacedThatSomebodyElseMadeMeanwhile(t *testing.T) {
	counted := func(by events.ID) string {
		return `"unidentified":5,"unidentified_by":"` + by.String() + `","adults":1`
	}
	count := func(by events.ID, unidentified, adults string) (page string, written []string) {
		s, d := testSite(t), &door{registers: []string{counted(by)}}
		s.API = d
		w := say(s.handler(), "/counts", url.Values{"unidentified": {unidentified}, "was_unidentified": {"2"}, "adults": {adults}, "was_adults": {"1"}, "key": {"k"}}, false)
		return w.Body.String(), d.written
	}
	page, written := count(events.ID{2}, "4", "1")
	if saysAll(t, page, "Någon annan har räknat 5. Ditt antal 4 är från", `name="unidentified" value="4"`, `name="was_unidentified" value="5"`); len(written) > 0 {
		t.Errorf("written %q", written)
	}
	page, _ = count(events.ID{2}, "2", "x")
	saysAll(t, page, `name="unidentified" value="5"`, `name="adults" value="x"`)
	if _, written = count(events.ID{1}, "4", "1"); len(written) != 1 {
		t.Errorf("what one counted oneself is not replaced: written %q", written)
	}
	if _, written = count(events.ID{2}, "5", "1"); len(written) > 0 {
		t.Errorf("what stands already is written: %q", written)
	}
}

func TestWhatIsChosenAfterAConflictIsAnotherRequest(t *testing.T) {
	s, d := testSite(t), &door{registers: []string{`"register":[{"child":"` + walker + `","state":"absent","marked":{"account":"` + (events.ID{2}).String() + `","at":"2025-03-04T16:00:00Z"}},{"child":"` + evening + `","state":"attended"}]`}}
	s.API = d
	w := say(s.handler(), "/reasons", url.Values{"other": {walker, evening}, "was-" + walker: {"none"}, "key": {"k"}}, false)
	saysAll(t, w.Body.String(), "Det du valde för dem är inte sparat; resten är det.")
	if len(d.written) != 1 || !strings.Contains(d.written[0], evening) || strings.Contains(w.Body.String(), `name="key" value="k"`) {
		t.Errorf("written %q; or the form has the key that it had", d.written)
	}
}

func TestAReasonMarksNobodyWhomSomebodyElseMarkedOtherwiseMeanwhile(t *testing.T) {
	absent := func(account events.ID) string {
		return `"register":[{"child":"` + walker + `","state":"absent","marked":{"account":"` + account.String() + `","name":"Alex","at":"2025-03-04T16:00:00Z"}}]`
	}
	ticked := url.Values{"other": {walker}, "was-" + walker: {"none"}, "key": {"k"}}
	s, d := testSite(t), &door{registers: []string{absent(events.ID{2})}}
	s.API = d
	w := say(s.handler(), "/reasons", ticked, false)
	saysAll(t, w.Body.String(), "Någon annan har ändrat samma rader.", "Alex")
	if w.Code != http.StatusUnprocessableEntity || len(d.written) > 0 {
		t.Errorf("%d, written %q", w.Code, d.written)
	}
	d.registers = []string{absent(events.ID{1})}
	if w := say(s.handler(), "/reasons", ticked, false); w.Code != http.StatusSeeOther || len(d.written) != 1 || !strings.Contains(d.written[0], `"state":"attended"`) {
		t.Errorf("what one marked oneself meanwhile: %d, written %q", w.Code, d.written)
	}
}

func TestWhoeverIsLeftIsMarkedAfterTheirRowsWereEmptiedAndUndoneByThatMoment(t *testing.T) {
	rows := `"register":[{"child":"` + walker + `","state":"none","marked":{"at":"2099-03-04T16:00:00Z"}},{"child":"` + evening + `","state":"none"}]`
	s, d := testSite(t), &door{registers: []string{rows}}
	s.API = d
	w := say(s.handler(), "", url.Values{"everybody": {"yes"}, "was-" + walker: {"none"}, "was-" + evening: {"none"}, "row-" + evening: {"absent"}, "key": {"k"}}, false)
	if to := w.Header().Get("Location"); !strings.HasSuffix(to, "&since=4076323200001") {
		t.Errorf("led to %s", to)
	}
	want := []string{
		`PUT sessions/` + evening + `/register/` + walker + ` {"state":"attended","at":"2099-03-04T16:00:00.001Z"}`,
		`PUT sessions/` + evening + `/register/` + evening + ` {"state":"absent"}`,
	}
	if !slices.Equal(d.written, want) {
		t.Errorf("written %q", d.written)
	}
	for since, offered := range map[string]bool{"4076323200000": false, "1741104000000": true} { // the first one is of a row that is empty
		d.registers = []string{`"register":[{"child":"` + walker + `","state":"attended","marked":{"account":"` + (events.ID{1}).String() + `","at":"2025-03-04T16:00:00Z"}}]`}
		page := ask(s.handler(), "GET", "/municipalities/1880/sessions/"+evening+"?done=register&since="+since, access.Coordinator).Body.String()
		if strings.Contains(page, `<button name="since" value="`+since+`"`) != offered {
			t.Errorf("what was marked at %s can be undone, or not: want %t", since, offered)
		}
	}
	d.registers = []string{rows}
	w = say(s.handler(), "", url.Values{"moment": {"1741104000000"}, "was-" + evening: {"none"}, "row-" + evening: {"absent"}, "key": {"l"}}, false)
	if to := w.Header().Get("Location"); !strings.HasSuffix(to, "?done=register&since=1741104000000") {
		t.Errorf("the rest saved one by one led to %s", to)
	}
}

func TestAMarkIsTakenAwayByAButtonThatNamesTheChildAlone(t *testing.T) {
	s, d := testSite(t), &door{registers: []string{`"register":[{"child":"` + walker + `","state":"attended"}]`}}
	s.API = d
	h := s.handler()
	page := ask(h, "GET", "/municipalities/1880/sessions/"+evening, access.Coordinator).Body.String()
	saysAll(t, page, `<button class="plain" name="clear" value="`+walker+`">`)
	w := say(h, "", url.Values{"clear": {walker}, "key": {"k"}}, false)
	if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasSuffix(to, "#row-"+walker) {
		t.Errorf("taking a mark away led to %d %s", w.Code, to)
	}
	if len(d.written) != 1 || d.written[0] != `PUT sessions/`+evening+`/register/`+walker+` {"state":"none"}` {
		t.Errorf("written %q", d.written)
	}
}

func TestAWalkInThatIsTakenBackContradictsNobody(t *testing.T) {
	s := testSite(t)
	s.API = &door{registers: []string{`"adults":0`}}
	w := say(s.handler(), "/rows/"+walker, url.Values{"state": {"none"}, "at": {"1741104000000"}, "seen": {"0"}, "key": {"k"}}, true)
	var answer saved
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if answer.State != "none" || answer.Conflict != "" {
		t.Errorf("%+v", answer)
	}
}

func TestATapOnAChildWithoutALabelNamesItAsItsRegisterDoesAndCountsOnce(t *testing.T) {
	s := testSite(t)
	s.API = &door{registers: []string{`"register":[{"child":"` + walker + `","state":"attended","member":true}]`}}
	w := say(s.handler(), "/rows/"+walker, url.Values{"state": {"attended"}, "key": {"k"}}, true)
	var answer saved
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if want := "Barn " + walker[:4] + ": här."; answer.Text != want || !strings.HasPrefix(answer.Status, "1 av 1 ifyllda. Sparat") {
		t.Errorf("%q %q", answer.Text, answer.Status)
	}
}
