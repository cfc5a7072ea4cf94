package casework

import (
	"reflect"
	"slices"

	"rackvidd/events"
)

// Programme is what is known of a programme.
type Programme struct {
	Registered bool
	events.ProgrammeRegistered
}

func (p *Programme) Evolve(e events.Event) {
	switch e := e.(type) {
	case events.ProgrammeRegistered:
		p.Registered, p.ProgrammeRegistered = true, e
	case events.ProgrammeAmended:
		p.ProgrammeRegistered = events.ProgrammeRegistered(e)
	}
}

// Register registers the programme. The same again changes nothing; another under the same id is refused.
func (p *Programme) Register(e events.ProgrammeRegistered) ([]events.Event, error) {
	if !p.Registered {
		return []events.Event{e}, nil
	}
	if reflect.DeepEqual(p.ProgrammeRegistered, e) {
		return nil, nil
	}
	return nil, refuse(Conflict, "programme_exists", "id", "a programme with this id is registered already; amend it with PUT, or choose another id")
}

// Amend restates the programme whole.
func (p *Programme) Amend(e events.ProgrammeRegistered) ([]events.Event, error) {
	if !p.Registered {
		return nil, refuse(Missing, "unknown_programme", "id", "there is no such programme; register it first")
	}
	if reflect.DeepEqual(p.ProgrammeRegistered, e) {
		return nil, nil
	}
	return []events.Event{events.ProgrammeAmended(e)}, nil
}

// Extend makes the programme offer a form: an import registers an unknown programme as it comes, by its id. As long as nobody said
// more of it than its rows, it began on the earliest of their days, in whatever order they come.
func (p *Programme) Extend(id events.ProgrammeID, form events.Form, day events.Day) []events.Event {
	if !p.Registered {
		e := asItComes(id, day)
		if form != "" {
			e.Forms = []events.Form{form}
		}
		return []events.Event{e}
	}
	e := events.ProgrammeAmended(p.ProgrammeRegistered)
	if form != "" && !slices.Contains(p.Forms, form) {
		e.Forms = append(slices.Clone(p.Forms), form)
		slices.Sort(e.Forms)
	}
	if day < p.ValidFrom && p.asItCame() {
		e.ValidFrom = day
	}
	if len(e.Forms) == len(p.Forms) && e.ValidFrom == p.ValidFrom {
		return nil
	}
	return []events.Event{e}
}

func asItComes(id events.ProgrammeID, day events.Day) events.ProgrammeRegistered {
	return events.ProgrammeRegistered{
		Programme: id, Name: events.Name(id), Organiser: "municipality", Target: events.SubstanceAbuse, Identity: events.Linked, ValidFrom: day,
	}
}

// asItCame reports whether nobody said more of the programme than its rows.
func (p *Programme) asItCame() bool {
	e := asItComes(p.Programme, p.ValidFrom)
	e.Forms = p.Forms
	return reflect.DeepEqual(e, p.ProgrammeRegistered)
}

// Offers refuses a form that the programme does not offer.
func (p *Programme) Offers(form events.Form) error {
	if !p.Registered {
		return refuse(Missing, "unknown_programme", "programme", "there is no such programme; register it first")
	}
	if form != "" && !slices.Contains(p.Forms, form) {
		return refuse(Invalid, "form_not_offered", "form", "the programme does not offer this form; amend the programme or choose another")
	}
	return nil
}

// Identify refuses to name a child, in a field, for a programme that documents no identities: there children are counted.
func (p *Programme) Identify(field string) error {
	if p.Identity == events.NoIdentity {
		return refuse(Invalid, "programme_without_identities", field, "the programme documents no identities; name no child and give a count instead")
	}
	return nil
}

// IdentifyByCard is Identify where it is known whether the child was named by the code of a card.
func (p *Programme) IdentifyByCard(field string, card bool) error {
	if p.Identity == events.Card && !card {
		return refuse(Invalid, "invalid_card", field, "the programme knows children by their cards alone; copy the ten characters of the child's card")
	}
	return p.Identify(field)
}

// HandOutCard refuses a programme that knows its children otherwise: a card there would be one more child.
func (p *Programme) HandOutCard() error {
	if !p.Registered {
		return p.Offers("")
	}
	if p.Identity != events.Card {
		return refuse(Invalid, "programme_without_cards", "programme", "the programme hands out no cards; amend its identity to card, or enter the child by its identity")
	}
	return nil
}
