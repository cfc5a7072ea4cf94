package vault

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"rackvidd/services/database"
)

var (
	// ErrUnavailable: the vault or its database cannot be reached or cannot write; the same call may succeed later.
	ErrUnavailable = errors.New("the vault is unavailable")
	// ErrTooOld: the vault runs apart, in an older version that does not know the question.
	ErrTooOld = errors.New("the vault is of an older version, which does not know the question")
	// ErrUnknownChild: the municipality has no such token, or it was erased.
	ErrUnknownChild = errors.New("no such child in the municipality")
	// ErrKeyReused: the idempotency key came with another request before.
	ErrKeyReused = errors.New("the idempotency key was used for another request")
	// ErrNoIdentity: an identity is empty.
	ErrNoIdentity = errors.New("an identity is empty")
	// ErrMistyped: an identity is written as an identity number but its check digit is wrong, or its day is to come.
	ErrMistyped = errors.New("an identity number is mistyped: its check digit is wrong, or its day is to come")
	// ErrLabel: the label is not 1 to 80 printable characters.
	ErrLabel = errors.New("a label has 1 to 80 printable characters")
	// ErrRevealingLabel: the label reads as somebody's identity number, e-mail address or telephone number.
	ErrRevealingLabel = errors.New("a label reads as an identity number, an e-mail address or a telephone number; a first name or a nickname is enough")
	// ErrReason: the reason of a read is not a word.
	ErrReason = errors.New("the reason of a read is 1 to 40 of a–z and _")
	// ErrWrongKeys: the database was written with other index keys. With them every child would be new.
	ErrWrongKeys = errors.New("these are not the vault database's index keys")
	// ErrWrongLedger: the erasure ledger is not the one that belongs to the database, or is older than it.
	ErrWrongLedger = errors.New("this is not the vault database's current erasure ledger")
)

// failed says what was attempted and marks errors of the connection or the server as ErrUnavailable. PostgreSQL's
// messages hold no values: those are in the detail, which is left out.
func failed(what string, err error) error {
	if err == nil {
		return nil
	}
	if database.Unavailable(err) {
		return fmt.Errorf("%s: %w: %w", what, ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// again reports whether PostgreSQL gave up on the transaction for the sake of another.
func again(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && (answer.Code == "40P01" || answer.Code == "40001")
}
