package backoffice

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/projections/register"
	"rackvidd/services/casework"
	"rackvidd/services/surveying"
)

// behind are the sessions that checks are about, by the numbers of the checks.
func behind(f register.Findings) map[events.Rule][]events.ID {
	return map[events.Rule][]events.ID{
		"S04": f.Places.Never.Sessions, "S05": f.Places.Ended.Sessions, "S06": f.Places.NotYet.Sessions,
		"S07": f.Sessions.Missing.Sessions, "S27": f.Sessions.Twice.Sessions, "S28": f.Sessions.Crowded.Sessions, "S42": f.Sessions.Empty.Sessions,
		"S31": f.Attendance.Other.Sessions, "S40": f.Programmes.Early.Sessions,
	}
}

// Behind lists the sessions that a check of the survey is about, the earliest first and at most register.Examples, as of the
// position that the survey shows; none where the check is about something else, or found nothing.
func (s *Service) Behind(ctx context.Context, a surveying.Asked, rule events.Rule) (sessions []events.ID, at events.Position, err error) {
	o, err := s.open(ctx, a)
	if err != nil {
		return nil, 0, err
	}
	if spoke, err := o.spoke(rule); !spoke || err != nil {
		return nil, o.evidence.Position, err
	}
	return o.evidence.behind[rule], o.evidence.Position, nil
}

// spoke reports whether a check found something. There has to be such a check.
func (o *opened) spoke(rule events.Rule) (bool, error) {
	if !slices.ContainsFunc(o.form.Rules(surveying.English), func(r surveying.Rule) bool { return r.Number == rule }) {
		return false, casework.Refuse(casework.Missing, "unknown_rule", "", "there is no check %s; GET the survey to see what its checks found", rule)
	}
	return slices.ContainsFunc(o.findings, func(f surveying.Finding) bool { return f.Rule == rule }), nil
}

// entries find the places or referrals that checks are about, by the numbers of the checks.
var entries = map[events.Rule]func(context.Context, pgx.Tx, register.Asked, events.Position) ([]register.Entry, error){
	"S25": register.OpenReferrals, "S41": register.IdlePlaces,
}

// Entries lists the places or referrals that a check of the survey is about, as of the position that the survey shows; none
// where the check is about something else, or found nothing.
func (s *Service) Entries(ctx context.Context, a surveying.Asked, rule events.Rule) (list []register.Entry, at events.Position, err error) {
	o, err := s.open(ctx, a)
	if err != nil {
		return nil, 0, err
	}
	at = o.evidence.Position
	find := entries[rule]
	if spoke, err := o.spoke(rule); find == nil || !spoke || err != nil {
		return nil, at, err
	}
	p := reach.CalendarYear(a.Year)
	err = projections.View(ctx, s.Reading, register.Projection{}.Name(), a.Municipality, at, func(tx pgx.Tx, _ projections.Checkpoint) error {
		list, err = find(ctx, tx, register.Asked{From: p.From, To: p.To}, at)
		return err
	})
	return list, at, err
}
