package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/services/access"
)

type onProjection struct {
	Keyed
	Name string `path:"name" pattern:"^[a-z]{1,40}$"`
	Body struct {
		Municipality logName `json:"municipality"`
	}
}

// logName is a municipality's code, or national: whose log it is.
type logName string

func (logName) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Pattern: "^([0-9]{4}|national)$", Description: "a municipality's code, or national for the log of what they answered"}
}

// Resolve lifts the deadline of the answer: a rebuild takes as long as it takes.
func (*onProjection) Resolve(ctx huma.Context) []error {
	_, w := humago.Unwrap(ctx)
	// Where a connection has no deadlines there is nothing to lift.
	_ = errors.Join(http.NewResponseController(w).SetWriteDeadline(time.Time{}))
	return nil
}

// ProjectionList is how far each projection is.
type ProjectionList struct {
	Projections []ProjectionState `json:"projections" nullable:"false"`
	Rebuilding  []RebuildState    `json:"rebuilding" nullable:"false"` // what is being made anew
}

// RebuildState is how far a read model is that is being made anew beside the one in use.
type RebuildState struct {
	Projection   string              `json:"projection"`
	Municipality events.Municipality `json:"municipality"`
	Generation   int                 `json:"generation"`
	Position     events.Position     `json:"position"` // its rows are written up to here
	Until        events.Position     `json:"until"`    // when they are there as well, keys are made and it is compared
	PerSecond    float64             `json:"per_second"`
	SecondsLeft  *float64            `json:"seconds_left,omitempty"` // for the rows; none: it is not known yet
}

// EveryProjection is the name under which all read models of a log are rebuilt.
const EveryProjection = "all"

// ProjectionDone says that the tables in use are others now.
type ProjectionDone struct {
	Projection   string              `json:"projection"`
	Municipality events.Municipality `json:"municipality"`
	InUse        []InUse             `json:"in_use" nullable:"false"` // of each read model that was meant
}

// InUse is which tables of a read model are in use.
type InUse struct {
	Projection string          `json:"projection"`
	Generation int             `json:"generation"`
	Position   events.Position `json:"position"`
}

func (s *server) projectionRoutes() {
	add(s, route{
		id: "list-projections", method: http.MethodGet, path: "/projections", permission: access.ReadProjections,
		summary: "List the read models and how far they are behind",
	}, s.listProjections)
	add(s, route{
		id: "rebuild-projection", method: http.MethodPost, path: "/projections/{name}/rebuild", permission: access.RebuildFigures,
		summary: "Make a read model anew beside the one in use, and switch to it; all: every read model of the log",
	}, s.rebuildProjection)
	add(s, route{
		id: "rollback-projection", method: http.MethodPost, path: "/projections/{name}/rollback", permission: access.RebuildFigures,
		summary: "Switch back to the read model that was in use before",
	}, s.rollbackProjection)
}

func (s *server) listProjections(ctx context.Context, _ caller, _ *struct{}) (*reply[ProjectionList], error) {
	list, err := s.projectionStates(ctx)
	if err != nil {
		return nil, err
	}
	rebuilding, err := s.rebuildStates(ctx)
	return &reply[ProjectionList]{ProjectionList{list, rebuilding}}, err
}

func (s *server) rebuildStates(ctx context.Context) ([]RebuildState, error) {
	rebuilds, err := projections.Rebuilds(ctx, s.Pool)
	list := make([]RebuildState, len(rebuilds))
	for i, r := range rebuilds {
		list[i] = RebuildState{r.Projection, r.Municipality, r.Generation, r.Position, r.Until, r.Rate(), nil}
		if left, ok := r.Left(); ok {
			seconds := left.Seconds()
			list[i].SecondsLeft = &seconds
		}
	}
	return list, err
}

func (s *server) rebuildProjection(ctx context.Context, c caller, in *onProjection) (*reply[ProjectionDone], error) {
	if s.Rebuild == nil {
		return nil, errNoRebuild
	}
	return s.switched(ctx, c, in, func() error {
		err := s.Rebuild(ctx, in.Name, events.Municipality(in.Body.Municipality))
		if errors.Is(err, projections.ErrNothingYet) {
			return newProblem(http.StatusConflict, "nothing_recorded", "nothing is recorded of the municipality in the body yet; there is nothing to rebuild")
		}
		return err
	})
}

func (s *server) rollbackProjection(ctx context.Context, c caller, in *onProjection) (*reply[ProjectionDone], error) {
	return s.switched(ctx, c, in, func() error {
		return projections.Rollback(ctx, s.Pool, in.Name, events.Municipality(in.Body.Municipality))
	})
}

// switched lets other tables be used, once under a key: rolling back a second time would undo the first.
func (s *server) switched(ctx context.Context, c caller, in *onProjection, change func() error) (*reply[ProjectionDone], error) {
	release, err := s.alone(ctx, c, in.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	defer release()
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.Name, in.Body)
	if err != nil {
		return nil, err
	}
	done, err := once(ctx, s, c, cmd, func() (ProjectionDone, error) {
		if err := change(); err != nil {
			return ProjectionDone{}, err
		}
		return s.inUse(ctx, in.Name, events.Municipality(in.Body.Municipality))
	})
	return &reply[ProjectionDone]{done}, err
}

// inUse says which tables are in use of a read model, or of every one of a log.
func (s *server) inUse(ctx context.Context, name string, m events.Municipality) (ProjectionDone, error) {
	done := ProjectionDone{Projection: name, Municipality: m, InUse: []InUse{}}
	checkpoints, err := projections.Status(ctx, s.Pool)
	for _, c := range checkpoints {
		if c.Municipality == m && (name == EveryProjection || c.Projection == name) {
			done.InUse = append(done.InUse, InUse{c.Projection, c.Generation, c.Position})
		}
	}
	return done, err
}
