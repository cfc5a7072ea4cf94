package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/services/access"
	"rackvidd/services/integrity"
)

// everywhere is an API that tells of the read models and archives of all municipalities, as change makes them.
func everywhere(change func(i int, m *readModel, a *archived)) http.HandlerFunc {
	var d running
	d.Status = "degraded"
	for i, place := range events.Municipalities() {
		a := archived{lag: lag{Municipality: place.Code, Position: 1_234_567}}
		for _, name := range []string{"caseload", "reach", "register", "survey"} {
			m := readModel{lag: a.lag, Projection: name, Generation: 2}
			change(i, &m, &a)
			d.Projections = append(d.Projections, m)
		}
		d.Archives = append(d.Archives, a)
	}
	text, err := json.Marshal(d)
	return func(w http.ResponseWriter, r *http.Request) {
		if err != nil {
			panic(err)
		}
		if r.URL.Path == "/readyz" {
			_, _ = w.Write(text)
			return
		}
		empty(w, r)
	}
}

func TestOperationsOfAllMunicipalitiesWeighLessThan100KBWhateverHasStopped(t *testing.T) {
	for name, change := range map[string]func(i int, m *readModel, a *archived){
		"all well": func(int, *readModel, *archived) {},
		"all stopped": func(_ int, m *readModel, a *archived) {
			m.StoppedAt, m.StoppedCode, m.StoppedWhy = 77, "unreadable", strings.Repeat("the event says what cannot be ", 20)
			a.Damage = strings.Repeat("a message is not as it was archived ", 5)
			a.Found = &integrity.Finding{Copy: integrity.TheArchive, File: "tile/entries/x001/067.p/12", Position: 1_234_567, Code: archive.OtherMessage, Problem: a.Damage}
		},
		"all behind": func(_ int, m *readModel, a *archived) {
			m.BehindEvents, m.BehindSeconds, a.BehindEvents = 1_000_000, 100_000, 1_000_000
		},
	} {
		s := testSite(t)
		s.API = everywhere(change)
		for _, address := range []string{"/operations", "/operations?page=24&archives=6", "/operations?state=stopped"} {
			w := ask(s.handler(), "GET", address, access.Operations)
			if size := w.Body.Len() + s.assets.weight(w.Body.String()); w.Code != http.StatusOK || size > 100_000 {
				t.Errorf("%s, %s: %d, %d bytes with its assets", name, address, w.Code, size)
			}
		}
	}
}

func TestWhatLagsIsToldFirstAndTheRestIsAPageAway(t *testing.T) {
	s := testSite(t)
	s.API = everywhere(func(i int, m *readModel, a *archived) {
		switch {
		case i == 100 && m.Projection == "reach":
			m.StoppedAt, m.StoppedCode, m.StoppedWhy = 77, "cannot_fold", "no such session"
		case i == 200 && m.Projection == "survey":
			m.BehindEvents, m.BehindSeconds = 12, 60
		case i == 250:
			a.Damage, a.Found = "as below", &integrity.Finding{Copy: integrity.TheStream, Position: 5, Code: archive.OtherMessage, Problem: "in English"}
		}
	})
	h := s.handler()
	read := func(address string) string { return ask(h, "GET", address, access.Operations).Body.String() }
	page := read("/operations")
	for _, said := range []string{"1158 av 1160 läsmodeller", "289 av 290 arkiv", "Stannad: 1", "Efter: 1", "Skadat: 1", "något som inte går ihop", `lang="en">no such session`, "Händelsen är inte den som arkiverades", "Det som är skadat", "Driften kör rackvidd audit repair: den lagar loggen från arkivet", "sida 1 av 24", "sida 1 av 6"} {
		if !strings.Contains(strings.ReplaceAll(page, "\u00a0", ""), said) {
			t.Errorf("the page does not say %q", said)
		}
	}
	places := events.Municipalities()
	_, rows, _ := strings.Cut(page, "<tbody>")
	stopped, behind := strings.Index(rows, "<td>"+places[100].Name+"<"), strings.Index(rows, "<td>"+places[200].Name+"<")
	if stopped < 0 || behind < stopped || strings.Contains(rows[:stopped], "<td>"+places[0].Name+"<") {
		t.Errorf("what has stopped stands at %d, what is behind at %d", stopped, behind)
	}
	seen := make(map[string]int)
	for n := 1; n <= 24; n++ {
		for _, row := range strings.Split(read(fmt.Sprintf("/operations?page=%d", n)), "<tr><th scope=\"row\">reach ")[1:] {
			_, place, _ := strings.Cut(row, "<td>")
			place, _, _ = strings.Cut(place, "<")
			seen[place]++
		}
	}
	if len(seen) != 290 {
		t.Errorf("turning all pages shows %d municipalities", len(seen))
	}
	for place, n := range seen {
		if n != 1 {
			t.Errorf("%s is shown %d times", place, n)
		}
	}
	if one := read("/operations?log=Kumla&state=level"); strings.Count(one, "<td>Kumla<") != 4 || strings.Contains(one, "<td>Ale<") {
		t.Error("what the address asks for is not what is shown")
	}
}

