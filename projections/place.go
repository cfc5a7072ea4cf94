package projections

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/events/failpoint"
)

// place is one projection of one municipality: the unit that moves, stops and is rebuilt.
type place struct {
	runner       *Runner
	projection   Projection
	municipality events.Municipality
	checkpoint   Checkpoint
	begun        bool // it has had tables of this code
	analyzed     events.Position
	idle         bool // nothing can be applied to the generation in use
}

// prepare finds the tables in use or makes them. A place that stopped stays so until other tables are in use.
func (p *place) prepare(ctx context.Context) error {
	c, found, err := current(ctx, p.runner.Pool, p.projection.Name(), p.municipality)
	if err != nil {
		return err
	}
	switch ours := found && bytes.Equal(c.fingerprint, fingerprintOf(p.projection)); {
	case !found:
		err = p.make(ctx)
	case !ours && !p.begun:
		err = p.renew(ctx)
	case !ours:
		return p.standBack(c)
	default:
		p.idle = p.idle && p.checkpoint.Generation == c.Generation
		p.checkpoint, p.begun = c, true
		return nil
	}
	if err != nil {
		return err
	}
	p.begun = true
	return p.prepare(ctx)
}

// standBack leaves tables alone that another version of the program made and uses.
func (p *place) standBack(c Checkpoint) error {
	if !p.idle || p.checkpoint.Generation != c.Generation {
		p.runner.Logger.Warn("projection is in the hands of another version of the program", p.about()...)
	}
	p.idle, p.checkpoint = true, c
	return nil
}

func (p *place) about() []any {
	return []any{"projection", p.projection.Name(), "municipality", p.municipality}
}

// make makes the first tables of a municipality.
func (p *place) make(ctx context.Context) error {
	head, err := p.runner.Log.Head(ctx, p.municipality)
	if err != nil {
		return err
	}
	if head >= cmp.Or(p.runner.RebuildFrom, manyMessages) {
		return p.renew(ctx)
	}
	release, err := taken(ctx, p.runner.founding)
	if err != nil {
		return err
	}
	defer release()
	return locked(ctx, p.runner.Pool, p.projection.Name(), p.municipality, func(conn *pgx.Conn) error {
		return inTransaction(ctx, conn, func(tx pgx.Tx) error { return founded(ctx, tx, p.projection, p.municipality) })
	})
}

