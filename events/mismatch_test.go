package events_test

import (
	"testing"

	"rackvidd/events"
)

func TestWhatTheContractDoesNotAllowIsNamed(t *testing.T) {
	id := events.NewID()
	for name, c := range map[string]struct {
		event       events.Event
		field, must string
	}{
		"nothing": {events.SessionAttended{}, "", ""},
		"heads":   {events.SessionAttended{Session: id, Counted: []events.HeadCount{{Count: 10000}}}, "", ""},
		"heads below zero": {
			events.SessionAttended{Session: id, Counted: []events.HeadCount{{Count: 1}, {Count: -1}}}, "counted.count", "must be from 0 to 10000",
		},
		"a role that is none":           {events.SessionAttended{Attended: []events.Mark{{Child: id, Role: "Adult"}}}, "attended.role", "must be one of child, adult"},
		"a year that is none":           {events.ChildDescribed{Child: id, BirthYear: 9999}, "birth_year", "must be from 1900 to 2199"},
		"a position that is none":       {events.SurveySubmitted{Position: 1 << 63}, "position", "must be from 0 to 4000000000"},
		"a question that is none":       {events.SurveySubmitted{Answers: []events.SurveyAnswer{{Question: "four"}}}, "answers.question", "must be a survey question's id, the same in every version of the form"},
		"no code among others":          {events.AnswerReceived{Measures: []events.Choice{"funding", ""}}, "measures", "holds an empty code; take it out"},
		"zero among numbers is allowed": {events.FiguresReleased{Relations: []events.ReleasedRelation{{Relation: "ranking", Cells: []events.CellName{"a"}, Numbers: []events.Amount{0, 1}}}}, "", ""},
	} {
		if field, must := events.Mismatch(c.event); field != c.field || must != c.must {
			t.Errorf("%s: %q %q, want %q %q", name, field, must, c.field, c.must)
		}
	}
}

// TestWhatIsWrittenKeepsTheContract of every kind.
func TestWhatIsWrittenKeepsTheContract(t *testing.T) {
	for name, s := range samples {
		for _, e := range s.append().Events {
			if field, must := events.Mismatch(e); must != "" {
				t.Errorf("%s: %s %s", name, field, must)
			}
		}
	}
}
