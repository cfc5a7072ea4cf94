package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"rackvidd/events"
	"rackvidd/services/api"
	"rackvidd/services/vault"
)

// health answers for services that have no API: alive, and whether the parts that they use answer.
func (p *parts) health() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		state := p.readiness(r.Context())
		w.Header().Set("Content-Type", "application/json")
		if state.Status == notReady {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(state) // else whoever asked has gone
	})
	return mux
}

const notReady = "not_ready"

// readiness asks every part that is used here, all at once. While a vault that runs elsewhere does not answer, the service waits for it.
func (p *parts) readiness(ctx context.Context) api.Readiness {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	var answers sync.Map
	var asking sync.WaitGroup
	used := p.used()
	for name, ask := range used {
		asking.Go(func() { answers.Store(name, ask(ctx)) })
	}
	asking.Wait()
	state := api.Readiness{Status: "ready", Parts: make(map[string]api.PartState), Projections: []api.ProjectionState{}, Archives: []api.ArchiveState{}}
	for name := range used {
		answer, _ := answers.Load(name)
		err, failed := answer.(error)
		if !failed {
			state.Parts[name] = api.PartState{Status: "up"}
			continue
		}
		p.log.Warn("a part does not answer", "part", name, "error", p.whyAway(err))
		state.Parts[name] = api.PartState{Status: "down"}
		if p.vaultHere == nil && errors.Is(err, vault.ErrUnavailable) {
			state.Closed = p.Services
		} else {
			state.Status = notReady
		}
	}
	if len(state.Closed) > 0 && state.Status != notReady {
		state.Status = "degraded"
	}
	return state
}

// used is how each part is asked that is used here.
func (p *parts) used() map[string]func(context.Context) error {
	used := make(map[string]func(context.Context) error)
	if p.stream != nil {
		used["nats"] = func(ctx context.Context) error {
			_, err := p.journal.Municipalities(ctx)
			return err
		}
	}
	if p.pool != nil {
		used["postgres"] = p.pool.Ping
	}
	if p.vault != nil {
		used["vault"] = func(ctx context.Context) error {
			_, err := p.vault.RecordsPosition(ctx, events.National)
			return err
		}
	}
	return used
}
