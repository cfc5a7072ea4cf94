package web

import (
	"net/http"
	"slices"

	"rackvidd/services/access"
)

func (s *site) workingPage() {
	for pattern, show := range map[string]func(*visit) error{
		"GET /roles":  func(v *visit) error { return v.showRoles(v.newForm("role", v.Principal.Working)) },
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

// Several reports whether the visitor has roles to choose among.
func (v *visit) Several() bool { return len(v.Principal.Held) > 1 }

// WorksAs is what the visitor works as now.
func (v *visit) WorksAs() string {
	switch role := v.Principal.Working; role {
	case "", access.EveryRole:
		return v.text().text("roles.every")
	default:
		return v.text().text("role." + role)
	}
}

func (v *visit) showRoles(f *form) error {
	l := v.text()
	var list []choice
	for _, r := range append(access.Roles(), access.Administrator) {
		if slices.Contains(v.Principal.Held, r) {
			list = append(list, choice{string(r), l.text("role." + string(r)), l.text("role.text." + string(r))})
		}
	}
	list = append(list, choice{access.EveryRole, l.text("roles.every"), l.text("roles.every_text")})
	return v.show("roles", sheet{Title: l.text("roles.title"), Form: f, D: list})
}

// workAs keeps what somebody works as in the session, until they choose anew.
func (v *visit) workAs() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	role := f.Get("role")
	if role != access.EveryRole && !slices.Contains(v.Principal.Held, access.Role(role)) {
		f.wrong("role", "problem.not_a_choice")
	}
	if len(f.Errors) > 0 || v.Turned {
		return v.showRoles(f)
	}
	if err := v.Sessions.WorkAs(v.r.Context(), v.secret, role); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/", http.StatusSeeOther)
	return nil
}

// choseAnew reports whether something else was chosen to work as since the visit began.
func (v *visit) choseAnew() bool {
	now, err := v.Sessions.Still(v.r.Context(), v.secret)
	return err == nil && now.Working != v.Principal.Working
}
