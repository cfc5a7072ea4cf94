package giveway

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// threads of low precedence that have nothing to do.
var threads = make(chan chan func(), 4)

// Aside does work on a thread of low precedence, and returns when it is done.
func Aside(work func()) {
	var thread chan func()
	select {
	case thread = <-threads:
	default:
		thread = make(chan func())
		go serve(thread)
	}
	done := make(chan any)
	whole := false
	thread <- func() {
		defer func() { done <- recover() }()
		work()
		whole = true
	}
	failed := <-done
	if !whole { // it may have ended its goroutine
		close(thread)
		if failed != nil {
			panic(failed)
		}
		return
	}
	select {
	case threads <- thread:
	default:
		close(thread)
	}
}

// serve does work on a thread that nothing else runs on, and that ends with it.
func serve(thread chan func()) {
	runtime.LockOSThread()
	Lower(0)
	for work := range thread {
		work()
	}
}

// Lower gives a process of one thread, or with 0 the calling thread, a low precedence, a tenth of everybody's, and from Linux 6.12 on
// a short slice: precedence alone takes a processor from nobody before a slice of some milliseconds is over. What is lower already is
// not raised. Where that is not allowed it is like any other. Not everybody may take it back.
func Lower(pid int) {
	const low, short = 10, 200_000 // nanoseconds
	nice := int32(low)
	if now, err := unix.SchedGetAttr(pid, 0); err == nil {
		if now.Policy == unix.SCHED_IDLE {
			return
		}
		nice = max(nice, now.Nice)
	}
	_ = unix.SchedSetAttr(pid, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Nice: nice, Runtime: short}, 0)
}
