package archiver

import (
	"maps"
	"sync"

	"rackvidd/events"
)

// Findings are what was found damaged in logs and their archives. The zero value is ready to use.
type Findings struct {
	mu   sync.Mutex
	list map[events.Municipality]string
}

// Note keeps what was found of a municipality, in place of what was found before; "": all of it was found whole.
func (f *Findings) Note(m events.Municipality, what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.list == nil {
		f.list = make(map[events.Municipality]string)
	}
	if f.list[m] = what; what == "" {
		delete(f.list, m)
	}
}

// All returns what stands.
func (f *Findings) All() map[events.Municipality]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.list)
}
