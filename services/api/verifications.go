package api

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rackvidd/events"
	"rackvidd/services/access"
)

// Pass is how far a verification has come: it reads the log several times.
type Pass struct {
	Copy            string
	Number, Of      int
	Position, Until events.Position
}

// VerificationState is a verification of the caller's: how far it has come, or what it found.
type VerificationState struct {
	Year        events.Year     `json:"year,omitempty" doc:"left out of the national log"`
	State       string          `json:"state" enum:"going,done,failed"`
	BeganAt     time.Time       `json:"began_at"`
	EndedAt     *time.Time      `json:"ended_at,omitempty"`
	Copy        string          `json:"copy,omitempty" enum:"archive,stream,read_model,submission,vault" doc:"what is compared just now"`
	Pass        int             `json:"pass"`   // the log is read several times; this is which
	Passes      int             `json:"passes"` // of how many
	Position    events.Position `json:"position"`
	Until       events.Position `json:"until"`
	PerSecond   float64         `json:"per_second"`
	SecondsLeft *float64        `json:"seconds_left,omitempty"` // for all passes; none: it is not known yet
	Report      json.RawMessage `json:"report,omitempty" doc:"what audit/verify answers"`
	Problem     *Problem        `json:"problem,omitempty" doc:"why it failed"`
}

// VerificationList is what the caller has verified of a municipality lately, or has the program verify just now.
type VerificationList struct {
	Verifications []VerificationState `json:"verifications" nullable:"false"`
	Shown
}

// VerificationBegun says which year's figures are computed again: another's, where a verification was going on.
type VerificationBegun struct {
	Year events.Year `json:"year,omitempty" doc:"left out of the national log"`
	Receipt
}

// checks are the last verification of each who asked for one beside, and of each municipality. They are known to the program
// that carries them out alone.
type checks struct {
	mu  sync.Mutex
	all map[checkKey]*check
}

type checkKey struct {
	account      events.ID
	municipality events.Municipality
}

// check goes on until ended is set.
type check struct {
	year         events.Year
	began, ended time.Time
	pass         Pass
	report       json.RawMessage
	problem      *Problem
}

// keptChecks is how long it is told what a verification found.
const keptChecks = time.Hour

// begin makes a check, unless one goes on.
func (c *checks) begin(key checkKey, year events.Year, now time.Time) (one *check, begun bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.all, func(_ checkKey, old *check) bool { return !old.ended.IsZero() && now.Sub(old.ended) > keptChecks })
	if one = c.all[key]; one != nil && one.ended.IsZero() {
		return one, false
	}
	if c.all == nil {
		c.all = make(map[checkKey]*check)
	}
	one = &check{year: year, began: now}
	c.all[key] = one
	return one, true
}

// change notes something of a check.
func (c *checks) change(do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do()
}

// list is what there is of a caller's in a municipality: one, or none.
func (c *checks) list(key checkKey, now time.Time) []VerificationState {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := []VerificationState{}
	if one := c.all[key]; one != nil && (one.ended.IsZero() || now.Sub(one.ended) <= keptChecks) {
		list = append(list, one.state(now))
	}
	return list
}

func (one *check) state(now time.Time) VerificationState {
	p := one.pass
	s := VerificationState{
		Year: one.year, State: "going", BeganAt: one.began, Copy: p.Copy, Pass: p.Number, Passes: p.Of, Position: p.Position, Until: p.Until,
		Report: one.report, Problem: one.problem,
	}
	if !one.ended.IsZero() {
		s.State, s.EndedAt = "done", &one.ended
		if one.problem != nil {
			s.State = "failed"
		}
		return s
	}
	read := events.Position(max(p.Number-1, 0))*p.Until + p.Position
	if passed := now.Sub(one.began).Seconds(); passed > 0 && read > 0 {
		s.PerSecond = float64(read) / passed
		left := float64(events.Position(p.Of)*p.Until-read) / s.PerSecond
		s.SecondsLeft = &left
	}
	return s
}

