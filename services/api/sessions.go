package api

import (
	"cmp"
	"context"
	"net/http"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections/register"
	"rackvidd/services/access"
	"rackvidd/services/casework"
)

type openSession struct {
	Municipal
	Keyed
	Body struct {
		Programme events.ProgrammeID `json:"programme,omitempty" doc:"the group's when it is left out"`
		Form      events.Form        `json:"form,omitempty" doc:"the group's when it is left out"`
		HeldOn    events.Day         `json:"held_on"`
		Group     *events.ID         `json:"group,omitempty"`
		District  events.District    `json:"district,omitempty"`
	}
}

// SessionReceipt answers a write to a session.
type SessionReceipt struct {
	ID events.ID `json:"id"`
	Receipt
}

// OnSession is what every write to a session says.
type OnSession struct {
	Municipal
	Keyed
	Versioned
	ID events.ID `path:"id"`
}

// struckSession takes an occasion back, or its cancellation.
type struckSession struct {
	OnSession
	Body struct {
		Reason events.Reason `json:"reason"`
	}
}

type correctSession struct {
	OnSession
	Body struct {
		Reason    events.Reason      `json:"reason"`
		Programme events.ProgrammeID `json:"programme,omitempty"`
		Form      events.Form        `json:"form,omitempty"`
		HeldOn    events.Day         `json:"held_on,omitzero"`
	}
}

type listOfSessions struct {
	Municipal
	AtLeast
	From       dayParam           `query:"from"`
	To         dayParam           `query:"to"`
	After      events.ID          `query:"after" doc:"of the occasions on the day that to names, only those after this one: as older gives them"`
	Missing    bool               `query:"missing" doc:"only those not cancelled that no register was written of"`
	Unfinished bool               `query:"unfinished" doc:"those that are missing, and those whose register has more children of the group without a mark than were counted without a name"`
	Programme  events.ProgrammeID `query:"programme"`
	Group      events.ID          `query:"group"`
	Limit      int                `query:"limit" default:"200" minimum:"1" maximum:"1000"`
}

// SessionInfo is what an occasion is.
type SessionInfo struct {
	ID        events.ID          `json:"id"`
	Programme events.ProgrammeID `json:"programme"`
	Form      events.Form        `json:"form"`
	HeldOn    events.Day         `json:"held_on"`
	Group     *events.ID         `json:"group,omitempty"`
	Cancelled bool               `json:"cancelled"`

	ProviderMunicipality events.Municipality `json:"provider_municipality,omitempty" doc:"who held it, where that is another municipality, which alone says who was there"`
}

// SessionSummary is an occasion in a list.
type SessionSummary struct {
	SessionInfo
	Attended     int `json:"attended"`
	Absent       int `json:"absent"`
	Unidentified int `json:"unidentified"`
	Adults       int `json:"adults"`
	Unmarked     int `json:"unmarked" doc:"children without a mark, and not erased, who have been in the group since the register was begun; 0 before that"`
}

// Sessions are the latest first.
type Sessions struct {
	Sessions []SessionSummary `json:"sessions" nullable:"false"`
	Older    *OlderDays       `json:"older,omitempty" doc:"there are more: ask for them with these two"`
	Shown
}

// OlderDays is where a list by days goes on.
type OlderDays struct {
	To    events.Day `json:"to"`
	After events.ID  `json:"after"`
}

func (s *server) sessionRoutes() {
	to := access.WriteSessions
	add(s, route{id: "open-session", method: http.MethodPost, path: "sessions", permission: to, creates: true, summary: "Record an occasion, or plan one"}, s.openSession)
	add(s, route{id: "list-sessions", method: http.MethodGet, path: "sessions", permission: access.ReadSessions, summary: "List the occasions, the latest first"}, s.listSessions)
	add(s, route{id: "cancel-session", method: http.MethodPost, path: "sessions/{id}/cancel", permission: to, summary: "Cancel an occasion"}, s.cancelSession)
	add(s, route{id: "reinstate-session", method: http.MethodPost, path: "sessions/{id}/reinstate", permission: to, summary: "Take the cancellation of an occasion back"}, s.reinstateSession)
	add(s, route{id: "withdraw-session", method: http.MethodPost, path: "sessions/{id}/withdraw", permission: to, summary: "Take an occasion back that should never have been recorded"}, s.withdrawSession)
	add(s, route{id: "correct-session", method: http.MethodPost, path: "sessions/{id}/correct", permission: to, summary: "Correct what an occasion was; what is left out stays"}, s.correctSession)
}

