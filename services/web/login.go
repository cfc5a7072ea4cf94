package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rackvidd/services/access"
)

func (s *site) loginPages() {
	s.mux.HandleFunc("GET /login", s.open((*visit).login))
	s.mux.HandleFunc("POST /login", s.open((*visit).signIn))
	s.mux.HandleFunc("GET /login/kept", s.open((*visit).keptCookie))
	s.mux.HandleFunc("GET /login/stay", s.open((*visit).stay))
	s.mux.HandleFunc("GET /login/left", func(w http.ResponseWriter, r *http.Request) {
		switch err := s.visit(w, r).left(); {
		case isUnauthenticated(err):
			http.Error(w, "", http.StatusUnauthorized)
		case err != nil:
			http.Error(w, "", http.StatusServiceUnavailable)
		}
	})
	s.mux.HandleFunc("POST /logout", s.open((*visit).signOut))
	s.mux.HandleFunc("POST /leave", func(w http.ResponseWriter, r *http.Request) { s.visit(w, r).leave() }) // whoever asks, and also where nobody can find out
	s.mux.HandleFunc("GET /invitations/{secret}", s.open((*visit).invitation))
	s.mux.HandleFunc("POST /invitations/{secret}", s.open((*visit).accept))
}

func (v *visit) login() error {
	return v.showLogin(v.newForm("next", local(v.Query("next"))))
}

func (v *visit) showLogin(f *form) error {
	if !v.safe() {
		f.wrong("", "login.unsafe")
	}
	return v.show("login", sheet{Title: v.text().text("login.title"), Form: f})
}

// safe reports whether a browser keeps a __Host- cookie from here: over https, and on this machine.
func (v *visit) safe() bool {
	if v.https() {
		return true
	}
	host, _, err := net.SplitHostPort(v.r.Host)
	if err != nil {
		host = v.r.Host
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// https reports whether the browser came by it. Of several proxies each adds to the list, and the browser came to the first.
func (v *visit) https() bool {
	first, _, _ := strings.Cut(v.r.Header.Get("X-Forwarded-Proto"), ",")
	return v.r.TLS != nil || strings.EqualFold(strings.TrimSpace(first), "https")
}

func (v *visit) signIn() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if v.Turned {
		return v.showLogin(f)
	}
	f.need("name", "password")
	if len(f.Errors) > 0 || !v.safe() {
		return v.showLogin(f)
	}
	secret, err := v.Sessions.SignIn(v.r.Context(), f.Get("name"), v.r.PostForm.Get("password"))
	if isUnauthenticated(err) {
		v.Logger.Warn("nobody is signed in", "why", "password") // and nothing of what was typed: it may be the password, or somebody's number
		f.wrong("", "login.wrong")
		return v.showLogin(f)
	}
	if err != nil {
		return err
	}
	v.keep(secret, local(f.Get("next")))
	return nil
}

// keep gives the session to the browser, a new one at every sign-in, and looks whether it was kept.
func (v *visit) keep(secret, next string) {
	v.setCookie(sessionCookie, secret, int(access.SessionLife.Seconds()))
	to := url.URL{Path: "/login/kept", RawQuery: url.Values{"next": {next}}.Encode()}
	http.Redirect(v.w, v.r, to.String(), http.StatusSeeOther)
}

func (v *visit) keptCookie() error {
	if !v.SignedIn() {
		f := v.newForm()
		f.wrong("", "login.no_cookie")
		return v.showLogin(f)
	}
	http.Redirect(v.w, v.r, local(v.Query("next")), http.StatusSeeOther)
	return nil
}

// Idle is how many seconds a session lasts that nobody uses.
func (v *visit) Idle() int { return int(access.SessionIdle.Seconds()) }

// Left is how many seconds this one lasts, however much it is used.
func (v *visit) Left() int { return max(0, int(v.Principal.Ends.Sub(v.Clock()).Seconds())) }

// left tells a page that stands open how long its reader stays signed in, and whose session it is by now. Asking is no use
// of the session.
func (v *visit) left() error {
	c, err := v.r.Cookie(sessionCookie)
	if err != nil {
		return access.ErrUnauthenticated
	}
	unused, used, err := v.Sessions.Left(v.r.Context(), c.Value)
	if err != nil {
		return err
	}
	p, err := v.Sessions.Still(v.r.Context(), c.Value)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(v.w).Encode(map[string]any{"unused": int(unused.Seconds()), "used": int(used.Seconds()), "who": p.Account}) // the reader has gone
	return nil
}

// stay uses the session, so that it does not end.
func (v *visit) stay() error {
	if !v.SignedIn() {
		return access.ErrUnauthenticated
	}
	return v.left()
}

// endSession has the browser keep nothing of the session, and ends it.
func (v *visit) endSession() error {
	v.setCookie(sessionCookie, "", -1)
	v.w.Header().Set("Clear-Site-Data", `"cache"`)
	c, err := v.r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	const patience = 2 * time.Second // whoever leaves is led away also where the accounts do not answer
	ctx, stop := context.WithTimeout(v.r.Context(), patience)
	defer stop()
	return v.Sessions.SignOut(ctx, c.Value)
}

// Elsewhere is a page that anybody may be found reading.
func (v *visit) Elsewhere() string { return "https://www.smhi.se/" }

// leave ends the session and leads away from here at once. It is no redirect, which form-action would stop; that the
// session cannot be ended keeps nobody here, nor the browser's cookie.
func (v *visit) leave() {
	if err := v.endSession(); err != nil {
		v.Logger.Error("a session could not be ended by leaving", "err", err)
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("Refresh", "0; url="+v.Elsewhere())
	_, _ = fmt.Fprintf(v.w, `<!DOCTYPE html><html lang="sv"><title>SMHI</title><a href="%[1]s" rel="noreferrer">%[1]s</a></html>`, v.Elsewhere()) // the reader has gone
}

func (v *visit) signOut() error {
	if err := v.endSession(); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/login?done=signed_out", http.StatusSeeOther)
	return nil
}

// invited is the name that the link of the page's address signs in.
func (v *visit) invited() (string, error) {
	name, err := v.Sessions.Invited(v.r.Context(), v.At("secret"))
	if isUnauthenticated(err) {
		return "", errSpent
	}
	return name, err
}

func (v *visit) invitation() error {
	name, err := v.invited()
	if err != nil {
		return err
	}
	return v.showInvitation(name, v.newForm())
}

func (v *visit) showInvitation(name string, f *form) error {
	f.Set("name", name)
	return v.show("invitation", sheet{Title: v.text().text("invitation.title"), Form: f, D: access.LeastPassword})
}

func (v *visit) accept() error {
	name, err := v.invited()
	if err != nil {
		return err
	}
	f, err := v.form()
	if err != nil {
		return err
	}
	if v.Turned {
		return v.showInvitation(name, f)
	}
	secret, err := v.Sessions.Accept(v.r.Context(), v.At("secret"), v.r.PostForm.Get("password"))
	var wrong *access.InvalidError
	switch {
	case errors.As(err, &wrong):
		f.wrong("password", "invitation.password_length")
		return v.showInvitation(name, f)
	case isUnauthenticated(err):
		return errSpent
	case err != nil:
		return err
	}
	v.keep(secret, "/")
	return nil
}
