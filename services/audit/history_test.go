package audit_test

import (
	"slices"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/projections/projectiontest"
	"rackvidd/services/audit"
)

func TestVerificationsAreKeptForAYearAndTheLatestOfEachLogAndKindIsFound(t *testing.T) {
	pool := projectiontest.Pool(t)
	for range 2 { // a second start changes nothing
		if err := audit.InstallHistory(t.Context(), pool); err != nil {
			t.Fatal(err)
		}
	}
	h, now, anna := audit.History{Pool: pool}, time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC), events.ID{7}
	note := func(m events.Municipality, by *events.ID, ended time.Time, position events.Position, findings int) {
		t.Helper()
		one := audit.Verified{Municipality: m, By: by, Began: ended.Add(-time.Minute), Ended: ended, Position: position, Findings: findings}
		if by != nil {
			one.Year = 2025
		}
		if err := h.Note(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	note("1880", nil, now.AddDate(-1, 0, -1), 1, 0)
	note("1881", nil, now.AddDate(-1, 0, -1), 1, 0)
	note("1880", &anna, now.Add(-time.Hour), 2, 3)
	note("1880", nil, now.Add(-time.Minute), 3, 0)
	note("1880", nil, now, 4, 1)
	note(events.National, &anna, now, 5, 0)
	if err := h.Note(t.Context(), audit.Verified{Municipality: "1882", Began: now, Ended: now, Position: 6, Unchecked: 2}); err != nil {
		t.Fatal(err)
	}
	if list, err := h.List(t.Context(), "1882", 0, 10); err != nil || len(list) != 1 || list[0].Findings != 0 || list[0].Unchecked != 2 {
		t.Errorf("what could not be compared: %+v, %v", list, err)
	}

	positions := func(list []audit.Verified, err error) (at []events.Position) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range list {
			at = append(at, v.Position)
		}
		return at
	}
	for name, c := range map[string]struct{ got, want []events.Position }{
		"of all":                {positions(h.List(t.Context(), "", 0, 10)), []events.Position{6, 5, 4, 3, 2, 1}},
		"of one log":            {positions(h.List(t.Context(), "1880", 0, 10)), []events.Position{4, 3, 2}},
		"a page":                {positions(h.List(t.Context(), "1880", 0, 1)), []events.Position{4}},
		"the latest":            {positions(h.Latest(t.Context(), []events.Municipality{"1880", events.National, "0114"})), []events.Position{2, 4, 5}},
		"the latest of nothing": {positions(h.Latest(t.Context(), nil)), nil},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, not %v", name, c.got, c.want)
		}
	}
	list, err := h.List(t.Context(), "1880", 0, 10)
	if err != nil || len(list) != 3 {
		t.Fatal(list, err)
	}
	if older := positions(h.List(t.Context(), "1880", list[1].Line, 10)); !slices.Equal(older, []events.Position{2}) {
		t.Errorf("before a line: %v", older)
	}
	if asked := list[2]; asked.By == nil || *asked.By != anna || asked.Year != 2025 || asked.Findings != 3 || !asked.Began.Equal(now.Add(-61*time.Minute)) {
		t.Errorf("what somebody asked for: %+v", asked)
	}
	if list[0].By != nil || list[0].Year != 0 {
		t.Errorf("the scrub: %+v", list[0])
	}
}
