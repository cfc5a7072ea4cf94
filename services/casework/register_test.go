package casework_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rackvidd/events"
	"rackvidd/services/casework"
)

func people(children ...events.ID) (list []casework.Person) {
	for _, child := range children {
		list = append(list, casework.Person{Child: child, BirthYear: 2010})
	}
	return list
}

// standing writes a register in a fixed order.
func standing(s *casework.Session) string {
	var rows []string
	for k, m := range s.Marks {
		rows = append(rows, fmt.Sprintf("%d %s %s %s %t", k.Child[0], k.Role, k.Target, k.Home, m.Attended))
	}
	slices.Sort(rows)
	for _, e := range slices.SortedFunc(maps.Keys(s.Counts), func(a, b events.Entry) int { return slices.Compare(a.Number[:], b.Number[:]) }) {
		rows = append(rows, fmt.Sprintf("%d of %s", s.Counts[e].Count, s.Counts[e].Role))
	}
	return fmt.Sprint(rows)
}

func TestAWholeRegister(t *testing.T) {
	guest := events.SessionAttended{Session: evening, HomeMunicipality: "1881", Attended: []events.Mark{{Child: anna}}}
	adult := events.SessionAttended{Session: evening, Attended: []events.Mark{{Child: cleo, Role: events.AdultRole}}}
	counted := events.SessionAttended{Session: evening, Counted: []events.HeadCount{{Entry: entry(evening, 9), Count: 5, Record: record(1)}}}
	for _, c := range []struct {
		name  string
		given []events.Event
		when  casework.Register
		then  string
	}{
		{
			"says who was there and who was not", nil,
			casework.Register{Attended: people(anna), Other: people(bo), Absent: people(cleo)},
			"[1 child substance_abuse  true 2 child other  true 3 child substance_abuse  false]",
		},
		{"takes away whoever it does not name", []events.Event{there(anna, bo)}, casework.Register{Attended: people(anna)}, "[1 child substance_abuse  true]"},
		{"makes the absent present", []events.Event{events.SessionAttended{Session: evening, Absent: []events.Mark{{Child: anna}}}}, casework.Register{Attended: people(anna)}, "[1 child substance_abuse  true]"},
		{"says anew why a child was there", []events.Event{there(anna)}, casework.Register{Other: people(anna)}, "[1 child other  true]"},
		{"says where a child lives", []events.Event{there(anna)}, casework.Register{Attended: []casework.Person{{Child: anna, Home: "1881"}}}, "[1 child substance_abuse 1881 true]"},
		{"keeps where a guest lives", []events.Event{guest}, casework.Register{Absent: people(anna)}, "[1 child substance_abuse 1881 false]"},
		{"leaves the adults who were named", []events.Event{adult}, casework.Register{Attended: people(anna)}, "[1 child substance_abuse  true 3 adult substance_abuse  true]"},
		{"counts those nobody identified, and adults", nil, casework.Register{Unidentified: 3, Adults: 2}, "[3 of  2 of adult]"},
		{"replaces what records counted", []events.Event{counted}, casework.Register{Unidentified: 3}, "[3 of ]"},
		{"leaves counts that add up", []events.Event{counted}, casework.Register{Unidentified: 5}, "[5 of ]"},
		{"may be empty", []events.Event{there(anna), counted}, casework.Register{}, "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := given(casework.NewSession(), append([]events.Event{opened}, c.given...)...)
			list, err := s.State(c.when, 7)
			if err != nil || len(list) > 1 {
				t.Fatalf("decided %v, %v", list, err)
			}
			for _, e := range list {
				for _, m := range e.(events.SessionAttended).Removed {
					if _, stood := s.Marks[casework.Key(m, "")]; !stood {
						t.Errorf("removes %+v, which did not stand", m)
					}
				}
			}
			if given(s, list...); standing(s) != c.then {
				t.Errorf("stands %s, want %s", standing(s), c.then)
			}
			if again, err := s.State(c.when, 8); err != nil || again != nil {
				t.Errorf("stated again it decides %v, %v", again, err)
			}
		})
	}
	t.Run("names nobody twice", func(t *testing.T) {
		for field, r := range map[string]casework.Register{
			"attended": {Attended: people(anna, anna)},
			"other":    {Attended: people(anna), Other: people(anna)},
			"absent":   {Attended: people(anna), Absent: people(anna, bo, bo)},
		} {
			_, err := given(casework.NewSession(), opened).State(r, 7)
			then(t, nil, err, "child_named_twice")
			if got := err.(*casework.Refusal).Field; got != field {
				t.Errorf("the field is %s, want %s", got, field)
			}
		}
	})
}

