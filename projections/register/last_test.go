package register_test

import (
	"maps"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/register"
)

func TestAChildWasLastRecordedWhenAMessageLastNamedIt(t *testing.T) {
	pool := projectiontest.Pool(t)
	for seed := range uint64(20) {
		s := projectiontest.Invent(t, örebro, 300+seed, 120)
		for _, r := range s.Messages() {
			if named := events.Named(r); len(named) > 0 { // its erasure is no record of it
				s.Happens(events.CaseOf(named[0]), events.IdentityErased{Child: named[0]})
				break
			}
		}
		messages := s.Messages()
		projectiontest.Show(t, pool, register.Projection{}, s, func(tx pgx.Tx) {
			for _, at := range []events.Position{uint64(len(messages)), uint64(len(messages)) / 2} {
				for messages[at-1].Part < messages[at-1].Parts {
					at++
				}
				named, into := make(map[events.ID]time.Time), make(map[events.ID]events.ID)
				for _, r := range messages[:at] {
					for _, child := range events.Named(r) {
						if _, erased := r.Events[0].(events.IdentityErased); !erased {
							named[child] = r.Time.UTC()
						}
					}
					for _, e := range r.Events {
						switch e := e.(type) {
						case events.CaseMerged:
							into[e.Merge.Of] = e.Into
						case events.MergeUndone:
							delete(into, e.Merge.Of)
						}
					}
				}
				list, err := register.LastOfEach(t.Context(), tx, at)
				if err != nil {
					t.Fatal(err)
				}
				got := make(map[events.ID]time.Time)
				for _, one := range list {
					if _, child := named[one.Child]; child {
						got[one.Child] = one.At
					}
					as := one.Child
					for into[as] != (events.ID{}) {
						as = into[as]
					}
					if one.As != as {
						t.Errorf("seed %d at %d: %s counts as %s, want %s", seed, at, one.Child, one.As, as)
					}
				}
				latest := make(map[events.ID]time.Time) // of each with those merged with it
				for _, one := range list {
					if one.At.After(latest[one.As]) {
						latest[one.As] = one.At
					}
				}
				for _, one := range list {
					if last, err := register.LastOf(t.Context(), tx, one.Child, at); err != nil || !last.Equal(latest[one.As]) {
						t.Errorf("seed %d at %d: %s was last recorded %s, want %s: %v", seed, at, one.Child, last, latest[one.As], err)
					}
				}
				if last, err := register.LastOf(t.Context(), tx, events.ID{9, 9}, at); err != nil || !last.IsZero() {
					t.Errorf("of nobody something was recorded %s: %v", last, err)
				}
				if !maps.EqualFunc(got, named, time.Time.Equal) {
					t.Errorf("seed %d at %d: last recorded %v, named %v", seed, at, got, named)
				}
			}
		})
	}
}
