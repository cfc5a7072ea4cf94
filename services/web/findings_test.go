package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"rackvidd/projections"
	"rackvidd/services/access"
	"rackvidd/services/integrity"
)

func TestEveryFindingAndEveryStopIsSaidInTheReadersLanguage(t *testing.T) {
	var all []integrity.Finding
	for i, code := range integrity.Codes() {
		all = append(all, integrity.Finding{
			Copy: integrity.TheReadModel, Code: code, Position: 5, Until: 41, Count: 39, About: "by_form[camp].children", Shown: "7", Given: "null",
			Problem: "in the words of the program", File: strings.Repeat("x", i),
		})
	}
	for _, l := range languages() {
		for _, f := range all {
			if said := l.finding(f); strings.Contains(said, "%!") || strings.Contains(said, "finding.") {
				t.Errorf("%s in %s: %q", f.Code, l.code, said)
			}
			if f.Code != integrity.Unsaid && !l.has("finding.says_"+string(f.Code)) {
				t.Errorf("%s has no words in %s", f.Code, l.code)
			}
		}
		for _, of := range append(integrity.Mendable(), integrity.TheSubmission) {
			for _, key := range []string{"finding.", "finding.text_", "finding.way_"} {
				if !l.has(key + of) {
					t.Errorf("%s%s has no words in %s", key, of, l.code)
				}
			}
		}
		for _, of := range []string{integrity.TheArchive, integrity.TheStream, integrity.TheReadModel, integrity.TheSubmission, integrity.TheVault} {
			if !l.has("replay.verifying_" + of) {
				t.Errorf("that %s is compared has no words in %s", of, l.code)
			}
		}
		for _, code := range projections.StopCodes() {
			if !l.has("stopped." + code) {
				t.Errorf("the stop %s has no words in %s", code, l.code)
			}
		}
	}
	sv := languages()[swedish]
	for got, want := range map[string]string{
		sv.finding(all[slices.Index(integrity.Codes(), integrity.OtherFigure)]):                                                            "Stödform (läger): olika barn: visas som 7, loggen ger saknas.",
		sv.finding(integrity.Finding{Code: integrity.OtherFigure}):                                                                         "Ett tal är ett annat än det som loggen ger.",
		sv.finding(integrity.Finding{Code: integrity.OtherAnswer, About: "2021, version 1, Q4", Shown: "60 (60–60)", Given: "17 (17–17)"}): "2021, version 1, Q4: inlämnat som 60 (60–60), loggen ger 17 (17–17).",
		sv.finding(integrity.Finding{Code: integrity.OtherAnswer, About: "2021, version 1, Q4"}):                                           "2021, version 1, Q4: talet är ett annat än det som loggen ger.",
		sv.finding(all[slices.Index(integrity.Codes(), integrity.Ahead)]):                                                                  "Läsmodellen by_form[camp].children visar mer än loggen har, som slutar vid händelse 41.",
		sv.finding(integrity.Finding{Problem: "by an earlier program"}):                                                                    "Något har hittats, men det står inte längre vad. Jämför kopiorna igen.",
	} {
		if got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	s := testSite(t)
	report := &verified{Findings: all}
	report.Unchecked = append(report.Unchecked, struct {
		Copy string `json:"copy"`
	}{integrity.TheVault})
	text, err := json.Marshal(map[string]any{"verifications": []verification{{State: "done", Report: report}}})
	if err != nil {
		t.Fatal(err)
	}
	s.API = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(text) })
	r := ask(s.handler(), "GET", "/municipalities/1880/replay", access.Auditor)
	page := r.Body.String()
	if r.Code != http.StatusOK || strings.Contains(page, "in the words of the program") || !strings.Contains(page, "Stödform (läger): olika barn: visas som 7") || !strings.Contains(page, "Identitetsvalvet kunde inte jämföras") {
		t.Errorf("%d: %s", r.Code, page)
	}
}

func TestWhatCouldNotBeComparedIsNotShownAsWhole(t *testing.T) {
	s := testSite(t)
	s.API = answers(map[string]string{
		"GET municipalities/1880/audit/verifications":      `{"verifications":[{"state":"done","report":{"position":4,"root":"abc","whole":false,"findings":[],"unchecked":[{"copy":"vault","why":"nobody is there"}]}}]}`,
		"GET municipalities/1880/audit/verifications/past": `{"verifications":[{"municipality":"1880","ended_at":"2026-11-25T11:00:00Z","position":12,"unchecked":1}]}`,
	})
	page := ask(s.handler(), "GET", "/municipalities/1880/replay", access.Auditor).Body.String()
	saysAll(t, page, "Alla kopior kunde inte jämföras", "Identitetsvalvet kunde inte jämföras")
	if strings.Contains(page, "Alla kopior stämmer överens") || strings.Contains(page, "Något stämmer inte") {
		t.Error(page)
	}
	page = ask(s.handler(), "GET", "/municipalities/1880/verifications", access.Auditor).Body.String()
	if saysAll(t, page, "1 inte jämförd"); strings.Contains(page, "Allt stämde") {
		t.Error(page)
	}
}

func TestAReplayOfNothingSaysSo(t *testing.T) {
	s := testSite(t)
	for report, want := range map[string]string{
		`{"equal":true,"first_recorded":"2026-11-25T11:00:00Z"}`: "Ingenting var antecknat då: det första antecknades 25 november 2026 12.00",
		`{"equal":true}`: "Ingenting är antecknat ännu",
	} {
		s.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				_, _ = w.Write([]byte(`{"report":` + report + `}`))
				return
			}
			empty(w, r)
		})
		saysAll(t, ask(s.handler(), "POST", "/municipalities/1880/replay", access.Auditor).Body.String(), want)
	}
}

func TestAnAddressFillsTheFormOfAReplayIn(t *testing.T) {
	s := testSite(t)
	year := int(s.today().Year()) - 3
	page := ask(s.handler(), "GET", fmt.Sprintf("/municipalities/1880/replay?definition=groups%%2Fv1&position=4711&year=%d", year), access.Auditor).Body.String()
	saysAll(t, page, `value="4711"`, fmt.Sprintf(`<option value="%d" selected`, year), `<option value="groups/v1" selected`)
	saysAll(t, ask(s.handler(), "GET", "/municipalities/1880/replay", access.Auditor).Body.String(), fmt.Sprintf(`<option value="%d" selected`, year+2), `<option value="reach/v3" selected`)
}
