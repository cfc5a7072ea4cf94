package projections

import (
	"bytes"
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// fresh is the transaction in which a rebuild makes its tables and fills them. Nobody else sees them before it ends, so
// that rows are written frozen (no page has to be written again to say that they are there), and rows of earlier rounds
// are closed all at once, before there are keys.
type fresh struct {
	pgx.Tx
	tables map[string]*freshTable
}

// freshTable is what a rebuild remembers of a table of versions between rounds.
type freshTable struct {
	rows     waitingRows
	seen     filter                     // the keys of the rows that were written
	first    heldRows                   // the keys, where only the first of each is written
	closings *columns                   // of rows that were written: key, after, at
	closed   map[string]events.Position // when each key in closings was closed last
	flush    func(context.Context, pgx.Tx, *columns) error
}

// pendingClosings is how many rows wait to be closed at most; closing them reads the table whole.
const pendingClosings = 200_000

// Fill lets fill apply batches to tables that were made in the transaction and have no keys yet, on the transaction it is
// given, as a rebuild does. What they hold is right when Fill returns, not before.
func Fill(ctx context.Context, tx pgx.Tx, fill func(pgx.Tx) error) error {
	f := &fresh{Tx: tx, tables: make(map[string]*freshTable)}
	if err := fill(f); err != nil {
		return err
	}
	for name, t := range f.tables {
		if err := t.rows.write(ctx, f); err != nil {
			return fmt.Errorf("add rows to %s: %w", name, err)
		}
		if err := t.close(ctx, f); err != nil {
			return fmt.Errorf("close rows of %s: %w", name, err)
		}
	}
	return nil
}

// waitingRows are rows of a table, as COPY reads them, that wait until they are many: each COPY of less than a thousand rows
// costs the database as much as one of a thousand.
type waitingRows struct {
	table   string
	columns []string
	out     []byte
}

// bytesWaiting is how many bytes of a table's rows wait, more or less.
const bytesWaiting = 4 << 20

// take takes over the rows that next appends.
func (w *waitingRows) take(ctx context.Context, tx pgx.Tx, table string, columns []string, next func([]byte) ([]byte, bool)) error {
	w.table, w.columns = table, columns
	for some := true; some; {
		if len(w.out) == 0 {
			w.out = append(w.out, copySignature...)
		}
		if w.out, some = next(w.out); len(w.out) > bytesWaiting {
			if err := w.write(ctx, tx); err != nil {
				return err
			}
		}
	}
	return nil
}

// write writes what waits.
func (w *waitingRows) write(ctx context.Context, tx pgx.Tx) error {
	if len(w.out) <= len(copySignature) {
		return nil
	}
	err := copyFrom(ctx, tx, w.table, w.columns, ", FREEZE", bytes.NewReader(append(w.out, copyEnd...)))
	w.out = w.out[:0]
	return err
}

func (f *fresh) table(name string) *freshTable {
	if f.tables[name] == nil {
		f.tables[name] = &freshTable{closed: make(map[string]events.Position)}
	}
	return f.tables[name]
}

func (t *freshTable) close(ctx context.Context, tx pgx.Tx) error {
	if t.closings == nil {
		return nil
	}
	err := t.flush(ctx, tx, t.closings)
	t.closings = nil
	clear(t.closed)
	return err
}

// applyFresh notes which rows of earlier rounds are to be closed: keys that no row was written of are most of them,
// because Replace does not know whether there is one.
func (v *Versions[K, R]) applyFresh(ctx context.Context, f *fresh) error {
	t := f.table(v.table.Name)
	t.flush = v.closeBetween
	for i, key := range v.closing.keys {
		at, hash := v.closing.held.rows[i].since, v.closing.held.rows[i].hash
		if !t.seen.has(hash) {
			continue
		}
		if t.closings != nil && t.closings.rows == pendingClosings {
			err := t.rows.write(ctx, f)
			if err == nil {
				err = t.close(ctx, f)
			}
			if err != nil {
				return err
			}
		}
		if t.closings == nil {
			t.closings = newColumns(len(v.table.Key) + 2)
		}
		v.writeKey(key)
		name := string(v.row.buf)
		v.row.Position(t.closed[name])
		v.row.Position(at)
		t.closed[name] = at
		if err := t.closings.add(&v.row); err != nil {
			return err
		}
	}
	return nil
}

// closeBetween closes the row of each key that was opened since the key was closed before: that is one row at most.
func (v *Versions[K, R]) closeBetween(ctx context.Context, tx pgx.Tx, closings *columns) error {
	if _, err := tx.Exec(ctx, closingsHashed); err != nil {
		return err
	}
	return closings.exec(ctx, tx, v.closeSQL("after, at", "t.since >= c.after AND t.since < c.at"))
}

// closingsHashed lets the table be read once, beside a table of hashes of the closings: the planner, who has not looked at it
// yet, would sort it.
const closingsHashed = "SET LOCAL enable_mergejoin = off"

// filter remembers the hashes of keys: it says of every one that was added that it was, and of few others. All bits of
// one stand in one line of the processor's cache.
type filter struct {
	parts []filterPart
}

type filterPart struct {
	lines []filterLine
	count int
}

type filterLine [8]uint64

const (
	firstLines  = 1 << 9 // of the first part; three are eight times as long as the one before: 18 bits of a hash, where 19 are left
	keysPerLine = 48     // 10.7 bits a key
	probes      = 5
)

func (f *filter) add(hash uint64) {
	n := len(f.parts)
	if n == 0 || f.parts[n-1].count == len(f.parts[n-1].lines)*keysPerLine {
		f.parts = append(f.parts, filterPart{lines: make([]filterLine, firstLines<<(3*min(n, 3)))})
		n++
	}
	p := &f.parts[n-1]
	p.count++
	line := p.line(hash)
	for range probes {
		line[hash>>6&7] |= 1 << (hash & 63)
		hash >>= 9
	}
}

func (f *filter) has(hash uint64) bool {
	for i := range f.parts {
		if f.parts[i].has(hash) {
			return true
		}
	}
	return false
}

func (p *filterPart) has(hash uint64) bool {
	line := p.line(hash)
	for range probes {
		if line[hash>>6&7]&(1<<(hash&63)) == 0 {
			return false
		}
		hash >>= 9
	}
	return true
}

// line is chosen by bits of the hash that no probe looks at.
func (p *filterPart) line(hash uint64) *filterLine {
	return &p.lines[(hash>>(9*probes))%uint64(len(p.lines))]
}
