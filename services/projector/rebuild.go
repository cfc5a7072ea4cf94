package projector

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/projections"
)

// Rebuild makes read models of a municipality anew, as many at once as there are processors. Those that its log does not
// concern are left out. Errors are those of projections.Rebuild.
func Rebuild(ctx context.Context, log projections.Source, pool *pgxpool.Pool, m events.Municipality, list ...projections.Projection) error {
	var building sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	errs := make([]error, len(list))
	for i, p := range list {
		if !p.Concerns(m) {
			continue
		}
		building.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			errs[i] = projections.Rebuild(ctx, log, pool, p, m, nil)
		})
	}
	building.Wait()
	return errors.Join(errs...)
}
