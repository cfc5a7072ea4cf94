package projections_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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

func TestWhatSeveralAskForAtOnceIsFoundOnce(t *testing.T) {
	var r projections.Remembered[string, int]
	var found atomic.Int64
	var asking sync.WaitGroup
	for range 50 {
		asking.Go(func() {
			v, err := r.Ask("children", func() (int, error) {
				time.Sleep(20 * time.Millisecond)
				return int(41 + found.Add(1)), nil
			})
			if v != 42 || err != nil {
				t.Errorf("%d, %v", v, err)
			}
		})
	}
	asking.Wait()
	if found.Load() != 1 {
		t.Errorf("found %d times", found.Load())
	}
	first := make(chan struct{})
	asking.Go(func() {
		_, _ = r.Ask("guests", func() (int, error) { close(first); time.Sleep(20 * time.Millisecond); return 0, errors.New("away") })
	})
	<-first
	if v, err := r.Ask("guests", func() (int, error) { return 7, nil }); v != 7 || err != nil {
		t.Errorf("another's error is mine: %d, %v", v, err)
	}
	asking.Wait()
}
