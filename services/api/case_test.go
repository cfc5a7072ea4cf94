package api_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/api"
)

func position(p uint64) string { return strconv.FormatUint(p, 10) }

// attend has children come to a session of a day, and returns the position from which that shows.
func (h *house) attend(day string, children ...string) uint64 {
	h.t.Helper()
	return h.put("sessions/"+h.session(day)+"/register", object{"attended": children}).is(200).receipt().Position
}

func TestACaseFromReferralToEnd(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child := h.child("a")
	referral := h.post("referrals", object{"child": child, "channel": "school", "received_on": "2021-01-10", "programme": "sputnik", "gender": "girl", "birth_year": 2010}).is(201).receipt()
	h.post("referrals/"+referral.ID+"/close", object{"outcome": "accepted", "closed_on": "2021-01-09"}).problem(422, "end_before_start", "body.closed_on")
	h.post("referrals/"+referral.ID+"/close", object{"outcome": "accepted", "closed_on": "2021-01-20"}).is(200)
	h.post("referrals/"+referral.ID+"/close", object{"outcome": "declined", "closed_on": "2021-01-20"}).problem(409, "referral_closed", "path.id")
	place := h.post("enrolments", object{"child": child, "programme": "sputnik", "form": "support_group", "enrolled_on": "2021-02-01", "target": "substance_abuse"}).is(201).receipt()
	h.attend("2021-03-02", child)
	h.post("enrolments/"+place.ID+"/end", object{"reason": "completed", "ended_on": "2021-01-31"}).problem(422, "end_before_start", "body.ended_on")
	at := h.post("enrolments/"+place.ID+"/end", object{"reason": "completed", "ended_on": "2021-06-01"}).is(200).receipt().Position

	f := h.reached("year=2021", at)
	if f.Children != 1 || f.Enrolments.Children != 1 || f.Referrals.Received != 1 || len(f.ByChannel) != 1 || f.ByChannel[0].First != 1 {
		t.Errorf("not one child, referred by school, with a place, reached: %+v", f)
	}
	if len(f.ByGender) != 1 || f.ByGender[0].Gender != "girl" || f.ByAge[1].Children != 1 {
		t.Errorf("not a girl of eleven: %+v %+v", f.ByGender, f.ByAge)
	}
	stranger := h.child("local:a")
	h.post("enrolments", object{"child": stranger, "programme": "sputnik", "form": "camp", "enrolled_on": "2021-02-01", "birth_year": 2099}).problem(422, "invalid_birth_year", "body.birth_year")
	var one api.Case
	h.get("cases/" + child + "?min_position=" + position(at)).is(200).into(&one)
	if len(one.Referrals) != 1 || one.Referrals[0].Outcome != "accepted" || len(one.Enrolments) != 1 || one.Enrolments[0].EndedOn.String() != "2021-06-01" || one.Enrolments[0].Target != events.SubstanceAbuse || len(one.Sessions) != 1 {
		t.Errorf("the history is not whole: %+v", one)
	}
	var known api.ChildDisclosure
	h.get("children/" + child + "/disclosure").is(200).into(&known)
	if len(known.Log) != 4 || len(known.Vault.Reads) != 3 || known.Vault.Reads[1].Why != "case" {
		t.Errorf("the disclosure does not hold every event and every read: %+v", known)
	}
}

func TestACaseNamesTheOpenGroupsOfTheCallersProgrammesThatTheChildIsIn(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("programmes", object{"id": "solrosen", "forms": []string{"support_group"}, "valid_from": "2021-01-01"}).is(201)
	child := h.child("a")
	for name, programme := range map[string]string{"Tisdag": "sputnik", "Onsdag": "sputnik", "Fredag": "sputnik", "Lördag": "solrosen"} {
		group := h.post("groups", object{"programme": programme, "form": "support_group", "name": name}).is(201).receipt().ID
		h.put("groups/"+group+"/members", object{"members": []string{child}}).is(200)
		switch name {
		case "Onsdag":
			h.put("groups/"+group+"/members", object{"members": []string{}}).is(200)
		case "Fredag":
			h.post("groups/"+group+"/close", object{"closed_on": "2021-06-01"}).is(200)
		}
	}
	at := h.post("enrolments", object{"child": child, "programme": "sputnik", "form": "support_group", "enrolled_on": "2021-02-01"}).is(201).receipt().Position
	leader := h.token(access.Coordinator, orebro, "sputnik")
	var known api.Case
	h.ask(leader, "GET", in("cases/"+child+"?min_position="+position(at)), nil).is(200).into(&known)
	if len(known.Groups) != 1 || known.Groups[0].Name != "Tisdag" {
		t.Errorf("not Tisdag alone: %+v", known.Groups)
	}
}

