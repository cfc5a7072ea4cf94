package api

import (
	"context"
	"errors"
	"net/http"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/access"
)

// ExplainQuestion is which two figures of a period are to be told apart.
type ExplainQuestion struct {
	Municipal
	AtLeast
	PeriodQuestion
	Unhurried
	FromPosition   optional[events.Position] `query:"from_position" doc:"of the figure as it was"`
	ToPosition     optional[events.Position] `query:"to_position" doc:"of the figure as it came to be; none: now"`
	Definition     string                    `query:"definition" default:"reach/v3" enum:"reach/v3,groups/v1,enrolled/v1" doc:"of the figure as it came to be"`
	FromDefinition string                    `query:"from_definition" enum:"reach/v3,groups/v1,enrolled/v1" doc:"of the figure as it was; none: the same"`
}

func (s *server) explainRoutes() {
	add(s, route{
		id: "explain-reach", method: http.MethodGet, path: "audit/explain", permission: access.ReadReach,
		summary: "Why a reach figure is another than it was: reasons that add up to the difference",
	}, s.explainReach)
}

func (s *server) explainReach(ctx context.Context, c caller, in *ExplainQuestion) (*Answer[reach.Explanation], error) {
	if s.Explain == nil {
		return nil, errNoReplay
	}
	q, err := in.question()
	if err != nil {
		return nil, err
	}
	head, err := s.reached(ctx, c.municipality, in.MinPosition)
	if err != nil {
		return nil, err
	}
	if q.To.Position = head; in.ToPosition.Given {
		q.To.Position = in.ToPosition.Value
	}
	if asked := max(q.From.Position, q.To.Position); asked > head {
		return nil, &reach.BeyondError{Municipality: c.municipality, Position: head, Wanted: asked}
	}
	e, err := s.Explain(ctx, c.municipality, q)
	if errors.Is(err, reach.ErrBackwards) {
		return nil, invalid("backwards", "query.to_position", "is before the position to explain from; give a later one, or none")
	}
	return show(e.Position, e), err
}

// question is what is to be explained, where it makes sense; up to now unless a position is given.
func (in *ExplainQuestion) question() (q reach.Question, err error) {
	if q.Period, err = in.period(); err != nil {
		return q, err
	}
	if q.From.Position = in.FromPosition.Value; !in.FromPosition.Given {
		return q, invalid("missing", "query.from_position", "give the position of the figure that is to be explained")
	}
	if q.To.Definition, err = reach.Named(in.Definition); err != nil {
		return q, invalid("invalid", "query.definition", err.Error())
	}
	if q.From.Definition = q.To.Definition; in.FromDefinition == "" {
		return q, nil
	}
	if q.From.Definition, err = reach.Named(in.FromDefinition); err != nil {
		return q, invalid("invalid", "query.from_definition", err.Error())
	}
	return q, nil
}
