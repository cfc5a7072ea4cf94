package backoffice

import (
	"context"

	"rackvidd/events"
	"rackvidd/services/surveying"
)

// auditing is what a stream of replays or of read models adds up to: nothing later depends on it.
type auditing struct{}

func (auditing) Evolve(events.Event) {}

// NoteReplay records that figures were computed again, and keeps why, and which differed where any did, beside the log.
func (s *Service) NoteReplay(ctx context.Context, m events.Municipality, cmd events.Command, made events.FiguresReplayed, why, differing string) (events.Result, error) {
	return s.note(ctx, m, cmd, events.Replays(), []string{why, differing}, func(named []events.Wording) []events.Event {
		made.Wording, made.Differing = named[0], named[1]
		return []events.Event{made}
	})
}

// NoteMaintenance records what was done to read models, and keeps why beside the log.
func (s *Service) NoteMaintenance(ctx context.Context, m events.Municipality, cmd events.Command, done []events.ReadModelMaintained, why string) (events.Result, error) {
	return s.note(ctx, m, cmd, events.ReadModels(), []string{why}, func(named []events.Wording) (list []events.Event) {
		for _, one := range done {
			one.Wording = named[0]
			list = append(list, one)
		}
		return list
	})
}

// note records what somebody did, with the texts that are kept beside it.
func (s *Service) note(ctx context.Context, m events.Municipality, cmd events.Command, stream events.Stream, texts []string, happened func([]events.Wording) []events.Event) (result events.Result, err error) {
	d := &desk{Service: s, m: m}
	defer func() { d.tidy(ctx, result.Repeated, err) }()
	named := make([]events.Wording, len(texts))
	for i, text := range texts {
		if named[i], err = d.write(ctx, text); err != nil {
			return result, err
		}
	}
	about := &events.Deciding{Stream: stream}
	return events.Decide(ctx, s.Log, m, cmd, []*events.Deciding{about}, fresh, func() error {
		about.Record(happened(named)...)
		return nil
	})
}

// Written returns the texts that wordings name, in their order.
func (s *Service) Written(ctx context.Context, m events.Municipality, named []events.Wording) ([]surveying.Written, error) {
	found, err := s.read(ctx, m, named)
	list := make([]surveying.Written, len(named))
	for i, w := range named {
		list[i] = found.of(w)
	}
	return list, err
}
