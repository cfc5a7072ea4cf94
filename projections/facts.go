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
	rows  []byte // in PostgreSQL's binary form
	row   Row
	err   error
}

// NewFacts returns an empty collection for a table.
func NewFacts[R any](table FactTable[R]) *Facts[R] { return &Facts[R]{table: table} }

// Add collects a row.
func (f *Facts[R]) Add(row R) {
	f.row.reset()
	f.table.Write(row, &f.row)
	if len(f.row.types) != len(f.table.Columns) && f.err == nil {
		f.err = rowsRefusedError(fmt.Sprintf("%d values for %d columns", len(f.row.types), len(f.table.Columns)))
	}
	f.rows = append(appendCount(f.rows, len(f.table.Columns)), f.row.buf...)
}

// Apply writes what was collected, in one statement, and empties the collection.
func (f *Facts[R]) Apply(ctx context.Context, tx pgx.Tx) error {
	rows := f.rows
	err := f.err
	if err == nil {
		err = copyInto(ctx, tx, f.table.Name, f.table.Columns, func(out []byte) ([]byte, bool) {
			all := rows
			rows = nil
			return append(out, all...), len(all) > 0
		})
	}
	if err != nil {
		return fmt.Errorf("add rows to %s: %w", f.table.Name, err)
	}
	f.rows = f.rows[:0]
	return nil
}
