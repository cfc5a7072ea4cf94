package register

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// evidence is what the tables say of a period at a position. Days are read as numbers, which is what days are. Nobody
// changes it once it is gathered: what comes after shares most of it.
type evidence struct {
	Asked
	at         events.Position
	occasions  []*occasion // from a year before the period's first day to its last; the earliest first
	placements []placement
	programmes map[events.ProgrammeID]offered
	merges     []join
	into       map[events.ID]events.ID // the merges that stand
	referrals  ReferralFindings
	numbers    *numbers
	meetings   []*occasion // while it is reviewed: those to which somebody may have come because of substance abuse
}

// occasion is a session that was not withdrawn, with those who came.
type occasion struct {
	id        events.ID
	programme events.ProgrammeID
	form      events.Form
	offer     number // of the programme and the form
	day       events.Day
	provider  events.Municipality
	group     events.ID
	cancelled bool
	saved     bool // it has a register
	unknown   int  // children nobody identified, because of substance abuse
	unnamed   int  // everybody else nobody identified
	adults    int  // of them
	marked    []marked

	// Of those marked, as the children they count as:
	came, other []number // children because of substance abuse, and those who came for something else alone
	grown       []number // adults
	recorded    []entered
}

// marked are those who came as they were recorded on a day, their ids one behind the other.
type marked struct {
	on                 events.Day
	came, other, grown []byte
}

// entered is how many of those who came because of substance abuse were recorded on a day.
type entered struct {
	on       events.Day
	children int
}

// part is which sessions and children are read: those of the period, or some.
type part struct {
	sessions string // a condition on s
	children string // on the children of %s; "": all
	args     []any  // from $2 on
}

// whole are the sessions of the days on which something depends, and all children.
func (a Asked) whole() part {
	return part{"s.held_on BETWEEN $2 AND $3", "", []any{yearBefore(a.From).Time(), a.To.Time()}}
}

// reaches reports whether something depends on the sessions of a day.
func (a Asked) reaches(day events.Day) bool { return yearBefore(a.From) <= day && day <= a.To }

// some are the sessions and children with these ids.
func some(ids [][16]byte) part {
	return part{"s.session = ANY ($2)", " AND %s.child = ANY ($2)", []any{ids}}
}

func (p part) of(table string) string {
	if p.children == "" {
		return ""
	}
	return fmt.Sprintf(p.children, table)
}

const occasionsQuery = `
SELECT s.session, s.programme, s.form, s.held_on - DATE '1970-01-01', s.provider, coalesce(o.grp, '00000000-0000-0000-0000-000000000000'),
	EXISTS (SELECT FROM void v WHERE v.session = s.session AND %[2]s),
	EXISTS (SELECT FROM saved a WHERE a.session = s.session AND a.since <= $1),
	coalesce(n.unknown, 0), coalesce(n.unnamed, 0), coalesce(n.adults, 0)
FROM session s LEFT JOIN opened o ON o.session = s.session
	LEFT JOIN LATERAL (
		SELECT sum(people) FILTER (WHERE role = 'child' AND target = 'substance_abuse') AS unknown,
			sum(people) FILTER (WHERE role <> 'child' OR target <> 'substance_abuse') AS unnamed, sum(people) FILTER (WHERE role = 'adult') AS adults
		FROM headcount c WHERE c.session = s.session AND %[3]s) n ON true
WHERE %[4]s AND %[1]s
	AND NOT EXISTS (SELECT FROM void v WHERE v.session = s.session AND v.why = 'withdrawn' AND %[2]s)`

// Those who came to each session, by when it was recorded, the earliest first: of two records of one child that one counts. Their
// ids come as one string of bytes: a year has ten thousand.
const marksQuery = `
SELECT k.session, (SELECT recorded FROM message WHERE position = k.since), coalesce(string_agg(uuid_send(k.child), '') FILTER (WHERE role <> 'adult' AND target = 'substance_abuse'), ''),
	coalesce(string_agg(uuid_send(k.child), '') FILTER (WHERE role <> 'adult' AND target <> 'substance_abuse'), ''),
	coalesce(string_agg(uuid_send(k.child), '') FILTER (WHERE role = 'adult'), '')
FROM session s JOIN mark k ON k.session = s.session
WHERE %[3]s AND %[1]s AND k.attended AND %[2]s GROUP BY k.session, k.since ORDER BY k.session, k.since`

