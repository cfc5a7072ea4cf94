package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rackvidd/services/access"
)

func TestAnErasureThatWasCutShortIsSentAgain(t *testing.T) {
	s, key := testSite(t), ""
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // the vault has erased the child, the log is away
		switch {
		case r.Method == http.MethodDelete && key == "":
			key = r.Header.Get("Idempotency-Key")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"type":"urn:rackvidd:problem:unavailable","status":503}`))
		case r.Method == http.MethodDelete:
			if r.Header.Get("Idempotency-Key") != key {
				t.Error("it is another erasure")
			}
			_, _ = w.Write([]byte(`{"erased":true,"position":7}`))
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"type":"urn:rackvidd:problem:unknown_child","status":404}`))
		}
	})
	h, path := s.handler(), "/municipalities/1880/children/"+walker+"/erase"
	w := post(h, path, access.DataProtection, swedish, url.Values{"key": {"k"}, "sure": {"yes"}})
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("it is answered %d", w.Code)
	}
	saysAll(t, w.Body.String(), "Raderingen är inte klar.", walker, "Skicka raderingen igen", `name="sure" value="yes" checked`)
	for _, f := range readPage(t, w.Body.String()).forms {
		if sent, _ := f.fill(false); sent.Get("sure") != "" && !f.head {
			if w := post(h, path, access.DataProtection, swedish, sent); w.Code != http.StatusSeeOther || !strings.Contains(w.Header().Get("Location"), "/erasures/"+walker) {
				t.Errorf("sent again it is answered %d %s", w.Code, w.Header().Get("Location"))
			}
			return
		}
	}
	t.Error("there is no form")
}

func TestWhatIsNoChildNamesNoFile(t *testing.T) {
	s := testSite(t)
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, walker) {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write([]byte(`{}`))
	})
	for child, want := range map[string]string{
		walker: `attachment; filename="` + walker + `.json"`, strings.Repeat("a", 26): "", "x%22%3B%20filename*=utf-8%27%27program.exe%3B%20x=%22": "",
	} {
		w := ask(s.handler(), "GET", "/municipalities/1880/children/"+child+"/disclosure/file", access.DataProtection)
		if got := w.Header().Get("Content-Disposition"); got != want {
			t.Errorf("%s is answered %d as %q", child, w.Code, got)
		}
	}
}

func TestADisclosureShowsTheGroupsOfAChild(t *testing.T) {
	s := testSite(t)
	s.API = answers(map[string]string{
		"GET municipalities/1880/children/" + walker + "/disclosure": `{"child":"` + walker + `","vault":{"listed":"2026-03-04T12:00:00Z"},"groups":[
			{"name":"Tisdag","programme":"sputnik","form":"support_group","joined":"2025-03-04T12:00:00Z","left":"2025-06-04T12:00:00Z"},
			{"name":"Fredag","programme":"sputnik","form":"camp","joined":"2025-03-05T12:00:00Z"}]}`,
	})
	page := ask(s.handler(), "GET", "/municipalities/1880/children/"+walker+"/disclosure", access.DataProtection).Body.String()
	saysAll(t, page, "som ska raderas sedan</dt><dd>4 mars 2026", "<h2>Grupper</h2>", "Tisdag", "med i gruppen sedan", "slutade", "Fredag", "läger")
	if strings.Count(page, "slutade") != 1 {
		t.Error("a child that is in a group is said to have left it")
	}
}

func TestADisclosureSaysOfWhatWasTakenBackWhereItWas(t *testing.T) {
	s := testSite(t)
	s.API = answers(map[string]string{
		"GET municipalities/1880/children/" + walker + "/disclosure": `{"child":"` + walker + `","case":{"struck":[
			{"kind":"enrolment","id":"` + walker + `-aaaaaaaaaaaaa","day":"2025-03-04","programme":"sputnik","form":"camp","reason":"wrong_child","struck_at":"2025-03-05T12:00:00Z"}]}}`,
	})
	page := ask(s.handler(), "GET", "/municipalities/1880/children/"+walker+"/disclosure", access.DataProtection).Body.String()
	saysAll(t, page, `<s><time datetime="2025-03-04">`, "sputnik, läger", "</s>")
}

