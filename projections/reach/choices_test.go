package reach_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/reach"
)

var (
	anna, bo, evening = events.ID{1}, events.ID{2}, events.ID{9}
	spring            = events.Date(2021, 3, 1)
)

// tell records events in the streams they belong to.
func tell(s *projectiontest.Story, list ...events.Event) {
	for _, e := range list {
		switch e := e.(type) {
		case events.SessionOpened:
			s.Happens(events.SessionOf(e.Session), e)
		case events.SessionAttended:
			s.Happens(events.SessionOf(e.Session), e)
		case events.SessionCorrected:
			s.Happens(events.SessionOf(e.Session), e)
		case events.SessionCancelled:
			s.Happens(events.SessionOf(e.Session), e)
		case events.SessionReinstated:
			s.Happens(events.SessionOf(e.Session), e)
		case events.SessionWithdrawn:
			s.Happens(events.SessionOf(e.Session), e)
		case events.ProgrammeRegistered:
			s.Happens(events.ProgrammeOf(e.Programme), e)
		case events.EnrolmentCorrected:
			s.Happens(events.CaseOf(e.Enrolment.Of), e)
		case events.ReferralReceived:
			s.Happens(events.CaseOf(e.Referral.Of), e)
		case events.ReferralCorrected:
			s.Happens(events.CaseOf(e.Referral.Of), e)
		case events.ChildEnrolled:
			s.Happens(events.CaseOf(e.Enrolment.Of), e)
		case events.EntryWithdrawn:
			s.Happens(events.CaseOf(e.Entry.Of), e)
		case events.ChildDescribed:
			s.Happens(events.CaseOf(e.Child), e)
		case events.IdentityErased:
			s.Happens(events.CaseOf(e.Child), e)
		case events.CaseMerged:
			s.Happens(events.CaseOf(e.Merge.Of), e)
		case events.MergeUndone:
			s.Happens(events.CaseOf(e.Merge.Of), e)
		case events.GuestsCounted:
			s.Happens(events.GuestsOf(e.Report), e)
		case events.GuestCountWithdrawn:
			s.Happens(events.GuestsOf(e.Report), e)
		default:
			panic(fmt.Sprintf("no stream for %T", e))
		}
	}
}

