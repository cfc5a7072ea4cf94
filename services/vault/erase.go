package vault

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// Erase writes the ledger first: from then on the erasure is carried out, now, by a repeat, by the next call that
// needs an identity, or by the next start.
func (v *Vault) Erase(ctx context.Context, m events.Municipality, token events.ID) error {
	e := erasure{municipality: m, token: token}
	begun, err := v.store.ledger.has(e)
	if err != nil {
		return err
	}
	if !begun {
		if err := v.mustKnow(ctx, m, token); err != nil {
			return err
		}
		if err := v.step("before the ledger"); err != nil {
			return err
		}
		if err := v.store.ledger.add(time.Now(), e); err != nil {
			return err
		}
	}
	return v.settle(ctx)
}

// GiveUp writes the ledger alone: of whom the vault does not know there is nothing else to erase.
func (v *Vault) GiveUp(ctx context.Context, m events.Municipality, tokens []events.ID) error {
	known, err := v.Known(ctx, m, tokens)
	if err != nil {
		return err
	}
	var unknown []erasure
	for _, token := range tokens {
		if _, ok := known[token]; !ok {
			unknown = append(unknown, erasure{municipality: m, token: token})
		}
	}
	if err := v.store.ledger.add(time.Now(), unknown...); err != nil {
		return err
	}
	return v.settle(ctx)
}

func (v *Vault) Erased(_ context.Context, m events.Municipality, token events.ID) (bool, error) {
	return v.store.ledger.has(erasure{municipality: m, token: token})
}

func (v *Vault) Erasures(_ context.Context, m events.Municipality) (list []Erasure, err error) {
	lines, err := v.store.ledger.all()
	for _, e := range lines {
		if e.municipality == m {
			list = append(list, Erasure{e.token, e.at})
		}
	}
	return list, err
}

func (v *Vault) mustKnow(ctx context.Context, m events.Municipality, token events.ID) error {
	var there bool
	err := v.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM child WHERE token = $1 AND municipality = $2)`, [16]byte(token), m).Scan(&there)
	if err == nil && !there {
		return ErrUnknownChild
	}
	return failed("find a child", err)
}

// settle carries out the ledger's erasures that are not known to be done.
func (v *Vault) settle(ctx context.Context) error {
	lines, err := v.store.ledger.all()
	done := v.done.Load()
	if err != nil || int64(len(lines)) <= done {
		return err
	}
	var tokens [][16]byte
	for _, e := range lines[done:] {
		tokens = append(tokens, e.token)
	}
	if err := v.step("before the database"); err != nil {
		return err
	}
	if err := v.forget(ctx, tokens, len(lines)); err != nil {
		return err
	}
	for _, t := range tokens {
		if err := v.step("before a key"); err != nil {
			return err
		}
		if err := v.store.destroy(t); err != nil {
			return err
		}
	}
	v.done.CompareAndSwap(done, int64(len(lines)))
	return nil
}

// passOn leaves the flag of a protected identity that is erased here with the municipalities that know the same person, and says so
// in their read logs, in nobody's name.
const passOn = `
	WITH passed AS (
		UPDATE child SET protected = true WHERE NOT protected AND token IN (
			SELECT there.token FROM child erased JOIN identity here ON here.token = erased.token
			JOIN identity there ON there.index = here.index AND there.municipality <> here.municipality
			WHERE erased.token = ANY ($1) AND erased.protected AND here.person AND there.person)
		RETURNING token, municipality)
	INSERT INTO read_log (municipality, token, account, why)
	SELECT municipality, token, '00000000-0000-0000-0000-000000000000', 'protected' FROM passed`

func (v *Vault) forget(ctx context.Context, tokens [][16]byte, lines int) error {
	return v.transaction(ctx, "erase children", func(tx pgx.Tx) error {
		// A label that is just being set is either seen here, or finds no child.
		if _, err := tx.Exec(ctx, `SELECT FROM child WHERE token = ANY ($1) ORDER BY token FOR UPDATE`, tokens); err != nil {
			return err
		}
		for _, sql := range []string{
			passOn,
			`DELETE FROM label WHERE token = ANY ($1)`,
			`DELETE FROM identity WHERE token = ANY ($1)`,
			forgetUnknown, // first: of an answer that is being kept meanwhile the other hears
			forgetAnswered,
			`DELETE FROM child WHERE token = ANY ($1)`,
		} {
			if _, err := tx.Exec(ctx, sql, tokens); err != nil {
				return err
			}
			if err := v.step("within the transaction"); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `UPDATE ledger SET lines = greatest(lines, $1)`, lines)
		return err
	})
}
