package projections_test

import (
	"context"
	"errors"
	"iter"
	"sync"
	"sync/atomic"
	"testing"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
)

// counted is a log that counts the messages that are read of it.
type counted struct {
	projections.Source
	read atomic.Int64
}

func (c *counted) Read(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[events.Recorded, error] {
	return func(yield func(events.Recorded, error) bool) {
		for r, err := range c.Source.Read(ctx, m, after) {
			c.read.Add(1)
			if !yield(r, err) {
				return
			}
		}
	}
}

// longStory is longer than what is handed on at once.
func longStory(t *testing.T) *projectiontest.Story {
	t.Helper()
	s := projectiontest.NewStory(t, örebro)
	for i := range 1500 {
		session := events.ID{0xa0, byte(i), byte(i >> 8)}
		s.Happens(events.SessionOf(session), attended(session, anna, bo))
	}
	return s
}

func TestAllReadModelsOfALogAreRebuiltFromOneRead(t *testing.T) {
	pool, s := projectiontest.Pool(t), longStory(t)
	log := &counted{Source: s.Log}
	all := []projections.Projection{marked{}, marked{name: "again"}, marked{name: "national", only: events.National}, marked{name: "third"}}
	if err := projections.RebuildAll(t.Context(), log, pool, örebro, all...); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"marked", "again", "third"} {
		if n, c := messages(t, pool, name, örebro, 1500); n != 1500 || c.Generation != 1 {
			t.Errorf("%s shows %d messages of generation %d", name, n, c.Generation)
		}
	}
	if n := log.read.Load(); n < 1500 || n > 1510 {
		t.Errorf("%d messages were read of 1,500", n)
	}
}

func TestOneThatCannotFoldAMessageDoesNotKeepTheOthers(t *testing.T) {
	pool, s := projectiontest.Pool(t), longStory(t)
	var poison *events.PoisonError
	err := projections.RebuildAll(t.Context(), s.Log, pool, örebro, marked{}, marked{name: "again", poison: 700}, marked{name: "third"})
	if !errors.As(err, &poison) || poison.Position != 700 {
		t.Fatalf("got %v, want a stop at 700", err)
	}
	for _, name := range []string{"marked", "third"} {
		if n, _ := messages(t, pool, name, örebro, 1500); n != 1500 {
			t.Errorf("%s shows %d messages", name, n)
		}
	}
	if err := projections.View(t.Context(), pool, "again", örebro, 0, nil); !errors.Is(err, projections.ErrNothingYet) {
		t.Errorf("what could not be folded is read: %v", err)
	}
}

func TestRebuildsOfTheSameReadModelsWaitForEachOther(t *testing.T) {
	pool, s := projectiontest.Pool(t), longStory(t)
	all := []projections.Projection{marked{}, marked{name: "again"}, marked{name: "third"}}
	var rebuilding sync.WaitGroup
	for i := range 3 {
		rebuilding.Go(func() {
			if err := projections.RebuildAll(t.Context(), s.Log, pool, örebro, all[i], all[(i+1)%3], all[(i+2)%3]); err != nil {
				t.Error(err)
			}
		})
	}
	rebuilding.Wait()
	if n, c := messages(t, pool, "third", örebro, 1500); n != 1500 || c.Generation != 3 {
		t.Errorf("it shows %d messages of generation %d, want 1500 of 3", n, c.Generation)
	}
}
