package vault

import (
	"slices"
	"strings"
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
			kept, err := s.Kept(t.Context(), m, second)
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
		for _, c := range []struct {
			of    events.Municipality
			token events.ID
			at    time.Time
			since time.Time
		}{{orebro, a, second, first}, {orebro, b, second, second}, {orebro, a, second.AddDate(0, 0, 3), time.Time{}}, {kumla, a, second, time.Time{}}, {kumla, elsewhere, second, time.Time{}}} {
			if since, err := s.Listed(t.Context(), c.of, c.token, c.at); err != nil || !since.Equal(c.since) {
				t.Errorf("%s of %s is listed at %s since %s, want %s: %v", c.token, c.of, c.at, since, c.since, err)
			}
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

func TestHowManyAreListedIsToldOfOneMunicipalityOrEach(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		a, b, c := tokenOf(t, s, orebro, "list", "a"), tokenOf(t, s, orebro, "list", "b"), tokenOf(t, s, kumla, "list", "c")
		first := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		second := first.AddDate(0, 0, 1)
		told := func(of events.Municipality, at time.Time, want ...Listing) {
			t.Helper()
			list, err := s.Listings(t.Context(), of, at)
			slices.SortFunc(list, func(a, b Listing) int { return strings.Compare(string(a.Municipality), string(b.Municipality)) })
			if err != nil || !slices.Equal(list, want) {
				t.Errorf("of %q it is told %+v, want %+v: %v", of, list, want, err)
			}
		}
		told("", first)
		must(t, s.List(t.Context(), orebro, []events.ID{a}, first))
		must(t, s.List(t.Context(), orebro, []events.ID{a, b}, second))
		must(t, s.List(t.Context(), kumla, nil, first))
		here, there := Listing{orebro, second, 2, first, second}, Listing{Municipality: kumla, Made: first}
		told(orebro, second, here)
		told(kumla, second, there)
		told("", second, here, there)
		must(t, s.List(t.Context(), kumla, []events.ID{c}, second))
		told(kumla, second.AddDate(0, 0, 3), Listing{Municipality: kumla, Made: second})
		must(t, s.Erase(t.Context(), orebro, a))
		told(orebro, second, Listing{orebro, second, 1, second, second})
	})
}

func TestAListThatWasNotKeptUpBeginsAnew(t *testing.T) {
	day := 24 * time.Hour
	first := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for says, c := range map[string]struct {
		looks []time.Duration // after the first
		since time.Duration
	}{
		"each day":                           {[]time.Duration{day, 2 * day, 3 * day}, 0},
		"after two days":                     {[]time.Duration{2 * day}, 0},
		"after three":                        {[]time.Duration{3 * day}, 3 * day},
		"by a clock that is a minute behind": {[]time.Duration{-time.Minute, day}, 0},
		"by a clock that ran ahead":          {[]time.Duration{60 * day, day}, day},
	} {
		s := newHouse(t).open(t)
		a := tokenOf(t, s, orebro, "list", "a")
		must(t, s.List(t.Context(), orebro, []events.ID{a}, first))
		last := first
		for _, after := range c.looks {
			last = first.Add(after)
			must(t, s.List(t.Context(), orebro, []events.ID{a}, last))
		}
		kept, err := s.Kept(t.Context(), orebro, last)
		must(t, err)
		if len(kept) != 1 || !kept[0].Listed.Equal(first.Add(c.since)) {
			t.Errorf("made %s, it is listed since %v", says, kept)
		}
		if kept, err := s.Kept(t.Context(), orebro, last.Add(3*day)); err != nil || !kept[0].Listed.IsZero() {
			t.Errorf("made %s and not for three days then, it is listed since %v: %v", says, kept, err)
		}
	}
}
