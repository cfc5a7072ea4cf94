package projections

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/events/failpoint"
)

// nearEnough is how few messages may be left to apply while the tables in use stand still for the switch.
const nearEnough = 500

// perRound is how many messages are folded in memory before they are written, while the next are folded.
const perRound = 2_000

// building is one generation on its way. Everything is written through conn, which holds the lock.
type building struct {
	log        Source
	pool       *pgxpool.Pool
	conn       *pgx.Conn
	projection Projection
	toPoison   bool  // a message that cannot be folded ends the building and not the attempt
	unlisted   bool  // nobody waits for it: it is told of to nobody
	seed       int64 // of the sums that are compared; nobody who writes rows can know it
	progress   func(done, total events.Position, rate float64)

	checkpoint Checkpoint
	filling    pgx.Tx          // the transaction in which the tables are made and filled; nil when it is over
	last       events.Recorded // the last message whose rows are written
	poison     *events.PoisonError
	total      events.Position
	begun      time.Time
	told       time.Time
	noted      time.Time
}

// perNote is the least time between two notes in the database of how far it is.
const perNote = 200 * time.Millisecond

func (b *building) run(ctx context.Context, m events.Municipality) (err error) {
	live, inUse, err := current(ctx, b.conn, b.projection.Name(), m)
	if err != nil {
		return err
	}
	if b.total, err = b.log.Head(ctx, m); err != nil {
		return err
	}
	if inUse && live.Position > b.total {
		return &AheadError{b.projection.Name(), live.Position, b.total}
	}
	if b.total == 0 {
		return ErrNothingYet
	}
	if err := b.begin(ctx, m); err != nil {
		return err
	}
	if inUse && string(live.fingerprint) == string(b.checkpoint.fingerprint) {
		err = b.beside(ctx, live.Position)
	} else {
		err = b.alone(ctx)
	}
	var differs *DifferenceError
	if err != nil && !errors.As(err, &differs) {
		b.abandon(context.WithoutCancel(ctx))
	}
	return err
}

