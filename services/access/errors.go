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
	// ErrStale: a login is not any more what it was read as.
	ErrStale = errors.New("the login has changed since it was read; read it again and send its version in If-Match")
	// ErrWeakToken: a configured token is too short to be safe.
	ErrWeakToken = errors.New("a token that can be guessed")

	// ErrAttempt: what somebody comes back with to sign in was never begun in this browser, is used, or is too old.
	ErrAttempt = errors.New("the attempt to sign in is unknown, used or too old")
	// ErrCancelled: whoever was to sign in at the identity provider did not want to.
	ErrCancelled = errors.New("signing in was cancelled")
	// ErrProviderAway: the identity provider does not answer, or not now.
	ErrProviderAway = errors.New("the identity provider does not answer")
	// ErrProvider: the identity provider, or its answer, cannot be trusted.
	ErrProvider = errors.New("the identity provider cannot be trusted")
	// ErrLevel: the level of assurance is lower than what is required.
	ErrLevel = errors.New("the level of assurance is too low")
	// ErrNoAccount: the identity provider's user has no account here, or a disabled one. Which is not said.
	ErrNoAccount = errors.New("no account is the identity provider's user's")
	// ErrPasskey: a passkey, or what a browser says of one, cannot be taken.
	ErrPasskey = errors.New("the passkey cannot be taken")
	// ErrSamePassword: what was chosen is the password before.
	ErrSamePassword = errors.New("the new password is the one before")
	// ErrTaken: the identity provider's user has another account already.
	ErrTaken = errors.New("the identity provider's user has another account")
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
