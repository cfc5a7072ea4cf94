package vault

import (
	"context"
	"regexp"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

var reasonForm = regexp.MustCompile(`^[a-z_]{1,40}$`)

func (v *Vault) NoteRead(ctx context.Context, m events.Municipality, token, account events.ID, why string) error {
	if !reasonForm.MatchString(why) {
		return ErrReason
	}
	return failed("note a read", noteRead(ctx, v.pool, m, token, account, why))
}

func (v *Vault) NoteReads(ctx context.Context, m events.Municipality, tokens []events.ID, account events.ID, why string) error {
	if !reasonForm.MatchString(why) {
		return ErrReason
	}
	if len(tokens) == 0 {
		return nil
	}
	_, err := v.pool.Exec(ctx, `INSERT INTO read_log (municipality, token, account, why) SELECT $1, t, $3, $4 FROM unnest($2::uuid[]) AS t`, m, uuids(tokens), [16]byte(account), why)
	return failed("note reads", err)
}

func noteRead(ctx context.Context, db querier, m events.Municipality, token, account events.ID, why string) error {
	_, err := db.Exec(ctx, `INSERT INTO read_log (municipality, token, account, why) VALUES ($1, $2, $3, $4)`, m, [16]byte(token), [16]byte(account), why)
	return err
}

func readsOf(ctx context.Context, db querier, m events.Municipality, token events.ID) ([]Read, error) {
	rows, _ := db.Query(ctx, `SELECT at, account, why FROM read_log WHERE municipality = $1 AND token = $2 ORDER BY id`, m, [16]byte(token))
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Read, err error) {
		var account [16]byte
		err = row.Scan(&r.At, &account, &r.Why)
		r.Account, r.At = account, r.At.UTC()
		return r, err
	})
}
