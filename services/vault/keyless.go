package vault

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// Keyless counts the labels that nobody can read: their keys are not in the key store, which is older than the database.
func (v *Vault) Keyless(ctx context.Context) (count int, err error) {
	rows, _ := v.pool.Query(ctx, `SELECT token FROM label`)
	var token [16]byte
	_, err = pgx.ForEachRow(rows, []any{&token}, func() error {
		_, err := os.Stat(v.store.path(events.ID(token)))
		if errors.Is(err, fs.ErrNotExist) {
			count++
			return nil
		}
		return err
	})
	return count, failed("count the labels without keys", err)
}
