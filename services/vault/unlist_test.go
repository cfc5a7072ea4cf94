package vault

import (
	"testing"
	"time"

	"rackvidd/events"
)

func TestNobodyIsListedForErasureWhenEverybodyWasTakenOffTheList(t *testing.T) {
	v := newHouse(t).open(t)
	for _, m := range []events.Municipality{orebro, kumla} {
		must(t, v.List(t.Context(), m, []events.ID{tokenOf(t, v, m, "list", "a")}, time.Now()))
	}
	must(t, v.Unlist(t.Context()))
	for _, m := range []events.Municipality{orebro, kumla} {
		kept, err := v.Kept(t.Context(), m, time.Now())
		must(t, err)
		if len(kept) != 1 || !kept[0].Listed.IsZero() {
			t.Errorf("in %s: %+v", m, kept)
		}
	}
}
