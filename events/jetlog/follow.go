package jetlog

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rackvidd/events"
)

// window is how many messages are on their way at once: large, so that a bulk read never waits for a round trip.
const window = 4096

func (l *Log) Read(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[events.Recorded, error] {
	return func(yield func(events.Recorded, error) bool) {
		head, err := l.Head(ctx, m)
		if err != nil {
			yield(events.Recorded{}, err)
			return
		}
		if after >= head {
			return
		}
		for _, r := range l.few(ctx, m, after) {
			if after = r.Position; !yield(r, nil) || after >= head {
				return
			}
		}
		for batch, err := range l.follow(ctx, m, after, window, head) {
			if err != nil {
				yield(events.Recorded{}, err)
				return
			}
			for _, r := range batch {
				if !yield(r, nil) || r.Position >= head {
					return
				}
			}
		}
		if err := ctx.Err(); err != nil {
			yield(events.Recorded{}, err)
		}
	}
}

// atFirst is how many messages are asked for before a log is followed: a page of it needs no more, and is not sent what it
// does not read.
const atFirst = 64

// few reads the first messages after a position. What keeps it from more than it returns is said by whoever follows.
func (l *Log) few(ctx context.Context, m events.Municipality, after events.Position) (list []events.Recorded) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	_, _ = l.getOnce(ctx, m, []directGet{{Seq: after + 1, Batch: atFirst}}, func(_ int, msg *nats.Msg) error {
		r, err := l.parse(m, msg)
		if err == nil && r.Position != after+1 {
			err = ErrGap
		}
		if err == nil {
			after = r.Position
			list = append(list, r)
		}
		return err
	})
	return list
}

// Follow takes whatever has arrived as one batch: alone when it is quiet, max when there is much. An error ends it;
// the messages before the error have been handed over.
func (l *Log) Follow(ctx context.Context, m events.Municipality, after events.Position, max int) iter.Seq2[[]events.Recorded, error] {
	return l.follow(ctx, m, after, max, 0)
}

// follow waits for no message up to a head that cannot be had.
func (l *Log) follow(ctx context.Context, m events.Municipality, after events.Position, max int, head events.Position) iter.Seq2[[]events.Recorded, error] {
	return func(yield func([]events.Recorded, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		arrived, failed, stop, err := l.consume(ctx, m, after)
		if err != nil {
			if ctx.Err() == nil {
				yield(nil, err)
			}
			return
		}
		defer stop()
		for {
			batch, err := l.nextBatch(ctx, m, after, max, head, arrived, failed)
			if len(batch) > 0 {
				last := batch[len(batch)-1]
				l.see(m, last.Time)
				if after = last.Position; !yield(batch, nil) {
					return
				}
			}
			if err != nil {
				if ctx.Err() == nil {
					yield(nil, err)
				}
				return
			}
		}
	}
}

func (l *Log) consume(ctx context.Context, m events.Municipality, after events.Position) (<-chan jetstream.Msg, <-chan error, func(), error) {
	open, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	as := jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: after + 1}
	if l.Clustered() {
		// The client makes a lost consumer anew under one name until it is answered, and tells nobody: where a server that is gone
		// was chosen for it, that is when the server is back.
		as.MaxResetAttempts = 1
	}
	cons, err := l.js.OrderedConsumer(open, streamName(m), as)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("follow %s: %w: %w", m, events.ErrUnavailable, err)
	}
	arrived, failed, begun := make(chan jetstream.Msg, window), make(chan error, 1), time.Now()
	cc, err := cons.Consume(func(msg jetstream.Msg) {
		select {
		case arrived <- msg:
		case <-ctx.Done():
		}
	}, jetstream.PullMaxMessages(window), jetstream.PullExpiry(30*time.Second), jetstream.PullHeartbeat(5*time.Second),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			if errors.Is(err, nats.ErrNoResponders) && l.Clustered() && time.Since(begun) < answerWithin {
				return // what is just being made is led by nobody yet, and asked again
			}
			select {
			case failed <- err:
			default:
			}
		}))
	if err != nil {
		return nil, nil, nil, fmt.Errorf("follow %s: %w: %w", m, events.ErrUnavailable, err)
	}
	return arrived, failed, cc.Stop, nil
}

// nextBatch waits for a message and takes what has come with it. A position that does not follow the one before is damage.
func (l *Log) nextBatch(ctx context.Context, m events.Municipality, after events.Position, max int, head events.Position, arrived <-chan jetstream.Msg, failed <-chan error) (batch []events.Recorded, err error) {
	for len(batch) < max {
		var msg jetstream.Msg
		if len(batch) == 0 {
			if msg, err = l.first(ctx, m, after+1, head, arrived, failed); err != nil {
				return nil, err
			}
		} else {
			select {
			case msg = <-arrived:
			default:
				return batch, nil
			}
		}
		meta, err := msg.Metadata()
		if err != nil {
			return batch, fmt.Errorf("follow %s: %w: %w", m, events.ErrUnavailable, err)
		}
		if after++; meta.Sequence.Stream != after {
			return batch, l.gap(ctx, m, after, meta.Sequence.Stream)
		}
		r, err := l.catalog.Parse(after, msg.Data())
		if err != nil {
			return batch, &events.PoisonError{Municipality: m, Position: after, Err: err}
		}
		batch = append(batch, r)
	}
	return batch, nil
}

// gap says why another position came than the next one. A consumer that began anew may hand over what came late before
// what came first: a position is missing when it is not stored.
func (l *Log) gap(ctx context.Context, m events.Municipality, next, came events.Position) error {
	there, err := l.readable(ctx, m, next)
	if err == nil && !there {
		return fmt.Errorf("follow %s: %w: position %d follows %d", m, ErrGap, came, next-1)
	}
	return fmt.Errorf("follow %s: %w: position %d came before %d", m, events.ErrUnavailable, came, next)
}

func (l *Log) readable(ctx context.Context, m events.Municipality, at events.Position) (bool, error) {
	list, err := l.stored(ctx, m, at)
	return len(list) > 0 && list[0].Position == at, err
}

// ErrGap says that positions are missing from a stream: it is damaged.
var ErrGap = fmt.Errorf("%w: the stream has a gap", events.ErrUnreadable)

// first waits for the message at a position. Where it has to be there and does not come, the server is asked for it: of a last
// message that cannot be read nothing is ever sent.
func (l *Log) first(ctx context.Context, m events.Municipality, at, head events.Position, arrived <-chan jetstream.Msg, failed <-chan error) (jetstream.Msg, error) {
	var silent <-chan time.Time
	if at <= head {
		tick := time.NewTicker(answerWithin)
		defer tick.Stop()
		silent = tick.C
	}
	for {
		select {
		case msg := <-arrived:
			return msg, nil
		case err := <-failed:
			return nil, fmt.Errorf("%w: %w", events.ErrUnavailable, err)
		case <-silent:
			if there, err := l.readable(ctx, m, at); err == nil && !there {
				return nil, fmt.Errorf("follow %s: %w: position %d cannot be read", m, ErrGap, at)
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
