package casework_test

import (
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/services/casework"
)

func TestWhoeverSaysWhyAChildIsThereDidNotSetItsRow(t *testing.T) {
	kim, alex := events.ID{8}, events.ID{9}
	noonOf := func(hours int) time.Time { return noon.Time().Add(time.Duration(hours) * time.Hour) }
	s := given(casework.NewSession(), opened)
	var recorded []events.Recorded
	says := func(who events.ID, target events.Target, state casework.RowState, at events.Instant) {
		t.Helper()
		list, err := s.MarkRow(casework.Person{Child: anna, Target: target}, state, at)
		if err != nil || len(list) != 1 {
			t.Fatalf("%v, %v", list, err)
		}
		given(s, list...)
		r := events.Recorded{Events: list}
		r.Actor, r.Time = who, noonOf(len(recorded))
		recorded = append(recorded, r)
	}
	stands := func(want casework.Marker) {
		t.Helper()
		got := casework.MarkersIn(recorded)[anna]
		if got.By != want.By || !got.At.Equal(want.At) {
			t.Errorf("set by %v, not %v", got, want)
		}
	}
	says(kim, events.OtherTarget, "", 0)
	stands(casework.Marker{})
	says(kim, "", casework.RowAttended, noon)
	says(alex, events.SubstanceAbuse, "", 0)
	stands(casework.Marker{By: kim, At: noonOf(0)})
	says(alex, "", casework.RowNone, noon+1)
	says(kim, events.OtherTarget, "", 0)
	stands(casework.Marker{By: alex, At: (noon + 1).Time()})

	whole, err := s.State(casework.Register{Attended: people(anna)}, noon+2)
	if err != nil {
		t.Fatal(err)
	}
	r := events.Recorded{Events: whole}
	r.Actor, r.Time = kim, noonOf(9)
	recorded = append(recorded, r)
	stands(casework.Marker{By: kim, At: noonOf(9)})
}
