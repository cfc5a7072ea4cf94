package vault

import (
	"context"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// readsKept is how long a line of the read log is kept: as long as the law has patients' records kept of who read them
// (HSLF-FS 2016:40, chapter 4), which is the nearest rule there is.
const readsKept = "5 years"

// mostReads is how many lines of the read log are returned at most.
const mostReads = 1000

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

func (v *Vault) Reads(ctx context.Context, m events.Municipality, q ReadQuery) (list []LoggedRead, err error) {
	if err := v.forgetReads(ctx); err != nil {
		return nil, err
	}
	limit := q.Limit
	if limit <= 0 || limit > mostReads {
		limit = mostReads
	}
	rows, _ := v.pool.Query(ctx, `
		SELECT id, at, token, account, why FROM read_log
		WHERE municipality = $1 AND ($2::uuid IS NULL OR token = $2) AND ($3::uuid IS NULL OR account = $3) AND ($4 = '' OR why = $4)
			AND ($5::timestamptz IS NULL OR at >= $5) AND ($6::timestamptz IS NULL OR at < $6) AND ($7 = 0 OR id < $7)
		ORDER BY id DESC LIMIT $8`, m, given(q.Child), given(q.Account), q.Why, moment(q.From), moment(q.To), q.Before, limit)
	list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r LoggedRead, err error) {
		var token, account [16]byte
		err = row.Scan(&r.Line, &r.At, &token, &account, &r.Why)
		r.Child, r.Account, r.At = token, account, r.At.UTC()
		return r, err
	})
	return list, failed("read the read log", err)
}

// forgetReads drops the lines that have been kept long enough, by the clock and, but for a month, by a line that has stood for a month:
// a clock that runs years ahead for a day does not empty the log.
func (v *Vault) forgetReads(ctx context.Context) error {
	const month = `interval '1 month'`
	_, err := v.pool.Exec(ctx, `DELETE FROM read_log WHERE at < now() - interval '`+readsKept+`'
		AND at < (SELECT max(at) FROM read_log WHERE at < now() - `+month+`) - interval '`+readsKept+`' + `+month)
	return failed("forget old reads", err)
}

func given(id events.ID) *[16]byte {
	if id.IsZero() {
		return nil
	}
	return (*[16]byte)(&id)
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
