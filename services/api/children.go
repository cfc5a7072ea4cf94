package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/casework"
	"rackvidd/services/vault"
)

// defaultSource is whose a local id is that comes without a source, here and in an import.
const defaultSource = "default"

type enterChild struct {
	Municipal
	Keyed
	Body struct {
		Identity string  `json:"identity,omitempty" private:"yes" minLength:"1" maxLength:"200" doc:"an identity number, a card's code or a local id; goes to the vault and nowhere else"`
		Card     string  `json:"card,omitempty" private:"yes" minLength:"1" maxLength:"40" doc:"instead of identity: the code of the child's card, however it is typed"`
		Source   string  `json:"source,omitempty" maxLength:"64" doc:"whose local id it is; default when it is left out, as for imports. An identity number and what reads as a card's code are the municipality's, whatever the source"`
		Label    *string `json:"label,omitempty" private:"yes" maxLength:"80" doc:"what the coordinator calls the child; sealed in the vault. What others call a child of theirs alone stays"`
	}
}

// ChildReceipt answers with the handle for the next calls. It is alike for a known child and a new one.
type ChildReceipt struct {
	Child events.ID `json:"child"`
	Receipt
}

type newCard struct {
	Municipal
	Keyed
	Body struct {
		Programme events.ProgrammeID `json:"programme"`
	}
}

// CardReceipt answers with the code of a card. Who gets it is not known here.
type CardReceipt struct {
	Card string `json:"card" doc:"ten characters, the last two of which show a mistyped one, as in 7KQ4M-XA9RT"`
	Receipt
}

type labelChild struct {
	Municipal
	Keyed
	Child events.ID `path:"child"`
	Body  struct {
		Label string `json:"label" private:"yes" maxLength:"80" doc:"what the coordinator calls the child; an empty text takes the label away"`
	}
}

func (s *server) childRoutes() {
	add(s, route{
		id: "enter-child", method: http.MethodPost, path: "children", permission: access.EnterChildren,
		summary: "Get the handle of a child", limited: true,
	}, s.enterChild)
	add(s, route{
		id: "find-alike", method: http.MethodPost, path: "children/alike", permission: access.EnterChildren,
		summary: "Find children of the caller's programmes that are called alike, before one of them is recorded twice", limited: true,
	}, s.findAlike)
	add(s, route{
		id: "new-card", method: http.MethodPost, path: "cards", permission: access.EnterChildren,
		summary: "Get the code of a new card to hand out; it is kept nowhere",
	}, s.newCard)
	add(s, route{
		id: "label-child", method: http.MethodPut, path: "children/{child}/label", permission: access.LabelChildren,
		summary: "Set what the coordinator calls a child",
	}, s.labelChild)
}

// enterChild does the same work for a known child as for a new one, and records nothing in the log.
func (s *server) enterChild(ctx context.Context, c caller, in *enterChild) (*Answer[ChildReceipt], error) {
	cmd, err := s.naming(ctx, c, in.IdempotencyKey, in.Body)
	if err != nil {
		return nil, err
	}
	identity, err := identified(in.Body.Identity, in.Body.Card, in.Body.Source)
	if err != nil {
		return nil, err
	}
	label := in.Body.Label
	if label != nil {
		if err := vault.CheckLabel(*label); err != nil {
			return nil, identityProblem(err)
		}
	}
	enter := s.enter
	if cmd.kept != nil {
		enter = s.enteredBefore
	}
	child, err := enter(ctx, c, identity)
	if err != nil {
		return nil, err
	}
	cmd.child = child
	return s.receiveChild(ctx, c, cmd, child, func() error {
		if label == nil {
			return nil
		}
		return s.callChild(ctx, c, child, *label)
	})
}

func (s *server) enter(ctx context.Context, c caller, identity vault.Identity) (events.ID, error) {
	person, err := s.Vault.Enter(ctx, c.municipality, identity, c.Account, s.today())
	return person.Token, identityProblem(err)
}

// enteredBefore is the child of a repeat, and makes nobody: who was erased since stays so.
func (s *server) enteredBefore(ctx context.Context, c caller, identity vault.Identity) (events.ID, error) {
	persons, known, err := s.Vault.Lookup(ctx, c.municipality, []vault.Identity{identity}, s.today())
	switch {
	case err != nil:
		return events.ID{}, identityProblem(err)
	case !known[0]:
		return events.ID{}, errErased
	}
	return persons[0].Token, s.Vault.NoteRead(ctx, c.municipality, persons[0].Token, c.Account, "entered")
}

