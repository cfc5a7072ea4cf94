package reach

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// Rows that differ in nothing but the child come as one, its children as a string of bytes: a big municipality's year
// has ten thousand attendances, and reading a row costs more than what is in it.

// The queries of a period. $1 is the position, $2 and $3 the period's days.
const (
	mergedQuery = `SELECT child, into_child FROM merge WHERE since <= $1 AND (until IS NULL OR until > $1)`
	otherQuery  = `SELECT programme FROM programme WHERE target = 'other' AND since <= $1 AND (until IS NULL OR until > $1)`
	// A session and a child, one pair behind the other.
	attendedQuery = `
SELECT s.form, s.provider, s.programme, a.home, string_agg(uuid_send(a.session) || uuid_send(a.child), '')
FROM session s JOIN attendance a ON a.session = s.session
WHERE s.held_on BETWEEN $2 AND $3 AND s.since <= $1 AND (s.until IS NULL OR s.until > $1)
  AND NOT EXISTS (SELECT FROM void v WHERE v.session = s.session AND v.since <= $1 AND (v.until IS NULL OR v.until > $1))
  AND a.target = 'substance_abuse' AND a.since <= $1 AND (a.until IS NULL OR a.until > $1)
GROUP BY s.form, s.provider, s.programme, a.home`
	countedQuery = `
SELECT s.session, s.form, s.provider, s.programme, n.home, n.children
FROM session s JOIN headcount n ON n.session = s.session
WHERE s.held_on BETWEEN $2 AND $3 AND s.since <= $1 AND (s.until IS NULL OR s.until > $1)
  AND NOT EXISTS (SELECT FROM void v WHERE v.session = s.session AND v.since <= $1 AND (v.until IS NULL OR v.until > $1))
  AND n.target = 'substance_abuse' AND n.since <= $1 AND (n.until IS NULL OR n.until > $1)`
	guestsQuery   = `SELECT form, children FROM guests WHERE held_on BETWEEN $2 AND $3 AND since <= $1 AND (until IS NULL OR until > $1)`
	enrolledQuery = `
SELECT e.home, e.form, e.programme, string_agg(uuid_send(e.child), '')
FROM enrolment e
WHERE e.enrolled_on <= $3 AND e.since <= $1 AND (e.until IS NULL OR e.until > $1)
  AND NOT EXISTS (SELECT FROM ending x WHERE x.child = e.child AND x.enrolment = e.number AND x.ended_on < $2
    AND x.since <= $1 AND (x.until IS NULL OR x.until > $1))
GROUP BY e.home, e.form, e.programme`
)

// The queries about children that the period shows. $2 is those children and everybody who counts as one of them.
const (
	referredQuery = `
SELECT child, channel, received_on, since, ordinal FROM referral
WHERE received_on BETWEEN $3 AND $4 AND since <= $1 AND (until IS NULL OR until > $1)
UNION ALL
SELECT r.child, r.channel, r.received_on, r.since, r.ordinal FROM unnest($2::uuid[]) AS c(child) JOIN referral r ON r.child = c.child
WHERE r.received_on NOT BETWEEN $3 AND $4 AND r.since <= $1 AND (r.until IS NULL OR r.until > $1)`
	statedQuery = `
SELECT s.birth_year, s.gender, s.correction, string_agg(uuid_send(s.child), '')
FROM unnest($2::uuid[]) AS c(child) JOIN statement s ON s.child = c.child
WHERE s.since <= $1 GROUP BY s.birth_year, s.gender, s.correction`
	erasedQuery = `SELECT e.child FROM unnest($2::uuid[]) AS c(child) JOIN erased e ON e.child = c.child WHERE e.since <= $1`
	// A mark that names no home is of a child who lives where its latest enrolment says.
	homesQuery = `
SELECT e.child, e.home, e.enrolled_on, e.number FROM unnest($2::uuid[]) AS c(child) JOIN enrolment e ON e.child = c.child
WHERE e.home <> '' AND e.since <= $1 AND (e.until IS NULL OR e.until > $1)`
)

// Gather reads the evidence of a period as of a position. tx's search path is at the read model.
func Gather(ctx context.Context, tx pgx.Tx, m events.Municipality, p Period, at events.Position) (Evidence, error) {
	g, err := gather(ctx, tx, m, p, at)
	return g.Evidence, err
}

