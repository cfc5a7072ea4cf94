package reach

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
)

// FigureKey names one of the figures: children, guests, form.camp, overlap.camp.support_group, programme.sputnik,
// first.school (the channel of the first referral), channel.school (of any), age.7-12, gender.girl; or one of Findings:
// without_referral, not_born, disputed.
type FigureKey string

// LeftOutReason is why somebody who came, or had a place, is not in a figure.
type LeftOutReason string

const (
	TooOld        LeftOutReason = "too_old"    // older than the definition counts, in the period's year
	OtherHome     LeftOutReason = "guest"      // the child's home is another municipality
	OtherForm     LeftOutReason = "other_form" // the definition does not count the form
	OtherAim      LeftOutReason = "other_aim"  // the child or the programme was there for something else
	NeverCame     LeftOutReason = "never_came" // had a place in the period and came to nothing that counts
	WasCancelled  LeftOutReason = "cancelled"  // the session was not held
	WasWithdrawn  LeftOutReason = "withdrawn"  // the session should never have been recorded
	WasRemoved    LeftOutReason = "removed"    // was marked in the register once, and is no longer
	CountsAsOther LeftOutReason = "merged"     // two records of one child: it counts as the other one

	counted LeftOutReason = "" // is in the figure
)

// LeftOutReasons is the order in which they are listed.
var LeftOutReasons = []LeftOutReason{TooOld, OtherHome, OtherForm, OtherAim, NeverCame, WasCancelled, WasWithdrawn, WasRemoved, CountsAsOther}

// Row is what is known of one child in one form of one programme in the period.
type Row struct {
	Number    int       // of the child, among those of this answer alone
	Child     events.ID // as whom it counts; of one that was merged, itself
	As        int       // of a merged one, the number it counts as; else 0
	Form      events.Form
	Programme string // another municipality's with its code before it
	Sessions  int    // different ones; 0 of a place that nobody came to
	First     events.Day
	Last      events.Day // of these sessions; 0 where there is none
	Why       LeftOutReason
	Elsewhere bool // in a programme of another municipality
	Erased    bool // nobody can tell any more who the child is
}

// Behind is what a figure is counted from, and who is not in it.
type Behind struct {
	Position    events.Position
	Children    int // different ones among Rows: the figure
	Attendances int // the sessions of Rows together
	Rows        []Row
	LeftOut     []Row
}

// UnknownFigureError says that no figure has the key.
type UnknownFigureError struct{ Key FigureKey }

func (e *UnknownFigureError) Error() string {
	return fmt.Sprintf("there is no figure %q", string(e.Key))
}

// stoodQuery is every mark that ever stood in the registers of a period, and what has become of it: the session, the
// child and the day, one behind the other.
const stoodQuery = `
SELECT s.form, s.provider, s.programme, a.home, a.target, coalesce(v.why, ''), coalesce(a.until <= $1, false),
  string_agg(uuid_send(a.session) || uuid_send(a.child) || int4send(s.held_on - DATE '1970-01-01'), '')
FROM %s JOIN attendance a ON a.session = s.session LEFT JOIN LATERAL (
  SELECT max(why) AS why FROM void v WHERE v.session = s.session AND v.since <= $1 AND (v.until IS NULL OR v.until > $1)
) v ON true
WHERE s.held_on BETWEEN $2 AND $3 AND s.since <= $1 AND (s.until IS NULL OR s.until > $1) AND a.since <= $1
GROUP BY 1, 2, 3, 4, 5, 6, 7`

// marked is one mark that ever stood in a register of the period.
type marked struct {
	*marking
	session, child events.ID
	day            events.Day
}

// marking is what many marks have alike.
type marking struct {
	form      events.Form
	provider  string
	programme string
	home      events.Municipality
	target    events.Target
	void      string // why the session reaches nobody
	removed   bool
}

