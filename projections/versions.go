package projections

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// VersionTable says how the rows of a table are written that has, after its key and its other columns,
// since bigint NOT NULL and until bigint (NULL while it holds). Give it a unique index in Keys, (key…) WHERE until IS NULL,
// or, where rows are read by what the key begins with, (key…, until) NULLS NOT DISTINCT; closing looks rows up by it.
type VersionTable[K, R any] struct {
	Name     string
	Key      []string // the key's columns
	WriteKey func(K, *Row)
	Columns  []string // the others, none where the key says it all
	Write    func(R, *Row)
}

// Versions collects the rows of one table that hold from one position to another. At position p those are visible
// with since <= p AND (until IS NULL OR until > p).
type Versions[K, R any] struct {
	table   VersionTable[K, R]
	held    heldRows
	closing closings[K]
	row     Row
	err     error
}

// closings are the keys of rows that were written before and are to be closed.
type closings[K any] struct {
	held heldRows // the keys alone
	keys []K
}

// NewVersions returns an empty collection for a table.
func NewVersions[K, R any](table VersionTable[K, R]) *Versions[K, R] {
	return &Versions[K, R]{table: table}
}

// Open lets a row hold from a position on. A key has at most one open row: Replace where there may be one.
func (v *Versions[K, R]) Open(key K, row R, at events.Position) {
	hash := v.writeKey(key)
	slot := v.held.place(v.row.buf, hash)
	if before := v.held.in(slot); before != nil && before.until == 0 {
		v.fail("a row of the same key is open already at position %d", at)
	}
	v.open(slot, hash, row, at)
}

// open holds a row, of which the key is written, in the place of that key.
func (v *Versions[K, R]) open(slot int, hash uint64, row R, at events.Position) {
	key := len(v.row.buf)
	if v.table.Write != nil {
		v.table.Write(row, &v.row)
	}
	if want := len(v.table.Key) + len(v.table.Columns); len(v.row.types) != want {
		v.fail("%d values for %d columns", len(v.row.types), want)
	}
	v.held.add(slot, v.row.buf, key, hash, at)
}

// fail keeps what is wrong first for Apply.
func (v *Versions[K, R]) fail(format string, args ...any) {
	if v.err == nil {
		v.err = rowsRefusedError(v.table.Name + ": " + fmt.Sprintf(format, args...))
	}
}

func (v *Versions[K, R]) writeKey(key K) (hash uint64) {
	v.row.reset()
	v.table.WriteKey(key, &v.row)
	return hashOf(v.row.buf)
}

// Close ends the open row of key, whether opened in this batch or before. It does nothing where none is open. A row
// that is opened and closed at the same position was never visible, and leaves no trace.
func (v *Versions[K, R]) Close(key K, at events.Position) {
	hash := v.writeKey(key)
	v.close(v.held.latest(v.row.buf, hash), key, hash, at)
}

// close ends the latest row of a key that is written; nil: it was written before, if there is one.
func (v *Versions[K, R]) close(latest *heldRow, key K, hash uint64, at events.Position) {
	if latest != nil && latest.until == 0 {
		latest.until = at
		return
	}
	if v.closing.held.addFirst(v.row.buf, hash, at) {
		v.closing.keys = append(v.closing.keys, key)
	}
}

// Replace closes what is open of key, if anything, and opens row.
func (v *Versions[K, R]) Replace(key K, row R, at events.Position) {
	hash := v.writeKey(key)
	slot := v.held.place(v.row.buf, hash)
	v.close(v.held.in(slot), key, hash, at)
	v.open(slot, hash, row, at)
}

// Apply writes what was collected, in two statements, and empties the collection.
func (v *Versions[K, R]) Apply(ctx context.Context, tx pgx.Tx) error {
	if v.err != nil {
		return v.err
	}
	if err := v.applyClosings(ctx, tx); err != nil {
		return fmt.Errorf("close rows of %s: %w", v.table.Name, err)
	}
	if err := v.copyRows(ctx, tx); err != nil {
		return fmt.Errorf("add rows to %s: %w", v.table.Name, err)
	}
	v.held.empty()
	v.closing.held.empty()
	v.closing.keys = v.closing.keys[:0]
	return nil
}

func (v *Versions[K, R]) applyClosings(ctx context.Context, tx pgx.Tx) error {
	if len(v.closing.keys) == 0 {
		return nil
	}
	if f, ok := tx.(*fresh); ok {
		return v.applyFresh(ctx, f)
	}
	keys := newColumns(len(v.table.Key) + 1)
	for i, key := range v.closing.keys {
		v.writeKey(key)
		v.row.Position(v.closing.held.rows[i].since)
		if err := keys.add(&v.row); err != nil {
			return err
		}
	}
	return keys.exec(ctx, tx, v.closeSQL("at", "true"))
}

// closeSQL closes the open row of each key at c.at, where the condition on it and the other parameters is true.
func (v *Versions[K, R]) closeSQL(parameters, condition string) string {
	var params, names, match strings.Builder
	for i, column := range v.table.Key {
		fmt.Fprintf(&params, "$%d, ", i+1)
		fmt.Fprintf(&names, "k%d, ", i+1)
		fmt.Fprintf(&match, "t.%s = c.k%d AND ", column, i+1)
	}
	n := len(v.table.Key) + 1
	fmt.Fprintf(&params, "$%d", n)
	for i := range strings.Count(parameters, ",") {
		fmt.Fprintf(&params, ", $%d", n+1+i)
	}
	return fmt.Sprintf("UPDATE %s t SET until = c.at FROM unnest(%s) AS c(%s%s) WHERE %st.until IS NULL AND %s",
		v.table.Name, params.String(), names.String(), parameters, match.String(), condition)
}

func (v *Versions[K, R]) copyRows(ctx context.Context, tx pgx.Tx) error {
	columns := append(append(append([]string{}, v.table.Key...), v.table.Columns...), "since", "until")
	if f, ok := tx.(*fresh); ok {
		seen := &f.table(v.table.Name).seen
		for i := range v.held.rows {
			if r := &v.held.rows[i]; r.until == 0 {
				seen.add(r.hash)
			}
		}
	}
	next := 0
	return copyInto(ctx, tx, v.table.Name, columns, func(out []byte) ([]byte, bool) {
		for next < len(v.held.rows) && v.held.rows[next].since == v.held.rows[next].until {
			next++
		}
		if next == len(v.held.rows) {
			return out, false
		}
		r := &v.held.rows[next]
		next++
		return appendPosition(appendPosition(append(appendCount(out, len(columns)), v.held.bytesOf(r)...), r.since), r.until), true
	})
}
