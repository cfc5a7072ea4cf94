package register

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
)

// Reviews keeps what the latest review of each period was made from: the next one reads what changed since. The zero value
// is ready. It keeps 16 periods of whichever municipalities were asked about last, each a few megabytes where a year has ten
// thousand attendances.
type Reviews struct {
	kept projections.Latest[periodKey, *evidence]
}

const mostPeriods = 16

// periodKey is a period in tables that may be brought forward: those that are made anew have another generation.
type periodKey struct {
	municipality events.Municipality
	generation   int
	from, to     events.Day
}

// Of is Review, from what is kept where that is of the position or an earlier one. tx shows what is shown.
func (r *Reviews) Of(ctx context.Context, tx pgx.Tx, shown projections.Checkpoint, a Asked, at events.Position) (f Findings, err error) {
	key := periodKey{shown.Municipality, shown.Generation, a.From, a.To}
	e, ok := r.kept.At(key, at)
	if ok {
		e, err = e.forward(ctx, tx, at)
	} else {
		e, err = gather(ctx, tx, a, a.whole(), at, newNumbers())
	}
	if err == nil {
		r.kept.Keep(key, at, e, mostPeriods)
		f, err = e.on(ctx, tx, a.Today)
	}
	if err != nil {
		return f, fmt.Errorf("review a period: %w", err)
	}
	return f, nil
}

// mostTouched is of how many sessions and children what is kept is brought forward; more are as quickly read with all others.
const mostTouched = 2000

// touched are the sessions and children that something was recorded of after a position: every row that begins or ends to
// hold at a position is of what its message is about.
func touched(ctx context.Context, tx pgx.Tx, after, at events.Position) ([][16]byte, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT about FROM message WHERE position > $1 AND position <= $2 AND about IS NOT NULL`, after, at)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[[16]byte])
}

// forward is what would be gathered at a later position: what was recorded since is read, and all the rest shared.
func (e *evidence) forward(ctx context.Context, tx pgx.Tx, at events.Position) (*evidence, error) {
	if at == e.at {
		return e, nil
	}
	ids, err := touched(ctx, tx, e.at, at)
	if err != nil {
		return nil, err
	}
	if len(ids) > mostTouched {
		return gather(ctx, tx, e.Asked, e.whole(), at, newNumbers())
	}
	next, err := gather(ctx, tx, e.Asked, some(ids), at, e.numbers)
	if err != nil {
		return nil, err
	}
	again := make(map[events.ID]bool, len(ids))
	for _, id := range ids {
		again[id] = true
	}
	next.keep(e, again)
	return next, nil
}

// keep adds what was known before of whatever was not read again.
func (e *evidence) keep(before *evidence, again map[events.ID]bool) {
	same := maps.Equal(e.into, before.into)
	read := e.occasions
	e.occasions = make([]*occasion, 0, len(read)+len(before.occasions))
	for _, o := range before.occasions {
		if again[o.id] {
			continue
		}
		if !same {
			o = new(*o)
			e.resolve(o)
		}
		for len(read) > 0 && earlier(read[0], o) < 0 {
			e.occasions, read = append(e.occasions, read[0]), read[1:]
		}
		e.occasions = append(e.occasions, o)
	}
	e.occasions = append(e.occasions, read...)
	e.placements = slices.Grow(e.placements, len(before.placements))
	for _, p := range before.placements {
		if again[p.of] {
			continue
		}
		if !same {
			p.child = e.numbers.child(e.root(p.of))
		}
		e.placements = append(e.placements, p)
	}
}