// askStood asks what ever stood in the registers.
func (g *gathering) askStood(batch *pgx.Batch, only []events.ID) {
	g.ask(batch, stoodQuery, sessionTable, only, func(c *cells) {
		like := &marking{events.Form(c.text(0)), c.text(1), c.text(2), events.Municipality(c.text(3)), events.Target(c.text(4)), c.text(5), c.yes(6)}
		const id = len(events.ID{})
		for one := range slices.Chunk(c.row[7], 2*id+4) {
			m := marked{like, events.ID(one[:id]), events.ID(one[id : 2*id]), events.Day(binary.BigEndian.Uint32(one[2*id:]))}
			g.stood[m.session] = append(g.stood[m.session], m)
			g.marks++
		}
	})
}

// LookBehind reads what a period's figures are counted from, as of a position, from the evidence that is kept where some is.
// tx shows what is shown.
func (c *Counts) LookBehind(ctx context.Context, tx pgx.Tx, shown projections.Checkpoint, d Definition, p Period, at events.Position) (*Listing, error) {
	g, err := c.gatherStood(ctx, tx, tablesKey{shown.Municipality, shown.Generation, p}, at)
	if err != nil {
		return nil, err
	}
	l := &Listing{counting: newCounting(g.Evidence, d, p), at: at, lines: make(map[lineKey]*line), erased: make(set), root: g.root}
	l.reached = setOf(l.counting.reached())
	l.list(g)
	return l, l.askErased(ctx, tx)
}

// askErased asks who was erased of all there are: the evidence tells it of nobody who is in no figure.
func (l *Listing) askErased(ctx context.Context, tx pgx.Tx) error {
	rows, _ := tx.Query(ctx, `SELECT child FROM erased WHERE since <= $1`, l.at)
	var child events.ID
	if err := each(rows, func() { l.erased[l.root(child)] = true }, &child); err != nil {
		return fmt.Errorf("read who was erased in %s: %w", l.Municipal, err)
	}
	return nil
}

// gatherStood is gather, with what ever stood in the registers. From then on that is brought forward with all else.
func (c *Counts) gatherStood(ctx context.Context, tx pgx.Tx, of tablesKey, at events.Position) (*gathering, error) {
	g, err := c.gather(ctx, tx, of, at)
	if err != nil || g.stood != nil {
		return g, err
	}
	g = new(*g)
	g.stood, g.texts = make(map[events.ID][]marked), make(map[string]string)
	batch := &pgx.Batch{}
	g.askStood(batch, nil)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("read the marks of %s: %w", of.municipality, err)
	}
	if c != nil {
		c.keep(&keptEvidence{of, g})
	}
	return g, nil
}

// Listing is all that stands behind the figures of a period under a definition. It can be asked about one after the other.
type Listing struct {
	*counting
	at      events.Position
	reached set
	erased  set                       // as whom those count whose identity was erased
	root    func(events.ID) events.ID // the child that a child counts as
	lines   map[lineKey]*line
}

// known is what the evidence tells of a child, if it does.
func (l *Listing) known(child events.ID) Child {
	if c := l.Children[child]; c != nil {
		return *c
	}
	return Child{ID: child, home: l.Municipal}
}

// lineKey is what makes a row.
type lineKey struct {
	child     events.ID
	form      events.Form
	programme string
	why       LeftOutReason
}

type line struct {
	elsewhere   bool
	sessions    int
	first, last events.Day
}

func (l *Listing) line(k lineKey) *line {
	if l.lines[k] == nil {
		l.lines[k] = &line{}
	}
	return l.lines[k]
}

func (one *line) add(day events.Day) {
	if one.sessions == 0 {
		one.first, one.last = day, day
	}
	one.sessions++
	one.first, one.last = min(one.first, day), max(one.last, day)
}

// list makes a line of each child, form, programme and reason.
func (l *Listing) list(g *gathering) {
	l.listPlaces(g.other)
	r := &reading{came: make(set), seen: make(map[spot]bool)}
	for _, marks := range g.stood {
		l.listSession(marks, g, r)
	}
}

// reading is what is known of a register's marks while it is read. It is used again for the next: a year has thousands.
type reading struct {
	marks []judged
	came  set
	seen  map[spot]bool
}

