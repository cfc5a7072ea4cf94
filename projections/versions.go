package projections

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// VersionTable says how the rows of a table are written that has, after its key and its other columns,
// since bigint NOT NULL and until bigint (NULL while it holds). Give it a partial unique index in Keys:
// UNIQUE (key…) WHERE until IS NULL; closing looks rows up by it.
type VersionTable[K comparable, R any] struct {
	Name     string
	Key      []string // the key's columns
	WriteKey func(K, *Row)
	Columns  []string // the others, none where the key says it all
	Write    func(R, *Row)
}

// Versions collects the rows of one table that hold from one position to another. At position p those are visible
// with since <= p AND (until IS NULL OR until > p).
type Versions[K comparable, R any] struct {
	table   VersionTable[K, R]
	rows    []version[K, R]
	open    map[K]int             // into rows
	closing map[K]events.Position // rows that were written before
	err     error
}

type version[K comparable, R any] struct {
	key          K
	row          R
	since, until events.Position // until 0: holds
}

// NewVersions returns an empty collection for a table.
func NewVersions[K comparable, R any](table VersionTable[K, R]) *Versions[K, R] {
	v := &Versions[K, R]{table: table}
	v.reset()
	return v
}

func (v *Versions[K, R]) reset() {
	v.rows, v.open, v.closing = nil, make(map[K]int), make(map[K]events.Position)
}

// Open lets a row hold from a position on. A key has at most one open row: Replace where there may be one.
func (v *Versions[K, R]) Open(key K, row R, at events.Position) {
	if _, twice := v.open[key]; twice && v.err == nil {
		v.err = fmt.Errorf("%s: a row of the same key is open already at position %d", v.table.Name, at)
	}
	v.open[key] = len(v.rows)
	v.rows = append(v.rows, version[K, R]{key, row, at, 0})
}

// Close ends the open row of key, whether opened in this batch or before. It does nothing where none is open. A row
// that is opened and closed at the same position was never visible, and leaves no trace.
func (v *Versions[K, R]) Close(key K, at events.Position) {
	if i, here := v.open[key]; here {
		v.rows[i].until = at
		delete(v.open, key)
		return
	}
	if _, closed := v.closing[key]; !closed {
		v.closing[key] = at
	}
}

// Replace closes what is open of key, if anything, and opens row.
func (v *Versions[K, R]) Replace(key K, row R, at events.Position) {
	v.Close(key, at)
	v.Open(key, row, at)
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
	v.reset()
	return nil
}

func (v *Versions[K, R]) applyClosings(ctx context.Context, tx pgx.Tx) error {
	if len(v.closing) == 0 {
		return nil
	}
	if f, ok := tx.(*fresh); ok {
		return v.applyFresh(ctx, f)
	}
	keys, at := newColumns(len(v.table.Key)+1), Row{}
	for key, position := range v.closing {
		at.reset()
		v.table.WriteKey(key, &at)
		at.Position(position)
		if err := keys.add(&at); err != nil {
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
	i := 0
	f, rebuilding := tx.(*fresh)
	return copyInto(ctx, tx, v.table.Name, columns, func(w *Row) bool {
		for i < len(v.rows) && v.rows[i].since == v.rows[i].until {
			i++
		}
		if i == len(v.rows) {
			return false
		}
		v.write(v.rows[i], w)
		if rebuilding && v.rows[i].until == 0 {
			f.table(v.table.Name).seen.add(w.buf[:w.starts[len(v.table.Key)]])
		}
		i++
		return true
	})
}

func (v *Versions[K, R]) write(r version[K, R], w *Row) {
	v.table.WriteKey(r.key, w)
	if v.table.Write != nil {
		v.table.Write(r.row, w)
	}
	w.Position(r.since)
	if r.until == 0 {
		w.null(int8Type)
	} else {
		w.Position(r.until)
	}
}
