package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rackvidd/services/access"
	"rackvidd/services/api"
)

// told is what an answer says that names no child and no request.
func (r reply) told(child string) string {
	return fmt.Sprint(r.status, " ", strings.ReplaceAll(withoutUUIDs(r.text), child, "the child"))
}

func TestATypedIdentityDoesNotTellWhetherOthersHaveTheChild(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("programmes", object{"id": "lanterna", "forms": []string{"camp"}}).is(201)
	theirs := h.post("children", object{"identity": "theirs", "label": "Åsa"}).is(200).receipt().Child
	h.post("enrolments", object{"child": theirs, "programme": "lanterna", "form": "camp", "enrolled_on": "2021-01-01"}).is(201)
	known := h.child("known")
	at := h.post("enrolments", object{"child": known, "programme": "sputnik", "form": "camp", "enrolled_on": "2021-01-01"}).is(201).receipt().Position
	h.get("caseload?min_position=" + position(at)).is(200)
	mine := h.token(access.Coordinator, orebro, "sputnik")
	ask := func(method, path string, body any) reply { return h.ask(mine, method, in(path), body) }
	try := func(identity string) (child string, told []string) {
		r := ask("POST", "children", object{"identity": identity, "label": "Bo"}).is(200)
		child = r.receipt().Child
		for _, r := range []reply{
			r, ask("GET", "cases/"+child, nil), ask("GET", "cases/"+child+"/changed?since=1", nil), ask("PUT", "children/"+child+"/label", object{"label": "Kim"}),
			ask("POST", "merges", object{"keep": known, "merge": child}), ask("POST", "merges", object{"keep": child, "merge": known}),
			ask("POST", "children/alike", object{"label": "Åsa"}),
		} {
			told = append(told, r.told(child))
		}
		first := ask("POST", "children/find", object{"identity": identity}).is(200).receipt().Child
		second := ask("POST", "children/find", object{"identity": identity}).is(200).receipt().Child
		return child, append(told, fmt.Sprint(first == second, first == child), ask("GET", "cases/"+first, nil).told(first))
	}
	fresh, ofFresh := try("fresh")
	again, ofTheirs := try("theirs")
	if again != theirs || !slices.Equal(ofFresh, ofTheirs) {
		t.Errorf("of a child that nobody has:\n%s\nof one that others have:\n%s", strings.Join(ofFresh, "\n"), strings.Join(ofTheirs, "\n"))
	}
	noted := func(child string) (whys []string) {
		var all api.Reads
		h.get("reads?child=" + child).is(200).into(&all)
		for _, read := range all.Reads {
			if read.Why != "read_log" {
				whys = append(whys, read.Why)
			}
		}
		return whys
	}
	if n, m := noted(fresh), noted(theirs); !slices.Equal(append(n, "entered"), m) { // those who have it entered it as well
		t.Errorf("of the one is noted %q, of the other %q", n, m)
	}
	for child, want := range map[string]string{fresh: "Bo", theirs: "Åsa"} {
		at := ask("POST", "referrals", object{"child": child, "channel": "self", "received_on": "2021-01-10", "programme": "sputnik"}).is(201).receipt().Position
		var one api.Case
		ask("GET", "cases/"+child+"?min_position="+position(at), nil).is(200).into(&one)
		if one.Label != want {
			t.Errorf("once it is the caller's it is called %q, not %q", one.Label, want)
		}
	}
	var after []string
	for _, child := range []string{fresh, theirs} {
		var one api.Case
		ask("GET", "cases/"+child, nil).is(200).into(&one)
		at := ask("POST", "referrals/"+one.Referrals[0].ID.String()+"/withdraw", object{"reason": "entered_in_error"}).is(200).receipt().Position
		one = api.Case{}
		ask("GET", "cases/"+child+"?min_position="+position(at), nil).is(200).into(&one)
		after = append(after, fmt.Sprint(len(one.Referrals), len(one.Enrolments), len(one.Struck)))
		if want := map[string]string{fresh: "Bo"}[child]; one.Label != want {
			t.Errorf("once all of it is taken back it is called %q, not %q", one.Label, want)
		}
	}
	if after[0] != "0 0 1" || after[1] != after[0] {
		t.Errorf("what was taken back is shown as %q", after)
	}
	ask("PUT", "children/"+theirs+"/label", object{"label": "Åsa B"}).problem(409, "label_of_others", "body.label")
	again = ask("POST", "children", object{"identity": "theirs", "label": "Åsa B"}).is(200).receipt().Child
	var one api.Case
	if h.get("cases/" + again).is(200).into(&one); one.Label != "Åsa" {
		t.Errorf("those who have it find it called %q", one.Label)
	}
	ask("POST", "referrals", object{"child": theirs, "channel": "self", "received_on": "2021-01-10", "programme": "sputnik"}).is(201)
	ask("POST", "children", object{"identity": "theirs", "label": "Åsa B"}).is(200)
	if ask("GET", "cases/"+theirs, nil).is(200).into(&one); one.Label != "Åsa B" {
		t.Errorf("whoever works with the child calls it %q", one.Label)
	}
	if found := ask("POST", "children/find", object{"identity": "theirs"}).is(200).receipt().Child; found != theirs {
		t.Error("it is not found by whoever works with it")
	}
}

