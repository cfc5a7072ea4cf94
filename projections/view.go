package projections

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
)

// patience is how long a read waits for a position.
const patience = 5 * time.Second

// View reads the tables of a projection in one snapshot that has come to position least at least, with the search path
// set to them; at says which position it shows. It waits for it, 5 seconds at most.
//
// ErrNothingYet: nothing is recorded of the municipality. *NotYetError: the position was not reached in time. *StoppedError: it
// will not be reached, or with least 0 the projection stopped and its figures are no longer those of the log.
// ErrUnavailable: the database cannot be reached.
func View(ctx context.Context, pool *pgxpool.Pool, projection string, m events.Municipality, least events.Position, read func(tx pgx.Tx, at Checkpoint) error) error {
	return patiently(ctx, pool, projection, m, least, func() error { return view(ctx, pool, projection, m, least, read) })
}

// Shown says what View would show, without a look at the tables: a third of the messages to the database, for what is remembered of
// that. Errors are View's.
func Shown(ctx context.Context, pool *pgxpool.Pool, projection string, m events.Municipality, least events.Position) (at Checkpoint, err error) {
	err = patiently(ctx, pool, projection, m, least, func() (err error) {
		var found bool
		switch at, found, err = seen(ctx, pool, currentCheckpoint, projection, m); {
		case err != nil:
			return err
		case !found:
			return ErrNothingYet
		}
		return at.reached(least)
	})
	return at, err
}

// patiently looks once more when a position is reached that was not yet.
func patiently(ctx context.Context, pool *pgxpool.Pool, projection string, m events.Municipality, least events.Position, look func() error) error {
	err := look()
	var late *NotYetError
	if errors.As(err, &late) || least > 0 && errors.Is(err, ErrNothingYet) {
		if err = wait(ctx, pool, projection, m, least, patience); err == nil {
			err = look()
		}
	}
	return err
}

// ViewRecorded is View for whoever takes a municipality of which nothing is recorded for one where all is zero: of such a one it
// reads nothing, and returns false. log tells it from one whose tables are still being made, for which it waits.
func ViewRecorded(ctx context.Context, log Source, pool *pgxpool.Pool, projection string, m events.Municipality, least events.Position, read func(tx pgx.Tx, at Checkpoint) error) (recorded bool, err error) {
	return whereRecorded(ctx, log, pool, projection, m, least, func(least events.Position) error {
		return View(ctx, pool, projection, m, least, func(tx pgx.Tx, at Checkpoint) error {
			if err := at.filled(); err != nil {
				return err
			}
			return read(tx, at)
		})
	})
}

// ShownRecorded is Shown as ViewRecorded is View.
func ShownRecorded(ctx context.Context, log Source, pool *pgxpool.Pool, projection string, m events.Municipality, least events.Position) (at Checkpoint, recorded bool, err error) {
	recorded, err = whereRecorded(ctx, log, pool, projection, m, least, func(least events.Position) (err error) {
		if at, err = Shown(ctx, pool, projection, m, least); err == nil {
			err = at.filled()
		}
		return err
	})
	return at, recorded, err
}

// filled is ErrNothingYet of tables that a runner has made, and fills next.
func (c Checkpoint) filled() error {
	if c.Position == 0 {
		return ErrNothingYet
	}
	return nil
}

func whereRecorded(ctx context.Context, log Source, pool *pgxpool.Pool, projection string, m events.Municipality, least events.Position, look func(least events.Position) error) (recorded bool, err error) {
	err = look(least)
	if !errors.Is(err, ErrNothingYet) {
		return true, err
	}
	head, err := log.Head(ctx, m)
	if err != nil || head == 0 {
		return false, err
	}
	if err := wait(ctx, pool, projection, m, 1, patience); err != nil {
		return true, err
	}
	return true, look(0)
}

func view(ctx context.Context, pool *pgxpool.Pool, projection string, m events.Municipality, least events.Position, read func(tx pgx.Tx, at Checkpoint) error) error {
	tx, err := pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return fmt.Errorf("read %s of %s: %w", projection, m, reaching(err))
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	at, err := enter(ctx, tx, projection, m)
	if err != nil {
		return err
	}
	if err := at.reached(least); err != nil {
		return err
	}
	err = read(tx, at)
	if err != nil && tx.Conn().IsClosed() {
		return reaching(err)
	}
	return err
}

// enter finds the tables in use, sets the search path to them and so begins the snapshot, in which rows of this municipality
// alone can be seen.
func enter(ctx context.Context, tx pgx.Tx, projection string, m events.Municipality) (Checkpoint, error) {
	c, found, err := seen(ctx, tx, `SELECT `+checkpointColumns+`,
			set_config('search_path', projection || '_' || municipality || '_' || generation, true)
		FROM projections.checkpoint WHERE projection = $1 AND municipality = $2 AND current`, projection, m, new(string))
	if err == nil && !found {
		err = ErrNothingYet
	}
	return c, err
}

// reached says what keeps the tables from showing a position.
func (c Checkpoint) reached(least events.Position) error {
	switch {
	case c.StoppedAt > 0 && (least == 0 || c.Position < least):
		return c.stopped()
	case c.Position < least:
		return &NotYetError{c.Projection, c.Municipality, c.Position, least}
	}
	return nil
}

// Wait waits until each of the named projections has come to a position, for each as long as patience at most. Errors are View's.
func Wait(ctx context.Context, pool *pgxpool.Pool, m events.Municipality, position events.Position, patience time.Duration, names ...string) error {
	for _, name := range names {
		if err := wait(ctx, pool, name, m, position, patience); err != nil {
			return err
		}
	}
	return nil
}

func wait(ctx context.Context, pool *pgxpool.Pool, projection string, m events.Municipality, least events.Position, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for pause := 2 * time.Millisecond; ; pause = min(pause*5/4, 20*time.Millisecond) {
		c, found, err := seen(ctx, pool, currentCheckpoint, projection, m)
		if err == nil && !found {
			err = &NotYetError{projection, m, 0, least}
		}
		if err == nil {
			err = c.reached(least)
		}
		var late *NotYetError
		if !errors.As(err, &late) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
