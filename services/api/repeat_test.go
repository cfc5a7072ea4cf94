package api_test

import (
	"fmt"
	"sync"
	"testing"
)

func TestAWriteWithAKeyIsAnsweredAsTheFirstTime(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.post("programmes", object{"id": "kort", "forms": []string{"camp"}, "identity": "card"}).is(201)
	children := h.children(3)
	session := h.session("2021-05-04")
	group := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Tisdag"}).is(201).receipt().ID
	merge := h.post("merges", object{"keep": children[0], "merge": children[2]}).is(201).receipt().ID
	referral := h.post("referrals", object{"child": children[1], "channel": "school", "received_on": "2021-01-10"}).is(201).receipt().ID
	place := h.post("enrolments", object{"child": children[1], "programme": "sputnik", "form": "camp", "enrolled_on": "2021-01-10"}).is(201).receipt().ID
	for i, write := range []struct {
		method, path string
		body         object
		other        object
	}{
		{"POST", "programmes", object{"id": "p", "forms": []string{"camp"}}, object{"id": "p2", "forms": []string{"camp"}}},
		{"PUT", "programmes/sputnik", object{"forms": []string{"support_group", "camp"}}, object{"forms": []string{"camp"}}},
		{"POST", "children", object{"identity": "new"}, object{"identity": "newer"}},
		{"POST", "cards", object{"programme": "kort"}, object{"programme": "sputnik"}},
		{"PUT", "children/" + children[0] + "/label", object{"label": "Bo"}, object{"label": "Bosse"}},
		{"POST", "groups", object{"programme": "sputnik", "form": "support_group", "name": "Onsdag"}, object{"programme": "sputnik", "form": "support_group", "name": "Torsdag"}},
		{"PUT", "groups/" + group + "/members", object{"members": children}, object{"members": children[:1]}},
		{"POST", "groups/" + group + "/series", object{"days": []string{"2022-04-05", "2022-04-12"}}, object{"days": []string{"2022-04-05"}}},
		{"POST", "sessions", object{"group": group, "held_on": "2021-05-04"}, object{"group": group, "held_on": "2021-05-05"}},
		{"PUT", "sessions/" + session + "/register", object{"attended": children}, object{"attended": children[:1]}},
		{"POST", "referrals", object{"child": children[0], "channel": "school", "received_on": "2021-01-10"}, object{"child": children[0], "channel": "self", "received_on": "2021-01-10"}},
		{"POST", "referrals/" + referral + "/correct", object{"reason": "other", "channel": "self"}, object{"reason": "other", "channel": "school"}},
		{"POST", "referrals/" + referral + "/correct", object{"reason": "other", "birth_year": 2011}, object{"reason": "other", "birth_year": 2012}},
		{"POST", "referrals/" + referral + "/close", object{"outcome": "accepted", "closed_on": "2021-01-20"}, object{"outcome": "declined", "closed_on": "2021-01-20"}},
		{"POST", "referrals/" + referral + "/withdraw", object{"reason": "other"}, object{"reason": "duplicate"}},
		{"POST", "enrolments", object{"child": children[0], "programme": "sputnik", "form": "camp", "enrolled_on": "2021-02-01"}, object{"child": children[0], "programme": "sputnik", "form": "camp", "enrolled_on": "2021-02-02"}},
		{"POST", "enrolments/" + place + "/end", object{"reason": "moved", "ended_on": "2021-02-01"}, object{"reason": "completed", "ended_on": "2021-02-01"}},
		{"POST", "merges/" + merge + "/undo", object{"reason": "other"}, object{"reason": "duplicate"}},
		{"POST", "guests", object{"provider_municipality": "1881", "programme": "x", "form": "camp", "held_on": "2021-07-01", "children": 3}, object{"provider_municipality": "1881", "programme": "x", "form": "camp", "held_on": "2021-07-01", "children": 4}},
	} {
		key := fmt.Sprintf("key %d", i)
		first := h.ask(adminToken, write.method, in(write.path), write.body, "Idempotency-Key", key)
		if first.status >= 300 {
			t.Errorf("%s: %d %s", first.what, first.status, first.text)
			continue
		}
		head, err := h.log.Head(t.Context(), orebro)
		if err != nil {
			t.Fatal(err)
		}
		again := h.ask(adminToken, write.method, in(write.path), write.body, "Idempotency-Key", key)
		if again.text != first.text || again.status != first.status || again.header.Get("ETag") != first.header.Get("ETag") {
			t.Errorf("%s: answered otherwise the second time: %s\n%s", first.what, first.text, again.text)
		}
		if now, err := h.log.Head(t.Context(), orebro); err != nil || now != head {
			t.Errorf("%s: the repeat recorded something", first.what)
		}
		h.ask(adminToken, write.method, in(write.path), write.other, "Idempotency-Key", key).problem(422, "key_reused", "")
	}
}

func TestTheSameWriteManyTimesAtOnceIsRecordedOnce(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	var all sync.WaitGroup
	answers := make([]reply, 8)
	for i := range answers {
		all.Go(func() {
			answers[i] = h.post("sessions", object{"programme": "sputnik", "form": "camp", "held_on": "2021-05-04"}, "Idempotency-Key", "once")
		})
	}
	all.Wait()
	for _, a := range answers {
		if a.is(201).text != answers[0].text {
			t.Errorf("two answers: %s %s", answers[0].text, a.text)
		}
	}
	if head, err := h.log.Head(t.Context(), orebro); err != nil || head != 2 {
		t.Errorf("the log is at %d, not 2: %v", head, err)
	}
}

func TestTwoAccountsMayUseTheSameKey(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	body := object{"programme": "sputnik", "form": "camp", "held_on": "2021-05-04"}
	mine := h.post("sessions", body, "Idempotency-Key", "1").is(201).receipt()
	theirs := h.ask(h.token("coordinator", orebro, "*"), "POST", in("sessions"), body, "Idempotency-Key", "1").is(201).receipt()
	if mine.ID == theirs.ID {
		t.Error("another account's key found my session")
	}
}
