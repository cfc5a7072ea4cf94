package backoffice

import (
	"context"
	"maps"
	"slices"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/surveying"
)

// stated is what a survey said once: what was submitted, or what was checked.
type stated struct {
	was        surveying.Text
	form       events.FormID
	definition events.DefinitionID
	position   events.Position
	answers    []events.SurveyAnswer
}

// sinceSubmitted says what would be counted today instead of what was submitted, and why; nil: nothing was.
func (s *Service) sinceSubmitted(ctx context.Context, o *opened) (*surveying.Since, error) {
	sub := o.survey.Submitted
	if sub == nil {
		return nil, nil
	}
	return s.since(ctx, o, stated{surveying.WasSubmitted, sub.Form, sub.Definition, events.Position(sub.Position), sub.Answers})
}

// sinceChecked says so of what was checked and is to be approved or submitted; nil: nothing is.
func (s *Service) sinceChecked(ctx context.Context, o *opened) (*surveying.Since, error) {
	frozen := o.survey.Frozen
	if frozen == nil || o.survey.State == surveying.Submitted {
		return nil, nil
	}
	return s.since(ctx, o, stated{surveying.WasChecked, frozen.Form, frozen.Definition, events.Position(frozen.Position), frozen.Answers})
}

// since says what would be counted today instead of what was stated, and why: also where what came and what went weigh each other up.
// nil: the same children are counted as then, also where somebody gave another number.
func (s *Service) since(ctx context.Context, o *opened, was stated) (*surveying.Since, error) {
	form, err := s.asked(was.form, was.definition)
	if err != nil {
		return nil, err
	}
	number, known := form.NumberIn(was.answers)
	if !known {
		return nil, nil
	}
	q := question{m: o.Municipality, year: o.Year, form: form, least: o.Least}
	if err := s.settle(ctx, &q); err != nil {
		return nil, err
	}
	today, err := s.count(ctx, q)
	if err != nil {
		return nil, err
	}
	q.at = was.position
	then, err := s.count(ctx, q)
	if err != nil {
		return nil, err
	}
	if then.Bounds == today.Bounds && maps.Equal(then.Reached, today.Reached) {
		return nil, nil
	}
	return s.itemised(ctx, o, form, was, number, then, today)
}

// itemised itemises the difference: what somebody gave instead of the number that was counted, and what changed since. nil:
// nothing did, where a child only counts as another.
func (s *Service) itemised(ctx context.Context, o *opened, form surveying.Form, was stated, number int, then, today reach.Counted) (*surveying.Since, error) {
	d, err := reach.Named(string(form.Definition))
	if err != nil {
		return nil, err
	}
	why, err := s.explain(ctx, o.Municipality, reach.Question{
		Period: reach.CalendarYear(o.Year), From: reach.Moment{Position: then.Position, Definition: d}, To: reach.Moment{Position: today.Position, Definition: d},
	})
	if err != nil {
		return nil, err
	}
	var items []surveying.SinceItem
	for _, i := range why.Items {
		if i.Children != 0 {
			items = append(items, surveying.SinceItem{Reason: string(i.Reason), Children: i.Children})
		}
	}
	since := surveying.Since{Submitted: number, Today: why.After.Number, SubmittedUpper: form.MostIn(was.answers), TodayUpper: today.Bounds.Upper, Position: int64(today.Position)}
	if len(items) == 0 && then.Bounds.Upper == today.Bounds.Upper {
		return nil, nil
	}
	if given := why.Before.Number - number; given != 0 {
		items = slices.Insert(items, 0, surveying.SinceItem{Reason: "given", Children: given})
	}
	since.Say(was.was, items, o.Language)
	return &since, nil
}

// explanation is why a number is another: the log is read for it from its beginning, and it is the same for ever.
type explanation struct {
	municipality events.Municipality
	year         events.Year
	from, to     events.Position
	definition   string
}

func (s *Service) explain(ctx context.Context, m events.Municipality, q reach.Question) (reach.Explanation, error) {
	return s.explained.Ask(explanation{m, q.Period.To.Year(), q.From.Position, q.To.Position, q.To.Definition.ID}, func() (reach.Explanation, error) {
		return reach.Explain(ctx, s.Log, m, q)
	})
}
