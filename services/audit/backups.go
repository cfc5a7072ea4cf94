package audit

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// BackedUp is a backup that is kept somewhere, from its first byte to its last.
type BackedUp struct {
	By    *events.ID // the account that asked for it; nil: it was taken beside the services
	Taken time.Time
	Bytes int64
}

// NoteBackup keeps one, and forgets those of more than a year before.
func (h History) NoteBackup(ctx context.Context, b BackedUp) error {
	_, err := h.Pool.Exec(ctx, `
		WITH old AS (DELETE FROM audit.backup WHERE taken < $2::timestamptz - interval '1 year')
		INSERT INTO audit.backup (account, taken, bytes) VALUES ($1, $2::timestamptz, $3)`, (*[16]byte)(b.By), b.Taken, b.Bytes)
	return noted("keep that a backup was taken", err)
}

// LastBackup returns the one that was taken last; nil: none is on record.
func (h History) LastBackup(ctx context.Context) (*BackedUp, error) {
	var b BackedUp
	var by *[16]byte
	err := h.Pool.QueryRow(ctx, `SELECT account, taken, bytes FROM audit.backup ORDER BY id DESC LIMIT 1`).Scan(&by, &b.Taken, &b.Bytes)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	b.By, b.Taken = (*events.ID)(by), b.Taken.UTC()
	return &b, noted("find the last backup", err)
}
