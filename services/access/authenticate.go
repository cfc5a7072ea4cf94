package access

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// Authenticate returns whose token or session it is, or ErrUnauthenticated. What it gives is remembered for two seconds, so
// that a revoked one ends within that time on every machine.
func (s *Service) Authenticate(ctx context.Context, secret string) (Principal, error) {
	if secret == "" {
		return Principal{}, ErrUnauthenticated
	}
	hash := hashOf(secret)
	for _, b := range s.builtIn {
		if subtle.ConstantTimeCompare(b.hash[:], hash[:]) == 1 {
			return b.principal, nil
		}
	}
	now := s.now()
	if p, ok := s.recent.find(hash, now); ok {
		return p, nil
	}
	look := s.look
	if strings.HasPrefix(secret, sessionPrefix) {
		look = s.session
	}
	p, err := look(ctx, hash)
	if err == nil && !looking(ctx) { // or the next use would not be noted
		s.recent.keep(hash, p, now)
	}
	return p, err
}

// look finds the token by its hash, and what it may do now. How long that takes tells nothing of a secret of 256 random bits.
func (s *Service) look(ctx context.Context, hash [32]byte) (p Principal, err error) {
	var account, token [16]byte
	var stale bool
	var made Rights
	var by owner
	now := s.now()
	today := events.DayOf(now.In(events.Sweden)).Time()
	err = s.pool.QueryRow(ctx, `
		SELECT t.id, t.account, t.roles, t.everywhere, t.municipalities, t.programmes, t.last_used IS DISTINCT FROM $3::date, `+ownerColumns+`
		FROM access.token t JOIN access.account a ON a.id = t.account LEFT JOIN access.login l ON l.account = a.id
		WHERE t.hash = $1 AND t.revoked IS NULL AND t.expires > $2 AND NOT a.disabled`, hash[:], now, today).
		Scan(append([]any{&token, &account, &made.Roles, &made.Everywhere, &made.Municipalities, &made.Programmes, &stale}, by.into()...)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return Principal{}, ErrUnauthenticated
	}
	if err == nil && stale {
		_, err = s.pool.Exec(ctx, `UPDATE access.token SET last_used = $2::date WHERE id = $1`, token, today)
	}
	may := by.allows(made)
	p = Principal{Account: account, Roles: may.Roles, Everywhere: may.Everywhere, Municipalities: may.Municipalities, Programmes: may.Programmes}
	return p, failed("look a token up", err)
}