func (s *server) openSession(ctx context.Context, c caller, in *openSession) (*Answer[SessionReceipt], error) {
	b := in.Body
	cmd, err := s.command(ctx, c, in.IdempotencyKey, b)
	if err != nil {
		return nil, err
	}
	e := events.SessionOpened{Session: derived(cmd, "session"), Programme: b.Programme, Form: b.Form, HeldOn: b.HeldOn, District: b.District}
	if b.Group != nil {
		if err := s.fillFromGroup(ctx, c, *b.Group, &e); err != nil {
			return nil, err
		}
	}
	if e.Programme == "" || e.Form == "" {
		return nil, invalid("missing", "body.programme", "is missing, or the form is; give both, or a group")
	}
	if err := c.allow(e.Programme); err != nil {
		return nil, err
	}
	list := withGroup(about(events.SessionOf(e.Session), events.ProgrammeOf(e.Programme)), e.Group)
	result, err := s.decide(ctx, c, cmd, list, func() error {
		if err := offers(list[1], e.Form); err != nil {
			return err
		}
		decided, err := state[*casework.Session](list[0]).Open(e, groupAmong(list))
		return record(list[0], decided, err)
	})
	return receiveSession(e.Session, result, err)
}

// fillFromGroup takes from the group what was left out. Its programme and its form never change.
func (s *server) fillFromGroup(ctx context.Context, c caller, group events.ID, e *events.SessionOpened) error {
	name := events.GroupOf(group)
	loaded, _, err := s.streams(ctx, c, 0, name)
	if err != nil {
		return err
	}
	g := state[*casework.Group](loaded[name])
	if c.ownsGroup(g) != nil {
		return invalid("unknown_group", "body.group", "is not a group of this municipality; form it first")
	}
	e.Group, e.Programme, e.Form, e.District = group, cmp.Or(e.Programme, g.Programme), cmp.Or(e.Form, g.GroupFormed.Form), cmp.Or(e.District, g.District)
	if e.Programme != g.Programme {
		return invalid("another_programme", "body.programme", "is not the group's programme; leave it out")
	}
	return nil
}

// withGroup adds to what is decided about the group that a session is of, if it is of one.
func withGroup(list []*events.Deciding, group events.ID) []*events.Deciding {
	if group.IsZero() {
		return list
	}
	return append(list, about(events.GroupOf(group))...)
}

// groupAmong is the group that was added; one that nobody formed where there is none.
func groupAmong(list []*events.Deciding) *casework.Group {
	if g, ok := list[len(list)-1].State.(*casework.Group); ok {
		return g
	}
	return &casework.Group{}
}

func receiveSession(id events.ID, r events.Result, err error) (*Answer[SessionReceipt], error) {
	if err != nil {
		return nil, err
	}
	return receiveVersioned(r, SessionReceipt{id, Receipt{r.Position}}), nil
}

// ownsSession hides what is no session, or another programme's.
func (c caller) ownsSession(one *casework.Session) error {
	if !one.Opened {
		return notFound("session")
	}
	return c.owns(workedIn(one), "session")
}

// workedIn is the programme that somebody has to work in to see a session. One that another municipality held is of none of
// this one's, though theirs may be called the same: only whoever works in every programme sees it.
func workedIn(one *casework.Session) events.ProgrammeID {
	if one.ProviderMunicipality != "" {
		return access.EveryProgramme
	}
	return one.Programme
}

// ours refuses to change the session of another municipality's, which says itself who was there: what was written here would be lost.
func ours(one *casework.Session) error {
	if one.ProviderMunicipality == "" {
		return nil
	}
	return casework.Refuse(casework.Conflict, "another_municipality", "session", "the session was held by municipality %s, which alone says who was there; have it corrected there", one.ProviderMunicipality)
}

func (s *server) changeSession(ctx context.Context, c caller, in OnSession, list []*events.Deciding, rule func(*casework.Session) ([]events.Event, error), request ...any) (*Answer[SessionReceipt], error) {
	_, result, err := carryOut(ctx, s, c, change[*casework.Session]{
		key: in.IdempotencyKey, versioned: in.Versioned, request: append([]any{in.ID}, request...), about: list, owns: c.ownsSession,
		rule: func(one *casework.Session, _ command) ([]events.Event, error) {
			if err := ours(one); err != nil {
				return nil, err
			}
			return rule(one)
		},
	})
	return receiveSession(in.ID, result, err)
}