func gather(ctx context.Context, tx pgx.Tx, m events.Municipality, p Period, at events.Position) (*gathering, error) {
	g := &gathering{
		Evidence: Evidence{Municipal: m, People: make(map[events.ID]Person), Erased: make(map[events.ID]bool)}, Period: p, at: at,
		into: make(map[events.ID]events.ID), other: make(map[string]bool), counted: make(map[events.ID]*Crowd), homes: make(map[events.ID]residence),
	}
	if err := g.askPeriod(ctx, tx); err != nil {
		return g, fmt.Errorf("gather the evidence of %s: %w", m, err)
	}
	if err := g.askChildren(ctx, tx); err != nil {
		return g, fmt.Errorf("gather the evidence of %s: %w", m, err)
	}
	g.visit()
	return g, nil
}

// gathering is evidence on its way out of the read model.
type gathering struct {
	Evidence
	Period
	at      events.Position
	into    map[events.ID]events.ID // the child that a merged one was merged into
	other   map[string]bool         // programmes of this municipality that are for something else
	came    []coming
	counted map[events.ID]*Crowd // by session
	homes   map[events.ID]residence
}

// coming is who came to sessions of one form of one programme, with the same home; "" is what their enrolments say.
type coming struct {
	form      events.Form
	programme string
	home      events.Municipality
	marks     []byte
}

// residence is where an enrolment says that a child lives.
type residence struct {
	home   events.Municipality
	on     events.Day
	number int64
}

func (r residence) later(o residence) bool {
	return cmp.Or(cmp.Compare(r.on, o.on), cmp.Compare(r.number, o.number)) > 0
}

// askPeriod asks what happened in the period, in one round trip.
func (g *gathering) askPeriod(ctx context.Context, tx pgx.Tx) error {
	batch := &pgx.Batch{}
	batch.Queue(mergedQuery, g.at).Query(func(rows pgx.Rows) error {
		var child, keep events.ID
		return each(rows, func() { g.into[child] = keep }, &child, &keep)
	})
	batch.Queue(otherQuery, g.at).Query(func(rows pgx.Rows) error {
		var programme string
		return each(rows, func() { g.other[programme] = true }, &programme)
	})
	g.askSessions(batch)
	batch.Queue(guestsQuery, g.at, g.From.Time(), g.To.Time()).Query(func(rows pgx.Rows) error {
		var c Crowd
		return each(rows, func() { g.Crowds = append(g.Crowds, c) }, &c.Form, &c.Unidentified)
	})
	batch.Queue(enrolledQuery, g.at, g.From.Time(), g.To.Time()).Query(func(rows pgx.Rows) error {
		var n Place
		var children []byte
		return each(rows, func() {
			n.Home = cmp.Or(n.Home, g.Municipal)
			for id := range slices.Chunk(children, len(events.ID{})) {
				n.Child = g.root(events.ID(id))
				g.Enrolled = append(g.Enrolled, n)
			}
		}, &n.Home, &n.Form, &n.Programme, &children)
	})
	return tx.SendBatch(ctx, batch).Close()
}

