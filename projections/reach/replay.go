package reach

import (
	"context"
	"fmt"
	"time"

	"rackvidd/events"
	"rackvidd/events/giveway"
	"rackvidd/projections"
)

// AsOf is the moment figures are asked for. The zero value is the head of the log.
type AsOf struct {
	position *events.Position
	time     *time.Time
}

// AsOfPosition is the end of the last decision at or before a position.
func AsOfPosition(at events.Position) AsOf { return AsOf{position: &at} }

// AsOfTime is the last position before the first one that was recorded later than t.
func AsOfTime(t time.Time) AsOf { return AsOf{time: &t} }

// BeyondError says that a log has not come to a position.
type BeyondError struct {
	Municipality     events.Municipality
	Position, Wanted events.Position
}

func (e *BeyondError) Error() string {
	return fmt.Sprintf("the log of %s ends at position %d; there is no position %d yet", e.Municipality, e.Position, e.Wanted)
}

func (a AsOf) beyond(m events.Municipality, head events.Position) error {
	if a.position != nil && *a.position > head {
		return &BeyondError{m, head, *a.position}
	}
	return nil
}

// before reports whether the moment is before a message.
func (a AsOf) before(r events.Recorded) bool {
	return a.position != nil && r.Position > *a.position || a.time != nil && r.Time.After(*a.time)
}

// AtLeast is how far a log must be readable, as far as one can know before reading it.
func (a AsOf) AtLeast(head events.Position) events.Position {
	if a.position != nil {
		return *a.position
	}
	return head
}

// ReplayInfo says what a replay went through.
type ReplayInfo struct {
	EventsRead int // the log's messages, from the first to the figures' position
}

// Replay computes figures from the log alone. *BeyondError: the log has not come to the position. *events.PoisonError:
// a message is missing or cannot be read.
func Replay(ctx context.Context, log projections.Source, m events.Municipality, d Definition, p Period, asOf AsOf) (Figures, ReplayInfo, error) {
	h, err := ReadHistory(ctx, log, m, asOf)
	if err != nil {
		return Figures{}, ReplayInfo{}, fmt.Errorf("replay the log of %s: %w", m, err)
	}
	var f Figures
	giveway.Aside(func() { f = Compute(h.Evidence(p), d, p, h.position) })
	return f, ReplayInfo{EventsRead: int(h.position)}, nil
}
