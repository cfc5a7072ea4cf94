package projections

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"

	"rackvidd/events"
)

// sharing is a log that several read at once: each message is read and parsed once for all of them, and whoever is
// ahead waits for the others.
type sharing struct {
	mu      sync.Mutex
	coming  int          // readers that have neither begun nor left
	readers []*sharedLog // those that began
	begin   func([]*sharedLog)
	reading sync.WaitGroup
}

// sharedLog is the log for one of its readers. The first time that it is read from the beginning it is read together with
// the others; whatever is read besides is read alone.
type sharedLog struct {
	Source
	with    *sharing
	pieces  chan piece
	left    chan struct{}
	leaving sync.Once
	joined  bool
}

// piece is a stretch of the log, and what ended it.
type piece struct {
	messages []events.Recorded
	err      error
}

const (
	perPiece    = 256
	piecesAhead = 16
)

// share makes one log for each of n readers. Each has to leave it, for the others wait until it reads or leaves; end
// waits until nothing is read any more.
func share(ctx context.Context, log Source, m events.Municipality, n int) (readers []*sharedLog, end func()) {
	ctx, cancel := context.WithCancel(ctx)
	s := &sharing{coming: n}
	s.begin = func(readers []*sharedLog) {
		s.reading.Go(func() { read(ctx, log, m, readers) })
	}
	for range n {
		readers = append(readers, &sharedLog{Source: log, with: s, pieces: make(chan piece, piecesAhead), left: make(chan struct{})})
	}
	return readers, func() {
		cancel()
		s.reading.Wait()
	}
}

func (l *sharedLog) Read(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[events.Recorded, error] {
	if after > 0 || l.joined {
		return l.Source.Read(ctx, m, after)
	}
	l.joined = true
	return func(yield func(events.Recorded, error) bool) {
		defer l.leave()
		l.with.came(l)
		for {
			select {
			case p := <-l.pieces:
				for _, r := range p.messages {
					if !yield(r, nil) {
						return
					}
				}
				if p.err == errEnd {
					return
				}
				if p.err != nil {
					yield(events.Recorded{}, p.err)
					return
				}
			case <-ctx.Done():
				yield(events.Recorded{}, ctx.Err())
				return
			}
		}
	}
}

// came notes that a reader has begun, or left without: then it is nil. The last lets all read.
func (s *sharing) came(l *sharedLog) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l != nil {
		s.readers = append(s.readers, l)
	}
	if s.coming--; s.coming == 0 {
		s.begin(s.readers)
	}
}

// leave ends the reader's part in it.
func (l *sharedLog) leave() {
	l.leaving.Do(func() {
		close(l.left)
		if !l.joined {
			l.with.came(nil)
		}
	})
}

// errEnd is the end of the log.
var errEnd = errors.New("the log ends")

// read hands pieces of the log to those who read, until all have left or it ends.
func read(ctx context.Context, log Source, m events.Municipality, readers []*sharedLog) {
	var messages []events.Recorded
	hand := func(err error) (some bool) {
		readers = slices.DeleteFunc(readers, func(l *sharedLog) bool {
			select {
			case l.pieces <- piece{messages, err}:
				return false
			case <-l.left:
				return true
			}
		})
		messages = make([]events.Recorded, 0, perPiece)
		return len(readers) > 0
	}
	for r, err := range log.Read(ctx, m, 0) {
		if err != nil {
			hand(err)
			return
		}
		if messages = append(messages, r); len(messages) == perPiece && !hand(nil) {
			return
		}
	}
	hand(errEnd)
}