// placement is a place, whenever it was.
type placement struct {
	of        events.ID // as whom it was recorded
	child     number    // as whom it counts
	offer     number    // of the programme and the form
	programme events.ProgrammeID
	from, to  events.Day // to 0: it has not ended
}

// Those of each form of each programme: the child, the first day and the last, one place behind the other.
const placementsQuery = `
SELECT e.programme, e.form, string_agg(uuid_send(e.child) || int4send(e.enrolled_on - DATE '1970-01-01') ||
	int4send(coalesce(n.ended_on - DATE '1970-01-01', 0)), '')
FROM enrolment e LEFT JOIN (
	SELECT n.child, n.enrolment, min(n.ended_on) AS ended_on FROM ending n WHERE n.enrolment IS NOT NULL AND %[2]s%[4]s GROUP BY n.child, n.enrolment
) n ON n.child = e.child AND n.enrolment = e.number
WHERE %[1]s%[3]s GROUP BY e.programme, e.form`

// offered is what matters here of a programme.
type offered struct {
	id       events.ProgrammeID
	forms    []events.Form
	target   events.Target
	identity events.IdentityMode
	from     events.Day
}

const offeredQuery = `SELECT programme, forms, target, identity, valid_from - DATE '1970-01-01' FROM programme p WHERE %s`

// join is a merge, standing or undone.
type join struct {
	child, into events.ID
	stands      bool
	undone      events.Day
}

const joinsQuery = `
SELECT m.child, m.into_child, m.until IS NULL OR m.until > $1, x.recorded
FROM merge m LEFT JOIN message x ON x.position = m.until AND m.until <= $1 WHERE m.since <= $1`

// Of the referrals received from $2 to $3, those not closed by $4 are open.
const receivedQuery = `
SELECT count(*), count(*) FILTER (WHERE channel = 'unknown'), count(*) FILTER (WHERE NOT EXISTS (
	SELECT FROM closing c WHERE c.child = r.child AND c.referral = r.number AND c.closed_on <= $4 AND %[2]s))
FROM referral r WHERE received_on BETWEEN $2 AND $3 AND %[1]s`

// recordedOn is the day on which a position was recorded.
func recordedOn(ctx context.Context, tx pgx.Tx, at events.Position) (day events.Day, err error) {
	var recorded *time.Time
	err = tx.QueryRow(ctx, `SELECT (SELECT recorded FROM message WHERE position <= $1 ORDER BY position DESC LIMIT 1)`, at).Scan(&recorded)
	return dayOf(recorded), err
}

// dayOf is the day in Sweden of when something was recorded; 0: nothing was.
func dayOf(recorded *time.Time) events.Day {
	if recorded == nil {
		return 0
	}
	return events.DayOf(recorded.In(events.Sweden))
}

func yearBefore(d events.Day) events.Day { return events.DayOf(d.Time().AddDate(-1, 0, 0)) }

// gather reads what depends on a part of the sessions and children, and whatever else a period's findings follow from.
func gather(ctx context.Context, tx pgx.Tx, a Asked, p part, at events.Position, n *numbers) (*evidence, error) {
	e := &evidence{Asked: a, at: at, numbers: n, programmes: make(map[events.ProgrammeID]offered), into: make(map[events.ID]events.ID)}
	batch := &pgx.Batch{}
	e.askMerges(batch)
	e.askSessions(batch, p)
	e.askPlacements(batch, p)
	e.askOffers(batch)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, err
	}
	for _, o := range e.occasions {
		e.resolve(o)
	}
	slices.SortFunc(e.occasions, earlier)
	return e, nil
}

// earlier orders occasions by their days.
func earlier(a, b *occasion) int {
	return cmp.Or(cmp.Compare(a.day, b.day), bytes.Compare(a.id[:], b.id[:]))
}

