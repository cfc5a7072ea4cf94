package vault

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// Claim stores neither key nor body, only keyed hashes: a key may be anything a caller thought of, and a body may
// hold an identity.
func (v *Vault) Claim(ctx context.Context, m events.Municipality, account events.ID, r Request) (c Claimed, err error) {
	who := []string{string(m), account.String(), r.Key}
	print := v.keys.oldest().purpose("request content").sum16(append(who, r.Route, string(r.Body))...)
	var first *[16]byte
	err = v.pool.QueryRow(ctx, `
		INSERT INTO request (key, fingerprint, municipality, naming) VALUES ($1, $2, $3, $4)
		ON CONFLICT (key) DO UPDATE SET fingerprint = request.fingerprint
		RETURNING fingerprint, answer`, v.requestKey(who), print, m, r.Naming).Scan(&first, &c.Answer)
	if err != nil {
		return Claimed{}, failed("claim an idempotency key", err)
	}
	if c.Erased = first == nil; !c.Erased && *first != print {
		return Claimed{}, ErrKeyReused
	}
	c.Command = commandID(v.keys.oldest().purpose("command").sum16(who...))
	return c, nil
}

func (v *Vault) requestKey(who []string) [16]byte {
	return v.keys.oldest().purpose("request").sum16(who...)
}

func (v *Vault) KeepAnswer(ctx context.Context, m events.Municipality, account events.ID, key string, child events.ID, answer []byte) (kept []byte, err error) {
	err = v.pool.QueryRow(ctx, `UPDATE request SET answer = coalesce(answer, $2), child = coalesce(child, $3) WHERE key = $1 RETURNING answer`,
		v.requestKey([]string{string(m), account.String(), key}), answer, given(child)).Scan(&kept)
	if errors.Is(err, pgx.ErrNoRows) {
		return answer, nil // it was forgotten meanwhile
	}
	return kept, failed("keep an answer", err)
}

// commandID marks 128 bits as a UUID of version 8: made by a rule of one's own (RFC 9562).
func commandID(b [16]byte) uuid.UUID {
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return b
}

// forgetAnswered forgets what requests said that named children who are erased. That they were is kept with the answer, so that no repeat
// makes one of them known.
const forgetAnswered = `UPDATE request SET fingerprint = NULL WHERE child = ANY ($1)`

// forgetUnknown forgets the requests of which it is not known whom they named: looked for before the child was entered, or broken off.
const forgetUnknown = `
	DELETE FROM request WHERE naming AND child IS NULL AND municipality IN (SELECT municipality FROM child WHERE token = ANY ($1))`

// RequestsKept is how long a repeat of a request is answered as the first time.
const RequestsKept = 30 * 24 * time.Hour

// ForgetOld forgets requests that are older than RequestsKept, at once and once an hour until ctx ends.
func (v *Vault) ForgetOld(ctx context.Context) error {
	for {
		if err := v.ForgetRequests(ctx, time.Now().Add(-RequestsKept)); err != nil && ctx.Err() == nil {
			v.log.Warn("old requests could not be forgotten; trying again in an hour", "error", err)
		}
		select {
		case <-time.After(time.Hour):
		case <-ctx.Done():
			return nil
		}
	}
}

func (v *Vault) ForgetRequests(ctx context.Context, before time.Time) error {
	_, err := v.pool.Exec(ctx, `DELETE FROM request WHERE created < $1`, before)
	return failed("forget requests", err)
}
