package intake

import (
	"context"
	"errors"
	"time"

	"rackvidd/events"
	"rackvidd/services/vault"
)

// index hands the facts of a flush to the vault's index of records, behind the appends: one batch is written while
// the next one is decided.
func (b *batch) index(ctx context.Context) error {
	if len(b.facts) == 0 {
		return nil
	}
	if err := b.remembered(); err != nil {
		return err
	}
	position := b.summary.Position
	for key, fact := range b.facts {
		fact.Position = max(position, b.known[key].Position) // of a record that is forgotten nothing may have been recorded yet
		b.facts[key] = fact
	}
	b.fresh = b.facts
	for key, fact := range b.facts {
		b.known[key] = fact
	}
	done := make(chan error, 1)
	b.remember = done
	go func() { done <- b.Vault.Remember(ctx, b.m, b.facts, position) }()
	return nil
}

// remembered waits for the index.
func (r *run) remembered() error {
	if r.remember == nil {
		return nil
	}
	err := <-r.remember
	r.remember = nil
	return err
}

// retry waits a little before an append whose answer was lost is decided again: what was recorded is found then.
func (r *run) retry(ctx context.Context) bool {
	r.lost++
	select {
	case <-time.After(200 * time.Millisecond):
		return r.lost <= 10
	case <-ctx.Done():
		return false
	}
}

// CatchUp brings the index up to the log. It is a cache: whatever a crash kept out of it is in the log. *vault.LostError: the
// log names children there whom the vault does not know; then the index stays where it is.
func CatchUp(ctx context.Context, log events.Log, index Identities, m events.Municipality) error {
	from, err := index.RecordsPosition(ctx, m)
	if err != nil {
		return err
	}
	head, err := log.Head(ctx, m)
	if err != nil || from >= head {
		return err
	}
	facts, at := make(map[[16]byte]vault.Fact), from
	children, lost := vault.Missing{Vault: index, Municipality: m}, (*vault.LostError)(nil)
	remember := func() error {
		if err := children.Ask(ctx); err != nil {
			if errors.As(err, &lost) { // all of them are counted
				err = nil
			}
			return err
		}
		return index.Remember(ctx, m, facts, at)
	}
	for r, err := range log.Read(ctx, m, from) {
		if err != nil {
			return err
		}
		at = r.Position
		for _, record := range recordsOf(r) {
			facts[record.Key] = vault.Fact{MAC: record.MAC, Position: at, Stream: r.Stream.String()}
		}
		if children.Take(r) >= chunkRows || len(facts) >= chunkRows {
			if err := remember(); err != nil {
				return err
			}
			clear(facts)
		}
	}
	if err := remember(); err != nil || lost == nil {
		return err
	}
	return lost
}

// recordsOf lists the records a message's facts came from. What else a record is named in (that it describes a child otherwise, that it
// takes its cancellation back) makes no fact: what its row says now is found where that stands, or nowhere (services/decisions/0027).
func recordsOf(r events.Recorded) (list []events.Record) {
	add := func(record events.Record) {
		if !record.IsZero() {
			list = append(list, record)
		}
	}
	for _, e := range r.Events {
		switch e := e.(type) {
		case events.ReferralReceived:
			add(e.Record)
		case events.ReferralCorrected:
			add(e.Record)
		case events.ReferralClosed:
			add(e.Record)
		case events.ChildEnrolled:
			add(e.Record)
		case events.EnrolmentCorrected:
			add(e.Record)
		case events.EnrolmentEnded:
			add(e.Record)
		case events.SessionCancelled:
			add(e.Record)
		case events.SessionAttended:
			for _, m := range e.Attended {
				add(m.Record)
			}
			for _, c := range e.Counted {
				add(c.Record)
			}
		}
	}
	return list
}
