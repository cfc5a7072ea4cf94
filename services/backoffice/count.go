package backoffice

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/projections/register"
	"rackvidd/services/surveying"
)

// count reads the figures of a year, without what checks look at. Before anything is recorded there are none.
func (s *Service) count(ctx context.Context, q question) (n reach.Counted, err error) {
	d, err := reach.Named(string(q.form.Definition))
	if err != nil {
		return n, err
	}
	p := reach.CalendarYear(q.year)
	if q.at > 0 && q.shown.Generation > 0 {
		if known, ok := s.Counts.Known(q.shown, d, p, q.at); ok {
			return known, nil
		}
	}
	recorded, err := projections.ViewRecorded(ctx, s.Log, s.Reading, reach.Projection{}.Name(), q.m, max(q.least, q.at), func(tx pgx.Tx, shown projections.Checkpoint) error {
		at := q.at
		if at == 0 {
			at = shown.Position
		}
		n, err = s.Counts.Of(ctx, tx, shown, d, p, at)
		return err
	})
	if err == nil && !recorded {
		return reach.Count(reach.Evidence{Municipal: q.m}, d, p, 0), nil
	}
	return n, err
}

// programmes reads what was offered.
func (s *Service) programmes(ctx context.Context, q question) (list []surveying.Programme, err error) {
	err = projections.View(ctx, s.Reading, register.Projection{}.Name(), q.m, q.at, func(tx pgx.Tx, _ projections.Checkpoint) error {
		list, err = offered(ctx, tx, q.at)
		return err
	})
	return list, err
}

func offered(ctx context.Context, tx pgx.Tx, at events.Position) (list []surveying.Programme, err error) {
	all, err := register.Programmes(ctx, tx, at)
	for _, p := range all {
		if p.Target == events.OtherTarget { // what it does is not what the survey asks about
			continue
		}
		list = append(list, surveying.Programme{ID: p.Programme, Name: p.Name, Forms: p.Forms, Organiser: p.Organiser, ValidFrom: p.ValidFrom})
	}
	return list, err
}

// reviewed is what the registers of a year show, and what was offered. Nobody changes it.
type reviewed struct {
	programmes []surveying.Programme
	registers  register.Findings
}

type reviewKey struct {
	m          events.Municipality
	generation int
	year       events.Year
	today      events.Day
	at         events.Position
}

// review reads the programmes, and what the registers of the year show.
func (s *Service) review(ctx context.Context, q question) (r reviewed, err error) {
	model := register.Projection{}.Name()
	for {
		shown, err := projections.Shown(ctx, s.Reading, model, q.m, q.at)
		if err != nil {
			return r, err
		}
		r, err = s.reviews.Ask(reviewKey{q.m, shown.Generation, q.year, q.today, q.at}, func() (r reviewed, err error) {
			err = projections.View(ctx, s.Reading, model, q.m, q.at, func(tx pgx.Tx, now projections.Checkpoint) error {
				if now.Generation != shown.Generation {
					return errSwitched
				}
				r.programmes, r.registers, err = s.reviewed(ctx, tx, now, q)
				return err
			})
			return r, err
		})
		if !errors.Is(err, errSwitched) {
			return r, err
		}
	}
}

// errSwitched says that other tables are in use than a moment before: what they show is kept as theirs.
var errSwitched = errors.New("other tables are in use by now")
