package reach

import (
	"cmp"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// The queries of a period. $1 is the position, $2 and $3 the period's days. %s is a table, of which all rows are read, or those
// of the ids in $4.
const (
	heldQuery = `
SELECT s.session, s.form, s.provider, s.programme FROM %s
WHERE s.held_on BETWEEN $2 AND $3 AND s.since <= $1 AND (s.until IS NULL OR s.until > $1)
  AND NOT EXISTS (SELECT FROM void v WHERE v.session = s.session AND v.since <= $1 AND (v.until IS NULL OR v.until > $1))`
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
	receivedQuery = `
SELECT r.child, r.channel, r.received_on, r.since, r.ordinal FROM %s
WHERE r.received_on BETWEEN $2 AND $3 AND r.since <= $1 AND (r.until IS NULL OR r.until > $1)`
	otherwiseReceivedQuery = `
SELECT r.child, r.channel, r.received_on, r.since, r.ordinal FROM %s
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
func (g *gathering) ask(batch *pgx.Batch, query, table, key string, only []events.ID, read func(pgx.Rows) error) {
	args := []any{g.at, g.From.Time(), g.To.Time()}
	if only != nil {
		table = `unnest($4::uuid[]) AS wanted(id) JOIN ` + table + ` ON ` + key + ` = wanted.id`
		args = append(args, only)
	}
	batch.Queue(fmt.Sprintf(query, table), args...).Query(read)
}

func (g *gathering) askMerges(batch *pgx.Batch) {
	batch.Queue(mergedQuery, g.at).Query(func(rows pgx.Rows) error {
		var child, keep events.ID
		return each(rows, func() { g.into[child] = keep }, &child, &keep)
	})
}

func (g *gathering) askProgrammes(batch *pgx.Batch) {
	batch.Queue(otherQuery, g.at).Query(func(rows pgx.Rows) error {
		var programme string
		return each(rows, func() { g.other[programme] = true }, &programme)
	})
}

// askOccasions asks who was there.
func (g *gathering) askOccasions(batch *pgx.Batch, only []events.ID) {
	g.ask(batch, heldQuery, "session s", "s.session", only, func(rows pgx.Rows) error {
		var r register
		var provider, programme string
		return each(rows, func() {
			if aimed(provider, programme, g.other) {
				g.registers[r.session] = &register{session: r.session, form: r.form, programme: labelled(provider, programme)}
			}
		}, &r.session, &r.form, &provider, &programme)
	})
	g.ask(batch, attendedQuery, "session s", "s.session", only, g.readMarks)
	g.ask(batch, countedQuery, "session s", "s.session", only, func(rows pgx.Rows) error {
		var session events.ID
		var home events.Municipality
		var children int
		return each(rows, func() {
			// A head count of unknown children counts where it was taken, unless it says that they were guests.
			if r := g.registers[session]; r != nil && cmp.Or(home, g.Municipal) == g.Municipal {
				g.Crowds[session] = Crowd{r.form, g.Crowds[session].Unidentified + children}
			}
		}, &session, &home, &children)
	})
	g.ask(batch, guestsQuery, "guests g", "g.report", only, func(rows pgx.Rows) error {
		var report events.ID
		var c Crowd
		return each(rows, func() { g.Crowds[report] = c }, &report, &c.Form, &c.Unidentified)
	})
}

// readMarks reads the most rows by far, as they come: a big municipality's year has fifty thousand. Those of one session come
// behind each other, or nearly.
func (g *gathering) readMarks(rows pgx.Rows) error {
	var r *register
	var session events.ID
	homes := make(map[string]events.Municipality)
	for rows.Next() {
		row := rows.RawValues()
		if id := events.ID(row[0]); r == nil || id != session {
			session, r = id, g.registers[id]
		}
		if r == nil {
			continue
		}
		home, known := homes[string(row[2])]
		if !known {
			home = events.Municipality(row[2])
			homes[string(home)] = home
		}
		r.marks = append(r.marks, mark{events.ID(row[1]), home})
		g.marks++
	}
	return rows.Err()
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
	g.ask(batch, enrolledQuery, "enrolment e", "e.child", only, func(rows pgx.Rows) error {
		var child events.ID
		var n Place
		return each(rows, func() {
			n.Home = cmp.Or(n.Home, g.Municipal)
			f := g.file(child)
			f.places = append(f.places, n)
		}, &child, &n.Home, &n.Form, &n.Programme)
	})
}

// askReceived asks who was referred in the period.
func (g *gathering) askReceived(batch *pgx.Batch, only []events.ID) {
	g.ask(batch, receivedQuery, "referral r", "r.child", only, g.readReferrals)
}

func (g *gathering) readReferrals(rows pgx.Rows) error {
	var child events.ID
	var r Referral
	var day time.Time
	return each(rows, func() {
		r.ReceivedOn = events.DayOf(day)
		f := g.file(child)
		f.referrals = append(f.referrals, r)
	}, &child, &r.Channel, &day, &r.Rank.Position, &r.Rank.Ordinal)
}

// askKnown asks what is known of children, whenever it happened.
func (g *gathering) askKnown(batch *pgx.Batch, children []events.ID) {
	g.ask(batch, otherwiseReceivedQuery, "referral r", "r.child", children, g.readReferrals)
	batch.Queue(statedQuery, g.at, children).Query(func(rows pgx.Rows) error {
		var s statement
		return each(rows, func() {
			f := g.file(s.child)
			f.said = append(f.said, s)
		}, &s.child, &s.birthYear, &s.gender, &s.correction)
	})
	batch.Queue(erasedQuery, g.at, children).Query(func(rows pgx.Rows) error {
		var child events.ID
		return each(rows, func() { g.file(child).erased = true }, &child)
	})
	batch.Queue(homesQuery, g.at, children).Query(func(rows pgx.Rows) error {
		var child events.ID
		var day time.Time
		var r residence
		return each(rows, func() {
			r.on = events.DayOf(day)
			if f := g.file(child); r.later(f.residence) {
				f.residence = r
			}
		}, &child, &r.home, &day, &r.number)
	})
}

// each scans row after row into the same places.
func each(rows pgx.Rows, take func(), into ...any) error {
	_, err := pgx.ForEachRow(rows, into, func() error { take(); return nil })
	return err
}
