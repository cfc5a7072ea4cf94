// Package retention erases who children are of whom nothing was recorded for as long as their municipality decided (gallring;
// privacy.md section 1). A child is listed first, and erased when it has been on the list for Notice: so long somebody can see
// what is to come, and a clock that ran ahead for a while erases nobody.
package retention

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/register"
	"rackvidd/services/casework"
	"rackvidd/services/vault"
)

// Notice is how long a child is on the list before it is erased.
const Notice = 30 * 24 * time.Hour

const (
	every  = 12 * time.Hour  // the lists are looked through
	sooner = 5 * time.Minute // when something could not be reached
)

// Vault is what is asked of the vault.
type Vault interface {
	Kept(ctx context.Context, m events.Municipality) ([]vault.Kept, error)
	List(ctx context.Context, m events.Municipality, tokens []events.ID, at time.Time) error
	Erase(ctx context.Context, m events.Municipality, token events.ID) error
}

// Service carries retention out. Several may run at once: what one did the others find done.
type Service struct {
	Log     events.Log
	Reading *pgxpool.Pool // the read models
	Vault   Vault
	Actor   events.ID // the account that erases
	// Whole is an error where what is kept of a municipality is damaged: then nobody is listed or erased.
	Whole  func(events.Municipality) error
	Clock  func() time.Time
	Logger *slog.Logger
}

// Listed is a child of whom nothing was recorded for as long as its municipality decided.
type Listed struct {
	Child  events.ID
	Last   time.Time // that something was recorded of it or of one merged with it, or that it became known
	Since  time.Time // that it is on the list; zero: from the next time that the list is made
	Erased time.Time // when it is, unless something is recorded before; zero as Since
}

// Run looks through every municipality's list until ctx ends. What cannot be reached is tried again.
func (s *Service) Run(ctx context.Context) error {
	for {
		pause := every
		if err := s.carryOutAll(ctx); err != nil && ctx.Err() == nil {
			s.Logger.Warn("retention could not be carried out everywhere; trying again", "error", err)
			pause = sooner
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *Service) carryOutAll(ctx context.Context) error {
	logs, err := s.Log.Municipalities(ctx)
	for _, m := range logs {
		if m == events.National {
			continue
		}
		if one := s.CarryOut(ctx, m); one != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", m, one))
		}
	}
	return err
}

// CarryOut makes a municipality's list and erases whoever has been on it for Notice.
func (s *Service) CarryOut(ctx context.Context, m events.Municipality) error {
	list, err := s.List(ctx, m)
	if err != nil {
		return err
	}
	now, erased := s.Clock(), 0
	for _, one := range list {
		if one.Erased.After(now) {
			continue
		}
		if err := s.erase(ctx, m, one.Child, now); err != nil {
			return err
		}
		erased++
	}
	if erased > 0 {
		s.Logger.Info("children of whom nothing was recorded for long were erased", "municipality", m, "children", erased)
	}
	return nil
}

// erase has the vault forget first, as on request: if the log is not told, the next start tells it.
func (s *Service) erase(ctx context.Context, m events.Municipality, child events.ID, now time.Time) error {
	if err := s.Vault.Erase(ctx, m, child); err != nil {
		return err
	}
	about := []*events.Deciding{{Stream: events.CaseOf(child)}}
	command := events.Command{ID: uuid.NewSHA1(uuid.UUID(child), []byte("erased by retention")), Actor: s.Actor, Time: now.UTC()}
	_, err := events.Decide(ctx, s.Log, m, command, about, casework.Fresh, func() error {
		about[0].Record(about[0].State.(*casework.Case).Erase(child)...)
		return nil
	})
	return err
}

// List brings the list of a municipality up to date, and returns it.
func (s *Service) List(ctx context.Context, m events.Municipality) ([]Listed, error) {
	now := s.Clock()
	list, err := s.due(ctx, m, now)
	if err != nil {
		return nil, err
	}
	children := make([]events.ID, len(list))
	for i, one := range list {
		children[i] = one.Child
	}
	if err := s.Vault.List(ctx, m, children, now); err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Since.IsZero() {
			list[i].since(now)
		}
	}
	return list, nil
}

// Listed returns whom the list is to name, those of whom nothing was recorded for longest first.
func (s *Service) Listed(ctx context.Context, m events.Municipality) ([]Listed, error) {
	return s.due(ctx, m, s.Clock())
}

func (l *Listed) since(t time.Time) { l.Since, l.Erased = t.UTC(), t.UTC().Add(Notice) }

func (s *Service) due(ctx context.Context, m events.Municipality, now time.Time) (list []Listed, err error) {
	decided, err := s.decided(ctx, m)
	if err != nil || decided.Years == 0 {
		return nil, err
	}
	if err := s.Whole(m); err != nil {
		return nil, err
	}
	kept, err := s.Vault.Kept(ctx, m)
	if err != nil {
		return nil, err
	}
	last, as, err := s.last(ctx, m, kept)
	if err != nil {
		return nil, err
	}
	for _, one := range kept {
		if at := last[as(one.Token)]; !at.AddDate(int(decided.Years), 0, 0).After(now) {
			due := Listed{Child: one.Token, Last: at}
			if !one.Listed.IsZero() {
				due.since(latest(one.Listed, decided.At))
			}
			list = append(list, due)
		}
	}
	slices.SortFunc(list, func(a, b Listed) int {
		if c := a.Last.Compare(b.Last); c != 0 {
			return c
		}
		return bytes.Compare(a.Child[:], b.Child[:])
	})
	return list, nil
}

// latest: whoever is listed by an older decision has its notice from the newer one.
func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (s *Service) decided(ctx context.Context, m events.Municipality) (decided casework.Retention, err error) {
	name := events.Retentions()
	recorded, err := s.Log.Streams(ctx, m, name)
	events.Fold(&decided, recorded[name])
	return decided, err
}

// last is when something was last recorded of each child together with those that are merged with it, and as whom each counts.
// It waits for the read model to show all that is recorded.
func (s *Service) last(ctx context.Context, m events.Municipality, kept []vault.Kept) (map[events.ID]time.Time, func(events.ID) events.ID, error) {
	root := make(map[events.ID]events.ID)
	as := func(child events.ID) events.ID {
		if other, merged := root[child]; merged {
			return other
		}
		return child
	}
	last := make(map[events.ID]time.Time, len(kept))
	later := func(child events.ID, at time.Time) {
		if at.After(last[as(child)]) {
			last[as(child)] = at
		}
	}
	head, err := s.Log.Head(ctx, m)
	if err != nil {
		return nil, nil, err
	}
	_, err = projections.ViewRecorded(ctx, s.Log, s.Reading, register.Projection{}.Name(), m, head, func(tx pgx.Tx, at projections.Checkpoint) error {
		recorded, err := register.LastOfEach(ctx, tx, at.Position)
		for _, one := range recorded {
			if one.As != one.Child {
				root[one.Child] = one.As
			}
		}
		for _, one := range recorded {
			later(one.Child, one.At)
		}
		return err
	})
	for _, one := range kept {
		later(one.Token, one.Created)
	}
	return last, as, err
}
