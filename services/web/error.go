package web

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"rackvidd/services/access"
)

var (
	errNothingHere = errors.New("there is nothing here, or it is not the visitor's")
	errOtherRole   = errors.New("another of the visitor's roles may do it, and not the one that was chosen")
	errSpent       = errors.New("the invitation was used, has ended, or never was")
	errCrossOrigin = errors.New("a page of another origin may not write here")
	errUnreadable  = errors.New("the form cannot be read")
	errTurned      = errors.New("a form that is shown in another language carries nothing out")
)

func isUnauthenticated(err error) bool { return errors.Is(err, access.ErrUnauthenticated) }

// denied is what a script is told that asked for something and did not get it.
type denied struct {
	Text string `json:"text"`
	Over bool   `json:"over"` // asking again is of no use
}

// byScript reports whether a script asks, which reads JSON.
func (v *visit) byScript() bool {
	return strings.Contains(v.r.Header.Get("Accept"), "application/json")
}

// showError answers what kept a page back. What is missing and what is forbidden look the same.
func (v *visit) showError(err error) {
	status, code := v.errorStatus(err)
	switch {
	case code == "login" && !v.byScript():
		v.toLogin()
		return
	case errors.Is(err, errTurned): // of a button alone: there is nothing typed to keep
		http.Redirect(v.w, v.r, v.formPage(), http.StatusSeeOther)
		return
	case status >= http.StatusInternalServerError:
		v.Logger.Error("a page could not be shown", "pattern", v.r.Pattern, "err", err)
	}
	text := v.text().text("error." + code + ".text")
	var again []choice
	if code == "unavailable" || code == "not_yet" || code == "busy" {
		after := "2"
		if p := (*problem)(nil); errors.As(err, &p) {
			after = p.after
		}
		v.w.Header().Set("Retry-After", after)
		if v.r.Method == http.MethodPost && !v.byScript() {
			text += " " + v.text().text("error.sent")
			again = v.sent()
		}
	}
	if code == "damaged" && v.r.Method == http.MethodPost && !v.byScript() { // it is not to be sent again in a moment
		text += " " + v.text().text("error.damaged.sent")
	}
	if code == "role" && !v.byScript() {
		text, again = v.text().text("error.role.page"), v.sent()
	}
	if v.byScript() {
		if err := v.json(status, denied{Text: text, Over: status < http.StatusInternalServerError && code != "busy" && code != "login" && code != "role"}); err != nil {
			v.Logger.Error("an error could not be told", "err", err)
		}
		return
	}
	title := v.text().text("error." + code + ".title")
	if err := v.showAs(status, "error", sheet{Title: title, D: map[string]any{"Text": text, "ToLogin": code == "spent", "ToRoles": code == "role", "Again": again, "To": v.r.URL.RequestURI()}}); err != nil {
		v.Logger.Error("the error page could not be shown", "err", err)
		http.Error(v.w, "Räckvidd: 500", http.StatusInternalServerError)
	}
}

// sent is what a form said, with its key, to be sent once more as it was; nothing where a password or a file is among it.
func (v *visit) sent() (list []choice) {
	if err := v.r.ParseForm(); err != nil || v.r.MultipartForm != nil || slices.ContainsFunc(slices.Collect(maps.Keys(v.r.PostForm)), isPassword) {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(v.r.PostForm)) {
		for _, value := range v.r.PostForm[name] {
			list = append(list, choice{Value: value, Label: name})
		}
	}
	return list
}

func (v *visit) errorStatus(err error) (status int, code string) {
	var p *problem
	switch {
	case isUnauthenticated(err):
		return http.StatusUnauthorized, "login"
	case errors.Is(err, errNothingHere):
		return http.StatusNotFound, "missing"
	case errors.Is(err, errOtherRole):
		return http.StatusConflict, "role"
	case errors.Is(err, errSpent):
		return http.StatusNotFound, "spent"
	case errors.Is(err, errCrossOrigin):
		return http.StatusForbidden, "origin"
	case errors.Is(err, errUnreadable):
		return http.StatusBadRequest, "unreadable"
	case errors.Is(err, access.ErrUnavailable):
		return http.StatusServiceUnavailable, "unavailable"
	case !errors.As(err, &p):
		return http.StatusInternalServerError, "internal"
	}
	switch p.Status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusBadRequest:
		return http.StatusNotFound, "missing" // an address that somebody changed
	case http.StatusTooManyRequests:
		return http.StatusTooManyRequests, "busy"
	case http.StatusConflict, http.StatusPreconditionFailed:
		return http.StatusConflict, "conflict"
	case http.StatusServiceUnavailable, 499:
		switch {
		case p.Type == problemType+"not_yet":
			return http.StatusServiceUnavailable, "not_yet"
		case p.damaged():
			return http.StatusServiceUnavailable, "damaged"
		}
		return http.StatusServiceUnavailable, "unavailable"
	}
	return http.StatusInternalServerError, "internal"
}

// toLogin asks who it is, and leads back afterwards. What a form said is not kept for whoever comes next: it is told that
// nothing was saved.
func (v *visit) toLogin() {
	to := url.URL{Path: "/login"}
	switch {
	case v.r.Method != http.MethodGet:
		to.RawQuery = url.Values{"ended": {"yes"}, "next": {v.formPage()}}.Encode()
	case v.r.URL.Path != "/":
		to.RawQuery = url.Values{"next": {v.r.URL.RequestURI()}}.Encode()
	}
	http.Redirect(v.w, v.r, to.String(), http.StatusSeeOther)
}

// local is an address of ours that a link names; "/" for any other.
func local(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return to
}
