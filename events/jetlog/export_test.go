package jetlog

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"

	"rackvidd/events"
)

// Consume is what Follow reads from.
func (l *Log) Consume(ctx context.Context, m events.Municipality) (<-chan jetstream.Msg, func(), error) {
	arrived, _, stop, err := l.consume(ctx, m, 0)
	return arrived, stop, err
}

// NextBatch is how Follow takes what has arrived.
func (l *Log) NextBatch(ctx context.Context, m events.Municipality, arrived <-chan jetstream.Msg) ([]events.Recorded, error) {
	return l.nextBatch(ctx, m, 0, len(arrived), 0, arrived, nil)
}

// UntilLed is how a log asks its leader.
func UntilLed(ctx context.Context, l *Log, ask func(context.Context) (string, error)) (string, error) {
	return untilLed(ctx, l, ask)
}

// Ensure is how an append opens a log.
func (l *Log) Ensure(ctx context.Context, m events.Municipality) error { return l.ensure(ctx, m) }
