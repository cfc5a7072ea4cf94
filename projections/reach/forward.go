package reach

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

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
	{"statement", "described", "child", "since"},
	{"erased", "described", "child", "since"},
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

// changed is what happened between two positions. Nobody changes it: it is the same for all periods.
type changed struct {
	occasions map[events.ID][]events.Day // with the days that each ever was on
	children  map[events.ID]events.Day   // of whom something was said that has a day, with the earliest of their enrolments and referrals
	described set                        // of whom something was said that has none
	merged    set                        // children who count as another, or no longer do
	most      bool                       // something about a programme, or more than is worth looking into
}

// never is the day of what was not.
const never = events.Day(math.MaxInt32)

// changedSince is what began to hold or ceased to since a position. tx shows the later one.
func changedSince(ctx context.Context, tx pgx.Tx, m events.Municipality, since events.Position) (*changed, error) {
	c := &changed{occasions: make(map[events.ID][]events.Day), children: make(map[events.ID]events.Day), described: make(set), merged: make(set)}
	var kind string
	var id *events.ID
	found := make(map[string]int)
	rows, _ := tx.Query(ctx, changedQuery(), since, mostChanged)
	err := each(rows, func() {
		switch kind {
		case "occasion":
			c.occasions[*id] = nil
		case "child":
			c.children[*id] = never
		case "described":
			c.described[*id] = true
		case "merged":
			c.merged[*id] = true
		default:
			c.most = true
		}
		found[kind]++
		c.most = c.most || found[kind] >= mostChanged
	}, &kind, &id)
	if err == nil && !c.most && len(c.occasions)+len(c.children) > 0 {
		err = c.askDays(ctx, tx)
	}
	if err != nil {
		return nil, fmt.Errorf("see what changed in %s since position %d: %w", m, since, err)
	}
	return c, nil
}

// daysQuery are the days that occasions $1 ever were on, and the earliest of what was said of children $2.
const daysQuery = `
SELECT true, s.session, s.held_on FROM unnest($1::uuid[]) AS changed(id) JOIN session s ON s.session = changed.id UNION ALL
SELECT true, g.report, g.held_on FROM unnest($1::uuid[]) AS changed(id) JOIN guests g ON g.report = changed.id UNION ALL
SELECT false, e.child, min(e.enrolled_on) FROM unnest($2::uuid[]) AS changed(id) JOIN enrolment e ON e.child = changed.id GROUP BY e.child UNION ALL
SELECT false, r.child, min(r.received_on) FROM unnest($2::uuid[]) AS changed(id) JOIN referral r ON r.child = changed.id GROUP BY r.child`

func (c *changed) askDays(ctx context.Context, tx pgx.Tx) error {
	var held bool
	var id events.ID
	var on time.Time
	rows, _ := tx.Query(ctx, daysQuery, slices.Collect(maps.Keys(c.occasions)), slices.Collect(maps.Keys(c.children)))
	return each(rows, func() {
		day := events.DayOf(on)
		if held {
			c.occasions[id] = append(c.occasions[id], day)
		} else {
			c.children[id] = min(c.children[id], day)
		}
	}, &held, &id, &on)
}

// concern is what of it a period has to do with.
type concern struct {
	occasions, children set
	merged              bool
}

// concern leaves out what is of other periods: occasions that were never in this one, and children who are not shown and of whom
// nothing was said that has a day until its end. Whoever begins to be shown is read whole.
func (g *gathering) concern(c *changed) *concern {
	mine := &concern{make(set), maps.Clone(c.merged), len(c.merged) > 0}
	for occasion, days := range c.occasions {
		if slices.ContainsFunc(days, g.contains) {
			mine.occasions[occasion] = true
		}
	}
	shown := func(child events.ID) bool { return g.Children[g.root(child)] != nil }
	for child, first := range c.children {
		if first <= g.To || shown(child) {
			mine.children[child] = true
		}
	}
	for child := range c.described {
		if shown(child) {
			mine.children[child] = true
		}
	}
	return mine
}

// forward is the gathering as of a later position. Only what changed is read again: the occasions that rows name which changed,
// and the children who are or were there, or whom such rows name, each with all who count as one of them, before or after.
// Where a programme changed, or a lot, everything is.
func (g *gathering) forward(ctx context.Context, tx pgx.Tx, c *changed, at events.Position) (*gathering, error) {
	if c.most {
		return gather(ctx, tx, g.Municipal, g.Period, at)
	}
	next, mine := *g, g.concern(c)
	next.at = at
	if len(mine.occasions)+len(mine.children) == 0 {
		return &next, nil
	}
	next.texts = map[string]string{string(g.Municipal): string(g.Municipal)}
	next.Children, next.Crowds = maps.Clone(g.Children), maps.Clone(g.Crowds)
	next.registers, next.files, next.stood = maps.Clone(g.registers), maps.Clone(g.files), maps.Clone(g.stood)
	if err := next.readAgain(ctx, tx, g, mine); err != nil {
		return nil, fmt.Errorf("bring the evidence of %s from position %d to %d: %w", g.Municipal, g.at, at, err)
	}
	if g.tells(mine) || next.tells(mine) {
		next.since = at
	}
	return &next, nil
}

// tells reports whether anything that changed is of the period.
func (g *gathering) tells(c *concern) bool {
	for occasion := range c.occasions {
		_, crowd := g.Crowds[occasion]
		if crowd || g.registers[occasion] != nil {
			return true
		}
	}
	for child := range c.children {
		if g.Children[g.root(child)] != nil {
			return true
		}
	}
	return false
}

// readAgain reads again what changed since before, from which g was copied.
func (g *gathering) readAgain(ctx context.Context, tx pgx.Tx, before *gathering, changed *concern) error {
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

func (g *gathering) readOccasions(ctx context.Context, tx pgx.Tx, changed *concern) error {
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
