package jetlog

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/failpoint"
)

// Stored yields the messages that the stream has after a position, as they are stored, up to its head. Unlike Read it
// goes on where one is missing or cannot be read: a position that is not yielded is damage. ErrUnavailable: it does not
// answer.
func (l *Log) Stored(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[archive.Entry, error] {
	return func(yield func(archive.Entry, error) bool) {
		head, err := l.Head(ctx, m)
		for err == nil && after < head {
			var list []archive.Entry
			if list, err = l.stored(ctx, m, after+1); err != nil {
				break
			}
			if len(list) == 0 {
				after++ // what is here stops the server: it is passed over
			}
			for _, e := range list {
				if after = e.Position; after > head || !yield(e, nil) {
					return
				}
			}
		}
		if err != nil {
			yield(archive.Entry{}, err)
		}
	}
}

// stored asks for what is stored from a position on; nothing: the message there cannot be read.
func (l *Log) stored(ctx context.Context, m events.Municipality, from events.Position) (list []archive.Entry, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	_, err = l.getOnce(ctx, m, []directGet{{Seq: from, NextBy: ">", Batch: perRequest}}, func(_ int, msg *nats.Msg) error {
		at, err := positionOf(msg)
		if err == nil && at >= from {
			list = append(list, archive.Entry{Position: at, Raw: msg.Data})
			from = at + 1
		}
		return err
	})
	if errors.Is(err, events.ErrUnreadable) {
		err = nil
	}
	return list, err
}

// ErrNoBootstrap says that streams cannot be made here.
var ErrNoBootstrap = errors.New("this process may not make streams: it has no bootstrap credential")

// Replace makes a log anew from messages, which are to come in order from position 1, with the same positions. What the
// stream held is deleted first. Nobody else may write it meanwhile: that ends it. A stop leaves the beginning of it:
// replace it again. events.ErrNoRoom: the server's disk is full; where it was before, nothing was deleted.
func (l *Log) Replace(ctx context.Context, m events.Municipality, messages iter.Seq2[archive.Entry, error]) error {
	if l.bootstrap == nil {
		return ErrNoBootstrap
	}
	if l.full() {
		return fmt.Errorf("make the stream of %s anew: %w", m, events.ErrNoRoom)
	}
	ctx, done := l.whileRoom(ctx)
	defer done()
	err := l.replace(ctx, m, messages)
	if err != nil && (errors.Is(context.Cause(ctx), events.ErrNoRoom) || l.full()) {
		err = fmt.Errorf("make the stream of %s anew: %w", m, events.ErrNoRoom)
	}
	return err
}

// full reports whether the server's disk is known to take no messages.
func (l *Log) full() bool { return l.writable != nil && !l.writable() }

// Full reports whether the log is known to take no messages: the disk here takes none, or the server had no room for the last that was to
// be recorded, until one is.
func (l *Log) Full() bool { return l.full() || l.noRoom.Load() }

// whileRoom ends a context when the server's disk takes no more: what it does not take it never answers. done has to be called.
func (l *Log) whileRoom(ctx context.Context) (_ context.Context, done func()) {
	ctx, end := context.WithCancelCause(ctx)
	go func() {
		for !l.full() {
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				return
			}
		}
		end(events.ErrNoRoom)
	}()
	return ctx, func() { end(nil) }
}

func (l *Log) replace(ctx context.Context, m events.Municipality, messages iter.Seq2[archive.Entry, error]) error {
	if err := l.empty(ctx, m); err != nil {
		return fmt.Errorf("make the stream of %s anew: %w: %w", m, events.ErrUnavailable, err)
	}
	fill := filling{log: l, municipality: m}
	for e, err := range messages {
		if err == nil {
			err = fill.add(ctx, e)
		}
		if err != nil {
			return err
		}
	}
	return fill.send(ctx)
}

// empty deletes the stream and makes it, until the server makes it and with nothing in it. It takes up what is left of one that
// was deleted, and of one that it did not know. Where the one that was deleted was its only one, it takes away the folder that was
// left empty, a moment after it has answered: then what is to be made in it fails.
func (l *Log) empty(ctx context.Context, m events.Municipality) error {
	const notMade, pause, patience = 10049, 10 * time.Millisecond, 10 * time.Second
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for begun := time.Now(); ; {
		failpoint.At(failpoint.BeforeStreamDelete)
		if err := l.remove(ctx, m); err != nil {
			return err
		}
		failpoint.At(failpoint.AfterStreamDelete)
		s, err := l.bootstrap.CreateStream(ctx, StreamConfig(m, l.replicas))
		var refused *jetstream.APIError
		switch {
		case err == nil && s.CachedInfo().State.LastSeq == 0:
			return nil
		case err == nil:
			err = errors.New("the server makes it with messages in it")
		case !errors.As(err, &refused) || refused.ErrorCode != notMade:
			return err
		}
		if time.Since(begun) > patience {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}

// Remove takes a municipality's stream away, of which nothing may be needed any more.
func (l *Log) Remove(ctx context.Context, m events.Municipality) error {
	if l.bootstrap == nil {
		return ErrNoBootstrap
	}
	if err := l.remove(ctx, m); err != nil {
		return fmt.Errorf("remove the stream of %s: %w: %w", m, events.ErrUnavailable, err)
	}
	return nil
}

func (l *Log) remove(ctx context.Context, m events.Municipality) error {
	err := l.bootstrap.DeleteStream(ctx, streamName(m))
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	return err
}

// filling sends messages in atomic batches.
type filling struct {
	log          *Log
	municipality events.Municipality
	batch        []*nats.Msg
	bytes        int
	position     events.Position
}

func (f *filling) add(ctx context.Context, e archive.Entry) error {
	const most = 8 << 20 // bytes at once
	if e.Position != f.position+1 {
		return fmt.Errorf("fill the stream of %s: %w: position %d follows %d", f.municipality, ErrGap, e.Position, f.position)
	}
	stream, err := events.StreamOf(e.Raw)
	if err != nil {
		return &events.PoisonError{Municipality: f.municipality, Position: e.Position, Err: err}
	}
	msg := nats.NewMsg(subject(f.municipality, stream))
	msg.Data = e.Raw
	f.batch, f.bytes, f.position = append(f.batch, msg), f.bytes+len(e.Raw), e.Position
	if len(f.batch) == events.MaxBatch || f.bytes > most {
		return f.send(ctx)
	}
	return nil
}

// send commits what was added. It has to follow what was sent before.
func (f *filling) send(ctx context.Context) error {
	if len(f.batch) == 0 {
		return nil
	}
	failpoint.At(failpoint.WithinStreamFill)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	before := f.position - events.Position(len(f.batch))
	f.batch[0].Header["Nats-Expected-Last-Sequence"] = []string{strconv.FormatUint(before, 10)}
	last, err := f.log.untilTaken(ctx, func() (events.Position, error) { return f.log.commit(ctx, nuid.Next(), f.batch) })
	if err == nil && last != f.position {
		err = fmt.Errorf("the message of position %d was stored at %d", f.position, last)
	}
	if err != nil {
		return fmt.Errorf("fill the stream of %s after position %d: %w", f.municipality, before, err)
	}
	f.batch, f.bytes = nil, 0
	return nil
}
