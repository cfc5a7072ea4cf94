// Package memlog is an event log in memory, for tests and for trying things out without recording them.
package memlog

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"

	"rackvidd/events"
	"rackvidd/events/archive"
)

// Log keeps every municipality's messages in memory. Use New.
type Log struct {
	mu      sync.Mutex
	catalog events.Catalog
	logs    map[events.Municipality]*municipalityLog
}

type municipalityLog struct {
	messages []events.Recorded
	streams  map[events.Stream][]int // indexes into messages
	grown    chan struct{}           // closed and replaced at each append
}

// New returns an empty log.
func New() *Log {
	return &Log{catalog: events.Kinds, logs: make(map[events.Municipality]*municipalityLog)}
}

var _ events.Log = (*Log)(nil)

// of returns the municipality's log; mu is held.
func (l *Log) of(m events.Municipality) *municipalityLog {
	if l.logs[m] == nil {
		l.logs[m] = &municipalityLog{streams: make(map[events.Stream][]int), grown: make(chan struct{})}
	}
	return l.logs[m]
}

func (l *Log) Append(_ context.Context, m events.Municipality, decisions ...events.Decision) ([]events.Position, error) {
	messages, err := events.Encode(l.catalog, m, decisions)
	if err != nil || len(messages) == 0 {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	log := l.of(m)
	for _, msg := range messages {
		if latest := log.latest(msg.Stream); latest != msg.Expected {
			return nil, fmt.Errorf("append to %s at %d, not %d: %w", msg.Stream, latest, msg.Expected, events.ErrConflict)
		}
	}
	return log.record(l.catalog, messages)
}

func (l *municipalityLog) latest(s events.Stream) events.Position {
	if at := l.streams[s]; len(at) > 0 {
		return l.messages[at[len(at)-1]].Position
	}
	return 0
}

func (l *municipalityLog) record(c events.Catalog, messages []events.Message) (positions []events.Position, err error) {
	for _, msg := range messages {
		position := events.Position(len(l.messages) + 1)
		r, err := c.Parse(position, msg.Raw)
		if err != nil {
			return nil, err
		}
		l.streams[msg.Stream] = append(l.streams[msg.Stream], len(l.messages))
		l.messages = append(l.messages, r)
		if msg.Last {
			positions = append(positions, position)
		}
	}
	close(l.grown)
	l.grown = make(chan struct{})
	return positions, nil
}

func (l *Log) Streams(_ context.Context, m events.Municipality, streams ...events.Stream) (map[events.Stream][]events.Recorded, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	log, found := l.of(m), make(map[events.Stream][]events.Recorded)
	for _, s := range streams {
		for _, i := range log.streams[s] {
			if len(found[s]) < len(log.streams[s]) {
				found[s] = append(found[s], log.messages[i])
			}
		}
	}
	return found, nil
}

func (l *Log) Head(_ context.Context, m events.Municipality) (events.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return events.Position(len(l.of(m).messages)), nil
}

func (l *Log) Heads(context.Context) (map[events.Municipality]events.Position, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	heads := make(map[events.Municipality]events.Position)
	for m, log := range l.logs {
		if len(log.messages) > 0 {
			heads[m] = events.Position(len(log.messages))
		}
	}
	return heads, nil
}

// Count returns how many messages are stored, and the first and the last position.
func (l *Log) Count(ctx context.Context, m events.Municipality) (messages uint64, first, last events.Position, err error) {
	last, err = l.Head(ctx, m)
	return last, min(last, 1), last, err
}

// Stored yields the messages after a position as they are stored.
func (l *Log) Stored(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[archive.Entry, error] {
	return func(yield func(archive.Entry, error) bool) {
		for r, err := range l.Read(ctx, m, after) {
			if !yield(archive.Entry{Position: r.Position, Raw: r.Raw}, err) {
				return
			}
		}
	}
}

// since returns what is recorded after a position, at most max messages, and what to wait on for more.
func (l *Log) since(m events.Municipality, after events.Position, max int) ([]events.Recorded, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	log := l.of(m)
	rest := log.messages[min(int(after), len(log.messages)):]
	return slices.Clone(rest[:min(max, len(rest))]), log.grown
}

func (l *Log) Read(_ context.Context, m events.Municipality, after events.Position) iter.Seq2[events.Recorded, error] {
	return func(yield func(events.Recorded, error) bool) {
		list, _ := l.since(m, after, int(^uint(0)>>1))
		for _, r := range list {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (l *Log) Follow(ctx context.Context, m events.Municipality, after events.Position, max int) iter.Seq2[[]events.Recorded, error] {
	return func(yield func([]events.Recorded, error) bool) {
		for {
			batch, grown := l.since(m, after, max)
			if len(batch) > 0 {
				if after = batch[len(batch)-1].Position; !yield(batch, nil) {
					return
				}
				continue
			}
			select {
			case <-grown:
			case <-ctx.Done():
				return
			}
		}
	}
}

func (l *Log) Municipalities(context.Context) ([]events.Municipality, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []events.Municipality
	for m, log := range l.logs {
		if len(log.messages) > 0 {
			list = append(list, m)
		}
	}
	slices.Sort(list)
	return list, nil
}
