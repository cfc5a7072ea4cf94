package access

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

const attemptPrefix = "rva_"

// AttemptLife is how long somebody may take to sign in, once begun.
const AttemptLife = 10 * time.Minute

// attemptKind is what somebody has begun, and so what alone it can end in.
type attemptKind string

const openIDAttempt attemptKind = "openid"

// attempt keeps what somebody begins, and returns the secret that one browser comes back with. What nobody came back to in
// time is forgotten.
func (s *Service) attempt(ctx context.Context, kind attemptKind, begun any) (string, error) {
	raw, err := json.Marshal(begun)
	if err != nil {
		return "", err
	}
	secret, now := newSecret(attemptPrefix), s.now()
	hash := hashOf(secret)
	_, err = s.pool.Exec(ctx, `
		WITH old AS (DELETE FROM access.attempt WHERE expires <= $1)
		INSERT INTO access.attempt (hash, kind, begun, expires) VALUES ($2, $3, $4, $5)`, now, hash[:], kind, raw, now.Add(AttemptLife))
	return secret, failed("keep an attempt to sign in", err)
}

// resume reads what was begun, once. ErrAttempt: it was never begun, is used or too old.
func (s *Service) resume(ctx context.Context, kind attemptKind, secret string, begun any) error {
	hash := hashOf(secret)
	var raw []byte
	err := s.pool.QueryRow(ctx, `DELETE FROM access.attempt WHERE hash = $1 AND kind = $2 AND expires > $3 RETURNING begun`, hash[:], kind, s.now()).Scan(&raw)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrAttempt
	}
	if err != nil {
		return failed("find an attempt to sign in", err)
	}
	return json.Unmarshal(raw, begun)
}
