// Package audit answers whether figures can be believed: it computes them again from the log alone.
package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/events/giveway"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/services/integrity"
)

// Deps are what a replay reads: the log, or its archive, and the database of read models.
type Deps struct {
	Log  projections.Source
	Pool *pgxpool.Pool
}

// Request is which figures to compute again.
type Request struct {
	Municipality events.Municipality
	Definition   reach.Definition
	Period       reach.Period
	AsOf         reach.AsOf
	// Progress hears after every decision how far was read, and how far the log is to be read; nil: nobody does.
	Progress func(at, until events.Position)
}

// Report is the figures as the log alone gives them.
type Report struct {
	reach.Figures
	EventsRead    int          `json:"events_read"`              // messages of the log, all up to the position
	Root          string       `json:"root"`                     // RFC 6962, over the exact bytes of them
	FirstRecorded *time.Time   `json:"first_recorded,omitempty"` // of a log that has nothing up to the position, and something after it
	Equal         bool         `json:"equal"`                    // to the read model at the same position
	Differences   []Difference `json:"differences,omitempty"`
}

// Findings are the figures that the read model shows and the log does not give.
func (r Report) Findings() (list []integrity.Finding) {
	for _, d := range r.Differences {
		list = append(list, integrity.Finding{
			Municipality: r.Municipality, Copy: integrity.TheReadModel, Position: r.Position, Code: integrity.OtherFigure, About: d.Path, Shown: string(d.ReadModel), Given: string(d.Log),
			Problem: "a figure is another than the log gives",
		})
	}
	return list
}

// Replay computes figures from the log alone and compares them with the read model's at the same position.
// *reach.BeyondError: the log has not come to the position. *events.PoisonError: a message is missing or unreadable.
// Errors of reading the model are those of projections.View.
func Replay(ctx context.Context, d Deps, q Request) (Report, error) {
	hashed := &hashedLog{Source: d.Log}
	if q.Progress != nil {
		hashed.heard = func(at events.Position) { q.Progress(at, max(at, q.AsOf.AtLeast(hashed.head))) }
	}
	f, info, err := reach.Replay(ctx, hashed, q.Municipality, q.Definition, q.Period, q.AsOf)
	if err != nil {
		return Report{}, err
	}
	root, err := hashed.root(f.Position)
	if err != nil {
		return Report{}, fmt.Errorf("replay the log of %s: %w", q.Municipality, err)
	}
	r := Report{Figures: f, EventsRead: info.EventsRead, Root: hex.EncodeToString(root[:])}
	if f.Position == 0 {
		if r.FirstRecorded, err = beginning(ctx, d.Log, q.Municipality); err != nil {
			return Report{}, fmt.Errorf("replay the log of %s: %w", q.Municipality, err)
		}
	}
	giveway.Aside(func() {
		var model reach.Figures
		if model, err = readModel(ctx, d.Pool, q, f.Position); err == nil {
			r.Differences, err = differences(model, f)
		}
	})
	if err != nil {
		return Report{}, err
	}
	r.Equal = len(r.Differences) == 0
	return r, nil
}

// beginning is when the first of a log was recorded; nil: nothing is.
func beginning(ctx context.Context, log projections.Source, m events.Municipality) (*time.Time, error) {
	for r, err := range log.Read(ctx, m, 0) {
		if err != nil {
			return nil, err
		}
		at := r.Time.UTC()
		return &at, nil
	}
	return nil, nil
}

// Recount computes a year's figures at a position as Replay does. *integrity.DamagedError: the read model shows others.
func Recount(ctx context.Context, d Deps, m events.Municipality, definition reach.Definition, year events.Year, at events.Position) (reach.Figures, error) {
	r, err := Replay(ctx, d, Request{Municipality: m, Definition: definition, Period: reach.CalendarYear(year), AsOf: reach.AsOfPosition(at)})
	if err == nil && !r.Equal {
		err = &integrity.DamagedError{Municipality: m, Findings: r.Findings()}
	}
	return r.Figures, err
}

// readModel reads the same figures from the tables. Before the first event there are none, and all is zero.
func readModel(ctx context.Context, pool *pgxpool.Pool, q Request, at events.Position) (f reach.Figures, err error) {
	err = projections.View(ctx, pool, reach.Projection{}.Name(), q.Municipality, at, func(tx pgx.Tx, _ projections.Checkpoint) error {
		whole, err := reach.RoundDown(ctx, tx, at)
		if err != nil {
			return err
		}
		evidence, err := reach.Gather(ctx, tx, q.Municipality, q.Period, whole)
		f = reach.Compute(evidence, q.Definition, q.Period, whole)
		return err
	})
	if at == 0 && errors.Is(err, projections.ErrNothingYet) {
		return reach.Compute(reach.Evidence{Municipal: q.Municipality}, q.Definition, q.Period, 0), nil
	}
	return f, err
}
