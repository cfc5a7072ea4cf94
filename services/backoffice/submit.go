package backoffice

import (
	"cmp"
	"context"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/surveying"
)

// Submit answers for good, and tells the national level what is released of it. What is released is attacked together
// with all that was released of the year before, and stands in the ledger by the same decision.
func (s *Service) Submit(ctx context.Context, a surveying.Asked, cmd events.Command, match func(*events.Deciding) error) (surveying.Outcome, error) {
	about := []*events.Deciding{{Stream: events.SurveyOf(a.Year)}, {Stream: events.ReleasesOf(a.Year)}}
	var log recount
	result, err := events.Decide(ctx, s.Log, a.Municipality, cmd, about, fresh, func() error {
		if err := match(about[0]); err != nil {
			return err
		}
		survey := about[0].State.(*surveying.Survey)
		if survey.State == surveying.Approved {
			if err := s.recount(ctx, a, survey, &log); err != nil {
				return err
			}
		}
		released, line, err := s.released(ctx, a, survey, log.Figures, about[1].State.(*ledger))
		if err != nil {
			return err
		}
		list, err := survey.Submit(a.Year, s.Program, released)
		if err != nil {
			return err
		}
		if err := s.keepForm(ctx, survey.Frozen.Form); err != nil {
			return err
		}
		about[0].Record(list...)
		about[1].Record(line...)
		return nil
	})
	if err != nil {
		return surveying.Outcome{}, err
	}
	outcome, err := s.outcome(ctx, a, result)
	if err != nil {
		return outcome, err
	}
	s.stated(ctx, a, outcome.Version)
	if err := s.Tell(ctx, a.Municipality, a.Year); err != nil { // it is submitted all the same, and Run tells it
		s.logger().Warn("the national level could not be told yet", "municipality", a.Municipality, "year", a.Year, "error", err)
	}
	return outcome, nil
}

// recount is what the log gave for what was checked: others may decide meanwhile, and the log is read once.
type recount struct {
	checked *events.SurveyChecked
	reach.Figures
}

// recount holds checked answers against the log. Between their check and now the tables may have been damaged, or mended.
func (s *Service) recount(ctx context.Context, a surveying.Asked, survey *surveying.Survey, known *recount) error {
	frozen := survey.Frozen
	q, err := s.frozen(a, frozen)
	if err != nil {
		return err
	}
	d, err := reach.Named(string(frozen.Definition))
	if err != nil {
		return err
	}
	if known.checked == nil || known.checked.Definition != frozen.Definition || known.checked.Position != frozen.Position {
		f, err := s.Recount(ctx, a.Municipality, d, a.Year, q.at)
		if err != nil {
			return err
		}
		*known = recount{frozen, f}
	}
	e, err := s.gather(ctx, q)
	if err != nil {
		return err
	}
	counted := surveyed(a.Year, d, known.Figures)
	counted.Programmes, counted.Recorded = e.figures.Programmes, counted.Recorded || e.figures.Recorded
	return survey.AsCounted(q.form, counted)
}

// frozen is the question that checked answers are to.
func (s *Service) frozen(a surveying.Asked, frozen *events.SurveyChecked) (question, error) {
	form, err := s.asked(frozen.Form, frozen.Definition)
	return question{m: a.Municipality, year: a.Year, form: form, at: events.Position(frozen.Position), today: s.Today()}, err
}

// released is what leaves of the answers that were checked, and the line of the ledger that says so. Without such answers
// there is nothing, and the rules refuse.
func (s *Service) released(ctx context.Context, a surveying.Asked, survey *surveying.Survey, f reach.Figures, l *ledger) ([]events.SurveyAnswer, []events.Event, error) {
	if survey.State != surveying.Approved {
		return nil, nil, nil
	}
	frozen := survey.Frozen
	q, err := s.frozen(a, frozen)
	if err != nil {
		return nil, nil, err
	}
	form := q.form
	tell := surveying.Telling{Counted: cmp.Or(f.Children, f.Bounds.Lower), Threshold: s.Threshold}
	c := cellsOf(a.Year, form.Definition)
	cell, family := c.number(f)
	n, known := form.NumberIn(frozen.Answers)
	counted := known && n == family.Values[cell] && form.CountedIn(frozen.Answers) == n
	if !counted { // what somebody gave says nothing of the log
		family = c.untold(f)
	}
	release, unnamed, err := s.protectNamed(ctx, q, l, family, c.names(form, frozen.Answers, f, tell))
	if err != nil {
		return nil, nil, err
	}
	if tell.Unnamed = unnamed; counted {
		shown := byName(release)[cell]
		tell.Shown = &shown
	}
	said := release.Released()
	if len(said.Statements) == 0 && !counted {
		return form.Released(frozen.Answers, tell), nil, nil
	}
	return form.Released(frozen.Answers, tell), []events.Event{line(a.Year, events.SurveyRelease, form.Definition, q.at, said)}, nil
}
