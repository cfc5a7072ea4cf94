package intake

import (
	"context"
	"errors"

	"rackvidd/events"
	"rackvidd/services/casework"
)

// A programme may document no identities, or know its children by their cards alone. A row that names a child to it all the same is
// refused, and makes nobody known: else the vault would know whom the programme does not (services/decisions/0038).

// markUnnamed marks the rows whose programmes do not take the name that they give, and reports whether there are any.
func (r *run) markUnnamed(ctx context.Context, named []*item) (some bool, err error) {
	programmes := make(map[events.Stream]*casework.Programme)
	var names []events.Stream
	for _, it := range named {
		if s := events.ProgrammeOf(it.Programme); it.Programme != "" && programmes[s] == nil {
			programmes[s], names = &casework.Programme{}, append(names, s)
		}
	}
	if len(names) == 0 {
		return false, nil
	}
	found, err := r.Log.Streams(ctx, r.m, names...)
	if err != nil {
		return false, err
	}
	for s, p := range programmes {
		events.Fold(p, found[s])
	}
	for _, it := range named {
		if it.Programme == "" {
			continue
		}
		if refusal := it.refusedBy(programmes[events.ProgrammeOf(it.Programme)]); refusal != nil {
			it.unnamed, some = refusal.Code, true
		}
	}
	return some, nil
}

// refusedBy says why a programme does not take the name that the row gives its child, nil if it does.
func (it *item) refusedBy(p *casework.Programme) *casework.Refusal {
	refusal, _ := errors.AsType[*casework.Refusal](p.IdentifyByCard("child", it.card))
	return refusal
}
