// Package survey answers "what did the municipalities answer, and of how many children?" from the national log, now or
// as of any earlier position of it.
package survey

import (
	"context"
	_ "embed"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
)

//go:embed tables.sql
var tables string

//go:embed keys.sql
var keys string

// Projection is the read model.
type Projection struct{}

func (Projection) Name() string   { return "survey" }
func (Projection) Tables() string { return tables }
func (Projection) Keys() string   { return keys }

// Concerns is true of the national log alone: no municipality's log says what others answered.
func (Projection) Concerns(log events.Municipality) bool { return log == events.National }

func (Projection) Batch(events.Municipality) projections.Batch { return newFold() }

// fold is what a stretch of the log adds to the read model.
type fold struct {
	answers      *projections.Versions[answerKey, events.AnswerReceived]
	population   *projections.Versions[placeKey, placeRow]
	denominators *projections.Versions[events.DenominatorID, events.DenominatorStated]
	messages     *projections.Facts[message]
}

// Add folds one message. What municipalities record of children, of their surveys and releases is not in this log.
func (f *fold) Add(r events.Recorded) error {
	first, _ := r.Span()
	f.messages.Add(message{r.Position, first, r.Time})
	for _, e := range r.Events {
		f.add(e, r.Position)
	}
	return nil
}

func (f *fold) add(e events.Event, at events.Position) {
	switch e := e.(type) {
	case events.AnswerReceived:
		f.answers.Replace(answerKey{e.Municipality, e.Year, e.District}, e, at)
	case events.PopulationStated:
		for _, row := range e.Rows {
			f.population.Replace(placeKey{e.Year, row.Municipality}, placeRow{row.Children, e.Source}, at)
		}
	case events.DenominatorStated:
		f.denominators.Replace(e.Denominator, e, at)
	}
}

// Apply writes what was folded.
func (f *fold) Apply(ctx context.Context, tx pgx.Tx) error {
	for _, apply := range []func(context.Context, pgx.Tx) error{
		f.answers.Apply, f.population.Apply, f.denominators.Apply, f.messages.Apply,
	} {
		if err := apply(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}
