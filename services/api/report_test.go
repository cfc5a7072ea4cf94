package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rackvidd/projections/reach"
	"rackvidd/projections/survey"
	"rackvidd/services/access"
	"rackvidd/services/api"
)

const answerHeading = "year,municipality,state,offers,children,forms\n"

func (h *house) load(path, file string, headers ...string) (s api.ImportSummary) {
	h.t.Helper()
	h.ask(adminToken, "POST", "/api/v1/"+path, file, headers...).is(200).into(&s)
	return s
}

func (h *house) report(query string) (r survey.Report) {
	h.t.Helper()
	h.ask(adminToken, "GET", "/api/v1/report/"+query, nil).is(200).into(&r)
	return r
}

func TestTheReportAsOfAPositionAndATime(t *testing.T) {
	h := newHouse(t)
	if r := h.report("2021"); r.Responded != 0 || r.Position != 0 || len(r.Counties) != 21 || len(r.NothingReceived) != 290 {
		t.Errorf("before anything: %+v", r)
	}
	h.moment.Store(now.Add(-2 * time.Hour).UnixMilli())
	first := h.load("report/answers", answerHeading+"2021,1880,answered,yes,45,camp\n2020,1880,answered,yes,40,camp\n")
	if first.Recorded != 2 || first.Position != 2 {
		t.Fatalf("recorded: %+v", first)
	}
	h.moment.Store(now.UnixMilli())
	second := h.load("report/answers", answerHeading+"2021,1881,answered,no,,\n2021,9999,answered,yes,1,\n")
	if second.Recorded != 1 || len(second.Rejected) != 1 || second.Rejected[0].Line != 3 {
		t.Errorf("recorded: %+v", second)
	}
	for query, want := range map[string]string{
		"2021":                            "2 responded at 3, 45 children, before 40",
		"2021?position=1":                 "1 responded at 1, 45 children, before none",
		"2021?position=0":                 "0 responded at 0, 0 children, before none",
		"2021?as_of=2022-03-20T10:00:00Z": "1 responded at 2, 45 children, before 40",
		"2021?min_position=3&public=true": "2 responded at 3, 45 children, before 40",
		"2020":                            "1 responded at 3, 40 children, before none",
	} {
		r := h.report(query)
		before := "none"
		if r.Previous != nil {
			before = fmt.Sprint(r.Previous.Children)
		}
		if got := fmt.Sprintf("%d responded at %d, %d children, before %s", r.Responded, r.Position, r.Children, before); got != want {
			t.Errorf("%s: %s, not %s", query, got, want)
		}
	}
	ask := func(path string) reply { return h.ask(adminToken, "GET", "/api/v1/report/"+path, nil) }
	ask("2021?position=9").problem(422, "beyond_the_log", "")
	ask("2021?position=1&as_of=2022-03-20T10:00:00Z").problem(422, "as_of_and_position", "query.as_of")
	ask("2021?as_of=2099-01-01T00:00:00Z").problem(422, "future_as_of", "query.as_of")
	ask("2021?need=x").problem(422, "invalid_request", "")
	ask("2021?need=0").problem(422, "invalid", "query.need")
	if r := h.report("2021?need=100&need=200"); r.Coverage[len(r.Coverage)-1].Need != 200 || r.Coverage[len(r.Coverage)-1].Denominator != survey.WhatIf {
		t.Errorf("what if: %+v", r.Coverage[len(r.Coverage)-1])
	}
}

func TestThereIsAReportOfEveryYearTheSurveyAskedAbout(t *testing.T) {
	h := newHouse(t)
	for year := 2003; year <= now.Year(); year++ { // of some no form is known
		if r := h.report(fmt.Sprint(year)); int(r.Year) != year || r.Municipalities != 290 || !r.Recorded.IsZero() {
			t.Errorf("%d: %+v", year, r)
		}
	}
	for _, year := range []int{1990, 2002, now.Year() + 1, 2150} {
		h.ask(adminToken, "GET", fmt.Sprintf("/api/v1/report/%d", year), nil).problem(404, "unknown_year", "")
	}
}

func TestAReportSaysWhenTheLastOfItWasRecorded(t *testing.T) {
	h := newHouse(t)
	h.moment.Store(now.Add(-2 * time.Hour).UnixMilli())
	h.load("report/answers", answerHeading+"2021,1880,answered,yes,45,camp\n")
	h.moment.Store(now.UnixMilli())
	h.load("report/answers", answerHeading+"2021,1881,answered,yes,7,camp\n")
	for query, want := range map[string]time.Time{
		"2021": now, "2021?position=2": now, "2021?position=1": now.Add(-2 * time.Hour), "2021?position=1&public=true": now.Add(-2 * time.Hour), "2021?position=0": {},
	} {
		if r := h.report(query); !r.Recorded.Equal(want) {
			t.Errorf("%s was recorded at %s, not %s", query, r.Recorded, want)
		}
	}
}

