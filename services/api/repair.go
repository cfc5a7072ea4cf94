package api

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/integrity"
)

// fromFigures are the permissions to do what follows from figures: nothing of it is done where what is kept is damaged.
var fromFigures = map[access.Permission]bool{
	access.ReadReach: true, access.ReadRows: true, access.ReadCaseload: true, access.ReadSurvey: true, access.WriteSurvey: true, access.ApproveSurvey: true,
	access.SubmitSurvey: true, access.PublishFigures: true, access.ReadReport: true,
}

// aboutChildren are the permissions to record what is about children: where the vault is older than the log, the same
// person would become another child.
var aboutChildren = map[access.Permission]bool{
	access.EnterChildren: true, access.LabelChildren: true, access.WriteGroups: true, access.WriteReferrals: true, access.WriteEnrolments: true,
	access.WriteSessions: true, access.MergeChildren: true, access.Import: true,
}

// withoutVault are the permissions whose requests are refused while the vault does not answer, or most of them.
func withoutVault() []string {
	list := []string{
		string(access.FindChildren), string(access.DiscloseChildren), string(access.EraseChildren), string(access.ProtectChildren),
		string(access.ReadCase), string(access.ReadListed), string(access.ReadReads),
	}
	for permission := range aboutChildren {
		list = append(list, string(permission))
	}
	slices.Sort(list)
	return list
}

// whole returns a *integrity.DamagedError where what figures are made from is known to be damaged. A statement that was
// tampered with keeps nobody's figures back.
func (s *server) whole(m events.Municipality) error {
	return s.damaged(m, integrity.TheArchive, integrity.TheStream, integrity.TheReadModel, integrity.TheVault)
}

// readable returns a *integrity.DamagedError where the log itself is known to be damaged.
func (s *server) readable(m events.Municipality) error {
	return s.damaged(m, integrity.TheArchive, integrity.TheStream)
}

func (s *server) damaged(m events.Municipality, copies ...string) error {
	if s.Damage == nil {
		return nil
	}
	return s.Damage(m, copies...)
}

// computable refuses what would be computed from what is known to be damaged, or recorded of children who are not known any
// more: for the report that is the national log.
func (s *server) computable(c caller) error {
	if aboutChildren[c.permission] {
		return s.knownChildren(c.municipality)
	}
	if !fromFigures[c.permission] {
		return nil
	}
	return s.whole(cmp.Or(c.municipality, events.National))
}

// knownChildren returns an error where the vault does not know the children that the log names, or was not asked yet.
func (s *server) knownChildren(m events.Municipality) error {
	if s.Uncompared != nil {
		if err := s.Uncompared(); err != nil {
			return err
		}
	}
	return s.damaged(m, integrity.TheVault)
}

type verifyCopies struct {
	Municipal
	AtLeast
	Unhurried
	Year events.Year `query:"year" doc:"whose figures are computed again; this one where none is given"`
}

type verifyNational struct {
	AtLeast
	Unhurried
}

type repairCopies struct {
	Municipal
	Repairing
}

// Repairing is how far a repair may go.
type Repairing struct {
	Unhurried
	Keyed
	AcceptLoss bool `query:"accept_loss" doc:"restore what can be, where the last messages that were recorded are in no copy any more; children whom the vault does not know count as erased"`
}

type repairNational struct{ Repairing }

type listRepairs struct {
	Municipal
	AtLeast
}

type listNationalRepairs struct{ AtLeast }

func (s *server) repairRoutes() {
	add(s, route{
		id: "verify-copies", method: http.MethodGet, path: "audit/verify", permission: access.ReadLog,
		summary: "Compare the log with its archive, the archive with its signed checkpoint, and the read models and what was submitted with the log",
	}, func(ctx context.Context, c caller, in *verifyCopies) (*reply[json.RawMessage], error) {
		return s.verified(ctx, c, c.municipality, in.MinPosition, cmp.Or(in.Year, s.today().Year()))
	})
	add(s, route{
		id: "verify-national-copies", method: http.MethodGet, path: "/audit/verify", permission: access.ReadLog,
		summary: "Compare the national log with its archive, the archive with its signed checkpoint, and the read models with the log",
	}, func(ctx context.Context, c caller, in *verifyNational) (*reply[json.RawMessage], error) {
		return s.verified(ctx, c, events.National, in.MinPosition, 0)
	})
	add(s, route{
		id: "repair-copies", method: http.MethodPost, path: "audit/repair", permission: access.RepairLog,
		summary: "Restore what is damaged of the log, its archive and the read models from what is whole, and record that it was done",
	}, func(ctx context.Context, c caller, in *repairCopies) (*reply[json.RawMessage], error) {
		return s.repaired(ctx, c, c.municipality, in.Repairing)
	})
	add(s, route{
		id: "repair-national-copies", method: http.MethodPost, path: "/audit/repair", permission: access.RepairLog,
		summary: "Restore what is damaged of the national log, its archive and the read models from what is whole, and record that it was done",
	}, func(ctx context.Context, c caller, in *repairNational) (*reply[json.RawMessage], error) {
		return s.repaired(ctx, c, events.National, in.Repairing)
	})
	add(s, route{
		id: "list-repairs", method: http.MethodGet, path: "audit/repairs", permission: access.ReadLog,
		summary: "What was repaired of the municipality: the signed record of each repair, in their order, and whether one was changed or is missing",
	}, func(ctx context.Context, c caller, in *listRepairs) (*Answer[json.RawMessage], error) {
		return s.listRepairs(ctx, c.municipality, in.MinPosition)
	})
	add(s, route{
		id: "list-national-repairs", method: http.MethodGet, path: "/audit/repairs", permission: access.ReadLog,
		summary: "What was repaired of the national log: the signed record of each repair, in their order, and whether one was changed or is missing",
	}, func(ctx context.Context, _ caller, in *listNationalRepairs) (*Answer[json.RawMessage], error) {
		return s.listRepairs(ctx, events.National, in.MinPosition)
	})
}

func (s *server) listRepairs(ctx context.Context, m events.Municipality, least events.Position) (*Answer[json.RawMessage], error) {
	if s.Repairs == nil {
		return nil, errNoReplay
	}
	at, err := s.reached(ctx, m, least)
	if err != nil {
		return nil, err
	}
	list, err := s.Repairs(m)
	return show(at, list), err
}

func (s *server) verified(ctx context.Context, c caller, m events.Municipality, least events.Position, year events.Year) (*reply[json.RawMessage], error) {
	if s.Verify == nil {
		return nil, errNoReplay
	}
	if _, err := s.reached(ctx, m, least); err != nil {
		return nil, err
	}
	report, err := s.Verify(ctx, m, c.Account, year, func(Pass) {})
	return &reply[json.RawMessage]{report}, err
}

// repaired goes on when the caller has gone: half a repair helps nobody.
func (s *server) repaired(ctx context.Context, c caller, m events.Municipality, in Repairing) (*reply[json.RawMessage], error) {
	if s.Repair == nil {
		return nil, integrity.ErrElsewhere
	}
	release, err := s.alone(ctx, c, in.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	defer release()
	cmd, err := s.command(ctx, c, in.IdempotencyKey, m, in.AcceptLoss)
	if err != nil {
		return nil, err
	}
	report, err := once(ctx, s, c, cmd, func() (json.RawMessage, error) {
		return s.Repair(context.WithoutCancel(ctx), m, c.Account, in.AcceptLoss)
	})
	return &reply[json.RawMessage]{report}, err
}
