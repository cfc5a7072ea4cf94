package giveway_test

import (
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"rackvidd/events/giveway"
)

// niceness of the calling thread.
func niceness(t *testing.T) int {
	t.Helper()
	raw, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		t.Error(err)
	}
	return 20 - raw // as the kernel answers
}

func TestWorkAsideHasLowPrecedenceAndNothingElseHas(t *testing.T) {
	own := niceness(t)
	low := max(own, 10)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			giveway.Aside(func() {
				if got := niceness(t); got != low {
					t.Errorf("aside: %d", got)
				}
				giveway.Aside(func() {
					if got := niceness(t); got != low {
						t.Errorf("aside of that: %d", got)
					}
				})
			})
			if got := niceness(t); got != own {
				t.Errorf("whoever had it done: %d, was %d", got, own)
			}
		})
	}
	all.Wait()
}

func TestWhatIsLowerAlreadyIsNotRaised(t *testing.T) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and the thread ends with it
		lower := max(niceness(t), 15)
		if err := unix.Setpriority(unix.PRIO_PROCESS, 0, lower); err != nil {
			t.Error(err)
		}
		giveway.Lower(0)
		if got := niceness(t); got != lower {
			t.Errorf("%d, was %d", got, lower)
		}
	}()
	<-done
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