func TestADisclosureHoldsEveryMarkOfAChildAsItWasRecorded(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	at := h.post("imports", "record_id,type,occurred_on,child,programme,form,gender,home_municipality\n"+
		"1,session_cancelled,2021-03-01,,sputnik,camp,,\n2,session_attended,2021-03-01,a,sputnik,camp,girl,1881\n3,session_attended,2021-03-08,a,sputnik,camp,,\n"+
		"4,session_attended,2021-03-08,b,sputnik,camp,,\n5,session_attended,2021-03-15,a,sputnik,camp,,\n").is(200).receipt().Position
	child := h.child("a")
	var all api.Sessions
	h.get("sessions?from=2021-03-15&min_position=" + position(at)).is(200).into(&all)
	at = h.post("sessions/"+all.Sessions[0].ID.String()+"/withdraw", object{"reason": "entered_in_error"}).is(200).receipt().Position
	session := ""
	var one api.Case
	h.get("cases/" + child + "?min_position=" + position(at)).is(200).into(&one)
	for _, s := range one.Sessions {
		session = s.ID.String()
	}
	at = h.put("sessions/"+session+"/register/"+child, object{"state": "absent"}).is(200).receipt().Position
	var known api.ChildDisclosure
	h.get("children/" + child + "/disclosure?min_position=" + position(at)).is(200).into(&known)
	var told []string
	for _, m := range known.Marks {
		told = append(told, m.How+" "+strconv.FormatBool(strings.Contains(string(m.Mark), `"gender":"girl"`)))
		if m.Position == 0 || m.Recorded.IsZero() || m.Account.IsZero() || !strings.Contains(string(m.Mark), child) {
			t.Errorf("%+v", m)
		}
		if o := m.Occasion; o.ID != m.Session || o.Programme != "sputnik" || o.Form != "camp" || (o.WithdrawnAt != nil) != (o.HeldOn == events.Date(2021, 3, 15)) || (o.CancelledAt != nil) != (o.HeldOn == events.Date(2021, 3, 1)) {
			t.Errorf("of the session is told %+v", o)
		}
		if strings.Contains(string(m.Mark), `"home_municipality":"1881"`) != (m.Occasion.HeldOn == events.Date(2021, 3, 1)) {
			t.Errorf("of the home is told %s", m.Mark)
		}
	}
	if len(one.Sessions) != 1 || strings.Join(told, ", ") != "attended true, attended false, attended false, removed false, absent false" {
		t.Errorf("%d sessions; marks: %s", len(one.Sessions), told)
	}
}

func TestADisclosureHoldsTheLinesThatWereCorrectedOrTakenBack(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child := h.child("a")
	referral := h.post("referrals", object{"child": child, "channel": "school", "received_on": "2021-02-01"}).is(201).receipt().ID
	h.post("referrals/"+referral+"/correct", object{"channel": "police", "reason": "other"}).is(200)
	place := h.post("enrolments", object{"child": child, "programme": "sputnik", "form": "camp", "enrolled_on": "2021-02-02"}).is(201).receipt().ID
	at := h.post("enrolments/"+place+"/withdraw", object{"reason": "wrong_child"}).is(200).receipt().Position
	var known api.ChildDisclosure
	h.get("children/" + child + "/disclosure?min_position=" + position(at)).is(200).into(&known)
	var struck []string
	for _, one := range known.Case.Struck {
		struck = append(struck, fmt.Sprint(one.Kind, " ", one.Day, " ", one.Programme, one.Channel, " ", one.Reason))
	}
	if got := strings.Join(struck, "; "); got != "referral 2021-02-01 school other; enrolment 2021-02-02 sputnik wrong_child" {
		t.Errorf("struck: %s", got)
	}
}

func TestEveryLineOfAHistorySaysWhoRecordedItAndWhen(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child := h.child("a")
	account := h.ask(adminToken, "POST", "/api/v1/accounts", object{"name": "Kim"}).is(201).receipt().ID
	var made struct{ Secret string }
	h.ask(adminToken, "POST", "/api/v1/accounts/"+account+"/tokens", object{"roles": []string{"coordinator"}, "municipalities": []string{"1880"}, "programmes": []string{"*"}}).is(201).into(&made)
	kim := func(method, path string, body any) reply { return h.ask(made.Secret, method, in(path), body) }
	referral := kim("POST", "referrals", object{"child": child, "channel": "school", "received_on": "2021-01-10"}).is(201).receipt()
	place := kim("POST", "enrolments", object{"child": child, "programme": "sputnik", "form": "support_group", "enrolled_on": "2021-02-01"}).is(201).receipt()
	session := h.session("2021-03-02")
	kim("PUT", "sessions/"+session+"/register", object{"attended": []string{child}}).is(200)
	h.post("referrals/"+referral.ID+"/close", object{"outcome": "accepted", "closed_on": "2021-01-20"}).is(200)
	h.post("enrolments/"+place.ID+"/end", object{"reason": "completed", "ended_on": "2021-06-01"}).is(200)
	at := kim("POST", "enrolments/"+place.ID+"/correct", object{"reason": "wrong_day", "enrolled_on": "2021-02-02"}).is(200).receipt().Position
	var one api.Case
	kim("GET", "cases/"+child+"?min_position="+position(at), nil).is(200).into(&one)
	for what, mark := range map[string]*api.RowMark{"the referral": &one.Referrals[0].Recorded, "the place": &one.Enrolments[0].Recorded, "the session": &one.Sessions[0].Recorded} {
		if mark.Name != "Kim" || mark.Account.String() != account || !mark.At.Equal(h.clock()) {
			t.Errorf("%s was recorded by %+v", what, mark)
		}
	}
	for what, mark := range map[string]*api.RowMark{"the referral's end": one.Referrals[0].Closed, "the place's end": one.Enrolments[0].Ended} {
		if mark == nil || mark.Account.IsZero() || mark.Account.String() == account {
			t.Errorf("%s was recorded by %+v", what, mark)
		}
	}
	if len(one.Struck) != 1 || one.Struck[0].Name != "Kim" {
		t.Errorf("what was struck: %+v", one.Struck)
	}
}

