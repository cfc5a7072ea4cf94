package register

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// Guests is how many of this municipality's children were at a session in another one that cannot say who they were.
type Guests struct {
	events.GuestsCounted
	Recorded time.Time
	Actor    events.ID

	Withdrawn   events.Reason // why the count was taken back; "": it stands
	WithdrawnAt time.Time
	WithdrawnBy events.ID
}

// WantedGuests narrows a list of counts of guests. What is zero does not narrow.
type WantedGuests struct {
	From, To events.Day
	After    events.ID // of the counts on day To only those listed after this one
	Limit    int
}

// GuestsCounted returns the counts of guests that are wanted at a position, those taken back as well, the latest day first.
func GuestsCounted(ctx context.Context, tx pgx.Tx, w WantedGuests, at events.Position) ([]Guests, error) {
	q := w.query(at)
	rows, err := tx.Query(ctx, q.sql, q.args...)
	if err != nil {
		return nil, fmt.Errorf("list counts of guests: %w", err)
	}
	return collect(rows, "list counts of guests", scanGuests)
}

func (w WantedGuests) query(at events.Position) *query {
	q := &query{guestsSQL, []any{at}}
	if w.From != 0 {
		q.add(" AND g.held_on >= $%d", w.From.Time())
	}
	if w.To != 0 {
		q.add(" AND g.held_on <= $%d", w.To.Time())
	}
	if !w.After.IsZero() {
		q.add(" AND (g.held_on < $%d", w.To.Time())
		q.add(" OR g.report > $%d)", [16]byte(w.After))
	}
	q.sql += " ORDER BY g.held_on DESC, g.report"
	if w.Limit > 0 {
		q.add(" LIMIT $%d", w.Limit)
	}
	return q
}

// guestsSQL reads counts of guests at position $1; conditions follow.
const guestsSQL = `
	SELECT g.report, g.provider, g.programme, g.form, g.held_on, g.children, a.recorded, g.actor, coalesce(w.reason, ''), coalesce(b.recorded, 'epoch'), w.actor
	FROM guests g JOIN message a ON a.position = g.since
	LEFT JOIN guests_withdrawn w ON w.report = g.report AND w.since <= $1
	LEFT JOIN message b ON b.position = w.since
	WHERE g.since <= $1`

func scanGuests(row pgx.CollectableRow) (g Guests, err error) {
	var held time.Time
	var actor, withdrawnBy *[16]byte
	err = row.Scan((*[16]byte)(&g.Report), &g.ProviderMunicipality, &g.Programme, &g.Form, &held, &g.Children, &g.Recorded, &actor, &g.Withdrawn, &g.WithdrawnAt, &withdrawnBy)
	g.HeldOn, g.Recorded, g.Actor, g.WithdrawnBy = events.DayOf(held), g.Recorded.UTC(), idOf(actor), idOf(withdrawnBy)
	if g.WithdrawnAt = g.WithdrawnAt.UTC(); g.Withdrawn == "" {
		g.WithdrawnAt = time.Time{}
	}
	return g, err
}

// idOf is what a column says that may name nobody.
func idOf(id *[16]byte) events.ID {
	if id == nil {
		return events.ID{}
	}
	return *id
}
