package main

import (
	"context"

	"rackvidd/events"
	"rackvidd/projections/reach"
)

type noNational struct{}

func (noNational) Receive(context.Context, ...events.AnswerReceived) error { return nil }
func (noNational) Population(context.Context, events.Municipality, events.Year) (int, error) {
	return 0, nil
}

func (noNational) Coverage(context.Context, events.Municipality, events.Year, int) ([]reach.Coverage, error) {
	return []reach.Coverage{}, nil
}
