package api

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"syscall"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/services/access"
	"rackvidd/services/arriving"
	"rackvidd/services/casework"
	"rackvidd/services/integrity"
	"rackvidd/services/surveying"
	"rackvidd/services/vault"
)

var (
	errForbidden           = errors.New("your token does not allow this; ask an administrator for a role that does")
	errDisabledAccount     = errors.New("the account is disabled, and that is for good; add another")
	errOtherRole           = errors.New("what you chose to work as in this session does not allow this, and another of your roles does; choose that one at /roles")
	errUnknownMunicipality = errors.New("there is no such municipality (a code is four digits, as 1880), or it is not yours; see " + base + "/municipalities")
	errTooMany             = errors.New("too many children were asked for; wait a minute")
	errErased              = errors.New("the child that was named under the Idempotency-Key was erased; if it has come back, use another key")
	errStale               = errors.New("it has changed since it was read; read it again and send its new ETag in If-Match")
	errNoRoom              = errors.New("there is no room to hold the file until all of it has come; try again later, or send it without an Idempotency-Key")
	errNoImporter          = errors.New("imports are not served here; ask the node that runs every service")
	// ErrUnknownProjection is what Deps.Rebuild returns for a name that is none.
	ErrUnknownProjection = errors.New("there is no such projection; see " + base + "/projections")

	errNoNational = errors.New("the national level is not served here; ask the node that runs every service")
	errNoRebuild  = errors.New("rebuilding is not served here; ask the node that runs every service")
	errNoArchive  = errors.New("the archive is not served here; ask the node that runs every service")
	errNoReplay   = errors.New("replaying is not served here; ask the node that runs every service")
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
	{errOtherRole, http.StatusForbidden, "forbidden", "", 0},
	{errUnknownMunicipality, http.StatusNotFound, "unknown_municipality", "", 0},
	{errDisabledAccount, http.StatusNotFound, "unknown_account", "", 0},
	{access.ErrUnknown, http.StatusNotFound, "unknown_account", "there is no such account or token; list them to find its id", 0},
	{vault.ErrUnknownChild, http.StatusNotFound, "unknown_child", "there is no such child in the municipality, or it was erased; enter it and use the handle in the answer", 0},
	{errErased, http.StatusConflict, "child_erased", "", 0},
	{ErrUnknownProjection, http.StatusNotFound, "unknown_projection", "", 0},
	{projections.ErrNothingDiffers, http.StatusConflict, "nothing_to_discard", "there is nothing to discard: that is only what a rebuild kept beside because it differs; what was in use before stays, for a rollback", 0},
	{projections.ErrNoOther, http.StatusConflict, "nothing_to_roll_back_to", "there are no tables beside those in use to switch to; rebuild them instead", 0},
	{projections.ErrNoConcern, http.StatusConflict, "no_concern", "the log in the body has nothing to say of that read model's question; the national log has survey alone, and no other has it", 0},
	{errStale, http.StatusPreconditionFailed, "stale", "", 0},
	{access.ErrStale, http.StatusPreconditionFailed, "stale", "", 0},
	{errTooMany, http.StatusTooManyRequests, "too_many_requests", "", 0},
	{events.ErrConflict, http.StatusConflict, "conflict", "others are changing the same thing; try again", 1},
	{events.ErrTooLarge, http.StatusUnprocessableEntity, "too_large", "it is more than one event can hold; send it in parts", 0},
	{events.ErrDigest, http.StatusUnprocessableEntity, "key_reused", "the Idempotency-Key was used for another request before; send this one with a key of its own", 0},
	{vault.ErrKeyReused, http.StatusUnprocessableEntity, "key_reused", "the Idempotency-Key was used for another request before; send this one with a key of its own", 0},
	{errNoRoom, http.StatusServiceUnavailable, "unavailable", "", 60},
	{arriving.ErrCutShort, http.StatusBadRequest, "cut_short", "", 0},
	{errNoImporter, http.StatusServiceUnavailable, "unavailable", "", 60},
	{errNoNational, http.StatusServiceUnavailable, "unavailable", "", 60},
	{errNoRebuild, http.StatusServiceUnavailable, "unavailable", "", 60},
	{errNoArchive, http.StatusServiceUnavailable, "unavailable", "", 60},
	{ErrNoBackup, http.StatusServiceUnavailable, "unavailable", "", 60},
	{archive.ErrNone, http.StatusNotFound, "not_archived", "the archive has no such file; ask for the checkpoint, and for what it says that there is", 0},
	{integrity.ErrElsewhere, http.StatusServiceUnavailable, "unavailable", "", 60},
	{errNoReplay, http.StatusServiceUnavailable, "unavailable", "", 60},
	{events.ErrNoRoom, http.StatusServiceUnavailable, "no_room", "the event log has no room for more: its disk is full, or what its server gives it; nothing was recorded; make room, it goes on by itself", 5},
	{syscall.ENOSPC, http.StatusServiceUnavailable, "no_room", "a disk is full; make room and try again", 60},
	{syscall.EDQUOT, http.StatusServiceUnavailable, "no_room", "a disk holds no more for the account that Räckvidd runs as; make room or raise its quota, and try again", 60},
	{syscall.EROFS, http.StatusServiceUnavailable, "unavailable", "a disk of Räckvidd's may only be read; mount it to be written, and try again", 60},
	{fs.ErrPermission, http.StatusServiceUnavailable, "unavailable", "the account that Räckvidd runs as may not use one of its own files; the program's log names it: give it to that account, and try again", 60},
	{events.ErrUnreadable, http.StatusServiceUnavailable, "damaged", "a message of the event log cannot be read; rackvidd audit verify names it, and audit repair restores it", 60},
	{events.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "the event log cannot be reached; nothing is known to be recorded, try again", 2},
	{vault.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "the vault cannot be reached; try again", 2},
	{vault.ErrTooOld, http.StatusServiceUnavailable, "unavailable", "the vault is of an older version, which does not know what this needs; have it upgraded", 60},
	{access.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "the database of accounts cannot be reached; try again", 2},
	{surveying.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "the texts of surveys cannot be reached; try again", 2},
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
		damaged *archive.DamageError
		closed  *integrity.DamagedError
		kept    *integrity.RefusedError
		late    *projections.NotYetError
		beyond  *reach.BeyondError
		stopped *projections.StoppedError
		differs *projections.DifferenceError
		unlike  *projections.UnlikeError
		another *projections.OtherGenerationError
		ahead   *projections.AheadError
		poison  *events.PoisonError
		account *access.InvalidError
		file    *FileError
		noForm  *surveying.UnknownFormError
	)
	switch {
	case errors.As(err, &refusal):
		return refused(refusal)
	case errors.As(err, &late) && late.Position == 0 && late.Wanted == 1: // somebody asks about now
		return unavailable("not_yet", "what is recorded has not been counted yet; its tables are being made, try again", 5)
	case errors.As(err, &late):
		return unavailable("not_yet", "the figures have not come to this position yet; try again", 1)
	case errors.As(err, &beyond):
		return newProblem(http.StatusUnprocessableEntity, "beyond_the_log", beyond.Error()+"; ask for an earlier one, or for none")
	case errors.As(err, &stopped):
		return unavailable("stopped", stopped.Error()+"; a newer version of the program or a rebuild goes on", 30)
	case errors.As(err, &poison):
		return unavailable("stopped", poison.Error()+"; a newer version of the program may read it", 30)
	case errors.As(err, &closed):
		return unavailable("damaged", closed.Error(), 60)
	case errors.As(err, &kept):
		return newProblem(http.StatusConflict, "not_repairable", kept.Error())
	case errors.As(err, &damaged):
		return unavailable("damaged", damaged.Error()+"; rackvidd audit verify says what else is", 60)
	case projections.Damaged(err):
		return unavailable("damaged", "the database finds what it stores damaged; rackvidd audit verify names it", 60)
	case errors.As(err, &ahead):
		return unavailable("damaged", ahead.Error()+"; rackvidd audit verify says what else is, and audit repair makes them anew", 60)
	case errors.As(err, &differs):
		return newProblem(http.StatusConflict, "rebuilt_differently", differs.Error())
	case errors.As(err, &unlike):
		return newProblem(http.StatusConflict, "unlike_the_log", unlike.Error())
	case errors.As(err, &another):
		return newProblem(http.StatusConflict, "other_generation", another.Error())
	case errors.As(err, &account):
		return invalid("invalid", "body."+account.Field, account.Message)
	case errors.As(err, &file):
		p := invalid(file.Code, file.Column, file.Message)
		p.Headings = file.Headings
		return p
	case errors.As(err, &noForm):
		if noForm.Asked() {
			return newProblem(http.StatusNotFound, "unknown_form", noForm.Error())
		}
		return newProblem(http.StatusNotFound, "unknown_survey", noForm.Error())
	case projections.Unable(err): // whichever service asked it
		return unavailable("unavailable", "the database cannot work now; try again", 2)
	}
	return nil
}

func unavailable(code, detail string, retryAfter int) *Problem {
	p := newProblem(http.StatusServiceUnavailable, code, detail)
	p.retryAfter = retryAfter
	return p
}

// inPath are what a rule calls the things that a request names in its path.
var inPath = map[string]string{"referral": "path.id", "enrolment": "path.id", "session": "path.id"}

// fieldOf is where the field that a rule names stands in the request.
func fieldOf(field string) string {
	if strings.Contains(field, ".") {
		return field
	}
	return cmp.Or(inPath[field], "body."+field)
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
	if r.Field == "" || r.Why == casework.Missing {
		return newProblem(status, r.Code, r.Message)
	}
	return problemAt(status, FieldError{fieldOf(r.Field), r.Code, r.Message})
}
