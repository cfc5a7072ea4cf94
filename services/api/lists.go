package api

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"rackvidd/events"
	"rackvidd/services/casework"
	"rackvidd/services/integrity"
	"rackvidd/services/vault"
)

// ListState is a municipality whose list of children to be erased was not made for 26 hours, though it is twice a day: who stands on
// it may have thirty days anew, and nobody is erased where it never was.
type ListState struct {
	Municipality events.Municipality `json:"municipality"`
	Made         time.Time           `json:"made,omitzero" doc:"when it was last; left out: it never was"`
	Decided      time.Time           `json:"decided,omitzero" doc:"where it never was: when it was decided that children are erased"`
}

// since is when it was to be made at the latest, and twelve hours before.
func (l ListState) since() time.Time {
	if l.Made.IsZero() {
		return l.Decided
	}
	return l.Made
}

// unkept is how old a list is that was not kept up.
const unkept = 26 * time.Hour

// lists are those of all municipalities that ever made one, and since when it is decided, in each where it is, that children are erased.
type lists struct {
	made    []vault.Listing
	decided map[events.Municipality]time.Time
}

// askLists waits for what is known of lists; of no log it is told what is decided where no log can be asked.
func askLists(made func() ([]vault.Listing, error), decided func() (map[events.Municipality]time.Time, error)) (all lists, err error) {
	if all.made, err = made(); err != nil || decided == nil {
		return all, err
	}
	all.decided, err = decided()
	return all, err
}

// unkept are those that were not kept up, or were made in what is the future now, and those that were never made, the longest first.
func (all lists) unkept(now time.Time) (list []ListState) {
	never := make(map[events.Municipality]time.Time, len(all.decided))
	for m, at := range all.decided {
		never[m] = at
	}
	for _, l := range all.made {
		delete(never, l.Municipality)
		list = append(list, ListState{Municipality: l.Municipality, Made: l.Made})
	}
	for m, at := range never {
		list = append(list, ListState{Municipality: m, Decided: at})
	}
	list = slices.DeleteFunc(list, func(l ListState) bool { return now.Sub(l.since()).Abs() <= unkept })
	slices.SortFunc(list, func(a, b ListState) int {
		return cmp.Or(a.since().Compare(b.since()), cmp.Compare(a.Municipality, b.Municipality))
	})
	return list
}

// addLists names the lists that were not kept up, or says why that is not known.
func (s *server) addLists(state *Readiness, all lists, err error) {
	if s.shouldAnswer(state, "lists", err); err != nil {
		state.Parts["lists"] = PartState{Status: "down", Why: whyUnread(err)}
		return
	}
	if state.Lists = all.unkept(s.now()); len(state.Lists) > 0 {
		state.degrade()
	}
}

// whyUnread is why lists cannot be read, in a word: what an error says besides is for the program's log.
func whyUnread(err error) string {
	switch {
	case errors.Is(err, vault.ErrTooOld):
		return "vault_too_old"
	case errors.Is(err, errNoAnswer), errors.Is(err, vault.ErrUnavailable), errors.Is(err, events.ErrUnavailable):
		return "no_answer"
	}
	return "failed"
}

// erasureLists are those of all municipalities that ever made one.
func (s *server) erasureLists(ctx context.Context) ([]vault.Listing, error) {
	return s.Vault.Listings(ctx, "", s.now())
}

// decisionKey is a log, which has nothing new to say of what is decided while it does not grow.
type decisionKey struct {
	m    events.Municipality
	head events.Position
}

// mostDecisions are as many as there may be municipalities, and more.
const mostDecisions = 512

// decisionsAtOnce is how many logs are asked at a time what is decided: of those that all grew since the last question there may be as
// many as municipalities, and there is an answer to wait for.
const decisionsAtOnce = 16

// decidedToErase is since when it is decided, in each municipality where it is, that children are erased of whom nothing is recorded.
// What is damaged is left out, and named as that.
func (s *server) decidedToErase(ctx context.Context, heads logHeads) (map[events.Municipality]time.Time, error) {
	since := make(map[events.Municipality]time.Time)
	var mu sync.Mutex
	asking, within := errgroup.WithContext(ctx)
	asking.SetLimit(decisionsAtOnce)
	for m, head := range heads {
		if m == events.National {
			continue
		}
		asking.Go(func() error {
			at, err := s.decisions.Ask(decisionKey{m, head}, func() (time.Time, error) { return s.decidedAt(within, m) })
			var damaged *integrity.DamagedError
			switch {
			case errors.As(err, &damaged), errors.Is(err, events.ErrUnreadable):
				return nil
			case err == nil && !at.IsZero():
				mu.Lock()
				defer mu.Unlock()
				since[m] = at
			}
			return err
		})
	}
	if err := asking.Wait(); err != nil {
		return nil, err
	}
	return since, nil
}

// decidedAt is when the retention that holds was decided; zero: nobody is erased by any.
func (s *server) decidedAt(ctx context.Context, m events.Municipality) (time.Time, error) {
	var decided casework.Retention
	recorded, err := s.Log.Streams(ctx, m, events.Retentions())
	if events.Fold(&decided, recorded[events.Retentions()]); decided.Years == 0 {
		return time.Time{}, err
	}
	return decided.At, err
}
