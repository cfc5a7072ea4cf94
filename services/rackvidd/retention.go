package main

import (
	"context"
	"time"

	"rackvidd/events"
	"rackvidd/events/failpoint"
	"rackvidd/services/access"
	"rackvidd/services/api"
	"rackvidd/services/integrity"
	"rackvidd/services/retention"
)

func (p *parts) retention() *retention.Service {
	return &retention.Service{
		Log: p.journal, Reading: p.reading, Vault: p.vault, Actor: access.BuiltIn(), Clock: failpoint.Now, Logger: p.log,
		Whole: func(m events.Municipality) error {
			return p.damage(m, integrity.TheArchive, integrity.TheStream, integrity.TheReadModel, integrity.TheVault)
		},
	}
}

// retain erases by retention, when the vault is known to be as new as the logs.
func (p *parts) retain(ctx context.Context) error {
	select {
	case <-p.compared:
	case <-ctx.Done():
		return nil
	}
	return p.retention().Run(ctx)
}

// retaining lets the API ask for the list: neither knows the other.
type retaining struct{ *retention.Service }

func (r retaining) Listed(ctx context.Context, m events.Municipality) ([]api.Unrecorded, error) {
	return unrecorded(r.Service.Listed(ctx, m))
}

func (r retaining) Foreseen(ctx context.Context, m events.Municipality, years events.Amount) ([]api.Unrecorded, error) {
	return unrecorded(r.Service.Foreseen(ctx, m, years))
}

func (r retaining) Announced(ctx context.Context, m events.Municipality) (api.ToErase, error) {
	a, err := r.Service.Announced(ctx, m)
	return api.ToErase{Children: a.Children, From: moment(a.From), To: moment(a.To)}, err
}

func (r retaining) List(ctx context.Context, m events.Municipality) ([]api.Unrecorded, error) {
	return unrecorded(r.Service.List(ctx, m))
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func unrecorded(list []retention.Listed, err error) ([]api.Unrecorded, error) {
	answer := make([]api.Unrecorded, len(list))
	for i, one := range list {
		answer[i] = api.Unrecorded{Child: one.Child, LastRecorded: one.Last, Listed: moment(one.Since), Erased: moment(one.Erased)}
	}
	return answer, err
}