func TestWhatWasTakenBackStaysVisibleToWhoeverTookItBackAlone(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("programmes", object{"id": "lanterna", "forms": []string{"camp"}}).is(201)
	mine, theirs := h.token(access.Coordinator, orebro, "sputnik"), h.token(access.Coordinator, orebro, "lanterna")
	as := func(token, method, path string, body any) reply { return h.ask(token, method, in(path), body) }
	history := func(token, child string, at uint64) reply {
		return as(token, "GET", "cases/"+child+"?min_position="+position(at), nil)
	}
	walkIn := as(mine, "POST", "children", object{"identity": "walk-in"}).is(200).receipt().Child
	row := "sessions/" + h.session("2021-03-02") + "/register/" + walkIn
	history(mine, walkIn, as(mine, "PUT", row, object{"state": "attended"}).is(200).receipt().Position).is(200)
	history(mine, walkIn, as(mine, "PUT", row, object{"state": "none"}).is(200).receipt().Position).is(200)
	history(theirs, walkIn, 1).is(404)

	unplaced := as(mine, "POST", "children", object{"identity": "unplaced"}).is(200).receipt().Child
	referral := as(mine, "POST", "referrals", object{"child": unplaced, "channel": "self", "received_on": "2021-01-10"}).is(201).receipt()
	history(theirs, unplaced, referral.Position).is(200)
	at := as(mine, "POST", "referrals/"+referral.ID+"/withdraw", object{"reason": "entered_in_error"}).is(200).receipt().Position
	history(mine, unplaced, at).is(200)
	history(theirs, unplaced, at).is(404)
}

func TestWaitingTimesTellNothingOfOtherProgrammes(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("programmes", object{"id": "lanterna", "forms": []string{"camp"}}).is(201)
	mine := h.token(access.Coordinator, orebro, "sputnik")
	child := h.child("waits")
	place := func(programme, form, day string) uint64 {
		return h.post("enrolments", object{"child": child, "programme": programme, "form": form, "enrolled_on": day}).is(201).receipt().Position
	}
	waited := func(token string, at uint64) string {
		var load api.Caseload
		h.ask(token, "GET", in("caseload?min_position="+position(at)), nil).is(200).into(&load)
		return fmt.Sprint(load.Waiting)
	}
	h.post("referrals", object{"child": child, "channel": "self", "received_on": "2021-01-01"}).is(201)
	at := place("sputnik", "support_group", "2021-01-31")
	if got := waited(mine, at); got != "[{sputnik 2021 1 30 30}]" {
		t.Errorf("the referral waited %s", got)
	}
	at = place("lanterna", "camp", "2021-01-11")
	if got := waited(mine, at); got != "[{sputnik 2021 1 30 30}]" {
		t.Errorf("since another programme had a place earlier it waited %s", got)
	}
	if got := waited(adminToken, at); got != "[{lanterna 2021 1 10 10}]" {
		t.Errorf("for whoever works in both it waited %s", got)
	}
	var load api.Caseload
	if h.get("caseload?programme=sputnik").is(200).into(&load); len(load.Waiting) != 0 {
		t.Errorf("asked of one programme, whoever works in both is told that it waited %v", load.Waiting)
	}
}

func TestNeitherAQueueNorAQuestionForNewsTellsOfOtherProgrammes(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("programmes", object{"id": "lanterna", "forms": []string{"camp"}}).is(201)
	theirs := h.post("children", object{"identity": "theirs"}).is(200).receipt().Child
	h.post("enrolments", object{"child": theirs, "programme": "lanterna", "form": "camp", "enrolled_on": "2021-01-01"}).is(201)
	mine := h.token(access.Coordinator, orebro, "sputnik")
	ask := func(method, path string, body any) reply { return h.ask(mine, method, in(path), body) }
	var at uint64
	for _, identity := range []string{"fresh", "theirs"} {
		child := ask("POST", "children", object{"identity": identity}).is(200).receipt().Child
		at = ask("POST", "referrals", object{"child": child, "channel": "self", "received_on": "2021-01-10"}).is(201).receipt().Position
	}
	var load api.Caseload
	if ask("GET", "caseload?min_position="+position(at), nil).is(200).into(&load); len(load.Queue) != 2 || load.Programmes[0].Queue != 2 {
		t.Errorf("the queue is %+v, %+v", load.Queue, load.Programmes)
	}
	if h.get("caseload?min_position=" + position(at)).is(200).into(&load); len(load.Queue) != 1 {
		t.Errorf("whoever works in both programmes sees the queue %+v", load.Queue)
	}
	changed := func(by uint64) bool {
		var answer api.Changed
		ask("GET", "cases/"+theirs+"/changed?since="+position(at)+"&min_position="+position(by), nil).is(200).into(&answer)
		return answer.Changed
	}
	session := h.post("sessions", object{"programme": "lanterna", "form": "camp", "held_on": "2021-03-02"}).is(201).receipt().ID
	h.put("sessions/"+session+"/register/"+theirs, object{"state": "attended"}).is(200)
	if by := h.post("referrals", object{"child": theirs, "channel": "school", "received_on": "2021-02-10", "programme": "lanterna"}).is(201).receipt().Position; changed(by) {
		t.Error("it is news that others marked and referred the child")
	}
	if by := h.attend("2021-03-03", theirs); !changed(by) {
		t.Error("it is no news that the child came to the caller's own programme")
	}
}
