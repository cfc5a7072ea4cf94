package backoffice

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
)

// Tell brings the national log up to date about what a municipality submitted of some years. A year that cannot be told
// keeps none of the others back.
func (s *Service) Tell(ctx context.Context, m events.Municipality, years ...events.Year) error {
	surveys, _, err := s.stream(ctx, m, years...)
	if err != nil {
		return err
	}
	var failed []error
	for _, year := range years {
		if sub := surveys[year].Submitted; sub != nil {
			if err := s.tell(ctx, m, *sub); err != nil {
				failed = append(failed, fmt.Errorf("%s %d: %w", m, year, err))
			}
		}
	}
	return errors.Join(failed...)
}

func (s *Service) tell(ctx context.Context, m events.Municipality, sub events.SurveySubmitted) error {
	form, err := s.asked(sub.Form, sub.Definition)
	if err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	_, err = s.National.Receive(ctx, events.Command{ID: id, Time: time.Now().UTC()}, []events.AnswerReceived{form.Received(m, sub)})
	return err
}

// Run tells the national level what was submitted and could not be told then, until ctx ends: a submission is recorded in
// its municipality's log first, and whatever comes between is made up for here.
func (s *Service) Run(ctx context.Context) error {
	const often, seldom = 5 * time.Second, time.Minute
	for wait := time.Duration(0); ; {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
		wait = seldom
		if err := s.tellAll(ctx); err != nil && ctx.Err() == nil {
			s.logger().Warn("the national level could not be told of every submission; trying again", "error", err)
			wait = often
		}
	}
}

func (s *Service) tellAll(ctx context.Context) error {
	known, err := s.Log.Municipalities(ctx)
	if err != nil {
		return err
	}
	var years []events.Year
	for year := s.Forms.FirstYear(); year <= s.Today().Year(); year++ {
		years = append(years, year)
	}
	for _, m := range known {
		if m != events.National {
			err = errors.Join(err, s.Tell(ctx, m, years...))
		}
	}
	return err
}
