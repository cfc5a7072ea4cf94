package vault

import (
	"context"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// Known takes one statement.
func (v *Vault) Known(ctx context.Context, m events.Municipality, tokens []events.ID) (map[events.ID]Person, error) {
	if err := v.settle(ctx); err != nil {
		return nil, err
	}
	rows, _ := v.pool.Query(ctx, `SELECT token, coalesce(birth_year, 0) FROM child WHERE municipality = $1 AND token = ANY ($2)`, m, uuids(tokens))
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Person, err error) {
		var token [16]byte
		err = row.Scan(&token, &p.BirthYear)
		p.Token = token
		return p, err
	})
	return byToken(list), failed("find children", err)
}

func byToken(list []Person) map[events.ID]Person {
	known := make(map[events.ID]Person, len(list))
	for _, p := range list {
		known[p.Token] = p
	}
	return known
}
