package access

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// holdsEverywhere are roles of whose work no part belongs to a municipality.
var holdsEverywhere = []Role{National, Operations}

// Administers reports whether an administrator may give rights, and change what somebody has who has them: in its own
// municipalities, and of the roles that hold everywhere those that it has itself. One of all municipalities may give any.
func (p Principal) Administers(r Rights) bool { return p.Unadministered(r) == "" }

// Unadministered names the field in which rights go beyond what an administrator may give; "": none.
func (p Principal) Unadministered(r Rights) (field string) {
	has := slices.Concat(p.Roles, p.Held)
	switch {
	case p.Everywhere:
		return ""
	case r.Everywhere, slices.ContainsFunc(r.Municipalities, func(m events.Municipality) bool { return !p.In(m) }):
		return "municipalities"
	case slices.ContainsFunc(r.Roles, func(one Role) bool { return slices.Contains(holdsEverywhere, one) && !slices.Contains(has, one) }):
		return "roles"
	}
	return ""
}

// Beyond returns the accounts that have rights, by their login or by a valid token, which the principal does not administer.
func (s *Service) Beyond(ctx context.Context, p Principal) (map[events.ID]bool, error) {
	beyond := make(map[events.ID]bool)
	if p.Everywhere {
		return beyond, nil
	}
	rows, err := s.pool.Query(ctx, `
		SELECT account, roles, everywhere, municipalities FROM access.login
		UNION ALL SELECT account, roles, everywhere, municipalities FROM access.token WHERE revoked IS NULL AND expires > $1`, s.now())
	if err != nil {
		return nil, failed("find what accounts may", err)
	}
	var account [16]byte
	var r Rights
	_, err = pgx.ForEachRow(rows, []any{&account, &r.Roles, &r.Everywhere, &r.Municipalities}, func() error {
		if !p.Administers(r) {
			beyond[account] = true
		}
		return nil
	})
	return beyond, failed("find what accounts may", err)
}

// AccountOf returns whose a token is. ErrUnknown: there is none.
func (s *Service) AccountOf(ctx context.Context, token events.ID) (events.ID, error) {
	t, err := s.made(ctx, token)
	return t.Account, err
}
