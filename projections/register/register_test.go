package register_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/register"
)

const örebro = events.Municipality("1880")

var (
	anna  = events.ID{0xc1}
	bo    = events.ID{0xc2}
	cilla = events.ID{0xc3}
	group = events.ID{0x61}
	one   = events.ID{0x51}
	two   = events.ID{0x52}
)

func TestMain(m *testing.M) { projectiontest.Main(m) }

func TestRandomHistoriesGiveTheSameTablesHoweverTheyAreCut(t *testing.T) {
	pool := projectiontest.Pool(t)
	for seed := range uint64(15) {
		projectiontest.Same(t, pool, register.Projection{}, projectiontest.Invent(t, örebro, seed, 60))
	}
}

// entry is the n-th entry of a child's case or of a register.
func entry(of events.ID, n byte) events.Entry { return events.Entry{Of: of, Number: [8]byte{7: n}} }

func day(d int) events.Day { return events.Date(2021, 3, d) }

func mark(children ...events.ID) (marks []events.Mark) {
	for _, c := range children {
		marks = append(marks, events.Mark{Child: c})
	}
	return marks
}

func opened(session events.ID, d int) events.SessionOpened {
	return events.SessionOpened{Session: session, Programme: "sputnik", Form: events.SupportGroup, HeldOn: day(d), Group: group}
}

func sentence(s register.Session) string {
	return fmt.Sprintf("%s %s: %d there, %d not, %d adults, %d+%d unknown", s.HeldOn, s.State, s.Attended, s.Absent, s.Adults, s.Unidentified, s.Unnamed)
}

func TestARegisterSaysWhoCame(t *testing.T) {
	pool := projectiontest.Pool(t)
	for _, tt := range []struct {
		name  string
		given []events.Event
		want  string
	}{
		{"an occasion without a register is planned", nil, "2021-03-01 planned: 0 there, 0 not, 0 adults, 0+0 unknown"},
		{
			"an empty register is a register",
			[]events.Event{events.SessionAttended{Session: one}},
			"2021-03-01 held: 0 there, 0 not, 0 adults, 0+0 unknown",
		},
		{
			"who came and who did not are told apart",
			[]events.Event{events.SessionAttended{Session: one, Attended: mark(anna, bo), Absent: mark(cilla)}},
			"2021-03-01 held: 2 there, 1 not, 0 adults, 0+0 unknown",
		},
		{
			"a mark that changes comes as removed and made",
			[]events.Event{events.SessionAttended{Session: one, Attended: mark(anna)}, events.SessionAttended{Session: one, Removed: mark(anna), Absent: mark(anna)}},
			"2021-03-01 held: 0 there, 1 not, 0 adults, 0+0 unknown",
		},
		{
			"adults never count as children",
			[]events.Event{events.SessionAttended{Session: one, Attended: []events.Mark{{Child: anna}, {Child: bo, Role: events.AdultRole}}}},
			"2021-03-01 held: 1 there, 0 not, 1 adults, 0+0 unknown",
		},
		{
			"a head count replaces the one with its number",
			[]events.Event{
				events.SessionAttended{Session: one, Counted: []events.HeadCount{{Entry: entry(one, 1), Count: 3}, {Entry: entry(one, 2), Count: 2, Role: events.AdultRole}}},
				events.SessionAttended{Session: one, Counted: []events.HeadCount{{Entry: entry(one, 1), Count: 4}}},
			},
			"2021-03-01 held: 0 there, 0 not, 0 adults, 4+2 unknown",
		},
		{
			"none takes it away",
			[]events.Event{
				events.SessionAttended{Session: one, Counted: []events.HeadCount{{Entry: entry(one, 1), Count: 3}}},
				events.SessionAttended{Session: one, Counted: []events.HeadCount{{Entry: entry(one, 1)}}},
			},
			"2021-03-01 held: 0 there, 0 not, 0 adults, 0+0 unknown",
		},
		{
			"a cancelled occasion keeps its register",
			[]events.Event{events.SessionAttended{Session: one, Attended: mark(anna)}, events.SessionCancelled{Session: one}},
			"2021-03-01 cancelled: 1 there, 0 not, 0 adults, 0+0 unknown",
		},
		{
			"and may be reinstated",
			[]events.Event{events.SessionAttended{Session: one, Attended: mark(anna)}, events.SessionCancelled{Session: one}, events.SessionReinstated{Session: one, Reason: "other"}},
			"2021-03-01 held: 1 there, 0 not, 0 adults, 0+0 unknown",
		},
		{
			"withdrawn outweighs cancelled",
			[]events.Event{events.SessionCancelled{Session: one}, events.SessionWithdrawn{Session: one, Reason: "other"}},
			"2021-03-01 withdrawn: 0 there, 0 not, 0 adults, 0+0 unknown",
		},
		{
			"a corrected occasion keeps its register",
			[]events.Event{
				events.SessionAttended{Session: one, Attended: mark(anna)},
				events.SessionCorrected{Session: one, Programme: "sputnik", Form: events.Camp, HeldOn: day(2), Reason: "wrong_day"},
			},
			"2021-03-02 held: 1 there, 0 not, 0 adults, 0+0 unknown",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := projectiontest.NewStory(t, örebro)
			s.Happens(events.SessionOf(one), opened(one, 1))
			for _, e := range tt.given {
				s.Happens(events.SessionOf(one), e)
			}
			projectiontest.Show(t, pool, register.Projection{}, s, func(tx pgx.Tx) {
				sheet, ok, err := register.Of(t.Context(), tx, one, 99)
				if err != nil || !ok || sentence(sheet.Session) != tt.want || sheet.Group != group {
					t.Errorf("%v %v\n got %s\nwant %s", ok, err, sentence(sheet.Session), tt.want)
				}
			})
		})
	}
}

