package api

import (
	"context"
	"net/http"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/casework"
)

type enrol struct {
	Municipal
	Keyed
	Body struct {
		Child            events.ID           `json:"child"`
		Programme        events.ProgrammeID  `json:"programme"`
		Form             events.Form         `json:"form"`
		EnrolledOn       events.Day          `json:"enrolled_on"`
		BirthYear        events.Year         `json:"birth_year,omitempty"`
		Gender           events.Gender       `json:"gender,omitempty"`
		HomeMunicipality events.Municipality `json:"home_municipality,omitempty"`
		Target           events.Target       `json:"target,omitempty"`
	}
}

// EnrolmentReceipt answers a write to an enrolment.
type EnrolmentReceipt struct {
	ID    events.Entry  `json:"id"`
	Child events.ID     `json:"child"`
	End   *events.Entry `json:"end,omitempty"`
	Receipt
}

type endEnrolment struct {
	Municipal
	Keyed
	ID   events.Entry `path:"id"`
	Body struct {
		Reason  events.EndReason `json:"reason"`
		EndedOn events.Day       `json:"ended_on"`
	}
}

type correctEnrolment struct {
	Municipal
	Keyed
	ID   events.Entry `path:"id"`
	Body struct {
		Reason           events.Reason       `json:"reason"`
		Programme        events.ProgrammeID  `json:"programme,omitempty"`
		Form             events.Form         `json:"form,omitempty"`
		EnrolledOn       events.Day          `json:"enrolled_on,omitzero"`
		HomeMunicipality events.Municipality `json:"home_municipality,omitempty"`
		Target           events.Target       `json:"target,omitempty"`
		ChildCorrections
	}
}

// ChildCorrections are what a correction may say of the child itself.
type ChildCorrections struct {
	BirthYear events.Year   `json:"birth_year,omitempty" doc:"the child's; it outweighs every earlier statement"`
	Gender    events.Gender `json:"gender,omitempty" doc:"the child's; it outweighs every earlier statement"`
}

func (s *server) enrolmentRoutes() {
	to := access.WriteEnrolments
	add(s, route{id: "enrol", method: http.MethodPost, path: "enrolments", permission: to, creates: true, summary: "Give a child a place"}, s.enrol)
	add(s, route{id: "end-enrolment", method: http.MethodPost, path: "enrolments/{id}/end", permission: to, summary: "End an enrolment"}, s.endEnrolment)
	add(s, route{id: "correct-enrolment", method: http.MethodPost, path: "enrolments/{id}/correct", permission: to, summary: "Correct an enrolment; what is left out stays"}, s.correctEnrolment)
	add(s, route{id: "withdraw-enrolment", method: http.MethodPost, path: "enrolments/{id}/withdraw", permission: to, summary: "Take an enrolment back, or the end of one"}, s.withdrawEnrolment)
}

func (s *server) enrol(ctx context.Context, c caller, in *enrol) (*Answer[EnrolmentReceipt], error) {
	b := in.Body
	cmd, err := s.command(ctx, c, in.IdempotencyKey, b)
	if err != nil {
		return nil, err
	}
	if err := c.allow(b.Programme); err != nil {
		return nil, err
	}
	e := events.ChildEnrolled{
		Enrolment: derivedEntry(cmd, b.Child, "enrolment"), Programme: b.Programme, Form: b.Form, EnrolledOn: b.EnrolledOn,
		Gender: b.Gender, HomeMunicipality: b.HomeMunicipality, Target: b.Target,
	}
	list := s.caseAnd(b.Child, b.Programme)
	result, err := s.decide(ctx, c, cmd, list, func() error {
		if err := s.mayBegin(list, b.Form, b.EnrolledOn, "enrolled_on"); err != nil {
			return err
		}
		if err := mayName(list, "body.child"); err != nil {
			return err
		}
		persons, err := s.known(ctx, c, named{b.Child, "body.child"})
		if err != nil {
			return err
		}
		if e.BirthYear, err = bornIn(persons[b.Child], b.BirthYear); err != nil {
			return err
		}
		decided, err := state[*casework.Case](list[0]).Enrol(e)
		return record(list[0], decided, err)
	})
	if err != nil {
		return nil, err
	}
	return receive(result, EnrolmentReceipt{e.Enrolment, b.Child, nil, Receipt{result.Position}}), nil
}

