package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/projections/projectiontest"
)

const goodPassword = "häst batteri klammer"

// login adds an account that signs in, and returns it with the secret of its link.
func (s *Service) login(t *testing.T, name string, roles ...Role) (Login, string) {
	t.Helper()
	a, err := s.AddAccount(t.Context(), events.NewID(), "Kim")
	if err != nil {
		t.Fatal(err)
	}
	l, invitation, err := s.SetLogin(t.Context(), Login{Account: a.ID, Name: name, Roles: roles, Municipalities: []events.Municipality{"1880"}, Programmes: []events.ProgrammeID{"sputnik"}})
	if err != nil {
		t.Fatal(err)
	}
	return l, invitation
}

// accepted is a session that began by the link.
func (s *Service) accepted(t *testing.T, invitation string) string {
	t.Helper()
	secret, err := s.Accept(t.Context(), invitation, goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// clocked is a service whose clock the test moves.
func clocked(t *testing.T) (*Service, *time.Time) {
	now := time.Date(2022, 3, 20, 11, 0, 0, 0, time.UTC)
	return open(t, Config{Pool: projectiontest.Empty(t), Clock: func() time.Time { return now }}), &now
}

func (s *Service) refuses(t *testing.T, what, secret string) {
	t.Helper()
	if _, err := s.Authenticate(t.Context(), secret); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("%s: %v", what, err)
	}
}

func TestALinkSignsInOnceAndThePasswordFromThenOn(t *testing.T) {
	s, _ := clocked(t)
	l, invitation := s.login(t, "Kim", Coordinator, Administrator)
	if name, err := s.Invited(t.Context(), invitation); err != nil || name != "kim" {
		t.Errorf("%q %v", name, err)
	}
	first := s.accepted(t, invitation)
	p, err := s.Authenticate(t.Context(), first)
	if err != nil || p.Account != l.Account || p.Name != "Kim" || !p.May(WriteSessions, "1880", "sputnik") || p.May(WriteSessions, "1881", "sputnik") || !p.Can(ManageAccounts) {
		t.Errorf("not what the login is allowed: %+v %v", p, err)
	}
	second, err := s.SignIn(t.Context(), " KIM ", goodPassword)
	if err != nil || second == first {
		t.Errorf("the password: %v", err)
	}
	if _, err := s.Accept(t.Context(), invitation, "another password"); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("the link again: %v", err)
	}
	if _, err := s.SignIn(t.Context(), "kim", "häst batteri klammer"); err != nil { // a and a combining diaeresis
		t.Errorf("the password on a keyboard that composes otherwise: %v", err)
	}
}

func TestWhatIsNoLoginIsRefused(t *testing.T) {
	s, now := clocked(t)
	_, invitation := s.login(t, "kim", Auditor)
	for name, c := range map[string][2]string{
		"nobody": {"nobody", goodPassword}, "no password chosen yet": {"kim", ""}, "nothing": {"", ""}, "an injection": {"kim' OR '1'='1", goodPassword},
		"a name with a null byte": {"kim\x00", goodPassword},
	} {
		if _, err := s.SignIn(t.Context(), c[0], c[1]); !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, password := range map[string]string{"short": "elva tecken", "long": strings.Repeat("a", 201), "no text": "elva tecken\xff\xff"} {
		var wrong *InvalidError
		if _, err := s.Accept(t.Context(), invitation, password); !errors.As(err, &wrong) {
			t.Errorf("a password that is %s: %v", name, err)
		}
	}
	for name, link := range map[string]string{"forged": invitationPrefix + strings.Repeat("a", 52), "none": "", "of a token": "rv_x"} {
		if _, err := s.Accept(t.Context(), link, goodPassword); !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("a link that is %s: %v", name, err)
		}
	}
	*now = now.Add(invitationLife)
	if _, err := s.Accept(t.Context(), invitation, goodPassword); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("a link that is too old: %v", err)
	}
}

