// Package guests tells a child's home municipality that it attended in another one, the provider. It follows every log and
// appends to the homes' logs what differs there.
//
// A known limit: a child whose identity was erased at home alone is a new child there as soon as
// its provider says anything more about a session that it attended. What stood of it stays, so that session counts it
// twice at home: as the erased child and as the new one. Nobody can tell that the two are one, for the link was erased. Erase the child at its provider as well: then nothing more is forwarded of it.
// Retention (services/retention) erases at home by what was recorded at home, so late corrections of old sessions do this.
// So it is with a child that counts as an erased record of its provider's but has another one: what is said anew of that
// one's sessions is said of a new child at home. Erase all that are merged.
package guests

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/services/vault"
)

// Homes knows who a child is in its home municipality: the vault.
type Homes interface {
	// LookupHome returns the same persons in their home, with a zero token those who are not known there. A child known by a
	// local id alone is not in the answer: the provider reports it as one of a count.
	LookupHome(ctx context.Context, from events.Municipality, tokens []events.ID, home events.Municipality) (map[events.ID]vault.Person, error)
	// HomeTokens makes those who are not known there known.
	HomeTokens(ctx context.Context, from events.Municipality, tokens []events.ID, home events.Municipality) (map[events.ID]vault.Person, error)
}

// Service forwards guests' attendances. Several may run at once: each appends the difference to what stands, so none
// does anything twice.
type Service struct {
	Log   events.Log
	Pool  *pgxpool.Pool // the main database; the service keeps schema guests in it
	Homes Homes
	Actor events.ID // the account that appends to the homes' logs
	// Serves says which municipalities have a log here; none: all of them.
	Serves func(events.Municipality) bool
	Logger *slog.Logger  // none: slog.Default
	Look   time.Duration // how often it looks for new municipalities; 200 ms if not set
}

// mostAtOnce is the most messages that are read together, mostTogether the most sessions that homes are told of together.
const mostAtOnce, mostTogether = 5000, 250

// Run works until ctx ends. What cannot be reached is tried again.
func (s Service) Run(ctx context.Context) error {
	if s.Logger == nil {
		s.Logger = slog.Default()
	}
	var running sync.WaitGroup
	defer running.Wait()
	s.insist(ctx, "make the forwarder's tables", func(ctx context.Context) error { return install(ctx, s.Pool) })
	running.Go(func() { s.payAll(ctx) })
	look := s.Look
	if look == 0 {
		look = 200 * time.Millisecond
	}
	following := make(map[events.Municipality]bool)
	for ctx.Err() == nil {
		known, err := s.Log.Municipalities(ctx)
		if err != nil && ctx.Err() == nil {
			s.Logger.Warn("the logs cannot be listed", "error", err)
		}
		for _, m := range known {
			if m != events.National && !following[m] {
				following[m] = true
				running.Go(func() {
					s.insist(ctx, "forward guests", func(ctx context.Context) error {
						err := s.follow(ctx, m)
						s.fails(ctx, m, err)
						return err
					}, "municipality", m)
				})
			}
		}
		pause(ctx, look)
	}
	return nil
}

// insist does something until it succeeds or ctx ends.
func (s *Service) insist(ctx context.Context, what string, do func(context.Context) error, with ...any) {
	const shortest, longest = 100 * time.Millisecond, 5 * time.Second
	for wait := shortest; ctx.Err() == nil; wait = min(2*wait, longest) {
		began := time.Now()
		err := do(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		s.Logger.Warn(what+" again", append(with, "error", err, "after", wait)...)
		if time.Since(began) > longest {
			wait = shortest
		}
		pause(ctx, wait)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

var errEnded = errors.New("the log can no longer be followed")

// follow forwards what comes after the checkpoint, which moves when it was appended.
func (s *Service) follow(ctx context.Context, m events.Municipality) error {
	after, err := s.checkpoint(ctx, m)
	if err != nil {
		return err
	}
	for batch, err := range s.Log.Follow(ctx, m, after, mostAtOnce) {
		if err != nil {
			return err
		}
		if err := s.forward(ctx, m, batch); err != nil {
			return err
		}
		if err := s.move(ctx, m, batch[len(batch)-1].Position); err != nil {
			return err
		}
	}
	return errEnded
}

// forward brings the homes up to date about every session that the messages may have changed something about.
func (s *Service) forward(ctx context.Context, m events.Municipality, batch []events.Recorded) error {
	news := read(m, batch)
	if err := s.remember(ctx, m, news); err != nil {
		return err
	}
	sessions, err := s.concerned(ctx, m, news)
	if err != nil {
		return err
	}
	for together := range slices.Chunk(sessions, mostTogether) {
		if err := s.tell(ctx, m, together, batch[len(batch)-1].Position); err != nil {
			return err
		}
	}
	return nil
}
