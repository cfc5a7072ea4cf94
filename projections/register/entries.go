package register

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// Entry is a place or a referral that a finding is about.
type Entry struct {
	Child     events.ID          // as whom it counts
	Programme events.ProgrammeID // "" of a referral that names none
	Form      events.Form        // "" of a referral that names none
	Channel   events.Channel     // "" of a place
	From      events.Day         // the first day of a place, or the one on which a referral was received
	Erased    bool               // nobody can tell any more who the child is
}

// IdlePlaces are the places that PlaceFindings.Idle counts.
func IdlePlaces(ctx context.Context, tx pgx.Tx, a Asked, at events.Position) ([]Entry, error) {
	e, err := gather(ctx, tx, a, a.whole(), at, newNumbers())
	if err != nil {
		return nil, fmt.Errorf("find places that nobody uses: %w", err)
	}
	offers := make(map[number]Offer)
	for offer, n := range e.numbers.offers {
		offers[n] = offer
	}
	var list []Entry
	for _, p := range e.idlePlaces() {
		list = append(list, Entry{Child: e.root(p.of), Programme: p.programme, Form: offers[p.offer].Form, From: p.from})
	}
	return list, e.markErased(ctx, tx, list)
}

var openReferralsQuery = fmt.Sprintf(`
SELECT child, programme, form, channel, received_on - DATE '1970-01-01' FROM referral r
WHERE received_on BETWEEN $2 AND $3 AND %[1]s AND NOT EXISTS (
	SELECT FROM closing c WHERE c.child = r.child AND c.referral = r.number AND c.closed_on <= $4 AND %[2]s)
ORDER BY received_on, child, number`, holds("r"), holds("c"))

// OpenReferrals are the referrals that ReferralFindings.Open counts, the earliest first.
func OpenReferrals(ctx context.Context, tx pgx.Tx, a Asked, at events.Position) (list []Entry, err error) {
	e := &evidence{at: at, numbers: newNumbers(), into: make(map[events.ID]events.ID)}
	batch := &pgx.Batch{}
	e.askMerges(batch)
	batch.Queue(openReferralsQuery, at, a.From.Time(), a.To.Time(), (a.To + Patience).Time()).Query(func(rows pgx.Rows) error {
		var one Entry
		return each(rows, func() {
			one.Child = e.root(one.Child)
			list = append(list, one)
		}, &one.Child, &one.Programme, &one.Form, &one.Channel, &one.From)
	})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("find referrals that wait: %w", err)
	}
	return list, e.markErased(ctx, tx, list)
}

// markErased marks the entries of children whose identity was erased, or that of a record that counts as them.
func (e *evidence) markErased(ctx context.Context, tx pgx.Tx, list []Entry) error {
	rows, err := tx.Query(ctx, `SELECT child FROM erased WHERE since <= $1`, e.at)
	if err != nil {
		return err
	}
	erased := make(map[events.ID]bool)
	var child events.ID
	if err := each(rows, func() { erased[e.root(child)] = true }, &child); err != nil {
		return err
	}
	for i := range list {
		list[i].Erased = erased[list[i].Child]
	}
	return nil
}
