package api

import (
	"context"
	"errors"
	"net/http"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/services/access"
	"rackvidd/services/casework"
	"rackvidd/services/vault"
)

var (
	errForbidden           = errors.New("your token does not allow this")
	errUnknownMunicipality = errors.New("there is no such municipality, or it is not yours")
	errTooMany             = errors.New("too many children were asked for; wait a minute")
	errStale               = errors.New("it has changed since; read it again")
	errBeyond              = errors.New("the log does not reach to this position")
	errNoImporter          = errors.New("imports are not served here")
	// ErrUnknownProjection is what Deps.Rebuild returns for a name that is none.
	ErrUnknownProjection = errors.New("there is no such projection")

	errNoRebuild = errors.New("rebuilding is not served here")
	errNoReplay  = errors.New("replaying is not served here")
)

// answers is the one table from an error to how it is answered, first match first. Detail "" is the error's own words.
var answers = []struct {
	err        error
	status     int
	code       string
	detail     string
	retryAfter int
}{
	{access.ErrUnauthenticated, http.StatusUnauthorized, "unauthenticated", "send a valid token: Authorization: Bearer …", 0},
	{errForbidden, http.StatusForbidden, "forbidden", "", 0},
	{errUnknownMunicipality, http.StatusNotFound, "unknown_municipality", "", 0},
	{access.ErrUnknown, http.StatusNotFound, "unknown_account", "", 0},
	{vault.ErrUnknownChild, http.StatusNotFound, "unknown_child", "there is no such child", 0},
	{ErrUnknownProjection, http.StatusNotFound, "unknown_projection", "", 0},
	{projections.ErrNoOther, http.StatusConflict, "nothing_to_roll_back_to", "", 0},
	{errStale, http.StatusPreconditionFailed, "stale", "", 0},
	{errTooMany, http.StatusTooManyRequests, "too_many_requests", "", 0},
	{events.ErrConflict, http.StatusConflict, "conflict", "others are changing the same thing; try again", 1},
	{events.ErrTooLarge, http.StatusUnprocessableEntity, "too_large", "it is more than one event can hold; send it in parts", 0},
	{events.ErrDigest, http.StatusUnprocessableEntity, "key_reused", "the idempotency key was used for another request", 0},
	{vault.ErrKeyReused, http.StatusUnprocessableEntity, "key_reused", "the idempotency key was used for another request", 0},
	{errBeyond, http.StatusUnprocessableEntity, "beyond_the_log", "", 0},
	{errNoImporter, http.StatusServiceUnavailable, "unavailable", "", 60},
	{errNoRebuild, http.StatusServiceUnavailable, "unavailable", "", 60},
	{errNoReplay, http.StatusServiceUnavailable, "unavailable", "", 60},
	{events.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "the event log cannot be reached; nothing is known to be recorded, try again", 2},
	{vault.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "the vault cannot be reached; try again", 2},
	{access.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "the database of accounts cannot be reached; try again", 2},
	{projections.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "the database of figures cannot be reached; try again", 2},
	{projections.ErrNothingYet, http.StatusServiceUnavailable, "not_yet", "the figures have not come to this position; try again", 1},
	{context.DeadlineExceeded, http.StatusServiceUnavailable, "unavailable", "it took too long; try again", 2},
	{context.Canceled, 499, "canceled", "the caller has gone", 0},
}

// known returns nil for an error that nobody thought of.
func known(err error) *Problem {
	if p := knownType(err); p != nil {
		return p
	}
	for _, a := range answers {
		if !errors.Is(err, a.err) {
			continue
		}
		p := newProblem(a.status, a.code, a.detail)
		if a.detail == "" {
			p.Detail = a.err.Error()
		}
		p.retryAfter = a.retryAfter
		return p
	}
	return nil
}

// knownType answers the errors that carry something to say.
func knownType(err error) *Problem {
	var (
		refusal *casework.Refusal
		late    *projections.NotYetError
		stopped *projections.StoppedError
		differs *projections.DifferenceError
		poison  *events.PoisonError
		account *access.InvalidError
		file    *FileError
	)
	switch {
	case errors.As(err, &refusal):
		return refused(refusal)
	case errors.As(err, &late):
		return unavailable("not_yet", "the figures have not come to this position yet; try again", 1)
	case errors.As(err, &stopped):
		return unavailable("stopped", stopped.Error(), 30)
	case errors.As(err, &poison):
		return unavailable("stopped", poison.Error(), 30)
	case errors.As(err, &differs):
		return newProblem(http.StatusConflict, "rebuilt_differently", differs.Error())
	case errors.As(err, &account):
		return invalid("invalid", "body."+account.Field, account.Message)
	case errors.As(err, &file):
		return invalid(file.Code, file.Column, file.Message)
	}
	return nil
}

func unavailable(code, detail string, retryAfter int) *Problem {
	p := newProblem(http.StatusServiceUnavailable, code, detail)
	p.retryAfter = retryAfter
	return p
}

// refused answers a rule's refusal: 404 where the thing itself is missing, 409 where it cannot be so now, else 422.
func refused(r *casework.Refusal) *Problem {
	status := http.StatusUnprocessableEntity
	switch r.Why {
	case casework.Missing:
		status = http.StatusNotFound
	case casework.Conflict:
		status = http.StatusConflict
	}
	p := newProblem(status, r.Code, r.Message)
	if r.Field != "" && r.Why != casework.Missing {
		p.Errors = []FieldError{{"body." + r.Field, r.Code, r.Message}}
	}
	return p
}
