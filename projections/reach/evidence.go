package reach

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/events/giveway"
)

// Gather reads the evidence of a period as of a position. tx's search path is at the read model.
func Gather(ctx context.Context, tx pgx.Tx, m events.Municipality, p Period, at events.Position) (Evidence, error) {
	g, err := gather(ctx, tx, m, p, at)
	return g.Evidence, err
}

// gathering is the evidence of a period as of a position, and the rows that it is made of. Nobody changes it once it is
// gathered: from one gathering the next is made, which shares with it whatever is the same.
type gathering struct {
	Evidence
	Period
	at        events.Position
	since     events.Position         // where something of it changed last, as far as is known
	into      map[events.ID]events.ID // the child that a merged one was merged into
	other     map[string]bool         // programmes of this municipality that are for something else
	registers map[events.ID]*register // by session
	files     map[events.ID]*file     // by the child that the rows name
	stood     map[events.ID][]marked  // by session, every mark that ever stood in its register; nil: nobody looked behind yet
	marks     int                     // in all registers, and of those that ever stood
	texts     map[string]string       // while it is being made
}

// register is who stands in the register of a session of the period that was held because of substance abuse.
type register struct {
	session   events.ID
	form      events.Form
	programme string // as figures name it
	marks     []mark
}

// mark is a child who was there; home "" is what its enrolments say.
type mark struct {
	child events.ID
	home  events.Municipality
}

// visit is a mark, as the child's file has it.
type visit struct {
	*register
	home events.Municipality
}

// file is what the rows say that name one child.
type file struct {
	visits    []visit // one session's behind each other
	places    []Place
	referrals []Referral
	said      []statement
	erased    bool
	residence residence // of the latest enrolment that names a home
}

// residence is where an enrolment says that a child lives.
type residence struct {
	home   events.Municipality
	on     events.Day
	number int64
}

func (r residence) later(o residence) bool {
	return o.home == "" || cmp.Or(cmp.Compare(r.on, o.on), cmp.Compare(r.number, o.number)) > 0
}

func newGathering(m events.Municipality, p Period, at events.Position) *gathering {
	return &gathering{
		Evidence: Evidence{Municipal: m, Children: make(map[events.ID]*Child), Crowds: make(map[events.ID]Crowd)}, Period: p, at: at, since: at,
		into: make(map[events.ID]events.ID), other: make(map[string]bool), registers: make(map[events.ID]*register), files: make(map[events.ID]*file),
		texts: map[string]string{string(m): string(m)},
	}
}

// gather reads everything, in two round trips: what happened in the period, and what is known of the children it shows.
func gather(ctx context.Context, tx pgx.Tx, m events.Municipality, p Period, at events.Position) (*gathering, error) {
	g := newGathering(m, p, at)
	period, children := &pgx.Batch{}, &pgx.Batch{}
	g.askMerges(period)
	g.askProgrammes(period)
	g.askOccasions(period, nil)
	g.askPlaces(period, nil)
	g.askReceived(period, nil)
	err := tx.SendBatch(ctx, period).Close()
	if err == nil {
		g.noteVisits(g.registers)
		shown := g.withMerged(maps.Keys(g.files))
		g.askKnown(children, shown)
		if err = tx.SendBatch(ctx, children).Close(); err == nil {
			g.assemble(shown)
		}
	}
	if err != nil {
		err = fmt.Errorf("gather the evidence of %s: %w", m, err)
	}
	return g, err
}

// size is roughly what it takes to keep, in rows.
func (g *gathering) size() int { return g.marks + 5*len(g.files) }

// file is the one of a child, empty where there was none.
func (g *gathering) file(child events.ID) *file {
	f := g.files[child]
	if f == nil {
		f = &file{}
		g.files[child] = f
	}
	return f
}

// root is the child that a child counts as. Where merges lead round in a circle, and casework records none that do, all count as
// the first of the circle by its id.
func (g *gathering) root(child events.ID) events.ID {
	for range len(g.into) + 1 {
		into, merged := g.into[child]
		if !merged {
			return child
		}
		child = into
	}
	first := child // only in a circle are there so many steps
	for next := g.into[child]; next != child; next = g.into[next] {
		if bytes.Compare(next[:], first[:]) < 0 {
			first = next
		}
	}
	return first
}

// noteVisits puts the marks of registers into the children's files.
func (g *gathering) noteVisits(registers map[events.ID]*register) {
	var work giveway.Work
	for _, r := range registers {
		work.Done()
		for _, m := range r.marks {
			f := g.file(m.child)
			f.visits = append(f.visits, visit{r, m.home})
		}
	}
}

