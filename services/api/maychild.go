package api

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"rackvidd/events"
	"rackvidd/projections/register"
	"rackvidd/services/access"
	"rackvidd/services/casework"
	"rackvidd/services/vault"
)

// mayChild hides a child of whom nothing is the caller's. Whoever types an identity number must not learn whether the child is
// in others' programmes: one that is, one that was entered a moment ago and one that there is not are answered alike.
// What is read is of the position at least.
func (s *server) mayChild(ctx context.Context, c caller, child events.ID, least events.Position) error {
	with, err := s.worksWith(ctx, c, child, least)
	return cmp.Or(err, with.hidden())
}

// nameable are those of the children, whom the vault knows, that a caller may name where nothing names them yet: who are its own, and whom
// it entered by their identity. A handle alone stands in logs and addresses, and whoever names it among its own children reads what others
// call the child.
func (s *server) nameable(ctx context.Context, c caller, children []named, before func(events.ID) bool) (map[events.ID]vault.Person, error) {
	var asked []events.ID
	for _, n := range children {
		if !before(n.child) && !slices.Contains(asked, n.child) {
			asked = append(asked, n.child)
		}
	}
	with, err := s.worksWithEach(ctx, c, asked, 0)
	if err != nil {
		return nil, err
	}
	list := make(map[events.ID]vault.Person)
	var mu sync.Mutex
	asking, ctx := errgroup.WithContext(ctx)
	asking.SetLimit(namedAtOnce)
	for _, child := range asked {
		asking.Go(func() (err error) {
			may := with[child] >= left
			if !may {
				may, err = s.mayNameAnew(ctx, c, child)
			}
			if may {
				mu.Lock()
				defer mu.Unlock()
				list[child] = vault.Person{}
			}
			return err
		})
	}
	return list, asking.Wait()
}

// namedAtOnce is of how many children that are not the caller's yet it is asked side by side whether it may name them.
const namedAtOnce = 4

// mayNameAnew asks of a child that the read model does not know as the caller's.
func (s *server) mayNameAnew(ctx context.Context, c caller, child events.ID) (bool, error) {
	entered, err := s.Vault.Reads(ctx, c.municipality, vault.ReadQuery{Child: child, Account: c.Account, Why: "entered", Limit: 1})
	if err != nil || len(entered) > 0 {
		return err == nil, err
	}
	head, err := s.Log.Head(ctx, c.municipality) // of what was recorded a moment ago the read model may not know yet
	if err != nil {
		return false, err
	}
	with, err := s.worksWith(ctx, c, child, head)
	return err == nil && with >= left, err
}

// hidden is why a child is not shown at all; nil: it is.
func (b belonging) hidden() error {
	if b < left {
		return notFound("child")
	}
	return nil
}

// belonging is whose a child is, as a caller sees it.
type belonging int

const (
	nobodys belonging = iota // no programme has it yet
	others                   // other programmes have it alone
	left                     // it was in a programme of the caller's and all that was taken back; others have it, or had
	own                      // it is in a programme of the caller's, or was and nobody else ever had it, or the caller works in all
)

// worksWith asks the same whoever's the child is.
func (s *server) worksWith(ctx context.Context, c caller, child events.ID, least events.Position) (belonging, error) {
	with, err := s.worksWithEach(ctx, c, []events.ID{child}, least)
	return with[child], err
}

// worksWithEach asks of several at once: a register has many.
func (s *server) worksWithEach(ctx context.Context, c caller, children []events.ID, least events.Position) (map[events.ID]belonging, error) {
	with := make(map[events.ID]belonging, len(children))
	if !c.Limited(c.permission, c.municipality) {
		for _, child := range children {
			with[child] = own
		}
		return with, nil
	}
	programmes, err := s.programmesOf(ctx, c, children, least)
	if err != nil {
		return nil, err
	}
	for _, child := range children {
		with[child] = c.belonging(programmes[child])
	}
	return with, nil
}

// belonging is whose a child of these programmes is.
func (c caller) belonging(programmes map[events.ProgrammeID]bool) belonging {
	var mine, stands, theirs bool
	for programme, standing := range programmes {
		if c.worksIn(programme) {
			mine, stands = true, stands || standing
		} else {
			theirs = true
		}
	}
	switch {
	case len(programmes) == 0:
		return nobodys
	case stands || mine && !theirs:
		return own
	case mine:
		return left
	}
	return others
}

// programmesOf are those where each child was referred to, has or had a place, is in a group or was marked, and whether any of it stands.
// A referral to no programme is every coordinator's. What was taken back counts: whoever did it sees that it is; of a referral to no
// programme they alone.
func (s *server) programmesOf(ctx context.Context, c caller, children []events.ID, least events.Position) (map[events.ID]map[events.ProgrammeID]bool, error) {
	if len(children) == 0 {
		return nil, nil
	}
	names := make([]events.Stream, len(children))
	for i, child := range children {
		names[i] = events.CaseOf(child)
	}
	recorded, err := s.Log.Streams(ctx, c.municipality, names...)
	if err != nil {
		return nil, err
	}
	all := make(map[events.ID]map[events.ProgrammeID]bool, len(children))
	for _, child := range children {
		all[child] = make(map[events.ProgrammeID]bool)
	}
	_, err = s.registers(ctx, c, least, func(tx pgx.Tx, at events.Position) error {
		works, err := register.ProgrammesOf(ctx, tx, children, at)
		for child, list := range works {
			for _, work := range list {
				all[child][work.Programme] = work.Stands
			}
		}
		return err
	})
	for child, programmes := range all {
		c.addRecorded(programmes, recorded[events.CaseOf(child)])
	}
	return all, err
}

// addRecorded adds the programmes that a child's case names.
func (c caller) addRecorded(programmes map[events.ProgrammeID]bool, recorded []events.Recorded) {
	one := casework.NewCase()
	events.Fold(one, recorded)
	for _, line := range casework.StruckIn(recorded) {
		began := line.Kind == "referral" || line.Kind == "enrolment"
		if _, stands := one.RecordOf(line.ID); !stands && began && (line.Programme != "" || line.By == c.Account) {
			if programme := cmp.Or(line.Programme, access.AnyProgramme); !programmes[programme] {
				programmes[programme] = false
			}
		}
	}
	for _, r := range one.Referrals {
		programmes[cmp.Or(r.Programme, access.AnyProgramme)] = true
	}
	for _, e := range one.Enrolments {
		programmes[e.Programme] = true
	}
}
