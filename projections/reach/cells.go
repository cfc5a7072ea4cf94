package reach

import (
	"encoding/binary"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/events/giveway"
	"rackvidd/projections"
)

// cells are the columns of a row as they come, in PostgreSQL's binary form: a big municipality's year has a hundred thousand
// rows, and scanning one costs more than what is in it. Each text is kept once.
type cells struct {
	row   [][]byte
	texts map[string]string
}

func (c *cells) id(i int) events.ID { return events.ID(c.row[i]) }

func (c *cells) text(i int) string {
	text, known := c.texts[string(c.row[i])]
	if !known {
		text = string(c.row[i])
		c.texts[text] = text
	}
	return text
}

// number is a smallint, an integer or a bigint.
func (c *cells) number(i int) int64 {
	switch b := c.row[i]; len(b) {
	case 2:
		return int64(int16(binary.BigEndian.Uint16(b)))
	case 4:
		return int64(int32(binary.BigEndian.Uint32(b)))
	default:
		return int64(binary.BigEndian.Uint64(b))
	}
}

func (c *cells) yes(i int) bool { return c.row[i][0] != 0 }

func (c *cells) day(i int) events.Day { return projections.Year2000 + events.Day(c.number(i)) }

// eachRow takes row after row; what it is given is only lent.
func (g *gathering) eachRow(take func(c *cells)) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		c := cells{texts: g.texts}
		var work giveway.Work
		for rows.Next() {
			c.row = rows.RawValues()
			take(&c)
			work.Done()
		}
		return rows.Err()
	}
}
