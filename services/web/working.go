package web

import (
	"net/http"
	"slices"

	"rackvidd/services/access"
)

const (
	roleCookie = "__Host-role"
	everyRole  = "all" // what is kept of whoever works as all that they are at once
)

func (s *site) workingPage() {
	for pattern, show := range map[string]func(*visit) error{
		"GET /roles":  func(v *visit) error { return v.showRoles(v.newForm("role", v.working)) },
		"POST /roles": (*visit).workAs,
	} {
		s.mux.HandleFunc(pattern, s.open(func(v *visit) error {
			if !v.SignedIn() {
				return access.ErrUnauthenticated
			}
			return show(v)
		}))
	}
}

// narrow leaves the visitor the role that was chosen to work as. It is what pages offer and open, and no right: what the account
// may do is the API's to say. A tap that waits in the browser is taken whatever was chosen meanwhile: what is refused is thrown away there.
func (v *visit) narrow() {
	v.roles = v.Principal.Roles
	if v.byScript() {
		return
	}
	c, err := v.r.Cookie(roleCookie)
	switch {
	case err != nil:
	case c.Value == everyRole:
		v.working = everyRole
	case slices.Contains(v.roles, access.Role(c.Value)):
		v.working = c.Value
		v.Principal.Roles = []access.Role{access.Role(c.Value)}
	}
}

// Several reports whether the visitor has roles to choose among.
func (v *visit) Several() bool { return len(v.roles) > 1 }

// WorksAs is what the visitor works as now.
func (v *visit) WorksAs() string {
	if v.working == "" || v.working == everyRole {
		return v.text().text("roles.every")
	}
	return v.text().text("role." + v.working)
}

func (v *visit) showRoles(f *form) error {
	l := v.text()
	var list []choice
	for _, r := range append(access.Roles(), access.Administrator) {
		if slices.Contains(v.roles, r) {
			list = append(list, choice{string(r), l.text("role." + string(r)), l.text("role.text." + string(r))})
		}
	}
	list = append(list, choice{everyRole, l.text("roles.every"), l.text("roles.every_text")})
	return v.show("roles", sheet{Title: l.text("roles.title"), Form: f, D: list})
}

// workAs keeps what somebody works as, until they sign in again or choose anew.
func (v *visit) workAs() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	role := f.Get("role")
	if role != everyRole && !slices.Contains(v.roles, access.Role(role)) {
		f.wrong("role", "form.choose")
	}
	if len(f.Errors) > 0 || v.Turned {
		return v.showRoles(f)
	}
	v.setCookie(roleCookie, role, int(access.SessionLife.Seconds()))
	http.Redirect(v.w, v.r, "/", http.StatusSeeOther)
	return nil
}
