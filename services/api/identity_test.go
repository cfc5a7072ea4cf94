package api_test

import (
	"strings"
	"testing"
	"time"

	"rackvidd/services/api"
)

// openDoor registers a programme that identifies nobody, and returns a session of it.
func (h *house) openDoor() (session string) {
	h.t.Helper()
	h.post("programmes", object{"id": "dorren", "forms": []string{"camp"}, "identity": "none"}).is(201)
	return h.post("sessions", object{"programme": "dorren", "form": "camp", "held_on": "2021-05-04"}).is(201).receipt().ID
}

func TestAProgrammeWithoutIdentitiesCountsAndNamesNobody(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	session, child := h.openDoor(), h.child("a")
	const code = "programme_without_identities"
	path := "sessions/" + session + "/register"
	h.put(path, object{"attended": []string{child}, "unidentified": 3}).problem(422, code, "body.attended[0]")
	h.put(path, object{"absent": []string{child}}).problem(422, code, "body.absent[0]")
	h.put(path, object{"other": []string{child}}).problem(422, code, "body.other[0]")
	for _, state := range []string{"attended", "absent", "none"} {
		h.put(path+"/"+child, object{"state": state}).problem(422, code, "path.child")
	}
	h.post("enrolments", object{"child": child, "programme": "dorren", "form": "camp", "enrolled_on": "2021-02-01"}).problem(422, code, "body.child")
	h.post("referrals", object{"child": child, "programme": "dorren", "channel": "school", "received_on": "2021-02-01"}).problem(422, code, "body.child")
	group := h.post("groups", object{"programme": "dorren", "form": "camp", "name": "Sommar"}).is(201).receipt().ID
	refused := h.put("groups/"+group+"/members", object{"members": []string{child}})
	refused.problem(422, code, "body.members[0]")
	if !strings.Contains(refused.text, "give a count instead") {
		t.Errorf("it does not say what to do: %s", refused.text)
	}
	at := h.put(path, object{"unidentified": 3, "adults": 1}).is(200).receipt().Position
	if f := h.reached("year=2021", at); f.Children != 0 || f.UnidentifiedAttendances != 3 || f.Enrolments.Children != 0 || f.Referrals.Received != 0 {
		t.Errorf("not three whom nobody knows: %+v", f)
	}
}

func TestNobodyIsMovedIntoAProgrammeWithoutIdentities(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.openDoor()
	child := h.child("a")
	const code = "programme_without_identities"
	moved := object{"reason": "wrong_programme", "programme": "dorren", "form": "camp"}
	place := h.post("enrolments", object{"child": child, "programme": "sputnik", "form": "camp", "enrolled_on": "2021-02-01"}).is(201).receipt()
	h.post("enrolments/"+place.ID+"/correct", moved).problem(422, code, "body.programme")
	referral := h.post("referrals", object{"child": child, "channel": "school", "received_on": "2021-02-01"}).is(201).receipt()
	h.post("referrals/"+referral.ID+"/correct", moved).problem(422, code, "body.programme")
	session := h.session("2021-05-04")
	h.put("sessions/"+session+"/register", object{"attended": []string{child}}).is(200)
	h.post("sessions/"+session+"/correct", moved).problem(422, code, "body.programme")
	h.put("sessions/"+session+"/register", object{"unidentified": 1}).is(200)
	h.post("sessions/"+session+"/correct", moved).is(200)
}

func TestWhoWasNamedBeforeAProgrammeStoppedIdentifyingMayStayOrGo(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	a, b := h.child("a"), h.child("b")
	session := h.session("2021-05-04")
	path := "sessions/" + session + "/register"
	h.put(path, object{"attended": []string{a, b}}).is(200)
	place := h.post("enrolments", object{"child": a, "programme": "sputnik", "form": "camp", "enrolled_on": "2021-02-01"}).is(201).receipt()
	h.ask(adminToken, "PUT", in("programmes/sputnik"), object{"forms": []string{"support_group", "camp"}, "identity": "none"}).is(200)
	h.put(path, object{"attended": []string{a, b}, "unidentified": 2}).is(200)
	h.moment.Store(now.Add(time.Minute).UnixMilli())
	h.put(path+"/"+b, object{"state": "none"}).is(200)
	h.put(path+"/"+b, object{"state": "attended"}).problem(422, "programme_without_identities", "path.child")
	h.post("enrolments/"+place.ID+"/correct", object{"reason": "wrong_day", "enrolled_on": "2021-02-02"}).is(200)
	at := h.post("enrolments/"+place.ID+"/end", object{"reason": "completed", "ended_on": "2021-06-01"}).is(200).receipt().Position
	if f := h.reached("year=2021", at); f.Children != 1 || f.UnidentifiedAttendances != 2 {
		t.Errorf("not one child and two whom nobody knows: %+v", f)
	}
}

