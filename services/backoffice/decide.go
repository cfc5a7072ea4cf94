package backoffice

import (
	"context"

	"rackvidd/events"
	"rackvidd/services/surveying"
)

// decide carries out a decision about one survey.
func (s *Service) decide(ctx context.Context, a surveying.Asked, cmd events.Command, match func(*events.Deciding) error, rule func(*surveying.Survey) ([]events.Event, error)) (surveying.Outcome, error) {
	about := &events.Deciding{Stream: events.SurveyOf(a.Year)}
	result, err := events.Decide(ctx, s.Log, a.Municipality, cmd, []*events.Deciding{about}, fresh, func() error {
		if err := match(about); err != nil {
			return err
		}
		list, err := rule(about.State.(*surveying.Survey))
		about.Record(list...)
		return err
	})
	if err != nil {
		return surveying.Outcome{}, err
	}
	return s.outcome(ctx, a, result)
}

// outcome is how far the survey had come by a decision, also when it is repeated much later.
func (s *Service) outcome(ctx context.Context, a surveying.Asked, result events.Result) (surveying.Outcome, error) {
	name := events.SurveyOf(a.Year)
	found, err := s.Log.Streams(ctx, a.Municipality, name)
	if err != nil {
		return surveying.Outcome{}, err
	}
	survey, messages := surveying.NewSurvey(), found[name]
	for len(messages) > 0 && messages[len(messages)-1].Position > result.Version {
		messages = messages[:len(messages)-1]
	}
	events.Fold(survey, messages)
	return surveying.Outcome{Result: result, State: survey.State, Version: survey.Version}, nil
}

func fresh(s events.Stream) events.State {
	switch s.Type {
	case events.ReleaseStream:
		return &ledger{}
	case events.AuditStream:
		return auditing{}
	}
	return surveying.NewSurvey()
}

// Answer records answers and comments of people's own.
func (s *Service) Answer(ctx context.Context, a surveying.Asked, cmd events.Command, match func(*events.Deciding) error, g surveying.Given) (o surveying.Outcome, err error) {
	form, err := s.form(a.Year)
	if err != nil {
		return o, err
	}
	d := &desk{Service: s, m: a.Municipality}
	defer func() { d.tidy(ctx, o.Repeated, err) }()
	answers, err := d.answers(ctx, a, form, g)
	if err != nil {
		return o, err
	}
	comments, err := d.comments(ctx, g.Comments)
	if err != nil {
		return o, err
	}
	remarks, err := d.remarks(ctx, g.Remarks)
	if err != nil {
		return o, err
	}
	return s.decide(ctx, a, cmd, match, func(survey *surveying.Survey) (list []events.Event, err error) {
		if len(answers)+len(g.Restore) > 0 || len(comments)+len(remarks) == 0 {
			if list, err = survey.Answer(form, a.Year, answers, g.Restore); err != nil {
				return nil, err
			}
		}
		if len(comments) > 0 {
			said, err := survey.Comment(a.Year, comments)
			if err != nil {
				return nil, err
			}
			list = append(list, said...)
		}
		if len(remarks) > 0 {
			said, err := survey.Remark(form, a.Year, remarks)
			if err != nil {
				return nil, err
			}
			list = append(list, said...)
		}
		return list, nil
	})
}

// answers keeps the words of answers, and names them as the log does.
func (d *desk) answers(ctx context.Context, a surveying.Asked, form surveying.Form, g surveying.Given) ([]events.SurveyAnswer, error) {
	var list []events.SurveyAnswer
	var counted int
	for _, one := range g.Answers {
		if q, ok := form.Question(one.Question); ok && q.Asks == surveying.Children {
			f, err := d.figures(ctx, question{m: a.Municipality, year: a.Year, form: form, least: a.Least})
			if err != nil {
				return nil, err
			}
			counted = f.Bounds.Lower
		}
		text := one.Reason
		if one.Status == events.TextAnswer {
			text = one.Text
		}
		wording, err := d.write(ctx, text)
		if err != nil {
			return nil, err
		}
		list = append(list, one.Event(counted, wording))
	}
	return list, nil
}

