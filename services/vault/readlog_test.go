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

// readsOfAges are the lines of a read log that are left of lines of some ages, the latest first.
func readsOfAges(t *testing.T, ages ...string) (left []string) {
	t.Helper()
	h := newHouse(t)
	v := h.open(t)
	for i, age := range ages {
		must(t, v.NoteRead(t.Context(), orebro, events.ID{7}, account, "case"))
		_, err := h.pool.Exec(t.Context(), "UPDATE read_log SET at = now() - interval '"+age+"' WHERE id = $1", i+1)
		must(t, err)
	}
	for range 2 {
		left = nil
		list, err := v.Reads(t.Context(), orebro, ReadQuery{})
		must(t, err)
		for _, r := range list {
			left = append(left, ages[r.Line-1])
		}
		h.open(t)
	}
	if h.count(t, "read_log") != len(left) {
		t.Errorf("%q are read of %d", left, h.count(t, "read_log"))
	}
	return left
}

func TestALineOfTheReadLogIsKeptForFiveYears(t *testing.T) {
	if left := readsOfAges(t, "5 years 2 months", "4 years 11 months", "2 months", "1 day"); !slices.Equal(left, []string{"1 day", "2 months", "4 years 11 months"}) {
		t.Errorf("there are %q", left)
	}
}

// TestAClockThatRunsAheadDropsNothingOfTheReadLog reads when all that there was is ten years old, and notes that, and reads a day later.
func TestAClockThatRunsAheadDropsNothingOfTheReadLog(t *testing.T) {
	ages := []string{"10 years 1 month", "10 years", "1 day", "0 days"}
	if left := readsOfAges(t, ages...); len(left) != len(ages) {
		t.Errorf("of %q there are %q", ages, left)
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
