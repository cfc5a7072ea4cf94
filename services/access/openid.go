package access

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/oauth2"

	"rackvidd/events"
)

const (
	// providerPatience is how long the identity provider may take to answer.
	providerPatience = 10 * time.Second
	// skew is how far its clock may be ahead of ours.
	skew = time.Minute

	mostSubject = 255 // characters, as OpenID Connect has it
)

// signatures are the algorithms that an ID token may be signed by: those that need the provider's private key.
var signatures = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}

// OpenIDConfig is an identity provider that people sign in by.
type OpenIDConfig struct {
	Issuer   string // its address; none: ""
	ClientID string
	Secret   string
	Levels   []string // of assurance (acr): one of them is required; none: any is enough
	Claim    string   // that says who it is, and is never somebody else's; "": sub
}

// OpenID signs people in who have signed in at the identity provider (OpenID Connect Core 1.0, the code flow with PKCE).
type OpenID struct {
	OpenIDConfig
	accounts *Service
	client   *http.Client
	found    atomic.Pointer[provider]
}

// provider is what an identity provider says about itself.
type provider struct {
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
	ended    *oidc.IDTokenVerifier // of logout tokens, which older providers give no end
	about    struct {
		NamesItself bool     `json:"authorization_response_iss_parameter_supported"`
		End         string   `json:"end_session_endpoint"`
		Methods     []string `json:"token_endpoint_auth_methods_supported"`
	}
}

// begunOpenID is what only the browser that began may come back with.
type begunOpenID struct {
	State, Nonce, Verifier, Redirect, Next string
	Invitation                             []byte // its hash; none: nil
}

// Check refuses a provider that could be anybody, and one that does not know us. No issuer is no error.
func (c OpenIDConfig) Check() error {
	u, err := url.Parse(c.Issuer)
	switch {
	case c.Issuer == "":
		return nil
	case err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return &InvalidError{"issuer", "must be an https address"}
	case c.ClientID == "":
		return &InvalidError{"client", "is empty; it is what the provider knows this installation as"}
	}
	return nil
}

