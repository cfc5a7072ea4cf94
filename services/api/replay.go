package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/access"
)

type replayReach struct {
	ReachQuestion
	Unhurried
}

// Unhurried lifts the deadline of an answer that reads the whole log.
type Unhurried struct{}

func (*Unhurried) Resolve(ctx huma.Context) []error {
	_, w := humago.Unwrap(ctx)
	// Where a connection has no deadlines there is nothing to lift.
	_ = errors.Join(http.NewResponseController(w).SetWriteDeadline(time.Time{}))
	return nil
}

func (s *server) replayRoutes() {
	add(s, route{
		id: "replay-reach", method: http.MethodGet, path: "audit/replay", permission: access.ReadLog,
		summary: "Recompute reach figures from the log alone and compare them with the read model",
	}, s.replayReach)
	add(s, route{
		id: "verify-copies", method: http.MethodGet, path: "audit/verify", permission: access.ReadLog,
		summary: "Compare the log with its archive, the archive with its signed checkpoint, and figures with the log's",
	}, s.verifyCopies)
}

type verifyCopies struct {
	Municipal
	AtLeast
	Unhurried
	Year int `query:"year" minimum:"2000" maximum:"2100" doc:"whose figures are computed again; this one where none is given"`
}

func (s *server) verifyCopies(ctx context.Context, c caller, in *verifyCopies) (*reply[json.RawMessage], error) {
	if s.Verify == nil {
		return nil, errNoReplay
	}
	if _, err := s.reached(ctx, c.municipality, in.MinPosition); err != nil {
		return nil, err
	}
	report, err := s.Verify(ctx, c.municipality, cmp.Or(events.Year(in.Year), s.today().Year()))
	return &reply[json.RawMessage]{report}, err
}

func (s *server) replayReach(ctx context.Context, c caller, in *replayReach) (*reply[json.RawMessage], error) {
	if s.Replay == nil {
		return nil, errNoReplay
	}
	p, d, err := in.asked()
	if err != nil {
		return nil, err
	}
	var asOf reach.AsOf
	switch {
	case in.At.Given:
		asOf = reach.AsOfPosition(in.At.Value)
	case in.AsOf.Given:
		asOf = reach.AsOfTime(in.AsOf.Value)
	}
	report, err := s.Replay(ctx, c.municipality, d, p, asOf)
	var beyond *reach.BeyondError
	if errors.As(err, &beyond) {
		err = errBeyond
	}
	return &reply[json.RawMessage]{report}, err
}
