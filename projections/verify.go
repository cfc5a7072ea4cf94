package projections

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
)

// CorruptError says that the database itself finds what it stores of a projection damaged.
type CorruptError struct {
	Projection string
	Err        error
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s cannot be read: %v", e.Projection, e.Err)
}

func (e *CorruptError) Unwrap() error { return e.Err }

// AheadError says that a projection shows a position that its log does not reach.
type AheadError struct {
	Projection     string
	Position, Head events.Position
}

func (e *AheadError) Error() string {
	return fmt.Sprintf("%s shows position %d, the log ends at %d", e.Projection, e.Position, e.Head)
}

// Verify makes a projection's tables beside those in use, up to the same position, compares what they add up to, and drops
// them. Whoever reads is undisturbed. *DifferenceError, *CorruptError, *AheadError: those in use are not what the log
// gives. ErrNothingYet: there are none, or none that this program made.
func Verify(ctx context.Context, log Source, pool *pgxpool.Pool, p Projection, m events.Municipality) error {
	if _, inUse, err := current(ctx, pool, p.Name(), m); err == nil && !inUse {
		return ErrNothingYet // in most of 290 municipalities, and a connection to lock with costs more than the question
	}
	return locked(ctx, pool, p.Name(), m, func(conn *pgx.Conn) error {
		live, inUse, err := current(ctx, conn, p.Name(), m)
		if err != nil {
			return corrupt(p, err)
		}
		if !inUse {
			return ErrNothingYet
		}
		b := &building{log: log, pool: pool, conn: conn, projection: p, toPoison: true, unlisted: true}
		if b.total, err = log.Head(ctx, m); err != nil {
			return err
		}
		if live.Position > b.total {
			return &AheadError{p.Name(), live.Position, b.total}
		}
		if string(live.fingerprint) != string(fingerprintOf(p)) {
			return ErrNothingYet
		}
		if err := checkIndexes(ctx, conn, live); err != nil {
			return corrupt(p, err)
		}
		return b.inPassing(ctx, m, live.Position, func() error {
			differs, err := b.difference(ctx)
			if err != nil || differs == nil {
				return err
			}
			return differs
		})
	})
}

// corrupt says of an error in reading the tables in use that they are damaged, if they are. In writing others beside them
// the same may be a quota.
func corrupt(p Projection, err error) error {
	if Damaged(err) {
		return &CorruptError{p.Name(), err}
	}
	return err
}

// inPassing makes tables up to a position, compares them with others and drops them.
func (b *building) inPassing(ctx context.Context, m events.Municipality, position events.Position, compare func() error) error {
	// What is dropped again need not survive anything.
	if _, err := b.conn.Exec(ctx, "SET synchronous_commit = off"); err != nil {
		return reaching(err)
	}
	if err := b.begin(ctx, m); err != nil {
		return err
	}
	defer b.abandon(context.WithoutCancel(ctx))
	if err := b.bulk(ctx, position); err != nil {
		return err
	}
	if _, err := b.conn.Exec(ctx, "RESET synchronous_commit"); err != nil { // whoever switches afterwards wants it kept
		return reaching(err)
	}
	return compare()
}

// Replace makes a projection's tables anew and puts them in use whatever those in use hold, which are dropped: for tables
// that are known to be damaged. The runner takes the new ones on from there.
func Replace(ctx context.Context, log Source, pool *pgxpool.Pool, p Projection, m events.Municipality) error {
	return locked(ctx, pool, p.Name(), m, func(conn *pgx.Conn) (err error) {
		b := &building{log: log, pool: pool, conn: conn, projection: p, toPoison: true}
		if b.total, err = log.Head(ctx, m); err != nil {
			return err
		}
		if err := b.begin(ctx, m); err != nil {
			return err
		}
		if err = b.bulk(ctx, b.total); err == nil {
			err = inTransaction(ctx, conn, func(tx pgx.Tx) error { return b.displace(ctx, tx) })
		}
		if err != nil {
			b.abandon(context.WithoutCancel(ctx))
		}
		return err
	})
}

// displace puts the new tables in use and drops all others.
func (b *building) displace(ctx context.Context, tx pgx.Tx) error {
	c := b.checkpoint
	if b.poison != nil {
		if err := stop(ctx, tx, c, b.poison); err != nil {
			return err
		}
	}
	if err := use(ctx, tx, c); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE projections.checkpoint SET built_at = NULL WHERE projection = $1 AND municipality = $2 AND NOT current`,
		c.Projection, c.Municipality)
	if err != nil {
		return reaching(err)
	}
	return drop(ctx, tx, c.Projection, c.Municipality)
}