func (e *evidence) askSessions(batch *pgx.Batch, p part) {
	args := append([]any{e.at}, p.args...)
	found := make(map[events.ID]*occasion)
	batch.Queue(fmt.Sprintf(occasionsQuery, holds("s"), holds("v"), holds("c"), p.sessions), args...).Query(func(rows pgx.Rows) error {
		var o occasion
		return each(rows, func() {
			if e.reaches(o.day) {
				one := o
				one.offer = e.numbers.offer(Offer{o.programme, o.form})
				e.occasions, found[o.id] = append(e.occasions, &one), &one
			}
		}, &o.id, &o.programme, &o.form, &o.day, &o.provider, &o.group, &o.cancelled, &o.saved, &o.unknown, &o.unnamed, &o.adults)
	})
	batch.Queue(fmt.Sprintf(marksQuery, holds("s"), holds("k"), p.sessions), args...).Query(func(rows pgx.Rows) error {
		var session events.ID
		var recorded *time.Time
		var m marked
		return each(rows, func() {
			if o := found[session]; o != nil {
				m.on = dayOf(recorded)
				o.marked = append(o.marked, m)
			}
		}, &session, &recorded, &m.came, &m.other, &m.grown)
	})
}

func (e *evidence) askMerges(batch *pgx.Batch) {
	batch.Queue(joinsQuery, e.at).Query(func(rows pgx.Rows) error {
		var j join
		var undone *time.Time
		return each(rows, func() {
			j.undone = dayOf(undone)
			if e.merges = append(e.merges, j); j.stands {
				e.into[j.child] = j.into
			}
		}, &j.child, &j.into, &j.stands, &undone)
	})
}

// askPlacements comes after the merges: places are read as those of the child they count as.
func (e *evidence) askPlacements(batch *pgx.Batch, p part) {
	args := []any{e.at}
	if p.children != "" {
		args = append(args, p.args...)
	}
	batch.Queue(fmt.Sprintf(placementsQuery, holds("e"), holds("n"), p.of("e"), p.of("n")), args...).Query(func(rows pgx.Rows) error {
		var one placement
		var form events.Form
		var places []byte
		return each(rows, func() {
			one.offer = e.numbers.offer(Offer{one.programme, form})
			for place := range slices.Chunk(places, len(events.ID{})+8) {
				id, days := place[:len(events.ID{})], place[len(events.ID{}):]
				one.of = events.ID(id)
				one.child = e.numbers.child(e.root(one.of))
				one.from, one.to = events.Day(binary.BigEndian.Uint32(days)), events.Day(binary.BigEndian.Uint32(days[4:]))
				e.placements = append(e.placements, one)
			}
		}, &one.programme, &form, &places)
	})
}

func (e *evidence) askOffers(batch *pgx.Batch) {
	batch.Queue(fmt.Sprintf(offeredQuery, holds("p")), e.at).Query(func(rows pgx.Rows) error {
		var p offered
		var forms string
		return each(rows, func() {
			p.forms = nil
			for form := range strings.SplitSeq(forms, ",") {
				p.forms = append(p.forms, events.Form(form))
			}
			e.programmes[p.id] = p
		}, &p.id, &forms, &p.target, &p.identity, &p.from)
	})
	batch.Queue(fmt.Sprintf(receivedQuery, holds("r"), holds("c")), e.at, e.From.Time(), e.To.Time(), (e.To + Patience).Time()).
		QueryRow(func(row pgx.Row) error {
			return row.Scan(&e.referrals.Received, &e.referrals.UnknownChannel, &e.referrals.Open)
		})
}

// root is the child that a child counts as.
func (e *evidence) root(child events.ID) events.ID {
	for range e.into { // no more steps than that, even in a circle
		into, merged := e.into[child]
		if !merged {
			break
		}
		child = into
	}
	return child
}

// resolve finds as whom those marked count.
func (e *evidence) resolve(o *occasion) {
	o.came, o.other, o.grown, o.recorded = nil, nil, nil, nil
	for _, m := range o.marked {
		before := len(o.came)
		o.came, o.other, o.grown = e.roots(o.came, m.came), e.roots(o.other, m.other), e.roots(o.grown, m.grown)
		o.recorded = append(o.recorded, entered{m.on, len(o.came) - before})
	}
	// One who came because of substance abuse as well came because of it.
	o.other = slices.DeleteFunc(o.other, func(child number) bool { return slices.Contains(o.came, child) })
}

// roots adds the different children that ids, one behind the other, count as.
func (e *evidence) roots(list []number, ids []byte) []number {
	for id := range slices.Chunk(ids, len(events.ID{})) {
		if child := e.numbers.child(e.root(events.ID(id))); !slices.Contains(list, child) {
			list = append(list, child)
		}
	}
	return list
}

// each scans row after row into the same places.
func each(rows pgx.Rows, take func(), into ...any) error {
	_, err := pgx.ForEachRow(rows, into, func() error { take(); return nil })
	return err
}
