package caseload

import (
	"fmt"

	"github.com/jackc/pgx/v5"
)

// holds is true of the rows of a table that hold at position $1.
func holds(table string) string {
	return fmt.Sprintf("%[1]s.since <= $1 AND (%[1]s.until IS NULL OR %[1]s.until > $1)", table)
}

// people names, at position $1, as root(child, root) the child that each merged child counts as, and as referred and
// placed the referrals and enrolments that stand, each with the child it counts as.
var people = `WITH RECURSIVE
	merged AS (SELECT child, into_child FROM merge m WHERE ` + holds("m") + `),
	chain AS (SELECT child, into_child FROM merged UNION SELECT c.child, m.into_child FROM chain c JOIN merged m ON m.child = c.into_child),
	root AS (SELECT child, into_child AS root FROM chain c WHERE NOT EXISTS (SELECT FROM merged m WHERE m.child = c.into_child)),
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
	WHERE r.outcome IS NULL)`

func collect[T any](rows pgx.Rows, what string, scan pgx.RowToFunc[T]) ([]T, error) {
	list, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return list, nil
}
