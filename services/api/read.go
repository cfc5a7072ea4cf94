package api

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/register"
	"rackvidd/services/casework"
)

// patience is how long a read waits for a position.
const patience = 5 * time.Second

// registers reads what is offered, who came and where a child has been.
func (s *server) registers(ctx context.Context, c caller, least events.Position, read func(pgx.Tx, events.Position) error) (projections.Checkpoint, error) {
	return s.view(ctx, register.Projection{}.Name(), c, least, read)
}

// view reads a read model, and returns what it shows. Where nothing is recorded yet, read is not called and the
// position is 0.
func (s *server) view(ctx context.Context, projection string, c caller, least events.Position, read func(pgx.Tx, events.Position) error) (at projections.Checkpoint, err error) {
	_, err = projections.ViewRecorded(ctx, s.Log, s.Reading, projection, c.municipality, least, func(tx pgx.Tx, shown projections.Checkpoint) error {
		at = shown
		return read(tx, at.Position)
	})
	return at, err
}

// streams reads single things from the log itself. The position is one that the answer shows at least.
func (s *server) streams(ctx context.Context, c caller, least events.Position, names ...events.Stream) (map[events.Stream]*events.Deciding, events.Position, error) {
	at, err := s.reached(ctx, c.municipality, least)
	if err != nil {
		return nil, 0, err
	}
	loaded, err := s.load(ctx, c, names...)
	return loaded, at, err
}

// load reads single things from the log itself, which shows every write at once.
func (s *server) load(ctx context.Context, c caller, names ...events.Stream) (map[events.Stream]*events.Deciding, error) {
	recorded, err := s.Log.Streams(ctx, c.municipality, names...)
	if err != nil {
		return nil, err
	}
	loaded := make(map[events.Stream]*events.Deciding, len(names))
	for _, name := range names {
		d := &events.Deciding{Stream: name, State: casework.Fresh(name)}
		d.Latest = events.Fold(d.State, recorded[name])
		loaded[name] = d
	}
	return loaded, nil
}

// reached waits until the log has come to a position.
func (s *server) reached(ctx context.Context, m events.Municipality, least events.Position) (events.Position, error) {
	for deadline := time.Now().Add(patience); ; {
		head, err := s.Log.Head(ctx, m)
		if err != nil || head >= least {
			return head, err
		}
		if time.Now().After(deadline) {
			return 0, &projections.NotYetError{Projection: "the log", Municipality: m, Position: head, Wanted: least}
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}
