package vault

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// lately is true of a list l at $2 if it was made within two days before, by a clock that may be an hour ahead. One that was not kept
// up, because a clock was wrong, the program off or a copy damaged, gave nobody notice.
const lately = `l.made BETWEEN $2::timestamptz - interval '2 days' AND $2::timestamptz + interval '1 hour'`

const keptUp = `EXISTS (SELECT FROM listing l WHERE l.municipality = $1 AND ` + lately + `)`

func (v *Vault) Kept(ctx context.Context, m events.Municipality, at time.Time) ([]Kept, error) {
	if err := v.settle(ctx); err != nil {
		return nil, err
	}
	rows, _ := v.pool.Query(ctx, `SELECT token, created, CASE WHEN `+keptUp+` THEN listed END FROM child WHERE municipality = $1`, m, at)
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

func (v *Vault) Listed(ctx context.Context, m events.Municipality, token events.ID, at time.Time) (time.Time, error) {
	var listed *time.Time
	err := v.pool.QueryRow(ctx, `SELECT listed FROM child WHERE municipality = $1 AND token = $3 AND `+keptUp, m, at, [16]byte(token)).Scan(&listed)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && listed == nil {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, failed("find out whether a child is listed", err)
	}
	return listed.UTC(), nil
}

func (v *Vault) Listings(ctx context.Context, m events.Municipality, at time.Time) ([]Listing, error) {
	rows, _ := v.pool.Query(ctx, `
		SELECT l.municipality, l.made, count(c.token), min(c.listed), max(c.listed)
		FROM listing l LEFT JOIN child c ON c.municipality = l.municipality AND c.listed IS NOT NULL AND `+lately+`
		WHERE $1 IN ('', l.municipality) GROUP BY l.municipality`, m, at)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l Listing, err error) {
		var first, last *time.Time
		if err = row.Scan(&l.Municipality, &l.Made, &l.Children, &first, &last); err == nil && first != nil {
			l.First, l.Last = first.UTC(), last.UTC()
		}
		l.Made = l.Made.UTC()
		return l, err
	})
	return list, failed("find when lists were made", err)
}

func (v *Vault) List(ctx context.Context, m events.Municipality, tokens []events.ID, at time.Time) error {
	return v.transaction(ctx, "list children for erasure", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE child SET listed = NULL WHERE municipality = $1 AND listed IS NOT NULL AND NOT `+keptUp, m, at); err != nil {
			return err
		}
		due := uuids(tokens)
		if _, err := tx.Exec(ctx, `UPDATE child SET listed = NULL WHERE municipality = $1 AND listed IS NOT NULL AND token NOT IN (SELECT unnest($2::uuid[]))`, m, due); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			UPDATE child SET listed = $3 FROM unnest($2::uuid[]) AS due(token)
			WHERE child.token = due.token AND municipality = $1 AND listed IS NULL`, m, due, at)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO listing (municipality, made) VALUES ($1, $2) ON CONFLICT (municipality) DO UPDATE SET made = excluded.made`, m, at)
		return err
	})
}
