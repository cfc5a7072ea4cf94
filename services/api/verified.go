package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/integrity"
)

const (
	// verifiedAtOnce is how many verifications are told at a time.
	verifiedAtOnce = 50
	// verifiedWithin is how long ago a log may have been verified, by somebody or by the scrub: tampering is to be found within a day.
	verifiedWithin = 24 * time.Hour
)

// History knows which verifications came to their end.
type History interface {
	// Latest returns, of each log, the last that somebody asked for and the scrub's last.
	Latest(ctx context.Context, logs []events.Municipality) ([]Verified, error)
	// List returns those of a log, or of all where m is "", the latest first: those before a line, unless it is 0.
	List(ctx context.Context, m events.Municipality, before int64, limit int) ([]Verified, error)
}

// Verified is a verification that came to its end.
type Verified struct {
	Line         int64               `json:"line"`
	Municipality events.Municipality `json:"municipality" pattern:"^([0-9]{4}|national)$" doc:"or national"`
	By           *events.ID          `json:"account,omitempty" doc:"who asked for it; left out of what the scrub did by itself"`
	Began        time.Time           `json:"began_at"`
	Ended        time.Time           `json:"ended_at"`
	Year         events.Year         `json:"year,omitempty" doc:"whose figures were computed again"`
	Position     events.Position     `json:"position" doc:"of the checkpoint that all was checked against"`
	Findings     int                 `json:"findings" doc:"how many things differed"`
	Unchecked    int                 `json:"unchecked,omitempty" doc:"how many could not be compared: it was not whole"`
}

// NamedVerification is one with what the account is called.
type NamedVerification struct {
	Verified
	Name string `json:"name,omitempty" doc:"of the account; left out for the scrub and for the tokens that are built in"`
}

// LogVerified is when a log was verified.
type LogVerified struct {
	Municipality events.Municipality `json:"municipality" pattern:"^([0-9]{4}|national)$" doc:"or national"`
	Asked        *NamedVerification  `json:"asked,omitempty" doc:"the last that somebody asked for"`
	Scrubbed     *NamedVerification  `json:"scrubbed,omitempty" doc:"the last of the scrub, which verifies every log by itself"`
	Overdue      bool                `json:"overdue" doc:"neither was within a day, or twice the time between scrubs where that is longer"`
}

// LogsVerified are all logs, by their codes.
type LogsVerified struct {
	Logs []LogVerified `json:"logs" nullable:"false"`
}

type listVerified struct {
	Log    logName `query:"log" doc:"a municipality's code, or national; all when it is left out"`
	Before int64   `query:"before" minimum:"1" doc:"a line: those older than it"`
	Limit  int     `query:"limit" minimum:"1" maximum:"500" doc:"50 when it is left out"`
}

// PastVerifications are verifications that came to their end, the latest first.
type PastVerifications struct {
	Verifications []NamedVerification `json:"verifications" nullable:"false"`
	Older         int64               `json:"older,omitempty" doc:"there are more: ask for those before this line"`
}

// VerificationsOf are those of one log.
type VerificationsOf struct {
	PastVerifications
	Shown
}

type listVerifiedOf struct {
	Municipal
	AtLeast
	Before int64 `query:"before" minimum:"1" doc:"a line: those older than it"`
	Limit  int   `query:"limit" minimum:"1" maximum:"500" doc:"50 when it is left out"`
}

type listFindings struct {
	Municipal
	AtLeast
}

// StandingFindings is what was found damaged of a municipality and is not known to be whole again.
type StandingFindings struct {
	Findings []integrity.Finding `json:"findings" nullable:"false"`
	Shown
}

