package projections

import (
	"fmt"

	"rackvidd/events"
)

// folding adds messages to a batch and remembers where the last whole decision ends.
type folding struct {
	projection   Projection
	municipality events.Municipality
	used         <-chan Batch // those that were written and may be filled again; none: every round has one of its own
	batch        Batch
	count        int             // messages in batch
	whole        events.Recorded // the last message of the last whole decision
}

// add folds a message. A *events.PoisonError says that it cannot be folded.
func (f *folding) add(r events.Recorded) error {
	if f.batch == nil {
		select {
		case f.batch = <-f.used:
		default:
			f.batch = f.projection.Batch(f.municipality)
		}
	}
	if err := foldSafely(f.batch, r); err != nil {
		return &events.PoisonError{Municipality: f.municipality, Position: r.Position, Err: &foldError{f.projection.Name(), err}}
	}
	f.count++
	if r.Part == r.Parts {
		f.whole = r
	}
	return nil
}

// foldSafely makes a panic an error: one message nobody thought of stops one projection of one municipality, not all.
func foldSafely(b Batch, r events.Recorded) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the fold panics (%T)", p)
		}
	}()
	return b.Add(r)
}

// take returns what was folded and begins anew.
func (f *folding) take() round {
	r := round{f.batch, f.whole}
	f.batch, f.count = nil, 0
	return r
}

// round is a batch that is ready to be written, and the last message in it.
type round struct {
	batch Batch
	to    events.Recorded
}
