package api_test

import (
	"slices"
	"strings"
	"testing"

	"rackvidd/services/access"
	"rackvidd/services/api"
	"rackvidd/services/surveying"
)

// attended is a house where some children came to a session in 2021.
func attended(t *testing.T, children int) *house {
	t.Helper()
	h := newHouse(t)
	h.sputnik()
	at := h.put("sessions/"+h.session("2021-05-04")+"/register", object{"attended": h.children(children)}).is(200).receipt().Position
	h.get("surveys/2021?min_position=" + position(at)).is(200)
	return h
}

func TestEveryReleaseOfAYearStandsInTheLedgerOfTheSurvey(t *testing.T) {
	h := attended(t, 7)
	ledger := func(token string) (all api.Releases) {
		r := h.ask(token, "GET", in("surveys/2021/releases"), nil).is(200)
		if r.into(&all); r.header.Get("Rackvidd-Position") != position(uint64(all.Position)) || all.Municipality != orebro || all.Year != 2021 {
			t.Errorf("not the ledger of Örebro's year: %s", r.text)
		}
		return all
	}
	if all := ledger(adminToken); all.Releases == nil || len(all.Releases) != 0 {
		t.Errorf("something was released before anything was: %+v", all)
	}
	for range 2 {
		h.post("surveys/2021/open-data", nil).is(200)
	}
	for _, role := range []access.Role{access.BackOffice, access.Approver, access.Auditor} {
		all := ledger(h.token(role, orebro))
		if len(all.Releases) != 2 {
			t.Fatalf("%s reads %d releases, not 2", role, len(all.Releases))
		}
		for _, r := range all.Releases {
			i := slices.IndexFunc(r.Cells, func(c api.ReleasedCell) bool { return c.Cell == "2021/reach-v3/children" })
			if r.Purpose != "open_data" || r.Definition != "reach/v3" || r.Position == 0 || r.Position > uint64(all.Position) || !r.Time.Equal(now) {
				t.Errorf("not what was released: %+v", r)
			}
			if i < 0 || r.Cells[i].Lower > 7 || r.Cells[i].Upper < 7 {
				t.Errorf("seven children do not lie within what was told: %+v", r.Cells)
			}
		}
	}
	h.ask(adminToken, "GET", in("surveys/2017/releases"), nil).problem(404, "unknown_form", "")
	h.ask(h.token(access.Coordinator, orebro, "sputnik"), "GET", in("surveys/2021/releases"), nil).problem(403, "forbidden", "")
}

func TestASurveySaysTheVersionThatADecisionIsBoundTo(t *testing.T) {
	h := attended(t, 7)
	answer := func(status string, headers ...string) reply {
		return h.post("surveys/2021/answer", object{"answers": []object{{"question": "Q1", "status": status}}}, headers...)
	}
	if r := h.get("surveys/2021"); strings.Contains(r.text, "etag") || r.header.Get("ETag") != "" {
		t.Errorf("a survey nobody worked on has a version: %s", r.text)
	}
	answer("yes").is(200)
	var seen api.SurveySheet
	r := h.get("surveys/2021").is(200)
	if r.into(&seen); seen.ETag == "" || seen.ETag != r.header.Get("ETag") {
		t.Errorf("the body says version %q and the header %q", seen.ETag, r.header.Get("ETag"))
	}
	answer("no", "If-Match", seen.ETag).is(200)
	answer("yes", "If-Match", seen.ETag).problem(412, "stale", "")
}

func TestAWholeNumberIsReadHoweverItIsWrittenAndAFractionIsRefusedAtItsField(t *testing.T) {
	h := attended(t, 7)
	answer := func(value, upper string) reply {
		body := `{"answers":[{"question":"Q4","status":"number","value":` + value + `,"upper":` + upper + `,"reason":"counted by hand"}]}`
		return h.ask(adminToken, "POST", in("surveys/2021/answer"), body, "Content-Type", "application/json")
	}
	for _, c := range []struct{ value, upper, location, message string }{
		{"1.5", "2", "body.answers[0].value", "must be a whole number"},
		{"1", "2.5e0", "body.answers[0].upper", "must be a whole number"},
		{`"7"`, "8", "body.answers[0].value", "must be a whole number"},
		{"1e9", "9", "body.answers[0].value", "must be at most 10000"},
		{"-1", "1", "body.answers[0].value", "must be at least 0"},
	} {
		r := answer(c.value, c.upper)
		if r.problem(422, "invalid_request", c.location); !strings.Contains(r.text, c.message) {
			t.Errorf("%s–%s: it does not say that it %s: %s", c.value, c.upper, c.message, r.text)
		}
	}
	answer("1e3", "1.2E+3").is(200)
	var sheet surveying.Sheet
	h.get("surveys/2021").is(200).into(&sheet)
	i := slices.IndexFunc(sheet.Answers, func(a surveying.Answer) bool { return a.Question == "Q4" })
	if q4 := sheet.Answers[i]; q4.Number() != 1000 || q4.Upper == nil || *q4.Upper != 1200 {
		t.Errorf("not 1000 to 1200: %+v", q4)
	}
}