func (s *server) verifiedRoutes() {
	add(s, route{
		id: "list-logs-verified", method: http.MethodGet, path: "/verifications/latest", permission: access.ReadProjections,
		summary: "When each log was verified last: by whom, up to where, and whether it was whole",
	}, s.listLogsVerified)
	add(s, route{
		id: "list-past-verifications", method: http.MethodGet, path: "/verifications", permission: access.ReadProjections,
		summary: "The verifications of the last year, the latest first",
	}, func(ctx context.Context, _ caller, in *listVerified) (*reply[PastVerifications], error) {
		past, err := s.pastVerifications(ctx, events.Municipality(in.Log), in.Before, in.Limit)
		return &reply[PastVerifications]{past}, err
	})
	add(s, route{
		id: "list-past-verifications-of", method: http.MethodGet, path: "audit/verifications/past", permission: access.ReadLog,
		summary: "The verifications of the municipality's log in the last year, the latest first",
	}, func(ctx context.Context, c caller, in *listVerifiedOf) (*Answer[VerificationsOf], error) {
		return s.verificationsOf(ctx, c.municipality, in.MinPosition, in.Before, in.Limit)
	})
	add(s, route{
		id: "list-findings", method: http.MethodGet, path: "audit/findings", permission: access.ReadLog,
		summary: "What was found damaged of the municipality by whichever verification, and stands until it is found whole",
	}, func(ctx context.Context, c caller, in *listFindings) (*Answer[StandingFindings], error) {
		return s.standing(ctx, c.municipality, in.MinPosition)
	})
}

func (s *server) standing(ctx context.Context, m events.Municipality, least events.Position) (*Answer[StandingFindings], error) {
	at, err := s.reached(ctx, m, least)
	return show(at, StandingFindings{append([]integrity.Finding{}, s.found()[m]...), Shown{at}}), err
}

func (s *server) verificationsOf(ctx context.Context, m events.Municipality, least events.Position, before int64, limit int) (*Answer[VerificationsOf], error) {
	at, err := s.reached(ctx, m, least)
	if err != nil {
		return nil, err
	}
	past, err := s.pastVerifications(ctx, m, before, limit)
	return show(at, VerificationsOf{past, Shown{at}}), err
}

func (s *server) listLogsVerified(ctx context.Context, _ caller, _ *struct{}) (*reply[LogsVerified], error) {
	body := LogsVerified{[]LogVerified{}}
	if s.History == nil {
		return nil, errNoReplay
	}
	logs, err := s.Log.Municipalities(ctx)
	if err != nil {
		return nil, err
	}
	slices.Sort(logs)
	found, err := s.History.Latest(ctx, logs)
	if err != nil {
		return nil, err
	}
	named, err := s.nameVerified(ctx, found)
	for _, m := range logs {
		one := LogVerified{Municipality: m, Overdue: true}
		for i, v := range named {
			switch {
			case v.Municipality != m:
				continue
			case v.By == nil:
				one.Scrubbed = &named[i]
			default:
				one.Asked = &named[i]
			}
			one.Overdue = one.Overdue && s.now().Sub(v.Ended).Abs() > max(verifiedWithin, 2*s.ScrubEvery) // one of a clock that was ahead hides nothing
		}
		body.Logs = append(body.Logs, one)
	}
	return &reply[LogsVerified]{body}, err
}

func (s *server) pastVerifications(ctx context.Context, m events.Municipality, before int64, limit int) (PastVerifications, error) {
	body := PastVerifications{Verifications: []NamedVerification{}}
	if s.History == nil {
		return body, errNoReplay
	}
	limit = cmp.Or(limit, verifiedAtOnce)
	found, err := s.History.List(ctx, m, before, limit+1)
	if err != nil {
		return body, err
	}
	if len(found) > limit {
		found = found[:limit]
		body.Older = found[limit-1].Line
	}
	body.Verifications, err = s.nameVerified(ctx, found)
	return body, err
}

func (s *server) nameVerified(ctx context.Context, found []Verified) ([]NamedVerification, error) {
	list := make([]NamedVerification, len(found))
	var accounts []events.ID
	for i, v := range found {
		if list[i].Verified = v; v.By != nil {
			accounts = append(accounts, *v.By)
		}
	}
	names, err := s.Access.Names(ctx, accounts)
	for i, v := range list {
		if v.By != nil {
			list[i].Name = names[*v.By]
		}
	}
	return list, err
}
