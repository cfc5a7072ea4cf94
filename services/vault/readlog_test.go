package vault

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"rackvidd/events"
)

func TestTheReadLogTellsWhoReadAboutWhom(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		a, b := tokenOf(t, s, orebro, "a", "a"), tokenOf(t, s, orebro, "a", "b")
		theirs := tokenOf(t, s, kumla, "a", "a")
		kim, eli := events.ID{1}, events.ID{2}
		for _, r := range []struct {
			m          events.Municipality
			who, whose events.ID
			why        string
		}{{orebro, kim, a, "case"}, {orebro, eli, b, "case"}, {kumla, kim, theirs, "case"}, {orebro, kim, a, "disclosed"}, {orebro, eli, events.ID{}, "read_log"}} {
			must(t, s.NoteRead(t.Context(), r.m, r.whose, r.who, r.why))
		}
		first, err := s.Reads(t.Context(), orebro, ReadQuery{Limit: 1})
		must(t, err)
		for says, c := range map[string]struct {
			q    ReadQuery
			want []string
		}{
			"everything, the latest first": {ReadQuery{}, []string{"2 - read_log", "1 a disclosed", "2 b case", "1 a case"}},
			"one child's":                  {ReadQuery{Child: a}, []string{"1 a disclosed", "1 a case"}},
			"one account's":                {ReadQuery{Account: eli}, []string{"2 - read_log", "2 b case"}},
			"one purpose's":                {ReadQuery{Why: "case"}, []string{"2 b case", "1 a case"}},
			"those before a line":          {ReadQuery{Before: first[0].Line, Limit: 2}, []string{"1 a disclosed", "2 b case"}},
			"since an hour ago":            {ReadQuery{From: time.Now().Add(-time.Hour), Why: "read_log"}, []string{"2 - read_log"}},
			"until an hour ago":            {ReadQuery{To: time.Now().Add(-time.Hour)}, nil},
			"of another municipality's":    {ReadQuery{Child: theirs}, nil},
		} {
			list, err := s.Reads(t.Context(), orebro, c.q)
			must(t, err)
			var got []string
			for _, r := range list {
				got = append(got, fmt.Sprint(r.Account[0], " ", map[events.ID]string{a: "a", b: "b", {}: "-"}[r.Child], " ", r.Why))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %q, want %q", says, got, c.want)
			}
		}
	})
}

func TestALineOfTheReadLogIsKeptForFiveYears(t *testing.T) {
	h := newHouse(t)
	v := h.open(t)
	for age, why := range map[string]string{"5 years 1 day": "old", "4 years 11 months": "young"} {
		must(t, v.NoteRead(t.Context(), orebro, events.ID{7}, account, why))
		_, err := h.pool.Exec(t.Context(), "UPDATE read_log SET at = now() - interval '"+age+"' WHERE why = $1", why)
		must(t, err)
	}
	list, err := v.Reads(t.Context(), orebro, ReadQuery{})
	must(t, err)
	if len(list) != 1 || list[0].Why != "young" || h.count(t, "read_log") != 1 {
		t.Errorf("%+v of %d", list, h.count(t, "read_log"))
	}
}

func TestErasuresAreToldWithTheirTimeAndWithoutAnybodysName(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		a, b, theirs := tokenOf(t, s, orebro, "a", "a"), tokenOf(t, s, orebro, "a", "b"), tokenOf(t, s, kumla, "a", "a")
		for _, e := range []struct {
			m     events.Municipality
			token events.ID
		}{{orebro, b}, {kumla, theirs}, {orebro, a}, {orebro, b}} {
			must(t, s.Erase(t.Context(), e.m, e.token))
		}
		list, err := s.Erasures(t.Context(), orebro)
		must(t, err)
		if len(list) != 2 || list[0].Token != b || list[1].Token != a || time.Since(list[0].At) > time.Hour {
			t.Errorf("%+v", list)
		}
	})
}
