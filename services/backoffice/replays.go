package backoffice

import (
	"context"

	"rackvidd/events"
)

// auditing is what a stream of replays or of read models adds up to: nothing later depends on it.
type auditing struct{}

func (auditing) Evolve(events.Event) {}

// NoteReplay records that figures were computed again, and keeps why beside the log.
func (s *Service) NoteReplay(ctx context.Context, m events.Municipality, cmd events.Command, made events.FiguresReplayed, why string) (events.Result, error) {
	return s.note(ctx, m, cmd, events.Replays(), why, func(reason events.Wording) []events.Event {
		made.Wording = reason
		return []events.Event{made}
	})
}

// NoteMaintenance records what was done to read models, and keeps why beside the log.
func (s *Service) NoteMaintenance(ctx context.Context, m events.Municipality, cmd events.Command, done []events.ReadModelMaintained, why string) (events.Result, error) {
	return s.note(ctx, m, cmd, events.ReadModels(), why, func(reason events.Wording) (list []events.Event) {
		for _, one := range done {
			one.Wording = reason
			list = append(list, one)
		}
		return list
	})
}

// note records what somebody did for a reason.
func (s *Service) note(ctx context.Context, m events.Municipality, cmd events.Command, stream events.Stream, why string, happened func(events.Wording) []events.Event) (result events.Result, err error) {
	d := &desk{Service: s, m: m}
	defer func() { d.tidy(ctx, result.Repeated, err) }()
	reason, err := d.write(ctx, why)
	if err != nil {
		return result, err
	}
	about := &events.Deciding{Stream: stream}
	return events.Decide(ctx, s.Log, m, cmd, []*events.Deciding{about}, fresh, func() error {
		about.Record(happened(reason)...)
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
