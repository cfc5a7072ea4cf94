package intake

import (
	"context"

	"rackvidd/events"
	"rackvidd/services/casework"
	"rackvidd/services/vault"
)

// Where a municipality has erased children, a file that has their rows still must not make them known again
// (services/decisions/0032).

// askErased asks, once for a run, whom the vault has forgotten.
func (r *run) askErased(ctx context.Context) error {
	list, err := r.Vault.Erasures(ctx, r.m)
	if err != nil || len(list) == 0 {
		return err
	}
	r.erased = make(map[events.ID]bool, len(list))
	for _, e := range list {
		r.erased[e.Token] = true
	}
	r.recordedTo, err = r.Vault.RecordsPosition(ctx, r.m)
	return err
}

// markForgotten marks those rows of children whom the vault does not know that say anew what was said of somebody: of a child who was
// erased since or, where it was recorded and this is no update, of whomever. Each is rejected by the rule that it would be by if the child were
// known: of that nobody is told.
func (r *run) markForgotten(ctx context.Context, unknown []*item) error {
	if len(r.erased) == 0 || len(unknown) == 0 {
		return nil
	}
	sources := make([]vault.RecordSource, len(unknown))
	for n, it := range unknown {
		sources[n].ID = it.RecordID
	}
	records, err := r.Vault.RecordKeys(ctx, r.m, r.Source, sources)
	if err != nil {
		return err
	}
	keys := make([][16]byte, len(records))
	for n, record := range records {
		keys[n] = record.Key
	}
	facts, err := r.Vault.Recorded(ctx, r.m, keys)
	if err != nil {
		return err
	}
	said, err := r.statesOf(ctx, facts)
	if err != nil {
		return err
	}
	for n, it := range unknown {
		fact, before := facts[keys[n]]
		before = before && fact.Position <= r.recordedTo // not by a row above
		switch {
		case !before:
		case r.saidOfErased(said, fact, keys[n]):
			it.forgotten = CodeErasedSince
		case !r.Update && stands(fact):
			it.forgotten = CodeChangedRecord
		}
	}
	return nil
}

// stands reports whether anything stands by a record.
func stands(fact vault.Fact) bool { return fact.MAC != [8]byte{} }

// statesOf reads the streams in which something stands by records, or that rows are about by which nothing does. Those of the run are being
// decided in meanwhile.
func (r *run) statesOf(ctx context.Context, facts map[[16]byte]vault.Fact) (map[events.Stream]*events.Deciding, error) {
	states := make(map[events.Stream]*events.Deciding)
	var names []events.Stream
	for _, fact := range facts {
		if s, err := events.ParseStream(fact.Stream); err == nil && states[s] == nil {
			states[s], names = &events.Deciding{Stream: s, State: casework.Fresh(s)}, append(names, s)
		}
	}
	if len(names) == 0 {
		return states, nil
	}
	found, err := r.Log.Streams(ctx, r.m, names...)
	for s, messages := range found {
		states[s].Latest = events.Fold(states[s].State, messages)
	}
	return states, err
}

// saidOfErased reports whether what a record said before is of a child who was erased since.
func (r *run) saidOfErased(states map[events.Stream]*events.Deciding, fact vault.Fact, record [16]byte) bool {
	stream, err := events.ParseStream(fact.Stream)
	if err != nil || states[stream] == nil {
		return false
	}
	switch was := states[stream].State.(type) {
	case *casework.Case:
		child, err := events.ParseID(stream.ID)
		return err == nil && r.erased[child]
	case *casework.Session:
		child, marked := was.MarkedBy(record)
		return marked && r.erased[child]
	}
	return false
}
