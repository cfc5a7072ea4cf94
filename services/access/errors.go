package access

import (
	"errors"
	"fmt"

	"rackvidd/services/database"
)

var (
	// ErrUnauthenticated: the token is unknown, expired or revoked, or its account is disabled. Which is not said.
	ErrUnauthenticated = errors.New("the token is not valid")
	// ErrUnavailable: the database of accounts cannot be reached.
	ErrUnavailable = errors.New("the accounts cannot be reached")
	// ErrUnknown: there is no such account or token.
	ErrUnknown = errors.New("there is no such account or token")
	// ErrWeakToken: a configured token is too short to be safe.
	ErrWeakToken = errors.New("a token that can be guessed")
)

// InvalidError says what is wrong with an account or a token that was to be added.
type InvalidError struct{ Field, Message string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Message }

func failed(what string, err error) error {
	if err == nil {
		return nil
	}
	if database.Unavailable(err) {
		return fmt.Errorf("%s: %w: %w", what, ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}
