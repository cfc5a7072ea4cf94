package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
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

func TestTheSessionOfAnotherMunicipalityIsWrittenInByItAlone(t *testing.T) {
	h := newHouse(t)
	child, id := h.child("a"), events.ID{7}
	held := events.SessionOpened{Session: id, Programme: "1881/sputnik", Form: events.Camp, HeldOn: events.Date(2021, 5, 4), ProviderMunicipality: "1881"}
	_, err := h.log.Append(t.Context(), orebro, events.Decision{{Stream: events.SessionOf(id), Command: uuid.New(), Time: time.Now(), Events: []events.Event{held}}})
	if err != nil {
		t.Fatal(err)
	}
	session := "sessions/" + id.String()
	for path, body := range map[string]any{
		"/register":          object{"attended": []string{child}},
		"/register/" + child: object{"state": "absent"},
		"/counts":            object{"unidentified": 3},
	} {
		h.put(session+path, body).problem(409, "another_municipality", "path.id")
	}
	for path, body := range map[string]any{
		"/cancel":    nil,
		"/reinstate": object{"reason": "other"},
		"/withdraw":  object{"reason": "other"},
		"/correct":   object{"reason": "other", "form": "counselling"},
	} {
		h.post(session+path, body).problem(409, "another_municipality", "path.id")
	}
	if got := h.register(id.String()); len(got.Register) != 0 || got.Cancelled || got.ProviderMunicipality != "1881" {
		t.Errorf("%+v", got)
	}
}

func TestWhoAttendsAnotherMunicipalitysProgrammeOfTheSameNameIsNobodysHere(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child, id := h.child("a"), events.ID{7}
	token, err := events.ParseID(child)
	if err != nil {
		t.Fatal(err)
	}
	held := events.SessionOpened{Session: id, Programme: "sputnik", Form: events.SupportGroup, HeldOn: events.Date(2021, 5, 4), ProviderMunicipality: "1881"}
	came := events.SessionAttended{Session: id, Attended: []events.Mark{{Child: token}}}
	at, err := h.log.Append(t.Context(), orebro, events.Decision{{Stream: events.SessionOf(id), Command: uuid.New(), Time: time.Now(), Events: []events.Event{held, came}}})
	if err != nil {
		t.Fatal(err)
	}
	sessions := fmt.Sprintf("sessions?min_position=%d", at[0])
	own, all := h.token(access.Coordinator, orebro, "sputnik"), h.token(access.Coordinator, orebro, "*")
	h.ask(own, "GET", in("sessions/"+id.String()), nil).problem(404, "unknown_session", "")
	h.ask(all, "GET", in("sessions/"+id.String()), nil).is(200)
	for token, want := range map[string]int{own: 0, all: 1} {
		var list api.Sessions
		if h.ask(token, "GET", in(sessions), nil).is(200).into(&list); len(list.Sessions) != want {
			t.Errorf("%d sessions are listed, not %d", len(list.Sessions), want)
		}
	}
	var list api.Sessions
	if h.get(sessions).is(200).into(&list); list.Sessions[0].ProviderMunicipality != "1881" {
		t.Errorf("it is not said who held it: %+v", list.Sessions[0])
	}
	h.ask(own, "GET", in("cases/"+child), nil).problem(404, "unknown_child", "")
}

