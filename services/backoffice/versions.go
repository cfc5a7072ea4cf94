package backoffice

import (
	"context"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/casework"
	"rackvidd/services/surveying"
)

// Versions lists what was submitted about a year, the first first. A refusal in Missing: no survey of ours asks about it.
func (s *Service) Versions(ctx context.Context, a surveying.Asked) ([]surveying.Filed, error) {
	survey, err := s.submissions(ctx, a)
	if err != nil {
		return nil, err
	}
	list := make([]surveying.Filed, len(survey.Versions))
	words, err := s.read(ctx, a.Municipality, reasonsOf(survey.Versions))
	if err != nil {
		return nil, err
	}
	together, within := errgroup.WithContext(ctx)
	for i, v := range survey.Versions {
		together.Go(func() error { list[i] = s.filed(within, a, v, words); return nil })
	}
	return list, together.Wait()
}

func (s *Service) submissions(ctx context.Context, a surveying.Asked) (*surveying.Survey, error) {
	if _, err := s.form(a.Year); err != nil {
		return nil, err
	}
	surveys, _, err := s.stream(ctx, a.Municipality, a.Year)
	return surveys[a.Year], err
}

func reasonsOf(versions []surveying.Version) (list []events.Wording) {
	for _, v := range versions {
		if !v.Reason.IsZero() {
			list = append(list, v.Reason)
		}
	}
	return list
}

func (s *Service) filed(ctx context.Context, a surveying.Asked, v surveying.Version, words texts) surveying.Filed {
	why := words.of(v.Reason)
	return surveying.Filed{
		SubmittedVersion: surveying.SubmittedVersion{Version: int(v.Version), Position: events.Position(v.Position), Definition: v.Definition, Program: v.Program, Statement: s.stated(ctx, a, int(v.Version))},
		Form:             v.Form, SubmittedAt: v.Step.At, SubmittedBy: v.Step.By, Reason: why.Text, ReasonGone: why.Gone,
	}
}

// Version is a submitted version as it was: its answers are those of the log, and nothing is computed again.
func (s *Service) Version(ctx context.Context, a surveying.Asked, number int) (sheet surveying.FiledSheet, err error) {
	survey, err := s.submissions(ctx, a)
	if err != nil {
		return sheet, err
	}
	v, err := submitted(survey, a, number)
	if err != nil {
		return sheet, err
	}
	form, err := s.asked(v.Form, v.Definition)
	if err != nil {
		return sheet, err
	}
	words, err := s.read(ctx, a.Municipality, v.Wordings())
	if err != nil {
		return sheet, err
	}
	sheet = surveying.FiledSheet{
		Municipality: a.Municipality, Year: a.Year, Title: form.Title.In(a.Language), Filed: s.filed(ctx, a, v, words), Answers: v.Said(form, words.of),
		Remarks: remarksOf(form, v.Remarks, words), Comments: []surveying.RuleComment{}, Steps: []surveying.Step{}, State: survey.State, Latest: int(survey.Submitted.Version),
	}
	for _, rule := range slices.Sorted(maps.Keys(v.Comments)) {
		if !v.Found(form, rule) { // the comment is on what was put right before
			continue
		}
		said := words.of(v.Comments[rule])
		sheet.Comments = append(sheet.Comments, surveying.RuleComment{Rule: rule, Comment: said.Text, Gone: said.Gone})
	}
	for _, step := range survey.Steps {
		if step.Version == number {
			sheet.Steps = append(sheet.Steps, step)
		}
	}
	return sheet, nil
}

func submitted(survey *surveying.Survey, a surveying.Asked, number int) (surveying.Version, error) {
	v, ok := survey.Submission(number)
	if !ok {
		return v, casework.Refuse(casework.Missing, "no_version", "", "version %d of the survey of %d was not submitted; GET its versions to see which were", number, a.Year)
	}
	return v, nil
}

