package api

import (
	"context"
	"net/http"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections/register"
	"rackvidd/services/access"
	"rackvidd/services/casework"
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

type listOfGuests struct {
	Municipal
	AtLeast
	From  dayParam  `query:"from"`
	To    dayParam  `query:"to"`
	After events.ID `query:"after" doc:"of the counts on the day that to names, only those after this one: as older gives them"`
	Limit int       `query:"limit" default:"200" minimum:"1" maximum:"1000"`
}

type withdrawGuests struct {
	Municipal
	Keyed
	ID   events.ID `path:"id"`
	Body struct {
		Reason events.Reason `json:"reason"`
	}
}

// GuestCount is how many of this municipality's children were at a session in another one.
type GuestCount struct {
	ID                   events.ID           `json:"id"`
	ProviderMunicipality events.Municipality `json:"provider_municipality"`
	Programme            events.ProgrammeID  `json:"programme" doc:"as the provider calls it"`
	Form                 events.Form         `json:"form"`
	HeldOn               events.Day          `json:"held_on"`
	Children             events.Count        `json:"children"`
	Recorded             RowMark             `json:"recorded"`
	Withdrawn            *GuestWithdrawal    `json:"withdrawn,omitempty" doc:"none: the count stands"`
}

// GuestWithdrawal is why a count of guests was taken back, when and by whom.
type GuestWithdrawal struct {
	Reason events.Reason `json:"reason"`
	RowMark
}

// GuestCounts are the latest first.
type GuestCounts struct {
	Guests []GuestCount `json:"guests" nullable:"false"`
	Older  *OlderDays   `json:"older,omitempty" doc:"there are more: ask for them with these two"`
	Shown
}

// GuestReceipt answers a write to a count of guests.
type GuestReceipt struct {
	ID events.ID `json:"id"`
	Receipt
}

func (s *server) guestRoutes() {
	to := access.ReportGuests
	add(s, route{
		id: "report-guests", method: http.MethodPost, path: "guests", permission: to, creates: true,
		summary: "Record how many of this municipality's children were at a session in another one",
	}, s.reportGuests)
	add(s, route{id: "list-guests", method: http.MethodGet, path: "guests", permission: to, summary: "List the counts of guests, those taken back as well, the latest first"}, s.listGuests)
	add(s, route{
		id: "withdraw-guests", method: http.MethodPost, path: "guests/{id}/withdraw", permission: to,
		summary: "Take a count of guests back that should never have been recorded; one that is to be corrected is taken back and counted anew",
	}, s.withdrawGuests)
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

func (s *server) withdrawGuests(ctx context.Context, c caller, in *withdrawGuests) (*Answer[GuestReceipt], error) {
	_, result, err := carryOut(ctx, s, c, change[*casework.GuestReport]{
		key: in.IdempotencyKey, request: []any{in.ID, in.Body}, about: about(events.GuestsOf(in.ID)),
		owns: func(*casework.GuestReport) error { return nil }, // whoever may count guests may take each count back
		rule: func(one *casework.GuestReport, _ command) ([]events.Event, error) {
			return one.Withdraw(in.Body.Reason)
		},
	})
	if err != nil {
		return nil, err
	}
	return receive(result, GuestReceipt{in.ID, Receipt{result.Position}}), nil
}

func (s *server) listGuests(ctx context.Context, c caller, in *listOfGuests) (*DatedAnswer[GuestCounts], error) {
	body := GuestCounts{Guests: []GuestCount{}}
	if !in.After.IsZero() && in.To.Day == 0 {
		return nil, invalid("invalid", "query.after", "goes on within a day: give that day as to, both as older says")
	}
	wanted := register.WantedGuests{From: in.From.Day, To: in.To.Day, After: in.After, Limit: in.Limit + 1}
	at, err := s.registers(ctx, c, in.MinPosition, func(tx pgx.Tx, at events.Position) error {
		list, err := register.GuestsCounted(ctx, tx, wanted, at)
		for i, one := range list {
			if i == in.Limit {
				last := list[i-1]
				body.Older = &OlderDays{To: last.HeldOn, After: last.Report}
				break
			}
			body.Guests = append(body.Guests, countOf(one))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	body.Position = at.Position
	return showModel(at.Position, at.Recorded, body), s.signGuests(ctx, body.Guests)
}

func countOf(g register.Guests) GuestCount {
	count := GuestCount{
		ID: g.Report, ProviderMunicipality: g.ProviderMunicipality, Programme: g.Programme, Form: g.Form, HeldOn: g.HeldOn, Children: g.Children,
		Recorded: RowMark{Account: g.Actor, At: g.Recorded},
	}
	if g.Withdrawn != "" {
		count.Withdrawn = &GuestWithdrawal{g.Withdrawn, RowMark{Account: g.WithdrawnBy, At: g.WithdrawnAt}}
	}
	return count
}

// signGuests says what those are called who recorded counts and took them back.
func (s *server) signGuests(ctx context.Context, list []GuestCount) error {
	var marks []*RowMark
	for i := range list {
		marks = append(marks, &list[i].Recorded)
		if gone := list[i].Withdrawn; gone != nil {
			marks = append(marks, &gone.RowMark)
		}
	}
	var accounts []events.ID
	for _, m := range marks {
		accounts = append(accounts, m.Account)
	}
	names, err := s.Access.Names(ctx, accounts)
	for _, m := range marks {
		m.Name = names[m.Account]
	}
	return err
}