func TestNoTapFromBeforeUndoesARegisterThatWasConfirmed(t *testing.T) {
	s := given(casework.NewSession(), opened)
	for _, step := range []func() ([]events.Event, error){
		func() ([]events.Event, error) { return s.MarkRow(people(anna)[0], casework.RowAttended, 1) },
		func() ([]events.Event, error) { return s.State(casework.Register{Attended: people(anna)}, 5) },
		func() ([]events.Event, error) { return s.MarkRow(people(anna)[0], casework.RowNone, 3) },
	} {
		list, err := step()
		if err != nil {
			t.Fatal(err)
		}
		given(s, list...)
	}
	if got, want := standing(s), "[1 child substance_abuse  true]"; got != want {
		t.Errorf("stands %s, want %s", got, want)
	}
}

func TestATap(t *testing.T) {
	type tap struct {
		state casework.RowState
		at    events.Instant
	}
	for _, c := range []struct {
		name  string
		given []events.Event
		taps  []tap
		then  string
	}{
		{"marks a child", nil, []tap{{"attended", 1}}, "[1 child substance_abuse  true]"},
		{"that is later stands", nil, []tap{{"attended", 1}, {"absent", 2}}, "[1 child substance_abuse  false]"},
		{"that was earlier and comes later does not", nil, []tap{{"none", 2}, {"attended", 1}}, "[]"},
		{"at the same moment: attended before absent", nil, []tap{{"attended", 1}, {"absent", 1}}, "[1 child substance_abuse  true]"},
		{"at the same moment: absent before none", nil, []tap{{"none", 1}, {"absent", 1}}, "[1 child substance_abuse  false]"},
		{"from before the whole register undoes nothing", []events.Event{events.SessionAttended{Session: evening, RegisterAt: 5, Attended: []events.Mark{{Child: anna}}}}, []tap{{"none", 4}}, "[1 child substance_abuse  true]"},
		{"after it does", []events.Event{events.SessionAttended{Session: evening, RegisterAt: 5, Attended: []events.Mark{{Child: anna}}}}, []tap{{"none", 6}}, "[]"},
		{"keeps why and from where", []events.Event{s2(events.Mark{Child: anna, Target: events.OtherTarget, HomeMunicipality: "1881"})}, []tap{{"none", 1}, {"attended", 2}}, "[1 child other 1881 true]"},
		{"of a child with two reasons keeps substance abuse", []events.Event{s2(events.Mark{Child: anna, Target: events.OtherTarget}), s2(events.Mark{Child: anna, Target: events.SubstanceAbuse})}, []tap{{"absent", 1}}, "[1 child substance_abuse  false]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := given(casework.NewSession(), append([]events.Event{opened}, c.given...)...)
			for _, tap := range c.taps {
				list, err := s.MarkRow(casework.Person{Child: anna}, tap.state, tap.at)
				if err != nil {
					t.Fatal(err)
				}
				given(s, list...)
			}
			if standing(s) != c.then {
				t.Errorf("stands %s, want %s", standing(s), c.then)
			}
		})
	}
}

