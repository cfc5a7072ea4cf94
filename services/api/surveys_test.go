package api_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/services/access"
	"rackvidd/services/api"
	"rackvidd/services/backoffice"
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
	for _, worked := range []string{"nobody", "somebody"} {
		var seen api.SurveySheet
		r := h.get("surveys/2021").is(200)
		if r.into(&seen); seen.ETag == "" || seen.ETag != r.header.Get("ETag") {
			t.Errorf("where %s worked on it the body says version %q and the header %q", worked, seen.ETag, r.header.Get("ETag"))
		}
		answer("no", "If-Match", seen.ETag).is(200)
		answer("yes", "If-Match", seen.ETag).problem(412, "stale", "")
	}
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

func TestACommentBesideAQuestionStaysWhenTheSurveyIsAmended(t *testing.T) {
	h := newHouse(t)
	answer := func(body object) reply { return h.post("surveys/2010/answer", body) }
	comment := func(fields object) reply { return answer(object{"comments": []object{fields}}) }
	remarks := func() []surveying.Remark {
		t.Helper()
		var sheet surveying.Sheet
		h.get("surveys/2010").is(200).into(&sheet)
		return sheet.Remarks
	}
	comment(object{"rule": "S21", "comment": "det är så"}).is(200)
	comment(object{"question": "Q4", "comment": "gruppen startade sent"}).is(200)
	comment(object{"question": "Q4", "comment": "två grupper startade sent"}).is(200)
	comment(object{"question": "Q9", "comment": "?"}).problem(422, "unknown_question", "body.comments")
	comment(object{"comment": "?"}).problem(422, "rule_or_question", "body.comments[0]")
	comment(object{"question": "Q4", "rule": "S04", "comment": "?"}).problem(422, "rule_or_question", "body.comments[0]")
	comment(object{"question": "Q4", "comment": "Ring 070-123 45 67"}).problem(422, "identity", "body.comments[0].comment")
	answer(object{"answers": []object{{"question": "Q1", "status": "no"}, {"question": "Q6", "status": "choices", "choices": []string{"funding"}}}}).is(200)
	want := []surveying.Remark{{Question: "Q4", Comment: "två grupper startade sent"}}
	if got := remarks(); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	h.post("surveys/2010/check", nil).is(200)
	comment(object{"question": "Q1", "comment": "det ändrar det som är kontrollerat"}).is(200)
	h.post("surveys/2010/check", nil).is(200)
	h.ask(h.token(access.Approver, orebro), "POST", in("surveys/2010/approve"), nil).is(200)
	h.post("surveys/2010/submit", nil).is(200)
	h.post("surveys/2010/amend", object{"reason": "en lista kom fram"}).is(200)
	want = append([]surveying.Remark{{Question: "Q1", Comment: "det ändrar det som är kontrollerat"}}, want...)
	if got := remarks(); !slices.Equal(got, want) {
		t.Errorf("after it was opened again: %+v", got)
	}
	if text := h.get("surveys/2010/export?format=csv&lang=sv").is(200).text; !strings.Contains(text, "Kommentarer till frågorna") || !strings.Contains(text, "två grupper startade sent") {
		t.Errorf("the document does not have it: %s", text)
	}
}

func TestASurveyWhoseTextsCannotBeReachedIsToBeTriedAgain(t *testing.T) {
	nowhere, err := pgxpool.New(t.Context(), "host=/nowhere dbname=main")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nowhere.Close)
	h := newHouse(t, func(d *api.Deps) { d.Surveys.(*backoffice.Service).Pool = nowhere })
	h.sputnik()
	h.post("surveys/2021/answer", object{"comments": []object{{"question": "Q1", "comment": "as last year"}}}).problem(503, "unavailable", "")
}

func TestAStepThatIsSentWithAKeySaysTheVersionThatTheNextIsBoundTo(t *testing.T) {
	h := attended(t, 7)
	answer := object{"answers": []object{{"question": "Q7", "status": "text", "text": "In our own words"}}}
	var tags []string
	for range 2 {
		tags = append(tags, h.post("surveys/2021/answer", answer, "Idempotency-Key", "a").is(200).header.Get("ETag"))
	}
	if now := h.get("surveys/2021").is(200).header.Get("ETag"); tags[0] != now || tags[1] != now {
		t.Errorf("it is answered as %v, and is %s", tags, now)
	}
	h.post("surveys/2021/answer", object{"restore": []string{"Q7"}}, "If-Match", tags[1]).is(200)
}
