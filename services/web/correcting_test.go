package web

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rackvidd/services/access"
)

func TestALineIsCorrectedAsTheReaderSawIt(t *testing.T) {
	const line = walker + "-aaaaaaaaaaaaa"
	shown := url.Values{"was_enrolled_on": {"2025-03-01"}, "was_offer": {"sputnik/camp"}, "was_target": {""}, "was_home_municipality": {""}, "reason": {"wrong_day"}, "key": {"k"}}
	for says, c := range map[string]struct{ day, form, now, written string }{
		"the line is as it was shown":                           {"2025-03-01", "counselling", "2025-03-01", `{"form":"counselling","programme":"sputnik","reason":"wrong_day"}`},
		"somebody else corrected the day, and it goes not back": {"2025-03-01", "counselling", "2025-03-05", ""},
		"somebody else corrected the day to another than this":  {"2025-03-04", "camp", "2025-03-05", ""},
		"it is sent again, and was carried out":                 {"2025-03-05", "camp", "2025-03-05", `{"enrolled_on":"2025-03-05","reason":"wrong_day"}`},
	} {
		s, written := testSite(t), ""
		s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodPost:
				body, _ := io.ReadAll(r.Body)
				written = string(body)
				_, _ = w.Write([]byte(`{"position":7}`))
			case strings.HasSuffix(r.URL.Path, "/cases/"+walker):
				_, _ = w.Write([]byte(`{"child":"` + walker + `","enrolments":[{"id":"` + line + `","programme":"sputnik","form":"camp","enrolled_on":"` + c.now + `"}]}`))
			case strings.HasSuffix(r.URL.Path, "/programmes"):
				_, _ = w.Write([]byte(`{"programmes":[{"id":"sputnik","name":"Sputnik","forms":["camp","counselling"],"identity":"linked"}]}`))
			default:
				empty(w, r)
			}
		})
		h, path := s.handler(), "/municipalities/1880/children/"+walker+"/lines/"+line
		saysAll(t, ask(h, "GET", path, access.Coordinator).Body.String(), `name="was_enrolled_on" value="`+c.now+`"`, `name="was_offer" value="sputnik/camp"`)
		sent := url.Values{"enrolled_on": {c.day}, "offer": {"sputnik/" + c.form}}
		for name, values := range shown {
			sent[name] = values
		}
		w := post(h, path, access.Coordinator, swedish, sent)
		if written != c.written || (w.Code == http.StatusSeeOther) != (written != "") {
			t.Errorf("%s: %d, written %q", says, w.Code, written)
		}
		if c.written != "" {
			continue
		}
		day := c.now
		if c.day != "2025-03-01" {
			day = c.day // the reader's own
		}
		saysAll(t, w.Body.String(), "Någon annan har ändrat sedan du öppnade sidan.", `name="was_enrolled_on" value="2025-03-05"`, `value="`+day+`"`, `value="sputnik/`+c.form+`" selected`)
	}
}

// corrected is a site with a child that has a place and a referral, and what was written of either.
func corrected(t *testing.T, answer string) (h http.Handler, path string, written *string) {
	t.Helper()
	s, sent := testSite(t), ""
	s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			body, _ := io.ReadAll(r.Body)
			sent = r.URL.Path[strings.LastIndex(r.URL.Path, walker)+len(walker):] + " " + string(body)
			if answer != "" {
				w.Header().Set("Content-Type", "application/problem+json")
				w.WriteHeader(http.StatusUnprocessableEntity)
				_, _ = w.Write([]byte(answer))
				return
			}
			_, _ = w.Write([]byte(`{"position":7}`))
		case strings.HasSuffix(r.URL.Path, "/cases/"+walker):
			_, _ = w.Write([]byte(`{"child":"` + walker + `","referrals":[{"id":"` + walker + `-r","channel":"school","received_on":"2025-02-01"}],
				"enrolments":[{"id":"` + walker + `-e","programme":"sputnik","form":"camp","enrolled_on":"2025-03-01"}]}`))
		case strings.HasSuffix(r.URL.Path, "/programmes"):
			_, _ = w.Write([]byte(`{"programmes":[{"id":"sputnik","name":"Sputnik","forms":["camp","counselling"],"identity":"linked","target":"mixed"}]}`))
		default:
			empty(w, r)
		}
	})
	return s.handler(), "/municipalities/1880/children/" + walker + "/lines/" + walker, &sent
}

