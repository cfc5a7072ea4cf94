package api_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/services/api"
)

// atOnce does several things at the same time.
func atOnce(all ...func()) {
	var doing sync.WaitGroup
	for _, one := range all {
		doing.Go(one)
	}
	doing.Wait()
}

func TestNobodyIsNamedInAProgrammeAfterItNamesNobody(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	children, without := h.children(12), object{"name": "Sputnik", "forms": []string{"camp", "support_group"}, "identity": "none"}
	with := object{"name": "Sputnik", "forms": []string{"camp", "support_group"}}
	for _, child := range children {
		var amended, placed reply
		atOnce(
			func() { amended = h.put("programmes/sputnik", without) },
			func() {
				placed = h.post("enrolments", object{"child": child, "programme": "sputnik", "form": "camp", "enrolled_on": "2021-02-01"})
			},
		)
		at := amended.is(200).receipt().Position
		if placed.status == 201 && placed.receipt().Position > at {
			t.Errorf("a child stands at %d in a programme that names nobody since %d", placed.receipt().Position, at)
		}
		h.put("programmes/sputnik", with).is(200)
	}
}

func TestNoFileNamesAnybodyInAProgrammeAfterItNamesNobody(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	file, forms := "record_id,type,occurred_on,child,programme,form\n"+manyRows(600), []string{"camp", "support_group"}
	for source := range 8 {
		var amended, brought reply
		atOnce(
			func() { brought = h.post(fmt.Sprintf("imports?source=s%d", source), file) },
			func() {
				time.Sleep(time.Duration(source) * 15 * time.Millisecond)
				amended = h.put("programmes/sputnik", object{"name": "Sputnik", "forms": forms, "identity": "none"})
			},
		)
		brought.is(200)
		for r, err := range h.log.Read(t.Context(), orebro, events.Position(amended.is(200).receipt().Position)) {
			if err != nil {
				t.Fatal(err)
			}
			if e, marks := r.Events[0].(events.SessionAttended); marks && len(e.Attended) > 0 {
				t.Errorf("a child stands at %d in a programme that names nobody since %d", r.Position, amended.receipt().Position)
				break
			}
		}
		h.put("programmes/sputnik", object{"name": "Sputnik", "forms": forms}).is(200)
	}
}

func TestNothingStaysPlannedAfterAGroupsLastDay(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	for range 6 {
		group := h.post("groups", object{"programme": "sputnik", "form": "support_group", "name": "Onsdag"}).is(201).receipt().ID
		var closed reply
		atOnce(
			func() { closed = h.post("groups/"+group+"/close", object{"closed_on": "2022-12-01"}) },
			func() { h.post("groups/"+group+"/series", object{"days": []string{"2022-12-14", "2022-12-21"}}) },
			func() { h.post("sessions", object{"group": group, "held_on": "2022-12-28"}) },
		)
		closed.is(200)
		var all api.Sessions
		h.get("sessions?group=" + group + "&min_position=" + position(h.head())).is(200).into(&all)
		for _, one := range all.Sessions {
			if !one.Cancelled {
				t.Errorf("%s stays planned", one.HeldOn)
			}
		}
	}
}
