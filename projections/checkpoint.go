package projections

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
)

// Checkpoint says how far a generation of a projection's tables has come in a municipality's log.
type Checkpoint struct {
	Projection   string
	Municipality events.Municipality
	Generation   int
	Position     events.Position
	Recorded     time.Time // of the last message applied; zero when none was
	AppliedAt    time.Time
	StoppedAt    events.Position // the message it cannot fold; 0 while it goes on
	StoppedCode  string          // one of StopCodes
	StoppedWhy   string
	fingerprint  []byte
}

func (c Checkpoint) stopped() *StoppedError {
	return &StoppedError{Projection: c.Projection, Municipality: c.Municipality, At: c.StoppedAt, Why: c.StoppedWhy}
}

const checkpointTable = `
CREATE SCHEMA IF NOT EXISTS projections;
CREATE TABLE IF NOT EXISTS projections.checkpoint (
	projection   text NOT NULL,
	municipality text NOT NULL,
	generation   integer NOT NULL,
	fingerprint  bytea NOT NULL,
	current      boolean NOT NULL DEFAULT false,
	position     bigint NOT NULL DEFAULT 0,
	recorded     timestamptz,
	applied_at   timestamptz NOT NULL DEFAULT now(),
	built_at     timestamptz, -- none: a rebuild is filling it, or was killed doing so
	left_at      timestamptz, -- when it was last in use
	stopped_at   bigint,
	stopped_why  text,
	PRIMARY KEY (projection, municipality, generation)
) WITH (fillfactor = 50);
ALTER TABLE projections.checkpoint ADD COLUMN IF NOT EXISTS begun_at timestamptz; -- when its rebuild began
ALTER TABLE projections.checkpoint ADD COLUMN IF NOT EXISTS until bigint; -- the position that its rebuild is on the way to
ALTER TABLE projections.checkpoint ADD COLUMN IF NOT EXISTS written bigint NOT NULL DEFAULT 0; -- how far its rows are, which nobody can see yet
ALTER TABLE projections.checkpoint ADD COLUMN IF NOT EXISTS stopped_code text;
ALTER TABLE projections.checkpoint ADD COLUMN IF NOT EXISTS newest integer NOT NULL DEFAULT 0; -- the newest generation that was in use beside it: none has the number of one that was
ALTER TABLE projections.checkpoint ADD COLUMN IF NOT EXISTS differs text[]; -- the tables in which a rebuild differed from those in use
CREATE UNIQUE INDEX IF NOT EXISTS checkpoint_current ON projections.checkpoint (projection, municipality) WHERE current;`

// Locks of this package share a first key, so that none meets another's.
const (
	installLock = 0x72617601
	rebuildLock = 0x72617602
)

// Install makes the table of checkpoints where it is missing or another version's, and isolates municipalities' rows where
// they are not yet. Where all is there it changes nothing: a change waits for everybody who reads the table, and whoever
// comes meanwhile waits for it. A verification reads in one transaction and writes in another: it and a change would wait
// for each other for ever, so that a change gives up after a while and can be tried again. Several may do so at once.
func Install(ctx context.Context, pool *pgxpool.Pool) error {
	err := inTransaction(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1, 0)", int32(installLock)); err != nil {
			return err
		}
		version := fmt.Sprintf("%x", sha256.Sum256([]byte(checkpointTable+isolation)))
		if there, err := installed(ctx, tx, version); there || err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '2s';"+checkpointTable+isolation+"; COMMENT ON TABLE projections.checkpoint IS '"+version+"'")
		return err
	})
	if err == nil {
		err = isolateEarlier(ctx, pool)
	}
	if err != nil {
		return fmt.Errorf("install the checkpoints: %w", reaching(err))
	}
	return nil
}

