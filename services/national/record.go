package national

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"rackvidd/events"
)

// proposal is one change of one stream.
type proposal struct {
	stream  events.Stream
	content string // what is proposed: with the command's id and its place there it names the change, so that a repeat finds it
	place   int
	// decide says what has to be recorded after what was before, none where it stands already, or why it cannot be. It may
	// be asked again when somebody else decided first.
	decide func(past []events.Event) ([]events.Event, error)
}

// outcome is what became of a proposal.
type outcome struct {
	recorded bool // now, or when the command was carried out before
	refused  error
}

// recording carries out a command of many proposals.
type recording struct {
	log      events.Log
	command  events.Command
	dry      bool
	imagined map[events.Stream][]events.Event // what a dry run would have recorded
	position events.Position
}

// record decides the proposals in order, in atomic batches as large as the log takes. What is refused keeps nothing else
// back. When it fails between two batches the first is recorded, and the same again records the rest.
func (s *Service) record(ctx context.Context, c events.Command, dry bool, list []proposal) (outcomes []outcome, at events.Position, err error) {
	r := &recording{log: s.Log, command: c, dry: dry, imagined: make(map[events.Stream][]events.Event)}
	for i := range list {
		list[i].place = i
	}
	for len(list) > 0 {
		n := batchOf(list)
		batch, err := r.decide(ctx, list[:n])
		if err != nil {
			return outcomes, r.position, err
		}
		outcomes, list = append(outcomes, batch...), list[n:]
	}
	if r.position == 0 {
		r.position, err = s.Log.Head(ctx, events.National)
	}
	return outcomes, r.position, err
}

// batchOf is how many proposals go into one batch: each stream is named at most once.
func batchOf(list []proposal) int {
	seen := make(map[events.Stream]bool)
	for i, p := range list {
		if seen[p.stream] || i == events.MaxBatch {
			return i
		}
		seen[p.stream] = true
	}
	return len(list)
}

// decide decides a batch, anew when somebody else decided first.
func (r *recording) decide(ctx context.Context, batch []proposal) ([]outcome, error) {
	for range 20 {
		outcomes, err := r.decideOnce(ctx, batch)
		if !errors.Is(err, events.ErrConflict) {
			return outcomes, err
		}
	}
	return nil, fmt.Errorf("record in the national log: %w", events.ErrConflict)
}

func (r *recording) decideOnce(ctx context.Context, batch []proposal) ([]outcome, error) {
	names := make([]events.Stream, len(batch))
	for i, p := range batch {
		names[i] = p.stream
	}
	before, err := r.log.Streams(ctx, events.National, names...)
	if err != nil {
		return nil, err
	}
	outcomes := make([]outcome, len(batch))
	var decisions []events.Decision
	for i, p := range batch {
		a, done, err := r.propose(p, before[p.stream])
		outcomes[i] = outcome{recorded: done || len(a.Events) > 0, refused: err}
		if len(a.Events) > 0 {
			decisions = append(decisions, events.Decision{a})
		}
	}
	return outcomes, r.append(ctx, decisions)
}

// propose decides one proposal; done says that the same command recorded it before.
func (r *recording) propose(p proposal, before []events.Recorded) (a events.Append, done bool, err error) {
	a = events.Append{
		Stream: p.stream, Command: uuid.NewSHA1(r.command.ID, fmt.Appendf(nil, "%d %s %s", p.place, p.stream, p.content)),
		Actor: r.command.Actor, Digest: r.command.Digest, Time: r.command.Time,
	}
	var past []events.Event
	for _, m := range before {
		if m.Command == a.Command {
			r.position = max(r.position, m.Position)
			return events.Append{}, true, nil
		}
		past, a.Expected = append(past, m.Events...), m.Position
	}
	a.Events, err = p.decide(append(past, r.imagined[p.stream]...))
	return a, false, err
}

func (r *recording) append(ctx context.Context, decisions []events.Decision) error {
	switch {
	case len(decisions) == 0:
		return nil
	case r.dry:
		for _, d := range decisions {
			r.imagined[d[0].Stream] = append(r.imagined[d[0].Stream], d[0].Events...)
		}
		return nil
	}
	positions, err := r.log.Append(ctx, events.National, decisions...)
	if err == nil {
		r.position = positions[len(positions)-1]
	}
	return err
}
