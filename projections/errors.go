package projections

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rackvidd/events"
)

var (
	// ErrUnavailable says that the database cannot be reached.
	ErrUnavailable = errors.New("the database of figures cannot be reached")
	// ErrNothingYet says that nothing is recorded of a municipality: every figure is zero.
	ErrNothingYet = errors.New("nothing is recorded yet")
	// ErrNoConcern says that a log has nothing to say of a projection's question, so that there are no tables of it.
	ErrNoConcern = errors.New("the log has nothing to say of this projection's question")
	// ErrFenced says that a checkpoint is not where it was: somebody else moved it, and nothing was applied.
	ErrFenced = errors.New("the checkpoint was moved by somebody else")
	// ErrNoOther says that there is no other generation to go back to.
	ErrNoOther = errors.New("there is no other generation of the tables")
	// ErrNothingDiffers says that no rebuild kept tables because they differ: what was in use before is not discarded.
	ErrNothingDiffers = fmt.Errorf("no rebuild kept tables that differ: %w", ErrNoOther)
)

// NotYetError says that a projection has not come to a position in time. Trying again helps.
type NotYetError struct {
	Projection       string
	Municipality     events.Municipality
	Position, Wanted events.Position
}

func (e *NotYetError) Error() string {
	return fmt.Sprintf("%s of %s is at position %d, not yet at %d", e.Projection, e.Municipality, e.Position, e.Wanted)
}

// StoppedError says that a projection cannot go beyond a message. What comes after is in no figure until a version of
// the program that can read it, or a rebuild.
type StoppedError struct {
	Projection   string
	Municipality events.Municipality
	At           events.Position // the message it cannot fold
	Why          string
}

func (e *StoppedError) Error() string {
	return fmt.Sprintf("%s of %s stopped at position %d: %s", e.Projection, e.Municipality, e.At, e.Why)
}

// foldError says that a message can be read and yet not be folded.
type foldError struct {
	projection string
	err        error
}

func (e *foldError) Error() string { return fmt.Sprintf("%s cannot fold it: %v", e.projection, e.err) }
func (e *foldError) Unwrap() error { return e.err }

// rowsRefusedError says why the rows of a message cannot be: they contradict each other, or the database does not take them.
type rowsRefusedError string

func (e rowsRefusedError) Error() string { return string(e) }

// StopCodes are why tables cannot go beyond a message, as programs tell it apart.
func StopCodes() []string { return []string{"cannot_fold", "rows_refused", "unreadable"} }

func stopCode(poison *events.PoisonError) string {
	var fold *foldError
	var rows rowsRefusedError
	switch {
	case errors.As(poison.Err, &fold):
		return "cannot_fold"
	case errors.As(poison.Err, &rows):
		return "rows_refused"
	}
	return "unreadable"
}

// DifferenceError says that rebuilt tables differ from those in use at the same position. Those in use stay in use;
// the rebuilt ones are kept beside them, and Rollback compares them once more and switches to them.
type DifferenceError struct {
	Projection   string
	Municipality events.Municipality
	Position     events.Position
	Generation   int // the rebuilt one
	Tables       []string
}

func (e *DifferenceError) Error() string {
	return fmt.Sprintf("%s of %s, rebuilt at position %d as generation %d, differs from the tables in use: %s; roll back to use it",
		e.Projection, e.Municipality, e.Position, e.Generation, strings.Join(e.Tables, ", "))
}

// UnlikeError says that tables beside those in use are not what the log gives up to their position: they are not switched to.
type UnlikeError struct {
	Projection   string
	Municipality events.Municipality
	Position     events.Position
	Generation   int
	Tables       []string
}

func (e *UnlikeError) Error() string {
	return fmt.Sprintf("generation %d of %s of %s, which shows position %d, is not what the log gives: %s; those in use stay, and projections rebuild makes others",
		e.Generation, e.Projection, e.Municipality, e.Position, strings.Join(e.Tables, ", "))
}

// reaching tells a database that cannot be reached from one that answers with an error.
func reaching(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || !away(err) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// inTransaction is pgx.BeginFunc, of which beginning and committing tell a database that cannot be reached.
func inTransaction(ctx context.Context, db interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}, do func(pgx.Tx) error,
) error {
	var begun bool
	var failed error
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		begun, failed = true, do(tx)
		return failed
	})
	if !begun || failed == nil {
		return reaching(err)
	}
	return err
}

func away(err error) bool {
	var answer *pgconn.PgError
	var rows rowsRefusedError
	return !errors.As(err, &answer) && !errors.As(err, &rows) || Unable(err)
}

// Unable reports whether the database answers that it cannot work now: it is starting or stopping, has no room, cannot
// reach its files, or others were in the way. The same may succeed later.
func Unable(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && slices.ContainsFunc(passing, func(class string) bool { return strings.HasPrefix(answer.Code, class) })
}

// passing are the SQLSTATEs, and classes of them, of what passes: connections, resources, operators, files; a standby, a
// serialization failure, a deadlock, a lock that is taken.
var passing = []string{"08", "53", "57P", "58", "25006", "40001", "40P01", "55P03"}

// refused reports whether the same rows will be refused again: they are at fault, not the circumstances.
func refused(err error) (why string, ok bool) {
	var rows rowsRefusedError
	if errors.As(err, &rows) {
		return string(rows), true
	}
	var answer *pgconn.PgError
	if !errors.As(err, &answer) {
		return "", false
	}
	switch answer.Code[:2] {
	case "22", "23", "42":
		return strings.TrimSpace(fmt.Sprintf("the database refuses its rows: SQLSTATE %s %s %s", answer.Code, answer.TableName, answer.ConstraintName)), true
	}
	return "", false
}
