package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
)

type addAccount struct {
	Keyed
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"120" doc:"what the administrator calls it"`
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
		Roles          []access.Role         `json:"roles" nullable:"false" minItems:"1"`
		Everywhere     bool                  `json:"everywhere,omitempty" doc:"in all municipalities"`
		Municipalities []events.Municipality `json:"municipalities,omitempty"`
		Programmes     []events.ProgrammeID  `json:"programmes,omitempty" doc:"a coordinator's own; * is all"`
		ExpiresAt      *time.Time            `json:"expires_at,omitempty" doc:"in a year when it is left out"`
	}
}

type listTokens struct {
	Account events.ID `query:"account" doc:"all when it is left out"`
}

type setLogin struct {
	OnAccount
	Body struct {
		Name           string                `json:"name" minLength:"2" maxLength:"40" doc:"what is typed to sign in"`
		Subject        string                `json:"subject,omitempty" maxLength:"255" doc:"whom the identity provider vouches for, in its own words; no link is made then"`
		Roles          []string              `json:"roles" nullable:"false" minItems:"1" doc:"as of tokens; administrator as well"`
		Everywhere     bool                  `json:"everywhere,omitempty" doc:"in all municipalities"`
		Municipalities []events.Municipality `json:"municipalities,omitempty"`
		Programmes     []events.ProgrammeID  `json:"programmes,omitempty" doc:"a coordinator's own; * is all"`
	}
}

// NewLogin is a login with the secret of its link, which is kept nowhere and shown this once.
type NewLogin struct {
	access.Login
	Invitation string `json:"invitation,omitempty" doc:"signs in once, at /invitations/ and this, for a week; left out where a subject is named, and when the same Idempotency-Key comes again"`
}

// Logins are without their passwords.
type Logins struct {
	Logins []access.Login `json:"logins" nullable:"false"`
}

// Accounts is all that were made.
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
	add(s, route{id: "add-account", method: http.MethodPost, path: "/accounts", permission: to, creates: true, summary: "Make an account"}, s.addAccount)
	add(s, route{id: "list-accounts", method: http.MethodGet, path: "/accounts", permission: to, summary: "List the accounts"}, s.listAccounts)
	add(s, route{id: "disable-account", method: http.MethodPost, path: "/accounts/{id}/disable", permission: to, summary: "End an account and its tokens, for good"}, s.disableAccount)
	add(s, route{id: "set-login", method: http.MethodPut, path: "/accounts/{id}/login", permission: to, summary: "Let an account sign in, and say what it may do then; its sessions end, and the secret of a link to choose a password or the identity provider by is shown once"}, s.setLogin)
	add(s, route{id: "list-logins", method: http.MethodGet, path: "/logins", permission: to, summary: "List who can sign in"}, s.listLogins)
	add(s, route{id: "add-token", method: http.MethodPost, path: "/accounts/{id}/tokens", permission: to, creates: true, summary: "Make a token; its secret is shown once"}, s.addToken)
	add(s, route{id: "list-tokens", method: http.MethodGet, path: "/tokens", permission: to, summary: "List the tokens, without their secrets"}, s.listTokens)
	add(s, route{id: "revoke-token", method: http.MethodPost, path: "/tokens/{id}/revoke", permission: to, summary: "End a token, for good"}, s.revokeToken)
}

func (s *server) addAccount(ctx context.Context, c caller, in *addAccount) (*reply[access.Account], error) {
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.Body)
	if err != nil {
		return nil, err
	}
	a, err := s.Access.AddAccount(ctx, derived(cmd, "account"), in.Body.Name)
	return &reply[access.Account]{a}, err
}

func (s *server) listAccounts(ctx context.Context, _ caller, _ *struct{}) (*reply[Accounts], error) {
	list, err := s.Access.ListAccounts(ctx)
	return &reply[Accounts]{Accounts{list}}, err
}

// disableAccount does it for good, so that a repeat changes nothing.
func (s *server) disableAccount(ctx context.Context, c caller, in *OnAccount) (*reply[Done], error) {
	if in.ID == c.Account {
		return nil, invalid("own_account", "path.id", "is your own account; have another administrator do it")
	}
	return s.end(ctx, c, in, s.Access.DisableAccount)
}

func (s *server) end(ctx context.Context, c caller, in *OnAccount, end func(context.Context, events.ID) error) (*reply[Done], error) {
	if _, err := s.command(ctx, c, in.IdempotencyKey, in.ID); err != nil {
		return nil, err
	}
	return &reply[Done]{Done{in.ID}}, end(ctx, in.ID)
}

// setLogin makes one link of a command: a repeat is told what was set, and gets no link.
func (s *server) setLogin(ctx context.Context, c caller, in *setLogin) (*reply[NewLogin], error) {
	b := in.Body
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.ID, b)
	if err != nil {
		return nil, err
	}
	roles := make([]access.Role, len(b.Roles))
	for i, r := range b.Roles {
		roles[i] = access.Role(r)
	}
	if in.ID == c.Account && !slices.Contains(roles, access.Administrator) {
		return nil, invalid("own_account", "body.roles", "takes the administrator's role from yourself; have another administrator do it")
	}
	invitation := ""
	l, err := once(ctx, s, c, cmd, func() (l access.Login, err error) {
		l = access.Login{Account: in.ID, Name: b.Name, Subject: b.Subject, Roles: roles, Everywhere: b.Everywhere, Municipalities: b.Municipalities, Programmes: b.Programmes}
		l, invitation, err = s.Access.SetLogin(ctx, l)
		return l, err
	})
	return &reply[NewLogin]{NewLogin{l, invitation}}, err
}

func (s *server) listLogins(ctx context.Context, _ caller, _ *struct{}) (*reply[Logins], error) {
	list, err := s.Access.ListLogins(ctx)
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
	secret := ""
	t, err := once(ctx, s, c, cmd, func() (t access.Token, err error) {
		t, secret, err = s.Access.AddToken(ctx, g)
		return t, err
	})
	return &reply[NewToken]{NewToken{t, secret}}, err
}

func (s *server) listTokens(ctx context.Context, _ caller, in *listTokens) (*reply[Tokens], error) {
	list, err := s.Access.ListTokens(ctx, in.Account)
	return &reply[Tokens]{Tokens{list}}, err
}

func (s *server) revokeToken(ctx context.Context, c caller, in *OnAccount) (*reply[Done], error) {
	return s.end(ctx, c, in, s.Access.RevokeToken)
}
