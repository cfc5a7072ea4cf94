package api_test

import (
	"strings"
	"testing"

	"rackvidd/services/access"
	"rackvidd/services/api"
)

func TestChildrenThatAreCalledAlikeAreFoundAmongThoseOfTheProgrammeAlone(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("programmes", object{"id": "lanterna", "forms": []string{"camp"}}).is(201)
	called := func(identity, label string) string {
		return h.post("children", object{"identity": identity, "label": label}).is(200).receipt().Child
	}
	placed, waits, elsewhere, hidden, loose := called("a", "Åsa"), called("b", "åsa B"), called("c", "Åsa"), called("d", "Åsa"), called("e", "Åsa")
	other := called("f", "Åsalill")
	for _, child := range []string{placed, hidden, other} {
		h.post("enrolments", object{"child": child, "programme": "sputnik", "form": "camp", "enrolled_on": "2022-02-01"}).is(201)
	}
	h.post("enrolments", object{"child": elsewhere, "programme": "lanterna", "form": "camp", "enrolled_on": "2022-02-01"}).is(201)
	at := h.post("referrals", object{"child": waits, "channel": "school", "received_on": "2022-02-01", "programme": "sputnik"}).is(201).receipt().Position
	h.ask(adminToken, "PUT", in("children/"+hidden+"/protection"), object{"protected": true}).is(200)
	h.get("caseload?min_position=" + position(at)).is(200)
	coordinator := h.token(access.Coordinator, orebro, "sputnik")
	var found api.Alike
	answer := h.ask(coordinator, "POST", in("children/alike"), object{"label": " ÅSA", "child": loose}).is(200)
	answer.into(&found)
	if len(found.Children) != 2 || !strings.Contains(answer.text, placed) || !strings.Contains(answer.text, waits) {
		t.Errorf("alike are %s", answer.text)
	}
	h.ask(coordinator, "POST", in("children/alike"), object{"label": "Åsa", "child": placed}).is(200).into(&found)
	if len(found.Children) != 1 || found.Children[0].Child.String() != waits {
		t.Errorf("beside the child itself: %+v", found)
	}
	if h.ask(coordinator, "POST", in("children/alike"), object{"label": "Kim"}).is(200).into(&found); len(found.Children) != 0 {
		t.Errorf("called otherwise: %+v", found)
	}
	h.ask(h.token(access.BackOffice, orebro), "POST", in("children/alike"), object{"label": "Åsa"}).is(403)
}
