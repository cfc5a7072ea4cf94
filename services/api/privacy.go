package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections/register"
	"rackvidd/services/access"
	"rackvidd/services/casework"
	"rackvidd/services/vault"
)

type discloseChild struct {
	Municipal
	AtLeast
	Child events.ID `path:"child"`
}

type eraseChild struct {
	Municipal
	Keyed
	Child events.ID `path:"child"`
}

// ChildDisclosure is all that is stored about one child (GDPR article 15).
type ChildDisclosure struct {
	Child  events.ID         `json:"child"`
	Vault  vault.Disclosure  `json:"vault"`
	Case   Case              `json:"case"`
	Groups []ChildsGroup     `json:"groups" nullable:"false" doc:"the groups that the child has been in, in the order in which it was put into them"`
	Log    []json.RawMessage `json:"log" nullable:"false" doc:"every event of the child's case, as it was recorded"`
	Marks  []ChildsMark      `json:"marks" nullable:"false" doc:"every mark of the child in a register, in the order in which they were recorded: also of sessions that were not held"`
	Shown
}

// ChildsMark is what a message says of a child in a register.
type ChildsMark struct {
	Session  events.ID       `json:"session"`
	Position events.Position `json:"position"`
	How      string          `json:"how" enum:"attended,absent,removed" doc:"removed: an earlier mark was taken back"`
	Mark     json.RawMessage `json:"mark" doc:"as it was recorded, with what it says of birth year, gender and home"`
	Recorded time.Time       `json:"recorded_at"`
	Account  events.ID       `json:"account" doc:"that recorded it"`
	Occasion ChildsOccasion  `json:"occasion" doc:"the session, as it stands now"`
}

// ChildsOccasion is a session in whose register a child has stood.
type ChildsOccasion struct {
	SessionInfo
	CancelledAt *time.Time `json:"cancelled_at,omitempty" doc:"when it was recorded that it was not held; none: it was"`
	WithdrawnAt *time.Time `json:"withdrawn_at,omitempty" doc:"when it was taken back; none: it stands"`
}

func occasionOf(recorded []events.Recorded) (o ChildsOccasion) {
	one := casework.NewSession()
	events.Fold(one, recorded)
	o.SessionInfo = sessionInfo(one)
	for _, r := range recorded {
		for _, e := range r.Events {
			switch e.(type) {
			case events.SessionCancelled:
				o.CancelledAt = &r.Time
			case events.SessionReinstated:
				o.CancelledAt = nil
			case events.SessionWithdrawn:
				o.WithdrawnAt = &r.Time
			}
		}
	}
	return o
}

// marksOf finds a child's marks in sessions.
func marksOf(child events.ID, sessions [][]events.Recorded) ([]ChildsMark, error) {
	list := []ChildsMark{}
	for _, recorded := range sessions {
		marks, err := marksIn(child, recorded)
		if err != nil {
			return nil, err
		}
		list = append(list, marks...)
	}
	slices.SortFunc(list, func(a, b ChildsMark) int {
		return cmp.Or(cmp.Compare(a.Position, b.Position), -strings.Compare(a.How, b.How))
	})
	return list, nil
}

func marksIn(child events.ID, recorded []events.Recorded) (list []ChildsMark, err error) {
	occasion := occasionOf(recorded)
	for _, r := range recorded {
		for _, e := range r.Events {
			register, ok := e.(events.SessionAttended)
			if !ok {
				continue
			}
			for how, marks := range map[string][]events.Mark{"attended": register.Attended, "absent": register.Absent, "removed": register.Removed} {
				for _, m := range marks {
					if m.Child != child {
						continue
					}
					m.HomeMunicipality = cmp.Or(m.HomeMunicipality, register.HomeMunicipality)
					raw, err := json.Marshal(m)
					if err != nil {
						return nil, fmt.Errorf("write a mark down: %w", err)
					}
					list = append(list, ChildsMark{register.Session, r.Position, how, raw, r.Time, r.Actor, occasion})
				}
			}
		}
	}
	return list, nil
}

