package api

import (
	"context"
	"net/http"

	"rackvidd/events"
	"rackvidd/services/access"
)

type reportGuests struct {
	Municipal
	Keyed
	Body struct {
		ProviderMunicipality events.Municipality `json:"provider_municipality" doc:"who held it"`
		Programme            events.ProgrammeID  `json:"programme" doc:"as the provider calls it"`
		Form                 events.Form         `json:"form"`
		HeldOn               events.Day          `json:"held_on"`
		Children             events.Count        `json:"children" minimum:"1"`
	}
}

// GuestReceipt answers a count of guests.
type GuestReceipt struct {
	ID events.ID `json:"id"`
	Receipt
}

func (s *server) guestRoutes() {
	add(s, route{
		id: "report-guests", method: http.MethodPost, path: "guests", permission: access.ReportGuests, creates: true,
		summary: "Record how many of this municipality's children were at a session in another one",
	}, s.reportGuests)
}

func (s *server) reportGuests(ctx context.Context, c caller, in *reportGuests) (*Answer[GuestReceipt], error) {
	b := in.Body
	cmd, err := s.command(ctx, c, in.IdempotencyKey, b)
	if err != nil {
		return nil, err
	}
	if b.ProviderMunicipality == c.municipality {
		return nil, invalid("own_municipality", "body.provider_municipality", "is this municipality; record the session itself instead")
	}
	e := events.GuestsCounted{
		Report: derived(cmd, "guests"), ProviderMunicipality: b.ProviderMunicipality, Programme: b.Programme, Form: b.Form, HeldOn: b.HeldOn, Children: b.Children,
	}
	list := about(events.GuestsOf(e.Report))
	result, err := s.decide(ctx, c, cmd, list, func() error {
		list[0].Record(e)
		return s.past(b.HeldOn, "held_on")
	})
	if err != nil {
		return nil, err
	}
	return receive(result, GuestReceipt{e.Report, Receipt{result.Position}}), nil
}
