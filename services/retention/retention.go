// Package retention erases who children are of whom nothing was recorded for as long as their municipality decided
// (gallring). A child is listed first, and erased when it has been on the list for Notice, and the list was kept up all the
// while: so long somebody can see what is to come (decisions/0031).
package retention

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/register"
	"rackvidd/services/casework"
	"rackvidd/services/integrity"
	"rackvidd/services/vault"
)

// Notice is how long a child is on the list before it is erased.
const Notice = 30 * 24 * time.Hour

const (
	every  = 12 * time.Hour  // each list is made anew: the vault takes one that is two days old for one that was not kept up
	sooner = 5 * time.Minute // where something could not be reached
)

// Vault is what is asked of the vault.
type Vault interface {
	Kept(ctx context.Context, m events.Municipality, at time.Time) ([]vault.Kept, error)
	Listed(ctx context.Context, m events.Municipality, token events.ID, at time.Time) (time.Time, error)
	Listings(ctx context.Context, m events.Municipality, at time.Time) ([]vault.Listing, error)
	List(ctx context.Context, m events.Municipality, tokens []events.ID, at time.Time) error
	Erase(ctx context.Context, m events.Municipality, token events.ID) error
	Erased(ctx context.Context, m events.Municipality, token events.ID) (bool, error)
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

	untold map[events.Municipality][]events.IdentityErased // what the vault was to forget and the log was not told of yet
	looked projections.Remembered[look, everybody]
	sized  sync.Once // looked
}

// Listed is a child of whom nothing was recorded for as long as its municipality decided.
type Listed struct {
	Child  events.ID
	Last   time.Time // that something was recorded of it or of one merged with it, or that it became known
	Since  time.Time // that it is on the list, by the decision that holds; zero: from the next time that the list is made
	Erased time.Time // when it is, unless something is recorded before; zero as Since
}

// list is whom a municipality's list names, and what that follows from.
type list struct {
	children []Listed
	decided  casework.Retention
	position events.Position // up to which the log was looked at
}

// Run looks through every municipality's list until ctx ends. What cannot be reached is tried again; where something is damaged
// it is left until the next time.
func (s *Service) Run(ctx context.Context) error {
	var left []events.Municipality
	for next := time.Now(); ; {
		if !time.Now().Before(next) {
			all, err := s.Log.Municipalities(ctx)
			if err == nil {
				left, next = all, time.Now().Add(every)
			} else if ctx.Err() == nil {
				s.Logger.Warn("retention cannot see which logs there are", "error", err)
			}
		}
		left = slices.DeleteFunc(left, func(m events.Municipality) bool { return !s.failed(ctx, m) })
		select {
		case <-time.After(sooner):
		case <-ctx.Done():
			return nil
		}
	}
}

// failed carries a municipality's retention out, and reports whether it is to be tried again.
func (s *Service) failed(ctx context.Context, m events.Municipality) bool {
	if m == events.National {
		return false
	}
	err := s.CarryOut(ctx, m)
	if err == nil || ctx.Err() != nil {
		return err != nil
	}
	var damaged *integrity.DamagedError
	again := !errors.As(err, &damaged)
	s.Logger.Warn("retention was not carried out", "municipality", m, "again", again, "error", err)
	return again
}

// errBusy: so much is recorded that no list holds until somebody on it is erased.
var errBusy = errors.New("too much is recorded at the moment")

// CarryOut makes a municipality's list and erases whoever has been on it for Notice. When anything is recorded meanwhile, the list
// is made anew before the next child is erased.
func (s *Service) CarryOut(ctx context.Context, m events.Municipality) error {
	erased := 0
	defer func() {
		if erased > 0 {
			s.Logger.Info("records of children of whom nothing was recorded for long were erased", "municipality", m, "records", erased)
		}
	}()
	if err := s.tell(ctx, m); err != nil {
		return err
	}
	for range 20 {
		l, err := s.made(ctx, m)
		if err != nil {
			return err
		}
		n, stale, err := s.eraseDue(ctx, m, l)
		if erased += n; err != nil || !stale {
			return err
		}
	}
	return errBusy
}

// eraseDue erases who is due by a list, until the list is stale.
func (s *Service) eraseDue(ctx context.Context, m events.Municipality, l list) (erased int, stale bool, err error) {
	for _, one := range l.children {
		if one.Erased.After(s.Clock()) {
			continue
		}
		head, err := s.Log.Head(ctx, m)
		if err != nil || head != l.position {
			return erased, true, err
		}
		if err := s.Whole(m); err != nil {
			return erased, false, err
		}
		s.untold[m] = append(s.untold[m], events.IdentityErased{Child: one.Child, Decision: events.Sequence(l.decided.Position), ListedOn: events.DayOf(one.Since.In(events.Sweden))})
		if err := s.Vault.Erase(ctx, m, one.Child); err != nil {
			return erased, false, err
		}
		erased++
		if err := s.tell(ctx, m); err != nil {
			return erased, false, err
		}
		l.position++
	}
	return erased, false, nil
}