// ChildsGroup is a group that a child is or was in.
type ChildsGroup struct {
	Group     events.ID          `json:"group"`
	Programme events.ProgrammeID `json:"programme"`
	Form      events.Form        `json:"form"`
	Name      string             `json:"name"`
	ClosedOn  events.Day         `json:"closed_on,omitzero" doc:"the last day on which the group meets; none: it is open"`
	Joined    time.Time          `json:"joined" doc:"when it was recorded"`
	Left      *time.Time         `json:"left,omitempty" doc:"when that was recorded; none: the child is in it"`
}

// ErasureReceipt answers an erasure. Every figure stays as it was.
type ErasureReceipt struct {
	Child  events.ID   `json:"child"`
	Erased bool        `json:"erased"`
	Merged []events.ID `json:"merged" nullable:"false" doc:"the records that were merged with it, and that the vault still knows: each has a label and an identity of its own, and is erased by itself"`
	Receipt
}

type findChild struct {
	Municipal
	Keyed
	Body struct {
		Identity string `json:"identity,omitempty" private:"yes" minLength:"1" maxLength:"200" doc:"an identity number, a card's code or a local id; goes to the vault and nowhere else"`
		Card     string `json:"card,omitempty" private:"yes" minLength:"1" maxLength:"40" doc:"instead of identity: the code of the child's card, however it is typed"`
		Source   string `json:"source,omitempty" maxLength:"64" doc:"whose local id it is; default when it is left out, as for imports. An identity number and what reads as a card's code are the municipality's, whatever the source"`
	}
}

func (s *server) privacyRoutes() {
	add(s, route{
		id: "find-child", method: http.MethodPost, path: "children/find", permission: access.FindChildren,
		summary: "Get the handle of a child without making one; the look-up is logged. A child that nobody entered, or that other programmes have alone, is answered alike, with a handle that leads nowhere", limited: true,
	}, s.findChild)
	add(s, route{
		id: "disclose-child", method: http.MethodGet, path: "children/{child}/disclosure", permission: access.DiscloseChildren,
		summary: "Everything that is stored about one child; the read is logged",
	}, s.discloseChild)
	add(s, route{
		id: "erase-child", method: http.MethodDelete, path: "children/{child}", permission: access.EraseChildren,
		summary: "Erase who a child is, for good",
	}, s.eraseChild)
	add(s, route{
		id: "protect-child", method: http.MethodPut, path: "children/{child}/protection", permission: access.ProtectChildren,
		summary: "Flag a child's identity as protected, or take the flag away",
	}, s.protectChild)
}

// findChild answers alike for a child that is known and one that is not: what nobody has, or
// others alone, is a handle that leads nowhere, and the same one for a repeat.
func (s *server) findChild(ctx context.Context, c caller, in *findChild) (*Answer[ChildReceipt], error) {
	cmd, err := s.lookingFor(ctx, c, in.IdempotencyKey, in.Body)
	if err != nil {
		return nil, err
	}
	identity, err := identified(in.Body.Identity, in.Body.Card, in.Body.Source)
	if err != nil {
		return nil, err
	}
	persons, known, err := s.Vault.Lookup(ctx, c.municipality, []vault.Identity{identity}, s.today())
	if err != nil {
		return nil, identityProblem(err)
	}
	nobody := derived(cmd, "nobody")
	child := nobody
	if known[0] {
		child, cmd.child = persons[0].Token, persons[0].Token
	}
	if err := s.Vault.NoteRead(ctx, c.municipality, child, c.Account, "looked_up"); err != nil {
		return nil, err
	}
	with, err := s.worksWith(ctx, c, child, 0)
	if err != nil {
		return nil, err
	}
	if with.hidden() != nil {
		child = nobody
	}
	return s.receiveChild(ctx, c, cmd, child, func() error { return nil })
}

