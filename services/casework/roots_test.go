package casework_test

import (
	"testing"

	"rackvidd/events"
	"rackvidd/services/casework"
)

func TestARecordCountsAsWhomItWasFoundToBe(t *testing.T) {
	for name, c := range map[string]struct {
		same casework.Roots
		want [3]events.ID // of anna, bo and cleo
	}{
		"nobody was merged":                             {nil, [3]events.ID{anna, bo, cleo}},
		"one is another":                                {casework.Roots{bo: anna}, [3]events.ID{anna, anna, cleo}},
		"one is another, who is a third":                {casework.Roots{cleo: bo, bo: anna}, [3]events.ID{anna, anna, anna}},
		"in a circle everybody is themselves":           {casework.Roots{anna: bo, bo: anna}, [3]events.ID{anna, bo, cleo}},
		"and so is who was found to be one of a circle": {casework.Roots{anna: bo, bo: anna, cleo: bo}, [3]events.ID{anna, bo, cleo}},
	} {
		for i, child := range []events.ID{anna, bo, cleo} {
			if got := c.same.Of(child); got != c.want[i] {
				t.Errorf("%s: %s counts as %s, not %s", name, child, got, c.want[i])
			}
		}
	}
}

func TestTwoRecordsOfOneChildHaveOneRow(t *testing.T) {
	same := casework.Roots{bo: anna}
	tapWithout := func(erased map[events.ID]bool, child events.ID, state casework.RowState, at events.Instant) func(*casework.Session) ([]events.Event, error) {
		return func(s *casework.Session) ([]events.Event, error) {
			return s.MarkRow(s.As(casework.Person{Child: child}, same, erased), state, at)
		}
	}
	tap := func(child events.ID, state casework.RowState, at events.Instant) func(*casework.Session) ([]events.Event, error) {
		return tapWithout(nil, child, state, at)
	}
	noAnna := map[events.ID]bool{anna: true}
	marked := func(child events.ID, at events.Instant) events.Mark { return events.Mark{Child: child, At: at} }
	annaAbsent := events.SessionAttended{Session: evening, Absent: []events.Mark{marked(anna, 3)}}
	boThere := events.SessionAttended{Session: evening, Attended: []events.Mark{marked(bo, 5)}}
	for _, c := range []struct {
		name  string
		given []events.Event
		when  func(*casework.Session) ([]events.Event, error)
		then  []any
	}{
		{"which is the kept one's where neither is marked", []events.Event{opened}, tap(bo, casework.RowAttended, 7), []any{events.SessionAttended{Session: evening, Attended: []events.Mark{marked(anna, 7)}}}},
		{"unless nobody can tell any more who that is", []events.Event{opened}, tapWithout(noAnna, bo, casework.RowAttended, 7), []any{events.SessionAttended{Session: evening, Attended: []events.Mark{marked(bo, 7)}}}},
		{"what stands of an erased one stays its row", []events.Event{opened, annaAbsent}, tapWithout(noAnna, bo, casework.RowAttended, 7), []any{
			events.SessionAttended{Session: evening, Removed: []events.Mark{marked(anna, 7)}, Attended: []events.Mark{marked(anna, 7)}},
		}},
		{"or that of the one that is marked", []events.Event{opened, boThere}, tap(anna, casework.RowAbsent, 7), []any{
			events.SessionAttended{Session: evening, Removed: []events.Mark{marked(bo, 7)}, Absent: []events.Mark{marked(bo, 7)}},
		}},
		{"and of two that are marked that of the one that was there", []events.Event{opened, annaAbsent, boThere}, tap(anna, casework.RowAbsent, 7), []any{
			events.SessionAttended{Session: evening, Removed: []events.Mark{marked(bo, 7), marked(anna, 7)}, Absent: []events.Mark{marked(bo, 7)}},
		}},
		{"an earlier tap on either does not stand", []events.Event{opened, annaAbsent, boThere}, tap(anna, casework.RowAbsent, 4), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.when(given(casework.NewSession(), c.given...))
			then(t, got, err, c.then...)
		})
	}
}
