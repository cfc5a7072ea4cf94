package caseload

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// What the tables hold, asked in SQL for one thing at a time, apart from how a desk is made.

// people names, at position $1, as root(child, root) the child that each merged child counts as, and as referred and
// placed the referrals and enrolments that stand, each with the child it counts as. gone are the children who were erased, and
// called the records by which some of them are known.
var people = `WITH RECURSIVE
	merged AS (SELECT child, into_child FROM merge m WHERE ` + holds("m") + `),
	chain AS (SELECT child, into_child FROM merged UNION SELECT c.child, m.into_child FROM chain c JOIN merged m ON m.child = c.into_child),
	root AS (SELECT child, into_child AS root FROM chain c WHERE NOT EXISTS (SELECT FROM merged m WHERE m.child = c.into_child)),
	gone AS (SELECT child FROM erased WHERE since <= $1),
	called AS (
		SELECT root AS who, (array_agg(child ORDER BY child))[1] AS record FROM root
		WHERE root IN (SELECT child FROM gone) AND child NOT IN (SELECT child FROM gone) GROUP BY root),
	referred AS (
		SELECT coalesce(root, r.child) AS who, r.child, number, channel, received_on, programme, form, since, (
			SELECT min(outcome) FROM closing c WHERE c.child = r.child AND c.referral = r.number AND ` + holds("c") + `) AS outcome
		FROM referral r LEFT JOIN root USING (child) WHERE ` + holds("r") + `),
	placed AS (
		SELECT coalesce(root, e.child) AS who, e.child, number, programme, form, enrolled_on, home, since, (
			SELECT min(ended_on) FROM ending n WHERE n.child = e.child AND n.enrolment = e.number AND ` + holds("n") + `) AS ended_on
		FROM enrolment e LEFT JOIN root USING (child) WHERE ` + holds("e") + `)`

// answers is true where a placed row is what a referred row asked for.
const answers = `p.who = r.who AND (r.programme = '' OR r.programme = p.programme) AND (r.form = '' OR r.form = p.form)`

// placedNow are the referrals without an answer whose child has, on day $2, a place that is what they asked for. It is
// joined: to look for each referral among all places takes seconds where there are ten thousand of both.
const placedNow = `(
	SELECT DISTINCT r.child, r.number FROM referred r JOIN placed p ON ` + answers + ` AND p.enrolled_on <= $2 AND (p.ended_on IS NULL OR p.ended_on >= $2)
	WHERE r.outcome IS NULL AND p.child NOT IN (SELECT child FROM gone))`

// Queue is who waits for a programme: referred to it, with neither an answer nor a place.
type Queue struct {
	Programme events.ProgrammeID // "": to no programme in particular
	Referrals int
	Children  int
	Longest   int // days
}

// Queues returns how many wait on a day, by programme.
func Queues(ctx context.Context, tx pgx.Tx, today events.Day, at events.Position) ([]Queue, error) {
	rows, err := tx.Query(ctx, people+`
		SELECT programme, count(*), count(DISTINCT who), max($2::date - received_on)
		FROM referred r LEFT JOIN `+placedNow+` n ON n.child = r.child AND n.number = r.number
		WHERE outcome IS NULL AND received_on <= $2 AND n.child IS NULL AND r.child NOT IN (SELECT child FROM gone)
		GROUP BY programme ORDER BY programme COLLATE "C"`, at, today.Time())
	if err != nil {
		return nil, fmt.Errorf("count who waits: %w", err)
	}
	return collect(rows, "count who waits", pgx.RowToStructByPos[Queue])
}

// Enrolled is how many have a place, in one form of one programme.
type Enrolled struct {
	Programme  events.ProgrammeID
	Form       events.Form
	Children   int
	Enrolments int
}

// EnrolledNow returns how many have a place on a day, by programme and form.
func EnrolledNow(ctx context.Context, tx pgx.Tx, today events.Day, at events.Position) ([]Enrolled, error) {
	rows, err := tx.Query(ctx, people+`
		SELECT programme, form, count(DISTINCT who), count(*)
		FROM placed WHERE enrolled_on <= $2 AND (ended_on IS NULL OR ended_on >= $2) AND child NOT IN (SELECT child FROM gone)
		GROUP BY programme, form ORDER BY programme COLLATE "C", form COLLATE "C"`, at, today.Time())
	if err != nil {
		return nil, fmt.Errorf("count the enrolled: %w", err)
	}
	return collect(rows, "count the enrolled", pgx.RowToStructByPos[Enrolled])
}
