package national_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/events/memlog"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/survey"
	"rackvidd/services/national"
)

const (
	örebro    = events.Municipality("1880")
	stockholm = events.Municipality("0180")
)

func TestMain(m *testing.M) { projectiontest.Main(m) }

// level is the national level of one test, with a log in memory.
type level struct {
	*national.Service
	t   *testing.T
	log *memlog.Log
}

func newLevel(t *testing.T) level {
	log := memlog.New()
	return level{&national.Service{
		Log: log, Clock: func() time.Time { return time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC) },
		MostChoices: func(year events.Year, q events.Question) int {
			if q == "Q6" || q == "Q3" && year >= 2021 {
				return 3
			}
			return 0
		},
	}, t, log}
}

// shown adds the read model, which the level then waits for.
func (l level) shown() *pgxpool.Pool {
	l.t.Helper()
	pool := projectiontest.Pool(l.t)
	ctx, stop := context.WithCancel(context.Background())
	runner := &projections.Runner{Log: l.log, Pool: pool, Projections: []projections.Projection{survey.Projection{}}, Look: 10 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)}
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
	l.t.Cleanup(func() { stop(); <-done })
	l.Pool = projectiontest.Reading(l.t, pool)
	l.Visible = func(ctx context.Context, at events.Position) error {
		return projections.Wait(ctx, l.Pool, events.National, at, time.Minute, "survey")
	}
	return l.Pool
}

func command() events.Command {
	return events.Command{ID: uuid.New(), Actor: events.NewID(), Time: time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC)}
}

// load brings a table or a signed file in.
func (l level) load(file string) national.Summary {
	l.t.Helper()
	s, err := l.Load(l.t.Context(), command(), []byte(file), false)
	if err != nil {
		l.t.Fatal(err)
	}
	return s
}

func (l level) reference(file string) national.Summary {
	l.t.Helper()
	s, err := l.LoadReference(l.t.Context(), command(), []byte(file), false)
	if err != nil {
		l.t.Fatal(err)
	}
	return s
}

// answers are those recorded, in order.
func (l level) answers() (list []events.AnswerReceived) {
	for r := range l.log.Read(l.t.Context(), events.National, 0) {
		for _, e := range r.Events {
			if a, ok := e.(events.AnswerReceived); ok {
				list = append(list, a)
			}
		}
	}
	return list
}

// report is about a year, as it is now.
func (l level) report(pool *pgxpool.Pool, year events.Year, needs ...int) (r survey.Report, e survey.Evidence) {
	l.t.Helper()
	err := projections.View(l.t.Context(), pool, "survey", events.National, 0, func(tx pgx.Tx, at projections.Checkpoint) (err error) {
		e, err = survey.Gather(l.t.Context(), tx, year, at.Position)
		r = survey.Compute(e, year, needs...)
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return r, e
}