func TestTwoChildrenThatAreOneStandInARegisterOnce(t *testing.T) {
	s := projectiontest.NewStory(t, örebro)
	s.Happens(events.GroupOf(group), events.GroupFormed{Group: group, Programme: "sputnik", Form: events.SupportGroup, Name: "A", Places: 8},
		events.GroupMembersChanged{Group: group, Joined: []events.ID{anna, bo, cilla}})
	s.Happens(events.SessionOf(one), opened(one, 1), events.SessionAttended{Session: one, Absent: mark(anna), Attended: mark(bo)})
	before := s.Together(projectiontest.Part{Stream: events.CaseOf(bo), Events: []events.Event{events.CaseMerged{Merge: entry(bo, 1), Into: cilla}}})
	merged := s.Together(projectiontest.Part{Stream: events.CaseOf(cilla), Events: []events.Event{events.CaseMerged{Merge: entry(cilla, 1), Into: anna}}})
	undone := s.Happens(events.CaseOf(cilla), events.MergeUndone{Merge: entry(cilla, 1), Into: anna, Reason: "wrong_child"})
	projectiontest.Show(t, projectiontest.Pool(t), register.Projection{}, s, func(tx pgx.Tx) {
		for _, want := range []struct {
			at      events.Position
			members []events.ID
			marks   []events.ID
		}{
			{before - 1, []events.ID{anna, bo, cilla}, []events.ID{anna, bo}},
			{before, []events.ID{anna, cilla}, []events.ID{anna, cilla}},
			{merged, []events.ID{anna}, []events.ID{anna}},
			{undone, []events.ID{anna, cilla}, []events.ID{anna, cilla}},
		} {
			members, err := register.Members(t.Context(), tx, group, want.at)
			if err != nil || !slices.Equal(members, want.members) {
				t.Errorf("at %d the group is %s, %v; want %s", want.at, members, err, want.members)
			}
			groups, err := register.Groups(t.Context(), tx, want.at)
			if err != nil || len(groups) != 1 || groups[0].Members != len(want.members) || groups[0].Sessions != 1 {
				t.Errorf("at %d groups are %+v, %v", want.at, groups, err)
			}
			sheet, _, err := register.Of(t.Context(), tx, one, want.at)
			var got []events.ID
			for _, m := range sheet.Marks {
				got = append(got, m.Child)
			}
			if err != nil || !slices.Equal(got, want.marks) || sheet.Attended+sheet.Absent != len(want.marks) || sheet.Attended != 1 {
				t.Errorf("at %d the register names %s, %s, %v; want %s", want.at, got, sentence(sheet.Session), err, want.marks)
			}
			if want.at == merged && (!sheet.Marks[0].Attended || sheet.Marks[0].As != bo) {
				t.Errorf("of two marks of one child, who came stands: %+v", sheet.Marks[0])
			}
		}
	})
}

