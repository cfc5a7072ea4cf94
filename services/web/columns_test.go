package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"rackvidd/services/access"
)

func TestAFileIsHeldUntilSomebodyHasSaidWhatItsColumnsHold(t *testing.T) {
	s, now := testSite(t), time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	s.Clock = func() time.Time { return now }
	var maps []string
	answer, status := "", 0
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/imports") {
			empty(w, r)
			return
		}
		file, err := io.ReadAll(r.Body)
		if err != nil || string(file) != "record_id\n1\n" {
			t.Errorf("the file is %q: %v", file, err)
		}
		maps = append(maps, r.URL.Query().Get("map"))
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	})
	h := s.handler()
	const path = "/municipalities/1880/import"
	columns := url.Values{"key": {"k"}, "source": {"s"}, "column-A": {"record_id"}, "column-B": {"-"}, "column-C": {""}}
	look := func(lang string, more ...string) string {
		sent := url.Values{}
		for name, values := range columns {
			sent[name] = values
		}
		for i := 0; i < len(more); i += 2 {
			sent.Set(more[i], more[i+1])
		}
		return post(h, path, access.BackOffice, lang, sent).Body.String()
	}

	status, answer = http.StatusUnprocessableEntity, `{"status":422,"errors":[{"location":"vad","code":"unknown_column","message":"x"}],
		"headings":[{"place":"A","text":"nr"},{"place":"B","text":"vad"},{"place":"C","none":true},{"place":"D","text":"datum","column":"occurred_on"}]}`
	w := httptest.NewRecorder()
	h.ServeHTTP(w, uploading(t, path, access.BackOffice))
	saysAll(t, w.Body.String(), "Kolumn A: nr: Välj vad kolumnen innehåller", "Kolumn B: vad: Välj vad kolumnen innehåller", `<option value="occurred_on" selected>Datum`, ">Kolumn C</label>")
	if unnamed := languages()[swedish].text("import.columns_unnamed"); strings.Contains(w.Body.String(), unnamed) {
		t.Error("the headings are shown, and the page says that they are not")
	}
	if strings.Contains(w.Body.String(), "Kolumn C: Välj") {
		t.Error("a column without a heading has to be chosen for")
	}

	answer = `{"status":422,"errors":[{"location":"child","code":"missing_column","message":"x"}],"headings":[{"place":"A","column":"record_id"},{"place":"B","column":"-"}]}`
	saysAll(t, look(swedish), "Ingen kolumn är vald för det här: Barn, id eller personnummer.", `<option value="-" selected>Läses inte in`, languages()[swedish].text("import.columns_unnamed"))
	saysAll(t, look(swedish, "turn-to", english), "No column is chosen for this: child, its id or identity number.", `<option value="-" selected>Not imported`)
	answer = `{"status":422,"errors":[{"location":"A","code":"record_as_heading","message":"x"}],"headings":[{"place":"A","column":"record_id"}]}`
	saysAll(t, look(swedish), "Kolumn A: Filens första rad är ingen rubrikrad.")
	status, answer = http.StatusServiceUnavailable, `{"status":503}`
	saysAll(t, look(swedish), languages()[swedish].text("form.later"), `<option value="record_id" selected>`)

	status, answer = http.StatusOK, `{"rows":1,"recorded":1,"rejected":[]}`
	saysAll(t, look(swedish), languages()[swedish].text("import.nothing_yet"), `name="column-B" value="-"`, languages()[swedish].text("import.change_columns"))
	saysAll(t, look(swedish, "choose", "true"), `<option value="record_id" selected>`)
	done := post(h, path+"/confirm", access.BackOffice, swedish, columns)
	saysAll(t, done.Body.String(), languages()[swedish].text("import.done"))
	if maps[0] != "" || len(maps) != 7 {
		t.Errorf("the API was asked with %q", maps)
	}
	for _, said := range maps[1:] {
		if said != `{"[A]":"record_id","[B]":"-"}` {
			t.Errorf("the API was asked with %s", said)
		}
	}
	now = now.Add(holdFor + time.Minute)
	saysAll(t, look(swedish), languages()[swedish].text("import.gone"))
}

