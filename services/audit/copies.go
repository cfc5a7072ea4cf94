package audit

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/projections"
	"rackvidd/services/vault"
)

// Stream is the log as it is checked.
type Stream interface {
	projections.Source
	streams
	// Count returns how many messages are stored, and the first and the last position.
	Count(ctx context.Context, m events.Municipality) (messages uint64, first, last events.Position, err error)
	// Stored yields the messages after a position as they are stored; what cannot be read is left out.
	Stored(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[archive.Entry, error]
}

// Copies are what a verification compares: the stream, its archive and the read models.
type Copies struct {
	Stream      Stream
	Pool        *pgxpool.Pool // nil: there are no read models here
	Projections []projections.Projection
	// Archive is a municipality's; Archived waits until it holds a position, or says that it does not.
	Archive  func(events.Municipality) archive.Archive
	Archived func(context.Context, events.Municipality, events.Position) (archive.Checkpoint, error)
	// Pause keeps the archiver from a municipality's log until resume is called; nil: it runs elsewhere.
	Pause func(events.Municipality) (resume func())
	// Vault knows the children that the log names; nil: it is elsewhere.
	Vault vault.Register
	// Statements are what was signed of submitted surveys; nil: they are elsewhere.
	Statements *Statements
	// Records are what was repaired; nil: they are elsewhere.
	Records *Records
}

// look verifies the archive; none is a fault where something was recorded.
func (c Copies) look(ctx context.Context, m events.Municipality, head events.Position, pace func()) (archive.Checkpoint, []archive.Fault, error) {
	signed, faults, err := c.Archive(m).Paced(pace).Verify(ctx)
	if errors.Is(err, archive.ErrNone) {
		err = nil
		if head > 0 {
			faults = []archive.Fault{{File: "checkpoint", Code: archive.Missing, Problem: "is missing"}}
		}
	}
	return signed, faults, err
}

// lookAgain verifies the archive while nobody writes it or, where it is written elsewhere, a few times more.
func (c Copies) lookAgain(ctx context.Context, m events.Municipality, head events.Position) (signed archive.Checkpoint, faults []archive.Fault, err error) {
	unpaced := func() {}
	if c.Pause != nil {
		defer c.Pause(m)()
		return c.look(ctx, m, head, unpaced)
	}
	for range 3 {
		pause(ctx, 200*time.Millisecond)
		if signed, faults, err = c.look(ctx, m, head, unpaced); err != nil || len(faults) == 0 {
			break
		}
	}
	return signed, faults, err
}

// shown is, of each log, the read model that shows most of it.
func (c Copies) shown(ctx context.Context) (map[events.Municipality]projections.Checkpoint, error) {
	if c.Pool == nil {
		return nil, nil
	}
	list, err := projections.Status(ctx, c.Pool)
	most := make(map[events.Municipality]projections.Checkpoint)
	for _, one := range list {
		if one.Position > most[one.Municipality].Position {
			most[one.Municipality] = one
		}
	}
	return most, err
}

// weighing prepares to hold both copies against what was signed.
func (c Copies) weighing(ctx context.Context, m events.Municipality, signed archive.Checkpoint, pace func()) *weighing {
	const atOnce = 256
	return &weighing{
		municipality: m, archive: c.Archive(m).Paced(pace), signed: signed,
		stream: func(yield func(archive.Entry, error) bool) {
			for e, err := range c.Stream.Stored(ctx, m, 0) {
				if e.Position%atOnce == 0 {
					pace()
				}
				if !yield(e, err) {
					return
				}
			}
		},
	}
}

// proven is the log from its archive, as far as that goes.
func (c Copies) proven(pace func()) Source {
	return Source{Source: c.Stream, Archive: func(m events.Municipality) archive.Archive { return c.Archive(m).Paced(pace) }}
}

func (c Copies) past(pace func()) past { return past{c.proven(pace), c.Stream} }
