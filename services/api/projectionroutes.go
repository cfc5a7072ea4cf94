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
}

// ProjectionDone says that the tables in use are others now.
type ProjectionDone struct {
	Projection   string              `json:"projection"`
	Municipality events.Municipality `json:"municipality"`
}

func (s *server) projectionRoutes() {
	add(s, route{
		id: "list-projections", method: http.MethodGet, path: "/projections", permission: access.ReadProjections,
		summary: "List the read models and how far they are behind",
	}, s.listProjections)
	add(s, route{
		id: "rebuild-projection", method: http.MethodPost, path: "/projections/{name}/rebuild", permission: access.RebuildFigures,
		summary: "Make a read model anew beside the one in use, and switch to it",
	}, s.rebuildProjection)
	add(s, route{
		id: "rollback-projection", method: http.MethodPost, path: "/projections/{name}/rollback", permission: access.RebuildFigures,
		summary: "Switch back to the read model that was in use before",
	}, s.rollbackProjection)
}

func (s *server) listProjections(ctx context.Context, _ caller, _ *struct{}) (*reply[ProjectionList], error) {
	list, err := s.projectionStates(ctx)
	return &reply[ProjectionList]{ProjectionList{list}}, err
}

func (s *server) rebuildProjection(ctx context.Context, _ caller, in *onProjection) (*reply[ProjectionDone], error) {
	if s.Rebuild == nil {
		return nil, errNoRebuild
	}
	m := events.Municipality(in.Body.Municipality)
	err := s.Rebuild(ctx, in.Name, m)
	if errors.Is(err, projections.ErrNothingYet) {
		err = newProblem(http.StatusConflict, "nothing_recorded", "nothing is recorded of the municipality in the body yet; there is nothing to rebuild")
	}
	return &reply[ProjectionDone]{ProjectionDone{in.Name, m}}, err
}

func (s *server) rollbackProjection(ctx context.Context, _ caller, in *onProjection) (*reply[ProjectionDone], error) {
	m := events.Municipality(in.Body.Municipality)
	err := projections.Rollback(ctx, s.Pool, in.Name, m)
	return &reply[ProjectionDone]{ProjectionDone{in.Name, m}}, err
}
