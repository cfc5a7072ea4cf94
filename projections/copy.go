package projections

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
)

// copyInto writes the rows that next fills in, until it has no more, by COPY in binary.
func copyInto(ctx context.Context, tx pgx.Tx, table string, columns []string, next func(*Row) bool) error {
	stream := &copyStream{columns: len(columns), next: next}
	if !stream.more() || stream.err != nil {
		return stream.err
	}
	options := "FORMAT binary"
	if _, ok := tx.(*fresh); ok {
		options += ", FREEZE"
	}
	_, err := tx.Conn().PgConn().CopyFrom(ctx, stream, fmt.Sprintf("COPY %s (%s) FROM STDIN WITH (%s)", table, strings.Join(columns, ", "), options))
	if stream.err != nil {
		return stream.err
	}
	return err
}

const copySignature = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// copyStream is what COPY reads: a signature, rows, and an end.
type copyStream struct {
	columns int
	next    func(*Row) bool
	row     Row
	out     []byte
	sent    int
	begun   bool
	ended   bool
	err     error
}

// more encodes one more row, if there is one.
func (s *copyStream) more() bool {
	s.row.reset()
	if s.ended || !s.next(&s.row) {
		return false
	}
	if len(s.row.starts) != s.columns {
		s.err = fmt.Errorf("%d values for %d columns", len(s.row.starts), s.columns)
		return false
	}
	if !s.begun {
		s.begun, s.out = true, append(s.out, copySignature...)
	}
	s.out = binary.BigEndian.AppendUint16(s.out, uint16(s.columns))
	s.out = append(s.out, s.row.buf...)
	return true
}

func (s *copyStream) Read(p []byte) (int, error) {
	if s.sent == len(s.out) {
		s.out, s.sent = s.out[:0], 0
	}
	for len(s.out)-s.sent < len(p) && !s.ended {
		if !s.more() {
			s.ended, s.out = true, append(s.out, 0xff, 0xff)
		}
	}
	if s.err != nil {
		return 0, s.err
	}
	n := copy(p, s.out[s.sent:])
	if s.sent += n; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
