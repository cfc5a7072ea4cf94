package backoffice_test

import (
	"slices"
	"testing"

	"rackvidd/events"
	"rackvidd/services/surveying"
)

func (h *house) publishes() surveying.OpenData {
	h.t.Helper()
	o, err := h.Publish(h.t.Context(), h.asked, command(anna))
	if err != nil {
		h.t.Fatal(err)
	}
	return o
}

func TestOpenDataIsPublishedAgainAfterAnAmendedSurveyToldTheNewNumberFirst(t *testing.T) {
	h := submitted(t)
	h.publishes()
	h.evening(3, events.Date(2021, 3, 15), 7, 8, 9, 10, 11)
	h.done(h.Amend(t.Context(), h.asked, command(anna), anyVersion, "five who came late"))
	h.explains(anna)
	h.checks(anna)
	h.approves(bo)
	h.submits(anna)
	o := h.publishes()
	if len(o.Figures) == 0 || o.Figures[0].Shown != "10" {
		t.Errorf("%+v", o.Figures)
	}
}

func TestAChannelThatBroughtNobodyFirstIsNotNamedInOpenData(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	for n, c := range []events.Channel{"school", "police"} { // of the same child, one after the other
		h.story.Happens(events.CaseOf(events.ID{0xcc, 1}), events.ReferralReceived{Referral: events.Entry{Of: events.ID{0xcc, 1}, Number: [8]byte{byte(n + 1)}}, Channel: c, ReceivedOn: events.Date(2021, 2, 1+n)})
	}
	h.evening(3, events.Date(2021, 3, 15), 1)
	var named []string
	for _, f := range h.publishes().Figures {
		if f.Dimension == "channel" {
			named = append(named, f.Code)
		}
	}
	if !slices.Equal(named, []string{"school"}) {
		t.Errorf("the channels named are %v", named)
	}
}

func TestWhatIsKnownOfProgrammesStandsInTheLedger(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.story.Happens(events.ProgrammeOf("lagret"), events.ProgrammeRegistered{
		Programme: "lagret", Name: "Lägret", Forms: []events.Form{events.Camp}, Organiser: "municipality",
		Target: events.SubstanceAbuse, Identity: events.Linked, ValidFrom: events.Date(2020, 1, 1),
	})
	session := events.ID{0xee, 9}
	h.story.Happens(events.SessionOf(session), events.SessionOpened{Session: session, Programme: "lagret", Form: events.Camp, HeldOn: events.Date(2021, 7, 1)})
	h.shown(h.story.Happens(events.SessionOf(session), events.SessionAttended{Session: session, Attended: []events.Mark{{Child: events.ID{0xcc, 1}}, {Child: events.ID{0xcc, 9}}}}))
	h.publishes()
	found, err := h.Log.Streams(t.Context(), örebro, events.ReleasesOf(2021))
	if err != nil {
		t.Fatal(err)
	}
	camp, lagret := events.CellName("2021/reach-v3/form/camp"), events.CellName("2021/reach-v3/programme/"+surveying.ProgrammeInLedger("lagret"))
	for _, r := range found[events.ReleasesOf(2021)] {
		for _, e := range r.Events {
			if slices.ContainsFunc(e.(events.FiguresReleased).Relations, func(r events.ReleasedRelation) bool { return slices.Equal(r.Cells, []events.CellName{lagret, camp}) }) {
				return
			}
		}
	}
	t.Errorf("nothing says that the camp is one programme's: %+v", found)
}

func TestASurveyThatSaysHowManyThereWereAtLeastGivesNoSmallNumberAway(t *testing.T) {
	h := newHouse(t)
	h.offered()
	var marks []events.Mark
	for i, born := range []events.Year{2018, 2012, 2006, 0, 0} { // one of each age, and two of no age that is known
		marks = append(marks, events.Mark{Child: events.ID{0xcc, byte(i + 1)}, BirthYear: born})
	}
	session := events.ID{0xee, 1}
	h.story.Happens(events.SessionOf(session), events.SessionOpened{Session: session, Programme: "sputnik", Form: events.SupportGroup, HeldOn: events.Date(2021, 3, 1)})
	h.shown(h.story.Happens(events.SessionOf(session), events.SessionAttended{
		Session: session, Attended: marks, Counted: []events.HeadCount{{Entry: events.Entry{Of: session, Number: [8]byte{1}}, Count: 1}},
	}))
	if o := h.publishes(); o.Figures[0].Shown != "5" {
		t.Fatalf("%+v", o.Figures)
	}
	h.explains(anna)
	h.checks(anna)
	h.approves(bo)
	h.submits(anna)
	if got := h.national.all(); len(got) != 1 || got[0].Children != events.SuppressedAnswer || got[0].Value != 0 {
		t.Errorf("after open data that said 5 to 7, and four times 1 to 4, the survey says %+v", got)
	}
}

func TestWhatWasPublishedBeforeAnythingWasRecordedIsNoFigureOfLater(t *testing.T) {
	h := newHouse(t)
	h.publishes()
	h.sputnik()
	if o := h.publishes(); o.Figures[0].Shown != "5" {
		t.Errorf("%+v", o.Figures)
	}
	h.evening(3, events.Date(2021, 3, 15), 7, 8, 9, 10, 11)
	if o := h.publishes(); o.Figures[0].Shown != "10" {
		t.Errorf("%+v", o.Figures)
	}
}
