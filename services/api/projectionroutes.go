package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
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
		Generation   int     `json:"generation,omitempty" minimum:"1" doc:"of a rollback or a discard: the tables that are meant; where others stand beside by then nothing is done, and where it is left out these are taken"`
		Reason       string  `json:"reason,omitempty" maxLength:"4000" doc:"why, in your own words and without anybody's name: the log keeps what was done, and why; nothing is kept where it is left out"`
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

type readProjections struct {
	Only string `query:"only" enum:"rebuilding" doc:"leaves out those in use, of which every log is asked"`
}

// ProjectionList is how far each projection is.
type ProjectionList struct {
	Projections []ProjectionState `json:"projections" nullable:"false"`
	Rebuilding  []RebuildState    `json:"rebuilding" nullable:"false"` // what is being made anew
	Beside      []BesideState     `json:"beside" nullable:"false" doc:"tables that are not in use: those that a rollback switches to"`
}

// RebuildState is how far a read model is that is being made anew beside the one in use.
type RebuildState struct {
	Projection   string              `json:"projection"`
	Municipality events.Municipality `json:"municipality" pattern:"^([0-9]{4}|national)$"`
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
	Municipality events.Municipality `json:"municipality" pattern:"^([0-9]{4}|national)$"`
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
		summary: "Make a read model anew beside the one in use, compare both, and switch to it where they are alike; all: every read model of the log",
	}, s.rebuildProjection)
	add(s, route{
		id: "rollback-projection", method: http.MethodPost, path: "/projections/{name}/rollback", permission: access.RebuildFigures,
		summary: "Compare the read model beside with the log, and switch to it: the one that was in use before, or one that a rebuild kept because it differs",
	}, s.rollbackProjection)
	add(s, route{
		id: "discard-projection", method: http.MethodPost, path: "/projections/{name}/discard", permission: access.RebuildFigures,
		summary: "Drop what a rebuild kept beside the read model in use because they differ",
	}, s.discardProjection)
}

func (s *server) listProjections(ctx context.Context, _ caller, in *readProjections) (*reply[ProjectionList], error) {
	all := ProjectionList{Projections: []ProjectionState{}}
	if in.Only == "" {
		heads, err := s.Log.Heads(ctx)
		if err != nil {
			return nil, err
		}
		if all.Projections, err = s.projectionStates(ctx, heads); err != nil {
			return nil, err
		}
	}
	var err error
	if all.Rebuilding, err = s.rebuildStates(ctx); err != nil {
		return nil, err
	}
	all.Beside, err = s.besideStates(ctx)
	return &reply[ProjectionList]{all}, err
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
	if in.Body.Generation != 0 {
		return nil, invalid("not_taken", "body.generation", "a rebuild makes a generation of its own; leave it out")
	}
	return s.switched(ctx, c, in, func(cmd command) error { return s.rebuilt(ctx, cmd, in) })
}

func (s *server) rollbackProjection(ctx context.Context, c caller, in *onProjection) (*reply[ProjectionDone], error) {
	if s.Rollback == nil {
		return nil, errNoRebuild
	}
	return s.switched(ctx, c, in, func(cmd command) error {
		return s.Rollback(ctx, in.Name, events.Municipality(in.Body.Municipality), s.consent(ctx, cmd, in, events.SwitchedTo))
	})
}

func (s *server) discardProjection(ctx context.Context, c caller, in *onProjection) (*reply[ProjectionDone], error) {
	return s.switched(ctx, c, in, func(cmd command) error {
		return projections.Discard(ctx, s.Pool, in.Name, events.Municipality(in.Body.Municipality), s.consent(ctx, cmd, in, events.Discarded))
	})
}

// switched lets other tables be used, once under a key: rolling back a second time would undo the first.
func (s *server) switched(ctx context.Context, c caller, in *onProjection, change func(command) error) (*reply[ProjectionDone], error) {
	if in.Body.Reason = strings.TrimSpace(in.Body.Reason); in.Body.Reason != "" && s.Replays == nil {
		return nil, errNoReplay
	}
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
		if err := change(cmd); err != nil {
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