// judged is a mark, as whom it counts, and why it does not.
type judged struct {
	marked
	as  events.ID
	why LeftOutReason
}

// listSession adds what ever stood in one register.
func (l *Listing) listSession(marks []marked, g *gathering, r *reading) {
	r.marks = r.marks[:0]
	clear(r.came)
	clear(r.seen)
	for _, m := range marks {
		one := judged{marked: m, as: g.root(m.child)}
		one.why = l.why(m, l.known(one.as), g)
		if r.marks = append(r.marks, one); one.why.came() {
			r.came[one.as] = true
		}
	}
	for _, m := range r.marks {
		k := lineKey{m.as, m.form, labelled(m.provider, m.programme), m.why}
		if m.child != m.as && m.why == counted {
			l.add(r.seen, m.marked, lineKey{m.child, k.form, k.programme, CountsAsOther})
		}
		if l.d.Basis == Enrolled && (m.why != counted || l.lines[k] == nil) {
			continue // it is the place that counts
		}
		if m.why.came() || !r.came[m.as] {
			l.add(r.seen, m.marked, k)
		}
	}
}

// add counts the session of a line, once.
func (l *Listing) add(seen map[spot]bool, m marked, k lineKey) {
	if at := (spot{k.child, k.why}); !seen[at] {
		seen[at] = true
		one := l.line(k)
		one.add(m.day)
		one.elsewhere = m.provider != ""
	}
}

// spot is a child in a register, for a reason.
type spot struct {
	child events.ID
	why   LeftOutReason
}

// came tells those who were at a session that was held because of substance abuse.
func (r LeftOutReason) came() bool {
	return r == counted || r == TooOld || r == OtherHome || r == OtherForm
}

// why says of a mark of a child whether it counts, and if not why not.
func (l *Listing) why(m marked, child Child, g *gathering) LeftOutReason {
	switch {
	case m.removed:
		return WasRemoved
	case m.void == "withdrawn":
		return WasWithdrawn
	case m.void == "cancelled":
		return WasCancelled
	case m.target != events.SubstanceAbuse || !aimed(m.provider, m.programme, g.other):
		return OtherAim
	case !l.d.Counts(m.form):
		return OtherForm
	case !l.own(cmp.Or(m.home, child.home)):
		return OtherHome
	case !l.ofAge(child.Person):
		return TooOld
	}
	return counted
}

// listPlaces lists the places: what makes a child reached, or what nobody came to. Nobody is expected to come because of substance
// abuse to a programme that is for something else.
func (l *Listing) listPlaces(other map[string]bool) {
	for _, child := range l.Children {
		for _, n := range child.Enrolled {
			k := lineKey{child.ID, n.Form, n.Programme, counted}
			switch {
			case l.d.Basis == Attended && (l.reached[child.ID] || other[n.Programme] || !l.own(n.Home) || !l.d.Counts(n.Form) || !l.ofAge(child.Person)):
				continue
			case l.d.Basis == Attended:
				k.why = NeverCame
			case !l.own(n.Home):
				k.why = OtherHome
			case !l.d.Counts(n.Form):
				k.why = OtherForm
			case !l.ofAge(child.Person):
				k.why = TooOld
			}
			l.line(k)
		}
	}
}

// Position is the one that the listing is of.
func (l *Listing) Position() events.Position { return l.at }

// Of lists what one figure is counted from. The salt makes the children's numbers; with another one they are others.
//
// *UnknownFigureError: there is no such figure.
func (l *Listing) Of(key FigureKey, salt []byte) (b Behind, err error) {
	belongs, err := l.belongs(key)
	if err != nil {
		return b, err
	}
	numbers, children := l.numbers(salt), make(set)
	b.Position = l.at
	for k, one := range l.lines {
		row := Row{Number: numbers[k.child], Child: k.child, Form: k.form, Programme: k.programme, Sessions: one.sessions, First: one.first, Last: one.last, Why: k.why, Elsewhere: one.elsewhere, Erased: l.erased[l.root(k.child)]}
		if k.why == CountsAsOther {
			row.As = numbers[l.root(k.child)]
		}
		switch where, counts := belongs(k); {
		case counts:
			b.Rows, children[k.child] = append(b.Rows, row), true
			b.Attendances += row.Sessions
		case where:
			b.LeftOut = append(b.LeftOut, row)
		}
	}
	b.Children = len(children)
	return b, nil
}