func TestADisclosureListsEveryMarkOfAChild(t *testing.T) {
	s := testSite(t)
	mark := func(day, how, mark, more string) string {
		return `{"how":"` + how + `","mark":{"child":"` + walker + `"` + mark + `},"recorded_at":"` + day + `T12:00:00Z","occasion":{"held_on":"` + day + `","programme":"sputnik","form":"support_group"` + more + `}}`
	}
	marks := []string{
		mark("2025-03-04", "attended", `,"target":"other","home_municipality":"1480","birth_year":2014,"gender":"girl"`, `,"group":"`+evening+`"`),
		mark("2025-03-05", "attended", `,"role":"adult"`, `,"provider_municipality":"1881"`),
		mark("2025-03-11", "removed", "", `,"cancelled":true,"cancelled_at":"2025-03-12T12:00:00Z"`),
		mark("2025-03-18", "absent", "", `,"withdrawn_at":"2025-03-19T12:00:00Z"`),
	}
	for range 60 {
		marks = append(marks, mark("2025-04-01", "absent", "", ""))
	}
	s.API = answers(map[string]string{
		"GET municipalities/1880/children/" + walker + "/disclosure": `{"child":"` + walker + `","groups":[{"group":"` + walker + `","name":"Onsdag","programme":"sputnik","form":"camp","joined":"2025-03-04T12:00:00Z"},{"group":"` + evening + `","name":"Tisdag","programme":"sputnik","form":"support_group","joined":"2025-03-04T12:00:00Z"}],
			"marks":[` + strings.Join(marks, ",") + `]}`,
	})
	page := ask(s.handler(), "GET", "/municipalities/1880/children/"+walker+"/disclosure", access.DataProtection).Body.String()
	saysAll(t, page, "64 markeringar", "<td>Kumla, sputnik</td>", "som vuxen", "född 2014, flicka", `<time datetime="2025-03-04">`, "<td>sputnik, Tisdag</td><td>Stödgrupp</td><td>Här ", "av annat skäl, bor i Göteborg", "född 2014", "Markeringen togs bort", "inställd", "borttagen", "?marks=2")
	if n := strings.Count(page, "Inte här"); n != 47 {
		t.Errorf("a page has %d of the marks that say that the child was not there", n)
	}
	page = ask(s.handler(), "GET", "/municipalities/1880/children/"+walker+"/disclosure?marks=2", access.DataProtection).Body.String()
	if n := strings.Count(page, "Inte här"); n != 14 {
		t.Errorf("the next page has %d", n)
	}
	saysAll(t, ask(s.handler(), "GET", "/municipalities/1880/children/"+walker+"/erase", access.DataProtection).Body.String(), "0 händelser i barnets ärende", "64 markeringar i närvaro, och vilka grupper")
	s.API = answers(map[string]string{"GET municipalities/1880/children/" + walker + "/disclosure": `{"child":"` + walker + `"}`})
	saysAll(t, ask(s.handler(), "GET", "/municipalities/1880/children/"+walker+"/disclosure", access.DataProtection).Body.String(), "Barnet är inte markerat på någon träff.")
}

func TestWhoeverErasesAChildIsToldOfTheRecordsThatWereMergedWithIt(t *testing.T) {
	s := testSite(t)
	s.API = answers(map[string]string{
		"GET municipalities/1880/children/" + walker + "/disclosure": `{"child":"` + walker + `","case":{"absorbed":[{"child":"` + evening + `"}]}}`,
		"DELETE municipalities/1880/children/" + walker:              `{"erased":true,"merged":["` + evening + `"],"position":7}`,
		"GET municipalities/1880/erasures?min_position=7":            `{"erasures":[{"child":"` + walker + `","at":"2025-03-04T12:00:00Z"}]}`,
	})
	h, path := s.handler(), "/municipalities/1880/children/"+walker+"/erase"
	leads := `href="/municipalities/1880/children/` + evening + `/disclosure"`
	saysAll(t, ask(h, "GET", path, access.DataProtection).Body.String(), "De raderas inte nu.", leads)
	w := post(h, path, access.DataProtection, swedish, url.Values{"key": {"k"}, "sure": {"yes"}})
	saysAll(t, ask(h, "GET", w.Header().Get("Location"), access.DataProtection).Body.String(), "ingen annan sida leder till dem", leads)
}
