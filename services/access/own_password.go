package access

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// ChangePassword gives an account another password, for whoever has signed in and knows the one that it has, and ends every other
// session of the account. Passkeys, and a link that waits to be used, stay as they are.
// ErrUnauthenticated: it is another password, or there is none, or too many wrong ones came in a row. ErrSamePassword;
// *InvalidError, of "new": what was chosen is no password.
func (s *Service) ChangePassword(ctx context.Context, account events.ID, current, chosen, session string) error {
	if err := checkPassword("new", chosen); err != nil {
		return err
	}
	var name string
	err := s.pool.QueryRow(ctx, `SELECT name FROM access.login WHERE account = $1`, [16]byte(account)).Scan(&name)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrUnauthenticated
	}
	if err != nil {
		return failed("find a login", err)
	}
	_, stored, err := s.knows(ctx, name, current)
	if err != nil {
		return err
	}
	back, err := s.hashing.turn(ctx)
	if err != nil {
		return err
	}
	same, next := matches(stored, chosen), hashed(chosen)
	back()
	if same {
		return ErrSamePassword
	}
	hash := hashOf(session)
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `UPDATE access.login SET password = $2 WHERE account = $1 AND password = $3 RETURNING 1`, [16]byte(account), next, stored).Scan(new(int)); err != nil {
			return err
		}
		return endOtherSessions(ctx, tx, account, hash)
	})
	s.recent.forget()
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrUnauthenticated // another was chosen meanwhile
	}
	return failed("change a password", err)
}

// endOtherSessions ends those of an account but one.
func endOtherSessions(ctx context.Context, tx pgx.Tx, account events.ID, kept [32]byte) error {
	_, err := tx.Exec(ctx, `DELETE FROM access.session WHERE account = $1 AND hash <> $2`, [16]byte(account), kept[:])
	return err
}