// numbers gives every child that is listed a number.
func (l *Listing) numbers(salt []byte) map[events.ID]int {
	var children []events.ID
	for k := range l.lines {
		children = append(children, k.child)
	}
	return Numbered(children, salt)
}

// Numbered gives each of some children a number from 1 on, in an order that only the salt knows.
func Numbered(children []events.ID, salt []byte) map[events.ID]int {
	order := make(map[events.ID][sha256.Size]byte)
	for _, child := range children {
		order[child] = sha256.Sum256(slices.Concat(salt, child[:]))
	}
	numbers := make(map[events.ID]int, len(order))
	for i, child := range slices.SortedFunc(maps.Keys(order), func(a, b events.ID) int {
		x, y := order[a], order[b]
		return bytes.Compare(x[:], y[:])
	}) {
		numbers[child] = i + 1
	}
	return numbers
}

// belongs tells of a line whether it is where the figure looks, and whether it counts in it.
func (l *Listing) belongs(key FigureKey) (func(lineKey) (where, counts bool), error) {
	kind, rest, _ := strings.Cut(string(key), ".")
	of := func(is func(*Child) bool) func(lineKey) (bool, bool) {
		return func(k lineKey) (bool, bool) {
			return false, k.why == counted && l.reached[k.child] && is(l.Children[k.child])
		}
	}
	within := func(in func(lineKey) bool) func(lineKey) (bool, bool) {
		return func(k lineKey) (bool, bool) { return in(k), in(k) && k.why == counted && l.reached[k.child] }
	}
	switch kind {
	case "children":
		return within(func(lineKey) bool { return true }), nil
	case "guests":
		return func(k lineKey) (bool, bool) {
			return false, k.why == OtherHome && l.ofAge(l.known(k.child).Person) && l.d.Counts(k.form)
		}, nil
	case "form":
		return within(func(k lineKey) bool { return string(k.form) == rest }), nil
	case "programme":
		return within(func(k lineKey) bool { return k.programme == rest }), nil
	case "overlap":
		return l.inBoth(rest), nil
	case "first":
		return of(func(child *Child) bool {
			channel, referred := child.firstChannel()
			return referred && string(channel) == rest
		}), nil
	case "channel":
		return of(func(child *Child) bool {
			return slices.ContainsFunc(child.Referred, func(r Referral) bool { return string(r.Channel) == rest })
		}), nil
	case "age":
		return of(func(child *Child) bool { return ageBands[ageBand(child.BirthYear, l.year)] == rest }), nil
	case "gender":
		return of(func(child *Child) bool { return string(child.gender()) == rest }), nil
	case "without_referral":
		return of(func(child *Child) bool { return len(child.Referred) == 0 }), nil
	case "not_born":
		return of(func(child *Child) bool { return child.BirthYear > l.year }), nil
	case "disputed":
		return func(k lineKey) (bool, bool) {
			return false, (k.why == counted && l.reached[k.child] || k.why == TooOld) && l.known(k.child).Disputed
		}, nil
	}
	return nil, &UnknownFigureError{key}
}

// inBoth tells the lines of the children who are in both of two forms.
func (l *Listing) inBoth(forms string) func(lineKey) (bool, bool) {
	a, b, _ := strings.Cut(forms, ".")
	in := map[string]set{a: make(set), b: make(set)}
	for k := range l.lines {
		if form := in[string(k.form)]; form != nil && k.why == counted {
			form[k.child] = true
		}
	}
	return func(k lineKey) (bool, bool) {
		return false, in[string(k.form)] != nil && k.why == counted && in[a][k.child] && in[b][k.child]
	}
}
