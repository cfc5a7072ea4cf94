package reach

import (
	"cmp"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// The queries of a period. $1 is the position, $2 and $3 the period's days. %s is a table, of which all rows are read, or those
// of the ids in $4. OFFSET 0 has rows looked up one by one, and not all of a table read that grows with the log.
const (
	heldQuery = `
SELECT s.session, s.form, s.provider, s.programme FROM %s
WHERE s.held_on BETWEEN $2 AND $3 AND s.since <= $1 AND (s.until IS NULL OR s.until > $1)
  AND NOT EXISTS (SELECT FROM void v WHERE v.session = s.session AND v.since <= $1 AND (v.until IS NULL OR v.until > $1) OFFSET 0)`
	attendedQuery = `
SELECT a.session, a.child, a.home FROM %s JOIN attendance a ON a.session = s.session
WHERE s.held_on BETWEEN $2 AND $3 AND s.since <= $1 AND (s.until IS NULL OR s.until > $1)
  AND a.target = 'substance_abuse' AND a.since <= $1 AND (a.until IS NULL OR a.until > $1)`
	countedQuery = `
SELECT n.session, n.home, n.children FROM %s JOIN headcount n ON n.session = s.session
WHERE s.held_on BETWEEN $2 AND $3 AND s.since <= $1 AND (s.until IS NULL OR s.until > $1)
  AND n.target = 'substance_abuse' AND n.since <= $1 AND (n.until IS NULL OR n.until > $1)`
	guestsQuery = `
SELECT g.report, g.form, g.children FROM %s
WHERE g.held_on BETWEEN $2 AND $3 AND g.since <= $1 AND (g.until IS NULL OR g.until > $1)`
	enrolledQuery = `
SELECT e.child, e.home, e.form, e.programme FROM %s
WHERE e.enrolled_on <= $3 AND e.since <= $1 AND (e.until IS NULL OR e.until > $1)
  AND NOT EXISTS (SELECT FROM ending x WHERE x.child = e.child AND x.enrolment = e.number AND x.ended_on < $2
    AND x.since <= $1 AND (x.until IS NULL OR x.until > $1))`
	// A referral that was corrected stands where it was received, the last time if it was taken back before.
	whereReceived = ` LEFT JOIN LATERAL (
  SELECT o.since, o.ordinal FROM referral o WHERE r.ordinal < 0 AND o.child = r.child AND o.number = r.number AND o.ordinal >= 0 AND o.since < r.since
  ORDER BY o.since DESC LIMIT 1
) o ON true`
	receivedQuery = `
SELECT r.child, r.channel, r.received_on, coalesce(o.since, r.since), coalesce(o.ordinal, r.ordinal) FROM %s` + whereReceived + `
WHERE r.received_on BETWEEN $2 AND $3 AND r.since <= $1 AND (r.until IS NULL OR r.until > $1)`
	otherwiseReceivedQuery = `
SELECT r.child, r.channel, r.received_on, coalesce(o.since, r.since), coalesce(o.ordinal, r.ordinal) FROM %s` + whereReceived + `
WHERE r.received_on NOT BETWEEN $2 AND $3 AND r.since <= $1 AND (r.until IS NULL OR r.until > $1)`
)

// The queries of no period. $1 is the position, $2 children.
const (
	mergedQuery = `SELECT child, into_child FROM merge WHERE since <= $1 AND (until IS NULL OR until > $1)`
	otherQuery  = `SELECT programme FROM programme WHERE target = 'other' AND since <= $1 AND (until IS NULL OR until > $1)`
	statedQuery = `
SELECT s.child, s.birth_year, s.gender, s.correction FROM unnest($2::uuid[]) AS c(child) JOIN statement s ON s.child = c.child
WHERE s.since <= $1`
	erasedQuery = `SELECT e.child FROM unnest($2::uuid[]) AS c(child) JOIN erased e ON e.child = c.child WHERE e.since <= $1`
	// A mark that names no home is of a child who lives where its latest enrolment says.
	homesQuery = `
SELECT e.child, e.home, e.enrolled_on, e.number FROM unnest($2::uuid[]) AS c(child) JOIN enrolment e ON e.child = c.child
WHERE e.home <> '' AND e.since <= $1 AND (e.until IS NULL OR e.until > $1)`
)

// ask asks a query of a period: of everything, or of only these.
func (g *gathering) ask(batch *pgx.Batch, query string, t table, only []events.ID, take func(*cells)) {
	of, args := t.all(), g.period()
	if only != nil {
		of, args = t.wanted(), append(args, only)
	}
	batch.Queue(fmt.Sprintf(query, of), args...).Query(g.eachRow(take))
}

// period is $1, $2 and $3 of its queries.
func (g *gathering) period() []any { return []any{g.at, g.From.Time(), g.To.Time()} }

// table is one that is read by the day or by an id, and what queries call it.
type table struct{ name, alias, id string }

var (
	sessionTable   = table{"session", "s", "session"}
	guestsTable    = table{"guests", "g", "report"}
	enrolmentTable = table{"enrolment", "e", "child"}
	referralTable  = table{"referral", "r", "child"}
)

func (t table) all() string { return t.name + " " + t.alias }

// wanted are the rows of the ids in $4. They are looked up one by one, before anything is asked of their days: by an index of days
// that knows nothing of the ids, one session costs as much as all of the period.
func (t table) wanted() string {
	return fmt.Sprintf(`unnest($4::uuid[]) AS wanted(id) JOIN LATERAL (SELECT * FROM %[1]s %[2]s WHERE %[2]s.%[3]s = wanted.id OFFSET 0) %[2]s ON true`, t.name, t.alias, t.id)
}

func (g *gathering) askMerges(batch *pgx.Batch) {
	batch.Queue(mergedQuery, g.at).Query(g.eachRow(func(c *cells) { g.into[c.id(0)] = c.id(1) }))
}

func (g *gathering) askProgrammes(batch *pgx.Batch) {
	batch.Queue(otherQuery, g.at).Query(g.eachRow(func(c *cells) { g.other[c.text(0)] = true }))
}

// askOccasions asks who was there.
func (g *gathering) askOccasions(batch *pgx.Batch, only []events.ID) {
	labels := make(map[[2]string]string)
	g.ask(batch, heldQuery, sessionTable, only, func(c *cells) {
		provider, programme := c.text(2), c.text(3)
		if !aimed(provider, programme, g.other) {
			return
		}
		label, known := labels[[2]string{provider, programme}]
		if !known {
			label = labelled(provider, programme)
			labels[[2]string{provider, programme}] = label
		}
		g.registers[c.id(0)] = &register{session: c.id(0), form: events.Form(c.text(1)), programme: label}
	})
	var r *register // marks of one session come behind each other, or nearly
	var session events.ID
	g.ask(batch, attendedQuery, sessionTable, only, func(c *cells) {
		if id := c.id(0); r == nil || id != session {
			session, r = id, g.registers[id]
		}
		if r != nil {
			r.marks = append(r.marks, mark{c.id(1), events.Municipality(c.text(2))})
			g.marks++
		}
	})
	g.ask(batch, countedQuery, sessionTable, only, func(c *cells) {
		// A head count of unknown children counts where it was taken, unless it says that they were guests.
		r, home := g.registers[c.id(0)], events.Municipality(c.text(1))
		if r != nil && cmp.Or(home, g.Municipal) == g.Municipal {
			g.Crowds[r.session] = Crowd{r.form, g.Crowds[r.session].Unidentified + int(c.number(2))}
		}
	})
	g.ask(batch, guestsQuery, guestsTable, only, func(c *cells) {
		g.Crowds[c.id(0)] = Crowd{events.Form(c.text(1)), int(c.number(2))}
	})
	if g.stood != nil {
		g.askStood(batch, only)
	}
}

// aimed reports whether a programme's sessions are for children because of substance abuse. Of another municipality's
// programme nothing else is told.
func aimed(provider, programme string, other map[string]bool) bool {
	return provider != "" || !other[programme]
}

// labelled is a programme as figures name it: another municipality's with its code before it.
func labelled(provider, programme string) string {
	if provider == "" {
		return programme
	}
	return provider + "/" + programme
}

// askPlaces asks who had a place in the period.
func (g *gathering) askPlaces(batch *pgx.Batch, only []events.ID) {
	g.ask(batch, enrolledQuery, enrolmentTable, only, func(c *cells) {
		f := g.file(c.id(0))
		f.places = append(f.places, Place{cmp.Or(events.Municipality(c.text(1)), g.Municipal), events.Form(c.text(2)), c.text(3)})
	})
}

// askReceived asks who was referred in the period.
func (g *gathering) askReceived(batch *pgx.Batch, only []events.ID) {
	g.ask(batch, receivedQuery, referralTable, only, g.readReferral)
}

func (g *gathering) readReferral(c *cells) {
	f := g.file(c.id(0))
	f.referrals = append(f.referrals, Referral{events.Channel(c.text(1)), c.day(2), Rank{events.Position(c.number(3)), int(c.number(4))}})
}

// askKnown asks what is known of children, whenever it happened.
func (g *gathering) askKnown(batch *pgx.Batch, children []events.ID) {
	g.ask(batch, otherwiseReceivedQuery, referralTable, children, g.readReferral)
	batch.Queue(statedQuery, g.at, children).Query(g.eachRow(func(c *cells) {
		f := g.file(c.id(0))
		f.said = append(f.said, statement{c.id(0), events.Year(c.number(1)), events.Gender(c.text(2)), events.Position(c.number(3))})
	}))
	batch.Queue(erasedQuery, g.at, children).Query(g.eachRow(func(c *cells) { g.file(c.id(0)).erased = true }))
	batch.Queue(homesQuery, g.at, children).Query(g.eachRow(func(c *cells) {
		r, f := residence{events.Municipality(c.text(1)), c.day(2), c.number(3)}, g.file(c.id(0))
		if r.later(f.residence) {
			f.residence = r
		}
	}))
}

// each scans row after row into the same places.
func each(rows pgx.Rows, take func(), into ...any) error {
	_, err := pgx.ForEachRow(rows, into, func() error { take(); return nil })
	return err
}
