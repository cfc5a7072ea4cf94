package api

import (
	"context"
	"net/http"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/surveying"
)

// ReadVersion names a submitted version of a survey.
type ReadVersion struct {
	OfYear
	AtLeast
	Version int `path:"version" minimum:"1" maximum:"10000"`
}

type compareVersions struct {
	OfYear
	AtLeast
	From int `query:"from" required:"true" minimum:"1" maximum:"10000" doc:"the earlier version"`
	To   int `query:"to" required:"true" minimum:"1" maximum:"10000" doc:"the later one"`
}

type readStood struct {
	OfYear
	AtLeast
	At events.Position `query:"position" required:"true" doc:"of the log: 0 is before the first event"`
}

// SubmittedVersions are those of a year's survey, the first first.
type SubmittedVersions struct {
	Versions []surveying.Filed `json:"versions" nullable:"false"`
	People   []Surveyor        `json:"people" nullable:"false" doc:"who submitted them"`
	Shown
}

// SubmittedSheet is a submitted version, and who took its steps.
type SubmittedSheet struct {
	surveying.FiledSheet
	People []Surveyor `json:"people" nullable:"false"`
}

func (s *server) versionRoutes() {
	add(s, route{id: "list-versions", method: http.MethodGet, path: "surveys/{year}/versions", permission: access.ReadSurvey, summary: "The versions of the survey that were submitted: when, by whom, why the one before was amended"}, s.listVersions)
	add(s, route{id: "read-version", method: http.MethodGet, path: "surveys/{year}/versions/{version}", permission: access.ReadSurvey, summary: "A submitted version as it was, with nothing computed again"}, s.readVersion)
	add(s, route{id: "read-answers-of", method: http.MethodGet, path: "surveys/{year}/answers", permission: access.ReadSurvey, summary: "What the survey said at a position of the log: what people had answered by then, and what followed from the log"}, s.readStood)
	add(s, route{id: "compare-versions", method: http.MethodGet, path: "surveys/{year}/difference", permission: access.ReadSurvey, summary: "What two submitted versions differ in: answers, signed figures, and reasons that add up to the difference of the number"}, s.compareVersions)
}

// readStood answers the same for ever: what is asked for is never the latest.
func (s *server) readStood(ctx context.Context, c caller, in *readStood) (*Answer[surveying.Stood], error) {
	if _, err := s.reached(ctx, c.municipality, in.MinPosition); err != nil {
		return nil, err
	}
	if _, err := s.leastFor(ctx, question{m: c.municipality, at: optional[events.Position]{Value: in.At, Given: true}}); err != nil {
		return nil, err
	}
	stood, err := s.Surveys.Stood(ctx, in.asked(c), in.At)
	return show(stood.Position, stood), err
}

func (s *server) listVersions(ctx context.Context, c caller, in *readSurvey) (*Answer[SubmittedVersions], error) {
	at, err := s.reached(ctx, c.municipality, in.MinPosition)
	if err != nil {
		return nil, err
	}
	list, err := s.Surveys.Versions(ctx, in.asked(c))
	if err != nil {
		return nil, err
	}
	steps := make([]surveying.Step, len(list))
	for i, v := range list {
		steps[i].By = v.SubmittedBy
	}
	people, err := s.surveyors(ctx, c.municipality, steps)
	return show(at, SubmittedVersions{list, people, Shown{at}}), err
}

func (s *server) readVersion(ctx context.Context, c caller, in *ReadVersion) (*Answer[SubmittedSheet], error) {
	at, err := s.reached(ctx, c.municipality, in.MinPosition)
	if err != nil {
		return nil, err
	}
	sheet, err := s.Surveys.Version(ctx, in.asked(c), in.Version)
	if err != nil {
		return nil, err
	}
	people, err := s.surveyors(ctx, c.municipality, sheet.Steps)
	return show(at, SubmittedSheet{sheet, people}), err
}

func (s *server) compareVersions(ctx context.Context, c caller, in *compareVersions) (*Answer[surveying.Apart], error) {
	at, err := s.reached(ctx, c.municipality, in.MinPosition)
	if err != nil {
		return nil, err
	}
	apart, err := s.Surveys.Compare(ctx, in.asked(c), in.From, in.To)
	return show(at, apart), err
}
