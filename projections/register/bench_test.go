package register_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/register"
)

const benchmarked = 100_000

// longStory is a log of occasions with a register of one child each: one message an attendance, as imports record them.
var longStory = sync.OnceValue(func() *projectiontest.Story {
	s := projectiontest.NewStory(&testing.B{}, örebro)
	for i := range benchmarked {
		id, child := events.ID{0x50, byte(i), byte(i >> 8), byte(i >> 16)}, events.ID{0xc0, byte(i), byte(i >> 8 & 7)}
		s.Happens(events.SessionOf(id), opened(id, 1+i%28), events.SessionAttended{Session: id, Attended: mark(child)})
	}
	return s
})

// BenchmarkRebuild compares a rebuild with what it cannot do without: writing the same rows and keys.
func BenchmarkRebuild(b *testing.B) {
	s, pool := longStory(), projectiontest.Pool(b)
	b.ReportAllocs()
	for b.Loop() {
		raw := writeOnce(b, s)
		built := timed(func() {
			if err := projections.Rebuild(b.Context(), s.Log, pool, register.Projection{}, örebro, nil); err != nil {
				b.Fatal(err)
			}
		})
		b.ReportMetric(benchmarked/built.Seconds(), "messages/s")
		b.ReportMetric(built.Seconds()/raw.Seconds(), "×raw")
		b.StopTimer()
		projectiontest.Forget(b, pool, register.Projection{}, örebro)
		b.StartTimer()
	}
}

// writeOnce is COPY and keys of the rows alone: folded before the clock starts.
func writeOnce(b *testing.B, s *projectiontest.Story) time.Duration {
	pool, ctx := projectiontest.Pool(b), b.Context()
	batch := register.Projection{}.Batch(örebro)
	for _, r := range s.Messages() {
		if err := batch.Add(r); err != nil {
			b.Fatal(err)
		}
	}
	return timed(func() {
		err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, register.Projection{}.Tables()); err != nil {
				return err
			}
			if err := batch.Apply(ctx, tx); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, register.Projection{}.Keys())
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkCatchingUp follows a log that is far ahead, in micro-batches with all keys there.
func BenchmarkCatchingUp(b *testing.B) {
	s, pool := longStory(), projectiontest.Pool(b)
	for b.Loop() {
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan error, 1)
		took := timed(func() {
			r := &projections.Runner{Log: s.Log, Pool: pool, Projections: []projections.Projection{register.Projection{}}, Logger: slog.New(slog.DiscardHandler), RebuildFrom: benchmarked + 1}
			go func() { done <- r.Run(ctx) }()
			for projections.Wait(ctx, pool, örebro, benchmarked, time.Minute, "register") != nil {
			}
		})
		cancel()
		<-done
		b.ReportMetric(benchmarked/took.Seconds(), "messages/s")
		b.StopTimer()
		projectiontest.Forget(b, pool, register.Projection{}, örebro)
		b.StartTimer()
	}
}

func timed(do func()) time.Duration {
	began := time.Now()
	do()
	return time.Since(began)
}
