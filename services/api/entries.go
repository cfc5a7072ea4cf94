package api

import (
	"context"

	"rackvidd/events"
	"rackvidd/services/casework"
)

// What is done alike with referrals and enrolments: each is a line of a child's case.

// OnEntry is what every write to a referral or an enrolment says.
type OnEntry struct {
	Municipal
	Keyed
	ID events.Entry `path:"id"`
}

// withdraw takes a record back by its id.
type withdraw struct {
	OnEntry
	Body struct {
		Reason events.Reason `json:"reason"`
	}
}

// ChildCorrections are what a correction may say of the child itself.
type ChildCorrections struct {
	BirthYear events.Year   `json:"birth_year,omitempty" doc:"the child's; it outweighs every earlier statement"`
	Gender    events.Gender `json:"gender,omitempty" doc:"the child's; it outweighs every earlier statement"`
}

// beginning is what a new line says that has to be looked up before it is recorded.
type beginning struct {
	key       string
	what      string // referral or enrolment
	child     events.ID
	programme events.ProgrammeID // "": none is named
	form      events.Form
	day       events.Day
	dayField  string
	birthYear events.Year
}

// begin adds a line to a child's case. rule is told the line's id and the child's birth year.
func (s *server) begin(ctx context.Context, c caller, b beginning, request any, rule func(*casework.Case, events.Entry, events.Year) ([]events.Event, error)) (events.Entry, events.Result, error) {
	cmd, err := s.command(ctx, c, b.key, request)
	if err != nil {
		return events.Entry{}, events.Result{}, err
	}
	if err := c.allow(b.programme); err != nil {
		return events.Entry{}, events.Result{}, err
	}
	id, list := derivedEntry(cmd, b.child, b.what), s.caseAnd(b.child, b.programme)
	result, err := s.decide(ctx, c, cmd, list, func() error {
		if err := s.mayBegin(list, b.form, b.day, b.dayField); err != nil {
			return err
		}
		if err := mayName(list, "body.child"); err != nil {
			return err
		}
		persons, err := s.known(ctx, c, named{b.child, "body.child"})
		if err != nil {
			return err
		}
		born, err := s.bornIn(persons[b.child], b.birthYear)
		if err != nil {
			return err
		}
		decided, err := rule(state[*casework.Case](list[0]), id, born)
		return record(list[0], decided, err)
	})
	return id, result, err
}

// changeEntry decides about a line of a child's case that is the caller's.
func (s *server) changeEntry(ctx context.Context, c caller, in OnEntry, list []*events.Deciding, owns func(*casework.Case) error, body any, rule func(*casework.Case, command) ([]events.Event, error)) (command, events.Result, error) {
	return carryOut(ctx, s, c, change[*casework.Case]{
		key: in.IdempotencyKey, request: []any{in.ID, body}, about: list, owns: owns, rule: rule,
	})
}

// withdraw takes back what is the caller's.
func (s *server) withdraw(ctx context.Context, c caller, in *withdraw, owns func(*casework.Case) error) (events.Result, error) {
	_, result, err := s.changeEntry(ctx, c, in.OnEntry, s.caseAnd(in.ID.Of, ""), owns, in.Body, func(one *casework.Case, _ command) ([]events.Event, error) {
		return one.Withdraw(in.ID, in.Body.Reason)
	})
	return result, err
}

// correction is what a correction says beside what is the line's own.
type correction struct {
	id        events.Entry
	reason    events.Reason
	programme events.ProgrammeID // "": it stays
	before    events.ProgrammeID
	child     ChildCorrections
	alone     bool // nothing is said of the line
}

// correct puts what a correction says of the child before what rule says of the line, and asks no rule where the child
// alone was described otherwise.
func (s *server) correct(ctx context.Context, c caller, list []*events.Deciding, said correction, rule func() ([]events.Event, error)) ([]events.Event, error) {
	if said.programme != "" && said.programme != said.before {
		if err := mayName(list, "body.programme"); err != nil {
			return nil, err
		}
	}
	described, err := s.described(ctx, c, said.id, said.child, said.reason)
	if err != nil || len(described) > 0 && said.alone {
		return described, err
	}
	decided, err := rule()
	return append(described, decided...), err
}

// described are the events that correct what is known of the child that an entry is about.
func (s *server) described(ctx context.Context, c caller, id events.Entry, said ChildCorrections, reason events.Reason) ([]events.Event, error) {
	if said == (ChildCorrections{}) {
		return nil, nil
	}
	persons, err := s.known(ctx, c, named{id.Of, "path.id"})
	if err != nil {
		return nil, err
	}
	if _, err := s.bornIn(persons[id.Of], said.BirthYear); err != nil {
		return nil, err
	}
	return casework.Describe(events.ChildDescribed{Child: id.Of, BirthYear: said.BirthYear, Gender: said.Gender, Reason: reason}), nil
}

// caseAnd is a child's case, and the programme that is named beside it, if any.
func (s *server) caseAnd(child events.ID, programme events.ProgrammeID) []*events.Deciding {
	if programme == "" {
		return about(events.CaseOf(child))
	}
	return about(events.CaseOf(child), events.ProgrammeOf(programme))
}

// mayBegin refuses what lies ahead, and a programme that does not offer the form.
func (s *server) mayBegin(list []*events.Deciding, form events.Form, day events.Day, field string) error {
	if err := s.past(day, field); err != nil {
		return err
	}
	if len(list) > 1 {
		return offers(list[1], form)
	}
	return nil
}

// mayName refuses to name the child for a programme that documents no identities.
func mayName(list []*events.Deciding, field string) error {
	if len(list) == 1 {
		return nil
	}
	return state[*casework.Programme](list[1]).Identify(field)
}

// caseNow is a child's case before anything is decided; what is decided looks again.
func (s *server) caseNow(ctx context.Context, c caller, child events.ID) (*casework.Case, error) {
	name := events.CaseOf(child)
	loaded, _, err := s.streams(ctx, c, 0, name)
	if err != nil {
		return nil, err
	}
	return state[*casework.Case](loaded[name]), nil
}
