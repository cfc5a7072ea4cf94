package vault

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rackvidd/events"
)

// querier is a pool or a transaction.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Tokens takes two statements: one finds, one makes those that were not found.
func (v *Vault) Tokens(ctx context.Context, m events.Municipality, ids []Identity, today events.Day) ([]Person, error) {
	x, at, err := v.index(ctx, m, ids, today)
	if err != nil {
		return nil, err
	}
	if err := v.reindex(ctx, v.pool, x.children); err != nil {
		return nil, failed("move children to the current key", err)
	}
	if err := find(ctx, v.pool, m, x.children, false); err != nil {
		return nil, failed("find children", err)
	}
	var missing []*child
	for i := range x.children {
		if !x.children[i].known {
			missing = append(missing, &x.children[i])
		}
	}
	if len(missing) > 0 {
		err = v.transaction(ctx, "make children", func(tx pgx.Tx) error { return v.makeChildren(ctx, tx, m, missing) })
	}
	return x.answer(at), err
}

// Lookup takes one statement.
func (v *Vault) Lookup(ctx context.Context, m events.Municipality, ids []Identity, today events.Day) ([]Person, []bool, error) {
	x, at, err := v.index(ctx, m, ids, today)
	if err != nil {
		return nil, nil, err
	}
	if err := find(ctx, v.pool, m, x.children, true); err != nil {
		return nil, nil, failed("find children", err)
	}
	known := make([]bool, len(at))
	for i, n := range at {
		known[i] = x.children[n].known
	}
	return x.answer(at), known, nil
}

// index returns the distinct children among the ids, and which of them each id is.
func (v *Vault) index(ctx context.Context, m events.Municipality, ids []Identity, today events.Day) (*indexer, []int, error) {
	if err := v.settle(ctx); err != nil {
		return nil, nil, err
	}
	x := v.newIndexer(m, today)
	at := make([]int, len(ids))
	for i, id := range ids {
		n, err := x.add(id)
		if err != nil {
			return nil, nil, fmt.Errorf("identity %d: %w", i, err)
		}
		at[i] = n
	}
	return x, at, nil
}

func (x *indexer) answer(at []int) []Person {
	list := make([]Person, len(at))
	for i, n := range at {
		list[i] = Person{x.children[n].token, x.children[n].born}
	}
	return list
}

// reindex moves children who are still indexed under an older key, in every municipality at once: a person's index
// is always the same everywhere.
func (v *Vault) reindex(ctx context.Context, db querier, children []child) error {
	if len(v.keys.older()) == 0 {
		return nil
	}
	var older, current [][]byte
	for i := range children {
		for _, index := range children[i].indexes[:len(v.keys.older())] {
			older, current = append(older, index), append(current, children[i].index())
		}
	}
	tag, err := db.Exec(ctx, `
		WITH moving AS (
			SELECT i.index, i.municipality, w.current
			FROM unnest($1::bytea[], $2::bytea[]) AS w(older, current) JOIN identity i ON i.index = w.older
			ORDER BY i.index, i.municipality FOR UPDATE OF i
		)
		UPDATE identity i SET index = moving.current, key_version = $3
		FROM moving WHERE i.index = moving.index AND i.municipality = moving.municipality`,
		older, current, v.keys.current().version)
	if err == nil && tag.RowsAffected() > 0 {
		v.log.Info("children moved to the current index key", "children", tag.RowsAffected(), "key_version", v.keys.current().version)
	}
	return err
}

// find fills in the tokens of known children.
func find(ctx context.Context, db querier, m events.Municipality, children []child, everyVersion bool) error {
	var at []int32
	var wanted [][]byte
	for i := range children {
		indexes := children[i].indexes
		if !everyVersion {
			indexes = indexes[len(indexes)-1:]
		}
		for _, index := range indexes {
			at, wanted = append(at, int32(i)), append(wanted, index)
		}
	}
	rows, _ := db.Query(ctx, `
		SELECT w.at, i.token
		FROM unnest($2::int[], $3::bytea[]) AS w(at, index)
		JOIN identity i ON i.index = w.index AND i.municipality = $1`, m, at, wanted)
	var n int32
	var token [16]byte
	_, err := pgx.ForEachRow(rows, []any{&n, &token}, func() error {
		children[n].token, children[n].known = token, true
		return nil
	})
	return err
}

// makeChildren finds or makes the children with one statement, which does the same work for both.
func (v *Vault) makeChildren(ctx context.Context, db querier, m events.Municipality, children []*child) error {
	var indexes [][]byte
	var tokens [][16]byte
	var years []int16
	var persons []bool
	at := map[string]*child{}
	for _, c := range children {
		indexes, tokens = append(indexes, c.index()), append(tokens, events.NewID())
		years, persons = append(years, int16(c.born)), append(persons, c.person)
		at[string(c.index())] = c
	}
	rows, _ := db.Query(ctx, `
		WITH wanted AS (
			SELECT * FROM unnest($2::bytea[], $3::uuid[], $4::smallint[], $5::boolean[]) AS w(index, token, born, person)
		), entered AS (
			INSERT INTO identity (index, municipality, key_version, person, token)
			SELECT index, $1, $6, person, token FROM wanted ORDER BY index
			ON CONFLICT (index, municipality) DO UPDATE SET key_version = excluded.key_version
			RETURNING index, token
		), kept AS (
			INSERT INTO child (token, municipality, birth_year)
			SELECT e.token, $1, nullif(w.born, 0) FROM entered e JOIN wanted w USING (index)
			ON CONFLICT (token) DO UPDATE SET birth_year = excluded.birth_year
		)
		SELECT index, token FROM entered`,
		m, indexes, tokens, years, persons, v.keys.current().version)
	var index []byte
	var token [16]byte
	_, err := pgx.ForEachRow(rows, []any{&index, &token}, func() error {
		at[string(index)].token = token
		return nil
	})
	return err
}
