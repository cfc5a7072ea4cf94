package api_test

import (
	"testing"

	"rackvidd/services/access"
	"rackvidd/services/api"
)

// TestAListOfOneChildIsAReadOfThatChild reads the lists of every day with one child in them, twice, and then with two.
func TestAListOfOneChildIsAReadOfThatChild(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	called := func(identity string) string {
		return h.post("children", object{"identity": identity, "label": "Bo " + identity}).is(200).receipt().Child
	}
	at := uint64(0)
	waits := func(child string) {
		at = h.post("referrals", object{"child": child, "channel": "self", "programme": "sputnik", "received_on": "2021-01-10"}).is(201).receipt().Position
	}
	group := func(members ...string) string {
		id := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Tisdag"}).is(201).receipt().ID
		h.put("groups/"+id+"/members", object{"members": append([]string{}, members...)}).is(200)
		return id
	}
	evening := func(group string) string {
		return "sessions/" + h.post("sessions", object{"group": group, "held_on": "2021-05-04"}).is(201).receipt().ID
	}
	one, two := called("a"), called("b")
	waits(one)
	ofOne, ofTwo, empty := group(one), group(one, two), group()
	registerOfOne, registerOfTwo, open := evening(ofOne), evening(ofTwo), evening(empty)
	reads := func(path string) int {
		token := h.token(access.Coordinator, orebro, "sputnik")
		for range 2 {
			if path == "children/alike" {
				h.ask(token, "POST", in(path), object{"label": "Bo"}).is(200)
				continue
			}
			h.ask(token, "GET", in(path+"?min_position="+position(at)), nil).is(200)
		}
		var all api.Reads
		h.get("reads?why=alone").is(200).into(&all)
		for _, r := range all.Reads {
			if r.Child == nil || r.Child.String() != one {
				t.Errorf("%s notes a read of %v", path, r.Child)
			}
		}
		return len(all.Reads)
	}
	noted := 0
	for _, path := range []string{"groups/" + ofOne, registerOfOne, "caseload", open + "/others", "children/alike"} {
		noted++
		if n := reads(path); n != noted {
			t.Errorf("%s, read twice by another account: %d reads are noted of the child, not %d", path, n, noted)
		}
	}
	waits(two)
	for _, path := range []string{"groups/" + ofTwo, "groups/" + empty, registerOfTwo, open, "caseload", open + "/others", "children/alike"} {
		if n := reads(path); n != noted {
			t.Errorf("%s names several children or none: %d reads are noted, not %d", path, n, noted)
		}
	}
}
