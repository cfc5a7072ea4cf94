package backoffice

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/surveying"
)

// opened is a survey with all that it is shown and decided by.
type opened struct {
	surveying.Asked
	form     surveying.Form
	survey   *surveying.Survey
	latest   events.Position // of its stream
	evidence evidence
	answers  []surveying.Answer
	findings []surveying.Finding
	texts    texts
	signed   *surveying.Statement // of the latest version that was submitted
}

// Open shows a survey as it stands: while it is worked on with the figures of today, once it was checked with those of
// then. recorded is when the last event was recorded that the read model shows.
//
// *surveying.UnknownFormError: no form asks about the year. Other errors are those of projections.View and of the log.
func (s *Service) Open(ctx context.Context, a surveying.Asked) (sheet surveying.Sheet, recorded time.Time, err error) {
	o, err := s.open(ctx, a)
	if err != nil {
		return sheet, recorded, err
	}
	sheet = o.sheet()
	if a.AnswersOnly {
		return sheet, o.evidence.shown.Recorded, nil
	}
	if sheet.SinceSubmission, err = s.sinceSubmitted(ctx, o); err != nil {
		return sheet, recorded, err
	}
	sheet.SinceCheck, err = s.sinceChecked(ctx, o)
	return sheet, o.evidence.shown.Recorded, err
}

// List says how far the survey of each year has come, the latest first: those that a form asks about, until this year.
func (s *Service) List(ctx context.Context, m events.Municipality) ([]surveying.InList, error) {
	var years []events.Year
	for year := s.Today().Year(); year >= s.Forms.FirstYear(); year-- {
		if _, known := s.Forms.Of(year); known {
			years = append(years, year)
		}
	}
	surveys, _, err := s.stream(ctx, m, years...)
	if err != nil {
		return nil, err
	}
	list := []surveying.InList{}
	for _, year := range years {
		form, _ := s.Forms.Of(year)
		survey := surveys[year]
		one := surveying.InList{Year: year, Form: form.ID, State: survey.State, Version: survey.Version, Due: form.DueFor(year)}
		if sub := survey.Submitted; sub != nil {
			one.Submitted = int(sub.Version)
		}
		if n := len(survey.Steps); n > 0 {
			one.Last = &survey.Steps[n-1]
		}
		list = append(list, one)
	}
	return list, nil
}

func (s *Service) open(ctx context.Context, a surveying.Asked) (*opened, error) {
	form, err := s.form(a.Year)
	if err != nil {
		return nil, err
	}
	surveys, latest, err := s.stream(ctx, a.Municipality, a.Year, a.Year-1)
	if err != nil {
		return nil, err
	}
	o := &opened{Asked: a, form: form, survey: surveys[a.Year], latest: latest[a.Year]}
	if sub := o.survey.Submitted; sub != nil {
		o.signed = s.stated(ctx, a, int(sub.Version))
	}
	return o, s.fill(ctx, o, surveys[a.Year-1])
}

// asks says what is asked of a survey's year: as of now or, once it was checked, as of then and on the form of then.
func (s *Service) asks(ctx context.Context, o *opened) (q question, err error) {
	q = question{m: o.Municipality, year: o.Year, least: o.Least, today: s.Today()}
	if frozen := o.survey.Frozen; frozen != nil {
		if o.form, err = s.asked(frozen.Form, frozen.Definition); err != nil {
			return q, err
		}
		q.at, q.today = events.Position(frozen.Position), events.DayOf(o.survey.CheckedAt.In(events.Sweden))
	}
	q.form = o.form
	return q, s.settle(ctx, &q)
}

// stated is what was signed of a submitted version. A survey is shown without, too.
func (s *Service) stated(ctx context.Context, a surveying.Asked, version int) *surveying.Statement {
	if s.Statement == nil {
		return nil
	}
	signed, err := s.Statement(ctx, a.Municipality, a.Year, version)
	if err != nil && ctx.Err() == nil {
		s.logger().Error("a survey is shown without what was signed of it", "municipality", a.Municipality, "year", a.Year, "version", version, "error", err)
	}
	return signed
}

// fill gathers what the survey's answers follow from.
func (s *Service) fill(ctx context.Context, o *opened, before *surveying.Survey) error {
	q, err := s.asks(ctx, o)
	if err != nil {
		return err
	}
	frozen := o.survey.Frozen
	var compared surveying.Circumstances
	together, within := errgroup.WithContext(ctx)
	together.Go(func() (err error) { o.evidence, err = s.gather(within, q); return err })
	together.Go(func() (err error) { o.texts, err = s.read(within, o.Municipality, o.survey.Wordings()); return err })
	if frozen != nil {
		compared.Population, compared.LastYear = surveying.Compared(*frozen)
		compared.LastYear.Version = before.StoodAt(o.survey.CheckedIn)
	} else {
		together.Go(func() (err error) { compared.LastYear, err = s.lastYear(within, q, before); return err })
		together.Go(func() (err error) {
			compared.Population, err = unlessStopped(s.National.Population(within, q.m, q.year))
			return err
		})
	}
	if err := together.Wait(); err != nil {
		return err
	}
	c := &o.evidence.circum
	o.evidence.shown, c.Population, c.LastYear = q.shown, compared.Population, compared.LastYear
	computed := surveying.Draft(o.form, o.evidence.figures, o.Language)
	o.answers = o.survey.Answers(computed, o.texts.of)
	o.findings = surveying.Examine(surveying.Examined{Form: o.form, Figures: o.evidence.figures, Answers: o.answers, Circumstances: *c})
	return nil
}

