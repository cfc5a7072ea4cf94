package access

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	sessionPrefix    = "rvs_"
	invitationPrefix = "rvi_"

	// SessionIdle is how long a session lasts that nobody uses, and SessionLife how long any does.
	SessionIdle = 2 * time.Hour
	SessionLife = 12 * time.Hour

	seenEvery = time.Minute
)

// way is what somebody signs in by: a query that finds it while it is one.
type way struct {
	still string
	args  []any
}

func byPassword(account [16]byte, stored string) way {
	return way{`SELECT 1 FROM access.login WHERE account = $1 AND password = $2`, []any{account, stored}}
}

// begin signs an account in, and forgets the sessions that have ended. by is whoever vouches for it, if anybody does.
// ErrUnauthenticated: the way in was closed since it was found open. The login is held first, so that whoever closes one finds
// every session that it let in.
func (s *Service) begin(ctx context.Context, account [16]byte, in way, by vouched) (string, error) {
	secret, now := newSecret(sessionPrefix), s.now()
	hash := hashOf(secret)
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE access.login SET failures = 0 WHERE account = $1`, account); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, in.still, in.args...).Scan(new(int)); err != nil {
			return err
		}
		for _, one := range []struct {
			sql  string
			args []any
		}{
			{`DELETE FROM access.session WHERE expires < $1 OR seen NOT BETWEEN $2 AND $3`, []any{now, now.Add(-SessionIdle), now.Add(SessionIdle)}},
			{
				`INSERT INTO access.session (hash, account, seen, expires, subject, provider_session) VALUES ($1, $2, $3, $4, nullif($5, ''), nullif($6, ''))`,
				[]any{hash[:], account, now, now.Add(SessionLife), by.subject, by.session},
			},
		} {
			if _, err := tx.Exec(ctx, one.sql, one.args...); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", ErrUnauthenticated
	}
	return secret, failed("begin a session", err)
}

// WorkAs keeps what whoever has signed in works as from now on: one of the account's roles, or EveryRole. Every request of the
// session may no more than that. ErrUnauthenticated: it has ended. *InvalidError: it is none of the account's roles.
func (s *Service) WorkAs(ctx context.Context, secret, chosen string) error {
	hash := hashOf(secret)
	p, _, err := s.signedIn(ctx, hash, s.now())
	if err != nil {
		return err
	}
	if chosen != EveryRole && !slices.Contains(p.Held, Role(chosen)) {
		return &InvalidError{"role", "is none of the account's"}
	}
	_, err = s.pool.Exec(ctx, `UPDATE access.session SET working = $2 WHERE hash = $1`, hash[:], chosen)
	s.recent.forget()
	return failed("keep what somebody works as", err)
}

// SignOut ends a session.
func (s *Service) SignOut(ctx context.Context, secret string) error {
	hash := hashOf(secret)
	_, err := s.pool.Exec(ctx, `DELETE FROM access.session WHERE hash = $1`, hash[:])
	s.recent.forget()
	return failed("end a session", err)
}

// Left returns how long a session goes on unless it is used, and however much it is. ErrUnauthenticated: it has ended.
// Looking is no use of it.
func (s *Service) Left(ctx context.Context, secret string) (unused, used time.Duration, err error) {
	now := s.now()
	p, seen, err := s.signedIn(ctx, hashOf(secret), now)
	if err != nil {
		return 0, 0, err
	}
	used = p.Ends.Sub(now)
	return min(seen.Add(SessionIdle).Sub(now), used), used, nil
}

// Still returns whose session it is, or ErrUnauthenticated. Looking is no use of it, and keeps it no longer.
func (s *Service) Still(ctx context.Context, secret string) (Principal, error) {
	p, _, err := s.signedIn(ctx, hashOf(secret), s.now())
	return p, err
}

type lookingKey struct{}

// Looking marks what a page asks that only stands open: Authenticate answers as ever, and it is no use of the session.
func Looking(ctx context.Context) context.Context { return context.WithValue(ctx, lookingKey{}, true) }

func looking(ctx context.Context) bool { return ctx.Value(lookingKey{}) != nil }

// session finds who has signed in, and notes that the session is used.
func (s *Service) session(ctx context.Context, hash [32]byte) (Principal, error) {
	now := s.now()
	p, seen, err := s.signedIn(ctx, hash, now)
	if err == nil && !looking(ctx) && now.Sub(seen).Abs() > seenEvery {
		_, err = s.pool.Exec(ctx, `UPDATE access.session SET seen = $2 WHERE hash = $1`, hash[:], now)
		err = failed("use a session", err)
	}
	return p, err
}

// signedIn finds who has signed in, as the account is allowed now and chose to work as, and when the session was used. One that was
// used in what is the future now would last until then: it has ended, too.
func (s *Service) signedIn(ctx context.Context, hash [32]byte, now time.Time) (p Principal, seen time.Time, err error) {
	var chosen string
	err = s.pool.QueryRow(ctx, `
		SELECT l.account, a.name, l.roles, l.everywhere, l.municipalities, l.programmes, s.seen, s.expires, coalesce(s.working, '')
		FROM access.session s JOIN access.login l USING (account) JOIN access.account a ON a.id = s.account
		WHERE s.hash = $1 AND s.expires > $2 AND s.seen > $3 AND s.seen < $4 AND NOT a.disabled`, hash[:], now, now.Add(-SessionIdle), now.Add(SessionIdle)).
		Scan((*[16]byte)(&p.Account), &p.Name, &p.Roles, &p.Everywhere, &p.Municipalities, &p.Programmes, &seen, &p.Ends, &chosen)
	if errors.Is(err, pgx.ErrNoRows) {
		return Principal{}, seen, ErrUnauthenticated
	}
	return p.As(chosen), seen, failed("look a session up", err)
}
