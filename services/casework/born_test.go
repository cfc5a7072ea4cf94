package casework_test

import (
	"testing"

	"rackvidd/events"
	"rackvidd/services/casework"
)

func TestWhenAChildWasBorn(t *testing.T) {
	says := func(year events.Year) events.Event {
		return events.ReferralReceived{Referral: entry(anna, 1), BirthYear: year}
	}
	marks := func(child events.ID, year events.Year) events.Event {
		return events.SessionAttended{Session: evening, Absent: []events.Mark{{Child: child, BirthYear: year}}}
	}
	elsewhere := func(year events.Year) []events.Event {
		return []events.Event{events.ReferralReceived{Referral: entry(anna, 2), Programme: "lanterna", BirthYear: year}, events.ChildEnrolled{Enrolment: entry(anna, 3), Programme: "lanterna", BirthYear: year}}
	}
	corrects := func(year events.Year) events.Event { return events.ChildDescribed{Child: anna, BirthYear: year} }
	for name, c := range map[string]struct {
		happened []events.Event
		want     events.Year
	}{
		"nobody says":                              {[]events.Event{says(0)}, 0},
		"a referral says":                          {[]events.Event{says(2011)}, 2011},
		"a register says":                          {[]events.Event{marks(anna, 2012)}, 2012},
		"of an adult it says nothing":              {[]events.Event{events.SessionAttended{Session: evening, Attended: []events.Mark{{Child: anna, Role: events.AdultRole, BirthYear: 1980}}}}, 0},
		"of another child it says nothing":         {[]events.Event{marks(bo, 2012)}, 0},
		"of two statements the latest year counts": {[]events.Event{says(2012), marks(anna, 2010)}, 2012},
		"others' programmes say nothing":           {append(elsewhere(2013), says(2011)), 2011},
		"a correction outweighs them":              {[]events.Event{says(2012), corrects(2009), marks(anna, 2014)}, 2009},
		"and a later one outweighs that":           {[]events.Event{corrects(2009), corrects(2008), corrects(0)}, 2008},
	} {
		var born casework.Born
		for i, e := range c.happened {
			born.Hear(anna, []events.Recorded{{Position: events.Position(i + 1), Events: []events.Event{e}}}, func(programme events.ProgrammeID) bool { return programme != "lanterna" })
		}
		if born.Year != c.want {
			t.Errorf("%s: %d, not %d", name, born.Year, c.want)
		}
	}
}

func TestOfCorrectionsInOneMessageTheLatestYearCounts(t *testing.T) {
	var born casework.Born
	born.Hear(anna, []events.Recorded{{Position: 7, Events: []events.Event{
		events.ChildDescribed{Child: anna, BirthYear: 2012}, events.ChildDescribed{Child: anna, BirthYear: 2010},
	}}}, func(events.ProgrammeID) bool { return true })
	if born.Year != 2012 {
		t.Errorf("%d, and figures have 2012", born.Year)
	}
}

func TestAMergeIsRememberedOnBothSides(t *testing.T) {
	merge, again := entry(bo, 1), entry(bo, 2)
	kim, robin := events.ID{7}, events.ID{8}
	recorded := func(by events.ID, e events.Event) events.Recorded {
		return events.Recorded{Actor: by, Events: []events.Event{e}}
	}
	for name, c := range map[string]struct {
		other    events.ID
		kept     bool
		happened []events.Recorded
	}{
		"of the child that is kept": {bo, true, []events.Recorded{
			recorded(kim, events.CaseAbsorbed{Merge: merge, Child: bo}), recorded(robin, events.AbsorptionUndone{Merge: merge, Child: bo}), recorded(kim, events.CaseAbsorbed{Merge: again, Child: bo}),
		}},
		"of the child that counts as it": {anna, false, []events.Recorded{
			recorded(kim, events.CaseMerged{Merge: merge, Into: anna}), recorded(robin, events.MergeUndone{Merge: merge, Into: anna}), recorded(kim, events.CaseMerged{Merge: again, Into: anna}),
		}},
	} {
		list := casework.MergesIn(c.happened)
		if len(list) != 2 || list[0].ID != merge || list[0].Undone == nil || list[0].Undone.By != robin || list[0].Made.By != kim || list[1].ID != again || list[1].Undone != nil {
			t.Errorf("%s: %+v", name, list)
			continue
		}
		for _, one := range list {
			if one.Child != c.other || one.Kept != c.kept {
				t.Errorf("%s: %+v", name, one)
			}
		}
	}
}
