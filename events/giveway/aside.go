package giveway

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// threads of the lowest precedence that have nothing to do.
var threads = make(chan chan func(), 4)

// Aside does work on a thread of the lowest precedence, and returns when it is done.
func Aside(work func()) {
	var thread chan func()
	select {
	case thread = <-threads:
	default:
		thread = make(chan func())
		go serve(thread)
	}
	done := make(chan any)
	thread <- func() {
		defer func() { done <- recover() }()
		work()
	}
	failed := <-done
	select {
	case threads <- thread:
	default:
		close(thread)
	}
	if failed != nil {
		panic(failed)
	}
}

// serve does work on a thread that nothing else runs on, and that ends with it.
func serve(thread chan func()) {
	runtime.LockOSThread()
	lower()
	for work := range thread {
		work()
	}
}

// lower gives the thread the lowest precedence and, from Linux 6.12 on, the shortest slice: precedence alone takes a processor
// from nobody before a slice of some milliseconds is over. Where that is not allowed it is a thread like any other.
func lower() {
	const lowest, shortest = 19, 100_000 // nanoseconds
	_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Nice: lowest, Runtime: shortest}, 0)
}