type beginVerification struct {
	Municipal
	Keyed
	Year events.Year `query:"year" doc:"whose figures are computed again; this one where none is given"`
}

type listVerifications struct {
	Municipal
	AtLeast
}

type beginNationalVerification struct{ Keyed }

type listNationalVerifications struct{ AtLeast }

func (s *server) verificationRoutes() {
	add(s, route{
		id: "begin-verification", method: http.MethodPost, path: "audit/verifications", permission: access.ReadLog,
		summary:   "Compare every copy as audit/verify does, without waiting for it; one of the caller's that goes on is not begun again",
		operation: func(op *huma.Operation) { op.DefaultStatus = http.StatusAccepted },
	}, func(ctx context.Context, c caller, in *beginVerification) (*Answer[VerificationBegun], error) {
		return s.beginVerification(ctx, c, in.IdempotencyKey, in.Year, cmp.Or(in.Year, s.today().Year()))
	})
	add(s, route{
		id: "list-verifications", method: http.MethodGet, path: "audit/verifications", permission: access.ReadLog,
		summary: "How far the caller's own verification has come, or what it found within the last hour",
	}, func(ctx context.Context, c caller, in *listVerifications) (*Answer[VerificationList], error) {
		return s.listVerifications(ctx, c, in.MinPosition)
	})
	add(s, route{
		id: "begin-national-verification", method: http.MethodPost, path: "/audit/verifications", permission: access.ReadLog,
		summary:   "Compare every copy of the national log as audit/verify does, without waiting for it; one of the caller's that goes on is not begun again",
		operation: func(op *huma.Operation) { op.DefaultStatus = http.StatusAccepted },
	}, func(ctx context.Context, c caller, in *beginNationalVerification) (*Answer[VerificationBegun], error) {
		return s.beginVerification(ctx, c.national(), in.IdempotencyKey, 0, 0)
	})
	add(s, route{
		id: "list-national-verifications", method: http.MethodGet, path: "/audit/verifications", permission: access.ReadLog,
		summary: "How far the caller's own verification of the national log has come, or what it found within the last hour",
	}, func(ctx context.Context, c caller, in *listNationalVerifications) (*Answer[VerificationList], error) {
		return s.listVerifications(ctx, c.national(), in.MinPosition)
	})
}

// beginVerification lets it go on when the caller has gone. asked is the year that was asked for, and year whose figures are computed
// again; 0: none, of the national log.
func (s *server) beginVerification(ctx context.Context, c caller, idempotencyKey string, asked, year events.Year) (*Answer[VerificationBegun], error) {
	if s.Verify == nil {
		return nil, errNoReplay
	}
	key := checkKey{c.Account, c.municipality}
	cmd, err := s.command(ctx, c, idempotencyKey, asked)
	if err != nil {
		return nil, err
	}
	begun, err := once(ctx, s, c, cmd, func() (VerificationBegun, error) {
		at, err := s.reached(ctx, c.municipality, 0)
		if err != nil {
			return VerificationBegun{}, err
		}
		one, begun := s.checks.begin(key, year, time.Now())
		if begun {
			go s.check(context.WithoutCancel(ctx), key, one)
		}
		return VerificationBegun{one.year, Receipt{at}}, nil
	})
	return show(begun.Position, begun), err
}

func (s *server) check(ctx context.Context, key checkKey, one *check) {
	report, err := s.Verify(ctx, key.municipality, key.account, one.year, func(p Pass) { s.checks.change(func() { one.pass = p }) })
	var problem *Problem
	if err != nil {
		problem = s.problem(ctx, err)
	}
	s.checks.change(func() { one.report, one.problem, one.ended = report, problem, time.Now() })
}

func (s *server) listVerifications(ctx context.Context, c caller, least events.Position) (*Answer[VerificationList], error) {
	at, err := s.reached(ctx, c.municipality, least)
	return show(at, VerificationList{s.checks.list(checkKey{c.Account, c.municipality}, time.Now()), Shown{at}}), err
}