func TestARecordIsCorrectedAndTakenBack(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child := h.child("a")
	referral := h.post("referrals", object{"child": child, "channel": "police", "received_on": "2021-01-10"}).is(201).receipt()
	at := h.post("referrals/"+referral.ID+"/correct", object{"reason": "other", "channel": "school"}).is(200).receipt().Position
	if f := h.reached("year=2021", at); f.Referrals.ByChannel[0].Channel != "school" {
		t.Errorf("the correction does not count: %+v", f.Referrals)
	}
	at = h.post("referrals/"+referral.ID+"/withdraw", object{"reason": "entered_in_error"}).is(200).receipt().Position
	if f := h.reached("year=2021", at); f.Referrals.Received != 0 {
		t.Errorf("a withdrawn referral counts: %+v", f.Referrals)
	}
	before := h.head()
	h.post("referrals/"+referral.ID+"/withdraw", object{"reason": "entered_in_error"}).is(200)
	h.post("enrolments/"+referral.ID+"/withdraw", object{"reason": "entered_in_error"}).problem(404, "unknown_enrolment", "")
	h.ask(h.token(access.Coordinator, orebro, "lanterna"), "POST", in("enrolments/"+referral.ID+"/withdraw"), object{"reason": "entered_in_error"}).problem(404, "unknown_enrolment", "")
	place := h.post("enrolments", object{"child": child, "programme": "sputnik", "form": "support_group", "enrolled_on": "2021-02-01"}).is(201).receipt()
	h.post("referrals/"+place.ID+"/withdraw", object{"reason": "entered_in_error"}).problem(404, "unknown_referral", "")
	h.post("enrolments/"+place.ID+"/correct", object{"reason": "wrong_day", "form": "open_preschool"}).problem(422, "form_not_offered", "body.form")
	h.post("enrolments/"+place.ID+"/withdraw", object{"reason": "mistake"}).problem(422, "invalid_request", "body.reason")
	for range 2 {
		h.post("enrolments/"+place.ID+"/withdraw", object{"reason": "entered_in_error"}).is(200)
	}
	h.ask(h.token(access.Coordinator, orebro, "lanterna"), "POST", in("enrolments/"+place.ID+"/withdraw"), object{"reason": "entered_in_error"}).problem(404, "unknown_enrolment", "")
	h.post("enrolments/"+place.ID+"/correct", object{"reason": "wrong_day", "enrolled_on": "2021-02-02"}).problem(404, "unknown_enrolment", "")
	if after := h.head(); after != before+2 { // the place, and that it was taken back
		t.Errorf("what is taken back again is recorded: %d positions after %d", after, before)
	}
}

func TestAnEndGoesAlongWithTheLineThatIsCorrectedToAnotherProgramme(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("programmes", object{"id": "lanterna", "forms": []string{"support_group"}}).is(201)
	was, is := h.token(access.Coordinator, orebro, "sputnik"), h.token(access.Coordinator, orebro, "lanterna")
	for _, c := range []struct{ lines, begin, end, day, ended string }{
		{"referrals", "received_on", "close", "closed_on", "outcome accepted"},
		{"enrolments", "enrolled_on", "end", "ended_on", "reason moved"},
	} {
		child := h.child(c.lines)
		how, why, _ := strings.Cut(c.ended, " ")
		line := object{"child": child, "programme": "sputnik", "form": "support_group", c.begin: "2021-01-10"}
		if c.lines == "referrals" {
			line["channel"] = "school"
		}
		id := h.post(c.lines, line).is(201).receipt().ID
		ended := h.post(c.lines+"/"+id+"/"+c.end, object{how: why, c.day: "2021-02-10"}).is(200).receipt()
		end := cmp.Or(ended.End, ended.Closing)
		h.post(c.lines+"/"+id+"/correct", object{"reason": "other", "programme": "lanterna"}).is(200)
		h.ask(was, "POST", in(c.lines+"/"+end+"/withdraw"), object{"reason": "other"}).problem(404, "unknown_"+strings.TrimSuffix(c.lines, "s"), "")
		at := h.ask(is, "POST", in(c.lines+"/"+end+"/withdraw"), object{"reason": "other"}).is(200).receipt().Position
		for programme, token := range map[events.ProgrammeID]string{"sputnik": was, "lanterna": is} { // to each its own: the line as it was, and the end
			var one api.Case
			h.ask(token, "GET", in("cases/"+child+"?min_position="+position(at)), nil).is(200).into(&one)
			if len(one.Struck) != 1 || one.Struck[0].Programme != programme {
				t.Errorf("%s: %+v", c.lines, one.Struck)
			}
		}
	}
}

