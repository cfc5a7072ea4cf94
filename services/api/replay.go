package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

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
}

func (s *server) replayReach(ctx context.Context, c caller, in *replayReach) (*reply[json.RawMessage], error) {
	if s.Replay == nil {
		return nil, errNoReplay
	}
	if err := s.whole(c.municipality); err != nil {
		return nil, err
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
