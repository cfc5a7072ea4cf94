package audit

import (
	"context"
	"errors"
	"iter"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/projections"
)

// Source reads what happened from the archive, where every message is proven, and from the stream what is not archived
// yet. A damaged archive ends it: nothing is computed from what does not verify.
type Source struct {
	projections.Source
	Archive func(events.Municipality) archive.Archive
	// Noted keeps damage that is met for whoever asks whether all is well; nil: nobody does.
	Noted func(error) error
}

func (s Source) Read(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[events.Recorded, error] {
	return func(yield func(events.Recorded, error) bool) {
		for e, err := range s.Archive(m).Read(ctx, after) {
			if errors.Is(err, archive.ErrNone) {
				break
			}
			var r events.Recorded
			if err == nil {
				r, err = parse(m, e)
			}
			if err != nil && s.Noted != nil {
				err = s.Noted(err)
			}
			if !yield(r, err) || err != nil {
				return
			}
			after = e.Position
		}
		for r, err := range s.Source.Read(ctx, m, after) {
			if !yield(r, err) {
				return
			}
		}
	}
}

// parse reads an archived message as the log would.
func parse(m events.Municipality, e archive.Entry) (events.Recorded, error) {
	r, err := events.Kinds.Parse(e.Position, e.Raw)
	if err != nil {
		err = &events.PoisonError{Municipality: m, Position: e.Position, Err: err}
	}
	return r, err
}