func (s *server) cancelSession(ctx context.Context, c caller, in *OnSession) (*Answer[SessionReceipt], error) {
	return s.changeSession(ctx, c, *in, about(events.SessionOf(in.ID)), func(one *casework.Session) ([]events.Event, error) {
		return one.Cancel(events.Record{})
	})
}

func (s *server) reinstateSession(ctx context.Context, c caller, in *struckSession) (*Answer[SessionReceipt], error) {
	now, err := s.sessionNow(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	list := withGroup(about(events.SessionOf(in.ID)), now.Group)
	return s.changeSession(ctx, c, in.OnSession, list, func(one *casework.Session) ([]events.Event, error) {
		return one.TakeCancellationBack(in.Body.Reason, groupAmong(list))
	}, in.Body)
}

func (s *server) withdrawSession(ctx context.Context, c caller, in *struckSession) (*Answer[SessionReceipt], error) {
	return s.changeSession(ctx, c, in.OnSession, about(events.SessionOf(in.ID)), func(one *casework.Session) ([]events.Event, error) {
		return one.Withdraw(in.Body.Reason)
	}, in.Body)
}

func (s *server) correctSession(ctx context.Context, c caller, in *correctSession) (*Answer[SessionReceipt], error) {
	b := in.Body
	if err := c.allow(b.Programme); err != nil {
		return nil, err
	}
	now, err := s.sessionNow(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	list := withGroup(about(events.SessionOf(in.ID), events.ProgrammeOf(cmp.Or(b.Programme, now.Programme))), now.Group)
	return s.changeSession(ctx, c, in.OnSession, list, func(one *casework.Session) ([]events.Event, error) {
		if err := offers(list[1], cmp.Or(b.Form, one.Form)); err != nil {
			return nil, err
		}
		if b.Programme != "" && b.Programme != one.Programme && len(one.Marks) > 0 {
			if err := mayName(list, "body.programme"); err != nil {
				return nil, err
			}
		}
		if b.HeldOn > s.today() && one.Filled() {
			return nil, invalid("register_ahead", "body.held_on", "is after today, and somebody is marked or counted; take the marks away and count none first, or give another day")
		}
		return one.Correct(b.Programme, b.Form, b.HeldOn, b.Reason, groupAmong(list))
	}, b)
}

// sessionNow is what it is now; what is decided looks again. The group that it is of never changes.
func (s *server) sessionNow(ctx context.Context, c caller, id events.ID) (*casework.Session, error) {
	name := events.SessionOf(id)
	loaded, _, err := s.streams(ctx, c, 0, name)
	if err != nil {
		return nil, err
	}
	one := state[*casework.Session](loaded[name])
	return one, c.ownsSession(one)
}

func (s *server) listSessions(ctx context.Context, c caller, in *listOfSessions) (*DatedAnswer[Sessions], error) {
	body := Sessions{Sessions: []SessionSummary{}}
	if err := c.allow(in.Programme); err != nil {
		return nil, err
	}
	if !in.After.IsZero() && in.To.Day == 0 {
		return nil, invalid("invalid", "query.after", "goes on within a day: give that day as to, both as older says")
	}
	wanted := register.Wanted{From: in.From.Day, To: in.To.Day, After: in.After, Group: in.Group, Missing: in.Missing, Unfinished: in.Unfinished, Limit: in.Limit + 1}
	switch {
	case in.Programme != "":
		wanted.Programmes = []events.ProgrammeID{in.Programme}
	case c.Limited(c.permission, c.municipality):
		wanted.Programmes = c.Programmes
	}
	wanted.Own = c.Limited(c.permission, c.municipality)
	at, err := s.registers(ctx, c, in.MinPosition, func(tx pgx.Tx, at events.Position) error {
		list, err := register.Sessions(ctx, tx, wanted, at)
		for i, one := range list {
			if i == in.Limit {
				last := list[i-1]
				body.Older = &OlderDays{To: last.HeldOn, After: last.Session}
				break
			}
			info := SessionInfo{ID: one.Session, Programme: one.Programme, Form: one.Form, HeldOn: one.HeldOn, Cancelled: one.State == register.Cancelled, ProviderMunicipality: one.Provider}
			if !one.Group.IsZero() {
				info.Group = &one.Group
			}
			body.Sessions = append(body.Sessions, SessionSummary{info, one.Attended, one.Absent, one.Unidentified, one.Adults + one.Unnamed, one.Unmarked})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	body.Position = at.Position
	return showModel(at.Position, at.Recorded, body), nil
}