// callChild sets what a child is called. What others call a child of theirs alone stays, and whoever enters it is not told: the same
// is asked and written in any case.
func (s *server) callChild(ctx context.Context, c caller, child events.ID, label string) error {
	with, err := s.worksWith(ctx, c, child, 0)
	if err != nil {
		return err
	}
	return s.Vault.SetLabel(ctx, c.municipality, child, label, with == nobodys || with == own)
}

// identified is how a child is named: by an identity, or by its card.
func identified(identity, card, source string) (vault.Identity, error) {
	id := vault.Identity{Source: cmp.Or(source, defaultSource), Child: identity}
	switch {
	case identity == "" && card == "":
		return id, invalid("missing", "body.identity", "is missing, and so is a card; give one of them")
	case identity != "" && card != "":
		return id, invalid("identity_and_card", "body.card", "stands beside an identity; give one of them")
	case identity != "":
		return id, nil
	}
	code, err := vault.ParseCard(card)
	if err != nil {
		return id, invalid("invalid_card", "body.card", "is not the code of a card, or is mistyped; copy its ten characters again")
	}
	id.Child = code
	return id, nil
}

func identityProblem(err error) error {
	switch {
	case errors.Is(err, vault.ErrNoIdentity):
		return invalid("no_identity", "body.identity", "is empty; give an identity number or a local id")
	case errors.Is(err, vault.ErrLabel):
		return invalid("label", "body.label", "must be 1 to 80 printable characters")
	}
	return err
}

// receiveChild answers what the vault was told and the log was not. Only the position is kept for repeats: who the child
// is must be forgotten when it is erased.
func (s *server) receiveChild(ctx context.Context, c caller, cmd command, child events.ID, tell func() error) (*Answer[ChildReceipt], error) {
	at, err := once(ctx, s, c, cmd, func() (events.Position, error) {
		if err := tell(); err != nil {
			return 0, err
		}
		return s.Log.Head(ctx, c.municipality)
	})
	if err != nil {
		return nil, err
	}
	return show(at, ChildReceipt{child, Receipt{at}}), nil
}

// newCard makes a card of the command, so that a repeat gets the same one though its code is kept nowhere.
func (s *server) newCard(ctx context.Context, c caller, in *newCard) (*Answer[CardReceipt], error) {
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.Body)
	if err != nil {
		return nil, err
	}
	at, err := once(ctx, s, c, cmd, func() (events.Position, error) { return s.mayHandOut(ctx, c, in.Body.Programme) })
	if err != nil {
		return nil, err
	}
	seed, err := s.Vault.Keyed(ctx, "card", string(c.municipality), cmd.ID.String())
	if err != nil {
		return nil, err
	}
	return show(at, CardReceipt{vault.CardOf(seed), Receipt{at}}), nil
}

func (s *server) mayHandOut(ctx context.Context, c caller, id events.ProgrammeID) (events.Position, error) {
	if err := c.allow(id); err != nil {
		return 0, err
	}
	at, err := s.reached(ctx, c.municipality, 0)
	if err != nil {
		return 0, err
	}
	programme, err := s.programmeNow(ctx, c, id)
	if err != nil {
		return 0, err
	}
	return at, inBody(programme.HandOutCard())
}

// programmeNow is a programme as it is before anything is decided.
func (s *server) programmeNow(ctx context.Context, c caller, id events.ProgrammeID) (*casework.Programme, error) {
	name := events.ProgrammeOf(id)
	loaded, err := s.load(ctx, c, name)
	if err != nil {
		return nil, err
	}
	return state[*casework.Programme](loaded[name]), nil
}

// newlyNamed refuses children whom a programme did not know before, if it documents no identities. Who was named
// before it did not may stay, and may be taken away. It returns the programme where somebody is new to it, or else nil.
func (s *server) newlyNamed(ctx context.Context, c caller, id events.ProgrammeID, children []named, before func(events.ID) bool) (*casework.Programme, error) {
	for _, n := range children {
		if !before(n.child) {
			programme, err := s.programmeNow(ctx, c, id)
			if err != nil {
				return nil, err
			}
			return programme, programme.Identify(n.at)
		}
	}
	return nil, nil
}

