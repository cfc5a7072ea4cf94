package register

import (
	"context"
	"fmt"
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

	came, other map[events.ID]bool // children because of substance abuse, and those who came for something else alone
	grown       map[events.ID]bool // adults
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

// A mark that says that somebody came.
const marksQuery = `
SELECT k.session, k.child, k.role = 'adult', k.target = 'substance_abuse'
FROM session s JOIN mark k ON k.session = s.session
WHERE s.held_on BETWEEN $2 AND $3 AND %s AND k.attended AND %s`

// placement is a place, whenever it was.
type placement struct {
	child     events.ID // as whom it counts
	programme events.ProgrammeID
	form      events.Form
	from, to  events.Day // to 0: it has not ended
}

const placementsQuery = `
SELECT e.child, e.programme, e.form, e.enrolled_on - DATE '1970-01-01', coalesce(n.ended_on - DATE '1970-01-01', 0)
FROM enrolment e LEFT JOIN (
	SELECT n.child, n.enrolment, min(n.ended_on) AS ended_on FROM ending n WHERE n.enrolment IS NOT NULL AND %[2]s GROUP BY n.child, n.enrolment
) n ON n.child = e.child AND n.enrolment = e.number
WHERE %[1]s`

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

// Of the children's attendances from $2 to $3 that stand, how many came to stand more than 30 days after the session,
// after $3, and more than $4 days after $3.
const lateQuery = `
SELECT coalesce(sum(n), 0), coalesce(sum(n) FILTER (WHERE day > held_on + 30), 0),
	coalesce(sum(n) FILTER (WHERE day > $3), 0), coalesce(sum(n) FILTER (WHERE day > $3::date + $4::int), 0)
FROM (
	SELECT a.held_on, a.n, (m.recorded AT TIME ZONE 'UTC')::date AS day
	FROM (
		SELECT s.held_on, k.since, count(*) AS n
		FROM session s JOIN mark k ON k.session = s.session
		WHERE s.held_on BETWEEN $2 AND $3 AND %[1]s AND k.role = 'child' AND k.attended AND %[2]s
			AND NOT EXISTS (SELECT FROM void v WHERE v.session = s.session AND %[3]s)
		GROUP BY s.held_on, k.since
	) a JOIN message m ON m.position = a.since
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
			one.came, one.other, one.grown = make(map[events.ID]bool), make(map[events.ID]bool), make(map[events.ID]bool)
			e.occasions, found[o.id] = append(e.occasions, &one), &one
		}, &o.id, &o.programme, &o.form, &o.day, &o.provider, &o.group, &o.cancelled, &o.saved, &o.unknown, &o.unnamed, &o.adults)
	})
	batch.Queue(fmt.Sprintf(marksQuery, holds("s"), holds("k")), at, since, to).Query(func(rows pgx.Rows) error {
		var session, child events.ID
		var adult, aimed bool
		return each(rows, func() {
			if o := found[session]; o != nil {
				o.mark(e.root(child), adult, aimed)
			}
		}, &session, &child, &adult, &aimed)
	})
	for _, period := range []struct {
		from, to events.Day
		counts   []any
	}{
		{e.From, e.To, []any{&e.late.Attendances, &e.late.MonthLate, &e.late.AfterPeriod, new(int)}},
		{yearBefore(e.From), yearBefore(e.To), []any{&e.late.Previous.Attendances, new(int), &e.late.Previous.AfterPeriod, &e.late.Previous.Later}},
	} {
		batch.Queue(fmt.Sprintf(lateQuery, holds("s"), holds("k"), holds("v")), at, period.from.Time(), period.to.Time(), e.late.Days).
			QueryRow(func(row pgx.Row) error { return row.Scan(period.counts...) })
	}
}

// mark notes that somebody came. One who came because of substance abuse as well came because of it.
func (o *occasion) mark(child events.ID, adult, aimed bool) {
	switch {
	case adult:
		o.grown[child] = true
	case aimed:
		o.came[child] = true
		delete(o.other, child)
	case !o.came[child]:
		o.other[child] = true
	}
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
		return each(rows, func() {
			one := p
			one.child = e.root(p.child)
			e.placements = append(e.placements, one)
		}, &p.child, &p.programme, &p.form, &p.from, &p.to)
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

// each scans row after row into the same places.
func each(rows pgx.Rows, take func(), into ...any) error {
	_, err := pgx.ForEachRow(rows, into, func() error { take(); return nil })
	return err
}
