package surveying_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/services/casework"
	"rackvidd/services/surveying"
)

// People of the stories.
var anna, bo, cleo = events.ID{1}, events.ID{2}, events.ID{3}

var definitions = surveying.Definitions{"enrolled/v1": 17, "groups/v1": 17, "reach/v3": 17}

var loaded = sync.OnceValues(func() (surveying.Collection, error) { return surveying.LoadForms(definitions, surveying.BuiltIn()) })

func builtIn(t testing.TB) surveying.Collection {
	t.Helper()
	forms, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return forms
}

func form(t testing.TB, id events.FormID) surveying.Form {
	t.Helper()
	f, ok := builtIn(t).Named(id)
	if !ok {
		t.Fatalf("there is no form %s", id)
	}
	return f
}

// wrote names a text; the same text is named alike.
func wrote(text string) (w events.Wording) {
	copy(w.ID[:], text)
	copy(w.Digest[:], text)
	return w
}

// reads is what a wording of wrote says.
func reads(w events.Wording) string { return strings.TrimRight(string(w.ID[:]), "\x00") }

// kept is the same as a text that is there.
func kept(w events.Wording) surveying.Written { return surveying.Written{Text: reads(w)} }

// step is what one person did.
type step struct {
	by     events.ID
	events []events.Event
}

func by(who events.ID, list ...events.Event) step { return step{who, list} }

// given is a survey after what happened, each step at the next position.
func given(steps ...step) *surveying.Survey {
	s, messages := surveying.NewSurvey(), []events.Recorded{}
	for i, one := range steps {
		r := events.Recorded{Position: events.Position(i + 1), Events: one.events}
		r.Actor, r.Time = one.by, time.Date(2022, 1, 10, 8, i, 0, 0, time.UTC)
		messages = append(messages, r)
	}
	events.Fold(s, messages)
	return s
}

// then compares what was decided: events as they print, or the code of a refusal.
func then(t *testing.T, got []events.Event, err error, want ...any) {
	t.Helper()
	var refusal *casework.Refusal
	if errors.As(err, &refusal) {
		if len(want) != 1 || want[0] != refusal.Code {
			t.Errorf("refused as %s (%s), want %v", refusal.Code, refusal.Message, want)
		}
		if len(got) != 0 {
			t.Errorf("refused, but decided %+v", got)
		}
		return
	}
	if err != nil {
		t.Error(err)
	}
	if a, b := lines(got), lines(want); a != b {
		t.Errorf("decided\n%swant\n%s", a, b)
	}
}

func lines[E any](list []E) (s string) {
	for _, e := range list {
		s += fmt.Sprintf("  %T %+v\n", e, e)
	}
	return s
}

// answerTo is the answer to a question among answers.
func answerTo(t testing.TB, answers []surveying.Answer, q events.Question) surveying.Answer {
	t.Helper()
	i := slices.IndexFunc(answers, func(a surveying.Answer) bool { return a.Question == q })
	if i < 0 {
		t.Fatalf("%s is not answered at all", q)
	}
	return answers[i]
}

func written[C ~string](list []C) string {
	words := make([]string, len(list))
	for i, c := range list {
		words[i] = string(c)
	}
	return strings.Join(words, " ")
}
