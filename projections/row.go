package projections

import (
	"encoding/binary"
	"time"

	"rackvidd/events"
)

// Row writes the columns of one row in order, in PostgreSQL's binary form: half the time of going through any.
type Row struct {
	buf   []byte      // each field with its length before it
	types []arrayType // of each field
}

// arrayType is a column's type and that of an array of it.
type arrayType struct{ element, array uint32 }

var (
	boolType  = arrayType{16, 1000}
	byteaType = arrayType{17, 1001}
	int8Type  = arrayType{20, 1016}
	int4Type  = arrayType{23, 1007}
	textType  = arrayType{25, 1009}
	dateType  = arrayType{1082, 1182}
	uuidType  = arrayType{2950, 2951}
	timeType  = arrayType{1184, 1185}
)

// ID writes a uuid; the ID that names nothing is NULL.
func (w *Row) ID(id events.ID) {
	if id.IsZero() {
		w.null(uuidType)
		return
	}
	w.field(uuidType, len(id))
	w.buf = append(w.buf, id[:]...)
}

// Entry writes 24 bytes of bytea; the entry that names nothing is NULL.
func (w *Row) Entry(e events.Entry) {
	if e.IsZero() {
		w.null(byteaType)
		return
	}
	w.field(byteaType, len(e.Of)+len(e.Number))
	w.buf = append(append(w.buf, e.Of[:]...), e.Number[:]...)
}

// Text writes a text; "" is ”, not NULL.
func (w *Row) Text(s string) {
	w.field(textType, len(s))
	w.buf = append(w.buf, s...)
}

// Int writes an integer.
func (w *Row) Int(n int) {
	w.field(int4Type, 4)
	w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(int32(n)))
}

// Position writes a bigint.
func (w *Row) Position(p events.Position) { w.Int64(int64(p)) }

// Int64 writes a bigint.
func (w *Row) Int64(n int64) {
	w.field(int8Type, 8)
	w.buf = binary.BigEndian.AppendUint64(w.buf, uint64(n))
}

// NoInt64 writes the NULL of a bigint.
func (w *Row) NoInt64() { w.null(int8Type) }

// Year2000 is PostgreSQL's first day.
const Year2000 events.Day = 10957

// Time writes a timestamptz.
func (w *Row) Time(t time.Time) {
	w.field(timeType, 8)
	w.buf = binary.BigEndian.AppendUint64(w.buf, uint64(t.Sub(Year2000.Time()).Microseconds()))
}

// Day writes a date.
func (w *Row) Day(d events.Day) {
	w.field(dateType, 4)
	w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(d-Year2000))
}

// Bool writes a boolean.
func (w *Row) Bool(b bool) {
	w.field(boolType, 1)
	if b {
		w.buf = append(w.buf, 1)
	} else {
		w.buf = append(w.buf, 0)
	}
}

func (w *Row) field(t arrayType, size int) {
	w.types = append(w.types, t)
	w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(int32(size)))
}

func (w *Row) null(t arrayType) { w.field(t, -1) }

func (w *Row) reset() { w.buf, w.types = w.buf[:0], w.types[:0] }

// again is a key of so many fields as it was written, of the types that were written last.
func (w *Row) again(key []byte, fields int) {
	w.buf, w.types = append(w.buf[:0], key...), w.types[:fields]
}

// firstField is the first field of a row with its length before it, and what follows.
func firstField(row []byte) (field, rest []byte) {
	n := 4 + max(0, int32(binary.BigEndian.Uint32(row)))
	return row[:n], row[n:]
}
