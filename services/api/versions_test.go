package api_test

import (
	"strings"
	"testing"

	"rackvidd/services/access"
	"rackvidd/services/api"
	"rackvidd/services/surveying"
)

// filed submits the survey of 2010: of a year in which nothing was recorded, which offers no support.
func (h *house) filed(measure string) {
	h.t.Helper()
	h.post("surveys/2010/answer", object{"answers": []object{{"question": "Q1", "status": "no"}, {"question": "Q6", "status": "choices", "choices": []string{measure}}}, "comments": []object{{"rule": "S21", "comment": "one alone"}}}).is(200)
	h.post("surveys/2010/check", nil).is(200)
	h.ask(h.token(access.Approver, orebro), "POST", in("surveys/2010/approve"), nil).is(200)
	h.post("surveys/2010/submit", nil).is(200)
}

func TestWhatWasSubmittedIsReadVersionByVersionByThoseWhoMay(t *testing.T) {
	h := newHouse(t)
	var none api.SubmittedVersions
	if h.get("surveys/2010/versions").is(200).into(&none); none.Versions == nil || len(none.Versions) > 0 {
		t.Errorf("nothing was submitted: %+v", none)
	}
	h.filed("funding")
	h.post("surveys/2010/amend", object{"reason": "the board decided otherwise"}).is(200)
	h.filed("information")
	for _, role := range []access.Role{access.BackOffice, access.Approver, access.Auditor} {
		token := h.token(role, orebro)
		var all api.SubmittedVersions
		h.ask(token, "GET", in("surveys/2010/versions"), nil).is(200).into(&all)
		if len(all.Versions) != 2 || all.Versions[1].Reason != "the board decided otherwise" || len(all.People) != 1 || all.Position == 0 {
			t.Errorf("%s: %+v", role, all)
		}
		var first api.SubmittedSheet
		h.ask(token, "GET", in("surveys/2010/versions/1"), nil).is(200).into(&first)
		if first.Version != 1 || first.Latest != 2 || len(first.Steps) != 5 || first.Answers[5].Choices[0] != "funding" || len(first.People) != 2 {
			t.Errorf("%s: %+v", role, first)
		}
		var apart surveying.Apart
		h.ask(token, "GET", in("surveys/2010/difference?from=1&to=2"), nil).is(200).into(&apart)
		if len(apart.Answers) != 1 || apart.Answers[0].Question != "Q6" || apart.Answers[0].To.Choices[0] != "information" || len(apart.Amendments) != 1 {
			t.Errorf("%s: %+v", role, apart)
		}
	}
	h.get("surveys/2010/versions/3").problem(404, "no_version", "")
	h.get("surveys/2010/export?version=3").problem(404, "no_version", "")
	h.get("surveys/2010/export?version=1&format=answer").problem(422, "invalid", "query.version")
	if r := h.get("surveys/2010/export?version=1&format=csv").is(200); !strings.Contains(r.text, ", version 1") || r.header.Get("Content-Disposition") != `attachment; filename="survey-1880-2010-version-1.csv"` {
		t.Errorf("not the file of the version: %s %s", r.header, r.text)
	}
	h.get("surveys/2010/difference?from=1&to=3").problem(404, "no_version", "")
	h.get("surveys/2010/difference?from=2&to=1").problem(422, "backwards", "query.to")
	h.get("surveys/2010/difference?from=1").problem(422, "invalid_request", "query.to")
	for _, path := range []string{"versions", "versions/1", "difference?from=1&to=2"} {
		h.ask(h.token(access.Coordinator, orebro, "sputnik"), "GET", in("surveys/2010/"+path), nil).problem(403, "forbidden", "")
		h.ask(h.token(access.BackOffice, kumla), "GET", in("surveys/2010/"+path), nil).is(404)
	}
}

