package caseload

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// cases are the referrals and places that stand at a position. Nobody changes them once they are gathered: what comes after
// shares most of them.
type cases struct {
	at        events.Position
	into      map[events.ID]events.ID // the merges that stand
	erased    map[events.ID]bool      // the records of which nobody can tell any more whose they are
	referrals []referral
	places    []place
}

type referral struct {
	entryKey
	who      events.ID // the child it counts as
	channel  events.Channel
	received events.Day
	request
	since    events.Position
	answered bool
	outcome  events.Outcome
}

// request is what was asked for; what is "" was not stated.
type request struct {
	programme events.ProgrammeID
	form      events.Form
}

type place struct {
	entryKey
	who       events.ID // the child it counts as
	programme events.ProgrammeID
	form      events.Form
	home      events.Municipality
	from, to  events.Day // to 0: it has not ended
	since     events.Position
}

// meets reports whether a place is what was asked for.
func (p *place) meets(r request) bool {
	return (r.programme == "" || r.programme == p.programme) && (r.form == "" || r.form == p.form)
}

func (p *place) runs(day events.Day) bool { return p.from <= day && (p.to == 0 || p.to >= day) }

// longer puts first what is longest ago.
func (r referral) longer(other referral) int {
	return cmp.Or(cmp.Compare(r.received, other.received), cmp.Compare(r.since, other.since), cmp.Compare(r.number, other.number))
}

func (p *place) longer(other *place) int {
	return cmp.Or(cmp.Compare(p.from, other.from), cmp.Compare(p.since, other.since), cmp.Compare(p.number, other.number))
}

// %s is a condition on the children of a table: of all, or of some.
const referralsQuery = `
SELECT r.child, r.number, r.channel, r.received_on - DATE '1970-01-01', r.programme, r.form, r.since, c.outcome IS NOT NULL, coalesce(c.outcome, '')
FROM referral r LEFT JOIN (
	SELECT c.child, c.referral, min(c.outcome) AS outcome FROM closing c WHERE %[2]s%[4]s GROUP BY c.child, c.referral
) c ON c.child = r.child AND c.referral = r.number
WHERE %[1]s%[3]s`

const placesQuery = `
SELECT e.child, e.number, e.programme, e.form, e.home, e.enrolled_on - DATE '1970-01-01', coalesce(n.ended_on - DATE '1970-01-01', 0), e.since
FROM enrolment e LEFT JOIN (
	SELECT n.child, n.enrolment, min(n.ended_on) AS ended_on FROM ending n WHERE %[2]s%[4]s GROUP BY n.child, n.enrolment
) n ON n.child = e.child AND n.enrolment = e.number
WHERE %[1]s%[3]s`

// gather reads the cases of some children, or of all where they are nil.
func gather(ctx context.Context, tx pgx.Tx, children [][16]byte, at events.Position) (*cases, error) {
	c, batch := &cases{at: at, into: make(map[events.ID]events.ID), erased: make(map[events.ID]bool)}, &pgx.Batch{}
	args := []any{at}
	of := func(string) string { return "" }
	if children != nil {
		args = append(args, children)
		of = func(table string) string { return " AND " + table + ".child = ANY ($2)" }
	}
	c.askMerges(batch)
	c.askErased(batch)
	batch.Queue(fmt.Sprintf(referralsQuery, holds("r"), holds("c"), of("r"), of("c")), args...).Query(func(rows pgx.Rows) error {
		var r referral
		return each(rows, func() {
			r.who = c.root(r.child)
			c.referrals = append(c.referrals, r)
		}, &r.child, &r.number, &r.channel, &r.received, &r.programme, &r.form, &r.since, &r.answered, &r.outcome)
	})
	batch.Queue(fmt.Sprintf(placesQuery, holds("e"), holds("n"), of("e"), of("n")), args...).Query(func(rows pgx.Rows) error {
		var p place
		return each(rows, func() {
			p.who = c.root(p.child)
			c.places = append(c.places, p)
		}, &p.child, &p.number, &p.programme, &p.form, &p.home, &p.from, &p.to, &p.since)
	})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("read the caseload: %w", err)
	}
	return c, nil
}

// askMerges comes first: what follows is read as that of the child it counts as.
func (c *cases) askMerges(batch *pgx.Batch) {
	batch.Queue(`SELECT child, into_child FROM merge m WHERE `+holds("m"), c.at).Query(func(rows pgx.Rows) error {
		var child, into events.ID
		return each(rows, func() { c.into[child] = into }, &child, &into)
	})
}

func (c *cases) askErased(batch *pgx.Batch) {
	batch.Queue(`SELECT child FROM erased WHERE since <= $1`, c.at).Query(func(rows pgx.Rows) error {
		var child events.ID
		return each(rows, func() { c.erased[child] = true }, &child)
	})
}

// called are the children whose own record was erased, each by another of its records that was not.
func (c *cases) called() map[events.ID]events.ID {
	by := make(map[events.ID]events.ID)
	for record := range c.into {
		root := c.root(record)
		if known, found := by[root]; c.erased[root] && !c.erased[record] && (!found || bytes.Compare(record[:], known[:]) < 0) {
			by[root] = record
		}
	}
	return by
}

// root is the child that a child counts as.
func (c *cases) root(child events.ID) events.ID {
	for range c.into { // no more steps than that, even in a circle
		into, merged := c.into[child]
		if !merged {
			break
		}
		child = into
	}
	return child
}

// each scans row after row into the same places.
func each(rows pgx.Rows, take func(), into ...any) error {
	_, err := pgx.ForEachRow(rows, into, func() error { take(); return nil })
	return err
}

// mostTouched is of how many children cases are brought forward; more are as quickly read with all others.
const mostTouched = 2000

// touched are the children in whose cases something was recorded after a position; never nil.
func touched(ctx context.Context, tx pgx.Tx, after, at events.Position) ([][16]byte, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT child FROM touched WHERE since > $1 AND since <= $2`, after, at)
	if err != nil {
		return nil, fmt.Errorf("read whose cases changed: %w", err)
	}
	list, err := collect(rows, "read whose cases changed", pgx.RowTo[[16]byte])
	return append([][16]byte{}, list...), err
}

// forward is what would be gathered at a later position: what was recorded since is read, and all the rest shared. same
// reports that nothing was.
func (c *cases) forward(ctx context.Context, tx pgx.Tx, at events.Position) (next *cases, same bool, err error) {
	children, err := touched(ctx, tx, c.at, at)
	switch {
	case err != nil:
		return nil, false, err
	case len(children) == 0:
		next = new(*c)
		next.at = at
		return next, true, nil
	case len(children) > mostTouched:
		next, err = gather(ctx, tx, nil, at)
		return next, false, err
	}
	if next, err = gather(ctx, tx, children, at); err != nil {
		return nil, false, err
	}
	again := make(map[events.ID]bool, len(children))
	for _, child := range children {
		again[child] = true
	}
	next.keep(c, again)
	return next, false, nil
}

// keep adds what was known before of whatever was not read again.
func (c *cases) keep(before *cases, again map[events.ID]bool) {
	same := maps.Equal(c.into, before.into)
	for _, r := range before.referrals {
		if !again[r.child] {
			if !same {
				r.who = c.root(r.child)
			}
			c.referrals = append(c.referrals, r)
		}
	}
	for _, p := range before.places {
		if !again[p.child] {
			if !same {
				p.who = c.root(p.child)
			}
			c.places = append(c.places, p)
		}
	}
}