// tell records what the vault forgot, as the log is told of an erasure that somebody asked for. What is not told until the program
// ends the next start tells.
func (s *Service) tell(ctx context.Context, m events.Municipality) error {
	if s.untold == nil {
		s.untold = make(map[events.Municipality][]events.IdentityErased)
	}
	for len(s.untold[m]) > 0 {
		e := s.untold[m][0]
		erased, err := s.Vault.Erased(ctx, m, e.Child)
		if err != nil {
			return err
		}
		if !erased { // it could not be, and is on the list still
			s.untold[m] = s.untold[m][1:]
			continue
		}
		about := []*events.Deciding{{Stream: events.CaseOf(e.Child)}}
		command := events.Command{ID: uuid.NewSHA1(uuid.UUID(e.Child), []byte("erased by retention")), Actor: s.Actor, Time: s.Clock().UTC()}
		_, err = events.Decide(ctx, s.Log, m, command, about, casework.Fresh, func() error {
			about[0].Record(about[0].State.(*casework.Case).Erase(e)...)
			return nil
		})
		if err != nil {
			return err
		}
		s.untold[m] = s.untold[m][1:]
	}
	return nil
}

// List brings the list of a municipality up to date, and returns it.
func (s *Service) List(ctx context.Context, m events.Municipality) ([]Listed, error) {
	l, err := s.made(ctx, m)
	return l.children, err
}

// Listed returns whom the list is to name, those of whom nothing was recorded for longest first.
func (s *Service) Listed(ctx context.Context, m events.Municipality) ([]Listed, error) {
	l, err := s.due(ctx, m, s.Clock(), s.remembered)
	return l.children, err
}

// Foreseen returns whom the list would name if so many years were decided now. Nothing is decided by it, and nobody listed.
func (s *Service) Foreseen(ctx context.Context, m events.Municipality, years events.Amount) ([]Listed, error) {
	decided, err := s.decided(ctx, m)
	if err != nil {
		return nil, err
	}
	if decided.Years == years { // to decide it again changes nothing
		return s.Listed(ctx, m)
	}
	if years == 0 {
		return nil, nil
	}
	now := s.Clock()
	all, err := s.remembered(ctx, m, now)
	if err != nil {
		return nil, err
	}
	list := all.dueBy(casework.Retention{Years: years, At: now}, now)
	listNow(list, now)
	return list, nil
}

// Due returns when a child is erased at the earliest unless something more is recorded of it or of one merged with it; zero: it is
// not on the list. Whom something was recorded of since the list was made is not on it any more. It sees the log up to least.
func (s *Service) Due(ctx context.Context, m events.Municipality, child events.ID, least events.Position) (time.Time, error) {
	now := s.Clock()
	since, err := s.Vault.Listed(ctx, m, child, now)
	if err != nil || since.IsZero() || s.Whole(m) != nil {
		return time.Time{}, err
	}
	decided, err := s.decided(ctx, m)
	if err != nil {
		return time.Time{}, err
	}
	one := Listed{Child: child, Since: since}
	_, err = projections.ViewRecorded(ctx, s.Log, s.Reading, register.Projection{}.Name(), m, least, func(tx pgx.Tx, at projections.Checkpoint) (err error) {
		one.Last, err = register.LastOf(ctx, tx, child, at.Position)
		return err
	})
	if list := (everybody{children: []Listed{one}}).dueBy(decided, now); err == nil && len(list) > 0 {
		return list[0].Erased, nil
	}
	return time.Time{}, err
}

// Announced is how many a list names as it was made last, and from when they are erased unless something is recorded of them; zero:
// nobody is.
type Announced struct {
	Children int       // their records: those that are merged, and so of one child, count each
	From, To time.Time // when the first of them is at the earliest, and the last
}

// Announced returns that of a municipality. No list is made for it.
func (s *Service) Announced(ctx context.Context, m events.Municipality) (a Announced, err error) {
	made, err := s.Vault.Listings(ctx, m, s.Clock())
	if err != nil || len(made) == 0 || made[0].Children == 0 || s.Whole(m) != nil {
		return a, err
	}
	decided, err := s.decided(ctx, m)
	if err != nil || decided.Years == 0 {
		return a, err
	}
	return Announced{made[0].Children, latest(made[0].First, decided.At).Add(Notice), latest(made[0].Last, decided.At).Add(Notice)}, nil
}

