// Package giveway lets whoever waits for a processor have it in the middle of long work. The kernel takes a processor from
// nobody before a slice of several milliseconds is over, not even for a thread that slept and has next to nothing to do; and
// Go's scheduler knows nothing of other processes, the database among them.
package giveway

import "syscall"

// Every is how many small things (rows, messages, children) are done between two calls of Now: a fraction of a millisecond.
const Every = 256

// Now gives the processor up, if anybody waits for it.
func Now() { _, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }

// After is Now after every so many things, of which this was the n-th.
func After(n int) {
	if n%Every == 0 {
		Now()
	}
}
