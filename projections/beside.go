package projections

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
)

// Beside is a whole generation that is not in use, made by the code that made the one in use.
type Beside struct {
	Projection   string
	Municipality events.Municipality
	Generation   int
	Position     events.Position
	Built        time.Time
	Left         time.Time // when it was last in use; zero: it never was, for a rebuild found that it differs
	Differs      []string  // the tables in which it does
}

// besideQuery reads those that another condition holds for. What another version of the program made is not among them: it
// could not be read.
const besideQuery = `SELECT DISTINCT ON (municipality, projection)
		projection, municipality, generation, position, built_at, left_at, coalesce(differs, '{}')
	FROM projections.checkpoint AS c WHERE NOT current AND built_at IS NOT NULL AND fingerprint =
		(SELECT fingerprint FROM projections.checkpoint u WHERE u.current AND u.projection = c.projection AND u.municipality = c.municipality)
		AND %s
	ORDER BY municipality, projection, ` + lastUsed

// Others lists what stands beside the generations in use, of each projection and log the one that Rollback would switch to.
func Others(ctx context.Context, pool *pgxpool.Pool) ([]Beside, error) {
	list, err := besides(ctx, pool, "true")
	if err != nil {
		return nil, fmt.Errorf("list the tables beside those in use: %w", reaching(err))
	}
	return list, nil
}

func besides(ctx context.Context, q querier, condition string, args ...any) ([]Beside, error) {
	rows, err := q.Query(ctx, fmt.Sprintf(besideQuery, condition), args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (b Beside, err error) {
		var left *time.Time
		if err = row.Scan(&b.Projection, &b.Municipality, &b.Generation, &b.Position, &b.Built, &left, &b.Differs); left != nil {
			b.Left = left.UTC()
		}
		b.Built = b.Built.UTC()
		return b, err
	})
}

// OtherGenerationError says that other tables than those that were meant stand beside the ones in use by now.
type OtherGenerationError struct{ Stands, Meant int }

func (e *OtherGenerationError) Error() string {
	return fmt.Sprintf("beside the tables in use stands generation %d now, not %d: somebody rebuilt or switched meanwhile; look again and choose", e.Stands, e.Meant)
}

// Consent says to which tables something may be done.
type Consent struct {
	Generation int                // that is meant; 0: whichever stands beside
	Record     func(Beside) error // is called when nothing else is against it, right before it is done; an error forbids it
}

// withOther does something with what stands beside a generation in use, if it is the one that is meant; 0: whichever. Meanwhile
// nobody else makes or changes any.
func withOther(ctx context.Context, pool *pgxpool.Pool, projection string, m events.Municipality, meant int, condition string, do func(*pgx.Conn, Beside) error) error {
	return locked(ctx, pool, projection, m, func(conn *pgx.Conn) error {
		list, err := besides(ctx, conn, "projection = $1 AND municipality = $2 AND "+condition, projection, m)
		if err != nil {
			return reaching(err)
		}
		if len(list) == 0 {
			return ErrNoOther
		}
		if stands := list[0].Generation; meant != 0 && meant != stands {
			return &OtherGenerationError{stands, meant}
		}
		return do(conn, list[0])
	})
}

// Rollback switches back to the newest other generation, if it is what the log gives up to its position. The runner takes it on
// from where it was left. ErrNoOther: there is none that this program made. *OtherGenerationError: it is not the one that is meant.
// *UnlikeError, *CorruptError: it is not what the log gives.
func Rollback(ctx context.Context, log Source, pool *pgxpool.Pool, p Projection, m events.Municipality, c Consent) error {
	err := withOther(ctx, pool, p.Name(), m, c.Generation, "true", func(conn *pgx.Conn, b Beside) error {
		if err := (&building{log: log, pool: pool, conn: conn, projection: p, toPoison: true}).probe(ctx, m, b.Generation); err != nil {
			return err
		}
		if err := c.Record(b); err != nil {
			return err
		}
		return inTransaction(ctx, conn, func(tx pgx.Tx) error {
			return use(ctx, tx, Checkpoint{Projection: p.Name(), Municipality: m, Generation: b.Generation})
		})
	})
	if err != nil {
		return fmt.Errorf("roll back %s of %s: %w", p.Name(), m, err)
	}
	return nil
}

// probe compares a generation that is not in use with what the log gives up to its position.
func (b *building) probe(ctx context.Context, m events.Municipality, generation int) error {
	other, err := scanCheckpoint(b.conn.QueryRow(ctx, `SELECT `+checkpointColumns+` FROM projections.checkpoint
		WHERE projection = $1 AND municipality = $2 AND generation = $3`, b.projection.Name(), m, generation))
	if err != nil {
		return reaching(err)
	}
	if !bytes.Equal(other.fingerprint, fingerprintOf(b.projection)) {
		return ErrNoOther
	}
	if err := checkIndexes(ctx, b.conn, other); err != nil {
		return corrupt(b.projection, err)
	}
	if b.total, err = b.log.Head(ctx, m); err != nil {
		return err
	}
	if other.Position > b.total {
		return &UnlikeError{b.projection.Name(), m, other.Position, generation, []string{fmt.Sprintf("the log ends at position %d", b.total)}}
	}
	b.total = other.Position
	return b.inPassing(ctx, m, other.Position, func() error {
		theirs, err := b.sumsOf(ctx, other)
		if err != nil {
			return corrupt(b.projection, err)
		}
		ours, err := b.sumsOf(ctx, b.checkpoint)
		if tables := different(theirs, ours); err == nil && len(tables) > 0 {
			err = &UnlikeError{b.projection.Name(), m, other.Position, generation, tables}
		}
		return err
	})
}

// Discard drops what rebuilds kept beside the tables in use because they differ, if the newest is the one that is meant:
// *OtherGenerationError. What was in use before is no such one and stays: ErrNothingDiffers.
func Discard(ctx context.Context, pool *pgxpool.Pool, projection string, m events.Municipality, c Consent) error {
	const neverUsed = "left_at IS NULL"
	err := withOther(ctx, pool, projection, m, c.Generation, neverUsed, func(conn *pgx.Conn, b Beside) error {
		if err := c.Record(b); err != nil {
			return err
		}
		return inTransaction(ctx, conn, func(tx pgx.Tx) error {
			return dropGenerations(ctx, tx, projection, m, "NOT current AND built_at IS NOT NULL AND "+neverUsed)
		})
	})
	if errors.Is(err, ErrNoOther) {
		err = ErrNothingDiffers
	}
	if err != nil {
		return fmt.Errorf("discard what was rebuilt of %s of %s: %w", projection, m, err)
	}
	return nil
}
