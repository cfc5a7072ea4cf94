package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections/register"
	"rackvidd/services/access"
	"rackvidd/services/casework"
)

// Programme is a programme as it is sent and answered.
type Programme struct {
	ID                   events.ProgrammeID  `json:"id,omitempty" doc:"a slug; made from the name when it is left out"`
	Name                 events.Name         `json:"name,omitempty" doc:"the id when it is left out"`
	Forms                []events.Form       `json:"forms" nullable:"false"`
	Organiser            events.Organiser    `json:"organiser,omitempty" doc:"municipality when it is left out"`
	ProviderMunicipality events.Municipality `json:"provider_municipality,omitempty"`
	Target               events.Target       `json:"target,omitempty" doc:"substance_abuse when it is left out"`
	Identity             events.IdentityMode `json:"identity,omitempty" doc:"linked when it is left out"`
	District             events.District     `json:"district,omitempty"`
	ValidFrom            events.Day          `json:"valid_from,omitzero" doc:"the first day on which it is offered; when it is left out, today, or of one that is registered already the day that it has"`
}

type registerProgramme struct {
	Municipal
	Keyed
	Body Programme
}

type amendProgramme struct {
	Municipal
	Keyed
	Versioned
	ID   events.ProgrammeID `path:"id"`
	Body Programme
}

// ProgrammeReceipt answers a write to a programme.
type ProgrammeReceipt struct {
	ID events.ProgrammeID `json:"id"`
	Receipt
}

type oneProgramme struct {
	Municipal
	AtLeast
	ID events.ProgrammeID `path:"id"`
}

// ProgrammeNow is a programme with its version: what amends it says which one it has seen.
type ProgrammeNow struct {
	Programme
	Version events.Position `json:"version"`
	Shown
}

type listOfProgrammes struct {
	Municipal
	AtLeast
}

// Programmes is all that are registered.
type Programmes struct {
	Programmes []Programme `json:"programmes" nullable:"false"`
	Shown
}

func (s *server) programmeRoutes() {
	add(s, route{
		id: "register-programme", method: http.MethodPost, path: "programmes", permission: access.WriteProgrammes, creates: true,
		summary: "Register a programme",
	}, s.registerProgramme)
	add(s, route{
		id: "list-programmes", method: http.MethodGet, path: "programmes", permission: access.ReadProgrammes,
		summary: "List the programmes",
	}, s.listProgrammes)
	add(s, route{
		id: "get-programme", method: http.MethodGet, path: "programmes/{id}", permission: access.ReadProgrammes,
		summary: "Read a programme, with its version",
	}, s.getProgramme)
	add(s, route{
		id: "amend-programme", method: http.MethodPut, path: "programmes/{id}", permission: access.WriteProgrammes,
		summary: "Restate a programme whole: another form, another name",
	}, s.amendProgramme)
}

func (s *server) getProgramme(ctx context.Context, c caller, in *oneProgramme) (*Answer[ProgrammeNow], error) {
	name := events.ProgrammeOf(in.ID)
	loaded, at, err := s.streams(ctx, c, in.MinPosition, name)
	if err != nil {
		return nil, err
	}
	p := state[*casework.Programme](loaded[name])
	if !p.Registered {
		return nil, notFound("programme")
	}
	answer := show(at, ProgrammeNow{programmeOf(p.ProgrammeRegistered), loaded[name].Latest, Shown{at}})
	answer.ETag = etag(loaded[name].Latest)
	return answer, nil
}

func programmeOf(p events.ProgrammeRegistered) Programme {
	return Programme{p.Programme, p.Name, p.Forms, p.Organiser, p.ProviderMunicipality, p.Target, p.Identity, p.District, p.ValidFrom}
}

func (s *server) registerProgramme(ctx context.Context, c caller, in *registerProgramme) (*Answer[ProgrammeReceipt], error) {
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.Body)
	if err != nil {
		return nil, err
	}
	e, err := s.programme(in.Body)
	if err != nil {
		return nil, err
	}
	if err := c.allow(e.Programme); err != nil {
		return nil, err
	}
	list := about(events.ProgrammeOf(e.Programme))
	result, err := s.decide(ctx, c, cmd, list, func() error {
		p := state[*casework.Programme](list[0])
		if in.Body.ValidFrom == 0 && p.Registered {
			e.ValidFrom = p.ValidFrom // the same again on another day changes nothing
		}
		decided, err := p.Register(e)
		return record(list[0], decided, err)
	})
	if err != nil {
		return nil, err
	}
	return receiveVersioned(result, ProgrammeReceipt{e.Programme, Receipt{result.Position}}), nil
}

