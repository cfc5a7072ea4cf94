package backoffice

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/caseload"
	"rackvidd/projections/reach"
	"rackvidd/services/surveying"
)

// Statistics are a municipality's own, beside the survey: exact, and for those whose task it is. All of one position.
type Statistics struct {
	reach.Figures
	SessionsPerChild reach.SessionsPerChild `json:"sessions_per_child"`
	Waiting          []Waiting              `json:"waiting"`
	Years            []reach.YearOfFigures  `json:"years" doc:"this year and the four before, the earliest first"`
}

// Waiting is how many days referrals waited that led to a place of the year, by programme.
type Waiting struct {
	Programme   events.ProgrammeID `json:"programme"`
	Referrals   int                `json:"referrals"`
	MedianDays  float64            `json:"median_days"`
	LongestDays int                `json:"longest_days"`
}

// yearsBack is how many years stand beside each other.
const yearsBack = 5

// statistics gathers what stands beside a survey, as of its position.
func (s *Service) statistics(ctx context.Context, o *opened) (st Statistics, err error) {
	st.Figures, st.Waiting = o.evidence.Figures, []Waiting{}
	d, err := reach.Named(string(o.form.Definition))
	if err != nil || st.Position == 0 {
		st.SessionsPerChild = reach.CountSessions(reach.Evidence{}, d, reach.CalendarYear(o.Year))
		return st, err
	}
	st.SessionsPerChild = o.evidence.sessions
	if st.Waiting, err = s.waiting(ctx, o); err != nil {
		return st, err
	}
	if st.Coverage, err = unlessStopped(s.National.Coverage(ctx, o.Municipality, o.Year, o.evidence.figures.Number())); err != nil {
		return st, err
	}
	st.Years, err = s.years(ctx, o)
	return st, err
}

func (s *Service) waiting(ctx context.Context, o *opened) (list []Waiting, err error) {
	list = []Waiting{}
	err = projections.View(ctx, s.Reading, caseload.Projection{}.Name(), o.Municipality, o.evidence.Position, func(tx pgx.Tx, _ projections.Checkpoint) error {
		desk, err := caseload.On(ctx, tx, s.Today(), o.evidence.Position)
		for _, w := range caseload.Measure(desk.Waits) {
			if w.Year == o.Year {
				list = append(list, Waiting{w.Programme, w.Referrals, w.Median, w.Longest})
			}
		}
		return err
	})
	return list, err
}

// Years compares the figures of a year with those of the four before it, the earliest first, as JSON.
func (s *Service) Years(ctx context.Context, a surveying.Asked) (list []reach.YearOfFigures, at events.Position, err error) {
	o := &opened{Asked: a}
	if o.form, err = s.form(a.Year); err != nil {
		return nil, 0, err
	}
	surveys, _, err := s.stream(ctx, a.Municipality, yearsTo(a.Year)...)
	if err != nil {
		return nil, 0, err
	}
	o.survey = surveys[a.Year]
	q, err := s.asks(ctx, o)
	if err != nil || q.at == 0 {
		return []reach.YearOfFigures{}, 0, err
	}
	o.evidence.Position, o.evidence.shown = q.at, q.shown
	if o.evidence.figures.Programmes, err = s.programmes(ctx, q); err != nil {
		return nil, 0, err
	}
	list, err = s.compared(ctx, o, surveys)
	return list, q.at, err
}

// yearsTo are a year and the four before it.
func yearsTo(year events.Year) (list []events.Year) {
	for back := yearsBack - 1; back >= 0; back-- {
		list = append(list, year-events.Year(back))
	}
	return list
}

// years compares a year with those before, each by the definition of its form, or by this year's where no form is known.
func (s *Service) years(ctx context.Context, o *opened) (list []reach.YearOfFigures, err error) {
	surveys, _, err := s.stream(ctx, o.Municipality, yearsTo(o.Year)...)
	if err != nil {
		return nil, err
	}
	return s.compared(ctx, o, surveys)
}

func (s *Service) compared(ctx context.Context, o *opened, surveys map[events.Year]*surveying.Survey) ([]reach.YearOfFigures, error) {
	wanted := yearsTo(o.Year)
	list := make([]reach.YearOfFigures, len(wanted))
	together, within := errgroup.WithContext(ctx)
	for i, year := range wanted {
		together.Go(func() (err error) { list[i], err = s.oneYear(within, o, year, surveys[year]); return err })
	}
	return list, together.Wait()
}

func (s *Service) oneYear(ctx context.Context, o *opened, year events.Year, survey *surveying.Survey) (one reach.YearOfFigures, err error) {
	form, known := s.Forms.Of(year)
	one = reach.YearOfFigures{Year: year, Form: form.ID, Definition: form.Definition}
	if !known {
		form = o.form
		one.Definition = o.form.Definition
	}
	f, err := s.figures(ctx, question{m: o.Municipality, year: year, form: form, at: o.evidence.Position, shown: o.evidence.shown})
	if err != nil {
		return one, err
	}
	one.Children, one.Lower, one.Upper, one.Known = f.Children, f.Bounds.Lower, f.Bounds.Upper, o.knows(year, f)
	if sub := survey.Submitted; sub != nil {
		if n, ok := form.NumberIn(sub.Answers); ok {
			one.Submitted = &n
		}
	}
	if !one.Known {
		one.Coverage = []reach.Coverage{}
		return one, nil
	}
	one.Coverage, err = unlessStopped(s.National.Coverage(ctx, o.Municipality, year, f.Bounds.Lower))
	return one, err
}

// knows reports whether anything is known of a year: a programme that had begun, or a record.
func (o *opened) knows(year events.Year, f reach.Figures) bool {
	return f.Bounds.Upper+f.Referrals.Received+f.Enrolments.Children+f.Guests.Children > 0 ||
		slices.ContainsFunc(o.evidence.figures.Programmes, func(p surveying.Programme) bool { return p.ValidFrom.Year() <= year })
}