func TestAPeriodIsSearchedForWhatIsMissing(t *testing.T) {
	s := projectiontest.NewStory(t, örebro)
	for i := range 6 {
		id := events.ID{0x50, byte(i)}
		s.Happens(events.SessionOf(id), opened(id, 1+i))
	}
	s.Happens(events.SessionOf(events.ID{0x50, 1}), events.SessionAttended{Session: events.ID{0x50, 1}})
	s.Happens(events.SessionOf(events.ID{0x50, 2}), events.SessionCancelled{Session: events.ID{0x50, 2}})
	s.Happens(events.SessionOf(events.ID{0x50, 3}), events.SessionWithdrawn{Session: events.ID{0x50, 3}, Reason: "other"})
	projectiontest.Show(t, projectiontest.Pool(t), register.Projection{}, s, func(tx pgx.Tx) {
		for _, tt := range []struct {
			says string
			register.Wanted
			days []int
		}{
			{"all but what was withdrawn, latest first", register.Wanted{}, []int{6, 5, 3, 2, 1}},
			{"with what was withdrawn", register.Wanted{Withdrawn: true}, []int{6, 5, 4, 3, 2, 1}},
			{"without a register until a day", register.Wanted{Missing: true, To: day(5)}, []int{5, 1}},
			{"still to be filled in", register.Wanted{Unfinished: true, To: day(5)}, []int{5, 1}},
			{"from a day", register.Wanted{From: day(3)}, []int{6, 5, 3}},
			{"the latest two", register.Wanted{Limit: 2}, []int{6, 5}},
			{"of a group", register.Wanted{Group: group, From: day(6)}, []int{6}},
			{"of another group", register.Wanted{Group: two}, nil},
			{"of a programme", register.Wanted{Programmes: []events.ProgrammeID{"sputnik"}, From: day(6)}, []int{6}},
			{"of another form", register.Wanted{Form: events.Camp}, nil},
		} {
			list, err := register.Sessions(t.Context(), tx, tt.Wanted, 99)
			var days []int
			for _, s := range list {
				days = append(days, int(s.HeldOn-day(0)))
			}
			if err != nil || !slices.Equal(days, tt.days) {
				t.Errorf("%s: days %v, %v; want %v", tt.says, days, err, tt.days)
			}
		}
		if list, err := register.Sessions(t.Context(), tx, register.Wanted{}, 2); err != nil || len(list) != 2 {
			t.Errorf("as of position 2 there are %d, %v", len(list), err)
		}
	})
}

func TestARegisterThatWasBegunWaitsForTheRestOfItsGroup(t *testing.T) {
	s := projectiontest.NewStory(t, örebro)
	s.Happens(events.GroupOf(group), events.GroupFormed{Group: group, Programme: "sputnik", Form: events.SupportGroup, Name: "A", Places: 8},
		events.GroupMembersChanged{Group: group, Joined: []events.ID{anna, bo, cilla}})
	said := func(d int, e events.SessionAttended) {
		id := events.ID{0x50, byte(d)}
		e.Session = id
		s.Happens(events.SessionOf(id), opened(id, d), e)
	}
	said(1, events.SessionAttended{Attended: mark(anna)})
	said(2, events.SessionAttended{Attended: mark(anna), Absent: mark(bo, cilla)})
	said(3, events.SessionAttended{Attended: mark(anna), Counted: []events.HeadCount{{Entry: entry(events.ID{0x50, 3}, 1), Count: 2}}})
	said(4, events.SessionAttended{Attended: mark(anna)})
	s.Happens(events.SessionOf(events.ID{0x50, 4}), events.SessionCancelled{Session: events.ID{0x50, 4}})
	said(5, events.SessionAttended{Attended: mark(anna)})
	s.Happens(events.SessionOf(events.ID{0x50, 5}), events.SessionAttended{Session: events.ID{0x50, 5}, Removed: mark(anna)})
	joined := s.Happens(events.GroupOf(group), events.GroupMembersChanged{Group: group, Joined: []events.ID{{0xc4}}})
	left := s.Happens(events.GroupOf(group), events.GroupMembersChanged{Group: group, Left: []events.ID{bo}})
	merged := s.Together(projectiontest.Part{Stream: events.CaseOf(cilla), Events: []events.Event{events.CaseMerged{Merge: entry(cilla, 1), Into: anna}}})
	projectiontest.Show(t, projectiontest.Pool(t), register.Projection{}, s, func(tx pgx.Tx) {
		for _, tt := range []struct {
			says string
			at   events.Position
			want string // of each day that waits, how many are unmarked
		}{
			{"one who joined later is not waited for", joined, "5: 3, 1: 2"},
			{"nor one who has left", left, "5: 2, 1: 1"},
			{"two who are one are marked by a mark on either", merged, "5: 1"},
		} {
			list, err := register.Sessions(t.Context(), tx, register.Wanted{Unfinished: true}, tt.at)
			var got []string
			for _, s := range list {
				got = append(got, fmt.Sprintf("%d: %d", int(s.HeldOn-day(0)), s.Unmarked))
			}
			if err != nil || strings.Join(got, ", ") != tt.want {
				t.Errorf("%s: %s, %v; want %s", tt.says, got, err, tt.want)
			}
		}
	})
}

