package events

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Log is the append-only record of what happened: one per municipality, each with positions of its own.
type Log interface {
	// Append records decisions, all or none, and returns the position of each decision's last message, in order.
	// Every stream is named at most once. ErrConflict: a stream is not at the expected position. ErrUnavailable: it
	// is not known whether anything was recorded; ask the stream for the command's id. Recorded time does not go back: where
	// a decision's is earlier than the log is known to have come to, it is recorded as of then. Appends that are under way
	// at once, and processes that have not read each other's, may still cross.
	Append(ctx context.Context, m Municipality, decisions ...Decision) ([]Position, error)
	// Streams returns all messages of each named stream that has any.
	Streams(ctx context.Context, m Municipality, streams ...Stream) (map[Stream][]Recorded, error)
	// Head returns the last position, 0 for a log in which nothing is recorded yet.
	Head(ctx context.Context, m Municipality) (Position, error)
	// Read yields what is recorded after a position up to the head at the time of the call.
	Read(ctx context.Context, m Municipality, after Position) iter.Seq2[Recorded, error]
	// Heads returns the last position of every log that exists and answers: all at once.
	Heads(ctx context.Context) (map[Municipality]Position, error)
	// Follow yields batches of at most max messages after a position, in order, waiting for more until ctx ends.
	Follow(ctx context.Context, m Municipality, after Position, max int) iter.Seq2[[]Recorded, error]
	// Municipalities lists the logs that exist.
	Municipalities(ctx context.Context) ([]Municipality, error)
}

var (
	// ErrConflict says that somebody else decided about the same stream first.
	ErrConflict = errors.New("the stream has moved on")
	// ErrTooLarge says that a decision does not fit one append; it is refused, never split.
	ErrTooLarge = errors.New("too large for one append")
	// ErrUnavailable says that the log cannot be reached.
	ErrUnavailable = errors.New("the event log cannot be reached")
	// ErrUnreadable says that a message is stored and cannot be read: it is damaged.
	ErrUnreadable = errors.New("a message of the event log cannot be read")
	// ErrNoRoom says that the log's disk takes no more: nothing is recorded. It is an ErrUnavailable.
	ErrNoRoom = fmt.Errorf("%w: its disk is full", ErrUnavailable)
)

// MaxBatch is the most messages one call of Append may record.
const MaxBatch = 1000

// Message is one encoded append on its way into a log.
type Message struct {
	Stream   Stream
	Expected Position
	Command  string
	Raw      []byte
	Last     bool // the last of its decision
}

// Encode checks decisions and writes them as messages, in order, with no time before latest or before the one in front.
func Encode(c Catalog, m Municipality, decisions []Decision, latest time.Time) ([]Message, error) {
	var list []Message
	seen := make(map[Stream]bool)
	for _, d := range decisions {
		for i, a := range d {
			if seen[a.Stream] {
				return nil, fmt.Errorf("append to %s: named twice in one batch", a.Stream)
			}
			seen[a.Stream] = true
			if a.Time.Before(latest) {
				a.Time = latest
			}
			latest = a.Time
			raw, err := c.Encode(m, a, i+1, len(d))
			if err != nil {
				return nil, err
			}
			list = append(list, Message{a.Stream, a.Expected, a.Command.String(), raw, i == len(d)-1})
		}
	}
	if len(list) > MaxBatch {
		return nil, fmt.Errorf("%d messages in one batch, at most %d: %w", len(list), MaxBatch, ErrTooLarge)
	}
	return list, nil
}

// PoisonError says that the message at a position cannot be read or folded. Nothing after it may be used.
type PoisonError struct {
	Municipality Municipality
	Position     Position
	Err          error
}

func (e *PoisonError) Error() string {
	return fmt.Sprintf("the log of %s stops at position %d: %v", e.Municipality, e.Position, e.Err)
}

func (e *PoisonError) Unwrap() error { return e.Err }
