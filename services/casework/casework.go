// Package casework holds the rules of the work with children: what may be decided about a programme, a group, a
// child's case and a session's register. It is pure: commands in, events out.
package casework

import (
	"fmt"

	"rackvidd/events"
)

// Fresh returns the empty state of a stream.
func Fresh(s events.Stream) events.State {
	switch s.Type {
	case events.ProgrammeStream:
		return &Programme{}
	case events.GroupStream:
		return &Group{}
	case events.SessionStream:
		return NewSession()
	case events.GuestStream:
		return &GuestReport{}
	case events.RetentionStream:
		return &Retention{}
	default:
		return NewCase()
	}
}

// Why says what kind of refusal it is.
type Why int

const (
	Invalid  Why = iota // what was sent cannot be so
	Conflict            // it cannot be so now
	Missing             // what it is about does not exist
)

// Refusal says what cannot be decided, why, and in which field.
type Refusal struct {
	Why     Why
	Code    string
	Field   string
	Message string
}

func (r *Refusal) Error() string { return r.Message }

// Refuse says no.
func Refuse(why Why, code, field, format string, args ...any) error {
	return refuse(why, code, field, format, args...)
}

func refuse(why Why, code, field, format string, args ...any) error {
	return &Refusal{why, code, field, fmt.Sprintf(format, args...)}
}
