package backoffice

import (
	"context"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/surveying"
)

// sinceSubmitted says what would be counted today instead of what was submitted, and why. nil: what was counted then, also where
// somebody gave another number, or nothing was submitted.
func (s *Service) sinceSubmitted(ctx context.Context, o *opened) (*surveying.Since, error) {
	sub := o.survey.Submitted
	if sub == nil {
		return nil, nil
	}
	form, err := s.named(sub.Form)
	if err != nil {
		return nil, err
	}
	submitted, known := form.NumberIn(sub.Answers)
	if !known {
		return nil, nil
	}
	counted := form.CountedIn(sub.Answers)
	today, err := s.figures(ctx, question{m: o.Municipality, year: o.Year, form: form, least: o.Least})
	if err != nil {
		return nil, err
	}
	if today.Bounds.Lower == counted {
		return nil, nil
	}
	return s.explained(ctx, o, form, submitted, today)
}

// explained itemises the difference: what somebody gave instead of the number that was counted, and what changed since.
func (s *Service) explained(ctx context.Context, o *opened, form surveying.Form, submitted int, today reach.Figures) (*surveying.Since, error) {
	d, err := reach.Named(string(form.Definition))
	if err != nil {
		return nil, err
	}
	at := events.Position(o.survey.Submitted.Position)
	why, err := reach.Explain(ctx, s.Log, o.Municipality, reach.Question{
		Period: reach.CalendarYear(o.Year), From: reach.Moment{Position: at, Definition: d}, To: reach.Moment{Position: today.Position, Definition: d},
	})
	if err != nil {
		return nil, err
	}
	var items []surveying.SinceItem
	if given := why.Before.Number - submitted; given != 0 {
		items = append(items, surveying.SinceItem{Reason: "given", Children: given})
	}
	for _, i := range why.Items {
		if i.Children != 0 {
			items = append(items, surveying.SinceItem{Reason: string(i.Reason), Children: i.Children})
		}
	}
	return surveying.NewSince(submitted, why.After.Number, today.Position, items, o.Language), nil
}
