package projections

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"rackvidd/events"
)

// follower keeps all projections that a log concerns up with it.
type follower struct {
	runner       *Runner
	municipality events.Municipality
	places       []*place

	mu    sync.Mutex
	begin context.CancelCauseFunc // ends following, to begin anew
	inUse map[string]standing     // what each place works on
}

// standing is which tables a place works on, and how far it believes them to be.
type standing struct {
	generation int
	position   events.Position
}

func newFollower(r *Runner, m events.Municipality) *follower {
	f := &follower{runner: r, municipality: m, inUse: make(map[string]standing)}
	for _, p := range r.Projections {
		if p.Concerns(m) {
			f.places = append(f.places, &place{runner: r, projection: p, municipality: m})
		}
	}
	return f
}

// errMoved says that somebody switched tables or moved a checkpoint back: following begins anew from there.
var errMoved = errors.New("another generation of the tables is in use")

// run follows until ctx ends, and tries again after whatever keeps it from doing so.
func (f *follower) run(ctx context.Context) {
	const moved, shortest, longest = 5 * time.Millisecond, 100 * time.Millisecond, 2 * time.Second
	for pause := shortest; ctx.Err() == nil; {
		began := time.Now()
		err := f.follow(ctx)
		switch {
		case errors.Is(err, errMoved):
			pause = moved
		case time.Since(began) > longest:
			pause = shortest
		default:
			pause = min(max(2*pause, shortest), longest)
		}
		if pause != moved {
			f.runner.outages.note(ctx, err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// standings is what the places work on now.
func (f *follower) standings() map[string]standing {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.inUse)
}

// seen compares what the database says, asked after the standings were taken, with what is worked on. A database that
// crashed may have lost its last transactions: then it is behind what is believed of it, or knows nothing at all.
func (f *follower) seen(before map[string]standing, checkpoints map[string]Checkpoint) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for projection, was := range before {
		c, found := checkpoints[projection]
		if now, working := f.inUse[projection]; working && (!found || now.generation != c.Generation || c.Position < was.position) {
			f.begin(errMoved)
		}
	}
}

func (f *follower) follow(ctx context.Context) error {
	if err := f.prepare(ctx); err != nil {
		return err
	}
	following, end := context.WithCancelCause(ctx)
	defer end(nil)
	f.working(end)
	after, some := f.lowest()
	if !some {
		<-following.Done()
		return context.Cause(following)
	}
	in := startReading(following, f.runner.Log, f.municipality, after)
	defer in.stop()
	for {
		batch, err := in.next(following)
		if len(batch) > 0 {
			if err := f.apply(ctx, batch); err != nil {
				return err
			}
		}
		var poison *events.PoisonError
		if errors.As(err, &poison) {
			if err := f.stopAll(ctx, poison); err != nil {
				return err
			}
			<-following.Done()
			return context.Cause(following)
		}
		if err != nil {
			return err
		}
	}
}

// prepare makes every place ready, at once.
func (f *follower) prepare(ctx context.Context) error {
	f.working(nil)
	return f.each(func(p *place) error { return p.prepare(ctx) })
}

// apply brings every place up to the end of the batch, at once.
func (f *follower) apply(ctx context.Context, batch []events.Recorded) error {
	err := f.each(func(p *place) error {
		if p.idle {
			return nil
		}
		return p.apply(ctx, batch)
	})
	f.publish()
	return err
}

// stopAll records that no place can go beyond a message.
func (f *follower) stopAll(ctx context.Context, poison *events.PoisonError) error {
	return f.each(func(p *place) error {
		if p.idle {
			return nil
		}
		return p.stop(ctx, poison)
	})
}

func (f *follower) each(do func(*place) error) error {
	errs := make([]error, len(f.places))
	var all sync.WaitGroup
	for i, p := range f.places[1:] {
		all.Go(func() { errs[i+1] = do(p) })
	}
	errs[0] = do(f.places[0])
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *follower) lowest() (after events.Position, some bool) {
	for _, p := range f.places {
		if !p.idle && (!some || p.checkpoint.Position < after) {
			after, some = p.checkpoint.Position, true
		}
	}
	return after, some
}

// working publishes what is worked on, so that a switch ends it; end nil: nothing.
func (f *follower) working(end context.CancelCauseFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.inUse)
	if f.begin = end; end != nil {
		f.note()
	}
}

// publish says how far the places have come.
func (f *follower) publish() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note()
}

// note is publish; mu is held.
func (f *follower) note() {
	for _, p := range f.places {
		f.inUse[p.projection.Name()] = standing{p.checkpoint.Generation, p.checkpoint.Position}
	}
}
