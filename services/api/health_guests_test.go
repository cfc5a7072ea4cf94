package api_test

import (
	"context"
	"testing"

	"rackvidd/services/api"
)

func TestReadinessNamesTheLogsWhoseGuestsAreNotToldOf(t *testing.T) {
	list := []api.GuestsState{{Municipality: orebro, Why: "nobody is at home"}, {Municipality: kumla, Position: 4711}} // the latter has nothing left to tell
	h := newHouse(t, func(d *api.Deps) {
		d.Guests = func(context.Context) ([]api.GuestsState, error) { return list, nil }
	})
	h.sputnik()
	ready := func() (state api.Readiness) {
		t.Helper()
		h.ask("", "GET", "/readyz", nil).is(200).into(&state)
		return state
	}
	if state := ready(); state.Status != "degraded" || len(state.Guests) != 1 || state.Guests[0].Municipality != orebro || state.Guests[0].Why == "" {
		t.Errorf("%s %+v", state.Status, state.Guests)
	}
	list = list[1:]
	if state := ready(); state.Status != "ready" || len(state.Guests) != 0 {
		t.Errorf("%s %+v", state.Status, state.Guests)
	}
}
