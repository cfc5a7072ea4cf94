package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/casework"
)

// noteErasures records what the vault has erased and the logs were not told of: the vault forgets first, and whoever was
// answered that it is not done may not have sent it again. Nothing waits for it; what cannot be noted is tried again.
func (p *parts) noteErasures(ctx context.Context) error {
	const pause = time.Minute
	select {
	case <-p.compared:
	case <-ctx.Done():
		return nil
	}
	for {
		err := p.noteErasuresOfAll(ctx)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		p.log.Warn("what was erased is not noted in every log yet; trying again", "error", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

func (p *parts) noteErasuresOfAll(ctx context.Context) error {
	logs, err := p.stream.Municipalities(ctx)
	for _, m := range logs {
		if m == events.National {
			continue
		}
		if one := p.noteErasuresOf(ctx, m); one != nil && !closed(one) { // a log that is closed is looked at by the next start
			err = errors.Join(err, one)
		}
	}
	return err
}

func (p *parts) noteErasuresOf(ctx context.Context, m events.Municipality) error {
	erased, err := p.vault.Erasures(ctx, m)
	if err != nil {
		return err
	}
	const many = 100 // cases that are read at once
	for some := range slices.Chunk(erased, many) {
		names := make([]events.Stream, len(some))
		for i, one := range some {
			names[i] = events.CaseOf(one.Token)
		}
		cases, err := p.journal.Streams(ctx, m, names...)
		if err != nil {
			return err
		}
		for i, one := range some {
			history := casework.NewCase()
			events.Fold(history, cases[names[i]])
			if history.Erased {
				continue
			}
			if err := noteErasure(ctx, p.journal, m, one.Token); err != nil {
				return err
			}
			p.log.Info("an erasure that the log did not know of was noted", "municipality", m, "child", one.Token)
		}
	}
	return nil
}

// noteErasure records an erasure that a log does not know of, once.
func noteErasure(ctx context.Context, log events.Log, m events.Municipality, token events.ID) error {
	about := []*events.Deciding{{Stream: events.CaseOf(token)}}
	command := events.Command{ID: uuid.NewSHA1(uuid.UUID(token), []byte("erased after the backup")), Actor: access.BuiltIn(), Time: time.Now().UTC()}
	_, err := events.Decide(ctx, log, m, command, about, func(events.Stream) events.State { return casework.NewCase() }, func() error {
		about[0].Record(about[0].State.(*casework.Case).Erase(events.IdentityErased{Child: token})...)
		return nil
	})
	return err
}
