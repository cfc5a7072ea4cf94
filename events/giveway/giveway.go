// Package giveway lets whoever waits for a processor have it in the middle of long work. The kernel takes a processor from
// nobody before a slice of several milliseconds is over, not even for a thread that slept and has next to nothing to do; and
// Go's scheduler knows nothing of other processes, the database among them.
package giveway

import "syscall"

// Now gives the processor up, if anybody waits for it.
func Now() { _, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }

// Work is how many small things (rows, children) were done. The zero value is ready.
type Work int

// Done counts one more, and gives the processor up after every 256 of them: a fraction of a millisecond.
func (w *Work) Done() {
	const every = 256
	if *w++; *w%every == 0 {
		Now()
	}
}
