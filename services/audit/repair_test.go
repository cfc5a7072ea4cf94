package audit_test

import (
	"context"
	"iter"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/projections/projectiontest"
	"rackvidd/services/archiver"
	"rackvidd/services/audit"
	"rackvidd/services/integrity"
)

// repairing repairs a log of four evenings.
type repairing struct {
	*projectiontest.Story
	*audit.Service
	replaced events.Position // how far the stream was made anew; 0: it is as it was damaged
}

// unreadable has a message of the stream that cannot be read until the stream is made anew.
func unreadable(t *testing.T, at events.Position) *repairing {
	t.Helper()
	r := &repairing{Story: projectiontest.NewStory(t, örebro)}
	for range 4 {
		r.evening()
	}
	c, _, keeper := kept(t, r.Story)
	c.Stream = damaged{Stream: r.Log, another: func(m events.Recorded) (events.Recorded, bool, error) {
		return m, r.replaced > 0 || m.Position != at, nil
	}}
	quiet := slog.New(slog.DiscardHandler)
	c.Records, _ = recorded(t, 0)
	findings := integrity.Keep("", quiet)
	r.Service = &audit.Service{
		Copies: c, Findings: findings, Logger: quiet,
		Archiver: archiver.New(archiver.Config{Log: r.Log, Keeper: keeper, Findings: findings, Logger: quiet}),
		Replace: func(_ context.Context, _ events.Municipality, messages iter.Seq2[archive.Entry, error]) error {
			for e, err := range messages {
				if err != nil {
					return err
				}
				r.replaced = e.Position
			}
			return nil
		},
	}
	return r
}

// evening happens.
func (r *repairing) evening() events.Position {
	evening := events.NewID()
	return r.Happens(events.SessionOf(evening), events.SessionOpened{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: events.Date(2021, 3, 1)})
}

func (r *repairing) order(t *testing.T, acceptLoss bool) (audit.Repair, error) {
	t.Helper()
	return r.Repair(t.Context(), örebro, audit.Order{By: events.ID{7}, At: time.Now(), AcceptLoss: acceptLoss})
}

func TestAnAppendThatWasUnderWayWhenTheStreamWasClosedIsKept(t *testing.T) {
	r := unreadable(t, 2)
	r.UnderWay = 6 * time.Second
	synctest.Test(t, func(t *testing.T) {
		last := events.Position(0)
		go func() {
			time.Sleep(r.UnderWay / 2)
			last = r.evening()
		}()
		if repair, err := r.order(t, false); err != nil || repair.Lost != "" || repair.Position != 5 {
			t.Errorf("it is repaired as %+v, %v", repair, err)
		}
		if last != 5 || r.replaced != last {
			t.Errorf("the stream goes to %d, position %d was recorded", r.replaced, last)
		}
	})
}
