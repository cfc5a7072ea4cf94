package casework_test

import (
	"errors"
	"fmt"
	"testing"

	"rackvidd/events"
	"rackvidd/services/casework"
)

// Words of the stories: children, an evening, and days of one March.
var (
	anna, bo, cleo = events.ID{1}, events.ID{2}, events.ID{3}
	evening        = events.ID{9}
)

func march(day int) events.Day { return events.Date(2021, 3, day) }

func entry(of events.ID, n byte) events.Entry { return events.Entry{Of: of, Number: [8]byte{n}} }

func record(n byte) events.Record { return events.Record{Key: [16]byte{n}, MAC: [8]byte{n}} }

// given is a state after what happened.
func given[S events.State](s S, list ...events.Event) S {
	for _, e := range list {
		s.Evolve(e)
	}
	return s
}

// then compares what was decided: events as they print, or the code of a refusal.
func then(t *testing.T, got []events.Event, err error, want ...any) {
	t.Helper()
	var refusal *casework.Refusal
	if errors.As(err, &refusal) {
		if len(want) != 1 || want[0] != refusal.Code {
			t.Errorf("refused as %s (%s), want %v", refusal.Code, refusal.Message, want)
		}
		if len(got) != 0 {
			t.Errorf("refused, but decided %+v", got)
		}
		return
	}
	if err != nil {
		t.Error(err)
	}
	if a, b := lines(got), lines(want); a != b {
		t.Errorf("decided\n%swant\n%s", a, b)
	}
}

func lines[E any](list []E) (s string) {
	for _, e := range list {
		s += fmt.Sprintf("  %T %+v\n", e, e)
	}
	return s
}
