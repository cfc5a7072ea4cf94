package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/api"
)

// reads are lines of the read log, as who and why.
func reads(t *testing.T, r reply) (lines []string, whole api.Reads) {
	t.Helper()
	r.is(200).into(&whole)
	for _, line := range whole.Reads {
		lines = append(lines, line.Name+" "+line.Why)
	}
	return lines, whole
}

func TestWhoReadsAnEventForAReasonStandsInTheReadLogOfEveryChildInIt(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	officer, auditor := h.token(access.DataProtection, orebro), h.token(access.Auditor, orebro)
	a, b := h.child("a"), h.child("b")
	at := h.attend("2021-03-02", a, b)
	merged := h.post("merges", object{"keep": a, "merge": b}).is(201).receipt().Position
	read := func(at events.Position, query string) reply {
		return h.ask(auditor, "GET", in("log/events/"+position(at)+query), nil)
	}
	var one api.LogEvents
	for _, entry := range []events.Position{at, merged - 1, merged} {
		read(entry, "?why=event_review").is(200).into(&one)
	}
	if len(one.Events) == 0 || !strings.Contains(string(one.Events[0]), "case.") {
		t.Errorf("not the merge: %s", one.Events)
	}
	read(1, "?why=event_fault").is(200) // tells of no child
	read(at, "").problem(422, "invalid_request", "query.why")
	read(at, "?why=curiosity").problem(422, "invalid_request", "query.why")
	read(merged+1, "?why=event_review").problem(404, "unknown_position", "")
	h.ask(officer, "GET", in("log/events/1?why=event_review"), nil).is(403)
	for _, child := range []string{a, b} {
		if lines, _ := reads(t, h.ask(officer, "GET", in("reads?why=event_review&child="+child), nil)); len(lines) != 3 {
			t.Errorf("of %s: %q", child, lines)
		}
	}
	if lines, _ := reads(t, h.ask(officer, "GET", in("reads?why=event_fault"), nil)); len(lines) != 0 {
		t.Errorf("of nobody: %q", lines)
	}
}

func TestWhoReadsEventsAsTheyStandInTheLogStandsInTheReadLog(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	officer, auditor := h.token(access.DataProtection, orebro), h.token(access.Auditor, orebro)
	child := h.child("a")
	h.attend("2021-03-02", child)
	said := func(query string) string {
		t.Helper()
		return h.ask(auditor, "GET", in("log/events"+query), nil).is(200).text
	}
	noted := func() int {
		t.Helper()
		lines, whole := reads(t, h.ask(officer, "GET", in("reads?why=raw_events"), nil))
		for _, r := range whole.Reads {
			if r.Child != nil || r.Name != "somebody" {
				t.Errorf("%+v", r)
			}
		}
		return len(lines)
	}
	if text := said("?masked=true"); strings.Contains(text, child) || !strings.Contains(text, "session.attended") || !strings.Contains(text, `"children":1`) || !strings.Contains(text, `"Sputnik"`) || noted() != 0 {
		t.Errorf("masked it says, and %d reads are noted: %s", noted(), text)
	}
	said("?limit=1") // a programme
	if n := noted(); n != 0 {
		t.Errorf("%d reads are noted of what names nobody", n)
	}
	if text := said(""); !strings.Contains(text, child) || noted() != 1 {
		t.Errorf("as it stands it says, and %d reads are noted: %s", noted(), text)
	}
}

func TestWhoReadsWhatTheLogHasOfOneChildStandsInTheReadLogOfThatChildMaskedOrNot(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	officer, auditor := h.token(access.DataProtection, orebro), h.token(access.Auditor, orebro)
	a, b := h.child("a"), h.child("b")
	h.attend("2021-03-02", a, b)
	h.post("referrals", object{"child": a, "channel": "self", "received_on": "2021-01-10"}).is(201)
	h.post("merges", object{"keep": a, "merge": b}).is(201)
	noted := func(child string) int {
		t.Helper()
		lines, _ := reads(t, h.ask(officer, "GET", in("reads?why=raw_events&child="+child), nil))
		return len(lines)
	}
	for i, step := range []struct {
		query     string
		ofA, ofB  int
		ofTheRest int
	}{
		{"stream=case/" + a + "&masked=true", 1, 0, 0},
		{"stream=case/" + a, 2, 1, 0},
		{"stream=case/" + a + "&limit=1", 3, 1, 0}, // the referral names nobody else
		{"stream=programme/sputnik", 3, 1, 0},
		{"masked=true", 3, 1, 0},
		{"from=1", 3, 1, 1},
	} {
		h.ask(auditor, "GET", in("log/events?"+step.query), nil).is(200)
		all, _ := reads(t, h.ask(officer, "GET", in("reads?why=raw_events"), nil))
		if noted(a) != step.ofA || noted(b) != step.ofB || len(all) != step.ofA+step.ofB+step.ofTheRest {
			t.Errorf("%d, after %s: %d lines of a, %d of b, %d in all", i, step.query, noted(a), noted(b), len(all))
		}
	}
}