func (g *gathering) askSessions(batch *pgx.Batch) {
	batch.Queue(attendedQuery, g.at, g.From.Time(), g.To.Time()).Query(func(rows pgx.Rows) error {
		var c coming
		var provider string
		return each(rows, func() {
			if aimed(provider, c.programme, g.other) {
				g.came = append(g.came, coming{c.form, labelled(provider, c.programme), c.home, c.marks})
			}
			c.marks = nil
		}, &c.form, &provider, &c.programme, &c.home, &c.marks)
	})
	batch.Queue(countedQuery, g.at, g.From.Time(), g.To.Time()).Query(func(rows pgx.Rows) error {
		var session events.ID
		var form events.Form
		var provider, programme string
		var home events.Municipality
		var children int
		return each(rows, func() {
			// A head count of unknown children counts where it was taken, unless it says that they were guests.
			if !aimed(provider, programme, g.other) || cmp.Or(home, g.Municipal) != g.Municipal {
				return
			}
			if g.counted[session] == nil {
				g.counted[session] = &Crowd{Form: form}
			}
			g.counted[session].Unidentified += children
		}, &session, &form, &provider, &programme, &home, &children)
	})
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

// root is the child that a child counts as.
func (g *gathering) root(child events.ID) events.ID {
	for into, merged := g.into[child]; merged; into, merged = g.into[child] {
		child = into
	}
	return child
}

// askChildren asks about the children that the period shows, and about every referral of it.
func (g *gathering) askChildren(ctx context.Context, tx pgx.Tx) error {
	shown, homeless := g.shown()
	said := make(map[events.ID][]statement)
	batch := &pgx.Batch{}
	batch.Queue(referredQuery, g.at, shown, g.From.Time(), g.To.Time()).Query(func(rows pgx.Rows) error {
		var r Referral
		var day time.Time
		return each(rows, func() {
			g.Referred = append(g.Referred, Referral{g.root(r.Child), r.Channel, events.DayOf(day), r.Rank})
		}, &r.Child, &r.Channel, &day, &r.Rank.Position, &r.Rank.Ordinal)
	})
	batch.Queue(statedQuery, g.at, shown).Query(func(rows pgx.Rows) error {
		var s statement
		var children []byte
		return each(rows, func() {
			for id := range slices.Chunk(children, len(s.child)) {
				s.child = events.ID(id)
				said[g.root(s.child)] = append(said[g.root(s.child)], s)
			}
		}, &s.birthYear, &s.gender, &s.correction, &children)
	})
	batch.Queue(erasedQuery, g.at, shown).Query(func(rows pgx.Rows) error {
		var child events.ID
		return each(rows, func() { g.Erased[g.root(child)] = true }, &child)
	})
	if len(homeless) > 0 {
		batch.Queue(homesQuery, g.at, homeless).Query(g.settle)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	for child, list := range said {
		g.People[child] = weigh(list)
	}
	return nil
}

// settle finds the home that each child's latest enrolment names, of those that name one.
func (g *gathering) settle(rows pgx.Rows) error {
	var child events.ID
	var day time.Time
	var r residence
	return each(rows, func() {
		r.on = events.DayOf(day)
		if before, ok := g.homes[g.root(child)]; !ok || r.later(before) {
			g.homes[g.root(child)] = r
		}
	}, &child, &r.home, &day, &r.number)
}

// shown is every child the period shows, and everybody who counts as one of them; homeless are those of them with a mark
// that names no home.
func (g *gathering) shown() (shown, homeless []events.ID) {
	seen, without := make(map[events.ID]bool), make(map[events.ID]bool)
	for _, c := range g.came {
		for _, child := range c.each() {
			if child = g.root(child); c.home == "" {
				without[child] = true
			}
			seen[child] = true
		}
	}
	for _, n := range g.Enrolled {
		seen[n.Child] = true
	}
	shown, homeless = slices.Collect(maps.Keys(seen)), slices.Collect(maps.Keys(without))
	for child := range g.into {
		if seen[g.root(child)] {
			shown = append(shown, child)
		}
		if without[g.root(child)] {
			homeless = append(homeless, child)
		}
	}
	return shown, homeless
}

// each are the sessions and children, in pairs.
func (c coming) each() iter.Seq2[events.ID, events.ID] {
	return func(yield func(session, child events.ID) bool) {
		for pair := range slices.Chunk(c.marks, 2*len(events.ID{})) {
			if !yield(events.ID(pair[:len(events.ID{})]), events.ID(pair[len(events.ID{}):])) {
				return
			}
		}
	}
}

// visit counts at how many sessions each child was, once each, and who was there with those nobody identified.
func (g *gathering) visit() {
	type presence struct {
		session events.ID
		who     resident
	}
	there, sessions := make(map[presence]bool), make(map[Attendance]int)
	for _, c := range g.came {
		for session, child := range c.each() {
			who := resident{child: g.root(child)}
			who.home = cmp.Or(c.home, g.homes[who.child].home, g.Municipal)
			if there[presence{session, who}] {
				continue
			}
			there[presence{session, who}] = true
			sessions[Attendance{Child: who.child, Home: who.home, Form: c.form, Programme: c.programme}]++
			if crowd := g.counted[session]; crowd != nil && who.home == g.Municipal {
				crowd.Children = append(crowd.Children, who.child)
			}
		}
	}
	for a, n := range sessions {
		a.Sessions = n
		g.Attended = append(g.Attended, a)
	}
	for _, crowd := range g.counted {
		g.Crowds = append(g.Crowds, *crowd)
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

// each scans row after row into the same places.
func each(rows pgx.Rows, take func(), into ...any) error {
	_, err := pgx.ForEachRow(rows, into, func() error { take(); return nil })
	return err
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
