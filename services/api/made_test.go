package api_test

import (
	"testing"

	"rackvidd/services/access"
	"rackvidd/services/api"
)

func TestOnlyWhoMayReadEveryChildIsToldHowManyOfAFileAreKnown(t *testing.T) {
	h := newHouse(t)
	h.post("imports", twoRows).is(200)
	for role, told := range map[access.Role]bool{access.Coordinator: true, access.BackOffice: false} {
		var s api.ImportSummary
		h.ask(h.token(role, orebro, "*"), "POST", in("imports?source=guess&dry_run=true"), twoRows+thirdRow).is(200).into(&s)
		switch {
		case s.Made == nil || s.Made.Children == nil || s.Made.Children.Named == 0:
			t.Errorf("%s is not told whom the file names: %+v", role, s.Made)
		case (s.Made.Children.Known != nil) != told:
			t.Errorf("%s is told who is known: %+v", role, s.Made.Children)
		}
	}
}

func TestWhoTriesAFileIsNotedAndSlowedDownAsWhoLooksChildrenUp(t *testing.T) {
	h := newHouse(t, func(d *api.Deps) { d.LookupsPerMinute = 2 })
	h.post("imports", twoRows).is(200)
	office, coordinator, officer := h.token(access.BackOffice, orebro), h.token(access.Coordinator, orebro, "*"), h.token(access.DataProtection, orebro)
	try := func(token string) reply {
		return h.ask(token, "POST", in("imports?source=guess&dry_run=true"), twoRows+thirdRow)
	}
	noted := func() int {
		t.Helper()
		lines, whole := reads(t, h.ask(officer, "GET", in("reads?why=tried_import"), nil))
		for _, r := range whole.Reads {
			if r.Child != nil || r.Name != "somebody" {
				t.Errorf("%+v", r)
			}
		}
		return len(lines)
	}
	try(office).is(200)
	if noted() != 1 {
		t.Errorf("%d lines of one file", noted())
	}
	try(office).is(200)
	try(office).problem(429, "too_many_requests", "")
	for range 4 {
		try(coordinator).is(200) // may read the history of every child
	}
	if noted() != 6 {
		t.Errorf("%d lines of six files", noted())
	}
	h.ask(office, "POST", in("imports"), twoRows).is(200) // is no look-up, and yet tells which of its rows were recorded
	h.ask(coordinator, "POST", in("imports"), twoRows).is(200)
	if noted() != 7 {
		t.Errorf("%d lines of six files that were tried and one that somebody brought who may not read every history", noted())
	}
}
