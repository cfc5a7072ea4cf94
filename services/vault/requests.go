package vault

import (
	"context"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
)

// Claim stores neither key nor body, only keyed hashes: a key may be anything a caller thought of, and a body may
// hold an identity.
func (v *Vault) Claim(ctx context.Context, m events.Municipality, account events.ID, r Request) (uuid.UUID, error) {
	who := []string{string(m), account.String(), r.Key}
	key := v.keys.oldest().purpose("request").sum16(who...)
	print := v.keys.oldest().purpose("request content").sum16(append(who, r.Route, string(r.Body))...)
	var first [16]byte
	err := v.pool.QueryRow(ctx, `
		INSERT INTO request (key, fingerprint) VALUES ($1, $2)
		ON CONFLICT (key) DO UPDATE SET fingerprint = request.fingerprint
		RETURNING fingerprint`, key, print).Scan(&first)
	if err != nil {
		return uuid.UUID{}, failed("claim an idempotency key", err)
	}
	if first != print {
		return uuid.UUID{}, ErrKeyReused
	}
	return commandID(v.keys.oldest().purpose("command").sum16(who...)), nil
}

// commandID marks 128 bits as a UUID of version 8: made by a rule of one's own (RFC 9562).
func commandID(b [16]byte) uuid.UUID {
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return b
}

func (v *Vault) ForgetRequests(ctx context.Context, before time.Time) error {
	_, err := v.pool.Exec(ctx, `DELETE FROM request WHERE created < $1`, before)
	return failed("forget requests", err)
}
