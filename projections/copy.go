package projections

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// copyInto writes the rows that next appends in PostgreSQL's binary form, some at a time, until it says that there are
// no more, by COPY. In a rebuild they wait until they are many.
func copyInto(ctx context.Context, tx pgx.Tx, table string, columns []string, next func(out []byte) ([]byte, bool)) error {
	if f, ok := tx.(*fresh); ok {
		return f.table(table).rows.take(ctx, f, table, columns, next)
	}
	out, some := next([]byte(copySignature))
	if !some {
		return nil
	}
	return copyFrom(ctx, tx, table, columns, "", &copyStream{next: next, out: out})
}

func copyFrom(ctx context.Context, tx pgx.Tx, table string, columns []string, options string, rows io.Reader) error {
	_, err := tx.Conn().PgConn().CopyFrom(ctx, rows, fmt.Sprintf("COPY %s (%s) FROM STDIN WITH (FORMAT binary%s)", table, strings.Join(columns, ", "), options))
	return err
}

const (
	copySignature = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	copyEnd       = "\xff\xff"
)

// appendCount begins a row.
func appendCount(out []byte, columns int) []byte {
	return binary.BigEndian.AppendUint16(out, uint16(columns))
}

// appendPosition writes a bigint; 0 is NULL.
func appendPosition(out []byte, p events.Position) []byte {
	if p == 0 {
		return append(out, 0xff, 0xff, 0xff, 0xff)
	}
	return binary.BigEndian.AppendUint64(append(out, 0, 0, 0, 8), uint64(p))
}

// copyStream is what COPY reads: a signature, rows, and an end.
type copyStream struct {
	next  func([]byte) ([]byte, bool)
	out   []byte
	sent  int
	ended bool
}

func (s *copyStream) Read(p []byte) (int, error) {
	if s.sent == len(s.out) {
		s.out, s.sent = s.out[:0], 0
	}
	for len(s.out)-s.sent < len(p) && !s.ended {
		var some bool
		if s.out, some = s.next(s.out); !some {
			s.ended, s.out = true, append(s.out, copyEnd...)
		}
	}
	n := copy(p, s.out[s.sent:])
	if s.sent += n; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