// withMerged are children with everybody who counts as one of them.
func (g *gathering) withMerged(children iter.Seq[events.ID]) (all []events.ID) {
	roots := make(set)
	for child := range children {
		if root := g.root(child); !roots[root] {
			roots[root] = true
			all = append(all, root)
		}
	}
	for child := range g.into {
		if root := g.root(child); roots[root] && child != root { // one of a circle is its own
			all = append(all, child)
		}
	}
	return all
}

// assemble puts together what is known of children; those who count as one are all among them.
func (g *gathering) assemble(children []events.ID) {
	groups := make(map[events.ID][]events.ID, len(children))
	var work giveway.Work
	for _, child := range children {
		work.Done()
		groups[g.root(child)] = append(groups[g.root(child)], child)
	}
	for root, members := range groups {
		work.Done()
		if child := g.child(root, members); g.shows(child) {
			g.Children[root] = child
			continue
		}
		for _, member := range members {
			delete(g.files, member)
		}
	}
}

// shows reports whether the period has anything to say of a child.
func (p Period) shows(child *Child) bool {
	return len(child.Attended) > 0 || len(child.Enrolled) > 0 ||
		slices.ContainsFunc(child.Referred, func(r Referral) bool { return p.contains(r.ReceivedOn) })
}

func (g *gathering) child(root events.ID, members []events.ID) *Child {
	c := &Child{ID: root}
	var all file
	for _, member := range members {
		f := g.files[member]
		if f == nil {
			continue
		}
		all.visits, all.said = joined(all.visits, f.visits), joined(all.said, f.said)
		c.Enrolled, c.Referred = joined(c.Enrolled, f.places), joined(c.Referred, f.referrals)
		c.Erased = c.Erased || f.erased
		if f.residence.home != "" && f.residence.later(all.residence) {
			all.residence = f.residence
		}
	}
	if len(all.said) > 0 {
		c.Person = weigh(all.said)
	}
	if len(members) > 1 {
		all.visits = slices.Clone(all.visits)
		slices.SortFunc(all.visits, func(a, b visit) int { return bytes.Compare(a.session[:], b.session[:]) })
	}
	c.home = cmp.Or(all.residence.home, g.Municipal)
	g.come(c, all.visits)
	return c
}

// joined is a and then b. It changes neither.
func joined[T any](a, b []T) []T {
	if len(a) == 0 {
		return b
	}
	return append(slices.Clip(a), b...)
}

// come counts at how many sessions a child was, once each, and where it was among those nobody identified.
func (g *gathering) come(c *Child, visits []visit) {
	for i, v := range visits {
		home := cmp.Or(v.home, c.home)
		again := false
		for j := i - 1; j >= 0 && visits[j].register == v.register; j-- {
			again = again || cmp.Or(visits[j].home, c.home) == home
		}
		if again {
			continue
		}
		c.came(Attendance{Home: home, Form: v.form, Programme: v.programme})
		if _, crowded := g.Crowds[v.session]; crowded && home == g.Municipal {
			c.Among = append(c.Among, v.session)
		}
	}
}

// weigh says what holds of a child of whom several things were said. A correction outweighs whatever else was stated,
// before it or after. Of birth years that disagree the latest counts; a gender they disagree on is unknown.
func weigh(said []statement) (who Person) {
	var yearAt, genderAt events.Position
	disagree, years := false, make(map[events.Year]bool)
	for _, s := range said {
		if s.birthYear != 0 {
			years[s.birthYear] = true
		}
		if s.birthYear != 0 && (s.correction > yearAt || s.correction == yearAt && s.birthYear > who.BirthYear) {
			who.BirthYear, yearAt = s.birthYear, s.correction
		}
		switch {
		case s.gender == "" || s.correction < genderAt:
		case s.correction > genderAt || who.Gender == "":
			who.Gender, genderAt, disagree = s.gender, s.correction, false
		case s.gender != who.Gender:
			disagree = true
		}
	}
	who.Disputed = len(years) > 1 && yearAt == 0
	if disagree || who.Gender == "" {
		who.Gender = events.UnknownGender
	}
	return who
}

// RoundDown returns the last position at or before at that does not fall inside a decision of several messages.
func RoundDown(ctx context.Context, tx pgx.Tx, at events.Position) (events.Position, error) {
	const query = `SELECT coalesce((SELECT first - 1 FROM span WHERE first <= $1 AND last > $1), $1)`
	err := tx.QueryRow(ctx, query, int64(at)).Scan(&at)
	return at, err
}

// PositionAt returns the last position that was recorded no later than t, where head is the last one of all.
func PositionAt(ctx context.Context, tx pgx.Tx, t time.Time, head events.Position) (events.Position, error) {
	const query = `SELECT coalesce((SELECT min(position) - 1 FROM moment WHERE recorded > $1), $2)`
	var at events.Position
	err := tx.QueryRow(ctx, query, t, int64(head)).Scan(&at)
	return at, err
}