func TestASessionIsCorrectedCancelledAndTakenBack(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child, session := h.child("a"), h.session("2021-12-30")
	h.put("sessions/"+session+"/register", object{"attended": []string{child}}).is(200)
	h.post("sessions/"+session+"/cancel", nil).problem(409, "register_not_empty", "")
	at := h.post("sessions/"+session+"/correct", object{"reason": "wrong_day", "held_on": "2022-01-03", "form": "camp"}).is(200).receipt().Position
	if before, after := h.reached("year=2021", at), h.reached("year=2022", at); before.Children != 0 || after.Children != 1 || after.ByForm[0].Form != "camp" {
		t.Errorf("the session is not where it was corrected to: %+v %+v", before, after)
	}
	h.post("sessions/"+session+"/correct", object{"reason": "wrong_day", "held_on": "2022-03-21"}).problem(422, "register_ahead", "body.held_on")
	emptied := h.session("2022-03-01")
	h.put("sessions/"+emptied+"/register", object{"absent": []string{child}, "adults": 1}).is(200)
	h.moment.Add(1000)
	h.put("sessions/"+emptied+"/register/"+child, object{"state": "none"}).is(200)
	h.post("sessions/"+emptied+"/correct", object{"reason": "wrong_day", "held_on": "2022-03-21"}).problem(422, "register_ahead", "body.held_on")
	h.put("sessions/"+emptied+"/counts", object{"adults": 0}).is(200)
	h.post("sessions/"+emptied+"/correct", object{"reason": "wrong_day", "held_on": "2022-03-21"}).is(200)
	at = h.post("sessions/"+session+"/withdraw", object{"reason": "entered_in_error"}).is(200).receipt().Position
	if f := h.reached("year=2022", at); f.Children != 0 {
		t.Errorf("a withdrawn session reaches somebody: %+v", f)
	}
	h.post("sessions/"+session+"/correct", object{"reason": "other", "form": "camp"}).problem(409, "session_withdrawn", "path.id")
}

func TestAMergeCountsOneChildUntilItIsUndone(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	a, b := h.child("a"), h.child("b")
	apart := h.attend("2021-03-02", a, b)
	merged := h.post("merges", object{"keep": a, "merge": b}).is(201).receipt()
	var kept, gone api.Case
	h.get("cases/" + a).is(200).into(&kept)
	h.get("cases/" + b).is(200).into(&gone)
	if len(kept.Absorbed) != 1 || kept.Absorbed[0].Child.String() != b || gone.MergedInto == nil || gone.MergedInto.String() != a {
		t.Errorf("the two cases do not name each other: %+v %+v", kept, gone)
	}
	h.post("merges", object{"keep": a, "merge": b}).problem(409, "merged_already", "body.merge")
	h.post("merges", object{"keep": a, "merge": a}).problem(422, "same_child", "body.merge")
	undone := h.post("merges/"+merged.ID+"/undo", nil).is(200).receipt()
	h.post("merges/"+merged.ID+"/undo", nil).problem(404, "unknown_merge", "")
	for child, other := range map[string]string{a: b, b: a} {
		var after api.Case
		h.get("cases/" + child).is(200).into(&after)
		if len(after.Merges) != 1 || after.Merges[0].Child.String() != other || after.Merges[0].Kept != (child == a) || after.Merges[0].Recorded.Account.IsZero() || after.Merges[0].Undone == nil || after.Merges[0].Undone.At.IsZero() {
			t.Errorf("the history does not tell of the merge and its end: %+v", after.Merges)
		}
		var before api.Case
		h.get("cases/" + child + "?position=" + position(merged.Position)).is(200).into(&before)
		if len(before.Merges) != 1 || before.Merges[0].Undone != nil {
			t.Errorf("as it was known before it was undone: %+v", before.Merges)
		}
	}
	for at, want := range map[uint64]int{apart: 2, merged.Position: 1, undone.Position: 2} {
		if f := h.reached("year=2021&position="+position(at), at); f.Children != want || f.Position != at {
			t.Errorf("at %d there are %d children, not %d, at %d", at, f.Children, want, f.Position)
		}
	}
}

func TestErasingAChildKeepsEveryFigure(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	a, b := h.child("a"), h.child("b")
	at := h.attend("2021-03-02", a, b)
	merge := h.post("merges", object{"keep": a, "merge": b}).is(201).receipt()
	before := h.get("reach?year=2021&position=" + position(at)).is(200).text
	erased := h.ask(adminToken, "DELETE", in("children/"+a), nil).is(200).receipt()
	if again := h.ask(adminToken, "DELETE", in("children/"+a), nil).is(200).receipt(); again.Position != erased.Position {
		t.Errorf("the second erasure is at %d, not %d", again.Position, erased.Position)
	}
	if after := h.get("reach?year=2021&position=" + position(at) + "&min_position=" + position(erased.Position)).is(200).text; after != before {
		t.Errorf("the figures changed:\n%s\n%s", before, after)
	}
	h.get("cases/"+a).problem(404, "unknown_child", "")
	h.get("children/"+a+"/disclosure").problem(404, "unknown_child", "")
	h.put("sessions/"+h.session("2021-03-09")+"/register", object{"attended": []string{a}}).problem(422, "unknown_child", "body.attended[0]")
	h.post("merges/"+merge.ID+"/undo", nil).problem(409, "identity_erased", "")
	if back := h.child("a"); back == a {
		t.Error("a child who comes back is not new")
	}
}