// unchanged are the fields of a line as the page showed it.
func unchanged(line string) url.Values {
	if line == "-r" {
		return url.Values{"was_channel": {"school"}, "channel": {"school"}, "was_received_on": {"2025-02-01"}, "received_on": {"2025-02-01"}, "was_offer": {""}, "offer": {""}, "reason": {"entered_in_error"}, "key": {"k"}}
	}
	return url.Values{"was_enrolled_on": {"2025-03-01"}, "enrolled_on": {"2025-03-01"}, "was_offer": {"sputnik/camp"}, "offer": {"sputnik/camp"}, "reason": {"entered_in_error"}, "key": {"k"}}
}

func TestABirthYearAndAGenderAreCorrectedWithAReferralAndWithAPlace(t *testing.T) {
	for _, line := range []string{"-r", "-e"} {
		h, path, written := corrected(t, "")
		saysAll(t, ask(h, "GET", path+line, access.Coordinator).Body.String(), `name="birth_year" value=""`, `<option value="">Som det är`, "Det går före allt som har sagts om det förut.")
		for _, c := range []struct{ year, gender, body string }{
			{"2014", "", `{"birth_year":2014,"reason":"entered_in_error"}`},
			{"", "girl", `{"gender":"girl","reason":"entered_in_error"}`},
			{"2014", "boy", `{"birth_year":2014,"gender":"boy","reason":"entered_in_error"}`},
		} {
			sent := unchanged(line)
			sent.Set("birth_year", c.year)
			sent.Set("gender", c.gender)
			*written = ""
			if w := post(h, path+line, access.Coordinator, swedish, sent); w.Code != http.StatusSeeOther || *written != line+"/correct "+c.body {
				t.Errorf("%s, %q and %q: %d, written %q", line, c.year, c.gender, w.Code, *written)
			}
		}
	}
}

func TestOnlyAYearIsTakenForABirthYear(t *testing.T) {
	h, path, written := corrected(t, "")
	for _, typed := range []string{"20140312", "140312", "2014-03-12", "201403122384", "1403122384", "1899", "2199", "-2014"} {
		sent := unchanged("-e")
		sent.Set("birth_year", typed)
		sent.Set("gender", "girl")
		w := post(h, path+"-e", access.Coordinator, swedish, sent)
		if w.Code != http.StatusUnprocessableEntity || *written != "" {
			t.Errorf("%s: %d, written %q", typed, w.Code, *written)
		}
		saysAll(t, w.Body.String(), `<a href="#birth_year">`, "Ett födelseår är ett år", `name="birth_year" value="`+typed+`"`, `value="girl" selected`)
	}
}

func TestABirthYearThatTheIdentityNumberContradictsIsRefusedAtItsField(t *testing.T) {
	h, path, _ := corrected(t, `{"type":"urn:rackvidd:problem:birth_year_conflict","status":422,"errors":[{"location":"body.birth_year","message":"is not the year","code":"birth_year_conflict"}]}`)
	sent := unchanged("-r")
	sent.Set("birth_year", "2014")
	saysAll(t, post(h, path+"-r", access.Coordinator, swedish, sent).Body.String(), `<a href="#birth_year">`, "Födelseåret är inte det som personnumret säger.", `name="birth_year" value="2014"`)
}

func TestWhoeverCorrectsWhyAChildTakesPartIsToldThatRegistersStay(t *testing.T) {
	h, path, _ := corrected(t, "")
	saysAll(t, ask(h, "GET", path+"-e", access.Coordinator).Body.String(), "Det som redan står i närvaron ändras inte: ändra det under", "Barn som är här av annat skäl")
}
