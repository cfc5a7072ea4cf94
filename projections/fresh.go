package projections

import (
	"context"
	"fmt"
	"hash/maphash"

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
	seen     filter                     // the keys of the rows that were written
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
		if err := t.close(ctx, f); err != nil {
			return fmt.Errorf("close rows of %s: %w", name, err)
		}
	}
	return nil
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
	var w Row
	for key, at := range v.closing {
		w.reset()
		if v.table.WriteKey(key, &w); !t.seen.has(w.buf) {
			continue
		}
		if t.closings != nil && t.closings.rows == pendingClosings {
			if err := t.close(ctx, f); err != nil {
				return err
			}
		}
		if t.closings == nil {
			t.closings = newColumns(len(v.table.Key) + 2)
		}
		name := string(w.buf)
		w.Position(t.closed[name])
		w.Position(at)
		t.closed[name] = at
		if err := t.closings.add(&w); err != nil {
			return err
		}
	}
	return nil
}

// closeBetween closes the row of each key that was opened since the key was closed before: that is one row at most.
func (v *Versions[K, R]) closeBetween(ctx context.Context, tx pgx.Tx, closings *columns) error {
	return closings.exec(ctx, tx, v.closeSQL("after, at", "t.since >= c.after AND t.since < c.at"))
}

// filter remembers keys: it says of every key that was added that it was, and of few others. It takes 10 bits a key.
type filter struct {
	parts []filterPart
}

type filterPart struct {
	bits     []uint64
	capacity int
	count    int
}

const (
	firstCapacity = 1 << 14
	bitsPerKey    = 10
	probes        = 5
)

var filterSeed = maphash.MakeSeed()

func (f *filter) add(key []byte) {
	n := len(f.parts)
	if n == 0 || f.parts[n-1].count == f.parts[n-1].capacity {
		capacity := firstCapacity << n
		f.parts = append(f.parts, filterPart{bits: make([]uint64, capacity*bitsPerKey/64), capacity: capacity})
		n++
	}
	p := &f.parts[n-1]
	p.count++
	p.visit(maphash.Bytes(filterSeed, key), func(word *uint64, bit uint64) bool {
		*word |= bit
		return true
	})
}

func (f *filter) has(key []byte) bool {
	hash := maphash.Bytes(filterSeed, key)
	for i := range f.parts {
		if f.parts[i].visit(hash, func(word *uint64, bit uint64) bool { return *word&bit != 0 }) {
			return true
		}
	}
	return false
}

// visit shows the bits of a key until do is false; it returns whether it never was.
func (p *filterPart) visit(hash uint64, do func(word *uint64, bit uint64) bool) bool {
	step := hash>>32 | 1
	size := uint64(len(p.bits) * 64)
	for range probes {
		at := hash % size
		if !do(&p.bits[at/64], 1<<(at%64)) {
			return false
		}
		hash += step
	}
	return true
}
