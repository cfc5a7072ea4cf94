package audit

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/services/database"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is any number that nobody else takes in the main database.
const migrationLock = 5219751

// InstallHistory brings the table of verifications up to date.
func InstallHistory(ctx context.Context, pool *pgxpool.Pool) error {
	return database.Migration{Files: migrations, Schema: "audit", Lock: migrationLock}.Run(ctx, pool)
}

// History knows which verifications came to their end, in the schema "audit" of the main database. What they found is
// elsewhere, for as long as it stands.
type History struct{ Pool *pgxpool.Pool }

// Verified is a verification that came to its end.
type Verified struct {
	Line         int64
	Municipality events.Municipality
	By           *events.ID // the account that asked for it; nil: the scrub
	Began, Ended time.Time
	Year         events.Year     // whose figures were computed again; 0: none were
	Position     events.Position // of the checkpoint that all was checked against
	Findings     int
	Unchecked    int // copies that could not be compared
}

const verifiedColumns = `id, municipality, account, began, ended, year, position, findings, unchecked`

func scanVerified(row pgx.CollectableRow) (v Verified, err error) {
	var by *[16]byte
	err = row.Scan(&v.Line, &v.Municipality, &by, &v.Began, &v.Ended, &v.Year, &v.Position, &v.Findings, &v.Unchecked)
	v.By, v.Began, v.Ended = (*events.ID)(by), v.Began.UTC(), v.Ended.UTC()
	return v, err
}

// Note keeps one, and forgets those of the same log that ended more than a year before.
func (h History) Note(ctx context.Context, v Verified) error {
	_, err := h.Pool.Exec(ctx, `
		WITH old AS (DELETE FROM audit.verification WHERE municipality = $1 AND ended < $4::timestamptz - interval '1 year')
		INSERT INTO audit.verification (municipality, account, began, ended, year, position, findings, unchecked) VALUES ($1, $2, $3, $4::timestamptz, $5, $6, $7, $8)`,
		v.Municipality, (*[16]byte)(v.By), v.Began, v.Ended, int(v.Year), int64(v.Position), v.Findings, v.Unchecked)
	return noted("keep a verification", err)
}

// Latest returns, of each log, the last that somebody asked for and the scrub's last, as far as there are any.
func (h History) Latest(ctx context.Context, logs []events.Municipality) ([]Verified, error) {
	names := make([]string, len(logs))
	for i, m := range logs {
		names[i] = string(m)
	}
	rows, _ := h.Pool.Query(ctx, `
		SELECT v.* FROM unnest($1::text[]) AS log (name) CROSS JOIN (VALUES (false), (true)) AS kind (scrub)
		CROSS JOIN LATERAL (SELECT `+verifiedColumns+` FROM audit.verification
			WHERE municipality = log.name AND (account IS NULL) = kind.scrub ORDER BY id DESC LIMIT 1) v
		ORDER BY v.municipality, v.id`, names)
	list, err := pgx.CollectRows(rows, scanVerified)
	return list, noted("find the latest verifications", err)
}

// List returns those of a log, or of all where m is "", the latest first: those before a line, unless it is 0.
func (h History) List(ctx context.Context, m events.Municipality, before int64, limit int) ([]Verified, error) {
	rows, _ := h.Pool.Query(ctx, `SELECT `+verifiedColumns+` FROM audit.verification
		WHERE ($1 = '' OR municipality = $1) AND id < $2 ORDER BY id DESC LIMIT $3`, m, cmp.Or(before, 1<<62), limit)
	list, err := pgx.CollectRows(rows, scanVerified)
	return list, noted("list verifications", err)
}

func noted(what string, err error) error {
	if err == nil {
		return nil
	}
	if database.Unavailable(err) {
		err = fmt.Errorf("%w: %w", projections.ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}
