package reach

import (
	"fmt"

	"rackvidd/events"
)

// Review is what the findings of a period are, by themselves.
func Review(e Evidence, d Definition, p Period) Findings {
	c := newCounting(e, d, p)
	return c.review(c.reached())
}

// Position is the end of the last decision that was read.
func (h *History) Position() events.Position { return h.position }

// Kept is of how many periods evidence is kept, and of how many rows.
func (c *Counts) Kept() (periods, rows int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.kept {
		rows += k.size()
	}
	return len(c.kept), rows
}

// ChangedQuery finds what changed since $1, $2 rows of each table at most.
var ChangedQuery = changedQuery()

// HeldQuery finds the sessions of a period that were held, as of $1, from $2 to $3.
var HeldQuery = fmt.Sprintf(heldQuery, sessionTable.all())
