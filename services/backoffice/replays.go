package backoffice

import (
	"context"

	"rackvidd/events"
)

// replays is what the stream of replays adds up to: no later one depends on it.
type replays struct{}

func (replays) Evolve(events.Event) {}

// NoteReplay records that figures were computed again, and keeps why beside the log.
func (s *Service) NoteReplay(ctx context.Context, m events.Municipality, cmd events.Command, made events.FiguresReplayed, why string) (result events.Result, err error) {
	d := &desk{Service: s, m: m}
	defer func() { d.tidy(ctx, result.Repeated, err) }()
	if made.Wording, err = d.write(ctx, why); err != nil {
		return result, err
	}
	about := &events.Deciding{Stream: events.Replays()}
	return events.Decide(ctx, s.Log, m, cmd, []*events.Deciding{about}, fresh, func() error {
		about.Record(made)
		return nil
	})
}

// Written returns the texts that wordings name, in their order.
func (s *Service) Written(ctx context.Context, m events.Municipality, named []events.Wording) ([]string, error) {
	found, err := s.read(ctx, m, named)
	list := make([]string, len(named))
	for i, w := range named {
		list[i] = found.of(w)
	}
	return list, err
}