func (s *server) labelChild(ctx context.Context, c caller, in *labelChild) (*Answer[ChildReceipt], error) {
	cmd, err := s.naming(ctx, c, in.IdempotencyKey, in.Child, in.Body)
	if err != nil {
		return nil, err
	}
	cmd.child = in.Child
	return s.receiveChild(ctx, c, cmd, in.Child, func() error {
		with, err := s.worksWith(ctx, c, in.Child, 0)
		if err := cmp.Or(err, with.hidden()); err != nil {
			return err
		}
		if with == left {
			return casework.Refuse(casework.Conflict, "label_of_others", "label", "is what others call the child, and what your programmes recorded of it was taken back; record something of it first")
		}
		return identityProblem(s.Vault.SetLabel(ctx, c.municipality, in.Child, strings.TrimSpace(in.Body.Label), true))
	})
}

// named is a child as a field of the request names it.
type named struct {
	child events.ID
	at    string
}

func namedIn(children []events.ID, field string) (list []named) {
	for i, child := range children {
		list = append(list, named{child, fmt.Sprintf("body.%s[%d]", field, i)})
	}
	return list
}

// known returns what the vault knows of children, and refuses those that it does not know.
func (s *server) known(ctx context.Context, c caller, children ...named) (map[events.ID]vault.Person, error) {
	return s.asked(ctx, c, children...)(nobody)
}

// persons are those of the children that the vault knows.
func (s *server) persons(ctx context.Context, c caller, children []named) (map[events.ID]vault.Person, error) {
	if len(children) == 0 {
		return nil, nil
	}
	tokens := make([]events.ID, len(children))
	for i, n := range children {
		tokens[i] = n.child
	}
	return s.Vault.Known(ctx, c.municipality, tokens)
}

// strangers refuses children whom the vault does not know. Who was named before may stay, and may be taken away: it was
// erased since, and what the log says of it stays.
func strangers(known map[events.ID]vault.Person, children []named, before func(events.ID) bool) error {
	var wrong []FieldError
	for _, n := range children {
		if _, ok := known[n.child]; !ok && !before(n.child) {
			wrong = append(wrong, FieldError{n.at, "unknown_child", "is not a child of this municipality; enter it first and use the handle in the answer"})
		}
	}
	if len(wrong) > 0 {
		return problemAt(http.StatusUnprocessableEntity, wrong...)
	}
	return nil
}

func nobody(events.ID) bool { return false }

// asked asks the vault at once, and is waited for where the answer is needed: the vault answers while the log is read. Children whom the
// caller may not name are answered as those whom the vault does not know.
func (s *server) asked(ctx context.Context, c caller, children ...named) (known func(before func(events.ID) bool) (map[events.ID]vault.Person, error)) {
	answer := sync.OnceValues(func() (map[events.ID]vault.Person, error) { return s.persons(ctx, c, children) })
	go answer()
	return func(before func(events.ID) bool) (map[events.ID]vault.Person, error) {
		persons, err := answer()
		if err != nil {
			return nil, err
		}
		if err := strangers(persons, children, before); err != nil || !c.Limited(c.permission, c.municipality) {
			return persons, err
		}
		nameable, err := s.nameable(ctx, c, children, before)
		if err != nil {
			return nil, err
		}
		return persons, strangers(nameable, children, before)
	}
}

// bornIn is the year to be recorded: the vault's where the request gives none. They may not differ.
func (s *server) bornIn(p vault.Person, given events.Year) (events.Year, error) {
	if given > s.today().Year() {
		return 0, invalid("invalid_birth_year", "body.birth_year", "is a year to come; give the year in which the child was born, or leave it out")
	}
	if given != 0 && p.BirthYear != 0 && given != p.BirthYear {
		return 0, invalid("birth_year_conflict", "body.birth_year", "is not the year that the identity number says; leave it out")
	}
	return cmp.Or(given, p.BirthYear), nil
}

// past refuses a day after today for what is to have happened.
func (s *server) past(day events.Day, field string) error {
	if day > s.today() {
		return invalid("future_date", "body."+field, "is after today; give the day on which it happened")
	}
	return nil
}
