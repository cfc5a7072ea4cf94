package reach

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// changing are the tables that figures look at, and whom or what their rows name. Where the aim of a programme changes, so
// does what every session of it counts for.
var changing = []struct{ table, names, by, changed string }{
	{"attendance", "occasion", "session", "greatest(since, until)"},
	{"session", "occasion", "session", "greatest(since, until)"},
	{"void", "occasion", "session", "greatest(since, until)"},
	{"headcount", "occasion", "session", "greatest(since, until)"},
	{"guests", "occasion", "report", "greatest(since, until)"},
	{"referral", "child", "child", "greatest(since, until)"},
	{"enrolment", "child", "child", "greatest(since, until)"},
	{"ending", "child", "child", "greatest(since, until)"},
	{"statement", "child", "child", "since"},
	{"erased", "child", "child", "since"},
	{"merge", "merged", "child", "greatest(since, until)"},
	{"programme", "programme", "NULL::uuid", "greatest(since, until)"},
}

// changedQuery is what the rows name that began to hold or ceased to since position $1, $2 of each table at most, the latest.
// In this order each is found at the end of an index, whatever the planner knows of the table.
func changedQuery() string {
	var parts []string
	for _, c := range changing {
		parts = append(parts, fmt.Sprintf("(SELECT '%s', %s FROM %s WHERE %s > $1 ORDER BY %[4]s DESC LIMIT $2)", c.names, c.by, c.table, c.changed))
	}
	return strings.Join(parts, " UNION ALL ")
}

// mostChanged is how many changed rows of a table are looked into. With more, gathering everything is as quick.
const mostChanged = 1000

// changed is what happened since a gathering.
type changed struct {
	occasions, children set
	merged              bool // some of the children
	most                bool // something about a programme, or more than is worth looking into
}

func (g *gathering) changedSince(ctx context.Context, tx pgx.Tx) (*changed, error) {
	c := &changed{occasions: make(set), children: make(set)}
	var kind string
	var id *events.ID
	found := make(map[string]int)
	rows, _ := tx.Query(ctx, changedQuery(), g.at, mostChanged)
	err := each(rows, func() {
		switch kind {
		case "occasion":
			c.occasions[*id] = true
		case "child":
			c.children[*id] = true
		case "merged":
			c.children[*id], c.merged = true, true
		default:
			c.most = true
		}
		found[kind]++
		c.most = c.most || found[kind] >= mostChanged
	}, &kind, &id)
	return c, err
}

// forward is the gathering as of a later position. Only what changed is read again: the occasions that rows name which changed,
// and the children who are or were there, or whom such rows name, each with all who count as one of them, before or after.
// Where a programme changed, or a lot, everything is.
func (g *gathering) forward(ctx context.Context, tx pgx.Tx, at events.Position) (*gathering, error) {
	changed, err := g.changedSince(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("see what changed in %s since position %d: %w", g.Municipal, g.at, err)
	}
	if changed.most {
		return gather(ctx, tx, g.Municipal, g.Period, at)
	}
	next := *g
	next.at = at
	if len(changed.occasions)+len(changed.children) == 0 {
		return &next, nil
	}
	next.texts = map[string]string{string(g.Municipal): string(g.Municipal)}
	next.Children, next.Crowds = maps.Clone(g.Children), maps.Clone(g.Crowds)
	next.registers, next.files, next.stood = maps.Clone(g.registers), maps.Clone(g.files), maps.Clone(g.stood)
	if err := next.readAgain(ctx, tx, g, changed); err != nil {
		return nil, fmt.Errorf("bring the evidence of %s from position %d to %d: %w", g.Municipal, g.at, at, err)
	}
	if g.tells(changed) || next.tells(changed) {
		next.since = at
	}
	return &next, nil
}

// tells reports whether anything that changed is of the period.
func (g *gathering) tells(changed *changed) bool {
	for occasion := range changed.occasions {
		_, crowd := g.Crowds[occasion]
		if crowd || g.registers[occasion] != nil {
			return true
		}
	}
	for child := range changed.children {
		if g.Children[g.root(child)] != nil {
			return true
		}
	}
	return false
}

// readAgain reads again what changed since before, from which g was copied.
func (g *gathering) readAgain(ctx context.Context, tx pgx.Tx, before *gathering, changed *changed) error {
	if err := g.readOccasions(ctx, tx, changed); err != nil {
		return err
	}
	visits := make(map[events.ID]*register)
	for occasion := range changed.occasions {
		for _, r := range []*register{before.registers[occasion], g.registers[occasion]} {
			if r != nil {
				for _, m := range r.marks {
					changed.children[m.child] = true
				}
			}
		}
		if r := g.registers[occasion]; r != nil {
			visits[occasion] = r
		}
	}
	affected := make(set) // as whom they count, or counted
	for child := range changed.children {
		affected[g.root(child)], affected[before.root(child)] = true, true
	}
	if len(affected) == 0 {
		return nil
	}
	children := g.withMerged(maps.Keys(affected))
	for child := range affected {
		delete(g.Children, child)
	}
	for _, child := range children {
		f := &file{}
		if known := g.files[child]; known != nil {
			f.visits = slices.DeleteFunc(slices.Clone(known.visits), func(v visit) bool { return changed.occasions[v.session] })
		}
		g.files[child] = f
	}
	g.noteVisits(visits)
	batch := &pgx.Batch{}
	g.askPlaces(batch, children)
	g.askReceived(batch, children)
	g.askKnown(batch, children)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	g.assemble(children)
	return nil
}

func (g *gathering) readOccasions(ctx context.Context, tx pgx.Tx, changed *changed) error {
	batch := &pgx.Batch{}
	if changed.merged {
		g.into = make(map[events.ID]events.ID)
		g.askMerges(batch)
	}
	for occasion := range changed.occasions {
		if r := g.registers[occasion]; r != nil {
			g.marks -= len(r.marks)
		}
		g.marks -= len(g.stood[occasion])
		delete(g.stood, occasion)
		delete(g.registers, occasion)
		delete(g.Crowds, occasion)
	}
	if len(changed.occasions) > 0 {
		g.askOccasions(batch, slices.Collect(maps.Keys(changed.occasions)))
	}
	return tx.SendBatch(ctx, batch).Close()
}
