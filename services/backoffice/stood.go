package backoffice

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/services/surveying"
)

// Stood is what a survey said at a position of the log: what people had answered by then, and what followed from the log. It is
// what Open would have shown then, on the forms of today. Errors are those of Open.
func (s *Service) Stood(ctx context.Context, a surveying.Asked, at events.Position) (stood surveying.Stood, err error) {
	form, err := s.form(a.Year)
	if err != nil {
		return stood, err
	}
	if at, err = s.roundDown(ctx, a.Municipality, at); err != nil {
		return stood, err
	}
	stream := events.SurveyOf(a.Year)
	found, err := s.Log.Streams(ctx, a.Municipality, stream)
	if err != nil {
		return stood, err
	}
	survey := surveying.NewSurvey()
	events.Fold(survey, slices.DeleteFunc(found[stream], func(r events.Recorded) bool { return r.Position > at }))
	q := question{m: a.Municipality, year: a.Year, form: form, at: at, today: s.Today()}
	if frozen := survey.Frozen; frozen != nil {
		if q.form, err = s.asked(frozen.Form, frozen.Definition); err != nil {
			return stood, err
		}
		q.at = events.Position(frozen.Position)
	}
	var shown evidence
	var words texts
	together, within := errgroup.WithContext(ctx)
	together.Go(func() (err error) { shown, err = s.gather(within, q); return err })
	together.Go(func() (err error) { words, err = s.read(within, a.Municipality, survey.Wordings()); return err })
	if err := together.Wait(); err != nil {
		return stood, err
	}
	return surveying.Stood{
		Municipality: a.Municipality, Year: a.Year, Form: q.form.ID, State: survey.State, Version: survey.Version, Position: at,
		Answers: survey.Answers(surveying.Draft(q.form, shown.figures, a.Language), words.of),
	}, nil
}

// roundDown is the last position at or before one that is not inside a decision. The read model has to have come there.
func (s *Service) roundDown(ctx context.Context, m events.Municipality, at events.Position) (events.Position, error) {
	if at == 0 {
		return 0, nil
	}
	err := projections.View(ctx, s.Reading, reach.Projection{}.Name(), m, at, func(tx pgx.Tx, _ projections.Checkpoint) (err error) {
		at, err = reach.RoundDown(ctx, tx, at)
		return err
	})
	return at, err
}