func TestWhoWasErasedStaysInItsGroupAndItsRegisterUntilItIsTakenAway(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	y, z, new := h.child("y"), h.child("z"), h.child("new")
	group := "groups/" + h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Tisdag"}).is(201).receipt().ID
	session := "sessions/" + h.session("2021-03-02")
	h.put(group+"/members", object{"members": []string{y, z}}).is(200)
	h.put(session+"/register", object{"attended": []string{y, z}}).is(200)
	for _, child := range []string{y, z} {
		h.ask(adminToken, "DELETE", in("children/"+child), nil).is(200)
	}
	h.put(group+"/members", object{"members": []string{y, z, new}}).is(200)
	h.put(group+"/members", object{"members": []string{z, new}}).is(200)
	h.put(group+"/members", object{"members": []string{y, z, new}}).problem(422, "unknown_child", "body.members[0]")

	h.put(session+"/register", object{"attended": []string{y, z, new}}).is(200)
	h.put(session+"/register/"+y, object{"state": "absent"}).is(200)
	at := h.put(session+"/register", object{"attended": []string{z, new}}).is(200).receipt().Position
	h.put(session+"/register", object{"attended": []string{y, z, new}}).problem(422, "unknown_child", "body.attended[0]")
	h.put(session+"/register/"+y, object{"state": "attended"}).problem(422, "unknown_child", "path.child")
	if f := h.reached("year=2021", at); f.Children != 2 {
		t.Errorf("%d children were reached, not the erased one and the new one", f.Children)
	}
}

func TestARegisterAsksForNobodyWhoWasErased(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	gone, stays := h.child("gone"), h.child("stays")
	id := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Tisdag"}).is(201).receipt().ID
	h.put("groups/"+id+"/members", object{"members": []string{gone, stays}}).is(200)
	evening := func(day string) string {
		return h.post("sessions", object{"group": id, "held_on": day}).is(201).receipt().ID
	}
	marked, empty := evening("2022-03-01"), evening("2022-03-08")
	h.put("sessions/"+marked+"/register", object{"attended": []string{gone, stays}}).is(200)
	h.ask(adminToken, "DELETE", in("children/"+gone), nil).is(200)
	rows := func(session string) (list []string) {
		t.Helper()
		for _, r := range h.register(session).Register {
			list = append(list, fmt.Sprint(map[string]string{gone: "gone ", stays: "stays "}[r.Child.String()], r.State, " ", r.Erased))
		}
		slices.Sort(list)
		return list
	}
	says := func(session string, want ...string) {
		t.Helper()
		if got := rows(session); !slices.Equal(got, want) {
			t.Errorf("the register has %q, not %q", got, want)
		}
	}
	var group api.Group
	h.get("groups/" + id).is(200).into(&group)
	for _, m := range group.Members {
		if m.Erased != (m.Child.String() == gone) {
			t.Errorf("in the group %s is said to be erased: %v", m.Child, m.Erased)
		}
	}
	says(marked, "gone attended true", "stays attended false")
	says(empty, "stays none false")
	at := h.put("sessions/"+empty+"/register/"+stays, object{"state": "attended"}).is(200).receipt().Position
	var waiting api.Sessions
	if h.get("sessions?unfinished=true&min_position=" + position(at)).is(200).into(&waiting); len(waiting.Sessions) != 0 {
		t.Errorf("it waits for who was erased: %+v", waiting.Sessions)
	}
	h.moment.Add(1000)
	h.put("sessions/"+marked+"/register/"+gone, object{"state": "absent"}).is(200)
	says(marked, "gone absent true", "stays attended false")
	h.moment.Add(1000)
	h.put("sessions/"+marked+"/register/"+gone, object{"state": "none"}).is(200)
	says(marked, "stays attended false")
}

func TestWhoIsKnownByAnotherRecordIsAskedForByThatOne(t *testing.T) {
	w := newTown(t)
	w.are(w.kept, w.bo)
	w.merge()
	erase := func(child, want string) {
		t.Helper()
		w.ask(adminToken, "DELETE", in("children/"+child), nil).is(200)
		var group api.Group
		w.get(w.group).is(200).into(&group)
		var evening api.Session
		w.get(w.evening).is(200).into(&evening)
		got := ""
		for _, m := range group.Members {
			got += fmt.Sprint(m.Label, " ", m.Erased, ", ")
		}
		for _, r := range evening.Register {
			if got += fmt.Sprint(r.Label, " ", r.State, ", "); r.Label != "Bo" {
				w.mark(r.Child.String(), "attended")
				w.mark(r.Child.String(), "none")
			}
		}
		if got != want {
			t.Errorf("%s\nwant: %s", got, want)
		}
	}
	erase(w.kept, "Asa? false, Bo false, Asa? none, Bo none, ")
	erase(w.found, "Bo false,  true, Bo none, ")
}