func TestATableIsBroughtInOncePerKey(t *testing.T) {
	h := newHouse(t)
	file := answerHeading + "2021,1880,answered,yes,45,camp\n"
	if s := h.load("report/answers?dry_run=true", file); s.Recorded != 1 || s.Position != 0 {
		t.Errorf("a dry run: %+v", s)
	}
	first := h.load("report/answers", file, "Idempotency-Key", "march")
	h.load("report/answers", answerHeading+"2021,1880,answered,yes,46,camp\n")
	if again := h.load("report/answers", file, "Idempotency-Key", "march"); again.Recorded != 1 || again.Position != first.Position {
		t.Errorf("again: %+v, first %+v", again, first)
	}
	h.ask(adminToken, "POST", "/api/v1/report/answers", answerHeading, "Idempotency-Key", "march").problem(422, "key_reused", "")
	if r := h.report("2021"); r.Children != 46 {
		t.Errorf("%d children", r.Children)
	}
	h.ask(adminToken, "POST", "/api/v1/report/answers", "year,mood\n").problem(422, "unknown_column", "mood")
	h.ask(adminToken, "POST", "/api/v1/report/answers", strings.Repeat(" ", 17<<20)).problem(413, "too_large", "")
}

func TestReferenceDataGivesAMunicipalityItsCoverage(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	at := h.attend("2021-03-02", h.child("a"))
	if f := h.reached("year=2021", at); len(f.Coverage) != 0 {
		t.Errorf("without child population: %+v", f.Coverage)
	}
	if s := h.load("reference", "kommunkod;år;antal;källa\n1880;2020;27006;SCB\n0000;2020;2000000;SCB\n"); s.Recorded != 2 {
		t.Errorf("recorded: %+v", s)
	}
	h.load("reference", "denominator,name,need,source,from,until\nown,Egen,100,X,,\npast,Förr,100,X,,2020\n")
	rows := make(map[string]reach.Coverage)
	for _, c := range h.reached("year=2021&need=50", at).Coverage {
		rows[c.Denominator] = c
	}
	if c := rows["can-2019-affected"]; c.Need != 4321 || c.Percent != 0.02 || c.Scope != "own" || !strings.Contains(c.Source, "2020 (SCB)") {
		t.Errorf("affected: %+v", c)
	}
	if c := rows["what-if"]; c.Need != 50 || c.Percent != 2 || rows["own"].Need != 1 || rows["past"].Denominator != "" || len(rows) != 9 {
		t.Errorf("what if: %+v of %+v", c, rows)
	}
	var replayed struct {
		Equal    bool
		Coverage []any
	}
	h.get("audit/replay?year=2021").is(200).into(&replayed)
	if !replayed.Equal || len(replayed.Coverage) != 0 {
		t.Errorf("a replay: %+v", replayed)
	}
	var r api.Reference
	h.ask(adminToken, "GET", "/api/v1/reference", nil).is(200).into(&r)
	if len(r.Denominators) != 9 || !r.Denominators[0].BuiltIn || len(r.Population) != 1 || r.Population[0].Municipalities != 1 || !r.Population[0].Country {
		t.Errorf("loaded: %+v", r)
	}
}

func TestAKeyIsTrustedByTheNationalLevelAlone(t *testing.T) {
	h := newHouse(t)
	var own api.SigningKey
	h.ask(h.token(access.BackOffice, orebro), "GET", "/api/v1/report/signing-key", nil).is(200).into(&own)
	body := object{"municipality": "1880", "key": own.Key}
	h.ask(h.token(access.BackOffice, orebro), "POST", "/api/v1/report/keys", body).problem(403, "forbidden", "")
	h.ask(adminToken, "POST", "/api/v1/report/keys", object{"municipality": "1880", "key": "x"}).problem(422, "invalid_request", "body.key")
	h.ask(adminToken, "POST", "/api/v1/report/keys", object{"municipality": "9999", "key": own.Key}).problem(422, "invalid", "body.municipality")
}

func TestReadModelsOfTheNationalLogAreItsOwn(t *testing.T) {
	h := newHouse(t)
	h.load("report/answers", answerHeading+"2021,1880,answered,yes,45,camp\n")
	rebuild := func(name, of string) reply {
		return h.ask(adminToken, "POST", "/api/v1/projections/"+name+"/rebuild", object{"municipality": of})
	}
	rebuild("survey", "national").is(200)
	rebuild("reach", "national").problem(409, "no_concern", "")
	rebuild("survey", "1880").problem(409, "no_concern", "")
	rebuild("survey", "9999").problem(422, "invalid", "body.municipality")
	var list api.ProjectionList
	h.ask(adminToken, "GET", "/api/v1/projections", nil).is(200).into(&list)
	if len(list.Projections) != 1 || list.Projections[0].Projection != "survey" || list.Projections[0].BehindEvents != 0 {
		t.Errorf("read models: %+v", list.Projections)
	}
	if r := h.report("2021"); r.Children != 45 {
		t.Errorf("rebuilt, %d children", r.Children)
	}
}

func TestAReportForPublicationIsAFileOfItsOwnName(t *testing.T) {
	h := newHouse(t)
	for query, name := range map[string]string{"format=csv": "report-2021.csv", "format=csv&public=true": "report-2021-public.csv"} {
		got := h.ask(adminToken, "GET", "/api/v1/report/2021/export?"+query, nil).is(200).header.Get("Content-Disposition")
		if want := `attachment; filename="` + name + `"`; got != want {
			t.Errorf("%s: %s, not %s", query, got, want)
		}
	}
}