// newOpenID is nil where no provider is named. The provider itself is asked when somebody signs in: it may be away.
func newOpenID(s *Service, c OpenIDConfig) (*OpenID, error) {
	if err := c.Check(); err != nil || c.Issuer == "" {
		return nil, err
	}
	c.Claim = cmp.Or(c.Claim, "sub")
	return &OpenID{OpenIDConfig: c, accounts: s, client: &http.Client{Timeout: providerPatience}}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// OpenID is the identity provider that people sign in by, nil where none is configured.
func (s *Service) OpenID() *OpenID { return s.openID }

// Begin returns the provider's address where somebody signs in, and the secret that the browser comes back with to
// redirect within ten minutes. The invitation, where there is one, is what makes the account the provider's user's.
// ErrProviderAway: it does not answer.
func (o *OpenID) Begin(ctx context.Context, redirect, next, invitation string) (to, attempt string, err error) {
	p, err := o.provider(ctx)
	if err != nil {
		return "", "", err
	}
	b := begunOpenID{State: newSecret(""), Nonce: newSecret(""), Verifier: oauth2.GenerateVerifier(), Redirect: redirect, Next: next}
	if invitation != "" {
		hash := hashOf(invitation)
		b.Invitation = hash[:]
	}
	if attempt, err = o.accounts.attempt(ctx, openIDAttempt, b); err != nil {
		return "", "", err
	}
	options := []oauth2.AuthCodeOption{
		oauth2.S256ChallengeOption(b.Verifier), oidc.Nonce(b.Nonce), oauth2.SetAuthURLParam("redirect_uri", redirect),
		oauth2.SetAuthURLParam("prompt", "login"), // telephones are shared: the one before may still be signed in there
	}
	if len(o.Levels) > 0 {
		options = append(options, oauth2.SetAuthURLParam("acr_values", strings.Join(o.Levels, " ")))
	}
	return p.oauth.AuthCodeURL(b.State, options...), attempt, nil
}

// Finish takes what the browser comes back with and begins a session. It returns the session's secret, and where Begin was
// told to lead. Errors: ErrAttempt, ErrCancelled, ErrProviderAway, ErrProvider, ErrLevel, ErrNoAccount, ErrTaken.
func (o *OpenID) Finish(ctx context.Context, attempt string, answer url.Values) (secret, next string, err error) {
	var b begunOpenID
	if err := o.accounts.resume(ctx, openIDAttempt, attempt, &b); err != nil {
		return "", "", err
	}
	if subtle.ConstantTimeCompare([]byte(b.State), []byte(answer.Get("state"))) != 1 {
		return "", b.Next, ErrAttempt
	}
	p, err := o.provider(ctx)
	if err != nil {
		return "", b.Next, err
	}
	if err := o.answered(p, answer); err != nil {
		return "", b.Next, err
	}
	by, err := o.whose(ctx, p, answer.Get("code"), b)
	if err != nil {
		return "", b.Next, err
	}
	account, err := o.account(ctx, by.who, b.Invitation)
	if err != nil {
		return "", b.Next, err
	}
	secret, err = o.accounts.begin(ctx, account, way{`SELECT 1 FROM access.identity WHERE account = $1 AND issuer = $2 AND subject = $3 FOR KEY SHARE`, []any{account, o.Issuer, by.who}}, by)
	if errors.Is(err, ErrUnauthenticated) {
		err = ErrNoAccount
	}
	return secret, b.Next, err
}

// answered refuses an answer of another provider (RFC 9207), and one without a code.
func (o *OpenID) answered(p *provider, answer url.Values) error {
	switch iss, code := answer.Get("iss"), answer.Get("error"); {
	case iss != o.Issuer && (iss != "" || p.about.NamesItself):
		return fmt.Errorf("%w: another provider answers", ErrProvider)
	case code == "access_denied":
		return ErrCancelled
	case code == "server_error" || code == "temporarily_unavailable":
		return ErrProviderAway
	case code == "unmet_authentication_requirements":
		return ErrLevel
	case code != "" || answer.Get("code") == "":
		return fmt.Errorf("%w: it answers with an error", ErrProvider)
	}
	return nil
}

// whose exchanges the code for an ID token and returns whose it is.
func (o *OpenID) whose(ctx context.Context, p *provider, code string, b begunOpenID) (by vouched, err error) {
	ctx = oidc.ClientContext(ctx, o.client)
	token, err := p.oauth.Exchange(ctx, code, oauth2.VerifierOption(b.Verifier), oauth2.SetAuthURLParam("redirect_uri", b.Redirect))
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response.StatusCode < http.StatusInternalServerError {
		return by, fmt.Errorf("%w: it does not take the code: %s", ErrProvider, refused.ErrorCode)
	}
	if err != nil {
		return by, fmt.Errorf("%w: exchange the code: %w", ErrProviderAway, err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := p.verifier.Verify(ctx, raw)
	if err != nil {
		return by, fmt.Errorf("%w: %w", ErrProvider, err)
	}
	if id.AccessTokenHash != "" && id.VerifyAccessToken(token.AccessToken) != nil {
		return by, fmt.Errorf("%w: the access token is not this ID token's", ErrProvider)
	}
	return o.vouched(id, b.Nonce)
}

// vouched checks what the library leaves to its caller: for whom, for what and how the ID token was made.
func (o *OpenID) vouched(id *oidc.IDToken, nonce string) (by vouched, err error) {
	var claims struct {
		Party   string `json:"azp"`
		Level   string `json:"acr"`
		Session string `json:"sid"`
	}
	all := make(map[string]json.RawMessage)
	if err := errors.Join(id.Claims(&claims), id.Claims(&all)); err != nil {
		return by, fmt.Errorf("%w: %w", ErrProvider, err)
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(nonce), []byte(id.Nonce)) != 1:
		return by, fmt.Errorf("%w: the ID token is of another attempt", ErrProvider)
	case claims.Party != o.ClientID && (claims.Party != "" || len(id.Audience) > 1):
		return by, fmt.Errorf("%w: the ID token is another party's", ErrProvider)
	case id.IssuedAt.After(o.accounts.now().Add(skew)):
		return by, fmt.Errorf("%w: the ID token is from the future", ErrProvider)
	case len(o.Levels) > 0 && !slices.Contains(o.Levels, claims.Level):
		return by, ErrLevel
	}
	if err := json.Unmarshal(all[o.Claim], &by.who); err != nil {
		return by, fmt.Errorf("%w: the ID token has no text as %s", ErrProvider, o.Claim)
	}
	if err := checkSubject(by.who); err != nil {
		return by, fmt.Errorf("%w: %s: %w", ErrProvider, o.Claim, err)
	}
	// Beside another claim, sub may be what is not kept here.
	if checkSubject(id.Subject) == nil {
		by.subject = id.Subject
	}
	if checkSubject(claims.Session) == nil {
		by.session = claims.Session
	}
	return by, nil
}

// checkSubject refuses what says nothing, and what would be kept here against every promise: an identity number, or an
// address that is somebody else's tomorrow.
func checkSubject(subject string) error {
	if subject == "" || len(subject) > mostSubject || strings.ContainsFunc(subject, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return &InvalidError{"subject", fmt.Sprintf("must have 1 to %d characters", mostSubject)}
	}
	if what := events.Revealing(subject); what == "an identity number" || what == "an e-mail address" {
		return &InvalidError{"subject", "reads as " + what + ", which is not kept here"}
	}
	return nil
}

// account finds whose account a subject signs in to, and makes it so where there is an invitation.
func (o *OpenID) account(ctx context.Context, subject string, invitation []byte) (account [16]byte, err error) {
	if invitation != nil {
		return o.accept(ctx, subject, invitation)
	}
	err = o.accounts.pool.QueryRow(ctx, `
		SELECT i.account FROM access.identity i JOIN access.account a ON a.id = i.account
		WHERE i.issuer = $1 AND i.subject = $2 AND NOT a.disabled`, o.Issuer, subject).Scan(&account)
	if errors.Is(err, pgx.ErrNoRows) {
		return account, ErrNoAccount
	}
	return account, failed("find an identity", err)
}

func (o *OpenID) accept(ctx context.Context, subject string, invitation []byte) (account [16]byte, err error) {
	err = pgx.BeginFunc(ctx, o.accounts.pool, func(tx pgx.Tx) (err error) {
		if account, err = o.accounts.use(ctx, tx, invitation); err != nil {
			return err
		}
		return link(ctx, tx, account, o.Issuer, subject)
	})
	o.accounts.recent.forget()
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return account, ErrNoAccount
	case duplicates(err, "identity_issuer_subject_key"):
		return account, ErrTaken
	}
	return account, failed("accept an invitation", err)
}

// link makes an account the provider's user's, and nobody's who had a password, a passkey or a session of it.
func link(ctx context.Context, tx pgx.Tx, account [16]byte, issuer, subject string) error {
	if err := renew(ctx, tx, account, nil); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO access.identity (account, issuer, subject) VALUES ($1, $2, $3)
		ON CONFLICT (account) DO UPDATE SET issuer = excluded.issuer, subject = excluded.subject`, account, issuer, subject)
	return err
}

// duplicates reports whether something is refused because it is another's.
func duplicates(err error, constraint string) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == "23505" && refused.ConstraintName == constraint
}

// End is the provider's address where somebody signs out of it too, leading back afterwards; "" where it has none, or
// does not answer.
func (o *OpenID) End(ctx context.Context, back string) string {
	p, err := o.provider(ctx)
	if err != nil || p.about.End == "" {
		return ""
	}
	to, err := url.Parse(p.about.End)
	if err != nil {
		return ""
	}
	query := to.Query()
	query.Set("client_id", o.ClientID)
	query.Set("post_logout_redirect_uri", back)
	to.RawQuery = query.Encode()
	return to.String()
}

// provider asks the provider about itself, until it has answered once.
func (o *OpenID) provider(ctx context.Context) (*provider, error) {
	if p := o.found.Load(); p != nil {
		return p, nil
	}
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, o.client), o.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProviderAway, err)
	}
	p := &provider{
		oauth:    oauth2.Config{ClientID: o.ClientID, ClientSecret: o.Secret, Endpoint: found.Endpoint(), Scopes: []string{oidc.ScopeOpenID}},
		verifier: found.Verifier(&oidc.Config{ClientID: o.ClientID, SupportedSigningAlgs: signatures, Now: o.accounts.now}),
		ended:    found.Verifier(&oidc.Config{ClientID: o.ClientID, SupportedSigningAlgs: signatures, SkipExpiryCheck: true}),
	}
	if err := found.Claims(&p.about); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProviderAway, err)
	}
	p.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInHeader // a code is sent once
	if len(p.about.Methods) > 0 && !slices.Contains(p.about.Methods, "client_secret_basic") {
		p.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	o.found.Store(p)
	return p, nil
}