// line reads as a sentence.
func line(l register.Line) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s", l.Since, l.What)
	if l.On != 0 {
		fmt.Fprintf(&b, " %d/%d", l.On.Time().Day(), l.On.Time().Month())
	}
	for _, word := range []string{string(l.Programme), string(l.Channel), string(l.Outcome), string(l.EndReason), string(l.State)} {
		if word != "" {
			b.WriteString(" " + word)
		}
	}
	if l.What == register.Attendance && l.Attended {
		b.WriteString(" there")
	}
	if !l.Closes.IsZero() {
		fmt.Fprintf(&b, " of %d", l.Closes.Number[7])
	}
	if l.Corrected != "" {
		b.WriteString(", corrected: " + string(l.Corrected))
	}
	if l.Until > 0 {
		fmt.Fprintf(&b, ", until %d", l.Until)
	}
	if l.Withdrawn != "" {
		b.WriteString(", withdrawn: " + string(l.Withdrawn))
	}
	return b.String()
}

func TestAChildsHistoryHoldsWhatWasCorrectedToo(t *testing.T) {
	s := projectiontest.NewStory(t, örebro)
	of := events.CaseOf
	s.Happens(events.ProgrammeOf("sputnik"), events.ProgrammeRegistered{
		Programme: "sputnik", Name: "Sputnik", Forms: []events.Form{events.SupportGroup, events.Camp},
		Organiser: "ngo", Target: events.SubstanceAbuse, Identity: events.Linked, ValidFrom: day(1),
	})
	s.Happens(of(anna), events.ReferralReceived{Referral: entry(anna, 1), Channel: "school", ReceivedOn: day(3), Programme: "sputnik"})
	received := s.Now
	s.Happens(of(anna), events.ReferralCorrected{Referral: entry(anna, 1), Channel: "police", ReceivedOn: day(2), Programme: "sputnik", Reason: "wrong_day"})
	corrected := s.Now
	s.Happens(of(anna), events.ReferralClosed{Closing: entry(anna, 2), Outcome: "accepted", ClosedOn: day(4)})
	s.Happens(of(anna), events.ReferralClosingMatched{Closing: entry(anna, 2), Referral: entry(anna, 1), Outcome: "accepted", ClosedOn: day(4)})
	s.Happens(of(anna), events.ChildEnrolled{Enrolment: entry(anna, 3), Programme: "sputnik", Form: events.SupportGroup, EnrolledOn: day(5)})
	s.Happens(of(bo), events.ChildEnrolled{Enrolment: entry(bo, 4), Programme: "smilla", Form: events.Camp, EnrolledOn: day(6)})
	s.Happens(of(bo), events.EntryWithdrawn{Entry: entry(bo, 4), Reason: "wrong_child"})
	s.Happens(events.SessionOf(one), opened(one, 7), events.SessionAttended{Session: one, Attended: mark(anna)})
	s.Happens(events.SessionOf(one), events.SessionAttended{Session: one, Removed: mark(anna), Absent: mark(anna)})
	s.Happens(of(anna), events.EnrolmentEnded{End: entry(anna, 5), Enrolment: entry(anna, 3), Programme: "sputnik", Form: events.SupportGroup, Reason: "moved", EndedOn: day(9)})
	merged := s.Happens(of(bo), events.CaseMerged{Merge: entry(bo, 6), Into: anna})
	s.Happens(events.SessionOf(one), events.SessionCorrected{Session: one, Programme: "smilla", Form: events.Camp, HeldOn: day(8), Reason: "wrong_programme"})
	s.Happens(of(bo), events.IdentityErased{Child: bo})

	pool := projectiontest.Pool(t)
	projectiontest.Same(t, pool, register.Projection{}, s)
	projectiontest.Show(t, pool, register.Projection{}, s, func(tx pgx.Tx) {
		for _, tt := range []struct {
			says  string
			child events.ID
			at    events.Position
			want  []string
		}{
			{"as it was known before the correction", anna, 2, []string{"2 referral 3/3 sputnik school"}},
			{"as it was known before the merge", anna, merged - 1, []string{
				"3 referral 2/3 sputnik police, corrected: wrong_day",
				"2 referral 3/3 sputnik school, until 3",
				"4 referral_closed 4/3 accepted, until 5",
				"5 referral_closed 4/3 accepted of 1",
				"6 enrolment 5/3 sputnik",
				"9 session 7/3 sputnik held there, until 10",
				"10 session 7/3 sputnik held",
				"11 enrolment_ended 9/3 moved of 3",
			}},
			{"with the other child's", bo, 99, []string{
				"12 merged", "14 erased",
				"3 referral 2/3 sputnik police, corrected: wrong_day",
				"2 referral 3/3 sputnik school, until 3",
				"4 referral_closed 4/3 accepted, until 5",
				"5 referral_closed 4/3 accepted of 1",
				"6 enrolment 5/3 sputnik",
				"7 enrolment 6/3 smilla, until 8, withdrawn: wrong_child",
				"9 session 8/3 smilla held there, until 10",
				"10 session 8/3 smilla held",
				"11 enrolment_ended 9/3 moved of 3",
			}},
		} {
			list, err := register.History(t.Context(), tx, tt.child, tt.at)
			var got []string
			for _, l := range list {
				got = append(got, line(l))
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%s: %v\n got %s\nwant %s", tt.says, err, strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
			}
		}
		list, _ := register.History(t.Context(), tx, anna, 3)
		if !list[1].Recorded.Equal(received) || !list[1].Ended.Equal(corrected) || list[1].Actor.IsZero() || list[1].EndedBy.IsZero() || list[1].Entry != entry(anna, 1) {
			t.Errorf("the corrected line says %+v", list[1])
		}
		statements, err := register.Statements(t.Context(), tx, one, 99)
		if err != nil || len(statements) != 2 || statements[0].HeldOn != day(7) || statements[0].Until != 13 || statements[1].Corrected != "wrong_programme" || statements[1].Until != 0 {
			t.Errorf("the occasion was %+v, %v", statements, err)
		}
		for child, want := range map[events.ID]string{anna: "[smilla sputnik]", bo: "[smilla sputnik]", cilla: "[]"} {
			if got, err := register.ProgrammesOf(t.Context(), tx, child, 99); err != nil || fmt.Sprint(got) != want {
				t.Errorf("%s has to do with %s, %v; want %s", child, got, err, want)
			}
		}
		for at, want := range map[events.Position]string{6: "[]", 8: "[smilla]"} {
			if got, err := register.ProgrammesOf(t.Context(), tx, bo, at); err != nil || fmt.Sprint(got) != want {
				t.Errorf("with an enrolment withdrawn at 8, the child has to do with %s at %d, %v; want %s", got, at, err, want)
			}
		}
	})
}

func TestAProgrammeIsAsItWasLastStated(t *testing.T) {
	s := projectiontest.NewStory(t, örebro)
	p := events.ProgrammeRegistered{
		Programme: "sputnik", Name: "Sputnik", Forms: []events.Form{events.SupportGroup}, Organiser: "ngo",
		ProviderMunicipality: "1814", Target: events.MixedTarget, Identity: events.Card, District: "NV", ValidFrom: day(1),
	}
	s.Happens(events.ProgrammeOf("sputnik"), p)
	amended := p
	amended.Name, amended.Forms = "Nya Sputnik", []events.Form{events.SupportGroup, events.Camp}
	s.Happens(events.ProgrammeOf("sputnik"), events.ProgrammeAmended(amended))
	projectiontest.Show(t, projectiontest.Pool(t), register.Projection{}, s, func(tx pgx.Tx) {
		for at, want := range map[events.Position]events.ProgrammeRegistered{1: p, 2: amended} {
			list, err := register.Programmes(t.Context(), tx, at)
			if err != nil || len(list) != 1 || fmt.Sprint(list[0]) != fmt.Sprint(want) {
				t.Errorf("at %d: %+v, %v; want %+v", at, list, err, want)
			}
		}
	})
}
