package vault

import (
	"context"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// HomeTokens carries the index over, not the number, which nobody knows any more.
func (v *Vault) HomeTokens(ctx context.Context, from events.Municipality, tokens []events.ID, home events.Municipality) (map[events.ID]Person, error) {
	if err := v.settle(ctx); err != nil {
		return nil, err
	}
	fresh := make([][16]byte, len(tokens))
	for i := range fresh {
		fresh[i] = events.NewID()
	}
	homes := map[events.ID]Person{}
	err := v.transaction(ctx, "find children's home tokens", func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `
			WITH guest AS (
				SELECT DISTINCT ON (i.index) i.index, i.key_version, i.token, w.fresh, c.birth_year
				FROM unnest($2::uuid[], $3::uuid[]) AS w(token, fresh)
				JOIN identity i ON i.token = w.token AND i.municipality = $1 AND i.person
				JOIN child c ON c.token = i.token
				ORDER BY i.index
			), entered AS (
				INSERT INTO identity (index, municipality, key_version, person, token)
				SELECT index, $4, key_version, true, fresh FROM guest ORDER BY index
				ON CONFLICT (index, municipality) DO UPDATE SET key_version = excluded.key_version
				RETURNING index, token
			), kept AS (
				INSERT INTO child (token, municipality, birth_year)
				SELECT e.token, $4, g.birth_year FROM entered e JOIN guest g USING (index)
				ON CONFLICT (token) DO UPDATE SET birth_year = excluded.birth_year
			)
			SELECT g.token, e.token, coalesce(g.birth_year, 0) FROM entered e JOIN guest g USING (index)`,
			from, uuids(tokens), fresh, home)
		return collectHomes(rows, homes)
	})
	return homes, err
}

// LookupHome finds the same children as HomeTokens.
func (v *Vault) LookupHome(ctx context.Context, from events.Municipality, tokens []events.ID, home events.Municipality) (map[events.ID]Person, error) {
	if err := v.settle(ctx); err != nil {
		return nil, err
	}
	homes := map[events.ID]Person{}
	err := v.transaction(ctx, "look children's home tokens up", func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `
			SELECT i.token, coalesce(h.token, $4), coalesce(c.birth_year, 0)
			FROM identity i JOIN child c ON c.token = i.token
			LEFT JOIN identity h ON h.index = i.index AND h.municipality = $3
			WHERE i.token = ANY ($2) AND i.municipality = $1 AND i.person`,
			from, uuids(tokens), home, [16]byte(events.ID{}))
		return collectHomes(rows, homes)
	})
	return homes, err
}

// collectHomes reads guests and the same persons at home.
func collectHomes(rows pgx.Rows, homes map[events.ID]Person) error {
	var guest, token [16]byte
	var born events.Year
	_, err := pgx.ForEachRow(rows, []any{&guest, &token, &born}, func() error {
		homes[guest] = Person{token, born}
		return nil
	})
	return err
}
