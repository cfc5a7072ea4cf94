package jetlog

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"

	"rackvidd/events"
	"rackvidd/events/archive"
)

// Refill writes archived messages, which are to come in order from position 1, into a log that is not there yet: they
// get the same positions. Nobody else may write it meanwhile.
func (l *Log) Refill(ctx context.Context, m events.Municipality, messages iter.Seq2[archive.Entry, error]) error {
	if err := l.ensure(ctx, m); err != nil {
		return err
	}
	f := refilling{log: l, municipality: m}
	for e, err := range messages {
		if err == nil {
			err = f.add(ctx, e)
		}
		if err != nil {
			return err
		}
	}
	return f.send(ctx)
}

// refilling sends messages in atomic batches.
type refilling struct {
	log          *Log
	municipality events.Municipality
	batch        []*nats.Msg
	bytes        int
	position     events.Position
}

func (f *refilling) add(ctx context.Context, e archive.Entry) error {
	const most = 8 << 20 // bytes at once
	if e.Position != f.position+1 {
		return fmt.Errorf("fill the stream of %s: %w: position %d follows %d", f.municipality, ErrGap, e.Position, f.position)
	}
	r, err := f.log.catalog.Parse(e.Position, e.Raw)
	if err != nil {
		return &events.PoisonError{Municipality: f.municipality, Position: e.Position, Err: err}
	}
	msg := nats.NewMsg(subject(f.municipality, r.Stream))
	msg.Data = e.Raw
	f.batch, f.bytes, f.position = append(f.batch, msg), f.bytes+len(e.Raw), e.Position
	if len(f.batch) == events.MaxBatch || f.bytes > most {
		return f.send(ctx)
	}
	return nil
}

// send commits what was added. It has to follow what was sent before.
func (f *refilling) send(ctx context.Context) error {
	if len(f.batch) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	before := f.position - events.Position(len(f.batch))
	f.batch[0].Header["Nats-Expected-Last-Sequence"] = []string{strconv.FormatUint(before, 10)}
	last, err := f.log.commitBatch(ctx, nuid.Next(), f.batch)
	if err == nil && last != f.position {
		err = fmt.Errorf("the message of position %d was stored at %d", f.position, last)
	}
	if err != nil {
		return fmt.Errorf("fill the stream of %s after position %d: %w", f.municipality, before, err)
	}
	f.batch, f.bytes = nil, 0
	return nil
}

// commitBatch sends one atomic batch.
func (l *Log) commitBatch(ctx context.Context, id string, batch []*nats.Msg) (events.Position, error) {
	for i, msg := range batch {
		msg.Header["Nats-Batch-Id"] = []string{id}
		msg.Header["Nats-Batch-Sequence"] = []string{strconv.Itoa(i + 1)}
		if i == len(batch)-1 {
			break
		}
		if err := l.conn.PublishMsg(msg); err != nil {
			return 0, fmt.Errorf("%w: %w", events.ErrUnavailable, err)
		}
	}
	last := batch[len(batch)-1]
	last.Header["Nats-Batch-Commit"] = []string{"1"}
	return readAck(l.conn.RequestMsgWithContext(ctx, last))
}
