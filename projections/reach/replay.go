package reach

import (
	"cmp"
	"context"
	"fmt"
	"slices"
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

// Wanted are a period's figures by a definition, as of the last decision at or before a position.
type Wanted struct {
	Definition Definition
	Period     Period
	Position   events.Position
}

// ReplayEach is Replay of several, in their order, in one reading of the log up to the last of them.
func ReplayEach(ctx context.Context, log projections.Source, m events.Municipality, wanted []Wanted) ([]Figures, error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	order := make([]int, len(wanted))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(wanted[a].Position, wanted[b].Position) })
	h, list := newHistory(m), make([]Figures, len(wanted))
	computeBefore := func(next events.Position) {
		for len(order) > 0 && wanted[order[0]].Position < next {
			w := wanted[order[0]]
			giveway.Aside(func() { list[order[0]] = Compute(h.Evidence(w.Period), w.Definition, w.Period, h.position) })
			order = order[1:]
		}
	}
	last := wanted[order[len(order)-1]].Position
	err := decisions(ctx, log, m, AsOfPosition(last), func(decision []events.Recorded) {
		computeBefore(decision[len(decision)-1].Position)
		h.take(decision)
	})
	if err != nil {
		return nil, fmt.Errorf("replay the log of %s: %w", m, err)
	}
	computeBefore(last + 1)
	return list, nil
}
