package register

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// evidence is what the tables say of a period at a position, read in one round trip. Days are read as numbers, which
// is what days are.
type evidence struct {
	Asked
	occasions  []*occasion // from a year before the period's end, or its first day; the earliest first
	placements []placement
	programmes map[events.ProgrammeID]offered
	merges     []join
	into       map[events.ID]events.ID // the merges that stand
	referrals  ReferralFindings
	late       LateFindings
}

// occasion is a session that was not withdrawn, with those who came.
type occasion struct {
	id        events.ID
	programme events.ProgrammeID
	form      events.Form
	day       events.Day
	provider  events.Municipality
	group     events.ID
	cancelled bool
	saved     bool // it has a register
	unknown   int  // children nobody identified, because of substance abuse
	unnamed   int  // everybody else nobody identified
	adults    int  // of them

	came, other []events.ID // children because of substance abuse, and those who came for something else alone
	grown       []events.ID // adults
	recorded    []entered
}

// entered is how many of those who came because of substance abuse were recorded on a day.
type entered struct {
	on       events.Day
	children int
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
WHERE s.held_on BETWEEN $2 AND $3 AND %[1]s
	AND NOT EXISTS (SELECT FROM void v WHERE v.session = s.session AND v.why = 'withdrawn' AND %[2]s)
ORDER BY s.held_on, s.session`

// Those who came to each session, by the day on which it was recorded. Their ids come as one string of bytes: a year has
// ten thousand.
const marksQuery = `
SELECT k.session, (SELECT (recorded AT TIME ZONE 'UTC')::date - DATE '1970-01-01' FROM message WHERE position = k.since), coalesce(string_agg(uuid_send(k.child), '') FILTER (WHERE role <> 'adult' AND target = 'substance_abuse'), ''),
	coalesce(string_agg(uuid_send(k.child), '') FILTER (WHERE role <> 'adult' AND target <> 'substance_abuse'), ''),
	coalesce(string_agg(uuid_send(k.child), '') FILTER (WHERE role = 'adult'), '')
FROM session s JOIN mark k ON k.session = s.session
WHERE s.held_on BETWEEN $2 AND $3 AND %s AND k.attended AND %s GROUP BY k.session, k.since`

// placement is a place, whenever it was.
type placement struct {
	child     events.ID // as whom it counts
	programme events.ProgrammeID
	form      events.Form
	from, to  events.Day // to 0: it has not ended
}

// Those of each form of each programme: the child, the first day and the last, one place behind the other.
const placementsQuery = `
SELECT e.programme, e.form, string_agg(uuid_send(e.child) || int4send(e.enrolled_on - DATE '1970-01-01') ||
	int4send(coalesce(n.ended_on - DATE '1970-01-01', 0)), '')
FROM enrolment e LEFT JOIN (
	SELECT n.child, n.enrolment, min(n.ended_on) AS ended_on FROM ending n WHERE n.enrolment IS NOT NULL AND %[2]s GROUP BY n.child, n.enrolment
) n ON n.child = e.child AND n.enrolment = e.number
WHERE %[1]s GROUP BY e.programme, e.form`

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
SELECT m.child, m.into_child, m.until IS NULL OR m.until > $1, coalesce((x.recorded AT TIME ZONE 'UTC')::date - DATE '1970-01-01', 0)
FROM merge m LEFT JOIN message x ON x.position = m.until AND m.until <= $1 WHERE m.since <= $1`

// Of the referrals received from $2 to $3, those not closed by $4 are open.
const receivedQuery = `
SELECT count(*), count(*) FILTER (WHERE channel = 'unknown'), count(*) FILTER (WHERE NOT EXISTS (
	SELECT FROM closing c WHERE c.child = r.child AND c.referral = r.number AND c.closed_on <= $4 AND %[2]s))
FROM referral r WHERE received_on BETWEEN $2 AND $3 AND %[1]s`

// Of the children's attendances from $2 to $3 that stand, how many came to stand after $3, and how many more than $4
// days after it.
const previousQuery = `
SELECT coalesce(sum(n), 0), coalesce(sum(n) FILTER (WHERE day > $3), 0), coalesce(sum(n) FILTER (WHERE day > $3::date + $4::int), 0)
FROM (
	SELECT count(*) AS n, (SELECT (recorded AT TIME ZONE 'UTC')::date FROM message WHERE position = k.since) AS day
	FROM session s JOIN mark k ON k.session = s.session
	WHERE s.held_on BETWEEN $2 AND $3 AND %[1]s AND k.role = 'child' AND k.target = 'substance_abuse' AND k.attended AND %[2]s
		AND NOT EXISTS (SELECT FROM void v WHERE v.session = s.session AND %[3]s)
		AND NOT EXISTS (SELECT FROM programme p WHERE p.programme = s.programme AND s.provider = '' AND p.target = 'other' AND %[4]s)
	GROUP BY k.since
) a`

// recordedOn is the day on which a position was recorded.
func recordedOn(ctx context.Context, tx pgx.Tx, at events.Position) (day events.Day, err error) {
	err = tx.QueryRow(ctx, `SELECT coalesce((SELECT (recorded AT TIME ZONE 'UTC')::date - DATE '1970-01-01' FROM message
		WHERE position <= $1 ORDER BY position DESC LIMIT 1), 0)`, at).Scan(&day)
	return day, err
}

// since is the first day of which sessions are read.
func (a Asked) since() events.Day { return min(a.From, yearBefore(a.To)+1) }

func yearBefore(d events.Day) events.Day { return events.DayOf(d.Time().AddDate(-1, 0, 0)) }

func gather(ctx context.Context, tx pgx.Tx, a Asked, at events.Position) (*evidence, error) {
	e := &evidence{Asked: a, programmes: make(map[events.ProgrammeID]offered), into: make(map[events.ID]events.ID)}
	e.late.Days = max(0, int(a.Today-a.To))
	batch := &pgx.Batch{}
	e.askSessions(batch, at)
	e.askCases(batch, at)
	return e, tx.SendBatch(ctx, batch).Close()
}

func (e *evidence) askSessions(batch *pgx.Batch, at events.Position) {
	since, to := e.since().Time(), e.To.Time()
	e.askMerges(batch, at) // first: marks are read as those of the child they count as
	found := make(map[events.ID]*occasion)
	batch.Queue(fmt.Sprintf(occasionsQuery, holds("s"), holds("v"), holds("c")), at, since, to).Query(func(rows pgx.Rows) error {
		var o occasion
		return each(rows, func() {
			one := o
			e.occasions, found[o.id] = append(e.occasions, &one), &one
		}, &o.id, &o.programme, &o.form, &o.day, &o.provider, &o.group, &o.cancelled, &o.saved, &o.unknown, &o.unnamed, &o.adults)
	})
	batch.Queue(fmt.Sprintf(marksQuery, holds("s"), holds("k")), at, since, to).Query(func(rows pgx.Rows) error {
		var session events.ID
		var recorded events.Day
		var came, other, grown []byte
		return each(rows, func() {
			if o := found[session]; o != nil {
				before := len(o.came)
				o.came, o.other, o.grown = e.roots(o.came, came), e.roots(o.other, other), e.roots(o.grown, grown)
				o.recorded = append(o.recorded, entered{recorded, len(o.came) - before})
				// One who came because of substance abuse as well came because of it.
				o.other = slices.DeleteFunc(o.other, func(child events.ID) bool { return slices.Contains(o.came, child) })
			}
		}, &session, &recorded, &came, &other, &grown)
	})
	previous := fmt.Sprintf(previousQuery, holds("s"), holds("k"), holds("v"), holds("p"))
	batch.Queue(previous, at, yearBefore(e.From).Time(), yearBefore(e.To).Time(), e.late.Days).QueryRow(func(row pgx.Row) error {
		return row.Scan(&e.late.Previous.Attendances, &e.late.Previous.AfterPeriod, &e.late.Previous.Later)
	})
}

func (e *evidence) askMerges(batch *pgx.Batch, at events.Position) {
	batch.Queue(joinsQuery, at).Query(func(rows pgx.Rows) error {
		var j join
		return each(rows, func() {
			if e.merges = append(e.merges, j); j.stands {
				e.into[j.child] = j.into
			}
		}, &j.child, &j.into, &j.stands, &j.undone)
	})
}

func (e *evidence) askCases(batch *pgx.Batch, at events.Position) {
	batch.Queue(fmt.Sprintf(placementsQuery, holds("e"), holds("n")), at).Query(func(rows pgx.Rows) error {
		var p placement
		var places []byte
		return each(rows, func() {
			for place := range slices.Chunk(places, len(events.ID{})+8) {
				id, days := place[:len(events.ID{})], place[len(events.ID{}):]
				p.child = e.root(events.ID(id))
				p.from, p.to = events.Day(binary.BigEndian.Uint32(days)), events.Day(binary.BigEndian.Uint32(days[4:]))
				e.placements = append(e.placements, p)
			}
		}, &p.programme, &p.form, &places)
	})
	batch.Queue(fmt.Sprintf(offeredQuery, holds("p")), at).Query(func(rows pgx.Rows) error {
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
	batch.Queue(fmt.Sprintf(receivedQuery, holds("r"), holds("c")), at, e.From.Time(), e.To.Time(), (e.To + Patience).Time()).
		QueryRow(func(row pgx.Row) error {
			return row.Scan(&e.referrals.Received, &e.referrals.UnknownChannel, &e.referrals.Open)
		})
}

// root is the child that a child counts as.
func (e *evidence) root(child events.ID) events.ID {
	for into, merged := e.into[child]; merged; into, merged = e.into[child] {
		child = into
	}
	return child
}

// roots adds the different children that ids, one behind the other, count as.
func (e *evidence) roots(list []events.ID, ids []byte) []events.ID {
	for id := range slices.Chunk(ids, len(events.ID{})) {
		if child := e.root(events.ID(id)); !slices.Contains(list, child) {
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
