package guests

import (
	"context"
	"sync"

	"rackvidd/events"
)

// Held is the log in which homes are told, by a Service that can be made to wait: whoever copies every log may not copy a home's
// with what its provider's copy does not have.
type Held struct {
	events.Log
	telling sync.RWMutex
}

// Append is events.Log's, when nobody holds it.
func (h *Held) Append(ctx context.Context, m events.Municipality, decisions ...events.Decision) ([]events.Position, error) {
	h.telling.RLock()
	defer h.telling.RUnlock()
	return h.Log.Append(ctx, m, decisions...)
}

// Hold waits for what is being told, and lets nothing more be told until release is called.
func (h *Held) Hold() (release func()) {
	h.telling.Lock()
	return h.telling.Unlock
}