func (s *server) discloseChild(ctx context.Context, c caller, in *discloseChild) (*DatedAnswer[ChildDisclosure], error) {
	kept, err := s.Vault.Disclose(ctx, c.municipality, in.Child, c.Account)
	if err != nil {
		return nil, err
	}
	body := ChildDisclosure{Child: in.Child, Vault: kept, Groups: []ChildsGroup{}, Log: []json.RawMessage{}}
	name := events.CaseOf(in.Child)
	recorded, err := s.Log.Streams(ctx, c.municipality, name)
	if err != nil {
		return nil, err
	}
	one := casework.NewCase()
	for _, r := range recorded[name] {
		list, err := positioned(r)
		if err != nil {
			return nil, err
		}
		body.Log = append(body.Log, list...)
		for _, e := range r.Events {
			one.Evolve(e)
		}
	}
	body.Case = caseOf(in.Child, one, casework.RecordersIn(recorded[name]))
	body.Case.Merges = mergesOf(casework.MergesIn(recorded[name]))
	var born casework.Born
	born.Hear(in.Child, recorded[name], c.worksIn)
	body.Case.Label = kept.Label
	for _, one := range casework.StruckIn(recorded[name]) {
		body.Case.Struck = append(body.Case.Struck, StruckLine{Struck: one})
	}
	sessions, at, err := s.sessionsWith(ctx, c, in.Child, in.MinPosition)
	if err != nil {
		return nil, err
	}
	body.Case.attend(c, sessions, asKnown{}, &born)
	if body.Case.BirthYear, err = s.bornAs(ctx, c, in.Child, asKnown{}, at.Position, at.Position, born); err != nil {
		return nil, err
	}
	if body.Marks, err = marksOf(in.Child, sessions); err != nil {
		return nil, err
	}
	if body.Groups, err = s.groupsOf(ctx, c, in.Child, at.Position); err != nil {
		return nil, err
	}
	body.Position, body.Case.Position = at.Position, at.Position
	if err := s.due(ctx, c, &body.Case); err != nil {
		return nil, err
	}
	return showModel(at.Position, at.Recorded, body), nil
}

func (s *server) groupsOf(ctx context.Context, c caller, child events.ID, at events.Position) ([]ChildsGroup, error) {
	list := []ChildsGroup{}
	_, err := s.registers(ctx, c, at, func(tx pgx.Tx, _ events.Position) error {
		found, err := register.MembershipsOf(ctx, tx, child, at)
		for _, m := range found {
			one := ChildsGroup{Group: m.Group, Programme: m.Programme, Form: m.Form, Name: m.Name, ClosedOn: m.ClosedOn, Joined: m.Joined}
			if !m.Left.IsZero() {
				one.Left = &m.Left
			}
			list = append(list, one)
		}
		return err
	})
	return list, err
}

// eraseChild lets the vault forget first. Whatever ends it half-way, the same call again carries it out.
func (s *server) eraseChild(ctx context.Context, c caller, in *eraseChild) (*Answer[ErasureReceipt], error) {
	cmd, err := s.command(ctx, c, in.IdempotencyKey, in.Child)
	if err != nil {
		return nil, err
	}
	if err := s.Vault.Erase(ctx, c.municipality, in.Child); err != nil {
		return nil, err
	}
	list := about(events.CaseOf(in.Child))
	result, err := s.decide(ctx, c, cmd, list, func() error {
		list[0].Record(state[*casework.Case](list[0]).Erase(events.IdentityErased{Child: in.Child})...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	merged, err := s.stillMerged(ctx, c, in.Child)
	if err != nil {
		return nil, err
	}
	return receive(result, ErasureReceipt{in.Child, true, merged, Receipt{result.Position}}), nil
}

// stillMerged are the records that were merged with a child's, and that the vault knows.
func (s *server) stillMerged(ctx context.Context, c caller, child events.ID) ([]events.ID, error) {
	one, err := s.caseNow(ctx, c, child)
	if err != nil {
		return nil, err
	}
	var others []named
	if !one.MergedInto.IsZero() {
		others = append(others, named{child: one.MergedInto})
	}
	for other := range one.Absorbed {
		others = append(others, named{child: other})
	}
	known, err := s.persons(ctx, c, others)
	list := []events.ID{}
	for _, other := range others {
		if _, ok := known[other.child]; ok {
			list = append(list, other.child)
		}
	}
	slices.SortFunc(list, func(a, b events.ID) int { return bytes.Compare(a[:], b[:]) })
	return list, err
}
