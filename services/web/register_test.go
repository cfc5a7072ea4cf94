package web

import (
	"net/http"
	"net/url"
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

func TestASessionIsTakenBackAsTheReaderSawIt(t *testing.T) {
	mark := func(child string, by events.ID) string {
		return `{"child":"` + child + `","state":"attended","marked":{"account":"` + by.String() + `","at":"2025-03-04T15:10:00Z"}}`
	}
	mine, others := events.ID{1}, events.ID{2}
	register := func(rows ...string) string { return `"version":7,"register":[` + strings.Join(rows, ",") + `]` }
	seen := []string{"day 2025-03-04", walker + " attended 1741101000000"}
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
		"somebody moved the session to another day since": {register(), []string{"day 2025-03-03"}, false},
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
	say(s.handler(), "/correct", url.Values{"held_on": {"2025-03-04"}, "seen": {"day 2025-02-25"}, "key": {"k"}}, false)
	if len(d.written) != 1 {
		t.Error("a correction whose answer was lost is not sent again")
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
	const kim = "caaaaaaaaaaaaaaaaaaaaaaaaa"
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
