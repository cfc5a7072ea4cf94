package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"rackvidd/services/access"
)

// OpenID is an identity provider that people may sign in by. Errors are those of *access.OpenID.
type OpenID interface {
	Begin(ctx context.Context, redirect, next, invitation string) (to, attempt string, err error)
	Finish(ctx context.Context, attempt string, answer url.Values) (secret, next string, err error)
	End(ctx context.Context, back string) (to string)
	Ended(ctx context.Context, logoutToken string) error
}

// openIDAnswer is where the provider leads back to: what is registered there, after the site's address.
const openIDAnswer = "/login/openid/answer"

const attemptCookie = "__Host-attempt"

func (s *site) openIDPages() {
	if s.OpenID == nil {
		return
	}
	s.mux.HandleFunc("GET /login/openid", s.open(func(v *visit) error { return v.toProvider(local(v.Query("next")), "") }))
	s.mux.HandleFunc("GET /invitations/{secret}/openid", s.open((*visit).linkToProvider))
	s.mux.HandleFunc("GET "+openIDAnswer, s.open((*visit).fromProvider))
	s.mux.HandleFunc("GET /login/refused", s.open((*visit).refused))
	s.mux.HandleFunc("GET /logout/openid", s.open((*visit).signOutOfProvider))
	s.mux.HandleFunc("POST /logout/openid", s.endedAtProvider)
}

// ByOpenID reports whether people may sign in by an identity provider.
func (v *visit) ByOpenID() bool { return v.OpenID != nil }

// toProvider leads to the provider's page, by a link: a form that leads elsewhere is refused by our own policy.
func (v *visit) toProvider(next, invitation string) error {
	if !v.safe() {
		return v.showLogin(v.newForm("next", next))
	}
	to, attempt, err := v.OpenID.Begin(v.r.Context(), v.origin()+openIDAnswer, next, invitation)
	if err != nil {
		return v.showRefusal(err, next)
	}
	v.setCookie(attemptCookie, attempt, int(access.AttemptLife.Seconds()))
	return v.lead(to)
}

// linkToProvider makes the account of an invitation the provider's user's.
func (v *visit) linkToProvider() error {
	if _, err := v.invited(); err != nil {
		return err
	}
	return v.toProvider("/", v.At("secret"))
}

func (v *visit) fromProvider() error {
	c, err := v.r.Cookie(attemptCookie)
	if err != nil {
		return v.showRefusal(access.ErrAttempt, "/")
	}
	v.setCookie(attemptCookie, "", -1)
	secret, next, err := v.OpenID.Finish(v.r.Context(), c.Value, v.r.URL.Query())
	if err != nil {
		return v.showRefusal(err, next)
	}
	v.keep(secret, local(next))
	return nil
}

// refusals are the pages of why nobody is signed in, by what the reader can do about it.
var refusals = []struct {
	err    error
	status int
	code   string
}{
	{access.ErrAttempt, http.StatusBadRequest, "attempt"},
	{access.ErrCancelled, http.StatusForbidden, "cancelled"},
	{access.ErrProviderAway, http.StatusServiceUnavailable, "away"},
	{access.ErrLevel, http.StatusForbidden, "level"},
	{access.ErrNoAccount, http.StatusForbidden, "no_account"},
	{access.ErrTaken, http.StatusConflict, "taken"},
	{access.ErrProvider, http.StatusForbidden, "provider"},
}

// showRefusal leads to the page that says why somebody is not signed in: the answer does not stay in the browser's address.
// What was wrong with it is for the log.
func (v *visit) showRefusal(err error, next string) error {
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			v.Logger.Warn("nobody is signed in", "why", r.code, "error", err)
			return v.lead("/login/refused?" + url.Values{"why": {r.code}, "next": {local(next)}}.Encode())
		}
	}
	return err
}

// refused says why somebody is not signed in, and offers to begin again.
func (v *visit) refused() error {
	for _, r := range refusals {
		if r.code == v.Query("why") {
			return v.showAs(r.status, "refusal", sheet{Title: v.text().text("refusal.title"), Form: v.newForm("next", local(v.Query("next"))), D: v.text().text("refusal." + r.code)})
		}
	}
	return errNothingHere
}

// origin is the site's address, as the browser has it.
func (v *visit) origin() string {
	if v.https() {
		return "https://" + v.r.Host
	}
	return "http://" + v.r.Host
}

// signOutOfProvider leads to where the provider's own session ends: a telephone is shared.
func (v *visit) signOutOfProvider() error {
	to := v.OpenID.End(v.r.Context(), v.origin()+"/login")
	if to == "" {
		return v.showRefusal(access.ErrProviderAway, "/")
	}
	return v.lead(to)
}

// largestLogoutToken is in bytes, with the form around it.
const largestLogoutToken = 16 << 10

// endedAtProvider takes the provider's own word that somebody has signed out of it, or may sign in no more: it calls
// without a browser, and is believed for its signature alone.
func (s *site) endedAtProvider(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, largestLogoutToken)
	w.Header().Set("Cache-Control", "no-store")
	err := s.OpenID.Ended(r.Context(), r.PostFormValue("logout_token"))
	switch {
	case err == nil:
		return
	case errors.Is(err, access.ErrProvider):
		w.WriteHeader(http.StatusBadRequest)
	default:
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	s.Logger.Warn("a logout token ends no session", "error", err)
}