func TestASessionEnds(t *testing.T) {
	s, now := clocked(t)
	l, invitation := s.login(t, "kim", Auditor)
	out := s.accepted(t, invitation)
	if err := s.SignOut(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	s.refuses(t, "after signing out", out)
	begin := func() string {
		secret, err := s.SignIn(t.Context(), "kim", goodPassword)
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	idle := begin()
	for range 3 { // looking whether it goes on keeps it no longer
		*now = now.Add(SessionIdle / 4)
		if p, err := s.Still(t.Context(), idle); err != nil || p.Account != l.Account {
			t.Fatalf("still signed in: %+v, %v", p, err)
		}
		if p, err := s.Authenticate(Looking(t.Context()), idle); err != nil || p.Account != l.Account {
			t.Fatalf("an open page is told nothing: %+v, %v", p, err)
		}
	}
	*now = now.Add(SessionIdle / 4)
	if _, err := s.Still(t.Context(), idle); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("unused, and still signed in: %v", err)
	}
	s.refuses(t, "unused", idle)
	used := begin()
	for end := now.Add(SessionLife); now.Before(end); *now = now.Add(SessionIdle - time.Minute) {
		if _, err := s.Authenticate(t.Context(), used); err != nil {
			t.Fatalf("in use: %v", err)
		}
	}
	s.refuses(t, "in use for too long", used)
	changed := begin()
	l.Roles = []Role{Operations}
	if _, _, err := s.SetLogin(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	s.refuses(t, "after a change of roles", changed)
	disabled := begin()
	if err := s.DisableAccount(t.Context(), l.Account); err != nil {
		t.Fatal(err)
	}
	s.refuses(t, "of a disabled account", disabled)
	if _, err := s.SignIn(t.Context(), "kim", goodPassword); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("a disabled account signs in: %v", err)
	}
	s.refuses(t, "forged", sessionPrefix+strings.Repeat("a", 52))
	s.refuses(t, "as a token", strings.TrimPrefix(disabled, sessionPrefix))
}

func TestASessionOfAClockThatWasAheadEndsWhenTheClockIsRightAgain(t *testing.T) {
	s, now := clocked(t)
	_, invitation := s.login(t, "kim", Auditor)
	*now = now.Add(10 * time.Minute)
	little := s.accepted(t, invitation)
	*now = now.Add(-10 * time.Minute)
	if _, err := s.Authenticate(t.Context(), little); err != nil {
		t.Errorf("of a clock that was ten minutes ahead: %v", err)
	}
	s.recent.forget()
	*now = now.Add(SessionIdle)
	s.refuses(t, "unused since", little)
	*now = now.AddDate(1, 0, 0)
	ahead, err := s.SignIn(t.Context(), "kim", goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	*now = now.AddDate(-1, 0, 0)
	s.refuses(t, "of a clock that was a year ahead", ahead)
	if _, err := s.SignIn(t.Context(), "kim", goodPassword); err != nil {
		t.Fatal(err)
	}
	*now = now.AddDate(1, 0, 0)
	s.refuses(t, "when that year is over", ahead)
}

func TestPasswordsCannotBeTriedForLong(t *testing.T) {
	s, now := clocked(t)
	_, invitation := s.login(t, "kim", Auditor)
	s.accepted(t, invitation)
	for range fewFailures {
		if _, err := s.SignIn(t.Context(), "kim", "not the password"); !errors.Is(err, ErrUnauthenticated) {
			t.Fatal(err)
		}
	}
	if _, err := s.SignIn(t.Context(), "kim", goodPassword); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("the right one at once after many wrong ones: %v", err)
	}
	*now = now.Add(time.Second)
	if _, err := s.SignIn(t.Context(), "kim", goodPassword); err != nil {
		t.Errorf("the right one after a wait: %v", err)
	}
	if waitAfter(fewFailures+60) != longestWait {
		t.Error("the wait overflows")
	}
}

func TestWrongPasswordsOfAClockThatWasAheadKeepNobodyOutUntilThen(t *testing.T) {
	s, now := clocked(t)
	_, invitation := s.login(t, "kim", Auditor)
	s.accepted(t, invitation)
	*now = now.AddDate(1, 0, 0)
	if _, err := s.SignIn(t.Context(), "kim", goodPassword); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(-time.Hour)
	if _, err := s.SignIn(t.Context(), "kim", goodPassword); err != nil {
		t.Errorf("an hour before a right one: %v", err)
	}
	for range fewFailures {
		if _, err := s.SignIn(t.Context(), "kim", "not the password"); !errors.Is(err, ErrUnauthenticated) {
			t.Fatal(err)
		}
	}
	*now = now.AddDate(-1, 0, 0)
	if _, err := s.SignIn(t.Context(), "kim", goodPassword); err != nil {
		t.Errorf("when the clock is right again: %v", err)
	}
}

func TestPasswordsTriedSideBySideAreNoMoreThanInARow(t *testing.T) {
	s, now := clocked(t)
	_, invitation := s.login(t, "kim", Auditor)
	s.accepted(t, invitation)
	var tries sync.WaitGroup
	for range 8 * fewFailures {
		tries.Go(func() {
			if _, err := s.SignIn(t.Context(), "kim", "not the password"); !errors.Is(err, ErrUnauthenticated) {
				t.Error(err)
			}
		})
	}
	tries.Wait()
	*now = now.Add(time.Second) // what five cost; more than five cost more
	if _, err := s.SignIn(t.Context(), "kim", goodPassword); err != nil {
		t.Errorf("more than %d were tried: %v", fewFailures, err)
	}
	for range fewFailures {
		if _, err := s.SignIn(t.Context(), "kim", goodPassword); err != nil {
			t.Errorf("a right one counts as wrong: %v", err)
		}
	}
}

func TestNoSessionBeginsByWhatWasClosedMeanwhile(t *testing.T) {
	s, _ := clocked(t)
	l, invitation := s.login(t, "kim", Auditor)
	s.accepted(t, invitation)
	account, stored, err := s.knows(t.Context(), "kim", goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	link, err := s.NewLink(t.Context(), l.Account)
	if err != nil {
		t.Fatal(err)
	}
	mine, err := s.Accept(t.Context(), link, "another password")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.begin(t.Context(), account, byPassword(account, stored), vouched{}); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("by the password before: %v", err)
	}
	if p, err := s.Authenticate(t.Context(), mine); err != nil || p.Account != l.Account {
		t.Errorf("the session of the link: %v", err)
	}
}

func TestALinkWaitsForWhoIsSigningInAndEndsTheirSession(t *testing.T) {
	s, _ := clocked(t)
	l, invitation := s.login(t, "kim", Auditor)
	s.accepted(t, invitation)
	link, err := s.NewLink(t.Context(), l.Account)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := s.pool.Begin(t.Context()) // begin, before it commits
	if err != nil {
		t.Fatal(err)
	}
	secret := newSecret(sessionPrefix)
	hash := hashOf(secret)
	for sql, args := range map[string][]any{
		`UPDATE access.login SET failures = 0 WHERE account = $1`:                           {[16]byte(l.Account)},
		`INSERT INTO access.session (hash, account, seen, expires) VALUES ($2, $1, $3, $4)`: {[16]byte(l.Account), hash[:], s.now(), s.now().Add(SessionLife)},
	} {
		if _, err := tx.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan error)
	go func() {
		_, err := s.Accept(t.Context(), link, "another password")
		done <- err
	}()
	for waiting := 0; waiting == 0; time.Sleep(time.Millisecond) {
		if err := s.pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%access.login%'`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	s.refuses(t, "a session that began while the link was used", secret)
}

// asked notes what a database is asked.
type asked struct{ list []string }

func (a *asked) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	a.list = append(a.list, d.SQL)
	return ctx
}

func (*asked) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func TestAWrongPasswordAsksTheSameOfANameThatThereIsAndOfOneThatThereIsNot(t *testing.T) {
	s, now := clocked(t)
	_, invitation := s.login(t, "kim", Auditor)
	s.accepted(t, invitation)
	s.login(t, "ny", Auditor)
	noted := &asked{}
	config := s.pool.Config()
	config.ConnConfig.Tracer = noted
	traced, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(traced.Close)
	s.pool = traced
	try := func(name string) []string {
		noted.list = nil
		if _, err := s.SignIn(t.Context(), name, "not the password"); !errors.Is(err, ErrUnauthenticated) {
			t.Fatalf("%s: %v", name, err)
		}
		return noted.list
	}
	nobody := try("nobody")
	if !slices.Contains(nobody, `SET LOCAL synchronous_commit = off`) {
		t.Errorf("where something is written the disk is waited for: %q", nobody)
	}
	for range fewFailures {
		if kim := try("kim"); !slices.Equal(kim, nobody) {
			t.Fatalf("of a name that there is: %q\nof one that there is not: %q", kim, nobody)
		}
	}
	for says, name := range map[string]string{"who has to wait": "kim", "who chose no password yet": "ny", "what is no name": "kim' --"} {
		if list := try(name); !slices.Equal(list, nobody) {
			t.Errorf("of %s: %q", says, list)
		}
	}
	*now = now.Add(longestWait)
	if _, err := s.SignIn(t.Context(), "kim", goodPassword); err != nil {
		t.Errorf("the password afterwards: %v", err)
	}
}

func TestWhoWaitsToSignInIsFewAndMayGo(t *testing.T) {
	s, _ := clocked(t)
	_, invitation := s.login(t, "kim", Auditor)
	s.accepted(t, invitation)
	for range cap(s.hashing.running) {
		back, err := s.hashing.turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer back()
	}
	gone, leave := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer leave()
	for range 2 * fewFailures {
		if _, err := s.SignIn(gone, "kim", goodPassword); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("who has gone waits: %v", err)
		}
	}
	if len(s.hashing.places) != cap(s.hashing.running) {
		t.Errorf("%d wait who have gone", len(s.hashing.places))
	}
	for len(s.hashing.places) < cap(s.hashing.places) {
		s.hashing.places <- struct{}{}
	}
	if _, err := s.SignIn(t.Context(), "kim", goodPassword); !errors.Is(err, ErrUnavailable) {
		t.Errorf("one more than may wait: %v", err)
	}
	var failures int
	if err := s.pool.QueryRow(t.Context(), `SELECT failures FROM access.login`).Scan(&failures); err != nil || failures != 0 {
		t.Errorf("%d tries counted that were none: %v", failures, err)
	}
}

