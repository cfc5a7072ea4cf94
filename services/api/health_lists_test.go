package api_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/services/api"
)

func TestAListForErasureThatIsNotKeptUpIsNamedAndMeasured(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child, err := events.ParseID(h.child("a"))
	if err != nil {
		t.Fatal(err)
	}
	ready := func() (state api.Readiness) {
		t.Helper()
		h.ask("", "GET", "/readyz", nil).is(200).into(&state)
		return state
	}
	measured := func(line string, want bool) {
		t.Helper()
		if text := h.ask("", "GET", "/metrics", nil).is(200).text; strings.Contains(text, line) != want {
			t.Errorf("that it measures %q is %v", line, !want)
		}
	}
	measured("rackvidd_retention_listed_children 0\n", true)
	measured("rackvidd_retention_listed_timestamp_seconds{", false)
	made := h.clock()
	if err := h.vault.List(t.Context(), orebro, []events.ID{child}, made); err != nil {
		t.Fatal(err)
	}
	if err := h.vault.List(t.Context(), kumla, nil, made.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	measured("rackvidd_retention_listed_children 1\n", true)
	measured(fmt.Sprintf("rackvidd_retention_listed_timestamp_seconds{municipality=%q} %s\n", orebro, strconv.FormatFloat(float64(made.Unix()), 'g', -1, 64)), true)
	h.moment.Store(made.Add(26 * time.Hour).UnixMilli())
	if state := ready(); state.Status != "ready" || len(state.Lists) > 0 {
		t.Errorf("after 26 hours: %s %+v", state.Status, state.Lists)
	}
	h.moment.Store(made.Add(26*time.Hour + time.Minute).UnixMilli())
	if state := ready(); state.Status != "degraded" || len(state.Lists) != 1 || state.Lists[0].Municipality != orebro || !state.Lists[0].Made.Equal(made) {
		t.Errorf("a minute later: %s %+v", state.Status, state.Lists)
	}
}