// taken waits for a place among those at work.
func taken(ctx context.Context, places chan struct{}) (release func(), err error) {
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// renew puts tables of this code in use: those it made before, or new ones.
func (p *place) renew(ctx context.Context) error {
	release, err := taken(ctx, p.runner.builds)
	if err != nil {
		return err
	}
	defer release()
	return locked(ctx, p.runner.Pool, p.projection.Name(), p.municipality, func(conn *pgx.Conn) error {
		c, found, err := current(ctx, conn, p.projection.Name(), p.municipality)
		if err != nil || found && bytes.Equal(c.fingerprint, fingerprintOf(p.projection)) {
			return err
		}
		if taken, err := p.takeUp(ctx, conn); taken || err != nil {
			return err
		}
		p.runner.Logger.Info("projection is rebuilt", p.about()...)
		b := &building{log: p.runner.Rebuild, pool: p.runner.Pool, conn: conn, projection: p.projection, toPoison: true}
		return b.run(ctx, p.municipality)
	})
}

// takeUp goes back to tables this code made before, where there are any.
func (p *place) takeUp(ctx context.Context, conn *pgx.Conn) (taken bool, err error) {
	err = inTransaction(ctx, conn, func(tx pgx.Tx) error {
		c, err := latestBeside(ctx, tx, p.projection.Name(), p.municipality)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && !bytes.Equal(c.fingerprint, fingerprintOf(p.projection)) {
			return nil
		}
		if err != nil {
			return reaching(err)
		}
		taken = true
		return use(ctx, tx, c)
	})
	return taken, err
}

// apply applies what the checkpoint has not passed, in one transaction.
func (p *place) apply(ctx context.Context, messages []events.Recorded) error {
	messages = after(messages, p.checkpoint.Position)
	if len(messages) == 0 {
		return nil
	}
	f := folding{projection: p.projection, municipality: p.municipality}
	for _, r := range messages {
		if err := f.add(r); err != nil {
			return p.upToPoison(ctx, messages, f.whole.Position, err)
		}
	}
	err := p.write(ctx, f.take())
	if errors.Is(err, ErrFenced) {
		return p.reload(ctx, messages)
	}
	if why, poison := refused(err); poison {
		return p.narrow(ctx, messages, why)
	}
	return err
}

func after(messages []events.Recorded, position events.Position) []events.Recorded {
	for len(messages) > 0 && messages[0].Position <= position {
		messages = messages[1:]
	}
	return messages
}

func (p *place) write(ctx context.Context, r round) error {
	s := step{checkpoint: p.checkpoint, to: r.to, inUse: true}
	err := inTransaction(ctx, p.runner.Pool, func(tx pgx.Tx) error {
		if err := s.move(ctx, tx); err != nil {
			return err
		}
		if err := r.batch.Apply(ctx, tx); err != nil {
			return err
		}
		failpoint.At(failpoint.BeforeCheckpoint)
		return nil
	})
	if err != nil {
		return fmt.Errorf("apply %s of %s after %d: %w", p.projection.Name(), p.municipality, p.checkpoint.Position, reaching(err))
	}
	failpoint.At(failpoint.AfterCheckpoint)
	p.checkpoint.Position, p.checkpoint.Recorded = r.to.Position, r.to.Time
	return p.analyze(ctx)
}

// analyze lets the database look at the tables again when they have grown fourfold.
func (p *place) analyze(ctx context.Context) error {
	const few = 100
	if p.checkpoint.Position < few || p.checkpoint.Position < 4*p.analyzed {
		return nil
	}
	c := p.checkpoint
	p.analyzed = c.Position
	err := inTransaction(ctx, p.runner.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, setPath(schemaOf(c.Projection, c.Municipality, c.Generation))); err != nil {
			return err
		}
		return analyze(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("analyze %s of %s: %w", c.Projection, c.Municipality, reaching(err))
	}
	return nil
}

// reload goes on from where somebody else moved the checkpoint to.
func (p *place) reload(ctx context.Context, messages []events.Recorded) error {
	c, found, err := current(ctx, p.runner.Pool, p.projection.Name(), p.municipality)
	if err != nil {
		return err
	}
	if !found || c.Generation != p.checkpoint.Generation || c.Position < p.checkpoint.Position {
		return errMoved
	}
	p.checkpoint = c
	return p.apply(ctx, messages)
}

// upToPoison applies the whole decisions before a message that cannot be folded, and stops there.
func (p *place) upToPoison(ctx context.Context, messages []events.Recorded, whole events.Position, err error) error {
	var poison *events.PoisonError
	if !errors.As(err, &poison) {
		return err
	}
	n := 0
	for n < len(messages) && messages[n].Position <= whole {
		n++
	}
	if err := p.apply(ctx, messages[:n]); err != nil {
		return err
	}
	return p.stop(ctx, poison)
}

// narrow finds the decision whose rows the database refuses: it applies one at a time.
func (p *place) narrow(ctx context.Context, messages []events.Recorded, why string) error {
	if messages[len(messages)-1].Position-messages[0].Position < events.Position(messages[0].Parts) {
		return p.stop(ctx, &events.PoisonError{Municipality: p.municipality, Position: messages[0].Position, Err: rowsRefusedError(why)})
	}
	for i, from := 0, 0; i < len(messages) && !p.idle; i++ {
		if messages[i].Part == messages[i].Parts {
			if err := p.apply(ctx, messages[from:i+1]); err != nil {
				return err
			}
			from = i + 1
		}
	}
	return nil
}

// stop records that the place cannot go on. It stays so until other tables are in use or the program starts again.
func (p *place) stop(ctx context.Context, poison *events.PoisonError) error {
	err := stop(ctx, p.runner.Pool, p.checkpoint, poison)
	if errors.Is(err, ErrFenced) {
		return errMoved
	}
	if err != nil {
		return err
	}
	p.idle = true
	p.runner.Logger.Error("projection stopped", append(p.about(), "position", poison.Position, "error", poison.Err)...)
	return nil
}
