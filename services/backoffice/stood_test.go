package backoffice_test

import (
	"encoding/json"
	"errors"
	"testing"

	"rackvidd/events"
	"rackvidd/services/surveying"
)

// shownThen is what a survey showed when the log ended at a position.
type shownThen struct {
	at      events.Position
	state   surveying.State
	version int
	answers string
}

func (h *house) now() shownThen {
	h.t.Helper()
	at, err := h.Log.Head(h.t.Context(), örebro)
	if err != nil {
		h.t.Fatal(err)
	}
	h.shown(at)
	sheet := h.open()
	return shownThen{at, sheet.State, sheet.Version, said(h.t, sheet.Answers)}
}

func said(t testing.TB, answers []surveying.Answer) string {
	t.Helper()
	raw, err := json.Marshal(answers)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestWhatASurveySaidAtAPositionIsWhatWasShownThen(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	seen := []shownThen{h.now()}
	for _, happens := range []func(){
		func() { h.explains(anna) },
		func() { h.evening(3, events.Date(2021, 12, 20), 1, 7) },
		func() { h.checks(anna) },
		func() { h.evening(4, events.Date(2021, 12, 21), 8) }, // what was checked stands
		func() { h.approves(bo) },
		func() { h.submits(anna) },
		func() { h.done(h.Amend(t.Context(), h.asked, command(anna), anyVersion, "a camp was recorded late")) },
		func() {
			h.answers(bo, surveying.Given{Answers: []surveying.GivenAnswer{{Question: "Q4", Status: events.NumberAnswer, Value: 9, Reason: "two more came"}}})
		},
	} {
		happens()
		seen = append(seen, h.now())
	}
	different := make(map[string]bool)
	for _, then := range seen {
		stood, err := h.Stood(t.Context(), h.asked, then.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := (shownThen{stood.Position, stood.State, stood.Version, said(t, stood.Answers)}); got != then {
			t.Errorf("at %d it is said to have said\n%+v\nand showed\n%+v", then.at, got, then)
		}
		different[then.answers] = true
	}
	if len(different) < 5 {
		t.Errorf("only %d answers that are not the same", len(different))
	}
	nothing, err := h.Stood(t.Context(), h.asked, 0)
	if err != nil || nothing.State != surveying.InDraft || nothing.Form != "v3" || len(nothing.Answers) != len(h.open().Answers) {
		t.Errorf("before the first event: %+v, %v", nothing, err)
	}
	far := h.asked
	far.Year = 2099
	var unknown *surveying.UnknownFormError
	if _, err := h.Stood(t.Context(), far, 1); !errors.As(err, &unknown) {
		t.Errorf("a year that no form asks about: %v", err)
	}
}
