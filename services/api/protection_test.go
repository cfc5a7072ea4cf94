package api_test

import (
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
	protect(h.token(access.Coordinator, orebro, "*"), true).problem(403, "forbidden", "")
	protect(officer, "yes").problem(422, "invalid_request", "body.protected")
	h.ask(officer, "PUT", in("children/"+child+"/protection"), object{}).problem(422, "invalid_request", "body.protected")
	h.ask(officer, "PUT", in("children/aaaaaaaaaaaaaaaaaaaaaaaaaa/protection"), object{"protected": true}).problem(404, "unknown_child", "")
}
