package casework_test

import (
	"slices"
	"testing"

	"rackvidd/events"
	"rackvidd/services/casework"
)

func TestARetentionIsOfOneToThirtyYearsOrNone(t *testing.T) {
	for years, refused := range map[events.Amount]bool{-1: true, 0: false, 1: false, 30: false, 31: true} {
		var r casework.Retention
		if _, err := r.Decide(years); (err != nil) != refused {
			t.Errorf("%d years: %v", years, err)
		}
	}
}

func TestTheSameRetentionAgainDecidesNothing(t *testing.T) {
	var r casework.Retention
	first, err := r.Decide(5)
	if err != nil || !slices.Equal(first, []events.Event{events.RetentionDecided{Years: 5}}) {
		t.Fatalf("decided %v: %v", first, err)
	}
	r.Evolve(first[0])
	if again, err := r.Decide(5); err != nil || len(again) > 0 {
		t.Errorf("again decided %v: %v", again, err)
	}
}