func TestALoginThatHasChangedSinceItWasReadIsNotSet(t *testing.T) {
	s, _ := clocked(t)
	_, invitation := s.login(t, "kim", Auditor, DataProtection)
	list, err := s.ListLogins(t.Context())
	if err != nil || list[0].Version == "" {
		t.Fatalf("%+v %v", list, err)
	}
	shown := list[0]
	less := shown
	less.Roles = []Role{Auditor}
	if _, _, err = s.SetLogin(t.Context(), less); err != nil {
		t.Fatalf("as it was read: %v", err)
	}
	stale := shown
	stale.Programmes = append(stale.Programmes, "lanterna")
	if _, _, err := s.SetLogin(t.Context(), stale); !errors.Is(err, ErrStale) {
		t.Errorf("as it was before: %v", err)
	}
	s.accepted(t, invitation)
	if list, err = s.ListLogins(t.Context()); err != nil || len(list[0].Roles) != 1 || list[0].Version == shown.Version {
		t.Errorf("%+v %v", list, err)
	}
	none, err := s.AddAccount(t.Context(), events.NewID(), "Robin")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.SetLogin(t.Context(), Login{Account: none.ID, Name: "robin", Roles: []Role{Auditor}, Everywhere: true, Version: shown.Version}); !errors.Is(err, ErrStale) {
		t.Errorf("one that there is not: %v", err)
	}
}