func TestADayWithThousandsOfOpenReferralsAndSessionsIsAPageOfThem(t *testing.T) {
	const open = 2_345
	s := testSite(t)
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/caseload"):
			list := make([]map[string]any, min(open, number(r.URL.Query().Get("limit"))))
			for i := range list {
				list[i] = map[string]any{"id": events.ID{1, byte(i), byte(i >> 8)}.String(), "child": events.ID{byte(i), byte(i >> 8)}, "label": fmt.Sprintf("Barn nummer %d", i+1), "channel": "school", "received_on": "2025-01-01", "programme": "sputnik", "form": "camp", "days": 99}
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"open": open, "open_referrals": list})
		case strings.HasSuffix(r.URL.Path, "/sessions"):
			list := make([]map[string]any, 500)
			day := s.today() + 1
			if r.URL.Query().Get("unfinished") == "true" {
				day = s.today() - 1
			}
			for i := range list {
				list[i] = map[string]any{"id": events.ID{2, byte(i), byte(i >> 8)}, "programme": "sputnik", "form": "camp", "held_on": day.String()}
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"sessions": list})
		default:
			empty(w, r)
		}
	})
	h := s.handler()
	for page, last := range map[string]int{"": 20, "?page=2": 40, "?page=118": open, "?page=999999": open} {
		w := ask(h, "GET", "/municipalities/1880/"+page, access.Coordinator)
		body := w.Body.String()
		if size := len(body) + s.assets.weight(body); w.Code != http.StatusOK || size > 100_000 {
			t.Errorf("%s: %d, %d bytes with its assets", page, w.Code, size)
		}
		if !strings.Contains(body, fmt.Sprintf(">Barn nummer %d<", last)) || strings.Contains(body, fmt.Sprintf(">Barn nummer %d<", last+1)) || strings.Contains(body, fmt.Sprintf(">Barn nummer %d<", last-20)) {
			t.Errorf("%q does not end with referral %d", page, last)
		}
		if strings.Count(body, "och 460 till") != 2 || strings.Contains(body, `rel="next"`) == (last == open) {
			t.Errorf("%q does not say how many more there are", page)
		}
	}
}

func TestTheEventBrowserKnowsEveryKindAndSaysWhatItDoesNotUnderstand(t *testing.T) {
	s := testSite(t)
	body := ask(s.handler(), "GET", "/municipalities/1880/log?day=abc&from=xyz&type=session.attended.v1", access.Auditor).Body.String()
	for _, kind := range append(events.Kinds.Names(), "session.attended.v1") {
		if !strings.Contains(body, `<option value="`+kind+`"`) {
			t.Errorf("%s cannot be chosen", kind)
		}
	}
	for _, says := range []string{"Skriv en dag som finns", "Skriv ett helt antal"} {
		if !strings.Contains(body, says) {
			t.Errorf("it does not say %q", says)
		}
	}
}

func TestOperationsTellWhereEachLogEndsAndWhatWaitsInWords(t *testing.T) {
	s := testSite(t)
	rest := everywhere(func(i int, m *readModel, a *archived) {
		if m.Municipality == "1880" {
			m.BehindEvents, m.BehindSeconds = 12, 60
			a.BehindEvents, a.BehindSeconds = 1, 1
		}
	})
	asked := ""
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/logs" {
			rest(w, r)
			return
		}
		asked = r.URL.RawQuery
		_, _ = w.Write([]byte(`{"logs":[{"municipality":"1880","position":1234579,"recorded_at":"2026-03-31T22:30:00Z"},{"municipality":"1881","position":0}]}`))
	})
	page := ask(s.handler(), "GET", "/operations?log=Örebro", access.Operations).Body.String()
	ends := `<td>händelse 1 234 579, <time datetime="2026-03-31T22:30:00Z">1 april 2026 00.30</time></td>`
	saysAll(t, page, `<td class="n">1 234 567</td><td>12 händelser väntar sedan 60 sekunder.</td>`+ends, `<td class="n">1 234 567</td><td>1 händelse väntar sedan 1 sekund.</td>`+ends)
	if asked != "log=1880" {
		t.Errorf("of which logs it asks: %s", asked)
	}
	saysAll(t, ask(s.handler(), "GET", "/operations?log=Kumla", access.Operations).Body.String(), `<td>Inget väntar.</td><td></td>`)
}

func TestOperationsTellsWhenTheLastBackupWasTaken(t *testing.T) {
	s := testSite(t)
	rest := everywhere(func(int, *readModel, *archived) {})
	last := ""
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			rest(w, r)
			return
		}
		_, _ = w.Write([]byte(`{"status":"ready","parts":{},"projections":[],"archives":[{"municipality":"1880","position":1}]` + last + `}`))
	})
	for backup, says := range map[string]string{
		"": "Ingen säkerhetskopia</span> Ingen har tagits",
		`,"backup":{"taken_at":"` + s.Clock().Add(-time.Hour).UTC().Format(time.RFC3339) + `","bytes":234567890}`: ", 234 MB.</span>",
		`,"backup":{"taken_at":"` + s.Clock().Add(-30*24*time.Hour).UTC().Format(time.RFC3339) + `","bytes":999}`: ", 1 kB. <span class=\"tag bad\">Mer än en vecka sedan</span>",
		`,"backup":{"taken_at":"` + s.Clock().Add(30*24*time.Hour).UTC().Format(time.RFC3339) + `","bytes":999}`:  ", 1 kB. <span class=\"tag bad\">Klockan gick före, ta en ny säkerhetskopia</span>",
	} {
		last = backup
		saysAll(t, ask(s.handler(), "GET", "/operations", access.Operations).Body.String(), says)
	}
}