func (s *server) amendProgramme(ctx context.Context, c caller, in *amendProgramme) (*Answer[ProgrammeReceipt], error) {
	if in.Body.ID == "" {
		in.Body.ID = in.ID
	}
	if in.Body.ID != in.ID {
		return nil, invalid("another_id", "body.id", "is not the id of the path, and an id never changes; leave it out")
	}
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.Body)
	if err != nil {
		return nil, err
	}
	e, err := s.programme(in.Body)
	if err != nil {
		return nil, err
	}
	if err := c.owns(in.ID, "programme"); err != nil {
		return nil, err
	}
	list := about(events.ProgrammeOf(in.ID))
	result, err := s.decideAlone(ctx, c, cmd, list, func() error {
		p := state[*casework.Programme](list[0])
		if err := in.unchanged(list[0]); err != nil {
			return err
		}
		if in.Body.ValidFrom == 0 && p.Registered {
			e.ValidFrom = p.ValidFrom
		}
		decided, err := p.Amend(e)
		return record(list[0], decided, err)
	})
	if err != nil {
		return nil, err
	}
	return receiveVersioned(result, ProgrammeReceipt{in.ID, Receipt{result.Position}}), nil
}

// programme fills in what was left out.
func (s *server) programme(p Programme) (events.ProgrammeRegistered, error) {
	if p.ID == "" && p.Name == "" {
		return events.ProgrammeRegistered{}, invalid("missing", "body.name", "is missing, and so is an id; give one of them")
	}
	if p.ID == "" {
		if p.ID = slug(p.Name); checkWords(&p) != nil {
			return events.ProgrammeRegistered{}, invalid("missing", "body.id", "is missing, and none can be made of the name; choose one")
		}
	}
	if len(p.Forms) == 0 {
		return events.ProgrammeRegistered{}, invalid("missing", "body.forms", "is empty; name at least one form")
	}
	if p.ID == access.EveryProgramme {
		return events.ProgrammeRegistered{}, invalid("reserved", "body.id", "stands for all programmes; choose another id")
	}
	slices.Sort(p.Forms)
	e := events.ProgrammeRegistered{
		Programme: p.ID, Name: cmp.Or(p.Name, events.Name(p.ID)), Forms: slices.Compact(p.Forms), Organiser: cmp.Or(p.Organiser, "municipality"),
		ProviderMunicipality: p.ProviderMunicipality, Target: cmp.Or(p.Target, events.SubstanceAbuse), Identity: cmp.Or(p.Identity, events.Linked),
		District: p.District, ValidFrom: cmp.Or(p.ValidFrom, s.today()),
	}
	return e, nil
}

// slug writes a name with a–z, 0–9 and dashes.
func slug(n events.Name) events.ProgrammeID {
	plain := strings.NewReplacer("å", "a", "ä", "a", "ö", "o", "é", "e", "ü", "u").Replace(strings.ToLower(string(n)))
	words := strings.FieldsFunc(plain, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	id := strings.Join(words, "-")
	return events.ProgrammeID(cmp.Or(strings.Trim(id[:min(len(id), 64)], "-"), "programme"))
}

func (s *server) listProgrammes(ctx context.Context, c caller, in *listOfProgrammes) (*DatedAnswer[Programmes], error) {
	body := Programmes{Programmes: []Programme{}}
	at, err := s.registers(ctx, c, in.MinPosition, func(tx pgx.Tx, at events.Position) error {
		list, err := register.Programmes(ctx, tx, at)
		for _, p := range list {
			body.Programmes = append(body.Programmes, programmeOf(p))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	body.Position = at.Position
	return showModel(at.Position, at.Recorded, body), nil
}

// programmeNames are what programmes are called, by their ids.
type programmeNames map[events.ProgrammeID]events.Name

// of is what a programme is called; its id where that is not known, as of another municipality's.
func (names programmeNames) of(id string) string {
	return cmp.Or(string(names[events.ProgrammeID(id)]), id)
}

func (s *server) programmeNames(ctx context.Context, c caller) (programmeNames, error) {
	names := make(programmeNames)
	_, err := s.registers(ctx, c, 0, func(tx pgx.Tx, at events.Position) error {
		list, err := register.Programmes(ctx, tx, at)
		for _, p := range list {
			names[p.Programme] = p.Name
		}
		return err
	})
	return names, err
}

// offers refuses a programme that is not registered, or does not offer the form.
func offers(d *events.Deciding, form events.Form) error {
	return inBody(state[*casework.Programme](d).Offers(form))
}

// inBody makes what is missing a fault of the body that names it.
func inBody(err error) error {
	if refusal, ok := err.(*casework.Refusal); ok && refusal.Why == casework.Missing {
		r := *refusal
		r.Why = casework.Invalid
		return &r
	}
	return err
}
