package vault

import (
	"context"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

func (v *Vault) Protect(ctx context.Context, m events.Municipality, token, account events.ID, protected bool) error {
	why := "unprotected"
	if protected {
		why = "protected"
	}
	return v.transaction(ctx, "flag a protected identity", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE child SET protected = $3 WHERE token = $1 AND municipality = $2`, [16]byte(token), m, protected)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrUnknownChild
		}
		return noteRead(ctx, tx, m, token, account, why)
	})
}

func (v *Vault) Protected(ctx context.Context, m events.Municipality, tokens []events.ID) (map[events.ID]bool, error) {
	flagged := map[events.ID]bool{}
	rows, _ := v.pool.Query(ctx, `SELECT DISTINCT token FROM protected WHERE municipality = $1 AND token = ANY ($2)`, m, uuids(tokens))
	var token [16]byte
	_, err := pgx.ForEachRow(rows, []any{&token}, func() error {
		flagged[token] = true
		return nil
	})
	return flagged, failed("find protected identities", err)
}