// figuresOf are the figures of 2021 from the tables and from the log alone, which must be the same.
func figuresOf(t *testing.T, pool *pgxpool.Pool, list ...events.Event) (f reach.Figures) {
	t.Helper()
	s := projectiontest.NewStory(t, "1880")
	tell(s, list...)
	d, year := reach.Definitions[2], reach.CalendarYear(2021)
	if err := projections.Rebuild(t.Context(), s.Log, pool, reach.Projection{}, "1880", nil); err != nil {
		t.Fatal(err)
	}
	defer drop(t, pool, "1880")
	err := projections.View(t.Context(), pool, "reach", "1880", 0, func(tx pgx.Tx, at projections.Checkpoint) error {
		evidence, err := reach.Gather(t.Context(), tx, "1880", year, at.Position)
		f = reach.Compute(evidence, d, year, at.Position)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	replayed, _, err := reach.Replay(t.Context(), s.Log, "1880", d, year, reach.AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "tables and replay", f, replayed)
	return f
}

func attends(marks ...events.Mark) []events.Event {
	return []events.Event{
		events.SessionOpened{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: spring},
		events.SessionAttended{Session: evening, Attended: marks},
	}
}

func TestWhatIsKnownOfAChild(t *testing.T) {
	says := func(n byte, born events.Year, g events.Gender) events.Event {
		return events.ReferralReceived{Referral: events.Entry{Of: anna, Number: [8]byte{n}}, Channel: "self", ReceivedOn: spring, BirthYear: born, Gender: g}
	}
	corrects := func(born events.Year, g events.Gender) events.Event {
		return events.ChildDescribed{Child: anna, BirthYear: born, Gender: g, Reason: "other"}
	}
	absent := events.SessionAttended{Session: evening, Absent: []events.Mark{{Child: anna, Role: events.AdultRole, BirthYear: 2016}, {Child: anna, HomeMunicipality: "1881", BirthYear: 2006, Gender: "girl"}}}
	merged := events.CaseMerged{Merge: events.Entry{Of: bo, Number: [8]byte{1}}, Into: anna}
	of := func(child events.ID, born events.Year, g events.Gender) events.Event {
		return events.ChildEnrolled{Enrolment: events.Entry{Of: child, Number: [8]byte{7}}, Programme: "p", Form: events.Camp, EnrolledOn: spring, BirthYear: born, Gender: g}
	}
	pool := projectiontest.Pool(t)
	for _, c := range []struct {
		name   string
		given  []events.Event
		age    string
		gender events.Gender
	}{
		{"nothing is said", nil, "unknown", "unknown"},
		{"what is said once", []events.Event{says(1, 2010, "girl")}, "7-12", "girl"},
		{"of birth years that disagree the latest year counts", []events.Event{says(1, 2016, ""), says(2, 2006, "")}, "0-6", "unknown"},
		{"in whatever order they were said", []events.Event{says(1, 2006, ""), says(2, 2016, "")}, "0-6", "unknown"},
		{"genders that disagree are unknown", []events.Event{says(1, 0, "girl"), says(2, 0, "boy")}, "unknown", "unknown"},
		{"unknown does not disagree", []events.Event{says(1, 0, "girl"), says(2, 0, "unknown")}, "unknown", "girl"},
		{"unless it is a correction", []events.Event{says(1, 0, "girl"), corrects(0, "unknown"), says(2, 0, "girl")}, "unknown", "unknown"},
		{"what a register says of somebody absent is said", []events.Event{absent}, "13-17", "girl"},
		{"a correction outweighs what was said", []events.Event{says(1, 2016, "girl"), corrects(2006, "boy")}, "13-17", "boy"},
		{"and what is said after it", []events.Event{corrects(2006, "boy"), says(1, 2016, "girl")}, "13-17", "boy"},
		{"the last correction counts", []events.Event{corrects(2006, "boy"), corrects(2016, "girl")}, "0-6", "girl"},
		{"a correction of one thing leaves the other", []events.Event{says(1, 2016, "girl"), corrects(0, "boy"), corrects(2006, "")}, "13-17", "boy"},
		{"what a withdrawn record said stays said", []events.Event{says(1, 2010, "girl"), events.EntryWithdrawn{Entry: events.Entry{Of: anna, Number: [8]byte{1}}, Reason: "other"}}, "7-12", "girl"},
		{"what is said of a merged child is said of both", []events.Event{says(1, 2010, "girl"), of(bo, 2016, "girl"), merged}, "0-6", "girl"},
		{"until the merge is undone", []events.Event{says(1, 2010, "girl"), of(bo, 2016, "boy"), merged, events.MergeUndone{Merge: merged.Merge, Into: anna, Reason: "other"}}, "7-12", "girl"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := figuresOf(t, pool, append(attends(events.Mark{Child: anna}), c.given...)...)
			age := ""
			for _, a := range f.ByAge {
				if a.Children == 1 {
					age = a.Age
				}
			}
			if f.Children != 1 || age != c.age || f.ByGender[0].Gender != c.gender {
				t.Errorf("%d children, age %s, gender %s; want 1, %s and %s", f.Children, age, f.ByGender[0].Gender, c.age, c.gender)
			}
		})
	}
}

func TestWhereAChildLives(t *testing.T) {
	lives := func(n byte, home events.Municipality, from events.Day) events.Event {
		return events.ChildEnrolled{Enrolment: events.Entry{Of: anna, Number: [8]byte{n}}, Programme: "p", Form: events.Camp, EnrolledOn: from, HomeMunicipality: home}
	}
	pool := projectiontest.Pool(t)
	for _, c := range []struct {
		name             string
		mark, ofTheEvent events.Municipality
		given            []events.Event
		children, guests int
	}{
		{"here, where nothing is said", "", "", nil, 1, 0},
		{"as the mark says", "1881", "", nil, 0, 1},
		{"as its event says", "", "1881", nil, 0, 1},
		{"as the mark says rather than its event", "1880", "1881", nil, 1, 0},
		{"as the enrolment says, where the mark says nothing", "", "", []events.Event{lives(1, "1881", spring)}, 0, 1},
		{"as the mark says rather than the enrolment", "1880", "", []events.Event{lives(1, "1881", spring)}, 1, 0},
		{"as the latest enrolment says", "", "", []events.Event{lives(1, "1880", spring+9), lives(2, "1881", spring)}, 1, 0},
		{"an enrolment without a home says nothing", "", "", []events.Event{lives(1, "1881", spring), lives(2, "", spring+9)}, 0, 1},
		{"a withdrawn one neither", "", "", []events.Event{lives(1, "1881", spring), events.EntryWithdrawn{Entry: events.Entry{Of: anna, Number: [8]byte{1}}, Reason: "other"}}, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := attends(events.Mark{Child: anna, HomeMunicipality: c.mark})
			e := list[1].(events.SessionAttended)
			e.HomeMunicipality = c.ofTheEvent
			list[1] = e
			if f := figuresOf(t, pool, append(list, c.given...)...); f.Children != c.children || f.Guests.Children != c.guests {
				t.Errorf("%d children and %d guests, want %d and %d", f.Children, f.Guests.Children, c.children, c.guests)
			}
		})
	}
}