func TestWhoWasErasedWaitsOnNobodysDesk(t *testing.T) {
	w := newTown(t)
	refer := func(child string) string {
		return w.post("referrals", object{"child": child, "channel": "school", "received_on": "2022-03-01"}).is(201).receipt().ID
	}
	refer(w.kept)
	stays := refer(w.found)
	w.merge()
	w.at = w.ask(adminToken, "DELETE", in("children/"+w.kept), nil).is(200).receipt().Position
	var load api.Caseload
	w.get("caseload?min_position=" + position(w.at)).is(200).into(&load)
	if len(load.OpenReferrals) != 1 || load.Open != 1 || load.OpenReferrals[0].ID.String() != stays || load.OpenReferrals[0].Child.String() != w.found || load.OpenReferrals[0].Label != "Asa?" {
		t.Errorf("not what stands in the case of whom somebody knows, by that record: %+v", load.OpenReferrals)
	}
	w.are(w.bo)
	if got := w.walkIns(); got != "Asa?" {
		t.Errorf("%q may walk in", got)
	}
	w.are(w.found, w.bo)
	if got := w.walkIns(); got != "" {
		t.Errorf("%q may walk in, who is in the group", got)
	}
	w.at = w.ask(adminToken, "DELETE", in("children/"+w.found), nil).is(200).receipt().Position
	w.get("caseload?min_position=" + position(w.at)).is(200).into(&load)
	if load.Open != 0 || len(load.Programmes) != 1 || load.Programmes[0].Enrolled != 1 || load.Programmes[0].Queue != 0 || len(load.Waiting) != 0 {
		t.Errorf("somebody beside Bo has a place, or waits: %+v", load)
	}
}

func TestAnErasureNamesTheRecordsThatWereMergedAndAreNotErased(t *testing.T) {
	h := newHouse(t)
	number, card := h.child("a"), h.child("b")
	h.post("merges", object{"keep": number, "merge": card}).is(201)
	for _, step := range []struct {
		erased string
		left   []string
	}{{number, []string{card}}, {number, []string{card}}, {card, nil}, {number, nil}} {
		var receipt api.ErasureReceipt
		h.ask(adminToken, "DELETE", in("children/"+step.erased), nil).is(200).into(&receipt)
		var left []string
		for _, one := range receipt.Merged {
			left = append(left, one.String())
		}
		if !slices.Equal(left, step.left) || receipt.Merged == nil {
			t.Errorf("once %s is erased %q are left, not %q", step.erased, left, step.left)
		}
	}
}

func TestAMergeIsNotUndoneOfAChildThatTheVaultHasErasedAndTheLogNotYet(t *testing.T) {
	h := newHouse(t)
	a, b := h.child("a"), h.child("b")
	merge := "merges/" + h.post("merges", object{"keep": a, "merge": b}).is(201).receipt().ID + "/undo"
	gone, err := events.ParseID(b)
	if err == nil {
		err = h.vault.Erase(t.Context(), orebro, gone)
	}
	if err != nil {
		t.Fatal(err)
	}
	h.post(merge, nil).problem(409, "identity_erased", "")
	h.ask(adminToken, "DELETE", in("children/"+b), nil).is(200)
	h.post(merge, nil).problem(409, "identity_erased", "")
}

func TestTheIdentityNumberSaysTheBirthYear(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child := h.child("20101231-2391")
	h.post("enrolments", object{"child": child, "programme": "sputnik", "form": "camp", "enrolled_on": "2021-02-01", "birth_year": 2011}).problem(422, "birth_year_conflict", "body.birth_year")
	at := h.attend("2021-03-02", child)
	var one api.Case
	if h.get("cases/" + child + "?min_position=" + position(at)).is(200).into(&one); one.BirthYear != 2010 {
		t.Errorf("the history says that it was born in %d", one.BirthYear)
	}
	if f := h.reached("year=2021", at); f.UnknownAge != 0 || f.ByAge[1].Children != 1 {
		t.Errorf("not eleven years old: %+v", f.ByAge)
	}
}

func TestABirthYearThatOtherProgrammesStatedIsTheirs(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("programmes", object{"id": "lanterna", "forms": []string{"camp"}}).is(201)
	child := h.child("a")
	h.post("enrolments", object{"child": child, "programme": "sputnik", "form": "support_group", "enrolled_on": "2021-02-01", "birth_year": 2010}).is(201)
	h.post("referrals", object{"child": child, "channel": "school", "received_on": "2021-02-02", "programme": "lanterna", "birth_year": 2012}).is(201)
	place := h.post("enrolments", object{"child": child, "programme": "lanterna", "form": "camp", "enrolled_on": "2021-02-03", "birth_year": 2013}).is(201).receipt()
	all, sputnik, lanterna := h.token(access.Coordinator, orebro, access.EveryProgramme), h.token(access.Coordinator, orebro, "sputnik"), h.token(access.Coordinator, orebro, "lanterna")
	born := func(why string, least uint64, want map[string]events.Year) {
		t.Helper()
		for token, year := range want {
			var one api.Case
			if h.ask(token, "GET", in("cases/"+child+"?min_position="+position(least)), nil).is(200).into(&one); one.BirthYear != year {
				t.Errorf("%s: one sees %d, not %d", why, one.BirthYear, year)
			}
		}
	}
	born("as each was told", place.Position, map[string]events.Year{all: 2013, sputnik: 2010, lanterna: 2013})
	moved := h.post("enrolments/"+place.ID+"/correct", object{"reason": "wrong_programme", "programme": "sputnik"}).is(200).receipt().Position
	born("of the place in its programme now", moved, map[string]events.Year{all: 2013, sputnik: 2013, lanterna: 2012})
	h.post("enrolments/"+place.ID+"/correct", object{"reason": "wrong_programme", "programme": "lanterna"}).is(200)
	corrected := h.ask(lanterna, "POST", in("enrolments/"+place.ID+"/correct"), object{"reason": "entered_in_error", "birth_year": 2009}).is(200).receipt().Position
	born("a correction is of the child", corrected, map[string]events.Year{all: 2009, sputnik: 2009, lanterna: 2009})
}

