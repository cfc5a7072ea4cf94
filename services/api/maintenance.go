package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/services/access"
)

// BesideState is tables of a read model that stand beside those in use.
type BesideState struct {
	Projection   string              `json:"projection"`
	Municipality events.Municipality `json:"municipality" pattern:"^([0-9]{4}|national)$"`
	Generation   int                 `json:"generation"`
	Position     events.Position     `json:"position"`
	BuiltAt      time.Time           `json:"built_at"`
	LeftAt       *time.Time          `json:"left_at,omitempty" doc:"when they were in use last; left out of those that a rebuild kept because they differ, which can be discarded"`
	Differs      []string            `json:"differs" nullable:"false" doc:"the tables in which the rebuild differed from those in use"`
}

type listMaintenance struct {
	Log    logName         `query:"log" required:"true" doc:"a municipality's code, or national"`
	Before events.Position `query:"before" minimum:"1" doc:"a position of the log: what it tells of before it"`
	Limit  int             `query:"limit" minimum:"1" maximum:"500" doc:"50 when it is left out"`
}

// PastMaintenance is what somebody did to a read model for a reason.
type PastMaintenance struct {
	Told
	ReadModel   events.ReadModel   `json:"read_model"`
	Act         events.Maintenance `json:"act"`
	Generation  int                `json:"generation" doc:"the tables that it is about"`
	Position    events.Position    `json:"position" doc:"up to which they showed the log"`
	Differences int                `json:"differences" doc:"tables in which they differed from those in use"`
}

// MaintenanceList is what was done to the read models of a log, the latest first.
type MaintenanceList struct {
	Done  []PastMaintenance `json:"done" nullable:"false"`
	Older events.Position   `json:"older,omitempty" doc:"there is more: ask for what is before this position"`
}

func (s *server) maintenanceRoutes() {
	add(s, route{
		id: "list-maintenance", method: http.MethodGet, path: "/projections/maintenance", permission: access.ReadProjections,
		summary: "What was done to the read models of a log for a reason: by whom, why, and what came of it, the latest first",
	}, s.listMaintenance)
}

func (s *server) besideStates(ctx context.Context) ([]BesideState, error) {
	others, err := projections.Others(ctx, s.Pool)
	list := make([]BesideState, len(others))
	for i, o := range others {
		list[i] = BesideState{o.Projection, o.Municipality, o.Generation, o.Position, o.Built, nil, o.Differs}
		if !o.Left.IsZero() {
			list[i].LeftAt = &o.Left
		}
	}
	return list, err
}

// rebuilt makes read models anew, and records which are in use now and which are not because they differ.
func (s *server) rebuilt(ctx context.Context, cmd command, in *onProjection) error {
	m := events.Municipality(in.Body.Municipality)
	before, err := projections.Status(ctx, s.Pool)
	if err != nil {
		return err
	}
	made := s.Rebuild(ctx, in.Name, m)
	if errors.Is(made, projections.ErrNothingYet) {
		return newProblem(http.StatusConflict, "nothing_recorded", "nothing is recorded of the municipality in the body yet; there is nothing to rebuild")
	}
	var differs *projections.DifferenceError
	if in.Body.Reason == "" || made != nil && !errors.As(made, &differs) {
		return made
	}
	done, err := s.remade(ctx, in, before)
	if err == nil && len(done) > 0 {
		_, err = s.Replays.NoteMaintenance(ctx, m, cmd.Command, done, in.Body.Reason)
	}
	return cmp.Or(err, made)
}

// remade is what a rebuild made of the read models that were meant.
func (s *server) remade(ctx context.Context, in *onProjection, before []projections.Checkpoint) (done []events.ReadModelMaintained, err error) {
	meant := func(projection string, m events.Municipality) bool {
		return m == events.Municipality(in.Body.Municipality) && (in.Name == EveryProjection || in.Name == projection)
	}
	latest := make(map[string]int)
	for _, c := range before {
		if meant(c.Projection, c.Municipality) {
			latest[c.Projection] = c.Generation
		}
	}
	now, err := projections.Status(ctx, s.Pool)
	if err != nil {
		return nil, err
	}
	for _, c := range now {
		if meant(c.Projection, c.Municipality) && c.Generation != latest[c.Projection] {
			done = append(done, events.ReadModelMaintained{ReadModel: events.ReadModel(c.Projection), Act: events.Rebuilt, Generation: events.Amount(c.Generation), Position: events.Sequence(c.Position)})
		}
	}
	others, err := projections.Others(ctx, s.Pool)
	for _, o := range others {
		if meant(o.Projection, o.Municipality) && o.Left.IsZero() {
			done = append(done, maintained(o, events.KeptBeside))
		}
	}
	return done, err
}

// consent is to what is asked for, of the tables that are meant. It is recorded before it is done: whoever asks again after it failed
// has it carried out, and recorded once.
func (s *server) consent(ctx context.Context, cmd command, in *onProjection, act events.Maintenance) projections.Consent {
	return projections.Consent{Generation: in.Body.Generation, Record: func(b projections.Beside) error {
		if in.Body.Reason == "" {
			return nil
		}
		_, err := s.Replays.NoteMaintenance(ctx, b.Municipality, cmd.Command, []events.ReadModelMaintained{maintained(b, act)}, in.Body.Reason)
		return err
	}}
}

func maintained(o projections.Beside, act events.Maintenance) events.ReadModelMaintained {
	return events.ReadModelMaintained{
		ReadModel: events.ReadModel(o.Projection), Act: act, Generation: events.Amount(o.Generation),
		Position: events.Sequence(o.Position), Differences: events.Amount(len(o.Differs)),
	}
}

func (s *server) listMaintenance(ctx context.Context, _ caller, in *listMaintenance) (*reply[MaintenanceList], error) {
	body := MaintenanceList{Done: []PastMaintenance{}}
	list, all, older, err := told(ctx, s, events.Municipality(in.Log), events.ReadModels(), in.Before, in.Limit, func(e events.ReadModelMaintained) events.Wording { return e.Wording })
	for i, e := range all {
		body.Done = append(body.Done, PastMaintenance{
			Told: list[i], ReadModel: e.ReadModel, Act: e.Act,
			Generation: int(e.Generation), Position: events.Position(e.Position), Differences: int(e.Differences),
		})
	}
	body.Older = older
	return &reply[MaintenanceList]{body}, err
}