func TestHowManyOfTheReachedHadTheirIdentityErased(t *testing.T) {
	erased := func(child events.ID) events.Event { return events.IdentityErased{Child: child} }
	merged := events.CaseMerged{Merge: events.Entry{Of: bo, Number: [8]byte{1}}, Into: anna}
	undone := events.MergeUndone{Merge: merged.Merge, Into: anna, Reason: "other"}
	pool := projectiontest.Pool(t)
	for _, c := range []struct {
		name             string
		given            []events.Event
		children, erased int
	}{
		{"none", nil, 2, 0},
		{"one", []events.Event{erased(anna)}, 2, 1},
		{"both", []events.Event{erased(anna), erased(bo)}, 2, 2},
		{"somebody who was not there is not among them", []events.Event{erased(events.ID{3})}, 2, 0},
		{"who came back is new, and counts once more", []events.Event{
			erased(anna),
			events.SessionOpened{Session: events.ID{8}, Programme: "sputnik", Form: events.Camp, HeldOn: spring + 7},
			events.SessionAttended{Session: events.ID{8}, Attended: []events.Mark{{Child: events.ID{4}}}},
		}, 3, 1},
		{"a child that others count as", []events.Event{merged, erased(anna)}, 1, 1},
		{"a child that counts as another", []events.Event{merged, erased(bo)}, 1, 1},
		{"both sides of a merge are one", []events.Event{merged, erased(anna), erased(bo)}, 1, 1},
		{"and two when it was undone before", []events.Event{merged, undone, erased(bo)}, 2, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := figuresOf(t, pool, append(attends(events.Mark{Child: anna}, events.Mark{Child: bo}, events.Mark{Child: events.ID{3}, HomeMunicipality: "1881"}), c.given...)...)
			if f.Children != c.children || f.Erased != c.erased {
				t.Errorf("%d of %d, want %d of %d", f.Erased, f.Children, c.erased, c.children)
			}
			if text, err := json.Marshal(f); err != nil || strings.Contains(strings.ToLower(string(text)), "erased") {
				t.Errorf("the contract's figures say it: %s %v", text, err)
			}
		})
	}
}

func TestTheFirstChannelIsTheEarliestDaysAndOfOneDayTheFirstReceivedHoweverItWasCorrected(t *testing.T) {
	refers := func(n byte, channel events.Channel, day events.Day) events.Event {
		return events.ReferralReceived{Referral: events.Entry{Of: anna, Number: [8]byte{n}}, Channel: channel, ReceivedOn: day}
	}
	f := figuresOf(t, projectiontest.Pool(t), append(attends(events.Mark{Child: anna}), refers(1, "school", spring+5), refers(2, "unknown", spring+9), refers(3, "self", spring),
		events.ReferralCorrected{Referral: events.Entry{Of: anna, Number: [8]byte{2}}, Channel: "police", ReceivedOn: spring, Reason: "other"})...)
	want := []reach.ByChannel{{Channel: "police", First: 1, Any: 1}, {Channel: "school", First: 0, Any: 1}, {Channel: "self", First: 0, Any: 1}}
	if fmt.Sprint(f.ByChannel) != fmt.Sprint(want) {
		t.Errorf("%+v, want %+v", f.ByChannel, want)
	}
}

func TestBoundsAreTheFullestSessionAndEverybodyAnother(t *testing.T) {
	counted := func(n byte, count events.Count, home events.Municipality, role events.Role) events.HeadCount {
		return events.HeadCount{Entry: events.Entry{Of: evening, Number: [8]byte{n}}, Count: count, HomeMunicipality: home, Role: role}
	}
	list := attends(events.Mark{Child: anna}, events.Mark{Child: bo, HomeMunicipality: "1881"})
	list = append(list,
		events.SessionAttended{Session: evening, Counted: []events.HeadCount{counted(1, 3, "", ""), counted(2, 4, "1881", ""), counted(3, 5, "", events.AdultRole)}},
		events.GuestsCounted{Report: events.ID{5}, ProviderMunicipality: "1881", Programme: "q", Form: events.Camp, HeldOn: spring, Children: 2})
	f := figuresOf(t, projectiontest.Pool(t), list...)
	if got, want := fmt.Sprint(f.Children, f.Bounds.Lower, f.Bounds.Upper, f.UnidentifiedAttendances), "1 4 6 5"; got != want {
		t.Errorf("children, lower, upper, unidentified: %s, want %s", got, want)
	}
}

func TestACountOfGuestsThatWasTakenBackWidensNoBounds(t *testing.T) {
	list := append(attends(events.Mark{Child: anna}),
		events.GuestsCounted{Report: events.ID{5}, ProviderMunicipality: "1881", Programme: "q", Form: events.Camp, HeldOn: spring, Children: 9000},
		events.GuestsCounted{Report: events.ID{6}, ProviderMunicipality: "1881", Programme: "q", Form: events.Camp, HeldOn: spring, Children: 9},
		events.GuestCountWithdrawn{Report: events.ID{5}, Reason: events.EnteredInError})
	f := figuresOf(t, projectiontest.Pool(t), list...)
	if got, want := fmt.Sprint(f.Children, f.Bounds.Lower, f.Bounds.Upper, f.UnidentifiedAttendances), "1 9 10 9"; got != want {
		t.Errorf("children, lower, upper, unidentified: %s, want %s", got, want)
	}
}