// Compare says what two submitted versions differ in: answers, the figures that were signed with them, and why the number of
// children is another.
func (s *Service) Compare(ctx context.Context, a surveying.Asked, from, to int) (d surveying.Apart, err error) {
	survey, err := s.submissions(ctx, a)
	if err != nil {
		return d, err
	}
	before, err := submitted(survey, a, from)
	if err != nil {
		return d, err
	}
	after, err := submitted(survey, a, to)
	if err != nil {
		return d, err
	}
	if from > to {
		return d, casework.Refuse(casework.Invalid, "backwards", "query.to", "is before from; give the earlier version first")
	}
	form, err := s.asked(before.Form, before.Definition)
	if err != nil {
		return d, err
	}
	toForm, err := s.asked(after.Form, after.Definition)
	if err != nil {
		return d, err
	}
	words, err := s.read(ctx, a.Municipality, slices.Concat(before.Wordings(), after.Wordings(), reasonsOf(survey.Versions)))
	if err != nil {
		return d, err
	}
	d = surveying.Apart{
		Municipality: a.Municipality, Year: a.Year, From: s.filed(ctx, a, before, words), To: s.filed(ctx, a, after, words),
		Amendments: []surveying.Amendment{}, Answers: before.AnswersApart(after, form, toForm, words.of),
	}
	for _, v := range survey.Versions {
		if n := int(v.Version); from < n && n <= to {
			why := words.of(v.Reason)
			d.Amendments = append(d.Amendments, surveying.Amendment{Version: n, Reason: why.Text, Gone: why.Gone})
		}
	}
	if d.Children, err = s.childrenApart(ctx, a, before, after, form, toForm); err != nil {
		return d, err
	}
	d.Figures, d.Signed, err = s.figuresApart(ctx, a, toForm, from, to)
	return d, err
}

// childrenApart itemises why the number of children is another; nil: nothing made it another, or one says no number.
func (s *Service) childrenApart(ctx context.Context, a surveying.Asked, from, to surveying.Version, form, toForm surveying.Form) (*surveying.ChildrenApart, error) {
	before, known := form.NumberIn(from.Answers)
	after, knownToo := toForm.NumberIn(to.Answers)
	if !known || !knownToo {
		return nil, nil
	}
	then, err := reach.Named(string(from.Definition))
	if err != nil {
		return nil, err
	}
	now, err := reach.Named(string(to.Definition))
	if err != nil {
		return nil, err
	}
	why, err := reach.Explain(ctx, s.Log, a.Municipality, reach.Question{
		Period: reach.CalendarYear(a.Year), From: reach.Moment{Position: events.Position(from.Position), Definition: then}, To: reach.Moment{Position: events.Position(to.Position), Definition: now},
	})
	if err != nil {
		return nil, err
	}
	c := &surveying.ChildrenApart{From: before, To: after, Items: []surveying.SinceItem{}}
	if given := (after - why.After.Number) - (before - why.Before.Number); given != 0 {
		c.Items = append(c.Items, surveying.SinceItem{Reason: "given", Children: given})
	}
	for _, i := range why.Items {
		if i.Children != 0 {
			c.Items = append(c.Items, surveying.SinceItem{Reason: string(i.Reason), Children: i.Children})
		}
	}
	if len(c.Items) == 0 {
		return nil, nil
	}
	return c, nil
}

// figuresApart are the figures that differ, by the question of the later version's form that they belong to; signed is false
// where one of the versions is not signed yet.
func (s *Service) figuresApart(ctx context.Context, a surveying.Asked, form surveying.Form, from, to int) (list []surveying.FigureApart, signed bool, err error) {
	if s.Apart != nil {
		list, err = s.Apart(ctx, a.Municipality, a.Year, from, to)
	}
	if err != nil || list == nil {
		return []surveying.FigureApart{}, false, err
	}
	for i := range list {
		list[i].Question = form.QuestionOf(list[i].Figure)
	}
	return list, true, nil
}
