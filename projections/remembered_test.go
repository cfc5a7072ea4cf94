package projections_test

import (
	"errors"
	"testing"

	"rackvidd/projections"
)

func TestTheLatestAnswersAreRememberedAndNoErrors(t *testing.T) {
	r := projections.Remembered[int, int]{Most: 2}
	asked := 0
	ask := func(key int, err error) int {
		v, _ := r.Ask(key, func() (int, error) {
			asked++
			return 10 * key, err
		})
		return v
	}
	ask(1, errors.New("away"))
	for _, step := range []struct{ key, asked int }{{1, 2}, {1, 2}, {2, 3}, {1, 3}, {3, 4}, {1, 4}, {2, 5}} {
		if got := ask(step.key, nil); got != 10*step.key || asked != step.asked {
			t.Errorf("%d is %d after %d questions, not %d", step.key, got, asked, step.asked)
		}
	}
}
