package giveway_test

import (
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"rackvidd/events/giveway"
)

func TestWorkAsideHasLowPrecedenceAndNothingElseHas(t *testing.T) {
	niceness := func() int {
		raw, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
		if err != nil {
			t.Error(err)
		}
		return 20 - raw // as the kernel answers
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			giveway.Aside(func() {
				if got := niceness(); got != 10 {
					t.Errorf("aside: %d", got)
				}
				giveway.Aside(func() {
					if got := niceness(); got != 10 {
						t.Errorf("aside of that: %d", got)
					}
				})
			})
			if got := niceness(); got == 10 {
				t.Error("whoever had it done is as low")
			}
		})
	}
	all.Wait()
}

func TestWhatPanicsAsideDoesSoWhereItWasAskedFor(t *testing.T) {
	defer func() {
		if said := recover(); said != "damaged" {
			t.Errorf("it says %v", said)
		}
		giveway.Aside(func() {}) // the next has a thread
	}()
	giveway.Aside(func() { runtime.Goexit() })
	giveway.Aside(func() { panic("damaged") })
}
