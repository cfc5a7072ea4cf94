package access

import (
	"slices"
	"time"

	"rackvidd/events"
)

// EveryProgramme in a token stands for all programmes of its municipalities.
const EveryProgramme events.ProgrammeID = "*"

// AnyProgramme asks about no programme in particular.
const AnyProgramme events.ProgrammeID = ""

// Principal is whoever makes a request, and what it may do where.
type Principal struct {
	Account        events.ID
	Name           string    // of the account, where somebody has signed in
	Ends           time.Time // when that session does, however much it is used; zero: it is a token's
	Working        string    // what was chosen to work as in that session: one of Held, or EveryRole; "": nothing yet
	Held           []Role    // all that the account has, where Roles are what was chosen; of a session alone
	Roles          []Role
	Everywhere     bool
	Municipalities []events.Municipality
	Programmes     []events.ProgrammeID // a coordinator's own
}

// EveryRole is chosen by whoever works as all that they are at once.
const EveryRole = "all"

// As is the principal of somebody who has signed in and chose what to work as; "": nothing yet, which is everything.
func (p Principal) As(chosen string) Principal {
	p.Working, p.Held = chosen, p.Roles
	if chosen != "" && chosen != EveryRole {
		p.Roles = shared(p.Held, []Role{Role(chosen)})
	}
	return p
}

// Otherwise is the principal with all roles that the account has, whatever was chosen.
func (p Principal) Otherwise() Principal {
	p.Roles = p.Held
	return p
}

// In reports whether the principal has to do with a municipality at all.
func (p Principal) In(m events.Municipality) bool {
	return p.Everywhere || slices.Contains(p.Municipalities, m)
}

// Can reports whether the principal has a permission that belongs to no municipality.
func (p Principal) Can(what Permission) bool {
	return slices.ContainsFunc(p.Roles, func(r Role) bool { return Permits(r, what) })
}

// May reports whether the principal may do something in a municipality's programme. With AnyProgramme: whether it may
// where no programme is concerned, or one of its own is yet to be named.
func (p Principal) May(what Permission, m events.Municipality, programme events.ProgrammeID) bool {
	if !p.In(m) {
		return false
	}
	return slices.ContainsFunc(p.Roles, func(r Role) bool {
		return Permits(r, what) && (r != Coordinator || p.coordinates(programme))
	})
}

func (p Principal) coordinates(programme events.ProgrammeID) bool {
	if programme == AnyProgramme {
		return len(p.Programmes) > 0
	}
	return slices.Contains(p.Programmes, programme) || slices.Contains(p.Programmes, EveryProgramme)
}

// Limited reports whether the permission holds for the principal's own programmes alone.
func (p Principal) Limited(what Permission, m events.Municipality) bool {
	return !p.May(what, m, EveryProgramme)
}
