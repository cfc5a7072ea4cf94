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

	"rackvidd/events"
	"rackvidd/projections/projectiontest"
)

func TestMain(m *testing.M) { projectiontest.Main(m) }

func open(t *testing.T, c Config) *Service {
	t.Helper()
	s, err := New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *Service) grant(t *testing.T, g Grant) (Token, string) {
	t.Helper()
	if g.Account.IsZero() {
		a, err := s.AddAccount(t.Context(), events.NewID(), "Kim")
		if err != nil {
			t.Fatal(err)
		}
		g.Account = a.ID
	}
	token, secret, err := s.AddToken(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	return token, secret
}

func TestATokenGivesWhatItWasMadeFor(t *testing.T) {
	s := open(t, Config{Pool: projectiontest.Empty(t)})
	made, secret := s.grant(t, Grant{Roles: []Role{Coordinator, BackOffice}, Municipalities: []events.Municipality{"1880"}, Programmes: []events.ProgrammeID{"sputnik"}})
	p, err := s.Authenticate(t.Context(), secret)
	if err != nil || p.Account != made.Account || !slices.Equal(p.Roles, []Role{BackOffice, Coordinator}) {
		t.Fatalf("not what it was made for: %+v %v", p, err)
	}
	for _, c := range []struct {
		what      Permission
		m         events.Municipality
		programme events.ProgrammeID
		want      bool
	}{
		{WriteSessions, "1880", "sputnik", true},
		{WriteSessions, "1880", AnyProgramme, true},
		{WriteSessions, "1880", "lanterna", false},
		{WriteSessions, "1881", "sputnik", false},
		{ReadReach, "1880", "lanterna", true},
		{ReadReach, "1881", AnyProgramme, false},
		{EraseChildren, "1880", AnyProgramme, false},
		{"something new", "1880", AnyProgramme, false},
	} {
		if got := p.May(c.what, c.m, c.programme); got != c.want {
			t.Errorf("%s in %s of %q: %v", c.what, c.m, c.programme, got)
		}
	}
}

func TestACoordinatorOfNoProgrammeMayDoNothing(t *testing.T) {
	p := Principal{Roles: []Role{Coordinator}, Everywhere: true}
	for permission := range policy {
		if permission != Browse && p.May(permission, "1880", AnyProgramme) {
			t.Errorf("may %s", permission)
		}
	}
}

// What was promised of the roles, in other words than the table's.
func TestTheRolesAreWhatWasPromised(t *testing.T) {
	for role, list := range map[Role][]Permission{
		Coordinator: {
			FindChildren,
			Browse, EnterChildren, Import, LabelChildren, MergeChildren, ReadCase, ReadCaseload, ReadGroups, ReadListed, ReadProgrammes,
			ReadSessions, ReportGuests, WriteEnrolments, WriteGroups, WriteProgrammes, WriteReferrals, WriteSessions,
		},
		BackOffice: {
			Browse, Import, PublishFigures, ReadProgrammes, ReadReach, ReadReference, ReadRows, ReadSigningKey, ReadSurvey, ReportGuests, SubmitSurvey,
			WriteProgrammes, WriteSurvey,
		},
		Approver:       {ApproveSurvey, Browse, ReadProgrammes, ReadReach, ReadReference, ReadRows, ReadSigningKey, ReadSurvey, SubmitSurvey},
		DataProtection: {Browse, FindChildren, DiscloseChildren, EraseChildren, ProtectChildren, ReadListed, ReadReads},
		Auditor:        {Browse, ReadLog, ReadProgrammes, ReadReach, ReadReference, ReadRows, ReadSigningKey, ReadSurvey},
		National:       {Browse, LoadAnswers, LoadReference, ReadReference, ReadReport, ReadSigningKey, TrustKeys},
		Operations:     {BackUp, Browse, ReadProjections, ReadSigningKey, RebuildFigures, RepairLog},
		Administrator:  {ManageAccounts},
	} {
		for permission := range policy {
			if want := slices.Contains(list, permission); Permits(role, permission) != want {
				t.Errorf("%s may %s: %v", role, permission, !want)
			}
		}
	}
}

func TestEveryPermissionIsSomebodys(t *testing.T) {
	for permission, roles := range policy {
		for _, r := range roles {
			if !slices.Contains(Roles(), r) && r != Administrator {
				t.Errorf("%s is given to %q", permission, r)
			}
		}
		if len(roles) == 0 || !everything(events.ID{1}).May(permission, "1880", "x") {
			t.Errorf("%s is nobody's, or not the administrator's", permission)
		}
	}
}

func TestTheLastUseOfATokenIsOnADayInSweden(t *testing.T) {
	now := time.Date(2021, 12, 31, 23, 30, 0, 0, time.UTC)
	s := open(t, Config{Pool: projectiontest.Empty(t), Clock: func() time.Time { return now }})
	_, secret := s.grant(t, Grant{Roles: []Role{Auditor}, Everywhere: true})
	if _, err := s.Authenticate(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if list, err := s.ListTokens(t.Context(), events.ID{}); err != nil || len(list) != 1 || list[0].LastUsed != "2022-01-01" {
		t.Errorf("half an hour after New Year in Sweden: %+v %v", list, err)
	}
}

func TestWhatIsNoTokenIsRefused(t *testing.T) {
	now := time.Date(2022, 3, 20, 11, 0, 0, 0, time.UTC)
	s := open(t, Config{Pool: projectiontest.Empty(t), Clock: func() time.Time { return now }})
	auditor := Grant{Roles: []Role{Auditor}, Everywhere: true, Expires: now.Add(time.Hour)}
	token, revoked := s.grant(t, auditor)
	_, disabled := s.grant(t, auditor)
	third, expired := s.grant(t, auditor)
	for _, secret := range []string{revoked, disabled, expired} {
		if _, err := s.Authenticate(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.ListTokens(t.Context(), events.ID{})
	if err != nil || len(list) != 3 || list[0].LastUsed != "2022-03-20" {
		t.Errorf("not three tokens used today: %+v %v", list, err)
	}
	i := slices.IndexFunc(list, func(t Token) bool { return t.ID != token.ID && t.ID != third.ID })
	if err := errors.Join(s.RevokeToken(t.Context(), token.ID), s.DisableAccount(t.Context(), list[i].Account)); err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string]string{"revoked": revoked, "of a disabled account": disabled, "unknown": "rv_x", "none": ""} {
		if _, err := s.Authenticate(t.Context(), secret); !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("a token that is %s: %v", name, err)
		}
	}
	if _, err := s.Authenticate(t.Context(), expired); err != nil {
		t.Errorf("a token that has not ended yet: %v", err)
	}
	now = now.Add(time.Hour)
	if _, err := s.Authenticate(t.Context(), expired); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("a token that has expired: %v", err)
	}
	if _, _, err := s.AddToken(t.Context(), Grant{Account: list[i].Account, Roles: []Role{Auditor}, Everywhere: true}); !errors.Is(err, ErrUnknown) {
		t.Errorf("a disabled account gets a token: %v", err)
	}
}

func TestAnAuthenticationIsRememberedForAMoment(t *testing.T) {
	now := time.Date(2022, 3, 20, 11, 0, 0, 0, time.UTC)
	pool := projectiontest.Empty(t)
	s := open(t, Config{Pool: pool, Clock: func() time.Time { return now }})
	_, secret := s.grant(t, Grant{Roles: []Role{Auditor}, Everywhere: true})
	if _, err := s.Authenticate(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	pool.Close()
	if _, err := s.Authenticate(t.Context(), secret); err != nil {
		t.Errorf("asked again at once: %v", err)
	}
	now = now.Add(rememberFor)
	if _, err := s.Authenticate(t.Context(), secret); !errors.Is(err, ErrUnavailable) {
		t.Errorf("after two seconds: %v", err)
	}
}

func TestTheAdministratorAndTheOperatorAreOneAccount(t *testing.T) {
	pool := projectiontest.Empty(t)
	admin, operator := strings.Repeat("a", 32), strings.Repeat("o", 64)
	s := open(t, Config{Pool: pool, AdminToken: admin, OperatorToken: operator})
	one, err := s.Authenticate(t.Context(), admin)
	other, err2 := s.Authenticate(t.Context(), operator)
	if err != nil || err2 != nil || one.Account != other.Account || one.Account.IsZero() {
		t.Errorf("with both tokens somebody could approve what they prepared: %v %v %v %v", one.Account, other.Account, err, err2)
	}
	again := open(t, Config{Pool: pool, AdminToken: admin})
	if p, err := again.Authenticate(t.Context(), admin); err != nil || p.Account != one.Account {
		t.Errorf("after a restart another person: %v %v", p.Account, err)
	}
	for _, weak := range []Config{{Pool: pool, AdminToken: strings.Repeat("a", 31)}, {Pool: pool, OperatorToken: "o"}} {
		if _, err := New(t.Context(), weak); !errors.Is(err, ErrWeakToken) {
			t.Errorf("a token that can be guessed is taken: %v", err)
		}
	}
}

func TestNobodyIsGivenWhatNobodyMeant(t *testing.T) {
	s := open(t, Config{Pool: projectiontest.Empty(t)})
	a, err := s.AddAccount(t.Context(), events.NewID(), "Kim")
	if err != nil {
		t.Fatal(err)
	}
	for field, g := range map[string]Grant{
		"roles":          {Everywhere: true},
		"municipalities": {Roles: []Role{Auditor}},
		"programmes":     {Roles: []Role{Coordinator}, Everywhere: true, Programmes: []events.ProgrammeID{"20101231-2391"}},
		"expires_at":     {Roles: []Role{Auditor}, Everywhere: true, Expires: time.Unix(1, 0)},
	} {
		g.Account = a.ID
		var wrong *InvalidError
		if _, _, err := s.AddToken(t.Context(), g); !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, g := range []Grant{
		{Account: a.ID, Roles: []Role{Administrator}, Everywhere: true},
		{Account: a.ID, Roles: []Role{Auditor}, Everywhere: true, Municipalities: []events.Municipality{"1880"}},
		{Account: a.ID, Roles: []Role{Auditor}, Municipalities: []events.Municipality{"9999"}},
	} {
		if _, _, err := s.AddToken(t.Context(), g); err == nil {
			t.Errorf("taken: %+v", g)
		}
	}
	if _, err := s.AddAccount(t.Context(), events.NewID(), "20101231-2391"); err == nil {
		t.Error("an identity number is taken for a name")
	}
}

func TestTheSameAgainIsTheSameAccountAndTheSameToken(t *testing.T) {
	s := open(t, Config{Pool: projectiontest.Empty(t)})
	id := events.NewID()
	for range 2 {
		if a, err := s.AddAccount(t.Context(), id, "Kim"); err != nil || a != (Account{ID: id, Name: "Kim"}) {
			t.Errorf("%+v %v", a, err)
		}
	}
	g := Grant{ID: events.NewID(), Account: id, Roles: []Role{Auditor}, Everywhere: true}
	first, secret := s.grant(t, g)
	if err := s.DisableAccount(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	again, none := s.grant(t, g)
	if secret == "" || none != "" || fmt.Sprintf("%+v", again) != fmt.Sprintf("%+v", first) {
		t.Errorf("first %+v with %d characters of secret, then %+v with %d", first, len(secret), again, len(none))
	}
	accounts, err := s.ListAccounts(t.Context())
	tokens, err2 := s.ListTokens(t.Context(), id)
	if err != nil || err2 != nil || len(accounts) != 1 || len(tokens) != 1 {
		t.Errorf("%d accounts and %d tokens: %v %v", len(accounts), len(tokens), err, err2)
	}
}

func TestTwoStartersMayRace(t *testing.T) {
	pool := projectiontest.Empty(t)
	var all sync.WaitGroup
	failed := make([]error, 4)
	for i := range failed {
		all.Go(func() { _, failed[i] = New(context.Background(), Config{Pool: pool}) })
	}
	all.Wait()
	if err := errors.Join(failed...); err != nil {
		t.Error(err)
	}
}

func TestATokenIsNotMadeForMoreThanItsAccountMay(t *testing.T) {
	s := open(t, Config{Pool: projectiontest.Empty(t)})
	l := Login{Name: "kim", Roles: []Role{BackOffice, Coordinator}, Municipalities: []events.Municipality{"1880"}, Programmes: []events.ProgrammeID{"sputnik"}}
	a, l, _, err := s.AddUser(t.Context(), events.NewID(), "Kim", l)
	if err != nil {
		t.Fatal(err)
	}
	as := Grant{ID: events.NewID(), Account: a.ID, Roles: l.Roles, Municipalities: l.Municipalities, Programmes: l.Programmes}
	for _, c := range []struct {
		field string
		widen func(*Grant)
	}{
		{"roles", func(g *Grant) { g.Roles = []Role{Coordinator, Operations} }},
		{"municipalities", func(g *Grant) { g.Municipalities = []events.Municipality{"1880", "1881"} }},
		{"municipalities", func(g *Grant) { g.Everywhere, g.Municipalities = true, nil }},
		{"programmes", func(g *Grant) { g.Programmes = []events.ProgrammeID{"lanterna"} }},
		{"programmes", func(g *Grant) { g.Programmes = []events.ProgrammeID{EveryProgramme} }},
	} {
		g, wrong := as, (*InvalidError)(nil)
		c.widen(&g)
		if _, _, err := s.AddToken(t.Context(), g); !errors.As(err, &wrong) || wrong.Field != c.field {
			t.Errorf("%+v: %v", g, err)
		}
	}
	made, _ := s.grant(t, as)
	l.Roles = []Role{BackOffice}
	if _, _, err := s.SetLogin(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if again, secret := s.grant(t, as); again.ID != made.ID || secret != "" {
		t.Errorf("the same again, when the account may less: %+v", again)
	}
}

func TestATokenWithNoPlaceLeftMayNothingThatAsksForNone(t *testing.T) {
	s := open(t, Config{Pool: projectiontest.Empty(t)})
	l := Login{Name: "kim", Roles: []Role{Auditor, National, Operations}, Municipalities: []events.Municipality{"1880"}}
	a, l, _, err := s.AddUser(t.Context(), events.NewID(), "Kim", l)
	if err != nil {
		t.Fatal(err)
	}
	_, secret := s.grant(t, Grant{Account: a.ID, Roles: l.Roles, Municipalities: l.Municipalities})
	for _, moved := range []struct {
		to  events.Municipality
		may bool
	}{{"1880", true}, {"1881", false}} {
		l.Municipalities = []events.Municipality{moved.to}
		if _, _, err := s.SetLogin(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		p, err := s.Authenticate(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		for _, what := range []Permission{Browse, BackUp, RebuildFigures, RepairLog, LoadAnswers, ReadLog} {
			if p.Can(what) != moved.may {
				t.Errorf("of a login in %s it can %s: %v", moved.to, what, !moved.may)
			}
		}
		list, err := s.ListTokens(t.Context(), a.ID)
		if err != nil || len(list) != 1 || (list[0].Now != nil && list[0].Now.Nothing()) == moved.may {
			t.Errorf("of a login in %s the list has %+v, %v", moved.to, list, err)
		}
	}
}

func TestATokenMayNeverDoMoreThanItsAccountMayWhenItIsUsed(t *testing.T) {
	s := open(t, Config{Pool: projectiontest.Empty(t)})
	all := Login{
		Name: "kim", Roles: []Role{Auditor, BackOffice, Coordinator}, Municipalities: []events.Municipality{"1880", "1881"}, Programmes: []events.ProgrammeID{"lanterna", "sputnik"},
	}
	wide := Login{Name: all.Name, Roles: Roles(), Everywhere: true, Programmes: []events.ProgrammeID{EveryProgramme}}
	a, wide, _, err := s.AddUser(t.Context(), events.NewID(), "Kim", wide)
	if err != nil {
		t.Fatal(err)
	}
	all.Account = wide.Account
	_, everything := s.grant(t, Grant{Account: a.ID, Roles: Roles(), Everywhere: true, Programmes: []events.ProgrammeID{EveryProgramme}})
	made, some := s.grant(t, Grant{Account: a.ID, Roles: []Role{BackOffice, Coordinator}, Municipalities: []events.Municipality{"1880"}, Programmes: []events.ProgrammeID{"sputnik"}})
	if all, _, err = s.SetLogin(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	may := func(secret string, want string) {
		t.Helper()
		p, err := s.Authenticate(t.Context(), secret)
		if got := fmt.Sprint(p.Roles, p.Everywhere, p.Municipalities, p.Programmes); err != nil || got != want {
			t.Errorf("%s, not %s: %v", got, want, err)
		}
	}
	now := func() (list []Token) {
		t.Helper()
		tokens, err := s.ListTokens(t.Context(), a.ID)
		if err != nil || len(tokens) != 2 {
			t.Fatalf("%+v %v", tokens, err)
		}
		if tokens[0].ID == made.ID {
			slices.Reverse(tokens)
		}
		return tokens
	}
	may(everything, "[auditor back_office coordinator] false [1880 1881] [lanterna sputnik]")
	may(some, "[back_office coordinator] false [1880] [sputnik]")
	if list := now(); list[0].Now == nil || list[0].Now.Nothing() || list[1].Now != nil || !list[0].Everywhere {
		t.Errorf("which is narrower than it was made: %+v", list)
	}
	for _, change := range []struct {
		narrow           func(*Login)
		everything, some string
		nothing          bool
	}{
		{
			func(l *Login) { l.Roles = []Role{Auditor, Coordinator} },
			"[auditor coordinator] false [1880 1881] [lanterna sputnik]", "[coordinator] false [1880] [sputnik]", false,
		},
		{func(l *Login) { l.Programmes = []events.ProgrammeID{"lanterna"} }, "[auditor back_office coordinator] false [1880 1881] [lanterna]", "[back_office coordinator] false [1880] []", false},
		{func(l *Login) { l.Municipalities = []events.Municipality{"1881"} }, "[auditor back_office coordinator] false [1881] [lanterna sputnik]", "[] false [] [sputnik]", true},
		{func(l *Login) { l.Roles = []Role{Administrator} }, "[] false [1880 1881] [lanterna sputnik]", "[] false [1880] [sputnik]", true},
		{
			func(l *Login) {
				l.Roles, l.Everywhere, l.Municipalities, l.Programmes = Roles(), true, nil, []events.ProgrammeID{EveryProgramme}
			}, "[approver auditor back_office coordinator data_protection national operations] true [] [*]", "[back_office coordinator] false [1880] [sputnik]", false,
		},
	} {
		l := all
		change.narrow(&l)
		if _, _, err := s.SetLogin(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		may(everything, change.everything)
		may(some, change.some)
		if list := now(); list[1].Now != nil && list[1].Now.Nothing() != change.nothing {
			t.Errorf("%s: %+v", change.some, list[1].Now)
		}
	}
	if list := now(); list[0].Now != nil || list[1].Now != nil {
		t.Errorf("of a login that may everything they are narrower: %+v", list)
	}
	if err := s.DisableAccount(t.Context(), a.ID); err != nil {
		t.Fatal(err)
	}
	if list := now(); list[1].Now == nil || !list[1].Now.Nothing() {
		t.Errorf("of a disabled account: %+v", list)
	}
	s.refuses(t, "of a disabled account", some)
}