func TestACorrectedBirthYearChangesWhoIsOfAge(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child := h.child("a")
	place := h.post("enrolments", object{"child": child, "programme": "sputnik", "form": "support_group", "enrolled_on": "2021-02-01", "birth_year": 2001}).is(201).receipt()
	referral := h.post("referrals", object{"child": child, "channel": "school", "received_on": "2021-01-10", "birth_year": 2001, "gender": "girl"}).is(201).receipt()
	grown := h.attend("2021-03-02", child)
	young := h.post("enrolments/"+place.ID+"/correct", object{"reason": "entered_in_error", "birth_year": 2011}).is(200).receipt().Position
	if young != grown+1 {
		t.Errorf("the correction took %d messages", young-grown)
	}
	older := h.post("referrals/"+referral.ID+"/correct", object{"reason": "entered_in_error", "birth_year": 2008, "gender": "boy", "channel": "self"}).is(200).receipt().Position
	for at, want := range map[uint64][]int{grown: {0, 0, 0, 0}, young: {0, 1, 0, 0}, older: {0, 0, 1, 0}} {
		f := h.reached("year=2021&position="+position(at), at)
		for i, n := range want {
			if f.ByAge[i].Children != n {
				t.Errorf("at %d the ages are %+v, not %v", at, f.ByAge, want)
			}
		}
	}
	f := h.reached("year=2021", older)
	if f.ByGender[0].Gender != "boy" || f.Referrals.ByChannel[0].Channel != "self" {
		t.Errorf("not a boy who came by himself: %+v %+v", f.ByGender, f.Referrals)
	}
	var known api.ChildDisclosure
	h.get("children/" + child + "/disclosure?min_position=" + position(older)).is(200).into(&known)
	kinds := ""
	for _, e := range known.Log {
		kinds += string(e)
	}
	if strings.Count(kinds, "case.child_described") != 2 || strings.Count(kinds, "case.enrolment_corrected") != 0 || strings.Count(kinds, "case.referral_corrected") != 1 {
		t.Errorf("more or less was corrected than was said: %s", kinds)
	}
}

func TestACorrectionDoesNotContradictTheIdentityNumber(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child := h.child("20101231-2391")
	place := h.post("enrolments", object{"child": child, "programme": "sputnik", "form": "camp", "enrolled_on": "2021-02-01"}).is(201).receipt()
	path := "enrolments/" + place.ID + "/correct"
	h.post(path, object{"reason": "other", "birth_year": 2011}).problem(422, "birth_year_conflict", "body.birth_year")
	h.post(path, object{"reason": "other", "birth_year": 1811}).is(422)
	h.ask(adminToken, "DELETE", in("children/"+child), nil).is(200)
	h.post(path, object{"reason": "other", "birth_year": 2010}).problem(422, "unknown_child", "path.id")
}

func TestNothingHappensTomorrow(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child := h.child("a")
	h.post("referrals", object{"child": child, "channel": "school", "received_on": "2022-03-21"}).problem(422, "future_date", "body.received_on")
	h.post("enrolments", object{"child": child, "programme": "sputnik", "form": "camp", "enrolled_on": "2022-03-21"}).problem(422, "future_date", "body.enrolled_on")
	h.post("guests", object{"provider_municipality": "1881", "programme": "x", "form": "camp", "held_on": "2022-03-21", "children": 3}).problem(422, "future_date", "body.held_on")
	place := h.post("enrolments", object{"child": child, "programme": "sputnik", "form": "camp", "enrolled_on": "2022-03-20"}).is(201).receipt()
	h.post("enrolments/"+place.ID+"/end", object{"reason": "completed", "ended_on": "2022-03-21"}).problem(422, "future_date", "body.ended_on")
	h.session("2022-03-21")
}

func TestGuestsAreCountedWhereTheyLive(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	guest := h.child("a")
	h.post("enrolments", object{"child": guest, "programme": "sputnik", "form": "support_group", "enrolled_on": "2021-02-01", "home_municipality": "1881"}).is(201)
	h.attend("2021-03-02", guest)
	at := h.post("guests", object{"provider_municipality": "1881", "programme": "lanterna", "form": "camp", "held_on": "2021-07-01", "children": 3}).is(201).receipt().Position
	f := h.reached("year=2021", at)
	if f.Children != 0 || f.Guests.Children != 1 || f.UnidentifiedAttendances != 3 || f.Bounds.Upper != 3 {
		t.Errorf("not one guest here and three of ours elsewhere: %+v", f)
	}
	h.post("guests", object{"provider_municipality": "1880", "programme": "x", "form": "camp", "held_on": "2021-07-01", "children": 3}).problem(422, "own_municipality", "body.provider_municipality")
}

