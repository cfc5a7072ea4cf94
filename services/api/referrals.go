package api

import (
	"context"
	"net/http"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/casework"
)

type refer struct {
	Municipal
	Keyed
	Body struct {
		Child      events.ID          `json:"child"`
		Channel    events.Channel     `json:"channel"`
		ReceivedOn events.Day         `json:"received_on"`
		Programme  events.ProgrammeID `json:"programme,omitempty"`
		Form       events.Form        `json:"form,omitempty"`
		BirthYear  events.Year        `json:"birth_year,omitempty"`
		Gender     events.Gender      `json:"gender,omitempty"`
	}
}

// ReferralReceipt answers a write to a referral.
type ReferralReceipt struct {
	ID      events.Entry  `json:"id"`
	Child   events.ID     `json:"child"`
	Closing *events.Entry `json:"closing,omitempty"`
	Receipt
}

type closeReferral struct {
	Municipal
	Keyed
	ID   events.Entry `path:"id"`
	Body struct {
		Outcome  events.Outcome `json:"outcome"`
		ClosedOn events.Day     `json:"closed_on"`
	}
}

type correctReferral struct {
	Municipal
	Keyed
	ID   events.Entry `path:"id"`
	Body struct {
		Reason     events.Reason      `json:"reason"`
		Channel    events.Channel     `json:"channel,omitempty"`
		ReceivedOn events.Day         `json:"received_on,omitzero"`
		Programme  events.ProgrammeID `json:"programme,omitempty"`
		Form       events.Form        `json:"form,omitempty"`
		ChildCorrections
	}
}

// withdraw takes a record back by its id.
type withdraw struct {
	Municipal
	Keyed
	ID   events.Entry `path:"id"`
	Body struct {
		Reason events.Reason `json:"reason"`
	}
}

func (s *server) referralRoutes() {
	to := access.WriteReferrals
	add(s, route{id: "refer", method: http.MethodPost, path: "referrals", permission: to, creates: true, summary: "Record a referral"}, s.refer)
	add(s, route{id: "close-referral", method: http.MethodPost, path: "referrals/{id}/close", permission: to, summary: "Close a referral"}, s.closeReferral)
	add(s, route{id: "correct-referral", method: http.MethodPost, path: "referrals/{id}/correct", permission: to, summary: "Correct a referral; what is left out stays"}, s.correctReferral)
	add(s, route{id: "withdraw-referral", method: http.MethodPost, path: "referrals/{id}/withdraw", permission: to, summary: "Take a referral back, or the closing of one"}, s.withdrawReferral)
}