func (s *server) endEnrolment(ctx context.Context, c caller, in *endEnrolment) (*Answer[EnrolmentReceipt], error) {
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.ID, in.Body)
	if err != nil {
		return nil, err
	}
	e := events.EnrolmentEnded{End: derivedEntry(cmd, in.ID.Of, "end"), Enrolment: in.ID, Reason: in.Body.Reason, EndedOn: in.Body.EndedOn}
	list := about(events.CaseOf(in.ID.Of))
	result, err := s.decide(ctx, c, cmd, list, func() error {
		one := state[*casework.Case](list[0])
		if err := s.ownsEnrolment(c, one, in.ID); err != nil {
			return err
		}
		if err := s.past(in.Body.EndedOn, "ended_on"); err != nil {
			return err
		}
		decided, err := one.EndEnrolment(e)
		return record(list[0], decided, err)
	})
	if err != nil {
		return nil, err
	}
	return receive(result, EnrolmentReceipt{in.ID, in.ID.Of, &e.End, Receipt{result.Position}}), nil
}

// ownsEnrolment hides what is no enrolment, or another programme's.
func (s *server) ownsEnrolment(c caller, one *casework.Case, id events.Entry) error {
	n, ok := one.Enrolments[id]
	if !ok {
		return notFound("enrolment")
	}
	return c.owns(n.Programme, "enrolment")
}

func (s *server) correctEnrolment(ctx context.Context, c caller, in *correctEnrolment) (*Answer[EnrolmentReceipt], error) {
	b := in.Body
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.ID, b)
	if err != nil {
		return nil, err
	}
	if err := c.allow(b.Programme); err != nil {
		return nil, err
	}
	e := events.EnrolmentCorrected{
		Enrolment: in.ID, Programme: b.Programme, Form: b.Form, EnrolledOn: b.EnrolledOn, HomeMunicipality: b.HomeMunicipality, Target: b.Target, Reason: b.Reason,
	}
	one, err := s.caseNow(ctx, c, in.ID.Of)
	if err != nil {
		return nil, err
	}
	list := s.caseAnd(in.ID.Of, or(b.Programme, one.Enrolments[in.ID].Programme))
	result, err := s.decide(ctx, c, cmd, list, func() error {
		one := state[*casework.Case](list[0])
		if err := s.ownsEnrolment(c, one, in.ID); err != nil {
			return err
		}
		if err := s.mayBegin(list, or(b.Form, one.Enrolments[in.ID].Form), b.EnrolledOn, "enrolled_on"); err != nil {
			return err
		}
		if b.Programme != "" && b.Programme != one.Enrolments[in.ID].Programme {
			if err := mayName(list, "body.programme"); err != nil {
				return err
			}
		}
		described, err := s.described(ctx, c, in.ID, b.ChildCorrections, b.Reason)
		if err != nil {
			return err
		}
		list[0].Record(described...)
		if len(described) > 0 && e == (events.EnrolmentCorrected{Enrolment: in.ID, Reason: b.Reason}) {
			return nil // the child alone was described otherwise
		}
		decided, err := one.CorrectEnrolment(e)
		return record(list[0], decided, err)
	})
	if err != nil {
		return nil, err
	}
	return receive(result, EnrolmentReceipt{in.ID, in.ID.Of, nil, Receipt{result.Position}}), nil
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
	if _, err := bornIn(persons[id.Of], said.BirthYear); err != nil {
		return nil, err
	}
	return casework.Describe(events.ChildDescribed{Child: id.Of, BirthYear: said.BirthYear, Gender: said.Gender, Reason: reason}), nil
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

func (s *server) withdrawEnrolment(ctx context.Context, c caller, in *withdraw) (*Answer[EnrolmentReceipt], error) {
	result, err := s.withdraw(ctx, c, in, func(one *casework.Case) error {
		if ended, ok := one.Ends[in.ID]; ok {
			return c.owns(ended.Programme, "enrolment")
		}
		return s.ownsEnrolment(c, one, in.ID)
	})
	if err != nil {
		return nil, err
	}
	return receive(result, EnrolmentReceipt{in.ID, in.ID.Of, nil, Receipt{result.Position}}), nil
}
