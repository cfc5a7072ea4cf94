package projections

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// FactTable says how the rows of a table are written that never change.
type FactTable[R any] struct {
	Name    string
	Columns []string
	Write   func(R, *Row)
}

// Facts collects rows that are written once.
type Facts[R any] struct {
	table FactTable[R]
	rows  []R
}

// NewFacts returns an empty collection for a table.
func NewFacts[R any](table FactTable[R]) *Facts[R] { return &Facts[R]{table: table} }

// Add collects a row.
func (f *Facts[R]) Add(row R) { f.rows = append(f.rows, row) }

// Apply writes what was collected, in one statement, and empties the collection.
func (f *Facts[R]) Apply(ctx context.Context, tx pgx.Tx) error {
	i := 0
	err := copyInto(ctx, tx, f.table.Name, f.table.Columns, func(w *Row) bool {
		if i == len(f.rows) {
			return false
		}
		f.table.Write(f.rows[i], w)
		i++
		return true
	})
	if err != nil {
		return fmt.Errorf("add rows to %s: %w", f.table.Name, err)
	}
	f.rows = nil
	return nil
}
