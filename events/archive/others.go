package archive

import (
	"sync"

	"rackvidd/events/giveway"
)

// others are served beside what reads an archive. A program's goroutines have no order of precedence: what keeps every
// processor busy keeps whoever waits for an answer waiting.
type others struct {
	served func() bool
	turn   sync.Mutex
}

// beside does a piece of work: while others are served, one after the other, and whoever waits for the processor has it in
// between.
func (o *others) beside(work func()) {
	if o == nil || !o.served() {
		work()
		return
	}
	o.turn.Lock()
	defer o.turn.Unlock()
	giveway.Aside(work)
	giveway.Now()
}
