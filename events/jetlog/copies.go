package jetlog

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"rackvidd/events"
)

// Raise gives a log as many copies as there shall be where it has fewer, and returns how many it had. It is written and read meanwhile.
// events.ErrUnavailable: not now, for one of the servers is away.
func (l *Log) Raise(ctx context.Context, m events.Municipality) (had int, err error) {
	if l.bootstrap == nil {
		return 0, ErrNoBootstrap
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	stream, err := l.bootstrap.Stream(ctx, streamName(m))
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return l.replicas, nil // it was just removed
	}
	if err == nil {
		as := stream.CachedInfo().Config // nothing else of it may change: a limit would drop messages
		if had = as.Replicas; had >= l.replicas {
			return had, nil
		}
		as.Replicas = l.replicas
		_, err = l.bootstrap.UpdateStream(ctx, as)
	}
	if err != nil {
		return had, fmt.Errorf("give the log of %s %d copies: %w: %w", m, l.replicas, events.ErrUnavailable, err)
	}
	return had, nil
}