func TestALoginNameIsAWordAndOnePersons(t *testing.T) {
	s, _ := clocked(t)
	l, _ := s.login(t, "kim", Auditor)
	other, _ := s.login(t, "robin", Auditor)
	for _, name := range []string{"kim", "", "a", "9", "kim@example.org", "20101231-2391", "kim nilsson", strings.Repeat("k", 41)} {
		other.Name = name
		var wrong *InvalidError
		if _, _, err := s.SetLogin(t.Context(), other); !errors.As(err, &wrong) || wrong.Field != "name" {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, wrong := range []Login{{Account: l.Account, Name: "kim"}, {Account: l.Account, Name: "kim", Roles: []Role{"king"}, Everywhere: true}} {
		if _, _, err := s.SetLogin(t.Context(), wrong); err == nil {
			t.Errorf("taken: %+v", wrong)
		}
	}
	if _, _, err := s.SetLogin(t.Context(), Login{Account: events.NewID(), Name: "nobody", Roles: []Role{Auditor}, Everywhere: true}); !errors.Is(err, ErrUnknown) {
		t.Errorf("an account that is none: %v", err)
	}
	list, err := s.ListLogins(t.Context())
	if err != nil || len(list) != 2 || list[0].Name != "kim" || list[0].Chosen {
		t.Errorf("%+v %v", list, err)
	}
}

func TestAPasswordIsKeptAsItsHashAlone(t *testing.T) {
	stored := hashed(goodPassword)
	if strings.Contains(stored, goodPassword) || !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") || hashed(goodPassword) == stored {
		t.Error(stored)
	}
	if !matches(stored, goodPassword) || matches(stored, goodPassword+"x") {
		t.Error("it is not the password's")
	}
	for _, broken := range []string{"", "$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1$$", "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aaaa", strings.Replace(stored, "v=19", "v=18", 1)} {
		if matches(broken, goodPassword) {
			t.Errorf("%q matches", broken)
		}
	}
}

func TestWhatWasChosenToWorkAsHoldsForTheWholeSessionAndForNoOther(t *testing.T) {
	s, _ := clocked(t)
	_, invitation := s.login(t, "kim", Auditor, Coordinator)
	first := s.accepted(t, invitation)
	other, err := s.SignIn(t.Context(), "kim", goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	works := func(secret, as, roles string) {
		t.Helper()
		authenticated, err := s.Authenticate(t.Context(), secret)
		still, err2 := s.Still(t.Context(), secret)
		for _, p := range []Principal{authenticated, still} {
			if got := fmt.Sprint(p.Roles); got != roles || p.Working != as || len(p.Held) != 2 || len(p.Otherwise().Roles) != 2 {
				t.Errorf("works as %q with %s of %v, not as %q with %s: %v %v", p.Working, got, p.Held, as, roles, err, err2)
			}
		}
	}
	works(first, "", "[auditor coordinator]")
	for _, c := range []struct{ as, roles string }{{"auditor", "[auditor]"}, {"all", "[auditor coordinator]"}, {"coordinator", "[coordinator]"}} {
		if err := s.WorkAs(t.Context(), first, c.as); err != nil {
			t.Fatal(err)
		}
		works(first, c.as, c.roles)
	}
	works(other, "", "[auditor coordinator]")
	for _, none := range []string{"", "back_office", "administrator"} {
		var wrong *InvalidError
		if err := s.WorkAs(t.Context(), first, none); !errors.As(err, &wrong) || wrong.Field != "role" {
			t.Errorf("%q: %v", none, err)
		}
	}
	works(first, "coordinator", "[coordinator]")
	if err := s.WorkAs(t.Context(), sessionPrefix+strings.Repeat("a", 52), "all"); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("a session that is none: %v", err)
	}
}