func TestTheCaseloadIsWhoWaits(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	waits, placed := h.post("children", object{"identity": "1", "label": "Bo"}).is(200).receipt().Child, h.child("2")
	h.post("referrals", object{"child": waits, "channel": "school", "received_on": "2022-03-10", "programme": "sputnik"}).is(201)
	h.post("referrals", object{"child": placed, "channel": "self", "received_on": "2022-02-01"}).is(201)
	at := h.post("enrolments", object{"child": placed, "programme": "sputnik", "form": "camp", "enrolled_on": "2022-03-01"}).is(201).receipt().Position
	var load api.Caseload
	h.get("caseload?min_position=" + position(at)).is(200).into(&load)
	if len(load.OpenReferrals) != 2 || len(load.Queue) != 1 || load.Queue[0].Label != "Bo" || load.Queue[0].Days != 10 {
		t.Errorf("not two open referrals and one in the queue for ten days: %+v", load)
	}
	want := api.Waiting{Programme: "sputnik", Year: 2022, Referrals: 1, MedianDays: 28, LongestDays: 28}
	if len(load.Waiting) != 1 || load.Waiting[0] != want || len(load.Programmes) != 1 || load.Programmes[0].Enrolled != 1 || load.Programmes[0].Queue != 1 {
		t.Errorf("not one who waited for 28 days: %+v", load)
	}
}

func TestAWordIsReadAsWhatItIsToBe(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("guests", object{"provider_municipality": "9999", "programme": "x", "form": "camp", "held_on": "2021-07-01", "children": 3}).problem(422, "invalid", "body.provider_municipality")
	h.post("programmes", object{"id": "x", "name": "bell\a", "forms": []string{"camp"}}).problem(422, "invalid", "body.name")
	h.post("programmes", object{"id": "x", "forms": []string{"camping"}}).problem(422, "invalid_request", "body.forms[0]")
	h.post("programmes", object{"forms": []string{"camp"}}).problem(422, "missing", "body.name")
	h.post("sessions", object{"programme": "sputnik", "form": "camp", "held_on": "2021-02-29"}).is(422)
	h.post("sessions", object{"programme": "unknown", "form": "camp", "held_on": "2021-02-28"}).problem(422, "unknown_programme", "body.programme")
	h.post("sessions", object{"programme": "sputnik", "form": "other", "held_on": "2021-02-28"}).problem(422, "form_not_offered", "body.form")
	made := h.post("programmes", object{"name": "  Lilla Ängens lägerskola ", "forms": []string{"camp"}}).is(201).receipt()
	var list api.Programmes
	h.get("programmes?min_position=" + position(made.Position)).is(200).into(&list)
	if made.ID != "lilla-angens-lagerskola" || len(list.Programmes) != 2 || list.Programmes[0].Name != "Lilla Ängens lägerskola" || list.Programmes[0].ValidFrom.String() != "2022-03-20" {
		t.Errorf("not a programme by its name: %s %+v", made.ID, list)
	}
	h.post("programmes", object{"name": "Lilla Ängens lägerskola", "forms": []string{"camp"}}).is(201)
	h.post("programmes", object{"id": "sputnik", "name": "Another", "forms": []string{"camp"}}).problem(409, "programme_exists", "body.id")
	h.put("programmes/sputnik", object{"name": "Sputnik", "forms": []string{"camp"}}, "If-Match", `"999"`).problem(412, "stale", "")
}

func TestAnIdentityIsRefusedWhereverItDoesNotBelong(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	const number = "20101231-2391"
	for _, r := range []reply{
		h.post("programmes", object{"id": "x", "name": "For " + number, "forms": []string{"camp"}}),
		h.post("programmes", object{"id": number, "forms": []string{"camp"}}),
		h.post("programmes", object{"id": "x", "forms": []string{number}}),
		h.post("programmes", object{"id": "x", "forms": []string{"camp"}, "district": "201012312391"}),
		h.post("programmes", object{"id": "x", "forms": []string{"camp"}, number: 1}),
		h.post("programmes", object{"id": "x", "forms": []string{"camp"}, "Malin Berg": 1}),
		h.get("programmes?Malin%20Berg=1"),
		h.post("groups", object{"programme": "sputnik", "form": "camp", "name": number}),
		h.post("groups", object{"programme": number, "form": "camp", "name": "x"}),
		h.post("children", object{"identity": "1", "source": number}),
		h.post("children", object{"identity": number, "label": strings.Repeat(number, 10)}),
		h.post("children", `{"identity": "`+number),
		h.post("sessions", object{"programme": "sputnik", "form": "camp", "held_on": number}),
		h.post("referrals", object{"child": number, "channel": "school", "received_on": "2021-01-01"}),
		h.post("guests", object{"provider_municipality": number, "programme": "x", "form": "camp", "held_on": "2021-07-01", "children": 3}),
		h.get("reach?year=2021&" + number + "=1"),
		h.get("reach?year=" + number),
		h.get("reach?year=2021&definition=" + number),
		h.get("cases/" + number),
		h.get(number),
		h.ask(adminToken, "GET", "/api/v1/municipalities/"+number+"/reach?year=2021", nil),
		h.ask(adminToken, "GET", "/"+number, nil),
		h.ask(number, "GET", in("programmes"), nil),
		h.ask(adminToken, "POST", "/api/v1/accounts", object{"name": number}),
	} {
		if r.status < 400 || r.status >= 500 {
			t.Errorf("%s: not refused: %d %s", r.what, r.status, r.text)
		}
		if text := withoutUUIDs(r.text); strings.Contains(text, "2391") || strings.Contains(text, "20101231") || strings.Contains(text, "Malin") {
			t.Errorf("%s: the answer repeats it: %s", r.what, text)
		}
	}
	if logged := withoutUUIDs(h.logged.String()); strings.Contains(logged, "2391") || strings.Contains(logged, "20101231") {
		t.Errorf("the log repeats it:\n%s", logged)
	}
}