// made is the list, brought up to date in the vault where anything was ever decided.
func (s *Service) made(ctx context.Context, m events.Municipality) (list, error) {
	now := s.Clock()
	l, err := s.due(ctx, m, now, s.everybody)
	if err != nil || l.decided.Position == 0 {
		return l, err
	}
	children := make([]events.ID, len(l.children))
	for i, one := range l.children {
		children[i] = one.Child
	}
	if err := s.Vault.List(ctx, m, children, now); err != nil {
		return l, err
	}
	listNow(l.children, now)
	return l, nil
}

// listNow has those on the list from now on who were not on it before.
func listNow(list []Listed, now time.Time) {
	for i := range list {
		if list[i].Since.IsZero() {
			list[i].since(now)
		}
	}
}

func (l *Listed) since(t time.Time) { l.Since, l.Erased = t.UTC(), t.UTC().Add(Notice) }

// due returns whom the list is to name, of everybody as found.
func (s *Service) due(ctx context.Context, m events.Municipality, now time.Time, find func(context.Context, events.Municipality, time.Time) (everybody, error)) (l list, err error) {
	if l.decided, err = s.decided(ctx, m); err != nil || l.decided.Years == 0 {
		return l, err
	}
	all, err := find(ctx, m, now)
	if err != nil {
		return l, err
	}
	l.position = all.position
	if l.decided, err = s.decided(ctx, m); err == nil { // again: of a decision after it, position tells
		l.children = all.dueBy(l.decided, now)
	}
	return l, err
}

// everybody is each child of a municipality, whether it is due or not.
type everybody struct {
	children []Listed        // the longest unrecorded first, each listed since the vault says, whatever was decided meanwhile
	position events.Position // up to which the log was looked at
}

// look is what everybody follows from: until something is recorded, a list made or not kept up any more it is the same all day.
type look struct {
	m        events.Municipality
	position events.Position
	list     vault.Listing
	day      events.Day
}

// mostLooks is how many looks are remembered: one at 100,000 children takes 9 MB.
const mostLooks = 8

// remembered is everybody for whoever looks: nobody is listed or erased by it.
func (s *Service) remembered(ctx context.Context, m events.Municipality, now time.Time) (all everybody, err error) {
	if err := s.Whole(m); err != nil {
		return all, err
	}
	about := look{m: m, day: events.DayOf(now.In(events.Sweden))}
	if about.position, err = s.Log.Head(ctx, m); err != nil {
		return all, err
	}
	lists, err := s.Vault.Listings(ctx, m, now)
	if err != nil {
		return all, err
	}
	if len(lists) > 0 {
		about.list = lists[0]
	}
	s.sized.Do(func() { s.looked.Most = mostLooks })
	return s.looked.Ask(about, func() (everybody, error) { return s.everybody(ctx, m, now) })
}

func (s *Service) everybody(ctx context.Context, m events.Municipality, now time.Time) (all everybody, err error) {
	if err := s.Whole(m); err != nil {
		return all, err
	}
	kept, err := s.Vault.Kept(ctx, m, now)
	if err != nil {
		return all, err
	}
	last, as, err := s.last(ctx, m, kept, &all.position)
	if err != nil {
		return all, err
	}
	all.children = make([]Listed, len(kept))
	for i, one := range kept {
		all.children[i] = Listed{Child: one.Token, Last: last[as(one.Token)], Since: one.Listed}
	}
	slices.SortFunc(all.children, func(a, b Listed) int {
		if c := a.Last.Compare(b.Last); c != 0 {
			return c
		}
		return bytes.Compare(a.Child[:], b.Child[:])
	})
	return all, nil
}

// dueBy returns whom a decision lists.
func (e everybody) dueBy(decided casework.Retention, now time.Time) (list []Listed) {
	if decided.Years == 0 {
		return nil
	}
	for _, one := range e.children {
		if one.Last.AddDate(int(decided.Years), 0, 0).After(now) {
			continue
		}
		if !one.Since.IsZero() {
			one.since(latest(one.Since, decided.At))
		}
		list = append(list, one)
	}
	return list
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
// It waits for the read model to show all that is recorded, and says how far that is.
func (s *Service) last(ctx context.Context, m events.Municipality, kept []vault.Kept, position *events.Position) (map[events.ID]time.Time, func(events.ID) events.ID, error) {
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
		*position = at.Position
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