// cards registers a programme that hands out cards.
func (h *house) cards() {
	h.t.Helper()
	h.post("programmes", object{"id": "kort", "forms": []string{"camp"}, "identity": "card"}).is(201)
}

func (h *house) card() string {
	h.t.Helper()
	var answered struct{ Card string }
	h.post("cards", object{"programme": "kort"}).is(200).into(&answered)
	return answered.Card
}

func TestACardIsTheSameChildHoweverItIsTyped(t *testing.T) {
	h := newHouse(t)
	h.cards()
	head, err := h.log.Head(t.Context(), orebro)
	if err != nil {
		t.Fatal(err)
	}
	one, other := h.card(), h.card()
	if len(one) != 11 || one == other {
		t.Fatalf("not two cards: %s %s", one, other)
	}
	enter := func(body object) string { return h.post("children", body).is(200).receipt().Child }
	child := enter(object{"card": one})
	typed := strings.ToLower(strings.NewReplacer("-", " ", "0", "o", "1", "l", "2", "z", "5", "s").Replace(one))
	for _, again := range []object{{"card": typed}, {"card": strings.ReplaceAll(one, "-", "\u2013")}, {"identity": typed}, {"identity": one, "source": "default"}} {
		if enter(again) != child {
			t.Errorf("%v is another child than %s", again, one)
		}
	}
	if enter(object{"card": other}) == child {
		t.Error("two cards are one child")
	}
	if now, err := h.log.Head(t.Context(), orebro); err != nil || now != head {
		t.Errorf("a card was recorded: position %d, not %d", now, head)
	}
}

func TestACardIsRefusedWhereItCannotBe(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.cards()
	card := h.card()
	wrong := "A" + card[1:]
	if wrong == card {
		wrong = "B" + card[1:]
	}
	for _, typed := range []string{wrong, card[:9], card + card, "20101231-2391", " - "} {
		refused := h.post("children", object{"card": typed})
		refused.problem(422, "invalid_card", "body.card")
		if strings.Contains(refused.text, typed) {
			t.Errorf("it repeats what was typed: %s", refused.text)
		}
	}
	h.post("children", object{"card": card, "identity": "a"}).problem(422, "identity_and_card", "body.card")
	h.post("children", object{"label": "Bo"}).problem(422, "missing", "body.identity")
	h.post("cards", object{"programme": "sputnik"}).problem(422, "programme_without_cards", "body.programme")
	h.post("cards", object{"programme": "nothing"}).problem(422, "unknown_programme", "body.programme")
	h.ask(h.token("coordinator", orebro, "sputnik"), "POST", in("cards"), object{"programme": "kort"}).problem(403, "forbidden", "")
}

func TestACardHandedOutHereAndOneInAFileAreOneChild(t *testing.T) {
	h := newHouse(t)
	h.cards()
	card := h.card()
	child := h.post("children", object{"card": card}).is(200).receipt().Child
	session := h.post("sessions", object{"programme": "kort", "form": "camp", "held_on": "2021-05-04"}).is(201).receipt().ID
	h.put("sessions/"+session+"/register", object{"attended": []string{child}}).is(200)
	file := "record_id,type,occurred_on,child,programme,form\n1,session_attended,2021-06-01," + strings.ToLower(strings.ReplaceAll(card, "-", "")) + ",kort,camp\n2,session_attended,2021-06-01,anna,kort,camp\n"
	var s api.ImportSummary
	h.post("imports", file).is(200).into(&s)
	if s.Recorded != 1 || len(s.Rejected) != 1 || s.Rejected[0].Code != "invalid_card" || s.Rejected[0].Column != "child" || s.Rejected[0].Line != 3 {
		t.Fatalf("not the card alone is recorded: %+v", s)
	}
	if f := h.reached("year=2021", s.Position); f.Children != 1 || f.ByForm[0].Attendances != 2 {
		t.Errorf("the card is not one child who came twice: %+v", f)
	}
}