func TestWhatWasSaidOfHeadingsIsChosenForTheNextFileInTheSameBrowser(t *testing.T) {
	s := testSite(t)
	const path = "/municipalities/1880/import"
	read := false
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if read = r.URL.Query().Get("map") != ""; !read {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.Write([]byte(`{"status":422,"errors":[{"location":"nr","code":"unknown_column","message":"x"}],
				"headings":[{"place":"A","text":"nr","key":"nrnrnrnr"},{"place":"B","key":"vadvadva"},{"place":"C","text":"datum","key":"datumdat","column":"occurred_on"}]}`))
			return
		}
		_, _ = w.Write([]byte(`{"rows":1,"recorded":1,"rejected":[]}`))
	})
	h := s.handler()
	upload := func(cookie string) string {
		r, w := uploading(t, path, access.BackOffice), httptest.NewRecorder()
		if cookie != "" {
			r.Header.Add("Cookie", columnsCookie+"="+cookie)
		}
		h.ServeHTTP(w, r)
		return w.Body.String()
	}
	as := languages()[swedish].text("import.columns_recalled")
	if page := upload(""); strings.Contains(page, as) || !strings.Contains(page, "Kolumn B: Välj vad kolumnen innehåller") {
		t.Error("what nobody said is chosen")
	}
	sent := url.Values{"key": {"k"}, "source": {"s"}, "column-A": {"record_id"}, "column-B": {leftOut}, "column-C": {"occurred_on"}}
	if post(h, path, access.BackOffice, swedish, sent); !read {
		t.Fatal("the file was not looked at")
	}
	var kept string
	for _, c := range post(h, path+"/confirm", access.BackOffice, swedish, sent).Result().Cookies() {
		if c.Name == columnsCookie {
			kept = c.Value
		}
	}
	if strings.Count(kept, "=") != 3 {
		t.Errorf("the browser keeps %q", kept)
	}
	page := upload(kept + ".x=child.nrnrnrnr=nothing")
	if saysAll(t, page, as, `<option value="record_id" selected>`, `<option value="-" selected>`); strings.Contains(page, "Välj vad kolumnen innehåller") {
		t.Error("what is chosen is asked for")
	}
}

func TestAKnownHeadingThatWasSaidToHoldSomethingElseIsRecalledAsThat(t *testing.T) {
	s := testSite(t)
	const path = "/municipalities/1880/import"
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("map") == "" {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.Write([]byte(`{"status":422,"errors":[{"location":"när","code":"unknown_column","message":"x"}],
				"headings":[{"place":"A","text":"datum","key":"datumdat","column":"occurred_on"},{"place":"B","text":"tillfälle den","key":"narnarna"}]}`))
			return
		}
		_, _ = w.Write([]byte(`{"rows":1,"recorded":1,"rejected":[]}`))
	})
	h := s.handler()
	sent := url.Values{"key": {"k"}, "source": {"s"}, "column-A": {leftOut}, "column-B": {"occurred_on"}}
	h.ServeHTTP(httptest.NewRecorder(), uploading(t, path, access.BackOffice))
	post(h, path, access.BackOffice, swedish, sent)
	again, w := uploading(t, path, access.BackOffice), httptest.NewRecorder()
	for _, c := range post(h, path+"/confirm", access.BackOffice, swedish, sent).Result().Cookies() {
		if c.Name == columnsCookie {
			again.AddCookie(c)
		}
	}
	h.ServeHTTP(w, again)
	if n := strings.Count(w.Body.String(), `<option value="occurred_on" selected>`); n != 1 {
		t.Errorf("%d columns are chosen to be the day", n)
	}
}

func TestEveryColumnOfTheImportFormatCanBeChosen(t *testing.T) {
	for _, lang := range []string{swedish, english} {
		l := languages()[lang]
		for key := range l.texts {
			column, kind := strings.CutPrefix(key, "import.kind_")
			if kind && column != "row" && (!slices.Contains(formatColumns, column) || !l.has("import.holds_"+column)) {
				t.Errorf("%s: %s is none of those to choose from", lang, column)
			}
		}
	}
}

func TestWhatAPageSaysOfARowThatHasChangedNamesNoFlagOfTheCommandLine(t *testing.T) {
	for _, lang := range []string{swedish, english} {
		v := &visit{Lang: lang}
		said := v.told(imported{lang: lang, Rejected: []rejectedRow{{Code: "changed_record", Message: "import the file as corrections (--update)"}}}).Rejected[0].Message
		if strings.Contains(said, "--") || said == "" {
			t.Errorf("in %s it says %q", lang, said)
		}
	}
}

func TestOfASessionAPageSaysWhatTheReaderOfTheFileDoes(t *testing.T) {
	for _, lang := range []string{swedish, english} {
		v := &visit{Lang: lang}
		for _, code := range []string{"session_withdrawn", "programme_without_identities", "invalid_card"} {
			const own = "the session was corrected"
			if said := v.told(imported{lang: lang, Rejected: []rejectedRow{{Column: "session", Code: code, Message: own}}}).Rejected[0].Message; said != own {
				t.Errorf("%s %s: %q", lang, code, said)
			}
		}
	}
}
