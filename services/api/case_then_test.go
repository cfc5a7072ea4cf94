package api_test

import (
	"testing"
	"time"

	"rackvidd/services/access"
	"rackvidd/services/api"
)

func TestAChildsHistoryAsItWasKnownAtATimeAndAtAPosition(t *testing.T) {
	h := newHouse(t)
	day := func(n int) { h.moment.Store(now.AddDate(0, 0, n-10).UnixMilli()) }
	day(0)
	h.sputnik()
	child := h.child("a")
	day(1)
	first := h.post("enrolments", object{"child": child, "programme": "sputnik", "form": "camp", "enrolled_on": "2021-01-10"}).is(201).receipt()
	day(2)
	session := h.session("2021-05-04")
	h.put("sessions/"+session+"/register", object{"attended": []string{child}}).is(200)
	day(3)
	h.put("sessions/"+session+"/register", object{"attended": []string{}}).is(200)
	last := h.post("enrolments/"+first.ID+"/end", object{"reason": "moved", "ended_on": "2021-06-01"}).is(200).receipt()

	read := func(query string) (one api.Case) {
		t.Helper()
		h.get("cases/" + child + "?min_position=" + position(last.Position) + query).is(200).into(&one)
		return one
	}
	at := func(n int) string {
		return "&as_of=" + now.AddDate(0, 0, n-10).Add(time.Hour).UTC().Format(time.RFC3339)
	}
	for query, want := range map[string][3]int{ // places, ends, sessions
		"":                                      {1, 1, 0},
		at(0):                                   {0, 0, 0},
		at(1):                                   {1, 0, 0},
		at(2):                                   {1, 0, 1},
		at(3):                                   {1, 1, 0},
		"&position=0":                           {0, 0, 0},
		"&position=" + position(first.Position): {1, 0, 0},
	} {
		one := read(query)
		got := [3]int{len(one.Enrolments), 0, len(one.Sessions)}
		for _, e := range one.Enrolments {
			if e.End != nil {
				got[1]++
			}
		}
		if got != want {
			t.Errorf("%q: places, ends and sessions %v, not %v", query, got, want)
		}
	}
	if one := read(at(1)); one.Position != first.Position {
		t.Errorf("it shows position %d, not %d", one.Position, first.Position)
	}
	h.get("cases/"+child+"?position=1&as_of=2022-03-20T10:00:00Z").problem(422, "as_of_and_position", "query.as_of")
	h.get("cases/"+child+"?position="+position(last.Position+1)).problem(422, "beyond_the_log", "")
	other := h.token(access.Coordinator, orebro, "lanterna")
	h.ask(other, "GET", in("cases/"+child+"?position="+position(first.Position)), nil).problem(404, "unknown_child", "")
	before := h.readsOf(child)
	read(at(1))
	if after := h.readsOf(child); after != before+1 {
		t.Errorf("%d reads are logged, and after one more %d", before, after)
	}
}

// readsOf is how often the history of a child was read.
func (h *house) readsOf(child string) int {
	h.t.Helper()
	var all api.Reads
	h.get("reads?why=case&child=" + child).is(200).into(&all)
	return len(all.Reads)
}
