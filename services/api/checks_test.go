package api_test

import (
	"fmt"
	"strings"
	"testing"

	"rackvidd/services/access"
	"rackvidd/services/api"
)

func TestACheckLeadsToItsSessionsAndToNobody(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	group := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Skogen"}).is(201).receipt().ID
	var at uint64
	for day := 1; day <= 3; day++ {
		at = h.post("sessions", object{"group": group, "held_on": fmt.Sprintf("2021-03-0%d", day)}).is(201).receipt().Position
	}
	filled := h.post("sessions", object{"group": group, "held_on": "2021-03-09"}).is(201).receipt().ID
	at = h.put("sessions/"+filled+"/register", object{"attended": []string{h.child("a")}}).is(200).receipt().Position

	read := func(role access.Role, rest string) (s api.CheckedSessions) {
		h.ask(h.token(role, orebro, "*"), "GET", in("surveys/2021/checks/S07/sessions?min_position="+position(at)+rest), nil).is(200).into(&s)
		return s
	}
	all := read(access.BackOffice, "")
	if all.Total != 3 || len(all.Sessions) != 3 || all.Sessions[0].HeldOn.String() != "2021-03-01" || all.Sessions[0].Programme != "sputnik" {
		t.Fatalf("not the three sessions without a register: %+v", all)
	}
	for _, one := range all.Sessions {
		if one.ID != nil || one.Group != "" {
			t.Errorf("the back office is led to a register: %+v", one)
		}
	}
	if page := read(access.Auditor, "&offset=2&limit=2"); page.Total != 3 || len(page.Sessions) != 1 || page.Sessions[0].HeldOn.String() != "2021-03-03" {
		t.Errorf("the second page: %+v", page)
	}
	var mine api.CheckedSessions
	h.get("surveys/2021/checks/S07/sessions").is(200).into(&mine)
	if len(mine.Sessions) != 3 || mine.Sessions[0].ID == nil || mine.Sessions[0].Group != "Skogen" {
		t.Errorf("whoever works with the group is not led to it: %+v", mine)
	}
	var sheet api.SurveySheet
	h.get("surveys/2021").is(200).into(&sheet)
	for _, c := range sheet.Checks {
		if want := map[bool]int{true: 3}[c.Rule == "S07"]; c.Rule == "S07" && c.Sessions != want || c.Rule == "S13" && c.Sessions != 0 {
			t.Errorf("check %s leads to %d sessions", c.Rule, c.Sessions)
		}
	}
	if text := h.get("surveys/2021/checks/S07/sessions/export?lang=sv").is(200).text; strings.Count(text, "2021-03-0") != 3 || !strings.Contains(text, "Skogen") {
		t.Errorf("the file: %s", text)
	}
	if none := h.get("surveys/2021/checks/S02/sessions").is(200).text; !strings.Contains(none, `"sessions":[]`) {
		t.Errorf("a check that is about no session: %s", none)
	}
	h.ask(h.token(access.Coordinator, orebro, "*"), "GET", in("surveys/2021/checks/S07/sessions"), nil).problem(403, "forbidden", "")
	h.get("surveys/2021/checks/seven/sessions").problem(422, "invalid_request", "path.rule")
	for _, behind := range []string{"sessions", "entries", "sessions/export"} {
		h.get("surveys/2021/checks/S99/"+behind).problem(404, "unknown_rule", "")
	}
}
