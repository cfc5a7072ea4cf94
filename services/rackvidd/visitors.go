package main

import (
	"net/http"
	"sync/atomic"
	"time"
)

// visitors tells whether somebody is being answered, so that what takes long gives way. The zero value is ready.
type visitors struct {
	last atomic.Int64 // when a request came or was answered last, in nanoseconds since 1970
}

// linger is how long after a request, or its answer, the next one is expected: somebody who reads asks again.
const linger = 250 * time.Millisecond

func (v *visitors) noticed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.last.Store(time.Now().UnixNano())
		next.ServeHTTP(w, r)
		v.last.Store(time.Now().UnixNano())
	})
}

func (v *visitors) here() bool { return time.Since(time.Unix(0, v.last.Load())) < linger }
