// Package projections turns the event log into tables that answer questions. Whatever they hold can be thrown away
// and made again from the log alone.
package projections

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// Projection is one question answered from the log alone.
type Projection interface {
	// Name is short and in lower case: the tables of "reach" stand in schema reach_<municipality>_<generation>.
	Name() string
	// Concerns reports whether the log has anything to say of the question: a log that does not concern a projection gets
	// no tables of it. What municipalities answered stands in events.National alone, and children's cases never do.
	Concerns(log events.Municipality) bool
	// Tables is the SQL that makes the tables in the schema at the head of the search path. When this text or Keys
	// changes, everything is rebuilt at the next start: a fold that means something else now says so in a comment here.
	Tables() string
	// Keys is the SQL that adds keys and indexes, after the bulk of a rebuild was copied.
	Keys() string
	Batch(m events.Municipality) Batch
}

// Batch folds messages in memory, then writes what they add up to.
type Batch interface {
	// Add folds one message: no I/O, no clock. Messages come in order and decisions come whole.
	Add(events.Recorded) error
	// Apply writes what was added since the last Apply in a few set-based statements. The search path is set.
	Apply(ctx context.Context, tx pgx.Tx) error
}

// fingerprintOf changes whenever the tables have to be made again.
func fingerprintOf(p Projection) []byte {
	const way = "1" // how Versions and Facts write rows
	sum := sha256.Sum256([]byte(way + "\x00" + p.Tables() + "\x00" + p.Keys()))
	return sum[:]
}

func schemaOf(projection string, m events.Municipality, generation int) string {
	return fmt.Sprintf("%s_%s_%d", projection, m, generation)
}
