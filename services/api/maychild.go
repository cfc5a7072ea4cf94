package api

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections/register"
	"rackvidd/services/access"
)

// mayChild hides a child that takes part in other programmes alone. One that takes part in none yet was entered a moment
// ago, and is hidden from no coordinator.
func (s *server) mayChild(ctx context.Context, c caller, child events.ID) error {
	if !c.Limited(c.permission, c.municipality) {
		return nil
	}
	programmes, err := s.programmesOf(ctx, c, child)
	if err != nil || len(programmes) == 0 {
		return err
	}
	if !slices.ContainsFunc(programmes, func(p events.ProgrammeID) bool { return c.May(c.permission, c.municipality, p) }) {
		return notFound("child")
	}
	return nil
}

// programmesOf lists where a child was referred to, has or had a place, is in a group or was marked. A referral to no
// programme is every coordinator's.
func (s *server) programmesOf(ctx context.Context, c caller, child events.ID) ([]events.ProgrammeID, error) {
	one, err := s.caseNow(ctx, c, child)
	if err != nil {
		return nil, err
	}
	var list []events.ProgrammeID
	for _, r := range one.Referrals {
		list = append(list, or(r.Programme, access.AnyProgramme))
	}
	for _, e := range one.Enrolments {
		list = append(list, e.Programme)
	}
	_, err = s.registers(ctx, c, 0, func(tx pgx.Tx, at events.Position) error {
		before, err := register.ProgrammesOf(ctx, tx, child, at)
		list = append(list, before...)
		return err
	})
	return list, err
}
