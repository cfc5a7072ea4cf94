package projections

import (
	"cmp"
	"context"
	"iter"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
)

// Log is what a runner follows.
type Log interface {
	Source
	Follow(ctx context.Context, m events.Municipality, after events.Position, max int) iter.Seq2[[]events.Recorded, error]
	Municipalities(ctx context.Context) ([]events.Municipality, error)
}

// Runner keeps every projection of every municipality up with its log. Several may run at once, in one process or in
// many: checkpoints keep them from applying anything twice.
type Runner struct {
	Log         Log
	Rebuild     Source // what tables are made anew from, the log's archive say; none: the log
	Pool        *pgxpool.Pool
	Projections []Projection
	Logger      *slog.Logger // none: slog.Default
	// Look is how often it looks for new municipalities, 200 ms if not set; a fifth as often for switched tables.
	Look time.Duration
	// RebuildFrom is how long a log without tables must be to be first built as a rebuild, in memory and with keys last;
	// 20,000 messages if not set.
	RebuildFrom events.Position

	followers map[events.Municipality]*follower
	running   sync.WaitGroup
	outages   outages
	builds    chan struct{} // rebuilds under way
	founding  chan struct{} // first tables being made
}

const (
	mostAtOnce   = 5000 // messages that are applied in one transaction
	manyMessages = 20_000
	// foundedAtOnce is how many tables are first made at the same time, each on a connection of its own.
	foundedAtOnce = 8
)

// Run works until ctx ends. It needs Install to have been called. What it cannot reach it tries again; a message that
// cannot be folded stops one projection of one municipality and is recorded in its checkpoint.
func (r *Runner) Run(ctx context.Context) error {
	r.followers = make(map[events.Municipality]*follower)
	r.builds = make(chan struct{}, runtime.NumCPU()) // rebuilds share one machine
	r.founding = make(chan struct{}, foundedAtOnce)
	if r.Rebuild == nil {
		r.Rebuild = r.Log
	}
	r.Logger = cmp.Or(r.Logger, slog.Default())
	r.outages = outages{logger: r.Logger}
	defer r.running.Wait()
	ticker := time.NewTicker(cmp.Or(r.Look, 200*time.Millisecond))
	defer ticker.Stop()
	for n := 0; ; n++ {
		r.outages.note(ctx, r.discover(ctx))
		if n%5 == 0 {
			r.outages.note(ctx, r.compare(ctx))
		}
		r.outages.settle()
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// discover starts a follower for every municipality that has a log with something to say.
func (r *Runner) discover(ctx context.Context) error {
	known, err := r.Log.Municipalities(ctx)
	for _, m := range known {
		if r.followers[m] == nil && slices.ContainsFunc(r.Projections, func(p Projection) bool { return p.Concerns(m) }) {
			f := newFollower(r, m)
			r.followers[m] = f
			r.running.Go(func() { f.run(ctx) })
		}
	}
	return err
}

// compare tells the followers which tables are in use and how far they are: while the log is quiet somebody else may have
// switched them, or the database may have come back without its last transactions.
func (r *Runner) compare(ctx context.Context) error {
	before := make(map[events.Municipality]map[string]standing)
	for m, f := range r.followers {
		before[m] = f.standings()
	}
	inUse, err := Status(ctx, r.Pool)
	if err != nil {
		return err
	}
	checkpoints := make(map[events.Municipality]map[string]Checkpoint)
	for _, c := range inUse {
		if checkpoints[c.Municipality] == nil {
			checkpoints[c.Municipality] = make(map[string]Checkpoint)
		}
		checkpoints[c.Municipality][c.Projection] = c
	}
	for m, was := range before {
		r.followers[m].seen(was, checkpoints[m])
	}
	return nil
}
