package api

import (
	"cmp"
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
	OnEntry
	Body struct {
		Reason  events.EndReason `json:"reason"`
		EndedOn events.Day       `json:"ended_on"`
	}
}

type correctEnrolment struct {
	OnEntry
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

func (s *server) enrolmentRoutes() {
	to := access.WriteEnrolments
	add(s, route{id: "enrol", method: http.MethodPost, path: "enrolments", permission: to, creates: true, summary: "Give a child a place"}, s.enrol)
	add(s, route{id: "end-enrolment", method: http.MethodPost, path: "enrolments/{id}/end", permission: to, summary: "End an enrolment"}, s.endEnrolment)
	add(s, route{id: "correct-enrolment", method: http.MethodPost, path: "enrolments/{id}/correct", permission: to, summary: "Correct an enrolment; what is left out stays"}, s.correctEnrolment)
	add(s, route{id: "withdraw-enrolment", method: http.MethodPost, path: "enrolments/{id}/withdraw", permission: to, summary: "Take an enrolment back, or the end of one"}, s.withdrawEnrolment)
}

func (s *server) enrol(ctx context.Context, c caller, in *enrol) (*Answer[EnrolmentReceipt], error) {
	b := in.Body
	id, result, err := s.begin(ctx, c, beginning{in.IdempotencyKey, "enrolment", b.Child, b.Programme, b.Form, b.EnrolledOn, "enrolled_on", b.BirthYear}, b,
		func(one *casework.Case, id events.Entry, born events.Year) ([]events.Event, error) {
			return one.Enrol(events.ChildEnrolled{
				Enrolment: id, Programme: b.Programme, Form: b.Form, EnrolledOn: b.EnrolledOn,
				BirthYear: born, Gender: b.Gender, HomeMunicipality: b.HomeMunicipality, Target: b.Target,
			})
		})
	return receiveEnrolment(id, nil, result, err)
}

func receiveEnrolment(id events.Entry, end *events.Entry, r events.Result, err error) (*Answer[EnrolmentReceipt], error) {
	if err != nil {
		return nil, err
	}
	return receive(r, EnrolmentReceipt{id, id.Of, end, Receipt{r.Position}}), nil
}

// ownsEnrolment hides what is no enrolment, or another programme's.
func (c caller) ownsEnrolment(id events.Entry) func(*casework.Case) error {
	return func(one *casework.Case) error {
		n, ok := one.Enrolments[id]
		if !ok {
			return notFound("enrolment")
		}
		return c.owns(n.Programme, "enrolment")
	}
}

func (s *server) endEnrolment(ctx context.Context, c caller, in *endEnrolment) (*Answer[EnrolmentReceipt], error) {
	b := in.Body
	end := func(cmd command) events.Entry { return derivedEntry(cmd, in.ID.Of, "end") }
	cmd, result, err := s.changeEntry(ctx, c, in.OnEntry, s.caseAnd(in.ID.Of, ""), c.ownsEnrolment(in.ID), b, func(one *casework.Case, cmd command) ([]events.Event, error) {
		if err := s.past(b.EndedOn, "ended_on"); err != nil {
			return nil, err
		}
		return one.EndEnrolment(events.EnrolmentEnded{End: end(cmd), Enrolment: in.ID, Reason: b.Reason, EndedOn: b.EndedOn})
	})
	return receiveEnrolment(in.ID, new(end(cmd)), result, err)
}

func (s *server) correctEnrolment(ctx context.Context, c caller, in *correctEnrolment) (*Answer[EnrolmentReceipt], error) {
	b := in.Body
	if err := c.allow(b.Programme); err != nil {
		return nil, err
	}
	now, err := s.caseNow(ctx, c, in.ID.Of)
	if err != nil {
		return nil, err
	}
	list := s.caseAnd(in.ID.Of, cmp.Or(b.Programme, now.Enrolments[in.ID].Programme))
	e := events.EnrolmentCorrected{
		Enrolment: in.ID, Programme: b.Programme, Form: b.Form, EnrolledOn: b.EnrolledOn, HomeMunicipality: b.HomeMunicipality, Target: b.Target, Reason: b.Reason,
	}
	alone := e == (events.EnrolmentCorrected{Enrolment: in.ID, Reason: b.Reason})
	_, result, err := s.changeEntry(ctx, c, in.OnEntry, list, c.ownsEnrolment(in.ID), b, func(one *casework.Case, _ command) ([]events.Event, error) {
		before := one.Enrolments[in.ID]
		if err := s.mayBegin(list, cmp.Or(b.Form, before.Form), b.EnrolledOn, "enrolled_on"); err != nil {
			return nil, err
		}
		said := correction{in.ID, b.Reason, b.Programme, before.Programme, b.ChildCorrections, alone}
		return s.correct(ctx, c, list, said, func() ([]events.Event, error) { return one.CorrectEnrolment(e) })
	})
	return receiveEnrolment(in.ID, nil, result, err)
}

func (s *server) withdrawEnrolment(ctx context.Context, c caller, in *withdraw) (*Answer[EnrolmentReceipt], error) {
	result, err := s.withdraw(ctx, c, in, func(one *casework.Case) error {
		if ended, ok := one.Ends[in.ID]; ok {
			return c.owns(ended.Programme, "enrolment")
		}
		if gone, ok := one.WithdrawnBefore(in.ID); ok && !gone.OfReferral {
			return c.owns(gone.Programme, "enrolment")
		}
		return c.ownsEnrolment(in.ID)(one)
	})
	return receiveEnrolment(in.ID, nil, result, err)
}