// asked is a form as it was when answers were recorded on it: its file may name another definition since.
func (s *Service) asked(id events.FormID, d events.DefinitionID) (surveying.Form, error) {
	form, err := s.named(id)
	form.Definition = d
	return form, err
}

func (s *Service) named(id events.FormID) (surveying.Form, error) {
	form, ok := s.Forms.Named(id)
	if !ok {
		return form, &MissingFormError{id}
	}
	return form, nil
}

// MissingFormError says that a survey was checked on a form whose file is gone.
type MissingFormError struct{ Form events.FormID }

func (e *MissingFormError) Error() string {
	return "the file of form " + string(e.Form) + " is gone, on which this survey was checked; put it back"
}

// lastYear is what was submitted of the year before or, where nothing was, what its figures say now.
func (s *Service) lastYear(ctx context.Context, q question, before *surveying.Survey) (last surveying.LastYear, err error) {
	if sub := before.Submitted; sub != nil {
		form, err := s.asked(sub.Form, sub.Definition)
		if err != nil {
			return last, err
		}
		n, known := form.NumberIn(sub.Answers)
		return surveying.LastYear{Known: known, Number: n, Definition: sub.Definition, Form: sub.Form, Version: int(sub.Version)}, nil
	}
	form, ok := s.Forms.Of(q.year - 1)
	if !ok || q.at == 0 {
		return last, nil
	}
	f, err := s.figures(ctx, question{m: q.m, year: q.year - 1, form: form, at: q.at, shown: q.shown})
	if err != nil || f.Bounds.Upper == 0 {
		return last, err
	}
	return surveying.LastYear{Known: true, Number: f.Bounds.Lower, Definition: form.Definition, Form: form.ID}, nil
}

// figures reads the reach figures alone.
func (s *Service) figures(ctx context.Context, q question) (reach.Figures, error) {
	n, err := s.count(ctx, q)
	return n.Figures, err
}

// sheet is the survey as it is shown.
func (o *opened) sheet() surveying.Sheet {
	why := o.texts.of(o.survey.Reason)
	sheet := surveying.Sheet{
		Municipality: o.Municipality, Year: o.Year, Form: o.form.ID, Title: o.form.Title.In(o.Language), State: o.survey.State, Version: o.survey.Version, Due: o.form.DueFor(o.Year),
		Position: o.evidence.Position, Answers: o.answers, Checks: []surveying.Check{}, Reason: why.Text, ReasonGone: why.Gone, LastYear: o.evidence.circum.LastYear,
		PreparedBy: o.survey.PreparedBy(), Steps: append([]surveying.Step{}, o.survey.Steps...), ETag: o.latest,
	}
	if sheet.PreparedBy == nil {
		sheet.PreparedBy = []events.ID{}
	}
	if sub := o.survey.Submitted; sub != nil {
		sheet.Submitted = &surveying.SubmittedVersion{Version: int(sub.Version), Position: events.Position(sub.Position), Definition: sub.Definition, Program: sub.Program, Statement: o.signed}
	}
	for _, f := range o.findings {
		c := surveying.Check{Rule: f.Rule, Severity: f.Severity, Heading: surveying.Heading(f.Rule, o.Language), Message: f.Text.In(o.Language), Sessions: len(o.evidence.behind[f.Rule]), Entries: entries[f.Rule] != nil}
		if w, ok := o.survey.Comments[f.Rule]; ok {
			said := o.texts.of(w)
			c.Comment, c.Gone = &said.Text, said.Gone
		}
		sheet.Checks = append(sheet.Checks, c)
	}
	sheet.Remarks = remarksOf(o.form, o.survey.Remarks, o.texts)
	return sheet
}

// remarksOf are the comments beside the form's questions, in their order.
func remarksOf(form surveying.Form, remarks map[events.Question]events.Wording, words texts) []surveying.Remark {
	list := []surveying.Remark{}
	for _, q := range form.Questions {
		if w, ok := remarks[q.ID]; ok {
			said := words.of(w)
			list = append(list, surveying.Remark{Question: q.ID, Comment: said.Text, Gone: said.Gone})
		}
	}
	return list
}

func sorted[C ~string](list []C) []C {
	slices.Sort(list)
	return slices.Compact(list)
}
