package backoffice_test

import (
	"fmt"
	"slices"
	"testing"

	"rackvidd/events"
	"rackvidd/services/disclosure"
)

// occasion is an evening in a form, that children came to.
func (h *house) occasion(id byte, form events.Form, children ...byte) {
	h.t.Helper()
	session := events.ID{0xee, id}
	var marks []events.Mark
	for _, c := range children {
		marks = append(marks, events.Mark{Child: events.ID{0xcc, c}, BirthYear: 2010})
	}
	h.story.Happens(events.SessionOf(session), events.SessionOpened{Session: session, Programme: "sputnik", Form: form, HeldOn: events.Date(2021, 3, 1)})
	h.shown(h.story.Happens(events.SessionOf(session), events.SessionAttended{Session: session, Attended: marks}))
}

// referred are children by the channel that brought them, the first channel the first child.
func (h *house) referred(channels ...events.Channel) {
	h.t.Helper()
	for i, c := range channels {
		child := events.ID{0xcc, byte(i + 1)}
		h.shown(h.story.Happens(events.CaseOf(child), events.ReferralReceived{Referral: events.Entry{Of: child, Number: [8]byte{1}}, Channel: c, ReceivedOn: events.Date(2021, 2, 1)}))
	}
}

// handsIn submits the survey and is what the national level was told.
func (h *house) handsIn() events.AnswerReceived {
	h.t.Helper()
	h.explains(anna)
	h.checks(anna)
	h.approves(bo)
	h.submits(anna)
	all := h.national.all()
	return all[len(all)-1]
}

func TestChannelsAreNotNamedWhereTheNumberOfChildrenTellsHowFewEachBrought(t *testing.T) {
	for _, c := range []struct {
		name     string
		channels []events.Channel
		named    bool
	}{
		{"five children through five channels are one each", []events.Channel{"school", "police", "self", "other", "health_care"}, false},
		{"and six through four are three at most", []events.Channel{"school", "school", "police", "police", "self", "other"}, false},
		{"of seven through four one can have brought four", []events.Channel{"school", "school", "school", "school", "police", "self", "other"}, true},
		{"of six through three any", []events.Channel{"school", "school", "school", "school", "police", "self"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t)
			h.offered()
			var children []byte
			for i := range c.channels {
				children = append(children, byte(i+1))
			}
			h.occasion(1, events.SupportGroup, children...)
			h.referred(c.channels...)
			got := h.handsIn()
			if int(got.Value) != len(c.channels) || len(got.Forms) != 1 || (len(got.Channels) > 0) != c.named || slices.Contains(got.Withheld, events.ChannelsQuestion) == c.named {
				t.Errorf("the national level is told %+v", got)
			}
		})
	}
}

func TestTheMostCommonFormsAreNotNamedWhereThatTellsHowFewAreInOne(t *testing.T) {
	three := []byte{1, 2, 3}
	for _, c := range []struct {
		name      string
		forms     []events.Form // three children each, three of their own
		published bool          // before the survey
		named     bool
	}{
		{"three forms of fifteen children are named", []events.Form{events.SupportGroup, events.Counselling, events.Camp}, false, true},
		{"and three of five", []events.Form{events.SupportGroup, events.Counselling, events.Camp, events.FamilySupport, events.OpenPreschool}, false, true},
		{"but not where each of the five was published as 1 to 4: two that are not named had then as few as one that is", []events.Form{events.SupportGroup, events.Counselling, events.Camp, events.FamilySupport, events.OpenPreschool}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t)
			h.offered()
			for i, f := range c.forms {
				var children []byte
				for _, n := range three {
					children = append(children, n+byte(3*i))
				}
				h.occasion(byte(i+1), f, children...)
			}
			if c.published {
				h.publishes()
			}
			got := h.handsIn()
			if (len(got.Forms) > 0) != c.named || slices.Contains(got.Withheld, events.FormsQuestion) == c.named {
				t.Errorf("the national level is told %+v", got)
			}
		})
	}
}

func TestFormsAreNotNamedWhereOneThatIsLeftOutWouldHaveComeBeforeAnotherOfAsMany(t *testing.T) {
	h := newHouse(t)
	h.offered()
	h.occasion(1, events.Counselling, 1, 2, 3, 4, 5, 6)
	h.occasion(2, events.SchoolHealth, 6, 7, 8)
	h.occasion(3, events.OtherForm, 9, 10)
	h.occasion(4, events.ContactPerson, 11)
	h.publishes() // 1–4 of each of the last three
	if got := h.handsIn(); len(got.Forms) > 0 || !slices.Contains(got.Withheld, events.FormsQuestion) {
		t.Errorf("contact_person is before other and school_health, and left out: it has fewer, so neither has one. Told is %+v", got)
	}
}

func TestWhatASurveyNamesIsAttackedTogetherWithWhatIsPublishedLater(t *testing.T) {
	h := newHouse(t)
	h.offered()
	h.occasion(1, events.SupportGroup, 1, 2, 3, 4, 5, 6)
	h.occasion(2, events.Camp, 1, 2)
	if got := h.handsIn(); fmt.Sprint(got.Forms) != "[support_group camp]" {
		t.Fatalf("%+v", got)
	}
	found, err := h.Log.Streams(t.Context(), örebro, events.ReleasesOf(2021))
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, r := range found[events.ReleasesOf(2021)] {
		for _, e := range r.Events {
			for _, c := range e.(events.FiguresReleased).Cells {
				told = append(told, fmt.Sprint(c.Cell, " ", c.Lower, " ", c.Upper))
			}
		}
	}
	some := fmt.Sprint(" 1 ", disclosure.Most)
	if want := []string{"2021/reach-v3/children 6 6", "2021/reach-v3/form/camp" + some, "2021/reach-v3/form/support_group" + some}; !slices.Equal(told, want) {
		t.Errorf("the ledger says %v, not %v", told, want)
	}
	for _, f := range h.publishes().Figures {
		if f.Dimension == "form" && f.Code == "camp" && f.Shown != "1–4" {
			t.Errorf("%+v", f)
		}
	}
}
