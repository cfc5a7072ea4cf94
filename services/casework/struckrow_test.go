package casework_test

import (
	"slices"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/services/casework"
)

func TestWhatARegisterNoLongerSaysOfAChildIsRemembered(t *testing.T) {
	kim := events.ID{9}
	at := time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC)
	tapped := at.Add(-time.Hour)
	mark := func(m events.Mark) []events.Mark { return []events.Mark{m} }
	was, gone, none := casework.Row{State: casework.RowAttended}, casework.Row{State: casework.RowAbsent}, casework.Row{State: casework.RowNone}
	elsewhere := casework.Row{State: casework.RowAttended, Target: events.OtherTarget, Home: "1881"}
	moved := events.SessionCorrected{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: march(4), Reason: events.WrongDay}
	row := func(hours int, was, became casework.Row, how casework.Strike, reason events.Reason) casework.StruckRow {
		return casework.StruckRow{Session: evening, Day: march(3), Programme: "sputnik", Form: events.SupportGroup, Was: was, Became: became, How: how, Reason: reason, At: at.Add(time.Duration(hours) * time.Hour), By: kim}
	}
	absent := events.SessionAttended{Session: evening, Removed: mark(events.Mark{Child: anna, At: events.InstantOf(tapped)}), Absent: mark(events.Mark{Child: anna, At: events.InstantOf(tapped)})}
	for _, c := range []struct {
		name     string
		happened []events.Event
		then     []casework.StruckRow
	}{
		{"a first mark strikes nothing", []events.Event{opened, there(anna)}, nil},
		{"nor does what is said of another child", []events.Event{opened, there(anna), there(bo)}, nil},
		{"nor the same again", []events.Event{opened, there(anna), there(anna)}, nil},
		{"another mark strikes the one before, when it was tapped", []events.Event{opened, there(anna), absent}, []casework.StruckRow{row(-1, was, gone, casework.MarkedOtherwise, "")}},
		{"a mark that is taken away is struck, and the next is not", []events.Event{opened, there(anna), events.SessionAttended{Session: evening, Removed: mark(events.Mark{Child: anna})}, there(anna)}, []casework.StruckRow{row(2, was, none, casework.Emptied, "")}},
		{"so is one that was for another reason, or from elsewhere", []events.Event{opened, events.SessionAttended{Session: evening, HomeMunicipality: "1881", Attended: mark(events.Mark{Child: anna, Target: events.OtherTarget})}, events.SessionAttended{
			Session: evening, Removed: mark(events.Mark{Child: anna, Target: events.OtherTarget, HomeMunicipality: "1881"}), Attended: mark(events.Mark{Child: anna}),
		}}, []casework.StruckRow{row(2, elsewhere, was, casework.MarkedOtherwise, "")}},
		{"that one lives here goes without saying", []events.Event{opened, events.SessionAttended{Session: evening, HomeMunicipality: "1880", Attended: mark(events.Mark{Child: anna})}, events.SessionAttended{
			Session: evening, Removed: mark(events.Mark{Child: anna, HomeMunicipality: "1880"}), Attended: mark(events.Mark{Child: anna}),
		}, events.SessionAttended{Session: evening, Removed: mark(events.Mark{Child: anna})}}, []casework.StruckRow{row(3, was, none, casework.Emptied, "")}},
		{"a session that is moved strikes what stood on its day", []events.Event{opened, there(anna), moved}, []casework.StruckRow{row(2, was, was, casework.SessionCorrected, events.WrongDay)}},
		{"one that is withdrawn strikes it, and is not struck again", []events.Event{opened, there(anna), events.SessionWithdrawn{Session: evening, Reason: "duplicate"}, events.SessionCancelled{Session: evening}}, []casework.StruckRow{row(2, was, none, casework.SessionWithdrawn, "duplicate")}},
		{"one that is cancelled strikes it, until it is held after all", []events.Event{opened, there(anna), events.SessionCancelled{Session: evening}, events.SessionReinstated{Session: evening, Reason: "other"}}, []casework.StruckRow{row(2, was, none, casework.SessionCancelled, "")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var recorded []events.Recorded
			for i, e := range c.happened {
				r := events.Recorded{Events: []events.Event{e}}
				r.Actor, r.Time = kim, at.Add(time.Duration(i)*time.Hour)
				recorded = append(recorded, r)
			}
			list := casework.StruckRowsIn(anna, "1880", recorded)
			if len(list) != len(c.then) {
				t.Fatalf("%d rows: %+v", len(list), list)
			}
			for i := range list {
				if list[i] != c.then[i] {
					t.Errorf("%+v, not %+v", list[i], c.then[i])
				}
			}
		})
	}
}

// A changed record is taken back and recorded anew by two events of one message.
func TestWhatOneMessageTakesAwayAndSaysAgainIsComparedAsAWhole(t *testing.T) {
	imported := func(m events.Mark) events.Event {
		m.Child = anna
		return events.SessionAttended{Session: evening, HomeMunicipality: "1880", Attended: []events.Mark{m}}
	}
	taken := events.SessionAttended{Session: evening, Removed: []events.Mark{{Child: anna, HomeMunicipality: "1880"}}}
	first := events.Recorded{Events: []events.Event{opened, imported(events.Mark{BirthYear: 2014})}}
	for _, c := range []struct {
		name    string
		changed []events.Event
		then    []casework.Strike
	}{
		{"another birth year strikes nothing, the child was there throughout", []events.Event{taken, imported(events.Mark{BirthYear: 2015})}, nil},
		{"another reason changes the row, which is never empty", []events.Event{taken, imported(events.Mark{Target: events.OtherTarget}), there(bo)}, []casework.Strike{casework.MarkedOtherwise}},
		{"one that is another child's now empties it", []events.Event{taken, there(bo)}, []casework.Strike{casework.Emptied}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var how []casework.Strike
			for _, row := range casework.StruckRowsIn(anna, "1880", []events.Recorded{first, {Events: c.changed}}) {
				how = append(how, row.How)
			}
			if !slices.Equal(how, c.then) {
				t.Errorf("struck %q, not %q", how, c.then)
			}
		})
	}
}

func TestOfSeveralMarksOfAChildARegisterSaysThatItWasThere(t *testing.T) {
	one := casework.NewSession()
	if row := one.RowOf(anna, ""); row != (casework.Row{State: casework.RowNone}) {
		t.Errorf("of nobody: %+v", row)
	}
	one.Evolve(events.SessionAttended{
		Session: evening, Absent: []events.Mark{{Child: anna, HomeMunicipality: "1881"}},
		Attended: []events.Mark{{Child: anna, Target: events.OtherTarget}, {Child: anna}, {Child: cleo, Role: events.AdultRole, HomeMunicipality: "1882"}},
	})
	if row := one.RowOf(anna, ""); row != (casework.Row{State: casework.RowAttended}) {
		t.Errorf("of one there for both reasons, and absent: %+v", row)
	}
	if row := one.RowOf(cleo, ""); row != (casework.Row{State: casework.RowAttended, Home: "1882"}) {
		t.Errorf("of an adult: %+v", row)
	}
	if row := one.RowOf(cleo, events.ChildRole); row != (casework.Row{State: casework.RowNone}) {
		t.Errorf("of an adult as a child: %+v", row)
	}
}
