package api_test

import (
	"strings"
	"testing"

	"rackvidd/services/access"
	"rackvidd/services/api"
)

func TestAProtectedChildsLabelIsShownToNobody(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child := h.child("a")
	h.put("children/"+child+"/label", object{"label": "Bo"}).is(200)
	at := h.post("referrals", object{"child": child, "channel": "self", "received_on": "2021-01-10"}).is(201).receipt().Position
	officer := h.token(access.DataProtection, orebro)
	protect := func(token string, protected any) reply {
		return h.ask(token, "PUT", in("children/"+child+"/protection"), object{"protected": protected})
	}
	told := func() (api.Case, api.ChildDisclosure) {
		var one api.Case
		h.get("cases/" + child + "?min_position=" + position(at)).is(200).into(&one)
		var all api.ChildDisclosure
		h.ask(officer, "GET", in("children/"+child+"/disclosure"), nil).is(200).into(&all)
		return one, all
	}
	for _, protected := range []bool{true, true, false} {
		if got := protect(officer, protected).is(200).receipt(); got.Child != child || got.Position != at {
			t.Errorf("not the child's handle, and nothing recorded in the log: %+v", got)
		}
		one, all := told()
		if all.Vault.Protected != protected || (one.Label == "") != protected {
			t.Errorf("protected %v: its label is %q, and disclosed is %v", protected, one.Label, all.Vault.Protected)
		}
	}
	for why, times := range map[string]int{"protected": 2, "unprotected": 1} {
		if lines, all := reads(t, h.ask(officer, "GET", in("reads?why="+why), nil)); len(lines) != times || all.Reads[0].Child.String() != child {
			t.Errorf("who flagged the child is noted as %q: %q", why, lines)
		}
	}
	protect(h.token(access.Coordinator, orebro, "*"), true).problem(403, "forbidden", "")
	protect(officer, "yes").problem(422, "invalid_request", "body.protected")
	h.ask(officer, "PUT", in("children/"+child+"/protection"), object{}).problem(422, "invalid_request", "body.protected")
	h.ask(officer, "PUT", in("children/aaaaaaaaaaaaaaaaaaaaaaaaaa/protection"), object{"protected": true}).problem(404, "unknown_child", "")
}

// protect flags a child as the data protection officer does, or takes the flag away.
func (h *house) protect(child string, protected bool) {
	h.t.Helper()
	h.put("children/"+child+"/protection", object{"protected": protected}).is(200)
}

func TestNoListShowsAProtectedChildsLabel(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child, other := h.child("a"), h.child("b")
	h.put("children/"+child+"/label", object{"label": "Bosse"}).is(200)
	h.put("children/"+other+"/label", object{"label": "Anna"}).is(200)
	group := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Tisdag"}).is(201).receipt().ID
	h.put("groups/"+group+"/members", object{"members": []string{child, other}}).is(200)
	session := h.post("sessions", object{"group": group, "held_on": "2021-05-04"}).is(201).receipt().ID
	h.put("sessions/"+session+"/register", object{"attended": []string{child, other}}).is(200)
	at := uint64(0)
	for _, one := range []string{child, other} {
		at = h.post("referrals", object{"child": one, "channel": "self", "programme": "sputnik", "received_on": "2021-01-10"}).is(201).receipt().Position
	}
	shown := func(path string) string { return h.get(path + "?min_position=" + position(at)).is(200).text }
	for _, path := range []string{"groups/" + group, "sessions/" + session, "caseload", "cases/" + child, "groups", "sessions"} {
		h.protect(child, false)
		named := strings.Contains(shown(path), "Bosse")
		if lists := path == "groups" || path == "sessions"; named == lists {
			t.Errorf("%s shows the label of a child that is not protected: %v", path, named)
		}
		h.protect(child, true)
		text := shown(path)
		if strings.Contains(text, "Bosse") || strings.Contains(text, "protect") {
			t.Errorf("%s tells of a protected child: %s", path, text)
		}
		if !strings.HasPrefix(path, "cases/") && named && !strings.Contains(text, "Anna") {
			t.Errorf("%s hides the others too: %s", path, text)
		}
	}
}