// installed reports whether a version made the table of checkpoints, and it is isolated as far as this role may do so.
func installed(ctx context.Context, tx pgx.Tx, version string) (there bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_class t
			JOIN pg_roles me ON me.rolname = current_user
			JOIN pg_roles reader ON reader.rolname = $1
			JOIN pg_policy p ON p.polrelid = t.oid
		WHERE t.oid = to_regclass('projections.checkpoint') AND obj_description(t.oid, 'pg_class') = $2
			AND t.relrowsecurity AND (t.relforcerowsecurity OR NOT me.rolsuper AND NOT me.rolbypassrls)
			AND has_schema_privilege(reader.oid, t.relnamespace, 'USAGE') AND has_table_privilege(reader.oid, t.oid, 'SELECT'))`,
		Reader, version).Scan(&there)
	return there, err
}

// querier is a pool, a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

const checkpointColumns = `projection, municipality, generation, position, coalesce(recorded, 'epoch'), applied_at, coalesce(stopped_at, 0), coalesce(stopped_code, ''), coalesce(stopped_why, ''), fingerprint`

func scanCheckpoint(row pgx.Row, more ...any) (c Checkpoint, err error) {
	into := append([]any{&c.Projection, &c.Municipality, &c.Generation, &c.Position, &c.Recorded, &c.AppliedAt, &c.StoppedAt, &c.StoppedCode, &c.StoppedWhy, &c.fingerprint}, more...)
	err = row.Scan(into...)
	c.Recorded, c.AppliedAt = c.Recorded.UTC(), c.AppliedAt.UTC()
	if c.Recorded.Unix() == 0 {
		c.Recorded = time.Time{}
	}
	return c, err
}

const currentCheckpoint = `SELECT ` + checkpointColumns + `
	FROM projections.checkpoint WHERE projection = $1 AND municipality = $2 AND current`

// current returns the checkpoint of the generation in use. found is false where there is none.
func current(ctx context.Context, q querier, projection string, m events.Municipality) (c Checkpoint, found bool, err error) {
	c, err = scanCheckpoint(q.QueryRow(ctx, currentCheckpoint, projection, m))
	if errors.Is(err, pgx.ErrNoRows) {
		return Checkpoint{}, false, nil
	}
	if err != nil {
		return Checkpoint{}, false, fmt.Errorf("find the tables of %s of %s: %w", projection, m, reaching(err))
	}
	return c, true, nil
}

// step is a move of a checkpoint, with the rows, in one transaction.
type step struct {
	checkpoint Checkpoint // from where
	to         events.Recorded
	inUse      bool // the generation must be the current one; else it must be one that is being built
}

// move moves the checkpoint and sets the search path to its tables. ErrFenced when it is not where it was. A stop is
// forgotten when its message has been passed.
func (s step) move(ctx context.Context, tx pgx.Tx) error {
	c := s.checkpoint
	tag, err := tx.Exec(ctx, `UPDATE projections.checkpoint SET position = $1, recorded = $2, applied_at = clock_timestamp(),
			stopped_at = CASE WHEN stopped_at > $1 THEN stopped_at END, stopped_code = CASE WHEN stopped_at > $1 THEN stopped_code END, stopped_why = CASE WHEN stopped_at > $1 THEN stopped_why END
		WHERE projection = $3 AND municipality = $4 AND generation = $5 AND position = $6 AND current = $7
		RETURNING set_config('search_path', $8, true), set_config('synchronous_commit', 'off', true)`,
		int64(s.to.Position), s.to.Time, c.Projection, c.Municipality, c.Generation, int64(c.Position), s.inUse, schemaOf(c.Projection, c.Municipality, c.Generation))
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return ErrFenced
	}
	return nil
}

// stop records that the tables cannot go beyond a message.
func stop(ctx context.Context, q querier, c Checkpoint, poison *events.PoisonError) error {
	tag, err := q.Exec(ctx, `UPDATE projections.checkpoint SET stopped_at = $1, stopped_code = $2, stopped_why = $3
		WHERE projection = $4 AND municipality = $5 AND generation = $6 AND position = $7`,
		int64(poison.Position), stopCode(poison), poison.Err.Error(), c.Projection, c.Municipality, c.Generation, int64(c.Position))
	if err != nil {
		return fmt.Errorf("record that %s of %s stopped: %w", c.Projection, c.Municipality, reaching(err))
	}
	if tag.RowsAffected() == 0 {
		return ErrFenced
	}
	return nil
}
