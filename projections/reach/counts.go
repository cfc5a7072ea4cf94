package reach

import (
	"cmp"
	"context"
	"slices"
	"sync"

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
	c := newCounting(e, d, p)
	reached := c.reached()
	return Counted{c.figures(reached, p, at), setOf(reached), c.review(reached), c.countSessions(reached)}
}

// Counts remembers what was counted lately, and keeps the evidence that was gathered last of a period, from which the next
// is made: then only what changed in between is read. The zero value is ready; nil remembers nothing.
type Counts struct {
	Most int // rows of evidence that are kept; 0: 400,000, of about 100 bytes each

	remembered projections.Remembered[questionKey, Counted]
	changes    projections.Remembered[projections.Between, *changed]

	mu   sync.Mutex
	kept []*keptEvidence // the latest used last
}

// questionKey is what a count is of. At a position it is the same for ever in the same tables.
type questionKey struct {
	tablesKey
	definition string
	at         events.Position
}

// tablesKey is what evidence is of. Tables that are made anew have another generation.
type tablesKey struct {
	municipality events.Municipality
	generation   int
	Period
}

type keptEvidence struct {
	of tablesKey
	*gathering
}

const mostKept = 400_000

// Of counts a period as of a position, or remembers it. tx shows what is shown.
func (c *Counts) Of(ctx context.Context, tx pgx.Tx, shown projections.Checkpoint, d Definition, p Period, at events.Position) (Counted, error) {
	of := tablesKey{shown.Municipality, shown.Generation, p}
	if c == nil {
		g, err := c.gather(ctx, tx, of, at)
		if err != nil {
			return Counted{}, err
		}
		return Count(g.Evidence, d, p, at), nil
	}
	return c.remembered.Ask(questionKey{of, d.ID, at}, func() (n Counted, err error) {
		g, err := c.gather(ctx, tx, of, at)
		if err != nil {
			return n, err
		}
		count := func() (Counted, error) { return Count(g.Evidence, d, p, g.since), nil }
		if g.since == at {
			return count()
		}
		// What happened since was about other years: it is counted already, but for the position.
		n, err = c.remembered.Ask(questionKey{of, d.ID, g.since}, count)
		n.Position = at
		return n, err
	})
}

// Known is what Of remembers, for whoever has just seen what is shown: nothing is looked up.
func (c *Counts) Known(shown projections.Checkpoint, d Definition, p Period, at events.Position) (n Counted, ok bool) {
	if c == nil {
		return n, false
	}
	return c.remembered.Known(questionKey{tablesKey{shown.Municipality, shown.Generation, p}, d.ID, at})
}

// gather makes the evidence from what is kept, or from nothing where that is of a later position.
func (c *Counts) gather(ctx context.Context, tx pgx.Tx, of tablesKey, at events.Position) (g *gathering, err error) {
	if c == nil {
		return gather(ctx, tx, of.municipality, of.Period, at)
	}
	switch kept := c.lately(of); {
	case kept == nil:
		g, err = gather(ctx, tx, of.municipality, of.Period, at)
	case kept.at > at:
		return gather(ctx, tx, of.municipality, of.Period, at)
	case kept.at == at:
		return kept, nil
	default:
		var between *changed
		between, err = c.changes.Ask(projections.Between{Municipality: of.municipality, Generation: of.generation, After: kept.at, To: at}, func() (*changed, error) { return changedSince(ctx, tx, of.municipality, kept.at) })
		if err == nil {
			g, err = kept.forward(ctx, tx, between, at)
		}
	}
	if err == nil {
		c.keep(&keptEvidence{of, g})
	}
	return g, err
}

// lately is what is kept, if anything.
func (c *Counts) lately(of tablesKey) *gathering {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.kept, func(k *keptEvidence) bool { return k.of == of })
	if i < 0 {
		return nil
	}
	k := c.kept[i]
	c.kept = append(slices.Delete(c.kept, i, i+1), k)
	return k.gathering
}

// keep keeps the latest of a period, and as many others as there is room for.
func (c *Counts) keep(k *keptEvidence) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.IndexFunc(c.kept, func(o *keptEvidence) bool { return o.of == k.of }); i >= 0 {
		if c.kept[i].at > k.at {
			return
		}
		c.kept = slices.Delete(c.kept, i, i+1)
	}
	c.kept = append(c.kept, k)
	room := cmp.Or(c.Most, mostKept)
	for i, k := range slices.Backward(c.kept) {
		if room -= k.size(); room < 0 {
			c.kept = slices.Delete(c.kept, 0, i+1)
			return
		}
	}
}
