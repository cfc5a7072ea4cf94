package api

import (
	"context"

	"rackvidd/events"
	"rackvidd/projections/reach"
)

// coverage is of a municipality's children. What goes wrong at the national level keeps no figure back.
func (s *server) coverage(ctx context.Context, m events.Municipality, year events.Year, children int, needs []int) []reach.Coverage {
	if s.National == nil {
		return []reach.Coverage{}
	}
	list, err := s.National.Coverage(ctx, m, year, children, needs...)
	if err != nil {
		s.Logger.Warn("coverage could not be computed", "municipality", m, "err", err)
	}
	return list
}

// checkNeeds refuses a need that nobody can have.
func checkNeeds(needs []int) error {
	const most = 100_000_000
	for _, n := range needs {
		if n < 1 || n > most {
			return invalid("invalid", "query.need", "must be a number of children above 0")
		}
	}
	return nil
}
