package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/register"
	"rackvidd/services/access"
)

type addAccount struct {
	Keyed
	Body struct {
		Name  string      `json:"name" minLength:"1" maxLength:"120" doc:"what the administrator calls it"`
		Login *LoginTerms `json:"login,omitempty" doc:"lets it sign in: both are made or, where anything is refused, neither"`
	}
}

// OnAccount is what every write to an account or a token says.
type OnAccount struct {
	Keyed
	ID events.ID `path:"id"`
}

type addToken struct {
	OnAccount
	Body struct {
		Roles          []access.Role         `json:"roles" nullable:"false" minItems:"1" enum:"coordinator,back_office,approver,data_protection,auditor,national,operations"`
		Everywhere     bool                  `json:"everywhere,omitempty" doc:"in all municipalities"`
		Municipalities []events.Municipality `json:"municipalities,omitempty"`
		Programmes     []events.ProgrammeID  `json:"programmes,omitempty" doc:"a coordinator's own, registered there; * is all"`
		ExpiresAt      *time.Time            `json:"expires_at,omitempty" doc:"in a year when it is left out"`
	}
}

type renameAccount struct {
	OnAccount
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"120" doc:"what the administrator calls it"`
	}
}

type listTokens struct {
	Account events.ID `query:"account" doc:"all that you administer when it is left out"`
}

// LoginTerms is how an account signs in, and what it may do then.
type LoginTerms struct {
	Name           string                `json:"name" minLength:"2" maxLength:"40" doc:"what is typed to sign in"`
	Subject        string                `json:"subject,omitempty" maxLength:"255" doc:"whom the identity provider vouches for, in its own words; no link is made then"`
	Roles          []string              `json:"roles" nullable:"false" minItems:"1" doc:"as of tokens; administrator as well"`
	Everywhere     bool                  `json:"everywhere,omitempty" doc:"in all municipalities"`
	Municipalities []events.Municipality `json:"municipalities,omitempty"`
	Programmes     []events.ProgrammeID  `json:"programmes,omitempty" doc:"a coordinator's own, registered there; * is all"`
}

// login is that of an account.
func (t LoginTerms) login(account events.ID) access.Login {
	l := access.Login{Account: account, Name: t.Name, Subject: t.Subject, Everywhere: t.Everywhere, Municipalities: t.Municipalities, Programmes: t.Programmes}
	for _, r := range t.Roles {
		l.Roles = append(l.Roles, access.Role(r))
	}
	return l
}

func (t LoginTerms) rights() access.Rights {
	return access.Rights{Roles: t.login(events.ID{}).Roles, Everywhere: t.Everywhere, Municipalities: t.Municipalities}
}

type setLogin struct {
	OnAccount
	Versioned
	Body LoginTerms
}

// NewLogin is a login with the secret of its first link, which is kept nowhere and shown this once.
type NewLogin struct {
	access.Login
	Invitation string `json:"invitation,omitempty" doc:"signs in once, at /invitations/ and this, for a week; left out where a subject is named, where the account signed in before, and when the same Idempotency-Key comes again"`
}

// NewAccount is an account, with its login where one was made.
type NewAccount struct {
	access.Account
	Login *NewLogin `json:"login,omitempty"`
}

// NewLink is the secret of a link, which is kept nowhere and shown this once.
type NewLink struct {
	Account    events.ID `json:"account"`
	Invitation string    `json:"invitation,omitempty" doc:"as of a login; left out when the same Idempotency-Key comes again"`
}

// Logins are without their passwords.
type Logins struct {
	Logins []access.Login `json:"logins" nullable:"false"`
}

// Accounts is all that the caller administers.
type Accounts struct {
	Accounts []access.Account `json:"accounts" nullable:"false"`
}

// NewToken is a token with its secret, which is kept nowhere and shown this once.
type NewToken struct {
	access.Token
	Secret string `json:"secret,omitempty" doc:"left out when the same Idempotency-Key comes again: revoke the token and make another, if it was lost"`
}

// Tokens are without their secrets.
type Tokens struct {
	Tokens []access.Token `json:"tokens" nullable:"false"`
}

// Done says that it is so now.
type Done struct {
	ID events.ID `json:"id"`
}

type reply[B any] struct{ Body B }

func (s *server) accountRoutes() {
	to := access.ManageAccounts
	add(s, route{id: "add-account", method: http.MethodPost, path: "/accounts", permission: to, creates: true, summary: "Make an account; with a login, one that signs in"}, s.addAccount)
	add(s, route{id: "list-accounts", method: http.MethodGet, path: "/accounts", permission: to, summary: "List the accounts that you administer"}, s.listAccounts)
	add(s, route{id: "rename-account", method: http.MethodPut, path: "/accounts/{id}/name", permission: to, summary: "Call an account something else, wherever it is named"}, s.renameAccount)
	add(s, route{id: "disable-account", method: http.MethodPost, path: "/accounts/{id}/disable", permission: to, summary: "End an account and its tokens, for good"}, s.disableAccount)
	add(s, route{id: "set-login", method: http.MethodPut, path: "/accounts/{id}/login", permission: to, summary: "Let an account sign in, or change what it may do then; its sessions end. The secret of its first link, to choose a password or the identity provider by, is shown once"}, s.setLogin)
	add(s, route{id: "make-link", method: http.MethodPost, path: "/accounts/{id}/link", permission: to, creates: true, summary: "Make a new link to choose another password or the identity provider by; its secret is shown once, an earlier link is worth nothing any more, and the account's sessions end"}, s.makeLink)
	add(s, route{id: "list-logins", method: http.MethodGet, path: "/logins", permission: to, summary: "List who can sign in of those that you administer"}, s.listLogins)
	add(s, route{id: "add-token", method: http.MethodPost, path: "/accounts/{id}/tokens", permission: to, creates: true, summary: "Make a token; its secret is shown once"}, s.addToken)
	add(s, route{id: "list-tokens", method: http.MethodGet, path: "/tokens", permission: to, summary: "List the tokens of accounts that you administer, without their secrets"}, s.listTokens)
	add(s, route{id: "revoke-token", method: http.MethodPost, path: "/tokens/{id}/revoke", permission: to, summary: "End a token, for good"}, s.revokeToken)
}

func (s *server) addAccount(ctx context.Context, c caller, in *addAccount) (*reply[NewAccount], error) {
	b := in.Body
	cmd, err := s.command(ctx, c, in.IdempotencyKey, b)
	if err != nil {
		return nil, err
	}
	id := derived(cmd, "account")
	if b.Login == nil {
		a, err := s.Access.AddAccount(ctx, id, b.Name)
		return &reply[NewAccount]{NewAccount{Account: a}}, err
	}
	link := ""
	if err := grantable(c, b.Login.rights(), "body.login."); err != nil {
		return nil, err
	}
	made, err := once(ctx, s, c, cmd, func() (made NewAccount, err error) {
		if err := s.registered(ctx, b.Login.Programmes, b.Login.Everywhere, b.Login.Municipalities, "body.login.programmes"); err != nil {
			return made, err
		}
		made.Login = new(NewLogin)
		made.Account, made.Login.Login, link, err = s.Access.AddUser(ctx, id, b.Name, b.Login.login(id))
		return made, err
	})
	if err == nil {
		made.Login.Invitation = link
	}
	return &reply[NewAccount]{made}, err
}

func (s *server) listAccounts(ctx context.Context, c caller, _ *struct{}) (*reply[Accounts], error) {
	list, err := s.Access.ListAccounts(ctx)
	list, err = administered(ctx, s, c, list, err, func(a access.Account) events.ID { return a.ID })
	return &reply[Accounts]{Accounts{list}}, err
}

// administered leaves out what is of accounts that the caller does not administer.
func administered[T any](ctx context.Context, s *server, c caller, list []T, err error, account func(T) events.ID) ([]T, error) {
	if err != nil {
		return nil, err
	}
	beyond, err := s.Access.Beyond(ctx, c.Principal)
	return slices.DeleteFunc(list, func(one T) bool { return beyond[account(one)] }), err
}

// mayChange answers of an account that the caller does not administer as of one that does not exist.
func (s *server) mayChange(ctx context.Context, c caller, account events.ID) error {
	beyond, err := s.Access.Beyond(ctx, c.Principal)
	if err == nil && beyond[account] {
		err = access.ErrUnknown
	}
	return err
}

// mayGive refuses an account or rights that are not the caller's to administer.
func (s *server) mayGive(ctx context.Context, c caller, account events.ID, r access.Rights) error {
	if err := s.mayChange(ctx, c, account); err != nil {
		return err
	}
	return grantable(c, r, "body.")
}

// grantable refuses rights that are not the caller's to give.
func grantable(c caller, r access.Rights, at string) error {
	if field := c.Unadministered(r); field != "" {
		return invalid("not_yours_to_give", at+field, "goes beyond the municipalities that you administer, or is a role that holds in all of them and that you do not have; give less, or ask an administrator of all municipalities")
	}
	return nil
}

// renameAccount says the same as the first time when it is repeated: no log and no event holds a name.
func (s *server) renameAccount(ctx context.Context, c caller, in *renameAccount) (*reply[access.Account], error) {
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.ID, in.Body)
	if err != nil {
		return nil, err
	}
	if err := s.mayChange(ctx, c, in.ID); err != nil {
		return nil, err
	}
	a, err := once(ctx, s, c, cmd, func() (access.Account, error) { return s.Access.RenameAccount(ctx, in.ID, in.Body.Name) })
	return &reply[access.Account]{a}, s.ofAccount(ctx, in.ID, err)
}

// ofAccount says of an account that was refused as unknown and is in the list that it is disabled.
func (s *server) ofAccount(ctx context.Context, id events.ID, err error) error {
	if !errors.Is(err, access.ErrUnknown) {
		return err
	}
	list, failed := s.Access.ListAccounts(ctx)
	if failed != nil {
		return failed
	}
	if slices.ContainsFunc(list, func(a access.Account) bool { return a.ID == id && a.Disabled }) {
		return errDisabledAccount
	}
	return err
}

// disableAccount does it for good, so that a repeat changes nothing.
func (s *server) disableAccount(ctx context.Context, c caller, in *OnAccount) (*reply[Done], error) {
	if in.ID == c.Account {
		return nil, invalid("own_account", "path.id", "is your own account; have another administrator do it")
	}
	if err := s.mayChange(ctx, c, in.ID); err != nil {
		return nil, err
	}
	return s.end(ctx, c, in, s.Access.DisableAccount)
}

func (s *server) end(ctx context.Context, c caller, in *OnAccount, end func(context.Context, events.ID) error) (*reply[Done], error) {
	if _, err := s.command(ctx, c, in.IdempotencyKey, in.ID); err != nil {
		return nil, err
	}
	return &reply[Done]{Done{in.ID}}, end(ctx, in.ID)
}

// setLogin makes at most one link of a command: a repeat is told what was set, and gets no link.
func (s *server) setLogin(ctx context.Context, c caller, in *setLogin) (*reply[NewLogin], error) {
	release, err := s.alone(ctx, c, in.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	defer release()
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.ID, in.Body)
	if err != nil {
		return nil, err
	}
	if in.ID == c.Account && !slices.Contains(in.Body.Roles, string(access.Administrator)) {
		return nil, invalid("own_account", "body.roles", "takes the administrator's role from yourself; have another administrator do it")
	}
	if err := s.mayGive(ctx, c, in.ID, in.Body.rights()); err != nil {
		return nil, err
	}
	link := ""
	l, err := once(ctx, s, c, cmd, func() (l access.Login, err error) {
		if err := s.registered(ctx, in.Body.Programmes, in.Body.Everywhere, in.Body.Municipalities, "body.programmes"); err != nil {
			return l, err
		}
		l = in.Body.login(in.ID)
		l.Version = in.version()
		l, link, err = s.Access.SetLogin(ctx, l)
		return l, err
	})
	return &reply[NewLogin]{NewLogin{l, link}}, s.ofAccount(ctx, in.ID, err)
}

// registered refuses a programme that is in none of the municipalities where a login or a token holds, and says which are.
func (s *server) registered(ctx context.Context, programmes []events.ProgrammeID, everywhere bool, places []events.Municipality, location string) error {
	wanted := slices.DeleteFunc(slices.Clone(programmes), func(p events.ProgrammeID) bool { return p == access.EveryProgramme })
	if len(wanted) == 0 {
		return nil
	}
	if everywhere {
		var err error
		if places, err = s.Log.Municipalities(ctx); err != nil {
			return err
		}
	}
	there := make(map[events.ProgrammeID]bool)
	for _, m := range places {
		if err := s.registeredIn(ctx, m, wanted, there); err != nil {
			return err
		}
	}
	for _, p := range wanted {
		if !there[p] {
			return s.unregistered(ctx, places, location)
		}
	}
	return nil
}

// registeredIn notes which of some programmes are registered in a municipality. The log is asked, which shows every write at once.
func (s *server) registeredIn(ctx context.Context, m events.Municipality, wanted []events.ProgrammeID, there map[events.ProgrammeID]bool) error {
	names := make([]events.Stream, len(wanted))
	for i, p := range wanted {
		names[i] = events.ProgrammeOf(p)
	}
	recorded, err := s.Log.Streams(ctx, m, names...)
	for i, p := range wanted {
		there[p] = there[p] || len(recorded[names[i]]) > 0
	}
	return err
}

// mostThere is how many programmes a refusal names.
const mostThere = 40

// unregistered names the programmes that there are.
func (s *server) unregistered(ctx context.Context, places []events.Municipality, location string) error {
	p := invalid("unregistered_programme", location, "no such programme is registered there; register it first, write another, or * for all")
	for _, m := range places {
		_, err := projections.ViewRecorded(ctx, s.Log, s.Reading, register.Projection{}.Name(), m, 0, func(tx pgx.Tx, shown projections.Checkpoint) error {
			list, err := register.Programmes(ctx, tx, shown.Position)
			for _, one := range list {
				p.There = append(p.There, string(one.Programme))
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	slices.Sort(p.There)
	p.There = slices.Compact(p.There)
	p.There = p.There[:min(len(p.There), mostThere)]
	if len(p.There) > 0 {
		p.Detail += "; there are " + strings.Join(p.There, ", ")
		p.Errors[0].Message += "; there are " + strings.Join(p.There, ", ")
	}
	return p
}

// makeLink makes one link of a command: a repeat gets none.
func (s *server) makeLink(ctx context.Context, c caller, in *OnAccount) (*reply[NewLink], error) {
	release, err := s.alone(ctx, c, in.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	defer release()
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.ID)
	if err != nil {
		return nil, err
	}
	if err := s.mayChange(ctx, c, in.ID); err != nil {
		return nil, err
	}
	link := ""
	done, err := once(ctx, s, c, cmd, func() (_ Done, err error) {
		link, err = s.Access.NewLink(ctx, in.ID)
		return Done{in.ID}, err
	})
	return &reply[NewLink]{NewLink{done.ID, link}}, s.ofAccount(ctx, in.ID, err)
}

func (s *server) listLogins(ctx context.Context, c caller, _ *struct{}) (*reply[Logins], error) {
	list, err := s.Access.ListLogins(ctx)
	list, err = administered(ctx, s, c, list, err, func(l access.Login) events.ID { return l.Account })
	return &reply[Logins]{Logins{list}}, err
}

// addToken makes one token of a command. Its description is kept for repeats, and its secret for nobody.
func (s *server) addToken(ctx context.Context, c caller, in *addToken) (*reply[NewToken], error) {
	b := in.Body
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.ID, b)
	if err != nil {
		return nil, err
	}
	g := access.Grant{ID: derived(cmd, "token"), Account: in.ID, Roles: b.Roles, Everywhere: b.Everywhere, Municipalities: b.Municipalities, Programmes: b.Programmes}
	if b.ExpiresAt != nil {
		g.Expires = *b.ExpiresAt
	}
	if err := s.mayGive(ctx, c, in.ID, access.Rights{Roles: b.Roles, Everywhere: b.Everywhere, Municipalities: b.Municipalities}); err != nil {
		return nil, err
	}
	secret := ""
	t, err := once(ctx, s, c, cmd, func() (t access.Token, err error) {
		if err := s.registered(ctx, b.Programmes, b.Everywhere, b.Municipalities, "body.programmes"); err != nil {
			return t, err
		}
		t, secret, err = s.Access.AddToken(ctx, g)
		return t, err
	})
	return &reply[NewToken]{NewToken{t, secret}}, s.ofAccount(ctx, in.ID, err)
}

func (s *server) listTokens(ctx context.Context, c caller, in *listTokens) (*reply[Tokens], error) {
	list, err := s.Access.ListTokens(ctx, in.Account)
	list, err = administered(ctx, s, c, list, err, func(t access.Token) events.ID { return t.Account })
	return &reply[Tokens]{Tokens{list}}, err
}

func (s *server) revokeToken(ctx context.Context, c caller, in *OnAccount) (*reply[Done], error) {
	account, err := s.Access.AccountOf(ctx, in.ID)
	if err == nil {
		err = s.mayChange(ctx, c, account)
	}
	if err != nil {
		return nil, err
	}
	return s.end(ctx, c, in, s.Access.RevokeToken)
}
