package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/failpoint"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/services/api"
	"rackvidd/services/audit"
	"rackvidd/services/guests"
	"rackvidd/services/intake"
	"rackvidd/services/integrity"
	"rackvidd/services/projector"
)

// importing lets the API hand files to intake: neither knows the other.
type importing struct {
	*intake.Importer
	older func(events.Municipality, error) error
	seed  []byte // of this installation's key
}

func (i importing) Import(ctx context.Context, m events.Municipality, r api.ImportRequest) (api.ImportSummary, error) {
	s, err := i.Importer.Import(ctx, m, intake.Request(r))
	answer := api.ImportSummary{Rows: s.Rows, Recorded: s.Recorded, Duplicates: s.Duplicates, Made: made(s.Made), Unread: s.Unread, Position: s.Position}
	for _, rejected := range s.Rejected {
		answer.Rejected = append(answer.Rejected, api.RejectedRow(rejected))
	}
	var file *intake.FileError
	if errors.As(err, &file) {
		refused := &api.FileError{Code: file.Code, Column: file.Column, Message: file.Message}
		for _, heading := range file.Headings {
			refused.Headings = append(refused.Headings, i.heading(heading))
		}
		err = refused
	}
	return answer, i.older(m, err)
}

// heading is one as the API shows it. Its key says nothing of it to whoever may not bring files in here, by which keys can be had: it may be a name.
func (i importing) heading(h intake.Heading) api.FileHeading {
	shown := api.FileHeading{Place: h.Place, Text: h.Text, Column: h.Column, None: h.None}
	if !h.None {
		mac := hmac.New(sha256.New, i.seed)
		mac.Write([]byte("heading of a file\n"))
		mac.Write(h.Digest[:])
		shown.Key = base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:6])
	}
	return shown
}

func made(m intake.Made) *api.Made {
	answer := &api.Made{Rows: []api.MadeRows{}, Sessions: m.Sessions, Children: (*api.MadeChildren)(m.Children)}
	for _, rows := range m.Rows {
		answer.Rows = append(answer.Rows, api.MadeRows(rows))
	}
	return answer
}

func (p *parts) importer() api.Importer {
	return importing{older: p.older, seed: p.key.seed, Importer: &intake.Importer{
		Log: p.journal, Vault: p.vault, Clock: failpoint.Now,
		Visible: func(ctx context.Context, m events.Municipality, at events.Position) error {
			return projector.Visible(ctx, p.reading, m, at)
		},
	}}
}

// history is what figures and read models are computed anew from: the archive where it is read here, where every message
// is proven, and from the log what is not archived yet.
func (p *parts) history() projections.Source {
	if p.archive.Key == nil {
		return p.journal
	}
	gently := func(m events.Municipality) archive.Archive { return p.archive.Of(m).GivingWay(p.visitors.here) }
	return audit.Source{Source: p.journal, Archive: gently, Reached: p.proofs.Reached, Noted: p.archive.Noted}
}

// replay recomputes figures from the log alone, and keeps what the read model shows otherwise.
func (p *parts) replay(ctx context.Context, m events.Municipality, d reach.Definition, period reach.Period, asOf reach.AsOf, progress func(at, until events.Position)) (json.RawMessage, error) {
	report, err := audit.Replay(ctx, p.replaying(), audit.Request{Municipality: m, Definition: d, Period: period, AsOf: asOf, Progress: progress})
	if err != nil {
		return nil, err
	}
	p.found(report.Findings())
	return json.Marshal(report)
}

// recount recomputes the figures that a survey is submitted of.
func (p *parts) recount(ctx context.Context, m events.Municipality, d reach.Definition, year events.Year, at events.Position) (reach.Figures, error) {
	f, err := audit.Recount(ctx, p.replaying(), m, d, year, at)
	var damaged *integrity.DamagedError
	if errors.As(err, &damaged) {
		p.found(damaged.Findings)
	}
	return f, err
}

func (p *parts) replaying() audit.Deps { return audit.Deps{Log: p.history(), Pool: p.replays} }

func (p *parts) found(list []integrity.Finding) {
	for _, f := range list {
		p.archive.Findings.Add(f)
	}
}

// guests are the logs whose guests cannot be told of to their homes.
func (p *parts) guests(ctx context.Context) ([]api.GuestsState, error) {
	list, err := guests.Fails(ctx, p.pool)
	states := make([]api.GuestsState, len(list))
	for i, one := range list {
		states[i] = api.GuestsState(one)
	}
	return states, err
}

// explain says why a figure changed.
func (p *parts) explain(ctx context.Context, m events.Municipality, q reach.Question) (reach.Explanation, error) {
	return reach.Explain(ctx, p.history(), m, q)
}

// rebuild makes a read model anew, or all.
func (p *parts) rebuild(ctx context.Context, name string, m events.Municipality) error {
	projection, known := projector.Named(name)
	if !known && name != api.EveryProjection {
		return api.ErrUnknownProjection
	}
	if err := p.damage(m, integrity.TheArchive, integrity.TheStream); err != nil {
		return err
	}
	err := p.remade(ctx, m, name, projection)
	p.found(audit.OfModels(m, err)) // so that no figure is read from those in use
	return p.inUse(ctx, m, err)
}

func (p *parts) remade(ctx context.Context, m events.Municipality, name string, projection projections.Projection) error {
	if name == api.EveryProjection {
		p.rebuilding.Lock()
		defer p.rebuilding.Unlock()
		return projections.RebuildAll(ctx, p.history(), p.pool, m, projector.Projections()...)
	}
	return projections.Rebuild(ctx, p.history(), p.pool, projection, m, nil)
}

// rollback puts what stands beside a read model in use, once it is found to be what the log gives.
func (p *parts) rollback(ctx context.Context, name string, m events.Municipality, c projections.Consent) error {
	projection, known := projector.Named(name)
	if !known {
		return api.ErrUnknownProjection
	}
	if err := p.damage(m, integrity.TheArchive, integrity.TheStream); err != nil {
		return err
	}
	return p.inUse(ctx, m, projections.Rollback(ctx, p.history(), p.pool, projection, m, c))
}

// inUse verifies read models that were put in use where something stood of those before.
func (p *parts) inUse(ctx context.Context, m events.Municipality, err error) error {
	if err == nil && p.damage(m, integrity.TheReadModel) != nil {
		if err := p.copies.VerifyModels(ctx, m); err != nil {
			p.log.Warn("read models that are in use now could not be verified, and are the next time", "municipality", m, "error", err)
		}
	}
	return err
}
