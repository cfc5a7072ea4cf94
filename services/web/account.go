package web

import (
	"errors"

	"rackvidd/services/access"
)

// accountPages are the account of whoever has signed in, whatever they may otherwise.
func (s *site) accountPages() {
	for pattern, show := range map[string]func(*visit) error{
		"GET /account":                        func(v *visit) error { return v.showAccount(v.newForm()) },
		"POST /account/password":              (*visit).changePassword,
		"POST /account/passkeys/begin":        (*visit).beginPasskey,
		"POST /account/passkeys":              (*visit).addPasskey,
		"POST /account/passkeys/{key}/remove": (*visit).removePasskey,
	} {
		s.mux.HandleFunc(pattern, s.open(func(v *visit) error {
			if !v.SignedIn() {
				return access.ErrUnauthenticated
			}
			return show(v)
		}))
	}
}

// account is what the page shows of it.
type account struct {
	access.Ways
	LeastPassword int // characters
}

func (v *visit) showAccount(f *form) error {
	ways, err := v.Passkeys.Ways(v.r.Context(), v.Principal.Account)
	if err != nil {
		return err
	}
	return v.show("account", sheet{Title: v.text().text("account.title"), Form: f, D: account{ways, access.LeastPassword}})
}

// changePassword gives the account another password, and signs it out everywhere else.
func (v *visit) changePassword() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if v.Turned {
		return v.showAccount(f)
	}
	if f.need("current_password", "new_password"); len(f.Errors) > 0 {
		return v.showAccount(f)
	}
	err = v.Sessions.ChangePassword(v.r.Context(), v.Principal.Account, f.Get("current_password"), f.Get("new_password"), v.secret)
	var wrong *access.InvalidError
	switch {
	case isUnauthenticated(err):
		v.Logger.Warn("a password is not changed", "why", "password", "account", v.Principal.Account)
		f.wrong("current_password", "account.wrong_password")
		return v.showAccount(f)
	case errors.Is(err, access.ErrSamePassword):
		f.wrong("new_password", "account.same_password")
		return v.showAccount(f)
	case errors.As(err, &wrong):
		f.wrong("new_password", "invitation.password_length")
		return v.showAccount(f)
	case err != nil:
		return err
	}
	v.Logger.Info("a password was changed", "account", v.Principal.Account)
	return v.to("/account", 0, "password_changed")
}
