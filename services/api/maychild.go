package api

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections/register"
	"rackvidd/services/access"
	"rackvidd/services/casework"
)

// mayChild hides a child of whom nothing is the caller's. Whoever types an identity number must not learn whether the child is
// in others' programmes: one that is, one that was entered a moment ago and one that there is not are answered alike.
// What is read is of the position at least.
func (s *server) mayChild(ctx context.Context, c caller, child events.ID, least events.Position) error {
	with, err := s.worksWith(ctx, c, child, least)
	if err == nil && with != own {
		return notFound("child")
	}
	return err
}

// belonging is whose a child is, as a caller sees it.
type belonging int

const (
	nobodys belonging = iota // no programme has it yet
	others                   // other programmes have it alone
	own                      // it is in a programme of the caller's, or the caller works in all
)

// worksWith asks the same whoever's the child is.
func (s *server) worksWith(ctx context.Context, c caller, child events.ID, least events.Position) (belonging, error) {
	if !c.Limited(c.permission, c.municipality) {
		return own, nil
	}
	programmes, err := s.programmesOf(ctx, c, child, least)
	switch {
	case err != nil || len(programmes) == 0:
		return nobodys, err
	case slices.ContainsFunc(programmes, func(p events.ProgrammeID) bool { return c.May(c.permission, c.municipality, p) }):
		return own, nil
	}
	return others, nil
}

// programmesOf lists where a child was referred to, has or had a place, is in a group or was marked. A referral to no
// programme is every coordinator's. What was taken back counts: whoever did it sees that it is; of a referral to no programme they alone.
func (s *server) programmesOf(ctx context.Context, c caller, child events.ID, least events.Position) ([]events.ProgrammeID, error) {
	name := events.CaseOf(child)
	recorded, err := s.Log.Streams(ctx, c.municipality, name)
	if err != nil {
		return nil, err
	}
	one := casework.NewCase()
	events.Fold(one, recorded[name])
	var list []events.ProgrammeID
	for _, line := range casework.StruckIn(recorded[name]) {
		began := line.Kind == "referral" || line.Kind == "enrolment"
		if _, stands := one.RecordOf(line.ID); !stands && began && (line.Programme != "" || line.By == c.Account) {
			list = append(list, cmp.Or(line.Programme, access.AnyProgramme))
		}
	}
	for _, r := range one.Referrals {
		list = append(list, cmp.Or(r.Programme, access.AnyProgramme))
	}
	for _, e := range one.Enrolments {
		list = append(list, e.Programme)
	}
	_, err = s.registers(ctx, c, least, func(tx pgx.Tx, at events.Position) error {
		before, err := register.ProgrammesOf(ctx, tx, child, at)
		list = append(list, before...)
		return err
	})
	return list, err
}
