// Package projector keeps the read models up with the log.
package projector

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/caseload"
	"rackvidd/projections/reach"
	"rackvidd/projections/register"
	"rackvidd/projections/survey"
)

// Projections are the read models there are.
func Projections() []projections.Projection {
	return []projections.Projection{reach.Projection{}, caseload.Projection{}, register.Projection{}, survey.Projection{}}
}

// Named returns the projection of a name.
func Named(name string) (projections.Projection, bool) {
	for _, p := range Projections() {
		if p.Name() == name {
			return p, true
		}
	}
	return nil, false
}

// Service applies what is logged, for every municipality, until its context ends.
type Service struct {
	Log     events.Log
	Rebuild projections.Source // what read models are made anew from; none: the log
	Pool    *pgxpool.Pool
	Logger  *slog.Logger
}

// Run works until ctx ends.
func (s Service) Run(ctx context.Context) error {
	runner := projections.Runner{Log: s.Log, Rebuild: s.Rebuild, Pool: s.Pool, Projections: Projections(), Logger: s.Logger}
	return runner.Run(ctx)
}

// patience is how long a file that was brought in waits for a read model: who is told that it is not shown yet misses what
// became of its rows.
const patience = time.Minute

// Visible waits until every read model that a log concerns shows a position of it, for each a minute at most. Errors are
// projections.View's.
func Visible(ctx context.Context, pool *pgxpool.Pool, m events.Municipality, position events.Position) error {
	for _, p := range Projections() {
		if !p.Concerns(m) {
			continue
		}
		if err := projections.Wait(ctx, pool, m, position, patience, p.Name()); err != nil {
			return err
		}
	}
	return nil
}