func TestWhoLooksAChildUpStandsInTheReadLogAndSoDoesWhoReadsIt(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	officer, coordinator := h.token(access.DataProtection, orebro), h.token(access.Coordinator, orebro, "*")
	ask := func(path string) reply { return h.ask(officer, "GET", in(path), nil) }
	var child api.ChildReceipt
	h.ask(coordinator, "POST", in("children"), object{"identity": "a"}).is(200).into(&child)
	at := h.ask(coordinator, "POST", in("referrals"), object{"child": child.Child, "channel": "self", "received_on": "2021-01-10"}).is(201).receipt().Position
	h.ask(coordinator, "GET", in("cases/"+child.Child.String()+"?min_position="+position(at)), nil).is(200)
	ask("children/" + child.Child.String() + "/disclosure").is(200)
	if lines, _ := reads(t, ask("reads?child="+child.Child.String())); fmt.Sprint(lines) != "[somebody read_log somebody disclosed somebody case somebody entered]" {
		t.Errorf("the child's own log: %q", lines)
	}
	if lines, whole := reads(t, ask("reads?why=read_log")); len(lines) != 2 || whole.Reads[0].Child != nil || whole.Reads[1].Child == nil || whole.Position != at {
		t.Errorf("who read the log: %+v", whole)
	}
	if lines, _ := reads(t, ask("reads?why=case&account="+child.Child.String())); len(lines) != 0 {
		t.Errorf("of an account that never read: %q", lines)
	}
	today := events.DayOf(time.Now().In(events.Sweden)).String()
	if lines, _ := reads(t, ask("reads?why=case&to=2021-01-01")); len(lines) != 0 {
		t.Errorf("long ago: %q", lines)
	}
	if lines, _ := reads(t, ask("reads?why=case&from=2021-01-01&to="+today)); len(lines) != 1 {
		t.Errorf("until today: %q", lines)
	}
	var seen []string
	for before := ""; ; {
		lines, whole := reads(t, ask("reads?why=case&limit=1"+before))
		if seen = append(seen, lines...); whole.Older == 0 {
			break
		}
		before = fmt.Sprintf("&before=%d", whole.Older)
	}
	if len(seen) != 1 {
		t.Errorf("page by page: %q", seen)
	}
	ask("reads?why=curiosity").problem(422, "invalid_request", "query.why")
	ask("reads?from=yesterday").problem(422, "invalid_request", "query.from")
	h.ask(coordinator, "GET", in("reads"), nil).problem(403, "forbidden", "")
}

func TestAChildIsFoundAlikeWhetherItIsKnownOrNot(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	officer := h.token(access.DataProtection, orebro)
	known := h.child("19800101-1239 is none")
	find := func(body object) reply { return h.ask(officer, "POST", in("children/find"), body) }
	var there, none, again api.ChildReceipt
	find(object{"identity": "19800101-1239 is none"}).is(200).into(&there)
	find(object{"identity": "nobody"}).is(200).into(&none)
	find(object{"identity": "nobody"}).is(200).into(&again)
	if there.Child.String() != known || none.Child.IsZero() || none.Child == again.Child || there.Position != none.Position {
		t.Errorf("%+v %+v %+v", there, none, again)
	}
	for _, nobody := range []api.ChildReceipt{none, again} {
		h.ask(officer, "GET", in("children/"+nobody.Child.String()+"/disclosure"), nil).problem(404, "unknown_child", "")
	}
	if lines, _ := reads(t, h.ask(officer, "GET", in("reads?why=looked_up"), nil)); len(lines) != 3 {
		t.Errorf("look-ups are noted as %q", lines)
	}
	find(object{}).problem(422, "missing", "body.identity")
	find(object{"identity": "a", "card": "b"}).problem(422, "identity_and_card", "body.card")
	find(object{"card": "b"}).problem(422, "invalid_card", "body.card")
	h.ask(h.token(access.Auditor, orebro), "POST", in("children/find"), object{"identity": "a"}).problem(403, "forbidden", "")
}

func TestWhoeverSearchesForChildrenIsSlowedDown(t *testing.T) {
	h := newHouse(t, func(d *api.Deps) { d.LookupsPerMinute = 2 })
	officer := h.token(access.DataProtection, orebro)
	for range 2 {
		h.ask(officer, "POST", in("children/find"), object{"identity": "a"}).is(200)
	}
	h.ask(officer, "POST", in("children/find"), object{"identity": "a"}).problem(429, "too_many_requests", "")
}

func TestTheLedgerTellsErasuresAndNobodysName(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	officer := h.token(access.DataProtection, orebro)
	child := h.child("a")
	h.put("children/"+child+"/label", object{"label": "Bo"}).is(200)
	at := h.post("referrals", object{"child": child, "channel": "self", "received_on": "2021-01-10"}).is(201).receipt().Position
	h.ask(officer, "DELETE", in("children/"+child), nil).is(200)
	r := h.ask(officer, "GET", in("erasures?min_position="+position(at+1)), nil).is(200)
	var ledger api.Erasures
	r.into(&ledger)
	if len(ledger.Erasures) != 1 || ledger.Erasures[0].Child.String() != child || time.Since(ledger.Erasures[0].At) > time.Hour || strings.Contains(r.text, "Bo") {
		t.Errorf("%s", r.text)
	}
	h.ask(h.token(access.Auditor, orebro), "GET", in("erasures"), nil).problem(403, "forbidden", "")
}

func TestDaysOfTheReadLogThatEndBeforeTheyBeginAreRefused(t *testing.T) {
	h := newHouse(t)
	officer := h.token(access.DataProtection, orebro)
	h.ask(officer, "GET", in("reads?from=2021-03-02&to=2021-03-01"), nil).problem(422, "end_before_start", "query.to")
	h.ask(officer, "GET", in("reads?to=2021-03-01"), nil).is(200)
}