// begin removes what an earlier rebuild left half-way and makes the checkpoint.
func (b *building) begin(ctx context.Context, m events.Municipality) error {
	b.begun, b.seed = time.Now(), rand.Int64()
	return inTransaction(ctx, b.conn, func(tx pgx.Tx) (err error) {
		if err := drop(ctx, tx, b.projection.Name(), m); err != nil {
			return err
		}
		if b.checkpoint, err = newGeneration(ctx, tx, b.projection, m); err != nil || b.unlisted {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE projections.checkpoint SET begun_at = clock_timestamp(), until = $1
			WHERE projection = $2 AND municipality = $3 AND generation = $4`, int64(b.total), b.projection.Name(), m, b.checkpoint.Generation)
		return reaching(err)
	})
}

// abandon removes what was built. If it cannot, the next rebuild does.
func (b *building) abandon(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_ = inTransaction(ctx, b.conn, func(tx pgx.Tx) error {
		return drop(ctx, tx, b.checkpoint.Projection, b.checkpoint.Municipality)
	})
}

// alone builds where there is nothing to compare with.
func (b *building) alone(ctx context.Context) error {
	if err := b.bulk(ctx, b.total); err != nil {
		return err
	}
	return b.takeOver(ctx)
}

// beside builds where tables of the same code are in use at a position.
func (b *building) beside(ctx context.Context, position events.Position) error {
	if err := b.bulk(ctx, position); err != nil {
		return err
	}
	if err := b.compare(ctx); err != nil {
		return err
	}
	return b.takeOver(ctx)
}

// bulk makes the tables, fills them up to a position and adds the keys, in one transaction.
func (b *building) bulk(ctx context.Context, until events.Position) error {
	return inTransaction(ctx, b.conn, func(tx pgx.Tx) error {
		begun := b.checkpoint
		if err := makeSchema(ctx, tx, b.projection, begun); err != nil {
			return err
		}
		err := Fill(ctx, tx, func(tx pgx.Tx) error {
			b.filling = tx
			return b.upTo(ctx, until)
		})
		b.filling = nil
		if err != nil {
			return err
		}
		if err := b.finish(ctx, tx); err != nil {
			return err
		}
		if b.last.Position == 0 {
			return nil
		}
		return b.failed((step{checkpoint: begun, to: b.last}).move(ctx, tx))
	})
}

func (b *building) failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("rebuild %s of %s: %w", b.projection.Name(), b.checkpoint.Municipality, reaching(err))
}

// upTo applies the log up to a position. A message that cannot be folded ends it with everything before it applied.
func (b *building) upTo(ctx context.Context, until events.Position) error {
	if b.poison != nil || until <= b.checkpoint.Position {
		return nil
	}
	before, err := b.fold(ctx, until)
	if !errors.As(err, &b.poison) {
		return err
	}
	if before > b.checkpoint.Position {
		if _, again := b.fold(ctx, before); again != nil {
			return again
		}
	}
	if b.toPoison {
		return nil
	}
	return err
}

// fold writes rounds while it folds the next, and returns the last position that was folded with its whole decision.
func (b *building) fold(ctx context.Context, until events.Position) (events.Position, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	rounds, used, written := make(chan round), make(chan Batch, 1), make(chan error, 1)
	f := folding{projection: b.projection, municipality: b.checkpoint.Municipality, used: used}
	after := b.checkpoint.Position
	go func() {
		defer cancel()
		written <- b.writeAll(ctx, rounds, used)
	}()
	whole, err := b.read(ctx, f, after, until, rounds)
	close(rounds)
	if failed := <-written; failed != nil {
		return whole, failed
	}
	return whole, err
}

func (b *building) read(ctx context.Context, f folding, after, until events.Position, rounds chan<- round) (events.Position, error) {
	for r, err := range b.log.Read(ctx, b.checkpoint.Municipality, after) {
		if err == nil {
			err = f.add(r)
		}
		if err != nil {
			return f.whole.Position, err
		}
		b.tell(r.Position)
		if f.whole.Position == r.Position && f.count >= perRound || r.Position >= until {
			select {
			case rounds <- f.take():
			case <-ctx.Done():
				return f.whole.Position, ctx.Err()
			}
		}
		if r.Position >= until {
			return until, nil
		}
	}
	return f.whole.Position, fmt.Errorf("rebuild %s of %s: the log ends before position %d", b.projection.Name(), b.checkpoint.Municipality, until)
}

func (b *building) writeAll(ctx context.Context, rounds <-chan round, used chan<- Batch) error {
	for r := range rounds {
		if err := b.writeRound(ctx, r); err != nil {
			return b.failed(err)
		}
		b.checkpoint.Position, b.last = r.to.Position, r.to
		select {
		case used <- r.batch:
		default: // nothing is folded any more
		}
	}
	return nil
}

func (b *building) writeRound(ctx context.Context, r round) error {
	if b.filling == nil {
		return inTransaction(ctx, b.conn, func(tx pgx.Tx) error { return b.write(ctx, tx, r) })
	}
	if err := r.batch.Apply(ctx, b.filling); err != nil {
		return err
	}
	now := time.Now()
	if now.Sub(b.noted) < perNote {
		return nil
	}
	b.noted = now
	c := b.checkpoint
	_, err := b.pool.Exec(ctx, `UPDATE projections.checkpoint SET written = $1
		WHERE projection = $2 AND municipality = $3 AND generation = $4`, int64(r.to.Position), c.Projection, c.Municipality, c.Generation)
	return err
}

func (b *building) write(ctx context.Context, tx pgx.Tx, r round) error {
	if err := (step{checkpoint: b.checkpoint, to: r.to}).move(ctx, tx); err != nil {
		return err
	}
	return r.batch.Apply(ctx, tx)
}

func (b *building) tell(done events.Position) {
	if b.progress == nil || done%1000 != 0 && done < b.total {
		return
	}
	now := time.Now()
	if now.Sub(b.told) < 200*time.Millisecond && done != b.total {
		return
	}
	b.told = now
	b.progress(done, max(done, b.total), float64(done)/now.Sub(b.begun).Seconds())
}

// syncedFrom is from which size on a new table or index is synced at the end of the transaction and not written to the
// database's log: compressing them for the log took more processor time than making the keys.
const syncedFrom = "SET LOCAL wal_skip_threshold = '64kB'"

// unaided has indexes made by one process each: read models are made side by side, and a process that helps has to map the database's
// memory first. It took a tenth of a rebuild's processor time and more (decisions/0009).
const unaided = "SET LOCAL max_parallel_maintenance_workers = 0"

// finish adds keys and indexes, and tells the planner what is there.
func (b *building) finish(ctx context.Context, tx pgx.Tx) (err error) {
	for _, sql := range []string{syncedFrom, "SET LOCAL maintenance_work_mem = '128MB'", unaided, b.projection.Keys()} {
		if err == nil {
			_, err = tx.Exec(ctx, sql)
		}
	}
	if err == nil {
		err = analyze(ctx, tx)
	}
	if err != nil {
		return fmt.Errorf("make keys of %s of %s: %w", b.projection.Name(), b.checkpoint.Municipality, reaching(err))
	}
	return nil
}

// compare keeps the new tables beside those in use where they are not alike.
func (b *building) compare(ctx context.Context) error {
	differs, err := b.difference(ctx)
	if err != nil || differs == nil {
		return err
	}
	return b.keepBeside(ctx, differs)
}

// difference brings the new tables to exactly where those in use are in one snapshot, and compares what they add up to.
func (b *building) difference(ctx context.Context) (*DifferenceError, error) {
	c := b.checkpoint
	live, err := b.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, reaching(err)
	}
	defer live.Rollback(context.WithoutCancel(ctx))
	at, err := enter(ctx, live, c.Projection, c.Municipality)
	if err != nil {
		return nil, corrupt(b.projection, err)
	}
	if err := b.upTo(ctx, at.Position); err != nil {
		return nil, err
	}
	var theirs, ours map[string]string
	var adding sync.WaitGroup
	var failed error
	adding.Go(func() { theirs, failed = sums(ctx, live, b.seed) })
	ours, err = b.sumsOf(ctx, b.checkpoint)
	adding.Wait()
	if err := cmp.Or(corrupt(b.projection, failed), err); err != nil {
		return nil, err
	}
	if tables := different(theirs, ours); len(tables) > 0 {
		return &DifferenceError{c.Projection, c.Municipality, at.Position, c.Generation, tables}, nil
	}
	return nil, nil
}

// sumsOf adds up the tables of a generation to which nobody else applies anything.
func (b *building) sumsOf(ctx context.Context, c Checkpoint) (all map[string]string, err error) {
	err = inTransaction(ctx, b.conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, setPath(schemaOf(c.Projection, c.Municipality, c.Generation))); err != nil {
			return reaching(err)
		}
		all, err = sums(ctx, tx, b.seed)
		return err
	})
	return all, err
}

func (b *building) keepBeside(ctx context.Context, differs *DifferenceError) error {
	_, err := b.conn.Exec(ctx, `UPDATE projections.checkpoint SET built_at = clock_timestamp(), differs = $1
		WHERE projection = $2 AND municipality = $3 AND generation = $4`, differs.Tables, differs.Projection, differs.Municipality, differs.Generation)
	if err != nil {
		return errors.Join(differs, reaching(err))
	}
	return differs
}

// takeOver catches up and switches.
func (b *building) takeOver(ctx context.Context) error {
	for {
		head, err := b.log.Head(ctx, b.checkpoint.Municipality)
		if err != nil {
			return err
		}
		if err := b.upTo(ctx, head); err != nil {
			return err
		}
		err = inTransaction(ctx, b.conn, func(tx pgx.Tx) error { return b.switchOver(ctx, tx) })
		if errors.Is(err, errTooFar) {
			continue
		}
		if err != nil {
			return err
		}
		failpoint.At(failpoint.AfterSwitch)
		return b.tidy(ctx)
	}
}

var errTooFar = errors.New("the tables in use are too far ahead")

// switchOver holds the live checkpoint still, applies the little that is missing, and puts the new tables in use.
func (b *building) switchOver(ctx context.Context, tx pgx.Tx) error {
	c := b.checkpoint
	var live events.Position
	err := tx.QueryRow(ctx, `SELECT position FROM projections.checkpoint
		WHERE projection = $1 AND municipality = $2 AND current FOR UPDATE`, c.Projection, c.Municipality).Scan(&live)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return reaching(err)
	}
	if b.poison != nil {
		if err := stop(ctx, tx, c, b.poison); err != nil {
			return err
		}
		return use(ctx, tx, c)
	}
	if live > c.Position+nearEnough {
		return errTooFar
	}
	if err := b.catchUp(ctx, tx, live); err != nil {
		return err
	}
	if err := use(ctx, tx, c); err != nil {
		return err
	}
	failpoint.At(failpoint.BeforeSwitch)
	return nil
}

// catchUp applies what is missing up to a position inside the transaction.
func (b *building) catchUp(ctx context.Context, tx pgx.Tx, until events.Position) error {
	if until <= b.checkpoint.Position {
		return nil
	}
	f := folding{projection: b.projection, municipality: b.checkpoint.Municipality}
	for r, err := range b.log.Read(ctx, b.checkpoint.Municipality, b.checkpoint.Position) {
		if err == nil {
			err = f.add(r)
		}
		if err != nil {
			return err
		}
		if r.Position >= until {
			break
		}
	}
	return b.write(ctx, tx, f.take())
}

// tidy drops the generations nobody goes back to. What was never in use is older than what is now.
func (b *building) tidy(ctx context.Context) error {
	c := b.checkpoint
	err := inTransaction(ctx, b.conn, func(tx pgx.Tx) error {
		if err := dropGenerations(ctx, tx, c.Projection, c.Municipality, "NOT current AND left_at IS NULL"); err != nil {
			return err
		}
		return drop(ctx, tx, c.Projection, c.Municipality)
	})
	if err != nil {
		return fmt.Errorf("drop old tables of %s of %s: %w", c.Projection, c.Municipality, err)
	}
	return nil
}
