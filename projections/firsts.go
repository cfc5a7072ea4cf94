package projections

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// FirstTable says how the rows of a table are written that say since when something was so: after its key it has
// since bigint NOT NULL. Give it a unique index of the key in Keys.
type FirstTable[K any] struct {
	Name     string
	Key      []string // the key's columns
	WriteKey func(K, *Row)
}

// Firsts collects at which position each key came first. A key that comes again changes nothing.
type Firsts[K any] struct {
	table FirstTable[K]
	held  heldRows
	row   Row
}

// NewFirsts returns an empty collection for a table.
func NewFirsts[K any](table FirstTable[K]) *Firsts[K] { return &Firsts[K]{table: table} }

// Add notes that a key came at a position.
func (f *Firsts[K]) Add(key K, at events.Position) {
	f.row.reset()
	f.table.WriteKey(key, &f.row)
	f.held.addFirst(f.row.buf, hashOf(f.row.buf), at)
}

// Apply writes what was collected, in one statement, and empties the collection.
func (f *Firsts[K]) Apply(ctx context.Context, tx pgx.Tx) (err error) {
	if fresh, ok := tx.(*fresh); ok {
		err = f.copyNew(ctx, fresh)
	} else if len(f.held.rows) > 0 {
		err = f.insert(ctx, tx)
	}
	if err != nil {
		return fmt.Errorf("add rows to %s: %w", f.table.Name, err)
	}
	f.held.empty()
	return nil
}

func (f *Firsts[K]) columns() []string { return append(append([]string{}, f.table.Key...), "since") }

func (f *Firsts[K]) insert(ctx context.Context, tx pgx.Tx) error {
	names := f.columns()
	rows := newColumns(len(names))
	for i := range f.held.rows {
		r := &f.held.rows[i]
		f.row.again(f.held.keyOf(r), len(f.table.Key))
		f.row.Position(r.since)
		if err := rows.add(&f.row); err != nil {
			return err
		}
	}
	parameters := make([]string, len(names))
	for i := range parameters {
		parameters[i] = fmt.Sprintf("$%d", i+1)
	}
	return rows.exec(ctx, tx, fmt.Sprintf("INSERT INTO %s (%s) SELECT * FROM unnest(%s) ON CONFLICT DO NOTHING",
		f.table.Name, strings.Join(names, ", "), strings.Join(parameters, ", ")))
}

// copyNew writes the keys that came in no earlier round.
func (f *Firsts[K]) copyNew(ctx context.Context, tx *fresh) error {
	before, next := &tx.table(f.table.Name).first, 0
	return copyInto(ctx, tx, f.table.Name, f.columns(), func(out []byte) ([]byte, bool) {
		for ; next < len(f.held.rows); next++ {
			r := &f.held.rows[next]
			if key := f.held.keyOf(r); before.addFirst(key, r.hash, r.since) {
				next++
				return appendPosition(append(appendCount(out, len(f.table.Key)+1), key...), r.since), true
			}
		}
		return out, false
	})
}
