package casework_test

import (
	"testing"

	"rackvidd/events"
	"rackvidd/services/casework"
)

func TestNoRecordOverrulesARowThatWasMarkedByHand(t *testing.T) {
	recorded := events.Mark{Child: anna, HomeMunicipality: "1880", Record: record(1)}
	tap := func(state casework.RowState) func(*casework.Session) ([]events.Event, error) {
		return func(s *casework.Session) ([]events.Event, error) {
			return s.MarkRow(casework.Person{Child: anna}, state, noon)
		}
	}
	why := func(s *casework.Session) ([]events.Event, error) {
		return s.MarkRow(casework.Person{Child: anna, Target: events.OtherTarget}, "", 0)
	}
	whole := func(s *casework.Session) ([]events.Event, error) {
		return s.State(casework.Register{Attended: people(bo)}, noon)
	}
	unmarked := func(s *casework.Session) ([]events.Event, error) {
		return s.Unmark(casework.Key(recorded, "")), nil
	}
	other, elsewhere, adult := recorded, recorded, recorded
	other.Target, elsewhere.HomeMunicipality, adult.Role = events.OtherTarget, "1881", events.AdultRole
	for _, c := range []struct {
		name  string
		given []func(*casework.Session) ([]events.Event, error)
		says  events.Mark
		then  bool
	}{
		{"absent, and a record says that she was there", hands(tap(casework.RowAbsent)), recorded, true},
		{"emptied", hands(tap(casework.RowNone)), recorded, true},
		{"there, and a record says so", hands(tap(casework.RowAttended)), recorded, false},
		{"there, and a record says why she was", hands(tap(casework.RowAttended)), other, true},
		{"there, and a record says that she lives elsewhere", hands(tap(casework.RowAttended)), elsewhere, true},
		{"a reason before anybody marked her", hands(why), recorded, true},
		{"a reason, which the record gives as well", hands(why, tap(casework.RowAttended)), other, false},
		{"a register without her", hands(whole), recorded, true},
		{"absent, and a record says that an adult was there", hands(tap(casework.RowAbsent)), adult, false},
		{"nothing", nil, recorded, false},
		{"nothing, after a record was taken back", hands(attend(recorded), unmarked), other, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := given(casework.NewSession(), opened)
			for _, decide := range c.given {
				list, err := decide(s)
				if err != nil {
					t.Fatal(err)
				}
				given(s, list...)
			}
			if got := s.Overruled(c.says, "1880"); got != c.then {
				t.Errorf("overruled: %v", got)
			}
		})
	}
}

func hands(list ...func(*casework.Session) ([]events.Event, error)) []func(*casework.Session) ([]events.Event, error) {
	return list
}

func attend(m events.Mark) func(*casework.Session) ([]events.Event, error) {
	return func(s *casework.Session) ([]events.Event, error) { return []events.Event{s.Attend(m)}, nil }
}

func TestARecordIsRememberedWhoseChildWasMarkedByHand(t *testing.T) {
	s := given(casework.NewSession(), opened)
	given(s, s.Attend(events.Mark{Child: anna, HomeMunicipality: "1880", Record: record(1)}), s.Attend(events.Mark{Child: bo, HomeMunicipality: "1880", Record: record(2)}))
	if s.Remarked(record(1)) || s.Remarked(record(2)) {
		t.Error("nobody marked them by hand")
	}
	list, err := s.MarkRow(casework.Person{Child: anna}, casework.RowNone, noon)
	if err != nil {
		t.Fatal(err)
	}
	given(s, list...)
	if !s.Remarked(record(1)) || s.Remarked(record(2)) || s.Remarked(record(3)) {
		t.Error("not anna's record alone is known as one that was marked anew")
	}
}
