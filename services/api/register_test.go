package api_test

import (
	"slices"
	"strings"
	"testing"

	"rackvidd/services/access"
	"rackvidd/services/api"
	"rackvidd/services/casework"
)

func TestARegisterOfEightChildrenIsOneMessageAndEightReached(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	children, session := h.children(8), h.session("2021-05-04")
	before, err := h.log.Head(t.Context(), orebro)
	if err != nil {
		t.Fatal(err)
	}
	answer := h.put("sessions/"+session+"/register", object{"attended": children, "unidentified": 2, "adults": 1}).is(200)
	position := answer.receipt().Position
	if position != before+1 {
		t.Errorf("the register took %d messages", position-before)
	}
	if answer.header.Get("ETag") == "" || answer.header.Get("Rackvidd-Position") == "" {
		t.Errorf("no ETag or no position beside the answer: %v", answer.header)
	}
	f := h.reached("year=2021", position)
	if f.Children != 8 || f.Bounds.Lower != 10 || f.Bounds.Upper != 10 || f.UnidentifiedAttendances != 2 {
		t.Errorf("not eight reached, and two nobody knows: %+v", f)
	}
}

func TestOneMarkMayComeTwiceAndInAnyOrder(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child, session := h.child("a"), h.session("2021-05-04")
	row := "sessions/" + session + "/register/" + child
	h.put(row, object{"state": "attended", "at": "2021-05-04T16:00:00Z"}).is(200)
	h.put(row, object{"state": "attended", "at": "2021-05-04T16:00:00Z"}).is(200)
	h.put(row, object{"state": "absent", "at": "2021-05-04T16:05:00Z"}).is(200)
	late := h.put(row, object{"state": "attended", "at": "2021-05-04T16:03:00Z"}).is(200).receipt()
	if got := h.register(session); len(got.Register) != 1 || got.Register[0].State != casework.RowAbsent {
		t.Errorf("the latest time does not stand: %+v", got.Register)
	}
	if f := h.reached("year=2021", late.Position); f.Children != 0 {
		t.Errorf("an absent child is reached: %+v", f)
	}
	h.put(row, object{"state": "asleep"}).problem(422, "invalid_request", "body.state")
	h.put(row, object{"state": "attended", "at": "2030-01-01T00:00:00Z"}).problem(422, "future_time", "body.at")
}

func (h *house) register(session string) (s api.Session) {
	h.t.Helper()
	h.get("sessions/" + session).is(200).into(&s)
	return s
}

func TestARegisterIsGuardedByItsVersion(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	children, session := h.children(2), h.session("2021-05-04")
	path := "sessions/" + session + "/register"
	read := h.get("sessions/" + session).is(200).header.Get("ETag")
	first := h.put(path, object{"attended": children}, "If-Match", read).is(200)
	h.put(path, object{"attended": children[:1]}, "If-Match", read).problem(412, "stale", "")
	h.put(path, object{"attended": children[:1]}, "If-Match", first.header.Get("ETag")).is(200)
	if got := h.register(session); len(got.Register) != 1 {
		t.Errorf("the second register does not stand: %+v", got.Register)
	}
}

func TestARegisterRefusesWhatCannotBe(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child, session := h.child("a"), h.session("2021-05-04")
	stranger := "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	path := "sessions/" + session + "/register"
	h.put(path, object{"attended": []string{child, stranger}}).problem(422, "unknown_child", "body.attended[1]")
	h.put(path, object{"attended": []string{child}, "absent": []string{child}}).problem(422, "child_named_twice", "")
	h.put(path, object{"attended": []string{"19900101-1234"}}).problem(422, "invalid_request", "body.attended[0]")
	h.put("sessions/"+stranger+"/register", object{"attended": []string{child}}).problem(404, "unknown_session", "")
	h.put("sessions/"+h.session("2022-03-21")+"/register", object{"attended": []string{child}}).problem(422, "future_date", "")
	cancelled := h.session("2021-06-01")
	h.post("sessions/"+cancelled+"/cancel", nil).is(200)
	h.put("sessions/"+cancelled+"/register", object{"attended": []string{child}}).problem(409, "session_cancelled", "")
}

func TestAPlannedSessionExpectsItsGroup(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	a := h.post("children", object{"identity": "1", "label": "Åsa i röd mössa"}).is(200).receipt().Child
	b := h.post("children", object{"identity": "2", "label": "Bo"}).is(200).receipt().Child
	group := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Tisdag", "places": 2}).is(201).receipt().ID
	h.put("groups/"+group+"/members", object{"members": []string{a, b}}).is(200)
	h.put("groups/"+group+"/members", object{"members": append(h.children(1), a, b)}).problem(409, "group_full", "body.members")
	var series api.SeriesReceipt
	h.post("groups/"+group+"/series", object{"from": "2022-03-08", "count": 3, "skip": []string{"2022-03-15"}}).is(201).into(&series)
	if len(series.Sessions) != 2 || series.Sessions[1].HeldOn.String() != "2022-03-22" {
		t.Fatalf("not every week but the skipped one: %+v", series.Sessions)
	}
	got := h.register(series.Sessions[0].ID.String())
	labels := []string{got.Register[0].Label, got.Register[1].Label}
	if slices.Sort(labels); strings.Join(labels, ",") != "Bo,Åsa i röd mössa" || got.Register[0].State != casework.RowNone || !got.Register[0].Member {
		t.Errorf("the register does not expect the group: %+v", got.Register)
	}
	var list api.Sessions
	h.get("sessions?group=" + group + "&min_position=" + position(series.Position)).is(200).into(&list)
	if len(list.Sessions) != 2 || list.Sessions[0].HeldOn.String() != "2022-03-22" {
		t.Errorf("the group's sessions are not listed: %+v", list.Sessions)
	}
	var read api.Group
	h.get("groups/" + group).is(200).into(&read)
	if len(read.Members) != 2 || read.Members[0].Label == "" || len(read.Sessions) != 2 {
		t.Errorf("the group is not read whole: %+v", read)
	}
}

func TestARowSaysWhoSetItLastAndWhenItWasTapped(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child, session := h.child("a"), h.session("2021-05-04")
	row := "/api/v1/municipalities/1880/sessions/" + session + "/register/" + child
	first, second := h.token(access.Coordinator, orebro, "sputnik"), h.token(access.Coordinator, orebro, "sputnik")
	if got := h.register(session); len(got.Register) != 0 {
		t.Fatalf("%+v", got.Register)
	}
	h.ask(first, "PUT", row, object{"state": "absent", "at": "2021-05-04T16:04:00Z"}).is(200)
	earlier := h.register(session).Register[0].Marked
	h.ask(second, "PUT", row, object{"state": "attended", "at": "2021-05-04T16:05:00Z"}).is(200)
	h.ask(first, "PUT", row, object{"state": "absent", "at": "2021-05-04T16:04:30Z"}).is(200)
	got := h.register(session).Register[0].Marked
	if earlier == nil || got == nil || earlier.Account == got.Account || got.Name != "somebody" || got.At.Format("15:04:05") != "16:05:00" {
		t.Errorf("not the second, at five past: %+v, before %+v", got, earlier)
	}
	h.put("sessions/"+session+"/register", object{}).is(200)
	h.ask(second, "PUT", row, object{"state": "none"}).is(200)
}