func (d *desk) comments(ctx context.Context, given []surveying.GivenComment) (list []events.CheckComment, err error) {
	for _, g := range given {
		wording, err := d.write(ctx, g.Comment)
		if err != nil {
			return nil, err
		}
		list = append(list, events.CheckComment{Rule: g.Rule, Wording: wording})
	}
	return list, nil
}

func (d *desk) remarks(ctx context.Context, given []surveying.GivenRemark) (list []events.QuestionComment, err error) {
	for _, g := range given {
		wording, err := d.write(ctx, g.Comment)
		if err != nil {
			return nil, err
		}
		list = append(list, events.QuestionComment{Question: g.Question, Wording: wording})
	}
	return list, nil
}

// Check declares the survey ready to be approved, with the figures of now. *surveying.NotClearError: something has to
// be put right or explained first.
func (s *Service) Check(ctx context.Context, a surveying.Asked, cmd events.Command, match func(*events.Deciding) error) (surveying.Outcome, error) {
	return s.decide(ctx, a, cmd, match, func(survey *surveying.Survey) ([]events.Event, error) {
		o, err := s.afresh(ctx, a, survey)
		if err != nil {
			return nil, err
		}
		return survey.Check(o.form, a.Year, o.evidence.Position, o.answers, o.findings, o.evidence.circum)
	})
}

// afresh opens a survey with the figures of now, also where it was checked before: with all that is recorded, however far
// the read models are behind.
func (s *Service) afresh(ctx context.Context, a surveying.Asked, survey *surveying.Survey) (*opened, error) {
	if err := s.upToDate(ctx, &a); err != nil {
		return nil, err
	}
	form, err := s.form(a.Year)
	if err != nil {
		return nil, err
	}
	before, _, err := s.stream(ctx, a.Municipality, a.Year-1)
	if err != nil {
		return nil, err
	}
	o := &opened{Asked: a, form: form, survey: survey.Thawed()}
	return o, s.fill(ctx, o, before[a.Year-1])
}

// upToDate asks for figures that show everything recorded until now.
func (s *Service) upToDate(ctx context.Context, a *surveying.Asked) error {
	head, err := s.Log.Head(ctx, a.Municipality)
	a.Least = max(a.Least, head)
	return err
}

// Approve stands by the checked version. Nobody may who prepared it.
func (s *Service) Approve(ctx context.Context, a surveying.Asked, cmd events.Command, match func(*events.Deciding) error) (surveying.Outcome, error) {
	return s.decide(ctx, a, cmd, match, func(survey *surveying.Survey) ([]events.Event, error) {
		return survey.Approve(a.Year, cmd.Actor)
	})
}

// Return sends the survey back to those who prepared it.
func (s *Service) Return(ctx context.Context, a surveying.Asked, cmd events.Command, match func(*events.Deciding) error, reason string) (surveying.Outcome, error) {
	return s.giveReason(ctx, a, cmd, match, reason, (*surveying.Survey).Return)
}

// Amend opens what was submitted for a new version.
func (s *Service) Amend(ctx context.Context, a surveying.Asked, cmd events.Command, match func(*events.Deciding) error, reason string) (surveying.Outcome, error) {
	return s.giveReason(ctx, a, cmd, match, reason, (*surveying.Survey).Amend)
}

func (s *Service) giveReason(ctx context.Context, a surveying.Asked, cmd events.Command, match func(*events.Deciding) error, reason string, rule func(*surveying.Survey, events.Year, events.Wording) ([]events.Event, error)) (o surveying.Outcome, err error) {
	d := &desk{Service: s, m: a.Municipality}
	defer func() { d.tidy(ctx, o.Repeated, err) }()
	wording, err := d.write(ctx, reason)
	if err != nil {
		return o, err
	}
	return s.decide(ctx, a, cmd, match, func(survey *surveying.Survey) ([]events.Event, error) {
		return rule(survey, a.Year, wording)
	})
}
