package projections

import (
	"bytes"
	"hash/maphash"
	"math"

	"rackvidd/events"
)

// heldRows are rows in PostgreSQL's binary form, one behind the other, of which the latest of each key is found. There is
// not one pointer in a million of them, so that they cost the collector of garbage nothing.
type heldRows struct {
	buf   []byte
	rows  []heldRow
	slots []slot // for each key its latest row. A power of two of them.
	keys  int
}

type heldRow struct {
	hash         uint64 // of the key
	start        int    // in buf, where the key is first
	key          int    // its length
	size         int
	since, until events.Position // until 0: holds
}

// slot is a row, counted from 1, and half of its key's hash: most keys are told apart without a look at their rows. 0: free.
type slot uint64

func slotOf(row int, hash uint64) slot { return slot(hash&^math.MaxUint32 | uint64(row)) }

func (s slot) row() int { return int(uint32(s)) }

func (s slot) mayBe(hash uint64) bool { return uint64(s)>>32 == hash>>32 }

var keySeed = maphash.MakeSeed()

func hashOf(key []byte) uint64 { return maphash.Bytes(keySeed, key) }

// latest returns the last row of a key; nil where there is none.
func (h *heldRows) latest(key []byte, hash uint64) *heldRow {
	if len(h.slots) == 0 {
		return nil
	}
	return h.in(h.find(key, hash))
}

// in returns the row that stands in a slot; nil where it is free.
func (h *heldRows) in(at int) *heldRow {
	if n := h.slots[at].row(); n > 0 {
		return &h.rows[n-1]
	}
	return nil
}

// place is find, where there is room for a row more.
func (h *heldRows) place(key []byte, hash uint64) int {
	if h.keys*2 >= len(h.slots) {
		h.grow()
	}
	return h.find(key, hash)
}

// find is where a key's latest row stands, or would.
func (h *heldRows) find(key []byte, hash uint64) int {
	mask := len(h.slots) - 1
	for i := int(hash) & mask; ; i = (i + 1) & mask {
		s := h.slots[i]
		if s == 0 {
			return i
		}
		if s.mayBe(hash) && bytes.Equal(h.keyOf(&h.rows[s.row()-1]), key) {
			return i
		}
	}
}

// add holds a row, of which the first bytes are its key, in the place of that key.
func (h *heldRows) add(at int, row []byte, key int, hash uint64, since events.Position) {
	if h.slots[at] == 0 {
		h.keys++
	}
	h.rows = append(h.rows, heldRow{hash, len(h.buf), key, len(row), since, 0})
	h.buf = append(h.buf, row...)
	h.slots[at] = slotOf(len(h.rows), hash)
}

func (h *heldRows) grow() {
	const first = 16
	latest := h.slots
	h.slots = make([]slot, max(first, 2*len(latest)))
	mask := len(h.slots) - 1
	for _, s := range latest {
		if s == 0 {
			continue
		}
		i := int(h.rows[s.row()-1].hash) & mask
		for h.slots[i] > 0 {
			i = (i + 1) & mask
		}
		h.slots[i] = s
	}
}

func (h *heldRows) keyOf(r *heldRow) []byte { return h.buf[r.start : r.start+r.key] }

func (h *heldRows) bytesOf(r *heldRow) []byte { return h.buf[r.start : r.start+r.size] }

// empty forgets the rows and keeps the memory they took.
func (h *heldRows) empty() {
	h.buf, h.rows, h.keys = h.buf[:0], h.rows[:0], 0
	clear(h.slots)
}

// addFirst holds a key unless it is held, and reports whether it was not.
func (h *heldRows) addFirst(key []byte, hash uint64, since events.Position) bool {
	at := h.place(key, hash)
	if h.in(at) != nil {
		return false
	}
	h.add(at, key, len(key), hash, since)
	return true
}
