package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
)

type listReceived struct {
	AtLeast
	Before events.Position `query:"before" minimum:"1" doc:"a position of the national log: what it holds before it"`
	Limit  int             `query:"limit" minimum:"1" maximum:"500" doc:"50 when it is left out"`
}

type readNationalCheckpoint struct{ AtLeast }

type listNationalFindings struct{ AtLeast }

type listNationalVerified struct {
	AtLeast
	Before int64 `query:"before" minimum:"1" doc:"a line: those older than it"`
	Limit  int   `query:"limit" minimum:"1" maximum:"500" doc:"50 when it is left out"`
}

// Received is something that the national log was told. It holds no number of children, and names no municipality that is not the
// caller's.
type Received struct {
	Position     events.Position      `json:"position"`
	RecordedAt   time.Time            `json:"recorded_at"`
	Kind         string               `json:"kind" doc:"as of events"`
	Municipality events.Municipality  `json:"municipality,omitempty" doc:"whose answer or key it is; left out where it is not the caller's"`
	District     events.District      `json:"district,omitempty"`
	Year         events.Year          `json:"year,omitempty"`
	Form         events.FormID        `json:"form,omitempty" doc:"on which it was answered"`
	Version      int                  `json:"version,omitempty" doc:"of the survey that was submitted"`
	Origin       events.AnswerOrigin  `json:"origin,omitempty" doc:"how an answer came: submitted here, a signed file, or a row of a table"`
	Denominator  events.DenominatorID `json:"denominator,omitempty" doc:"which estimate was stated"`
}

// ReceivedList is what the national log was told, the latest first.
type ReceivedList struct {
	Received []Received      `json:"received" nullable:"false"`
	Older    events.Position `json:"older,omitempty" doc:"there is more: ask for what is before this position"`
	Shown
}

func (s *server) nationalLogRoutes() {
	add(s, route{
		id: "list-received", method: http.MethodGet, path: "/audit/received", permission: access.ReadLog,
		summary: "What the national log was told, the latest first: whose answers to which year, keys, and reference data; no numbers",
	}, s.listReceived)
	add(s, route{
		id: "read-national-checkpoint", method: http.MethodGet, path: "/audit/checkpoint", permission: access.ReadLog, operation: answersBytes("text/plain"),
		summary: "The signed checkpoint of the national transparency log (C2SP tlog-checkpoint); min_position is what it has to hold",
	}, func(ctx context.Context, c caller, in *readNationalCheckpoint) (*ArchiveFile, error) {
		return s.readCheckpoint(ctx, c.national(), &readCheckpoint{AtLeast: in.AtLeast})
	})
	add(s, route{
		id: "list-national-findings", method: http.MethodGet, path: "/audit/findings", permission: access.ReadLog,
		summary: "What was found damaged of the national log by whichever verification, and stands until it is found whole",
	}, func(ctx context.Context, _ caller, in *listNationalFindings) (*Answer[StandingFindings], error) {
		return s.standing(ctx, events.National, in.MinPosition)
	})
	add(s, route{
		id: "list-past-national-verifications", method: http.MethodGet, path: "/audit/verifications/past", permission: access.ReadLog,
		summary: "The verifications of the national log in the last year, the latest first",
	}, func(ctx context.Context, _ caller, in *listNationalVerified) (*Answer[VerificationsOf], error) {
		return s.verificationsOf(ctx, events.National, in.MinPosition, in.Before, in.Limit)
	})
}

func (s *server) listReceived(ctx context.Context, c caller, in *listReceived) (*Answer[ReceivedList], error) {
	head, err := s.reached(ctx, events.National, in.MinPosition)
	if err != nil {
		return nil, err
	}
	before := in.Before
	if before == 0 {
		before = head + 1
	}
	var rest LogEvents
	messages, err := s.stretch(ctx, events.National, &readLog{Before: before, Limit: cmp.Or(in.Limit, 50)}, head, &rest)
	if err != nil {
		return nil, err
	}
	body := ReceivedList{Received: []Received{}, Older: rest.Earlier, Shown: Shown{head}}
	for _, r := range slices.Backward(messages) {
		for _, e := range r.Events {
			body.Received = append(body.Received, c.received(r, e))
		}
	}
	return show(head, body), nil
}

// received is what the caller is told of an event of the national log.
func (c caller) received(r events.Recorded, e events.Event) Received {
	one := Received{Position: r.Position, RecordedAt: r.Time, Kind: e.Kind()}
	switch e := e.(type) {
	case events.AnswerReceived:
		one.Municipality, one.District, one.Year, one.Form, one.Version, one.Origin = e.Municipality, e.District, e.Year, e.Form, int(e.Version), e.Origin
	case events.KeyTrusted:
		one.Municipality = e.Municipality
	case events.KeyDistrusted:
		one.Municipality = e.Municipality
	case events.PopulationStated:
		one.Year = e.Year
	case events.DenominatorStated:
		one.Denominator = e.Denominator
	}
	if !c.In(one.Municipality) {
		one.Municipality, one.District = "", ""
	}
	return one
}
