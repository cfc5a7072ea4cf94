package backoffice_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"rackvidd/events"
	"rackvidd/services/integrity"
	"rackvidd/services/surveying"
)

// loses takes a child out of the tables behind the program's back.
func (h *house) loses() (give func()) {
	h.t.Helper()
	return h.without(`child = (SELECT min(child::text) FROM reach_1880_1.attendance)::uuid`)
}

// without takes attendances out of the tables.
func (h *house) without(which string) (give func()) {
	h.t.Helper()
	exec := func(sql string) {
		h.t.Helper()
		if _, err := h.Pool.Exec(h.t.Context(), sql); err != nil {
			h.t.Fatal(err)
		}
	}
	exec(`CREATE TABLE lost AS SELECT * FROM reach_1880_1.attendance WHERE ` + which)
	exec(`DELETE FROM reach_1880_1.attendance WHERE ` + which)
	return func() { exec(`INSERT INTO reach_1880_1.attendance SELECT * FROM lost`) }
}

func TestNothingIsSubmittedFromTablesThatShowAnotherFigureThanTheLog(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.explains(anna)
	h.checks(anna)
	h.approves(bo)
	h.loses()
	h.Counts = nil // as after a restart
	_, err := h.Submit(t.Context(), h.asked, command(anna), anyVersion)
	var damaged *integrity.DamagedError
	if !errors.As(err, &damaged) || damaged.Findings[0].Code != integrity.OtherFigure {
		t.Errorf("%v", err)
	}
}

func TestWhatWasCheckedOnDamagedTablesIsNotSubmittedAfterTheyWereMended(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.explains(anna)
	give := h.loses()
	h.Counts = nil
	h.checks(anna)
	h.approves(bo)
	give()
	_, err := h.Submit(t.Context(), h.asked, command(anna), anyVersion)
	refused(t, err, "counted_otherwise")
	if len(h.national.all()) != 0 {
		t.Error("the national level was told")
	}
}

func TestAChoiceThatDamagedTablesLackedIsNotSubmittedThoughTheNumberIsTheSame(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	camp := events.ID{0xee, 9}
	h.story.Happens(events.ProgrammeOf("sputnik"), events.ProgrammeAmended{
		Programme: "sputnik", Name: "Sputnik", Forms: []events.Form{events.SupportGroup, events.Camp}, Organiser: "municipality",
		Target: events.SubstanceAbuse, Identity: events.Linked, ValidFrom: events.Date(2020, 1, 1),
	})
	h.story.Happens(events.SessionOf(camp), events.SessionOpened{Session: camp, Programme: "sputnik", Form: events.Camp, HeldOn: events.Date(2021, 6, 1)})
	h.shown(h.story.Happens(events.SessionOf(camp), events.SessionAttended{Session: camp, Attended: []events.Mark{{Child: events.ID{0xcc, 1}, BirthYear: 2010}}}))
	h.explains(anna)
	give := h.without(fmt.Sprintf("session = '%x'", camp[:]))
	h.Counts = nil
	h.checks(anna)
	h.approves(bo)
	give()
	h.Counts = nil
	_, err := h.Submit(t.Context(), h.asked, command(anna), anyVersion)
	refused(t, err, "counted_otherwise")
}

func TestTheFormOfAFewWhomNobodyIdentifiedIsWithheldThoughTheirNumberIsNotAnswered(t *testing.T) {
	h := newHouse(t)
	h.offered()
	session := events.ID{0xee, 1}
	h.story.Happens(events.SessionOf(session), events.SessionOpened{Session: session, Programme: "sputnik", Form: events.SupportGroup, HeldOn: events.Date(2021, 3, 1)})
	h.shown(h.story.Happens(events.SessionOf(session), events.SessionAttended{
		Session: session, Counted: []events.HeadCount{{Entry: events.Entry{Of: session, Number: [8]byte{1}}, Count: 3}},
	}))
	h.answers(anna, surveying.Given{Answers: []surveying.GivenAnswer{
		{Question: "Q3", Status: events.ChoicesAnswer, Choices: []events.Choice{"support_group"}, Reason: "they came to the group"},
		{Question: "Q4", Status: events.UnknownAnswer, Reason: "nobody was identified"},
	}})
	h.explains(anna)
	h.checks(anna)
	h.approves(bo)
	h.submits(anna)
	if got := h.national.all(); len(got) != 1 || len(got[0].Forms) > 0 || !slices.Contains(got[0].Withheld, events.FormsQuestion) {
		t.Errorf("of three children the national level is told %+v", got)
	}
}
