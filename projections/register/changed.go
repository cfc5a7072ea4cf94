package register

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// since says that a row of a table came or ended after position $1.
func since(table string) string { return fmt.Sprintf("(%[1]s.since > $1 OR %[1]s.until > $1)", table) }

// changedOf asks of the occasions of group $2, and of the children who are in it or in their registers, up to whom they count as.
// Each row is looked up by its key.
var changedOf = `
	WITH RECURSIVE own AS MATERIALIZED (SELECT session, since FROM opened WHERE grp = $2),
	there AS (
		SELECT child FROM member WHERE grp = $2 AND until IS NULL
		UNION SELECT child FROM mark WHERE session = ANY (ARRAY(SELECT session FROM own)) AND until IS NULL),
	known AS (
		SELECT child FROM there
		UNION SELECT m.into_child FROM known k, LATERAL (SELECT into_child FROM merge m WHERE m.child = k.child AND m.until IS NULL OFFSET 0) m)
	SELECT EXISTS (SELECT FROM own WHERE since > $1)
		OR EXISTS (SELECT FROM session t WHERE t.session = ANY (ARRAY(SELECT session FROM own)) AND ` + since("t") + `)
		OR EXISTS (SELECT FROM void t WHERE t.session = ANY (ARRAY(SELECT session FROM own)) AND ` + since("t") + `)
		OR EXISTS (SELECT FROM mark t WHERE t.session = ANY (ARRAY(SELECT session FROM own)) AND ` + since("t") + `)
		OR EXISTS (SELECT FROM headcount t WHERE t.session = ANY (ARRAY(SELECT session FROM own)) AND ` + since("t") + `)
		OR EXISTS (SELECT FROM saved t WHERE t.session = ANY (ARRAY(SELECT session FROM own)) AND t.since > $1)
		OR EXISTS (SELECT FROM merge t WHERE t.child = ANY (ARRAY(SELECT child FROM known)) AND ` + since("t") + `)
		OR EXISTS (SELECT FROM erased t WHERE t.child = ANY (ARRAY(SELECT child FROM known)) AND t.since > $1)`

// ChangedOf reports whether anything of a group's occasions was recorded after a position (what they are, whether they were held, and
// what their registers say) or of who the children in it and in those registers are: that they are one, that they are not, that
// nobody can tell any more.
func ChangedOf(ctx context.Context, tx pgx.Tx, after events.Position, group events.ID) (changed bool, err error) {
	if err = tx.QueryRow(ctx, changedOf, after, [16]byte(group)).Scan(&changed); err != nil {
		return false, fmt.Errorf("look whether a group changed after %d: %w", after, err)
	}
	return changed, nil
}

// changedFor asks of the marks of child $2 and of their occasions, as changedOf does.
var changedFor = `
	WITH own AS MATERIALIZED (SELECT session, since, until FROM mark WHERE child = $2)
	SELECT EXISTS (SELECT FROM own t WHERE ` + since("t") + `)
		OR EXISTS (SELECT FROM session t WHERE t.session = ANY (ARRAY(SELECT session FROM own)) AND ` + since("t") + `)
		OR EXISTS (SELECT FROM void t WHERE t.session = ANY (ARRAY(SELECT session FROM own)) AND ` + since("t") + `)`

// ChangedFor reports whether a register said anything of a child after a position, itself and not as another, or anything was recorded of
// the occasions in whose registers it stands. What they say of other children is none of it.
func ChangedFor(ctx context.Context, tx pgx.Tx, after events.Position, child events.ID) (changed bool, err error) {
	if err = tx.QueryRow(ctx, changedFor, after, [16]byte(child)).Scan(&changed); err != nil {
		return false, fmt.Errorf("look whether a child's occasions changed after %d: %w", after, err)
	}
	return changed, nil
}
