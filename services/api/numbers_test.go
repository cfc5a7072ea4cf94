package api_test

import (
	"encoding/json"
	"testing"

	"rackvidd/services/api"
)

func TestAWholeNumberIsOneHoweverJSONWritesIt(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	send := func(path, body string) reply { return h.post(path, json.RawMessage(body)) }
	group := send("groups", `{"programme":"sputnik","form":"support_group","name":"1e3 \"2.0","places":1.2e1}`).is(201).receipt()
	var one api.Group
	h.get("groups/" + group.ID + "?min_position=" + position(group.Position)).is(200).into(&one)
	if one.Places != 12 || one.Name != `1e3 "2.0` {
		t.Errorf("%d places in %q", one.Places, one.Name)
	}
	guests := `{"provider_municipality":"1881","programme":"x","form":"camp","held_on":"2021-07-01","children":`
	send("guests", guests+`30e-1}`).is(201)
	send("guests", guests+`1.5}`).problem(422, "invalid_request", "body.children")
	send("guests", guests+`0.0}`).problem(422, "invalid_request", "body.children")
	send("guests", guests+`"3"}`).problem(422, "invalid_request", "body.children")
	child := h.child("a")
	send("referrals", `{"child":"`+child+`","channel":"school","received_on":"2021-01-10","birth_year":2.011e3}`).is(201)
	send("referrals", `{"child":"`+child+`","channel":"school","received_on":"2021-01-10","birth_year":2011.5}`).problem(422, "invalid_request", "body.birth_year")
}
