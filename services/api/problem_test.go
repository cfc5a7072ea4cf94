package api_test

import (
	"strings"
	"testing"

	"rackvidd/services/api"
)

func TestAProblemSaysWhatWhereAndWhatToDo(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child := h.child("a")
	const nobody = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	referral := func(change object) object {
		body := object{"child": child, "channel": "school", "received_on": "2021-01-10"}
		for field, value := range change {
			body[field] = value
		}
		return body
	}
	for _, c := range []struct {
		method, path string
		body         any
		detail       string
	}{
		{"GET", "reach?year=echo", nil, "query.year: must be a whole number"},
		{"GET", "reach?year=2021&as_of=echo", nil, "query.as_of: must be a time, written 2021-03-02T16:00:00Z"},
		{"GET", "reach?year=2021&definition=echo", nil, "query.definition: must be one of reach/v3, groups/v1, enrolled/v1"},
		{"GET", "reach?year=2021&position=99", nil, "the log of 1880 ends at position 2; there is no position 99 yet; ask for an earlier one, or for none"},
		{"GET", "reach?from=2021-12-31&to=2021-01-01", nil, "query.to: is before from; give a later day"},
		{"GET", "sessions/echo", nil, "path.id: an id is 26 characters of a–z and 2–7"},
		{"GET", "reach/rows?year=2021&figure=echo", nil, "query.figure: is no figure; name one as /api/v1/openapi.json says"},
		{"GET", "log/events/1", nil, "query.why: is missing; send it as well"},
		{"GET", "sessions?echo=1", nil, "query: holds a parameter that is not known here; see /api/v1/openapi.json"},
		{"GET", "cases/" + nobody, nil, "there is no such child, or it is not yours; look its id up again"},
		{"POST", "referrals", referral(object{"child": "echo"}), "body.child: must be an id, as an earlier answer gave it"},
		{"POST", "referrals", referral(object{"received_on": "echo"}), "body.received_on: must be a day that exists, written YYYY-MM-DD"},
		{"POST", "referrals", referral(object{"received_on": "2021-02-30"}), "body.received_on: must be a day that exists, written YYYY-MM-DD"},
		{"POST", "referrals", referral(object{"received_on": "2022-03-21"}), "body.received_on: is after today; give the day on which it happened"},
		{"POST", "referrals", referral(object{"birth_year": "echo"}), "body.birth_year: must be a whole number"},
		{"POST", "referrals", referral(object{"birth_year": 1800}), "body.birth_year: must be at least 1900"},
		{"POST", "referrals", referral(object{"child": nobody}), "body.child: is not a child of this municipality; enter it first and use the handle in the answer"},
		{"POST", "referrals", referral(object{"programme": "echo"}), "body.programme: there is no such programme; register it first"},
		{"POST", "referrals", referral(object{"": "echo"}), "body: holds a field that is not known here; see /api/v1/openapi.json"},
		{"POST", "referrals", referral(object{"colour": "echo"}), "body.colour: is not known here; see /api/v1/openapi.json"},
		{"POST", "referrals", referral(object{"echo echo": 1}), "body: holds a field that is not known here; see /api/v1/openapi.json"},
		{"POST", "referrals", referral(object{"echo.echo2": 1}), "body: holds a field that is not known here; see /api/v1/openapi.json"},
		{"POST", "referrals", referral(object{"201203042393": "echo"}), "body: holds a field that is not known here; see /api/v1/openapi.json"},
		{"POST", "referrals", object{"child": child}, "body.channel: is missing; send it as well"},
		{"PUT", "children/" + child + "/label", object{}, "body.label: is missing; send it as well"},
		{"POST", "referrals", `{"child":echo}`, "body: is not the JSON that is expected here; see /api/v1/openapi.json"},
		{"POST", "programmes", object{"id": "x", "forms": "echo"}, "body.forms: must be a list in square brackets"},
		{"POST", "programmes", object{"name": "echo@example.com", "forms": []string{"camp"}}, "body.name: reads as an e-mail address; nobody's identity may be written here"},
		{"POST", "children", object{"identity": ""}, "body.identity: is empty; write something"},
		{"POST", "children", object{"identity": "x", "label": strings.Repeat("echo", 30)}, "body.label: must have at most 80 characters"},
		{"POST", "children", object{"identity": "x", "label": "echo@example.com"}, "body.label: reads as an identity number, an e-mail address or a telephone number; a first name or a nickname is enough"},
		{"PUT", "children/" + child + "/label", object{"label": "echo 070-123 45 67"}, "body.label: reads as an identity number, an e-mail address or a telephone number; a first name or a nickname is enough"},
		{"POST", "children", object{"identity": "201203042394"}, "body.identity: is written as an identity number, but a digit of it is wrong; look it up again"},
		{"POST", "children", object{"identity": "120304-2394", "label": "echo"}, "body.identity: is written as an identity number, but a digit of it is wrong; look it up again"},
		{"POST", "merges", object{"keep": child, "merge": child}, "body.merge: is the child to keep; name another one"},
		{"PUT", "sessions/" + h.session("2022-03-21") + "/register", object{"attended": []string{child}}, "path.id: the session is after today and nobody can have been there; correct its day first"},
	} {
		r := h.ask(adminToken, c.method, in(c.path), c.body)
		var p api.Problem
		if r.into(&p); p.Detail != c.detail {
			t.Errorf("%s: %q\nnot %q", r.what, p.Detail, c.detail)
		}
		if text := withoutUUIDs(r.text); strings.Contains(text, "echo") || strings.Contains(text, "2394") {
			t.Errorf("%s: it repeats what was sent: %s", r.what, text)
		}
		for _, e := range p.Errors {
			if e.Location == "" || e.Message == "" || strings.HasPrefix(e.Message, "expected") {
				t.Errorf("%s: a field's error says too little: %+v", r.what, e)
			}
		}
	}
}
