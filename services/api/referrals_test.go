package api_test

import "testing"

func TestAReferralIsCorrectedToAFormThatItsProgrammeOffers(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("programmes", object{"id": "lanterna", "forms": []string{"open_preschool"}}).is(201)
	refer := func(programme string) string {
		t.Helper()
		return h.post("referrals", object{"child": h.child("a"), "channel": "school", "received_on": "2021-01-10", "programme": programme, "form": "camp"}).is(201).receipt().ID
	}
	named := "referrals/" + refer("sputnik") + "/correct"
	h.post(named, object{"reason": "other", "form": "open_preschool"}).problem(422, "form_not_offered", "body.form")
	h.post(named, object{"reason": "other", "programme": "lanterna"}).problem(422, "form_not_offered", "body.form")
	h.post(named, object{"reason": "other", "form": "counselling"}).is(200)
	h.put("programmes/sputnik", object{"forms": []string{"support_group"}}).is(200)
	h.post(named, object{"reason": "other", "channel": "self"}).is(200) // says nothing of the form, which was offered then
	h.post(named, object{"reason": "other", "programme": "lanterna", "form": "open_preschool"}).is(200)
	open := h.post("referrals", object{"child": h.child("b"), "channel": "school", "received_on": "2021-01-10"}).is(201).receipt().ID
	h.post("referrals/"+open+"/correct", object{"reason": "other", "form": "open_preschool"}).is(200)
}