func TestTheSurveysOfAllYearsSayHowFarTheyHaveCome(t *testing.T) {
	h := newHouse(t)
	h.filed("funding")
	var all api.YearlySurveys
	h.get("surveys").is(200).into(&all)
	for _, one := range all.Surveys {
		switch {
		case one.Year == 2010 && (one.Submitted != 1 || one.State != surveying.Submitted || one.Last == nil):
			t.Errorf("what was submitted: %+v", one)
		case one.Year != 2010 && (one.Last != nil || one.Submitted != 0):
			t.Errorf("nobody began %d: %+v", one.Year, one)
		}
	}
	if len(all.Surveys) != 14 || len(all.People) != 1 {
		t.Errorf("%d surveys, by %+v", len(all.Surveys), all.People)
	}
	h.ask(h.token(access.Coordinator, orebro, "sputnik"), "GET", in("surveys"), nil).problem(403, "forbidden", "")
}

func TestACheckLeadsToTheReferralsThatWaitAndToNobody(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child := h.child("a")
	h.post("referrals", object{"child": child, "channel": "school", "received_on": "2021-03-01", "programme": "sputnik"}).is(201)
	at := h.post("referrals", object{"child": h.child("b"), "channel": "self", "received_on": "2021-02-01"}).is(201).receipt().Position
	read := func(role access.Role, rest string) (e api.CheckedEntries) {
		h.ask(h.token(role, orebro, "*"), "GET", in("surveys/2021/checks/S25/entries?min_position="+position(at)+rest), nil).is(200).into(&e)
		return e
	}
	all := read(access.BackOffice, "")
	if all.Total != 2 || len(all.Entries) != 2 || all.Entries[0].Channel != "self" || all.Entries[1].Programme != "sputnik" || all.Entries[0].Number == all.Entries[1].Number {
		t.Fatalf("not the two referrals, the earliest first: %+v", all)
	}
	for _, one := range all.Entries {
		if one.Child != nil {
			t.Errorf("the back office is led to a child: %+v", one)
		}
	}
	if page := read(access.Auditor, "&offset=1&limit=5"); page.Total != 2 || len(page.Entries) != 1 || page.Entries[0] != all.Entries[1] {
		t.Errorf("the second page: %+v", page)
	}
	var mine api.CheckedEntries
	h.get("surveys/2021/checks/S25/entries").is(200).into(&mine)
	if mine.Entries[1].Child == nil || mine.Entries[1].Child.String() != child {
		t.Errorf("whoever may read the child's history is not led there: %+v", mine)
	}
	var idle api.CheckedEntries
	if h.get("surveys/2021/checks/S41/entries").is(200).into(&idle); idle.Total != 0 || idle.Entries == nil {
		t.Errorf("no place stands idle: %+v", idle)
	}
	h.ask(h.token(access.Coordinator, orebro, "*"), "GET", in("surveys/2021/checks/S25/entries"), nil).problem(403, "forbidden", "")
}

func TestTheAnswersOfASurveyAreReadAsOfAPosition(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	at := h.attend("2021-03-02", h.child("a"))
	h.attend("2021-03-09", h.child("b"))
	auditor := h.token(access.Auditor, orebro)
	number := func(at string) int {
		t.Helper()
		var stood surveying.Stood
		h.ask(auditor, "GET", in("surveys/2021/answers?position="+at), nil).is(200).into(&stood)
		for _, a := range stood.Answers {
			if a.Question == "Q4" {
				return a.Number()
			}
		}
		t.Fatalf("no number of children: %+v", stood)
		return 0
	}
	if before, then, now := number("0"), number(position(at)), number(position(h.head())); before != 0 || then != 1 || now != 2 {
		t.Errorf("%d, %d and %d children", before, then, now)
	}
	h.ask(auditor, "GET", in("surveys/2021/answers"), nil).is(422)
	h.ask(auditor, "GET", in("surveys/2021/answers?position=4711"), nil).problem(422, "beyond_the_log", "")
	h.ask(auditor, "GET", in("surveys/1999/answers?position=1"), nil).problem(404, "unknown_survey", "")
	h.ask(h.token(access.Coordinator, orebro, "*"), "GET", in("surveys/2021/answers?position=1"), nil).problem(403, "forbidden", "")
}

func TestAVersionIsRefusedWhereThereAreNone(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child := h.child("a")
	place := object{"child": child, "programme": "sputnik", "form": "camp", "enrolled_on": "2021-02-01"}
	h.post("enrolments", place, "If-Match", `"1"`).problem(422, "not_taken", "header.If-Match")
	h.post("enrolments", place, "If-Match", "*").is(201)
}
