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
