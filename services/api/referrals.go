package api

import (
	"cmp"
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
	OnEntry
	Body struct {
		Outcome  events.Outcome `json:"outcome"`
		ClosedOn events.Day     `json:"closed_on"`
	}
}

type correctReferral struct {
	OnEntry
	Body struct {
		Reason     events.Reason      `json:"reason"`
		Channel    events.Channel     `json:"channel,omitempty"`
		ReceivedOn events.Day         `json:"received_on,omitzero"`
		Programme  events.ProgrammeID `json:"programme,omitempty"`
		Form       events.Form        `json:"form,omitempty"`
		ChildCorrections
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
	id, result, err := s.begin(ctx, c, beginning{in.IdempotencyKey, "referral", b.Child, b.Programme, b.Form, b.ReceivedOn, "received_on", b.BirthYear}, b,
		func(one *casework.Case, id events.Entry, born events.Year) ([]events.Event, error) {
			return one.Refer(events.ReferralReceived{
				Referral: id, Channel: b.Channel, ReceivedOn: b.ReceivedOn, Programme: b.Programme, Form: b.Form, BirthYear: born, Gender: b.Gender,
			})
		})
	return receiveReferral(id, nil, result, err)
}

func receiveReferral(id events.Entry, closing *events.Entry, r events.Result, err error) (*Answer[ReferralReceipt], error) {
	if err != nil {
		return nil, err
	}
	return receive(r, ReferralReceipt{id, id.Of, closing, Receipt{r.Position}}), nil
}

// ownsReferral hides what is no referral, or another programme's.
func (c caller) ownsReferral(id events.Entry) func(*casework.Case) error {
	return func(one *casework.Case) error {
		r, ok := one.Referrals[id]
		if !ok {
			return notFound("referral")
		}
		return c.owns(r.Programme, "referral")
	}
}

func (s *server) closeReferral(ctx context.Context, c caller, in *closeReferral) (*Answer[ReferralReceipt], error) {
	b := in.Body
	closing := func(cmd command) events.Entry { return derivedEntry(cmd, in.ID.Of, "closing") }
	cmd, result, err := s.changeEntry(ctx, c, in.OnEntry, s.caseAnd(in.ID.Of, ""), c.ownsReferral(in.ID), b, func(one *casework.Case, cmd command) ([]events.Event, error) {
		if err := s.past(b.ClosedOn, "closed_on"); err != nil {
			return nil, err
		}
		return one.CloseReferral(events.ReferralClosed{
			Closing: closing(cmd), Referral: in.ID, Outcome: b.Outcome, ClosedOn: b.ClosedOn, Programme: one.Referrals[in.ID].Programme,
		})
	})
	return receiveReferral(in.ID, new(closing(cmd)), result, err)
}

func (s *server) correctReferral(ctx context.Context, c caller, in *correctReferral) (*Answer[ReferralReceipt], error) {
	b := in.Body
	if err := c.allow(b.Programme); err != nil {
		return nil, err
	}
	programme := b.Programme
	if b.Form != "" && programme == "" {
		now, err := s.caseNow(ctx, c, in.ID.Of)
		if err != nil {
			return nil, err
		}
		programme = now.Referrals[in.ID].Programme
	}
	list := s.caseAnd(in.ID.Of, programme)
	e := events.ReferralCorrected{Referral: in.ID, Channel: b.Channel, ReceivedOn: b.ReceivedOn, Programme: b.Programme, Form: b.Form, Reason: b.Reason}
	alone := e == (events.ReferralCorrected{Referral: in.ID, Reason: b.Reason})
	_, result, err := s.changeEntry(ctx, c, in.OnEntry, list, c.ownsReferral(in.ID), b, func(one *casework.Case, _ command) ([]events.Event, error) {
		before := one.Referrals[in.ID]
		if err := s.mayBegin(list, cmp.Or(b.Form, before.Form), b.ReceivedOn, "received_on"); err != nil {
			return nil, err
		}
		said := correction{in.ID, b.Reason, b.Programme, before.Programme, b.ChildCorrections, alone}
		return s.correct(ctx, c, list, said, func() ([]events.Event, error) { return one.CorrectReferral(e) })
	})
	return receiveReferral(in.ID, nil, result, err)
}

func (s *server) withdrawReferral(ctx context.Context, c caller, in *withdraw) (*Answer[ReferralReceipt], error) {
	result, err := s.withdraw(ctx, c, in, func(one *casework.Case) error {
		if closing, ok := one.Closings[in.ID]; ok {
			return c.owns(one.ClosedIn(closing), "referral")
		}
		if gone, ok := one.WithdrawnBefore(in.ID); ok && gone.OfReferral {
			return c.owns(gone.Programme, "referral")
		}
		return c.ownsReferral(in.ID)(one)
	})
	return receiveReferral(in.ID, nil, result, err)
}
