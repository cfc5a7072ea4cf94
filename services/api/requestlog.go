package api

import (
	"cmp"
	"context"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
)

// seen is what the log says of a request: ids, and never what was in it.
type seen struct {
	request      uuid.UUID
	account      events.ID
	municipality events.Municipality
}

type seenKey struct{}

func seenIn(ctx context.Context) *seen {
	if s, ok := ctx.Value(seenKey{}).(*seen); ok {
		return s
	}
	return &seen{}
}

func (s *seen) instance() string { return "urn:uuid:" + s.request.String() }

// observed logs and counts every request by its route.
func (s *server) observed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		about := &seen{request: uuid.Must(uuid.NewV7())}
		r = r.WithContext(context.WithValue(r.Context(), seenKey{}, about))
		answer := &answered{ResponseWriter: w}
		h := answer.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(answer, r)
		took := time.Since(began)
		s.metrics.note(r, answer.status, took)
		method, route := routeOf(r)
		s.Logger.Info("request", "request", about.request, "method", method, "route", route, "status", answer.status,
			"ms", float64(took.Microseconds())/1000, "account", about.account, "municipality", about.municipality)
	})
}

// oneChild is what follows a municipality where something is done with one child.
const oneChild = "/children/{child}"

// routeOf is the pattern: a path may hold anything. Whatever is done with one child is named alike: by how often its identity is flagged as
// protected it could be told how many there are (services/vault/decisions/0002).
func routeOf(r *http.Request) (method, route string) {
	_, path, _ := strings.Cut(r.Pattern, " ")
	if before, _, found := strings.Cut(path, oneChild); found {
		return "any", before + oneChild
	}
	return methodOf(r), cmp.Or(r.Pattern, "none")
}

// answered remembers the status.
type answered struct {
	http.ResponseWriter
	status int
}

func (a *answered) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answered) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// recovered answers a panic as any other fault.
func (s *server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				s.Logger.Error("a request panicked", "request", seenIn(r.Context()).request, "stack", string(debug.Stack()))
				writeProblem(w, r, newProblem(http.StatusInternalServerError, "internal", "something went wrong; the log says what, under this problem's instance"))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// methodOf leaves out what is no method: it may be any text.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions:
		return r.Method
	}
	return "other"
}
