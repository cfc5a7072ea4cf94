package access

import (
	"sync"
	"time"
)

const (
	rememberFor  = 2 * time.Second
	rememberMost = 10_000
)

// recent remembers authentications for a moment, so that not every request costs a query.
type recent struct {
	mu    sync.Mutex
	known map[[32]byte]remembered
}

type remembered struct {
	principal Principal
	until     time.Time
}

func (r *recent) find(hash [32]byte, now time.Time) (Principal, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k, ok := r.known[hash]
	return k.principal, ok && now.Before(k.until)
}

func (r *recent) keep(hash [32]byte, p Principal, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.known) >= rememberMost {
		clear(r.known)
	}
	r.known[hash] = remembered{p, now.Add(rememberFor)}
}

func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.known)
}