func (s *server) refer(ctx context.Context, c caller, in *refer) (*Answer[ReferralReceipt], error) {
	b := in.Body
	cmd, err := s.command(ctx, c, in.IdempotencyKey, b)
	if err != nil {
		return nil, err
	}
	if err := c.allow(b.Programme); err != nil {
		return nil, err
	}
	e := events.ReferralReceived{
		Referral: derivedEntry(cmd, b.Child, "referral"), Channel: b.Channel, ReceivedOn: b.ReceivedOn, Programme: b.Programme, Form: b.Form, Gender: b.Gender,
	}
	list := s.caseAnd(b.Child, b.Programme)
	result, err := s.decide(ctx, c, cmd, list, func() error {
		if err := s.mayBegin(list, b.Form, b.ReceivedOn, "received_on"); err != nil {
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
		decided, err := state[*casework.Case](list[0]).Refer(e)
		return record(list[0], decided, err)
	})
	if err != nil {
		return nil, err
	}
	return receive(result, ReferralReceipt{e.Referral, b.Child, nil, Receipt{result.Position}}), nil
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

func (s *server) closeReferral(ctx context.Context, c caller, in *closeReferral) (*Answer[ReferralReceipt], error) {
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.ID, in.Body)
	if err != nil {
		return nil, err
	}
	e := events.ReferralClosed{Closing: derivedEntry(cmd, in.ID.Of, "closing"), Referral: in.ID, Outcome: in.Body.Outcome, ClosedOn: in.Body.ClosedOn}
	list := about(events.CaseOf(in.ID.Of))
	result, err := s.decide(ctx, c, cmd, list, func() error {
		one := state[*casework.Case](list[0])
		if err := s.ownsReferral(c, one, in.ID); err != nil {
			return err
		}
		if err := s.past(in.Body.ClosedOn, "closed_on"); err != nil {
			return err
		}
		e.Programme = one.Referrals[in.ID].Programme
		decided, err := one.CloseReferral(e)
		return record(list[0], decided, err)
	})
	if err != nil {
		return nil, err
	}
	return receive(result, ReferralReceipt{in.ID, in.ID.Of, &e.Closing, Receipt{result.Position}}), nil
}

// ownsReferral hides what is no referral, or another programme's.
func (s *server) ownsReferral(c caller, one *casework.Case, id events.Entry) error {
	r, ok := one.Referrals[id]
	if !ok {
		return notFound("referral")
	}
	return c.owns(r.Programme, "referral")
}

func (s *server) correctReferral(ctx context.Context, c caller, in *correctReferral) (*Answer[ReferralReceipt], error) {
	b := in.Body
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.ID, b)
	if err != nil {
		return nil, err
	}
	if err := c.allow(b.Programme); err != nil {
		return nil, err
	}
	e := events.ReferralCorrected{Referral: in.ID, Channel: b.Channel, ReceivedOn: b.ReceivedOn, Programme: b.Programme, Form: b.Form, Reason: b.Reason}
	list := s.caseAnd(in.ID.Of, b.Programme)
	result, err := s.decide(ctx, c, cmd, list, func() error {
		one := state[*casework.Case](list[0])
		if err := s.ownsReferral(c, one, in.ID); err != nil {
			return err
		}
		if err := s.mayBegin(list, b.Form, b.ReceivedOn, "received_on"); err != nil {
			return err
		}
		if b.Programme != "" && b.Programme != one.Referrals[in.ID].Programme {
			if err := mayName(list, "body.programme"); err != nil {
				return err
			}
		}
		described, err := s.described(ctx, c, in.ID, b.ChildCorrections, b.Reason)
		if err != nil {
			return err
		}
		list[0].Record(described...)
		if len(described) > 0 && e == (events.ReferralCorrected{Referral: in.ID, Reason: b.Reason}) {
			return nil // the child alone was described otherwise
		}
		decided, err := one.CorrectReferral(e)
		return record(list[0], decided, err)
	})
	if err != nil {
		return nil, err
	}
	return receive(result, ReferralReceipt{in.ID, in.ID.Of, nil, Receipt{result.Position}}), nil
}

func (s *server) withdrawReferral(ctx context.Context, c caller, in *withdraw) (*Answer[ReferralReceipt], error) {
	result, err := s.withdraw(ctx, c, in, func(one *casework.Case) error {
		if closing, ok := one.Closings[in.ID]; ok {
			return c.owns(closing.Programme, "referral")
		}
		return s.ownsReferral(c, one, in.ID)
	})
	if err != nil {
		return nil, err
	}
	return receive(result, ReferralReceipt{in.ID, in.ID.Of, nil, Receipt{result.Position}}), nil
}

// withdraw takes back what may finds.
func (s *server) withdraw(ctx context.Context, c caller, in *withdraw, may func(*casework.Case) error) (events.Result, error) {
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.ID, in.Body)
	if err != nil {
		return events.Result{}, err
	}
	list := about(events.CaseOf(in.ID.Of))
	return s.decide(ctx, c, cmd, list, func() error {
		one := state[*casework.Case](list[0])
		if err := may(one); err != nil {
			return err
		}
		decided, err := one.Withdraw(in.ID, in.Body.Reason)
		return record(list[0], decided, err)
	})
}
