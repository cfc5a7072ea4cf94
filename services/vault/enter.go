package vault

import (
	"context"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// Enter never asks first whether the child is known: whoever watches its statements, its answer or the clock learns
// nothing.
func (v *Vault) Enter(ctx context.Context, m events.Municipality, id Identity, account events.ID, today events.Day) (Person, error) {
	x, _, err := v.index(ctx, m, []Identity{id}, today)
	if err != nil {
		return Person{}, err
	}
	c := &x.children[0]
	err = v.transaction(ctx, "enter a child", func(tx pgx.Tx) error {
		if err := v.reindex(ctx, tx, x.children); err != nil {
			return err
		}
		if err := v.makeChildren(ctx, tx, m, []*child{c}); err != nil {
			return err
		}
		return noteRead(ctx, tx, m, c.token, account, "entered")
	})
	if err != nil {
		return Person{}, err
	}
	return Person{c.token, c.born}, nil
}
