package backoffice

import (
	"context"

	"rackvidd/events"
	"rackvidd/projections/register"
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
	for _, f := range o.findings {
		if f.Rule == rule {
			sessions = o.evidence.behind[rule]
		}
	}
	return sessions, o.evidence.Position, nil
}
