package access

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rackvidd/events"
)

const nextPassword = "fyra gula kanariefåglar"

func TestWhoKnowsThePasswordChangesItAndIsSignedOutEverywhereElse(t *testing.T) {
	s, _ := clocked(t)
	l, invitation := s.login(t, "kim", Auditor)
	here := s.accepted(t, invitation)
	elsewhere, err := s.SignIn(t.Context(), "kim", goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	_, invitation = s.login(t, "sam", Auditor)
	another := s.accepted(t, invitation)
	if err := s.ChangePassword(t.Context(), l.Account, goodPassword, nextPassword, here); err != nil {
		t.Fatal(err)
	}
	s.refuses(t, "the account's other session", elsewhere)
	for whose, secret := range map[string]string{"the session that changed it": here, "somebody else's": another} {
		if _, err := s.Authenticate(t.Context(), secret); err != nil {
			t.Errorf("%s: %v", whose, err)
		}
	}
	if _, err := s.SignIn(t.Context(), "kim", goodPassword); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("the password before: %v", err)
	}
	if _, err := s.SignIn(t.Context(), "kim", nextPassword); err != nil {
		t.Errorf("the password now: %v", err)
	}
	if _, err := s.SignIn(t.Context(), "sam", goodPassword); err != nil {
		t.Errorf("somebody else's password: %v", err)
	}
}

func TestAPasswordIsNotChangedByWhoDoesNotKnowItNorIntoNone(t *testing.T) {
	s, now := clocked(t)
	l, invitation := s.login(t, "kim", Auditor)
	here := s.accepted(t, invitation)
	other, err := s.SignIn(t.Context(), "kim", goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	unused, _ := s.login(t, "sam", Auditor)
	for name, c := range map[string]struct {
		account         events.ID
		current, chosen string
	}{
		"a wrong password": {l.Account, "not the password", nextPassword}, "no password": {l.Account, "", nextPassword},
		"an account that has none yet": {unused.Account, "", nextPassword}, "no account": {events.NewID(), goodPassword, nextPassword},
	} {
		if err := s.ChangePassword(t.Context(), c.account, c.current, c.chosen, here); !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, chosen := range map[string]string{"short": "elva tecken", "long": strings.Repeat("a", 201), "nothing": ""} {
		var wrong *InvalidError
		if err := s.ChangePassword(t.Context(), l.Account, goodPassword, chosen, here); !errors.As(err, &wrong) || wrong.Field != "new" {
			t.Errorf("one that is %s: %v", name, err)
		}
	}
	if err := s.ChangePassword(t.Context(), l.Account, goodPassword, goodPassword, here); !errors.Is(err, ErrSamePassword) {
		t.Errorf("the same: %v", err)
	}
	if _, err := s.Authenticate(t.Context(), other); err != nil {
		t.Errorf("what was refused ended a session: %v", err)
	}
	for range fewFailures {
		if err := s.ChangePassword(t.Context(), l.Account, "not the password", nextPassword, here); !errors.Is(err, ErrUnauthenticated) {
			t.Fatal(err)
		}
	}
	if err := s.ChangePassword(t.Context(), l.Account, goodPassword, nextPassword, here); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("the right one at once after many wrong ones: %v", err)
	}
	*now = now.Add(time.Second)
	if err := s.ChangePassword(t.Context(), l.Account, goodPassword, nextPassword, here); err != nil {
		t.Errorf("the right one after a wait: %v", err)
	}
}

func TestOfTwoChangesOfAPasswordAtOnceOneIsMade(t *testing.T) {
	s, _ := clocked(t)
	l, invitation := s.login(t, "kim", Auditor)
	here := s.accepted(t, invitation)
	var made atomic.Int32
	var changes sync.WaitGroup
	for _, chosen := range []string{nextPassword, "en helt annan mening"} {
		changes.Go(func() {
			switch err := s.ChangePassword(t.Context(), l.Account, goodPassword, chosen, here); {
			case err == nil:
				made.Add(1)
				if _, err := s.SignIn(t.Context(), "kim", chosen); err != nil {
					t.Errorf("the one that was made: %v", err)
				}
			case !errors.Is(err, ErrUnauthenticated):
				t.Error(err)
			}
		})
	}
	changes.Wait()
	if made.Load() != 1 {
		t.Errorf("%d were made", made.Load())
	}
}
