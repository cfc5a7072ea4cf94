package api

import (
	"context"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/services/access"
)

// PeriodQuestion is which period is asked for: a year, or days.
type PeriodQuestion struct {
	Year events.Year `query:"year"`
	From dayParam    `query:"from"`
	To   dayParam    `query:"to"`
}

// ReachQuestion is which figures are asked for, in a query.
type ReachQuestion struct {
	Municipal
	AtLeast
	PeriodQuestion
	Definition string                    `query:"definition" default:"reach/v3" enum:"reach/v3,groups/v1,enrolled/v1"`
	AsOf       optional[time.Time]       `query:"as_of" doc:"what would have been answered at that time"`
	At         optional[events.Position] `query:"position" doc:"what would have been answered at that position"`
}

type readReach struct {
	ReachQuestion
	Need []int `query:"need,explode" maxItems:"10" doc:"children in need in the municipality, supposed: coverage is computed of each as well, as what-if"`
}

func (s *server) reachRoutes() {
	add(s, route{
		id: "read-reach", method: http.MethodGet, path: "reach", permission: access.ReadReach,
		summary: "How many different children were reached",
	}, s.readReach)
}

func (s *server) readReach(ctx context.Context, c caller, in *readReach) (*DatedAnswer[reach.Figures], error) {
	p, d, err := s.meant(ctx, c.municipality, &in.ReachQuestion)
	if err == nil {
		err = checkNeeds(in.Need)
	}
	if err != nil {
		return nil, err
	}
	q := question{m: c.municipality, definition: d, period: p, least: in.MinPosition, asOf: in.AsOf, at: in.At}
	f, recorded, err := s.figures(ctx, q)
	if err != nil {
		return nil, err
	}
	f.Coverage = s.coverage(ctx, c.municipality, p.To.Year(), f.Children, in.Need)
	return showModel(f.Position, recorded, f), nil
}

// meant is the period and the definition, where the question makes sense.
func (s *server) meant(ctx context.Context, m events.Municipality, in *ReachQuestion) (p reach.Period, d reach.Definition, err error) {
	if p, err = in.period(); err != nil {
		return p, d, err
	}
	if d, err = reach.Named(in.Definition); err != nil {
		return p, d, invalid("invalid", "query.definition", err.Error())
	}
	return p, d, s.hasBeen(ctx, m, in.AsOf, in.At)
}

// hasBeen refuses a moment that is said in two ways, and one that has not come: what is answered of it would be another later.
// Where the clock was set back, what is recorded has come all the same.
func (s *server) hasBeen(ctx context.Context, m events.Municipality, asOf optional[time.Time], at optional[events.Position]) error {
	const ahead = time.Minute // may the clock of whoever asks be
	switch {
	case asOf.Given && at.Given:
		return invalid("as_of_and_position", "query.as_of", "give a time or a position, not both")
	case !asOf.Given || !asOf.Value.After(s.now().Add(ahead)):
		return nil
	}
	head, err := s.Log.Head(ctx, m)
	if err != nil {
		return err
	}
	if last, err := s.recordedAt(ctx, m, head); err != nil || !asOf.Value.After(last) {
		return err
	}
	return invalid("future_as_of", "query.as_of", "has not come yet; give a time that has been, or leave it out for what is known now")
}

func (in *PeriodQuestion) period() (reach.Period, error) {
	from, to := in.From.Day, in.To.Day
	switch {
	case in.Year != 0 && (from != 0 || to != 0):
		return reach.Period{}, invalid("year_and_days", "query.year", "give a year, or from and to, not both")
	case in.Year != 0:
		return reach.CalendarYear(in.Year), nil
	case from == 0 || to == 0:
		return reach.Period{}, invalid("missing", "query.year", "give a year, or from and to")
	case to < from:
		return reach.Period{}, invalid("end_before_start", "query.to", "is before from; give a later day")
	}
	return reach.Period{From: from, To: to}, nil
}

// question is which figures are asked for.
type question struct {
	m          events.Municipality
	definition reach.Definition
	period     reach.Period
	least      events.Position
	asOf       optional[time.Time]
	at         optional[events.Position]
}

// figures answers it from the read model, and says when the last event was recorded that the answer shows. Before the
// first event everything is zero, at position 0.
func (s *server) figures(ctx context.Context, q question) (f reach.Figures, recorded time.Time, err error) {
	least, err := s.leastFor(ctx, q)
	if err != nil {
		return f, recorded, err
	}
	if q.at.Given && q.at.Value == 0 {
		return nothing(q), recorded, nil
	}
	some, err := projections.ViewRecorded(ctx, s.Log, s.Reading, reach.Projection{}.Name(), q.m, least, func(tx pgx.Tx, shown projections.Checkpoint) error {
		at, err := q.position(ctx, tx, shown.Position)
		if err != nil {
			return err
		}
		n, err := s.Counts.Of(ctx, tx, shown, q.definition, q.period, at)
		f, recorded = n.Figures, shown.Recorded
		return err
	})
	if err == nil && !some {
		return nothing(q), recorded, nil
	}
	if err == nil && q.ofThePast() {
		recorded, err = s.recordedAt(ctx, q.m, f.Position)
	}
	return f, recorded, err
}

// ofThePast tells a question that is answered the same for ever from one about now.
func (q question) ofThePast() bool { return q.at.Given || q.asOf.Given }

// recordedAt is when a position was recorded. The log is asked: the read model says it of the last position alone.
func (s *server) recordedAt(ctx context.Context, m events.Municipality, at events.Position) (time.Time, error) {
	if at == 0 {
		return time.Time{}, nil
	}
	for r, err := range s.Log.Read(ctx, m, at-1) {
		return r.Time, err
	}
	return time.Time{}, nil
}

func nothing(q question) reach.Figures {
	return reach.Compute(reach.Evidence{Municipal: q.m}, q.definition, q.period, 0)
}

// leastFor is how far the read model must have come to answer for good. A time needs everything recorded until now:
// else the same question could be answered otherwise a moment later.
func (s *server) leastFor(ctx context.Context, q question) (events.Position, error) {
	if !q.ofThePast() {
		return q.least, nil
	}
	head, err := s.Log.Head(ctx, q.m)
	switch {
	case err != nil:
		return 0, err
	case q.at.Given && q.at.Value > head:
		return 0, &reach.BeyondError{Municipality: q.m, Position: head, Wanted: q.at.Value}
	case q.at.Given:
		return max(q.least, q.at.Value), nil
	}
	return max(q.least, head), nil
}

// position is the one that is asked for, never inside a decision.
func (q question) position(ctx context.Context, tx pgx.Tx, shown events.Position) (at events.Position, err error) {
	at = shown
	switch {
	case q.at.Given:
		at = q.at.Value
	case q.asOf.Given:
		if at, err = reach.PositionAt(ctx, tx, q.asOf.Value, shown); err != nil {
			return 0, err
		}
	}
	return reach.RoundDown(ctx, tx, at)
}
