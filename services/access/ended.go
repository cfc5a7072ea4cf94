package access

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// backChannelLogout is the event that a logout token tells of, and that no ID token does.
const backChannelLogout = "http://schemas.openid.net/event/backchannel-logout"

// endedWithin is how old a logout token may be: a later session must not be ended by one that was sent before it began.
const endedWithin = 5 * time.Minute

// vouched is whom an identity provider vouches for, and by what it will say that the session has ended; what is "" it never
// will be.
type vouched struct {
	who              string // the value of the configured claim
	subject, session string // sub, sid
}

// Ended ends the sessions here that a logout token says have ended at the provider (OpenID Connect Back-Channel Logout 1.0):
// the one it names, where it has a name here as well, or all of a user's. That there is none is no error. Errors:
// ErrProviderAway, ErrProvider, ErrUnavailable.
func (o *OpenID) Ended(ctx context.Context, logoutToken string) error {
	p, err := o.provider(ctx)
	if err != nil {
		return err
	}
	token, err := p.ended.Verify(oidc.ClientContext(ctx, o.client), logoutToken)
	if err != nil {
		return fmt.Errorf("%w: the logout token: %w", ErrProvider, err)
	}
	var claims struct {
		Session string                     `json:"sid"`
		Nonce   *string                    `json:"nonce"`
		Expires *json.Number               `json:"exp"`
		Events  map[string]json.RawMessage `json:"events"`
	}
	if err := token.Claims(&claims); err != nil {
		return fmt.Errorf("%w: the logout token: %w", ErrProvider, err)
	}
	_, tells := claims.Events[backChannelLogout]
	now := o.accounts.now()
	switch {
	case !tells || claims.Nonce != nil:
		return fmt.Errorf("%w: it is no logout token", ErrProvider)
	case token.IssuedAt.Before(now.Add(-endedWithin)) || token.IssuedAt.After(now.Add(skew)) || claims.Expires != nil && token.Expiry.Before(now.Add(-skew)):
		return fmt.Errorf("%w: the logout token is not of now", ErrProvider)
	case token.Subject == "" && claims.Session == "":
		return fmt.Errorf("%w: the logout token names no session and nobody's", ErrProvider)
	}
	_, err = o.accounts.pool.Exec(ctx, `DELETE FROM access.session WHERE coalesce(provider_session = nullif($1, ''), subject = $2)`, claims.Session, token.Subject)
	o.accounts.recent.forget()
	return failed("end sessions", err)
}
