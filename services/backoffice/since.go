package backoffice

import (
	"context"
	"maps"
	"slices"
	"sync"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/surveying"
)

// sinceSubmitted says what would be counted today instead of what was submitted, and why: also where what came and what
// went weigh each other up. nil: the same children are counted as then, also where somebody gave another number, or nothing
// was submitted.
func (s *Service) sinceSubmitted(ctx context.Context, o *opened) (*surveying.Since, error) {
	sub := o.survey.Submitted
	if sub == nil {
		return nil, nil
	}
	form, err := s.asked(sub.Form, sub.Definition)
	if err != nil {
		return nil, err
	}
	submitted, known := form.NumberIn(sub.Answers)
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
	q.at = events.Position(sub.Position)
	then, err := s.count(ctx, q)
	if err != nil {
		return nil, err
	}
	if then.Bounds == today.Bounds && maps.Equal(then.Reached, today.Reached) {
		return nil, nil
	}
	return s.itemised(ctx, o, form, submitted, then, today)
}

// itemised itemises the difference: what somebody gave instead of the number that was counted, and what changed since. nil:
// nothing did, where a child only counts as another.
func (s *Service) itemised(ctx context.Context, o *opened, form surveying.Form, submitted int, then, today reach.Counted) (*surveying.Since, error) {
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
	since := surveying.Since{Submitted: submitted, Today: why.After.Number, SubmittedUpper: form.MostIn(o.survey.Submitted.Answers), TodayUpper: today.Bounds.Upper, Position: int64(today.Position)}
	if len(items) == 0 && then.Bounds.Upper == today.Bounds.Upper {
		return nil, nil
	}
	if given := why.Before.Number - submitted; given != 0 {
		items = slices.Insert(items, 0, surveying.SinceItem{Reason: "given", Children: given})
	}
	since.Say(items, o.Language)
	return &since, nil
}

// explanations remembers why the number of a municipality's year changed, the latest that was asked: the log is read for
// it from its beginning, and it is the same until something more is recorded. The zero value is ready.
type explanations struct {
	mu     sync.Mutex
	latest map[place]explained
}

type place struct {
	municipality events.Municipality
	year         events.Year
}

type explained struct {
	from, to   events.Position
	definition string
	why        reach.Explanation
}

func (s *Service) explain(ctx context.Context, m events.Municipality, q reach.Question) (reach.Explanation, error) {
	at := place{m, q.Period.To.Year()}
	s.explained.mu.Lock()
	known, ok := s.explained.latest[at]
	s.explained.mu.Unlock()
	if ok && known.from == q.From.Position && known.to == q.To.Position && known.definition == q.To.Definition.ID {
		return known.why, nil
	}
	why, err := reach.Explain(ctx, s.Log, m, q)
	if err != nil {
		return why, err
	}
	s.explained.mu.Lock()
	defer s.explained.mu.Unlock()
	if s.explained.latest == nil {
		s.explained.latest = make(map[place]explained)
	}
	s.explained.latest[at] = explained{q.From.Position, q.To.Position, q.To.Definition.ID, why}
	return why, nil
}
