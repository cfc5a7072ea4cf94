package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

func (v *Vault) Disclose(ctx context.Context, m events.Municipality, token, account events.ID) (Disclosure, error) {
	if err := v.settle(ctx); err != nil {
		return Disclosure{}, err
	}
	d := Disclosure{Token: token, Municipality: m}
	err := v.transaction(ctx, "disclose a child", func(tx pgx.Tx) (err error) {
		var sealed []byte
		var listed *time.Time
		err = tx.QueryRow(ctx, `
			SELECT i.person, i.key_version, coalesce(c.birth_year, 0), EXISTS (SELECT FROM protected p WHERE p.token = c.token), c.protected, c.created, c.listed, l.sealed
			FROM child c JOIN identity i USING (token) LEFT JOIN label l USING (token)
			WHERE c.token = $1 AND c.municipality = $2`, [16]byte(token), m).
			Scan(&d.Number, &d.KeyVersion, &d.BirthYear, &d.Protected, &d.Flagged, &d.Created, &listed, &sealed)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrUnknownChild
		}
		if listed != nil {
			d.Listed = listed.UTC()
		}
		if err == nil && sealed != nil {
			if d.Label, err = v.open(token, sealed); err != nil {
				return fmt.Errorf("%w: %w", errKeyStore, err)
			}
		}
		if err == nil {
			err = noteRead(ctx, tx, m, token, account, "disclosed")
		}
		if err == nil {
			d.Reads, err = readsOf(ctx, tx, m, token)
		}
		return err
	})
	d.Created = d.Created.UTC()
	return d, err
}
