package projections

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"rackvidd/events"
)

// outages says once that something cannot be reached, however many try, and once that it can again.
type outages struct {
	logger *slog.Logger
	mu     sync.Mutex
	log    time.Time // when it last could not be reached; zero: it can
	tables time.Time
}

// calm is for how long nobody may have failed before an outage is over: longer than any try takes.
const calm = 10 * time.Second

// note takes down why something has to be tried again.
func (o *outages) note(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case errors.Is(err, events.ErrUnavailable):
		o.once(&o.log, "event log cannot be reached", err)
	case errors.Is(err, ErrUnavailable):
		o.once(&o.tables, "database of figures cannot be reached", err)
	default:
		o.logger.Warn("projections try again", "error", err)
	}
}

func (o *outages) once(last *time.Time, message string, err error) {
	if last.IsZero() {
		o.logger.Warn(message, "error", err)
	}
	*last = time.Now()
}

// settle ends the outages in which nobody failed any more.
func (o *outages) settle() {
	o.mu.Lock()
	defer o.mu.Unlock()
	over(&o.log, func() { o.logger.Info("event log can be reached again") })
	over(&o.tables, func() { o.logger.Info("database of figures can be reached again") })
}

func over(last *time.Time, say func()) {
	if !last.IsZero() && time.Since(*last) > calm {
		*last = time.Time{}
		say()
	}
}