func TestASessionThatIsAnotherProgrammesKnowsNothingOfItsGroup(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("programmes", object{"id": "lanterna", "name": "Lanterna", "forms": []string{"support_group"}, "organiser": "ngo", "provider_municipality": orebro, "target": "substance_abuse"}).is(201)
	group := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Tisdag"}).is(201).receipt().ID
	h.put("groups/"+group+"/members", object{"members": []string{h.child("a")}}).is(200)
	session := h.post("sessions", object{"group": group, "held_on": "2022-03-01"}).is(201).receipt().ID
	if got := h.register(session); len(got.Register) != 1 {
		t.Errorf("the group is not expected: %+v", got.Register)
	}
	h.post("sessions/"+session+"/correct", object{"reason": "wrong_programme", "programme": "lanterna"}).is(200)
	if got := h.register(session); len(got.Register) != 0 {
		t.Errorf("another programme's children are expected: %+v", got.Register)
	}
	begun := h.put("sessions/"+session+"/register/"+h.child("b"), object{"state": "attended"}).is(200).receipt().Position
	var list api.Sessions
	h.get(fmt.Sprintf("sessions?unfinished=true&min_position=%d", begun)).is(200).into(&list)
	if len(list.Sessions) != 0 {
		t.Errorf("it waits for children of another programme's group: %+v", list.Sessions)
	}
	h.post("groups/"+group+"/close", object{"closed_on": "2022-02-01"}).is(200)
	if got := h.register(session); got.Cancelled {
		t.Error("closing a group cancelled another programme's session")
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
	for _, unset := range []string{"0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"} {
		h.put(row, object{"state": "attended", "at": unset}).problem(422, "past_time", "body.at")
	}
}

func TestAMarkWithoutATimeStandsThoughTheRowIsDatedAhead(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	session := h.session("2021-05-04")
	row := "sessions/" + session + "/register/" + h.child("a")
	h.put(row, object{"state": "attended", "at": events.InstantOf(h.clock().Add(4 * time.Minute))}).is(200)
	h.put(row, object{"state": "none"}).is(200)
	if got := h.register(session); len(got.Register) != 0 {
		t.Errorf("the row is not emptied: %+v", got.Register)
	}
	h.put(row, object{"state": "absent"}).is(200)
	if got := h.register(session); len(got.Register) != 1 || got.Register[0].State != casework.RowAbsent {
		t.Errorf("the emptied row is not marked: %+v", got.Register)
	}
}

func TestATapUponWhatAClockDatedAheadIsTaken(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	session, right := h.session("2021-05-04"), h.clock()
	row, counts := "sessions/"+session+"/register/"+h.child("a"), "sessions/"+session+"/counts"
	h.moment.Store(right.AddDate(1, 0, 0).UnixMilli())
	h.put(row, object{"state": "attended"}).is(200)
	h.put(counts, object{"unidentified": 2}).is(200)
	h.moment.Store(right.UnixMilli())
	before := h.register(session)
	marked := events.InstantOf(before.Register[0].Marked.At)
	h.put(row, object{"state": "none", "at": marked + 3_600_000}).problem(422, "future_time", "body.at")
	h.put(counts, object{"unidentified": 3, "at": marked + 3_600_000}).problem(422, "future_time", "body.at")
	h.put(row, object{"state": "absent", "at": marked + 1}).is(200)
	h.put(counts, object{"unidentified": 1, "at": before.UnidentifiedAt + 1}).is(200)
	if got := h.register(session); got.Register[0].State != casework.RowAbsent || got.Unidentified != 1 {
		t.Errorf("the next tap does not stand: %+v", got)
	}
}

// TestARowThatWasDatedAheadKeepsNoLaterTapFromTheOthers states the register whole after the clock was set right.
func TestARowThatWasDatedAheadKeepsNoLaterTapFromTheOthers(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	session, right := h.session("2021-05-04"), h.clock()
	a, b := h.child("a"), h.child("b")
	h.moment.Store(right.AddDate(1, 0, 0).UnixMilli())
	h.put("sessions/"+session+"/register/"+a, object{"state": "attended"}).is(200)
	h.moment.Store(right.UnixMilli())
	h.put("sessions/"+session+"/register", object{"attended": []string{a}, "absent": []string{b}}).is(200)
	h.put("sessions/"+session+"/register/"+b, object{"state": "attended", "at": events.InstantOf(right) + 5000}).is(200)
	for _, row := range h.register(session).Register {
		if row.State != casework.RowAttended {
			t.Errorf("a tap after the register does not stand: %+v", row)
		}
	}
}

func TestCountsMayComeTwiceAndInAnyOrderAndLeaveTheRows(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child, session := h.child("a"), h.session("2021-05-04")
	counts := "sessions/" + session + "/counts"
	h.put(counts, object{"unidentified": 4, "at": "2021-05-04T16:05:00Z"}).is(200)
	h.put(counts, object{"unidentified": 2, "at": "2021-05-04T16:00:00Z"}).is(200)
	h.put(counts, object{"adults": 3, "at": "2021-05-04T16:01:00Z"}).is(200)
	h.put(counts, object{"unidentified": 4, "at": "2021-05-04T16:05:00Z"}).is(200)
	late := h.put("sessions/"+session+"/register/"+child, object{"state": "attended", "at": "2021-05-04T15:00:00Z"}).is(200).receipt()
	got := h.register(session)
	if got.Unidentified != 4 || got.Adults != 3 || len(got.Register) != 1 || got.Register[0].State != casework.RowAttended {
		t.Errorf("not four children without a name, three adults, and a child that was marked before: %+v", got)
	}
	if got.UnidentifiedAt.String() != "2021-05-04T16:05:00.000Z" || got.AdultsAt.String() != "2021-05-04T16:01:00.000Z" {
		t.Errorf("counted at %s and %s", got.UnidentifiedAt, got.AdultsAt)
	}
	if f := h.reached("year=2021", late.Position); f.Children != 1 || f.Bounds.Upper != 5 {
		t.Errorf("not one child, or five at most: %+v", f)
	}
	h.put(counts, object{"unidentified": 1, "at": "2030-01-01T00:00:00Z"}).problem(422, "future_time", "body.at")
	h.put(counts, object{"unidentified": -1}).is(422)
	h.put("sessions/"+h.session("2022-03-21")+"/counts", object{"adults": 1}).problem(422, "future_date", "")
	other := h.token(access.Coordinator, orebro, "lanterna")
	h.ask(other, "PUT", in(counts), object{"adults": 1}).problem(404, "unknown_session", "")
}

func TestACountWithoutATimeStandsThoughTheLastOneIsDatedAhead(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	session := h.session("2021-05-04")
	counts, ahead := "sessions/"+session+"/counts", events.InstantOf(h.clock().Add(4*time.Minute))
	h.put(counts, object{"unidentified": 4, "at": ahead}).is(200)
	h.put(counts, object{"unidentified": 2, "adults": 1}).is(200)
	got := h.register(session)
	if got.Unidentified != 2 || got.Adults != 1 || got.UnidentifiedAt <= ahead {
		t.Errorf("%d children at %s and %d adults are not what was said last", got.Unidentified, got.UnidentifiedAt, got.Adults)
	}
	if got.AdultsAt >= ahead {
		t.Errorf("adults, whom nobody had counted, are dated ahead: %s", got.AdultsAt)
	}
	h.put(counts, object{"unidentified": 4, "at": ahead}).is(200)
	h.put(counts, object{"adults": 0}).is(200)
	if got := h.register(session); got.Unidentified != 2 || got.Adults != 0 {
		t.Errorf("%d children and %d adults after the first count came once more, and adults were counted at the same moment", got.Unidentified, got.Adults)
	}
}

func TestARegisterSaysWhoCountedLast(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	session := h.session("2021-05-04")
	first, second := h.token(access.Coordinator, orebro, "sputnik"), h.token(access.Coordinator, orebro, "sputnik")
	count := func(token string, body object) { h.ask(token, "PUT", in("sessions/"+session+"/counts"), body).is(200) }
	if got := h.register(session); got.UnidentifiedBy != nil || got.AdultsBy != nil {
		t.Fatalf("nobody counted: %v, %v", got.UnidentifiedBy, got.AdultsBy)
	}
	count(first, object{"unidentified": 4, "adults": 1, "at": "2021-05-04T16:05:00Z"})
	one := h.register(session)
	count(second, object{"unidentified": 4, "at": "2021-05-04T16:06:00Z"})
	count(second, object{"adults": 7, "at": "2021-05-04T16:04:00Z"})
	if got := h.register(session); *one.UnidentifiedBy != *one.AdultsBy || *got.UnidentifiedBy == *one.UnidentifiedBy || *got.AdultsBy != *one.AdultsBy {
		t.Errorf("children by %s and then %s, adults by %s and then %s", one.UnidentifiedBy, got.UnidentifiedBy, one.AdultsBy, got.AdultsBy)
	}
	h.ask(second, "PUT", in("sessions/"+session+"/register"), object{"unidentified": 4, "adults": 2}).is(200)
	if got := h.register(session); *got.UnidentifiedBy != *got.AdultsBy || *got.AdultsBy == *one.AdultsBy {
		t.Errorf("who stated the whole register is not said of both: %s, %s", got.UnidentifiedBy, got.AdultsBy)
	}
}

func TestWhoMayWalkInHasAPlaceInTheProgrammeOrWaitsForOne(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("programmes", object{"id": "lanterna", "name": "Lanterna", "forms": []string{"camp"}}).is(201)
	called := func(label string) string {
		return h.post("children", object{"identity": label, "label": label}).is(200).receipt().Child
	}
	group := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Tisdag"}).is(201).receipt().ID
	member, marked, placed, waits, elsewhere, ended := called("Ada"), called("Bo"), called("Cim"), called("Dag"), called("Eli"), called("Fia")
	h.put("groups/"+group+"/members", object{"members": []string{member}}).is(200)
	for child, programme := range map[string]string{member: "sputnik", marked: "sputnik", placed: "sputnik", ended: "sputnik", elsewhere: "lanterna", h.child("unlabelled"): "sputnik"} {
		place := h.post("enrolments", object{"child": child, "programme": programme, "form": "camp", "enrolled_on": "2021-02-01"}).is(201).receipt()
		if child == ended {
			h.post("enrolments/"+place.ID+"/end", object{"reason": "moved", "ended_on": "2021-03-01"}).is(200)
		}
	}
	h.post("referrals", object{"child": waits, "channel": "school", "received_on": "2022-03-10", "programme": "sputnik"}).is(201)
	session := h.post("sessions", object{"group": group, "held_on": "2022-03-15"}).is(201).receipt().ID
	at := h.put("sessions/"+session+"/register/"+marked, object{"state": "attended"}).is(200).receipt().Position
	read := func(token string) reply {
		return h.ask(token, "GET", in("sessions/"+session+"/others?min_position="+position(at)), nil)
	}
	var others api.Others
	read(h.token(access.Coordinator, orebro, "sputnik")).is(200).into(&others)
	var labels []string
	for _, one := range others.Children {
		labels = append(labels, one.Label)
	}
	if strings.Join(labels, " ") != "Cim Dag" || others.More != 0 {
		t.Errorf("%v may walk in, and %d more", labels, others.More)
	}
	read(h.token(access.Coordinator, orebro, "lanterna")).problem(404, "unknown_session", "")
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
	h.ask(first, "POST", in("children"), object{"identity": "a"}).is(200)
	h.ask(first, "PUT", row, object{"state": "absent", "at": "2021-05-04T16:04:00Z"}).is(200)
	earlier := h.register(session).Register[0].Marked
	h.ask(second, "PUT", row, object{"state": "attended", "at": "2021-05-04T16:05:00Z"}).is(200)
	h.ask(first, "PUT", row, object{"state": "absent", "at": "2021-05-04T16:04:30Z"}).is(200)
	h.ask(first, "PUT", row, object{"home_municipality": "1881"}).is(200) // which sets nothing
	got := h.register(session).Register[0].Marked
	if earlier == nil || got == nil || earlier.Account == got.Account || got.Name != "somebody" || got.At.Format("15:04:05") != "16:05:00" {
		t.Errorf("not the second, at five past: %+v, before %+v", got, earlier)
	}
	h.put("sessions/"+session+"/register", object{}).is(200)
	h.ask(second, "PUT", row, object{"state": "none"}).is(200)
}

func TestAChildThatIsThereForAnotherReasonOrLivesElsewhereIsNotCountedAsOnesOwn(t *testing.T) {
	h := newHouse(t)
	h.post("programmes", object{"id": "mixed", "name": "Mixed", "forms": []string{"support_group"}, "organiser": "municipality", "target": "mixed", "valid_from": "2015-01-01"}).is(201)
	children := h.children(4)
	session := h.post("sessions", object{"programme": "mixed", "form": "support_group", "held_on": "2021-05-04"}).is(201).receipt().ID
	for i, target := range []string{"other", "substance_abuse", ""} {
		place := object{"child": children[i], "programme": "mixed", "form": "support_group", "enrolled_on": "2021-02-01"}
		if target != "" {
			place["target"] = target
		}
		h.post("enrolments", place).is(201)
	}
	var last uint64
	for _, child := range children {
		last = h.put("sessions/"+session+"/register/"+child, object{"state": "attended"}).is(200).receipt().Position
	}
	if f := h.reached("year=2021", last); f.Children != 3 {
		t.Errorf("%d are reached of four, one of whom has a place for another reason", f.Children)
	}
	said := object{"attended": children[:2], "other": children[2:3], "absent": []string{}, "homes": []object{{"child": children[1], "home_municipality": "1881"}}}
	last = h.put("sessions/"+session+"/register", said).is(200).receipt().Position
	if f := h.reached("year=2021", last); f.Children != 1 {
		t.Errorf("%d are reached: of those stated, one is there for another reason and one lives elsewhere", f.Children)
	}
	for _, row := range h.register(session).Register {
		if (row.Child.String() == children[1]) != (row.Home == "1881") {
			t.Errorf("the register says of %s that it lives in %q", row.Child, row.Home)
		}
	}
	delete(said, "homes")
	h.put("sessions/"+session+"/register", said).is(200)
	if !slices.ContainsFunc(h.register(session).Register, func(r api.RegisterRow) bool { return r.Home == "1881" }) {
		t.Error("where a child lives is forgotten when it is not said again")
	}
}

func TestWhyAChildIsThereLeavesWhatComesLate(t *testing.T) {
	h := newHouse(t)
	h.post("programmes", object{"id": "mixed", "name": "Mixed", "forms": []string{"support_group"}, "organiser": "municipality", "target": "mixed", "valid_from": "2015-01-01"}).is(201)
	children := h.children(2)
	session := h.post("sessions", object{"programme": "mixed", "form": "support_group", "held_on": "2021-05-04"}).is(201).receipt().ID
	row := func(i int) string { return "sessions/" + session + "/register/" + children[i] }
	h.put(row(0), object{"state": "attended", "at": "2021-05-04T16:00:00Z"}).is(200)
	h.put(row(0), object{"target": "other", "home_municipality": "1881"}).is(200)
	h.put(row(1), object{"state": "attended", "target": "other"}).is(200)
	h.put("sessions/"+session+"/counts", object{"unidentified": 3, "at": "2021-05-04T16:01:00Z"}).is(200)
	h.put(row(0), object{"state": "absent", "at": "2021-05-04T16:02:00Z"}).is(200)
	h.put(row(1), object{"state": "absent", "at": "2021-05-04T16:03:00Z"}).is(200)
	got := h.register(session)
	if got.Unidentified != 3 {
		t.Errorf("the count from before comes late, and %d stand", got.Unidentified)
	}
	for _, r := range got.Register {
		switch first := r.Child.String() == children[0]; {
		case first && (r.State != casework.RowAbsent || r.Home != "1881"):
			t.Errorf("of whom only a reason was said: %+v", r)
		case !first && (r.State != casework.RowAttended || r.Target != "other"):
			t.Errorf("who came for another reason after the tap: %+v", r)
		}
	}
	h.put(row(0), object{}).problem(422, "missing", "body.state")
	h.put(row(0), object{"target": "mixed"}).problem(422, "invalid_request", "body.target")
	h.put(row(0), object{"home_municipality": "9999"}).is(422)
}

func TestOfTwoMarksOfAChildARegisterAlwaysTellsTheSame(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("imports?source=a", "record_id,type,occurred_on,child,programme,form,target,home_municipality\n"+
		"1,session_attended,2021-03-01,a,sputnik,support_group,other,1881\n2,session_attended,2021-03-01,a,sputnik,support_group,substance_abuse,1882\n").is(200)
	var list api.Sessions
	h.get("sessions?min_position=" + position(h.head())).is(200).into(&list)
	if len(list.Sessions) != 1 {
		t.Fatalf("the file made %d sessions", len(list.Sessions))
	}
	for range 12 {
		if rows := h.register(list.Sessions[0].ID.String()).Register; len(rows) != 1 || rows[0].Target != "" || rows[0].Home != "1882" {
			t.Fatalf("of a child that is there for both reasons: %+v", rows)
		}
	}
}

func TestACancelledOccasionCanBeHeldAfterAll(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	session, child := h.session("2021-05-04"), h.child("a")
	h.post("sessions/"+session+"/cancel", nil).is(200)
	row := "sessions/" + session + "/register/" + child
	h.put(row, object{"state": "attended"}).problem(409, "session_cancelled", "")
	h.post("sessions/"+session+"/reinstate", object{"reason": "entered_in_error"}).is(200)
	h.post("sessions/"+session+"/reinstate", object{"reason": "entered_in_error"}).is(200)
	h.put(row, object{"state": "attended"}).is(200)
	h.post("sessions/"+session+"/withdraw", object{"reason": "entered_in_error"}).is(200)
	h.post("sessions/"+session+"/reinstate", object{"reason": "entered_in_error"}).problem(409, "session_withdrawn", "")
}

func TestTheOccasionsWithoutARegisterCanBeAskedForAlone(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	filled, cancelled, missing := h.session("2021-05-04"), h.session("2021-05-11"), h.session("2021-05-18")
	h.put("sessions/"+filled+"/register", object{"attended": h.children(1)}).is(200)
	last := h.post("sessions/"+cancelled+"/cancel", nil).is(200).receipt().Position
	var list api.Sessions
	h.get(fmt.Sprintf("sessions?missing=true&min_position=%d", last)).is(200).into(&list)
	if len(list.Sessions) != 1 || list.Sessions[0].ID.String() != missing {
		t.Errorf("not the one that is missing: %+v", list.Sessions)
	}
}

func TestTheOccasionsToBeFilledInAreAskedForWithHowManyAreUnmarked(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	children := h.children(3)
	group := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Skogen"}).is(201).receipt().ID
	h.put("groups/"+group+"/members", object{"members": children}).is(200)
	open := func(day string) string {
		return h.post("sessions", object{"group": group, "held_on": day}).is(201).receipt().ID
	}
	whole, begun, empty := open("2021-05-04"), open("2021-05-11"), open("2021-05-18")
	h.put("sessions/"+whole+"/register", object{"attended": children[:2], "absent": children[2:]}).is(200)
	last := h.put("sessions/"+begun+"/register/"+children[0], object{"state": "attended"}).is(200).receipt().Position
	var list api.Sessions
	h.get(fmt.Sprintf("sessions?unfinished=true&min_position=%d", last)).is(200).into(&list)
	if len(list.Sessions) != 2 || list.Sessions[0].ID.String() != empty || list.Sessions[1].ID.String() != begun || list.Sessions[1].Unmarked != 2 {
		t.Errorf("not the empty one and the begun one: %+v", list.Sessions)
	}
}

func TestASeriesSaysOnWhichHolidaysItDoesNotMeet(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	group := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Torsdag"}).is(201).receipt().ID
	plan := func(body object) (met, holidays string) {
		t.Helper()
		var series api.SeriesReceipt
		h.post("groups/"+group+"/series", body).is(201).into(&series)
		for _, s := range series.Sessions {
			met += s.HeldOn.String() + " "
		}
		return met, fmt.Sprint(series.Holidays)
	}
	for _, c := range []struct {
		says          string
		body          object
		met, holidays string
	}{
		{"by rule", object{"from": "2099-12-17", "count": 4, "skip_holidays": true, "skip": []string{"2100-01-07"}}, "2099-12-17 ", "[2099-12-24 2099-12-31]"},
		{"by its days", object{"days": []string{"2098-06-06", "2098-06-05", "2098-06-06"}, "skip_holidays": true}, "2098-06-05 ", "[2098-06-06]"},
		{"one that is skipped anyhow is not said", object{"days": []string{"2097-06-06", "2097-06-05"}, "skip_holidays": true, "skip": []string{"2097-06-06"}}, "2097-06-05 ", "[]"},
		{"nor is one on which it meets", object{"days": []string{"2096-06-06"}}, "2096-06-06 ", "[]"},
	} {
		if met, holidays := plan(c.body); met != c.met || holidays != c.holidays {
			t.Errorf("%s: it meets %s, and not on %s", c.says, met, holidays)
		}
	}
	h.post("groups/"+group+"/series", object{"days": []string{"2095-06-06"}, "skip_holidays": true}).problem(422, "no_days", "body.skip")
}

func TestAHomeOfSomebodyWhoIsInNoListOfTheRegisterIsRefused(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	session, a, b := h.session("2021-05-04"), h.child("a"), h.child("b")
	path := "sessions/" + session + "/register"
	homes := []object{{"child": a, "home_municipality": "1881"}, {"child": b, "home_municipality": "1881"}}
	h.put(path, object{"attended": []string{a}, "homes": homes}).problem(422, "not_in_register", "body.homes[1].child")
	h.put(path, object{"attended": []string{a}, "absent": []string{b}, "homes": homes}).is(200)
	h.put(path, object{"attended": []string{a}, "other": []string{b}, "homes": homes}).is(200)
}

func TestAChildIsSaidToLiveInOneMunicipality(t *testing.T) {
	w := newTown(t)
	w.merge()
	state := func(homes ...object) reply {
		return w.put(w.evening+"/register", object{"attended": []string{w.kept, w.found}, "homes": homes})
	}
	lives := func(child, home string) object { return object{"child": child, "home_municipality": home} }
	state(lives(w.kept, "1881"), lives(w.kept, "1882")).problem(422, "child_named_twice", "body.homes[1].home_municipality")
	state(lives(w.kept, "1881"), lives(w.found, "1882")).problem(422, "child_named_twice", "body.homes[1].home_municipality")
	state(lives(w.found, "1881"), lives(w.kept, "1881")).is(200)
	state(lives(w.found, "1882")).is(200)
	if rows := w.register(strings.TrimPrefix(w.evening, "sessions/")).Register; len(rows) != 1 || rows[0].Home != "1882" {
		t.Errorf("the register says %+v", rows)
	}
}

func TestAListOfOccasionsThatIsCutGoesOnWhereItEnded(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	for _, day := range []string{"2021-05-04", "2021-05-11", "2021-05-11", "2021-05-11", "2021-05-11", "2021-05-18"} {
		h.session(day)
	}
	list := func(query string) (body api.Sessions) {
		t.Helper()
		h.get("sessions?min_position=" + position(h.head()) + query).is(200).into(&body)
		return body
	}
	var listed []string
	for query := "&limit=2"; query != ""; {
		part := list(query)
		for _, one := range part.Sessions {
			listed = append(listed, one.ID.String())
		}
		if query = ""; part.Older != nil {
			query = fmt.Sprintf("&limit=2&to=%s&after=%s", part.Older.To, part.Older.After)
		}
	}
	var all []string
	for _, one := range list("&limit=6").Sessions {
		all = append(all, one.ID.String())
	}
	if len(all) != 6 || !slices.Equal(listed, all) {
		t.Errorf("in parts %v, at once %v", listed, all)
	}
	h.get("sessions?after="+all[0]).problem(422, "invalid", "query.after")
}
