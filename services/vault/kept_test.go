package vault

import (
	"testing"
	"time"

	"rackvidd/events"
)

func TestWhoeverIsListedForErasureStaysListedSinceThen(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		a, b, elsewhere := tokenOf(t, s, orebro, "list", "a"), tokenOf(t, s, orebro, "list", "b"), tokenOf(t, s, kumla, "list", "c")
		first, second := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
		listed := func(m events.Municipality) map[events.ID]time.Time {
			t.Helper()
			kept, err := s.Kept(t.Context(), m)
			must(t, err)
			since := make(map[events.ID]time.Time)
			for _, k := range kept {
				if since[k.Token] = k.Listed; k.Created.IsZero() {
					t.Errorf("nobody knows since when %s is known", k.Token)
				}
			}
			return since
		}
		must(t, s.List(t.Context(), orebro, []events.ID{a, elsewhere}, first))
		must(t, s.List(t.Context(), orebro, []events.ID{a, b}, second))
		if since := listed(orebro); len(since) != 2 || !since[a].Equal(first) || !since[b].Equal(second) {
			t.Errorf("listed since %v", since)
		}
		if since := listed(kumla); len(since) != 1 || !since[elsewhere].IsZero() {
			t.Errorf("elsewhere listed since %v", since)
		}
		if d, err := s.Disclose(t.Context(), orebro, a, account); err != nil || !d.Listed.Equal(first) {
			t.Errorf("disclosed is that it is listed since %s: %v", d.Listed, err)
		}
		must(t, s.List(t.Context(), orebro, []events.ID{b}, second))
		must(t, s.List(t.Context(), orebro, []events.ID{a, b}, second))
		if since := listed(orebro); !since[a].Equal(second) {
			t.Errorf("listed again since %v", since)
		}
		must(t, s.List(t.Context(), orebro, nil, second))
		must(t, s.Erase(t.Context(), orebro, a))
		if since := listed(orebro); len(since) != 1 || !since[b].IsZero() {
			t.Errorf("when nobody is listed, listed since %v", since)
		}
	})
}
