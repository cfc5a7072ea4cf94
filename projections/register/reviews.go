package register

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
)

// Reviews keeps the latest review of each period and what it was made from: the next one reads what changed since, and finds
// the same where nothing of the period did. The zero value is ready. It keeps 16 periods of whichever municipalities were asked
// about last, each a few megabytes where a year has ten thousand attendances.
type Reviews struct {
	kept    projections.Latest[periodKey, reviewed]
	changes projections.Remembered[projections.Between, *changed]
}

// reviewed is what was found on a day, and what it was found in.
type reviewed struct {
	*evidence
	today events.Day
	found Findings
}

const mostPeriods = 16

// periodKey is a period in tables that may be brought forward: those that are made anew have another generation.
type periodKey struct {
	municipality events.Municipality
	generation   int
	from, to     events.Day
}

// Of finds what a period's registers, places, referrals and programmes show, as of a position: from what is kept where that is
// of the position or an earlier one. tx shows what is shown.
func (r *Reviews) Of(ctx context.Context, tx pgx.Tx, shown projections.Checkpoint, a Asked, at events.Position) (f Findings, err error) {
	key := periodKey{shown.Municipality, shown.Generation, a.From, a.To}
	now := reviewed{today: a.Today}
	before, ok := r.kept.At(key, at)
	if ok {
		now.evidence, ok, err = r.forward(ctx, tx, shown, before.evidence, at)
	} else {
		now.evidence, err = gather(ctx, tx, a, a.whole(), at, newNumbers())
	}
	if err == nil && a.Today == 0 {
		now.today, err = recordedOn(ctx, tx, at)
	}
	if err != nil {
		return f, fmt.Errorf("review a period: %w", err)
	}
	if ok && now.today == before.today {
		now.found = before.found
	} else {
		now.found = now.on(now.today)
	}
	r.kept.Keep(key, at, now, mostPeriods)
	return now.found, nil
}

// mostTouched is of how many sessions and children what is kept is brought forward; more are as quickly read with all others. mostChanged is
// of how many anything may have been recorded: of more, after a large import, it is not kept of which.
const mostTouched, mostChanged = 2000, 5 * mostTouched

// changed is what was recorded between two positions. Nobody changes it: it is the same for all periods.
type changed struct {
	sessions map[events.ID][]events.Day // with the days that each ever was on
	children []events.ID
	other    bool // of neither: programmes, groups, guests, surveys
	most     bool // of more than are kept
}

// changedBetween are the sessions and children that something was recorded of after a position: every row that begins or ends to
// hold at a position is of what its message is about.
func changedBetween(ctx context.Context, tx pgx.Tx, after, to events.Position) (*changed, error) {
	c := &changed{sessions: make(map[events.ID][]events.Day)}
	var id *events.ID
	var day *events.Day
	rows, _ := tx.Query(ctx, `SELECT m.about, s.held_on - DATE '1970-01-01'
		FROM (SELECT DISTINCT about FROM message WHERE position > $1 AND position <= $2 LIMIT $3) m LEFT JOIN session s ON s.session = m.about`, after, to, mostChanged+1)
	err := each(rows, func() {
		switch {
		case id == nil:
			c.other = true
		case day == nil:
			c.children = append(c.children, *id)
		default:
			c.sessions[*id] = append(c.sessions[*id], *day)
		}
	}, &id, &day)
	found := len(c.sessions) + len(c.children)
	if c.other {
		found++ // the row of whatever is neither
	}
	if found > mostChanged {
		c = &changed{most: true}
	}
	return c, err
}

// concern are the ids of those of it that evidence may say otherwise of: the sessions that ever were on its days, and every child.
func (e *evidence) concern(c *changed) (ids [][16]byte) {
	for session, days := range c.sessions {
		if slices.ContainsFunc(days, e.reaches) {
			ids = append(ids, session)
		}
	}
	for _, child := range c.children {
		ids = append(ids, child)
	}
	return ids
}

// forward is what would be gathered at a later position: what was recorded since is read where it may be of the period, and all the
// rest shared. same: nothing that findings follow from changed.
func (r *Reviews) forward(ctx context.Context, tx pgx.Tx, shown projections.Checkpoint, e *evidence, at events.Position) (next *evidence, same bool, err error) {
	if at == e.at {
		return e, true, nil
	}
	c, err := r.changes.Ask(projections.Between{Municipality: shown.Municipality, Generation: shown.Generation, After: e.at, To: at}, func() (*changed, error) { return changedBetween(ctx, tx, e.at, at) })
	if err != nil {
		return nil, false, err
	}
	ids := e.concern(c)
	switch {
	case c.most || len(ids) > mostTouched:
		next, err = gather(ctx, tx, e.Asked, e.whole(), at, newNumbers())
		return next, false, err
	case len(ids) == 0 && !c.other:
		next = new(*e)
		next.at = at
		return next, true, nil
	}
	next, err = gather(ctx, tx, e.Asked, some(ids), at, e.numbers)
	if err != nil {
		return nil, false, err
	}
	again := make(map[events.ID]bool, len(ids))
	for _, id := range ids {
		again[id] = true
	}
	return next, next.keep(e, again), nil
}

// keep adds what was known before of whatever was not read again, and reports whether that is all.
func (e *evidence) keep(before *evidence, again map[events.ID]bool) bool {
	merged := !maps.Equal(e.into, before.into)
	read, nothing := e.occasions, len(e.occasions)+len(e.placements) == 0
	e.occasions = make([]*occasion, 0, len(read)+len(before.occasions))
	for _, o := range before.occasions {
		if again[o.id] {
			continue
		}
		if merged {
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
		if merged {
			p.child = e.numbers.child(e.root(p.of))
		}
		e.placements = append(e.placements, p)
	}
	return nothing && len(e.occasions) == len(before.occasions) && len(e.placements) == len(before.placements) && e.referrals == before.referrals &&
		slices.Equal(e.merges, before.merges) && reflect.DeepEqual(e.programmes, before.programmes)
}
