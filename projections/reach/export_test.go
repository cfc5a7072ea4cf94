package reach

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
