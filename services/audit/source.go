package audit

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"golang.org/x/mod/sumdb/tlog"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/projections"
)

// Source reads what happened from the archive, where every message is proven, and from the stream what is not archived
// yet. What comes from the archive comes without its bytes. A damaged archive ends it: nothing is computed from what does not verify.
type Source struct {
	projections.Source
	Archive func(events.Municipality) archive.Archive
	// Reached is how far a log was signed at least, by what is kept apart from its archive; nil: nothing is kept.
	Reached func(events.Municipality) (Witness, error)
	// Noted keeps damage that is met for whoever asks whether all is well; nil: nobody does.
	Noted func(error) error
}

func (s Source) Read(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[events.Recorded, error] {
	return func(yield func(events.Recorded, error) bool) {
		for l, err := range s.leaves(ctx, m, after) {
			if !yield(l.Recorded, err) {
				return
			}
		}
	}
}

// leaf is a message and its leaf of the log's tree.
type leaf struct {
	events.Recorded
	hash tlog.Hash
}

// leaves reads with what the archive knows of the tree: to prove a message it had to be hashed.
func (s Source) leaves(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[leaf, error] {
	type parsed struct {
		leaf
		err error
	}
	parse := func(e archive.Entry, hash tlog.Hash) parsed {
		r, err := parse(m, e)
		r.Raw = nil // it is lent
		return parsed{leaf{r, hash}, err}
	}
	return func(yield func(leaf, error) bool) {
		for p, err := range archive.ReadAs(ctx, s.Archive(m), after, parse) {
			if errors.Is(err, archive.ErrNone) {
				if err = s.missed(m); err == nil {
					break
				}
			}
			if err == nil {
				err = p.err
			}
			if err != nil && s.Noted != nil {
				err = s.Noted(err)
			}
			if !yield(p.leaf, err) || err != nil {
				return
			}
			after = p.Position
		}
		leavesOf(ctx, s.Source, m, after)(yield)
	}
}

// missed reports an archive that is not there and was.
func (s Source) missed(m events.Municipality) error {
	if s.Reached == nil {
		return nil
	}
	w, err := s.Reached(m)
	if err != nil || w.Position == 0 {
		return err
	}
	return &archive.DamageError{Municipality: m, Fault: archive.Fault{
		Code: archive.Shorter, Problem: fmt.Sprintf("it is not there, and %s was signed of the log up to position %d", w.By, w.Position),
	}}
}

// leavesOf reads a log with its leaves, and hashes what was not hashed yet.
func leavesOf(ctx context.Context, log projections.Source, m events.Municipality, after events.Position) iter.Seq2[leaf, error] {
	if s, ok := log.(Source); ok {
		return s.leaves(ctx, m, after)
	}
	return func(yield func(leaf, error) bool) {
		for r, err := range log.Read(ctx, m, after) {
			if !yield(leaf{r, tlog.RecordHash(r.Raw)}, err) {
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
