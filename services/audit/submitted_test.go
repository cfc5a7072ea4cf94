package audit_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/reach"
	"rackvidd/services/audit"
	"rackvidd/services/integrity"
)

// amended is a survey of two versions, each with its statement.
func amended(t *testing.T) *submitted {
	t.Helper()
	s := submit(t, 9, 20)
	s.answer(rand.New(rand.NewPCG(9, 9)), 2)
	s.archived()
	for version := range 2 {
		if _, err := s.statements.Of(t.Context(), s.story.Municipality, s.year, version+1); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestAnEarlierVersionsStatementIsHeldAgainstTheLog(t *testing.T) {
	s := amended(t)
	if v, err := s.verified(); err != nil || !v.Whole {
		t.Fatalf("%+v, %v", v, err)
	}
	for _, ending := range []string{"statement", "json"} {
		path := filepath.Join(s.statements.Dir, string(s.story.Municipality), fmt.Sprintf("%d-1.%s", s.year, ending))
		whole := must(os.ReadFile(path))
		broken := bytes.Clone(whole)
		broken[len(broken)/2] ^= 1
		for _, c := range []struct {
			raw  []byte
			want int
		}{{broken, 1}, {whole, 0}} {
			if err := os.WriteFile(path, c.raw, 0o600); err != nil {
				t.Fatal(err)
			}
			v, err := s.verified()
			if err != nil || len(v.Findings) != c.want || c.want > 0 && (v.Findings[0].Copy != integrity.TheStatement || v.Findings[0].File != fmt.Sprintf("%d-1.statement", s.year)) {
				t.Errorf("%s: %+v, %v", ending, v, err)
			}
		}
	}
}

func TestEveryVersionsAnswersAreHeldAgainstTheLog(t *testing.T) {
	counted := func(lower, upper int, off events.Amount) events.SurveyAnswer {
		return events.SurveyAnswer{Status: events.NumberAnswer, Basis: events.IntervalBasis, Value: events.Amount(lower) + off, Lower: events.Amount(lower), Upper: events.Amount(upper)}
	}
	given := func(lower, _ int, off events.Amount) events.SurveyAnswer {
		return events.SurveyAnswer{Status: events.NumberAnswer, Basis: events.OverriddenBasis, Value: 60, Lower: 60, Upper: 60, Computed: events.Amount(lower) + off}
	}
	for name, c := range map[string]struct {
		answer func(lower, upper int, off events.Amount) events.SurveyAnswer
		off    events.Amount
		later  events.Sequence
		code   string
		about  string
	}{
		"counted otherwise":                  {counted, 5, 0, "other_answer", "%d, version 2, Q4"},
		"given in place of another number":   {given, 5, 0, "other_answer", "%d, version 2, Q4"},
		"of what was recorded after it":      {counted, 0, 100_000, "later_figures", "%d, version 2"},
		"as counted":                         {counted, 0, 0, "", ""},
		"given in place of what was counted": {given, 0, 0, "", ""},
	} {
		s := amended(t)
		d := reach.Definitions[0]
		s.year++ // of which the versions before and after are right
		s.answer(rand.New(rand.NewPCG(9, 9)), 1)
		f, _, err := reach.Replay(t.Context(), s.story.Log, s.story.Municipality, d, reach.CalendarYear(s.year), reach.AsOf{})
		if err != nil {
			t.Fatal(err)
		}
		a := c.answer(f.Bounds.Lower, f.Bounds.Upper, c.off)
		a.Question = "Q4"
		at := s.story.Happens(events.SurveyOf(s.year), events.SurveySubmitted{
			Year: s.year, Version: 2, Form: "v3", Definition: events.DefinitionID(d.ID), Position: events.Sequence(f.Position) + c.later, Program: "v1.0.0",
			Answers: []events.SurveyAnswer{{Question: "Q1", Status: events.YesAnswer}, a}, Released: []events.SurveyAnswer{},
		})
		s.answer(rand.New(rand.NewPCG(9, 9)), 3)
		s.archived()
		for _, statements := range []*audit.Statements{s.statements, nil} {
			v, err := audit.Verify(t.Context(), audit.Copies{Stream: s.story.Log, Archive: s.statements.Archive, Archived: s.statements.Archived, Statements: statements}, s.story.Municipality, 0)
			if err != nil || v.Whole != (c.code == "") {
				t.Fatalf("%s: %+v, %v", name, v, err)
			}
			if v.Whole {
				continue
			}
			if one := v.Findings[0]; len(v.Findings) != 1 || one.Copy != integrity.TheSubmission || string(one.Code) != c.code || one.Position != at || one.About != fmt.Sprintf(c.about, s.year) || !strings.Contains(one.Problem, fmt.Sprintf("version 2 of the survey of %d", s.year)) {
				t.Errorf("%s: %+v", name, v.Findings)
			}
			if public := v.Findings[0].Public(); public.Shown != "" || public.Given != "" {
				t.Errorf("%s: anybody is told %+v", name, public)
			}
		}
	}
}

func TestAVersionByADefinitionThatTheProgramDoesNotHaveIsNotWholeAndKeepsNothingElseFromBeingCompared(t *testing.T) {
	s := amended(t)
	s.year++
	for i, definition := range []events.DefinitionID{"reach/v99", reach.Default} {
		s.story.Happens(events.SurveyOf(s.year), events.SurveySubmitted{
			Year: s.year, Version: events.Count(i + 1), Form: "v3", Definition: definition, Position: 4, Program: "v1.0.0", Released: []events.SurveyAnswer{},
			Answers: []events.SurveyAnswer{{Question: "Q4", Status: events.NumberAnswer, Basis: events.CountedBasis, Value: 777, Lower: 777, Upper: 777}},
		})
	}
	s.archived()
	v, err := s.verified()
	if err != nil || v.Whole || len(v.Findings) != 1 || v.Findings[0].About != fmt.Sprintf("%d, version 2, Q4", s.year) {
		t.Errorf("found %+v, %v", v.Findings, err)
	}
	if len(v.Unchecked) != 1 || v.Unchecked[0].Copy != integrity.TheSubmission || !strings.Contains(v.Unchecked[0].Why, fmt.Sprintf("version 1 of the survey of %d", s.year)) || !strings.Contains(v.Unchecked[0].Why, "reach/v99") || !strings.Contains(v.Unchecked[0].Why, "rackvidd v1.0.0") {
		t.Errorf("not compared: %+v", v.Unchecked)
	}
}

// TestWhatWasSubmittedOtherwiseKeepsNoRepairWaiting has a first version with a number that the log does not give, and a stream that
// lacks a message, or nothing else.
func TestWhatWasSubmittedOtherwiseKeepsNoRepairWaiting(t *testing.T) {
	for _, lacking := range []events.Position{0, 2} {
		r := &repairing{Story: projectiontest.NewStory(t, örebro)}
		for range 4 {
			r.evening()
		}
		at := r.Happens(events.SurveyOf(2021), events.SurveySubmitted{
			Year: 2021, Version: 1, Form: "v3", Definition: reach.Default, Position: 4, Program: "v1.0.0", Released: []events.SurveyAnswer{},
			Answers: []events.SurveyAnswer{{Question: "Q4", Status: events.NumberAnswer, Basis: events.CountedBasis, Value: 7, Lower: 7, Upper: 7}},
		})
		r.lacks(t, lacking)
		made, err := r.Repair(t.Context(), örebro, audit.Order{By: events.ID{7}, At: time.Now()})
		var refused *integrity.RefusedError
		if lacking == 0 && (!errors.As(err, &refused) || !strings.Contains(err.Error(), "amend the survey") || strings.Contains(err.Error(), "7")) {
			t.Errorf("where nothing can be restored it is answered %v", err)
		}
		if lacking > 0 && (err != nil || made.State != "done" || !slices.Equal(made.Restored, []string{"stream from the archive"})) {
			t.Errorf("the stream is restored as %+v, %v", made, err)
		}
		if stands := r.Findings.Of(örebro); len(stands) != 1 || stands[0].Copy != integrity.TheSubmission || stands[0].Position != at {
			t.Errorf("what stands is %v", stands)
		}
	}
}
