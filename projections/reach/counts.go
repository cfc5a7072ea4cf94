package reach

import (
	"context"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
)

// Counted is all that the evidence of a period is asked for, under one definition. Nobody changes it.
type Counted struct {
	Figures
	Reached  map[events.ID]bool // whom Figures.Children counts
	Findings Findings
	Sessions SessionsPerChild
}

// Count counts the evidence of a period.
func Count(e Evidence, d Definition, p Period, at events.Position) Counted {
	c := counting{Evidence: e, d: d, year: p.To.Year()}
	reached := c.reached()
	return Counted{c.figures(reached, p, at), setOf(reached), c.review(reached), c.countSessions(reached)}
}

// Counts remembers what was counted lately. The zero value is ready; nil remembers nothing.
type Counts struct {
	remembered projections.Remembered[questionKey, Counted]
}

// questionKey is what a count is of. At a position it is the same for ever in the same tables; those that are made anew have
// another generation.
type questionKey struct {
	municipality events.Municipality
	generation   int
	Period
	definition string
	at         events.Position
}

// Of counts a period as of a position, or remembers it. tx shows what is shown.
func (c *Counts) Of(ctx context.Context, tx pgx.Tx, shown projections.Checkpoint, d Definition, p Period, at events.Position) (Counted, error) {
	count := func() (n Counted, err error) {
		e, err := Gather(ctx, tx, shown.Municipality, p, at)
		if err == nil {
			n = Count(e, d, p, at)
		}
		return n, err
	}
	if c == nil {
		return count()
	}
	return c.remembered.Ask(questionKey{shown.Municipality, shown.Generation, p, d.ID, at}, count)
}
