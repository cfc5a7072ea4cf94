package vault

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

func (v *Vault) Kept(ctx context.Context, m events.Municipality) ([]Kept, error) {
	if err := v.settle(ctx); err != nil {
		return nil, err
	}
	rows, _ := v.pool.Query(ctx, `SELECT token, created, listed FROM child WHERE municipality = $1`, m)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k Kept, err error) {
		var token [16]byte
		var listed *time.Time
		err = row.Scan(&token, &k.Created, &listed)
		k.Token, k.Created = token, k.Created.UTC()
		if listed != nil {
			k.Listed = listed.UTC()
		}
		return k, err
	})
	return list, failed("find all children", err)
}

func (v *Vault) List(ctx context.Context, m events.Municipality, tokens []events.ID, at time.Time) error {
	_, err := v.pool.Exec(ctx, `
		UPDATE child SET listed = CASE WHEN token = ANY ($2) THEN $3::timestamptz END
		WHERE municipality = $1 AND (listed IS NOT NULL) <> (token = ANY ($2))`, m, uuids(tokens), at)
	return failed("list children for erasure", err)
}
