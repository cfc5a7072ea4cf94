package access

import (
	"slices"

	"rackvidd/events"
)

// Rights are what somebody, or a token, may do where.
type Rights struct {
	Roles          []Role                `json:"roles" nullable:"false"`
	Everywhere     bool                  `json:"everywhere"`
	Municipalities []events.Municipality `json:"municipalities" nullable:"false"`
	Programmes     []events.ProgrammeID  `json:"programmes" nullable:"false"`
}

// Nothing reports whether nothing can be done with them, anywhere.
func (r Rights) Nothing() bool {
	somewhere := r.Everywhere || len(r.Municipalities) > 0
	return !somewhere || !slices.ContainsFunc(r.Roles, func(one Role) bool { return one != Coordinator || len(r.Programmes) > 0 })
}

// within is what both allow: no roles where nothing is left, for not every permission asks for a place.
func (r Rights) within(other Rights) Rights {
	both := Rights{Roles: shared(r.Roles, other.Roles), Everywhere: r.Everywhere && other.Everywhere, Municipalities: r.Municipalities, Programmes: r.Programmes}
	switch {
	case r.Everywhere:
		both.Municipalities = other.Municipalities
	case !other.Everywhere:
		both.Municipalities = shared(r.Municipalities, other.Municipalities)
	}
	switch {
	case slices.Contains(other.Programmes, EveryProgramme):
	case slices.Contains(r.Programmes, EveryProgramme):
		both.Programmes = other.Programmes
	default:
		both.Programmes = shared(r.Programmes, other.Programmes)
	}
	if both.Nothing() {
		both.Roles = []Role{}
	}
	return both
}

// Wider names the fields in which they go beyond others: roles, municipalities, programmes.
func (r Rights) Wider(than Rights) (fields []string) {
	if len(shared(r.Roles, than.Roles)) < len(r.Roles) {
		fields = append(fields, "roles")
	}
	if !than.Everywhere && (r.Everywhere || len(shared(r.Municipalities, than.Municipalities)) < len(r.Municipalities)) {
		fields = append(fields, "municipalities")
	}
	if !slices.Contains(than.Programmes, EveryProgramme) && len(shared(r.Programmes, than.Programmes)) < len(r.Programmes) {
		fields = append(fields, "programmes")
	}
	return fields
}

// same reports whether they are the same, both sorted.
func (r Rights) same(other Rights) bool {
	return r.Everywhere == other.Everywhere && slices.Equal(r.Roles, other.Roles) && slices.Equal(r.Municipalities, other.Municipalities) && slices.Equal(r.Programmes, other.Programmes)
}

func shared[T comparable](list, other []T) []T {
	both := []T{}
	for _, one := range list {
		if slices.Contains(other, one) {
			both = append(both, one)
		}
	}
	return both
}

// owner is what is read of whoever has a token: the account's login, or none.
type owner struct {
	Rights
	everywhere *bool // nil: the account has no login
	disabled   bool
}

// ownerColumns are read into into, of access.account a and, where there is one, access.login l.
const ownerColumns = `l.roles, l.everywhere, l.municipalities, l.programmes, a.disabled`

func (o *owner) into() []any {
	return []any{&o.Roles, &o.everywhere, &o.Municipalities, &o.Programmes, &o.disabled}
}

// allows is what a token may do now: what it was made for, and no more than its account's login may. An account that does
// not sign in has no rights but those of its tokens.
func (o owner) allows(made Rights) Rights {
	switch {
	case o.disabled:
		return Rights{Roles: []Role{}, Municipalities: []events.Municipality{}, Programmes: []events.ProgrammeID{}}
	case o.everywhere == nil:
		return made
	}
	may := o.Rights
	may.Everywhere = *o.everywhere
	return made.within(may)
}
