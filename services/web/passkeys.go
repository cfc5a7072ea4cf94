package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"rackvidd/events"
	"rackvidd/services/access"
)

// Passkeys are what people sign in by beside a password. Errors are those of *access.Service.
type Passkeys interface {
	BeginPasskey(ctx context.Context, origin string, account events.ID, password string) (options []byte, attempt string, err error)
	AddPasskey(ctx context.Context, account events.ID, attempt string, made []byte) error
	Ways(ctx context.Context, account events.ID) (access.Ways, error)
	RemovePasskey(ctx context.Context, account events.ID, id, session string) error
	BeginPasskeySignIn(ctx context.Context, origin string) (options []byte, attempt string, err error)
	SignInByPasskey(ctx context.Context, attempt string, answer []byte) (session string, err error)
}

// passkeyPages are the way in by a passkey. A browser makes and asks for passkeys by a script alone: what begins is answered to
// it, and what it made is sent as any form is.
func (s *site) passkeyPages() {
	s.mux.HandleFunc("POST /login/passkey/begin", s.open((*visit).beginPasskeySignIn))
	s.mux.HandleFunc("POST /login/passkey", s.open((*visit).signInByPasskey))
}

// PasskeysHere reports whether the address that the page is read at can have passkeys.
func (v *visit) PasskeysHere() bool { return access.PasskeysAt(v.origin()) }

// passkeyBegun is what a script goes on with, or what it shows instead.
type passkeyBegun struct {
	Options json.RawMessage `json:"options,omitempty"`
	Error   string          `json:"error,omitempty"`
}

func (v *visit) begun(options []byte, attempt string, err error, wrong string) error {
	answer := passkeyBegun{Options: options}
	switch {
	case isUnauthenticated(err) || errors.Is(err, access.ErrPasskey):
		answer.Error = v.text().text(wrong)
		v.w.Header().Set("Content-Type", "application/json")
		v.w.WriteHeader(http.StatusUnprocessableEntity)
	case err != nil:
		return err
	default:
		v.setCookie(attemptCookie, attempt, int(access.AttemptLife.Seconds()))
		v.w.Header().Set("Content-Type", "application/json")
	}
	_ = json.NewEncoder(v.w).Encode(answer) // the reader has gone
	return nil
}

func (v *visit) beginPasskey() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	options, attempt, err := v.Passkeys.BeginPasskey(v.r.Context(), v.origin(), v.Principal.Account, f.Get("password"))
	return v.begun(options, attempt, err, "account.wrong_password")
}

// attempted is what the browser waits with; it does so once.
func (v *visit) attempted() string {
	c, err := v.r.Cookie(attemptCookie)
	if err != nil {
		return ""
	}
	v.setCookie(attemptCookie, "", -1)
	return c.Value
}

func (v *visit) addPasskey() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	err = v.Passkeys.AddPasskey(v.r.Context(), v.Principal.Account, v.attempted(), []byte(f.Get("credential")))
	if errors.Is(err, access.ErrPasskey) || errors.Is(err, access.ErrAttempt) {
		v.Logger.Warn("a passkey is not taken", "account", v.Principal.Account, "error", err)
		f.wrong("", "account.not_added")
		return v.showAccount(f)
	}
	if err != nil {
		return err
	}
	return v.to("/account", 0, "passkey_added")
}

func (v *visit) removePasskey() error {
	err := v.Passkeys.RemovePasskey(v.r.Context(), v.Principal.Account, v.At("key"), v.secret)
	if errors.Is(err, access.ErrUnknown) {
		return errNothingHere
	}
	if err != nil {
		return err
	}
	return v.to("/account", 0, "passkey_removed")
}

func (v *visit) beginPasskeySignIn() error {
	if !v.safe() {
		return v.begun(nil, "", access.ErrPasskey, "login.unsafe")
	}
	options, attempt, err := v.Passkeys.BeginPasskeySignIn(v.r.Context(), v.origin())
	return v.begun(options, attempt, err, "login.passkey_wrong")
}

func (v *visit) signInByPasskey() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	secret, err := v.Passkeys.SignInByPasskey(v.r.Context(), v.attempted(), []byte(f.Get("credential")))
	if errors.Is(err, access.ErrPasskey) || errors.Is(err, access.ErrAttempt) {
		v.Logger.Warn("nobody is signed in", "why", "passkey", "error", err)
		f.wrong("", "login.passkey_wrong")
		return v.showLogin(f)
	}
	if err != nil {
		return err
	}
	v.keep(secret, local(f.Get("next")))
	return nil
}
