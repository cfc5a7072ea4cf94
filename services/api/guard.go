package api

import (
	"encoding/json"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rackvidd/events"
	"rackvidd/services/access"
)

// guard lets through whoever may do what the route does, before anything else of the request is read.
func (s *server) guard(r route) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c, err := s.admit(ctx, r)
		if err != nil {
			s.refuse(ctx, err)
			return
		}
		next(huma.WithValue(ctx, callerKey{}, c))
	}
}

func (s *server) admit(ctx huma.Context, r route) (caller, error) {
	scheme, secret, _ := strings.Cut(ctx.Header("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return caller{}, access.ErrUnauthenticated
	}
	p, err := s.Access.Authenticate(ctx.Context(), strings.TrimSpace(secret))
	if err != nil {
		return caller{}, err
	}
	seen := seenIn(ctx.Context())
	seen.account = p.Account
	c := caller{Principal: p, permission: r.permission, route: r.id}
	if !strings.Contains(ctx.Operation().Path, "{code}") {
		if !p.Can(r.permission) {
			return caller{}, forbidden(p.Otherwise().Can(r.permission))
		}
		return c, nil
	}
	m, err := events.ParseMunicipality(ctx.Param("code"))
	if err != nil || !p.In(m) {
		return caller{}, errUnknownMunicipality // forbidden and unknown are answered alike
	}
	seen.municipality = m
	if !p.May(r.permission, m, access.AnyProgramme) {
		return caller{}, forbidden(p.Otherwise().May(r.permission, m, access.AnyProgramme))
	}
	c.municipality = m
	return c, nil
}

// forbidden is what a principal is told that may not do something: what helps where another role that its session can choose may.
func forbidden(otherwise bool) error {
	if otherwise {
		return errOtherRole
	}
	return errForbidden
}

// refuse answers before the operation is reached.
func (s *server) refuse(ctx huma.Context, err error) {
	p := s.problem(ctx.Context(), err)
	p.Instance = seenIn(ctx.Context()).instance()
	for name, values := range p.GetHeaders() {
		ctx.SetHeader(name, values[0])
	}
	ctx.SetHeader("Content-Type", "application/problem+json")
	ctx.SetStatus(p.Status)
	_ = json.NewEncoder(ctx.BodyWriter()).Encode(p) // the caller has gone
}

// slowly limits how many children an account may ask for.
func (s *server) slowly(ctx huma.Context, next func(huma.Context)) {
	c := ctx.Context().Value(callerKey{}).(caller)
	r, w := humago.Unwrap(ctx)
	if s.lookups.OnLimit(w, r, c.Account.String()) {
		s.refuse(ctx, errTooMany)
		return
	}
	next(ctx)
}
