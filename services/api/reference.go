package api

import (
	"context"
	"net/http"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/survey"
	"rackvidd/services/access"
)

type readReference struct{ AtLeast }

// Reference is what coverage is computed from.
type Reference struct {
	Shown
	Denominators []survey.Denominator    `json:"denominators" nullable:"false"`
	Population   []survey.PopulationYear `json:"population" nullable:"false"`
}

func (s *server) referenceRoutes() {
	add(s, route{
		id: "read-reference", method: http.MethodGet, path: "/reference", permission: access.ReadReference,
		summary: "Estimates of the children in need, and the years whose child population is loaded",
	}, s.readReference)
	add(s, route{
		id: "load-reference", method: http.MethodPost, path: "/reference", permission: access.LoadReference,
		summary: "Bring a table (CSV) of child population or of denominators in", operation: takesTable,
	}, s.loadReference)
}

func (s *server) readReference(ctx context.Context, _ caller, in *readReference) (*DatedAnswer[Reference], error) {
	r, at := Reference{Population: []survey.PopulationYear{}}, projections.Checkpoint{}
	var loaded []events.DenominatorStated
	_, err := projections.ViewRecorded(ctx, s.Log, s.Reading, survey.Projection{}.Name(), events.National, in.MinPosition, func(tx pgx.Tx, shown projections.Checkpoint) (err error) {
		at = shown
		if loaded, err = survey.Denominators(ctx, tx, at.Position); err == nil {
			r.Population, err = survey.PopulationYears(ctx, tx, at.Position)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	r.Position, r.Denominators = at.Position, survey.AllDenominators(loaded)
	return showModel(at.Position, at.Recorded, r), nil
}

func (s *server) loadReference(ctx context.Context, c caller, in *tableFile) (*Answer[ImportSummary], error) {
	return s.loadTable(ctx, c, in, NationalLevel.LoadReference)
}