func TestAProtectedChildIsNeverMerged(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	a, b, c := h.child("a"), h.child("b"), h.child("c")
	before := h.post("merges", object{"keep": a, "merge": c}).is(201).receipt()
	h.protect(a, true)
	keep := h.post("merges", object{"keep": a, "merge": b}, "Idempotency-Key", "once")
	keep.problem(409, "merge_not_allowed", "body.merge")
	merge := h.post("merges", object{"keep": b, "merge": a})
	merge.problem(409, "merge_not_allowed", "body.merge")
	if withoutUUIDs(keep.text) != withoutUUIDs(merge.text) {
		t.Errorf("the answer tells which of them is protected:\n%s\n%s", keep.text, merge.text)
	}
	if head, err := h.log.Head(t.Context(), orebro); err != nil || head != before.Position {
		t.Errorf("a refused merge recorded something: %d, %v", head, err)
	}
	for what, text := range map[string]string{"the answer": keep.text, "the application log": h.logged.String()} {
		if strings.Contains(text, "merge_not_allowed") && what != "the answer" || strings.Contains(text, "protected") || strings.Contains(text, a) {
			t.Errorf("%s tells of a protected child: %s", what, text)
		}
	}
	undone := h.post("merges/"+before.ID+"/undo", nil).is(200).receipt()
	h.protect(a, false)
	if at := h.post("merges", object{"keep": a, "merge": b}, "Idempotency-Key", "once").is(201).receipt().Position; at <= undone.Position {
		t.Errorf("the merge is at %d", at)
	}
}

func TestWhoMayNotMergeLearnsNothingOfProtection(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("programmes", object{"id": "lanterna", "forms": []string{"camp"}}).is(201)
	mine, theirs := h.child("a"), h.child("b")
	for child, programme := range map[string]string{mine: "sputnik", theirs: "lanterna"} {
		h.post("enrolments", object{"child": child, "programme": programme, "form": "camp", "enrolled_on": "2021-01-01"}).is(201)
	}
	coordinator := h.token(access.Coordinator, orebro, "sputnik")
	ask := func(keep, merge string) string {
		r := h.ask(coordinator, "POST", in("merges"), object{"keep": keep, "merge": merge})
		r.problem(422, "unknown_child", "body.merge")
		return withoutUUIDs(r.text)
	}
	before := ask(mine, theirs)
	h.protect(theirs, true)
	if after := ask(mine, theirs); after != before {
		t.Errorf("another programme's child is answered %s, and protected %s", before, after)
	}
	if nobody := ask(mine, strings.Repeat("a", 26)); nobody != before {
		t.Errorf("another programme's child is answered %s, and one that nobody is %s", before, nobody)
	}
	h.protect(theirs, false)
	h.post("merges", object{"keep": mine, "merge": theirs}).is(201)
	h.protect(theirs, true)
	h.post("merges", object{"keep": mine, "merge": theirs}).problem(409, "merged_already", "body.merge")
}

// TestNoMetricAndNoLogLineTellsOfAFlag does with a child what there is to do, once each, and reads what the program says of it.
func TestNoMetricAndNoLogLineTellsOfAFlag(t *testing.T) {
	h := newHouse(t)
	child := h.child("a")
	h.protect(child, true)
	h.put("children/"+child+"/label", object{"label": "Bo"}).is(200)
	h.ask(adminToken, "GET", in("children/"+child+"/disclosure"), nil).is(200)
	h.ask(adminToken, "DELETE", in("children/"+child), nil).is(200)
	const alike = "method=any route=/api/v1/municipalities/{code}/children/{child} "
	if logged := h.logged.String(); strings.Contains(logged, "protect") || strings.Count(logged, alike) != 4 {
		t.Errorf("the log tells what was done with the child: %s", logged)
	}
	metrics := h.ask(adminToken, "GET", "/metrics", nil).is(200).text
	if counted := `rackvidd_http_request_seconds_count{method="any",route="/api/v1/municipalities/{code}/children/{child}",status="200"} 4`; strings.Contains(metrics, "protect") || !strings.Contains(metrics, counted) {
		t.Errorf("the metrics tell what was done with the child: %s", metrics)
	}
}
