package projections

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// columns is rows turned into one array a column: the parameters of a statement that handles all rows at once.
type columns struct {
	types  []arrayType
	values [][]byte
	rows   int
}

func newColumns(n int) *columns { return &columns{values: make([][]byte, n)} }

func (c *columns) add(w *Row) error {
	if len(w.types) != len(c.values) {
		return fmt.Errorf("%d values for %d columns", len(w.types), len(c.values))
	}
	if c.rows == 0 {
		c.types = append(c.types, w.types...)
	}
	rest := w.buf
	for i := range c.values {
		var field []byte
		field, rest = firstField(rest)
		c.values[i] = append(c.values[i], field...)
	}
	c.rows++
	return nil
}

func (c *columns) exec(ctx context.Context, tx pgx.Tx, sql string) error {
	params, types := make([][]byte, len(c.values)), make([]uint32, len(c.values))
	for i, t := range c.types {
		params[i], types[i] = c.array(i), t.array
	}
	_, err := tx.Conn().PgConn().ExecParams(ctx, sql, params, types, []int16{pgx.BinaryFormatCode}, nil).Close()
	return err
}

// array is PostgreSQL's binary form of a one-dimensional array.
func (c *columns) array(i int) []byte {
	head := make([]byte, 0, 20+len(c.values[i]))
	for _, n := range []uint32{1, 0, c.types[i].element, uint32(c.rows), 1} {
		head = binary.BigEndian.AppendUint32(head, n)
	}
	return append(head, c.values[i]...)
}
