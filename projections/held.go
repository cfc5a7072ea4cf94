package projections

import (
	"bytes"
	"hash/maphash"

	"rackvidd/events"
)

// heldRows are rows in PostgreSQL's binary form, one behind the other, of which the latest of each key is found. There is
// not one pointer in a million of them, so that they cost the collector of garbage nothing.
type heldRows struct {
	buf   []byte
	rows  []heldRow
	slots []uint32 // for each key its latest row, counted from 1; 0: free. A power of two of them.
	keys  int
}

type heldRow struct {
	hash         uint64 // of the key
	start        int    // in buf, where the key is first
	key          int    // its length
	size         int
	since, until events.Position // until 0: holds
}

var keySeed = maphash.MakeSeed()

func hashOf(key []byte) uint64 { return maphash.Bytes(keySeed, key) }

// latest returns the last row of a key; nil where there is none.
func (h *heldRows) latest(key []byte, hash uint64) *heldRow {
	if len(h.slots) == 0 {
		return nil
	}
	if n := h.slots[h.slot(key, hash)]; n > 0 {
		return &h.rows[n-1]
	}
	return nil
}

// slot is where a key's latest row stands, or would.
func (h *heldRows) slot(key []byte, hash uint64) int {
	mask := len(h.slots) - 1
	for i := int(hash) & mask; ; i = (i + 1) & mask {
		n := h.slots[i]
		if n == 0 {
			return i
		}
		if r := &h.rows[n-1]; r.hash == hash && bytes.Equal(h.keyOf(r), key) {
			return i
		}
	}
}

// add holds a row, of which the first bytes are its key.
func (h *heldRows) add(row []byte, key int, hash uint64, since events.Position) {
	if h.keys*2 >= len(h.slots) {
		h.grow()
	}
	slot := h.slot(row[:key], hash)
	if h.slots[slot] == 0 {
		h.keys++
	}
	h.rows = append(h.rows, heldRow{hash, len(h.buf), key, len(row), since, 0})
	h.buf = append(h.buf, row...)
	h.slots[slot] = uint32(len(h.rows))
}

func (h *heldRows) grow() {
	const first = 16
	latest := h.slots
	h.slots = make([]uint32, max(first, 2*len(latest)))
	mask := len(h.slots) - 1
	for _, n := range latest {
		if n == 0 {
			continue
		}
		i := int(h.rows[n-1].hash) & mask
		for h.slots[i] > 0 {
			i = (i + 1) & mask
		}
		h.slots[i] = n
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
	if h.latest(key, hash) != nil {
		return false
	}
	h.add(key, len(key), hash, since)
	return true
}