func TestTapsInAnyOrderAndRepeatedGiveTheSameRegister(t *testing.T) {
	type tap struct {
		child events.ID
		state casework.RowState
		at    events.Instant
	}
	rapid.Check(t, func(t *rapid.T) {
		child := rapid.SampledFrom([]events.ID{anna, bo, cleo})
		before := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) events.Mark {
			return events.Mark{
				Child: child.Draw(t, "child"), Target: rapid.SampledFrom([]events.Target{"", events.SubstanceAbuse, events.OtherTarget}).Draw(t, "target"),
				HomeMunicipality: rapid.SampledFrom([]events.Municipality{"", "1881"}).Draw(t, "home"),
			}
		}), 0, 3).Draw(t, "before")
		taps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) tap {
			state := rapid.SampledFrom([]casework.RowState{casework.RowAttended, casework.RowAbsent, casework.RowNone}).Draw(t, "state")
			return tap{child.Draw(t, "child"), state, events.Instant(rapid.IntRange(1, 4).Draw(t, "at"))}
		}), 1, 8).Draw(t, "taps")
		play := func(taps []tap) string {
			s := given(casework.NewSession(), opened, events.SessionAttended{Session: evening, Attended: before})
			for _, tap := range taps {
				list, err := s.MarkRow(casework.Person{Child: tap.child}, tap.state, tap.at)
				if err != nil {
					t.Fatal(err)
				}
				given(s, list...)
			}
			return standing(s)
		}
		repeated := slices.Concat(taps, rapid.SliceOfN(rapid.SampledFrom(taps), 0, 4).Draw(t, "repeated"))
		shuffled := rapid.Permutation(repeated).Draw(t, "shuffled")
		if a, b := play(taps), play(shuffled); a != b {
			t.Fatalf("in order %s, shuffled and repeated %s", a, b)
		}
	})
}

// saying is a tap, or what is said of why a child is there; in the order in which it was done.
type saying struct {
	state  casework.RowState
	target events.Target
	at     events.Instant
}

func TestTapsThatComeAfterAReasonWasSaidEndAsIfSentInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		placed := rapid.SampledFrom([]events.Target{"", events.OtherTarget}).Draw(t, "placed")
		all := rapid.SliceOfN(rapid.SampledFrom([]saying{
			{state: casework.RowAttended},
			{state: casework.RowAbsent},
			{state: casework.RowNone},
			{state: casework.RowAttended, target: events.OtherTarget},
			{target: events.OtherTarget},
			{target: events.SubstanceAbuse},
			{state: casework.RowNone, target: events.OtherTarget},
		}), 1, 8).Draw(t, "all")
		var inTime, late []saying
		for i := range all {
			all[i].at = events.Instant(i + 1)
			if tap := all[i].target == ""; tap && rapid.Bool().Draw(t, "late") {
				late = append(late, all[i])
			} else {
				inTime = append(inTime, all[i])
			}
		}
		if len(late) > 0 {
			late = rapid.Permutation(late).Draw(t, "shuffled")
		}
		play := func(list []saying) (said string) {
			s := given(casework.NewSession(), opened)
			for _, one := range append(list, saying{state: casework.RowAttended, at: 100}) { // which shows why a row that is empty was there
				said = standing(s)
				events, err := s.MarkRow(casework.Person{Child: anna, Target: one.target, Placed: placed}, one.state, one.at)
				if err != nil {
					t.Fatal(err)
				}
				given(s, events...)
			}
			return said + ", then " + standing(s)
		}
		if a, b := play(all), play(slices.Concat(inTime, late)); a != b {
			t.Fatalf("in order %s, where taps came late %s", a, b)
		}
	})
}

func TestWhyAChildIsThereIsSaidOfItsRowAlone(t *testing.T) {
	four := events.Count(4)
	s := given(casework.NewSession(), opened, there(anna, bo))
	tell := func(list []events.Event, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		given(s, list...)
	}
	tell(s.MarkRow(casework.Person{Child: anna, Target: events.OtherTarget, Home: "1881"}, "", 9))
	if got, want := standing(s), "[1 child other 1881 true 2 child substance_abuse  true]"; got != want {
		t.Errorf("stands %s, want %s", got, want)
	}
	if again, err := s.MarkRow(casework.Person{Child: anna, Target: events.OtherTarget}, "", 9); err != nil || again != nil {
		t.Errorf("said again it decides %v, %v", again, err)
	}
	tell(s.CountHeads(casework.Heads{Children: &four}, 3))
	tell(s.MarkRow(casework.Person{Child: bo}, casework.RowAbsent, 4))
	tell(s.MarkRow(casework.Person{Child: anna}, casework.RowAbsent, 5))
	if got, want := standing(s), "[1 child other 1881 false 2 child substance_abuse  false 4 of ]"; got != want {
		t.Errorf("with a count and taps from before that come late stands %s, want %s", got, want)
	}
}
