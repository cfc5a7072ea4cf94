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

func sentence(list ...register.Session) string {
	var all []string
	for _, s := range list {
		all = append(all, fmt.Sprintf("%s %s: %d there, %d not, %d adults, %d+%d unknown", s.HeldOn, s.State, s.Attended, s.Absent, s.Adults, s.Unidentified, s.Unnamed))
	}
	return strings.Join(all, "; ")
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
			"a withdrawn occasion is none, were it cancelled or not",
			[]events.Event{events.SessionCancelled{Session: one}, events.SessionWithdrawn{Session: one, Reason: "other"}},
			"",
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
				list, err := register.Sessions(t.Context(), tx, register.Wanted{Group: group}, 99)
				if got := sentence(list...); err != nil || got != tt.want {
					t.Errorf("%v\n got %s\nwant %s", err, got, tt.want)
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
			members int
			session string
		}{
			{before - 1, 3, "2021-03-01 held: 1 there, 1 not, 0 adults, 0+0 unknown"},
			{before, 2, "2021-03-01 held: 1 there, 1 not, 0 adults, 0+0 unknown"},
			{merged, 1, "2021-03-01 held: 1 there, 0 not, 0 adults, 0+0 unknown"}, // of two marks of one child, who came
			{undone, 2, "2021-03-01 held: 1 there, 1 not, 0 adults, 0+0 unknown"},
		} {
			groups, err := register.Groups(t.Context(), tx, want.at)
			if err != nil || len(groups) != 1 || groups[0].Members != want.members || groups[0].Sessions != 1 {
				t.Errorf("at %d groups are %+v, %v; want %d members", want.at, groups, err, want.members)
			}
			list, err := register.Sessions(t.Context(), tx, register.Wanted{}, want.at)
			if got := sentence(list...); err != nil || got != want.session {
				t.Errorf("at %d the register says %s, %v; want %s", want.at, got, err, want.session)
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
			{"without a register until a day", register.Wanted{Missing: true, To: day(5)}, []int{5, 1}},
			{"still to be filled in", register.Wanted{Unfinished: true, To: day(5)}, []int{5, 1}},
			{"from a day", register.Wanted{From: day(3)}, []int{6, 5, 3}},
			{"the latest two", register.Wanted{Limit: 2}, []int{6, 5}},
			{"of a group", register.Wanted{Group: group, From: day(6)}, []int{6}},
			{"of another group", register.Wanted{Group: two}, nil},
			{"of a programme", register.Wanted{Programmes: []events.ProgrammeID{"sputnik"}, From: day(6)}, []int{6}},
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
	half := s.Happens(events.CaseOf(anna), events.IdentityErased{Child: anna})
	whole := s.Happens(events.CaseOf(cilla), events.IdentityErased{Child: cilla})
	projectiontest.Show(t, projectiontest.Pool(t), register.Projection{}, s, func(tx pgx.Tx) {
		for _, tt := range []struct {
			says string
			at   events.Position
			want string // of each day that waits, how many are unmarked
		}{
			{"one who joined later is not waited for", joined, "5: 3, 1: 2"},
			{"nor one who has left", left, "5: 2, 1: 1"},
			{"two who are one are marked by a mark on either", merged, "5: 1"},
			{"and are waited for while either is known", half, "5: 1"},
			{"nobody is who was erased", whole, ""},
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

// corrected is a log in which everything is corrected, matched or taken back after it was recorded.
func corrected(t *testing.T) *projectiontest.Story {
	s := projectiontest.NewStory(t, örebro)
	of := events.CaseOf
	s.Happens(events.ProgrammeOf("sputnik"), events.ProgrammeRegistered{
		Programme: "sputnik", Name: "Sputnik", Forms: []events.Form{events.SupportGroup, events.Camp},
		Organiser: "ngo", Target: events.SubstanceAbuse, Identity: events.Linked, ValidFrom: day(1),
	})
	s.Happens(of(anna), events.ReferralReceived{Referral: entry(anna, 1), Channel: "school", ReceivedOn: day(3), Programme: "sputnik"})
	s.Happens(of(anna), events.ReferralCorrected{Referral: entry(anna, 1), Channel: "police", ReceivedOn: day(2), Programme: "sputnik", Reason: "wrong_day"})
	s.Happens(of(anna), events.ReferralClosed{Closing: entry(anna, 2), Outcome: "accepted", ClosedOn: day(4)})
	s.Happens(of(anna), events.ReferralClosingMatched{Closing: entry(anna, 2), Referral: entry(anna, 1), Outcome: "accepted", ClosedOn: day(4)})
	s.Happens(of(anna), events.ChildEnrolled{Enrolment: entry(anna, 3), Programme: "sputnik", Form: events.SupportGroup, EnrolledOn: day(5)})
	s.Happens(of(bo), events.ChildEnrolled{Enrolment: entry(bo, 4), Programme: "smilla", Form: events.Camp, EnrolledOn: day(6)})
	s.Happens(of(bo), events.EntryWithdrawn{Entry: entry(bo, 4), Reason: "wrong_child"})
	s.Happens(events.SessionOf(one), opened(one, 7), events.SessionAttended{Session: one, Attended: mark(anna)})
	s.Happens(events.SessionOf(one), events.SessionAttended{Session: one, Removed: mark(anna), Absent: mark(anna)})
	s.Happens(of(anna), events.EnrolmentEnded{End: entry(anna, 5), Enrolment: entry(anna, 3), Programme: "sputnik", Form: events.SupportGroup, Reason: "moved", EndedOn: day(9)})
	s.Happens(of(bo), events.CaseMerged{Merge: entry(bo, 6), Into: anna})
	s.Happens(events.SessionOf(one), events.SessionCorrected{Session: one, Programme: "smilla", Form: events.Camp, HeldOn: day(8), Reason: "wrong_programme"})
	s.Happens(of(bo), events.IdentityErased{Child: bo})
	return s
}

func TestWhatWasCorrectedStandsAtEarlierPositionsAsItDidThere(t *testing.T) {
	pool, s := projectiontest.Pool(t), corrected(t)
	projectiontest.Same(t, pool, register.Projection{}, s)
	projectiontest.Show(t, pool, register.Projection{}, s, func(tx pgx.Tx) {
		fromTheTenth := register.Asked{From: day(10), To: day(31), Today: day(20)}
		for _, want := range []struct {
			says      string
			at        events.Position
			referrals string // that wait
			places    int    // children who have one from the tenth on
			sessions  string
		}{
			{"a referral as it was received", 2, "school 2021-03-03", 0, ""},
			{"corrected", 3, "police 2021-03-02", 0, ""},
			{"not closed by what waits for a referral", 4, "police 2021-03-02", 0, ""},
			{"closed by what was matched to it", 5, "", 0, ""},
			{"one place", 6, "", 1, ""},
			{"another one", 7, "", 2, ""},
			{"which is taken back", 8, "", 1, ""},
			{"an occasion to which a child came", 9, "", 1, "2021-03-07 held: 1 there, 0 not, 0 adults, 0+0 unknown"},
			{"or did not", 10, "", 1, "2021-03-07 held: 0 there, 1 not, 0 adults, 0+0 unknown"},
			{"the first place ended on the ninth", 11, "", 0, "2021-03-07 held: 0 there, 1 not, 0 adults, 0+0 unknown"},
			{"the occasion on another day", 14, "", 0, "2021-03-08 held: 0 there, 1 not, 0 adults, 0+0 unknown"},
		} {
			var waiting []string
			referrals, err := register.OpenReferrals(t.Context(), tx, march, want.at)
			for _, r := range referrals {
				waiting = append(waiting, fmt.Sprintf("%s %s", r.Channel, r.From))
			}
			sessions, err2 := register.Sessions(t.Context(), tx, register.Wanted{}, want.at)
			places := review(t, tx, fromTheTenth, want.at).Places.Children
			if got := strings.Join(waiting, ", "); err != nil || err2 != nil || got != want.referrals || places != want.places || sentence(sessions...) != want.sessions {
				t.Errorf("%s: %q, %d places, %q, %v %v; want %q, %d, %q", want.says, got, places, sentence(sessions...), err, err2, want.referrals, want.places, want.sessions)
			}
		}
	})
}

func TestAChildHasToDoWithTheProgrammesThatItEverHadToDoWith(t *testing.T) {
	projectiontest.Show(t, projectiontest.Pool(t), register.Projection{}, corrected(t), func(tx pgx.Tx) {
		for child, want := range map[events.ID]string{anna: "[{smilla true} {sputnik true}]", bo: "[{smilla true} {sputnik true}]", cilla: "[]"} {
			if got, err := register.ProgrammesOf(t.Context(), tx, []events.ID{child, bo}, 99); err != nil || fmt.Sprint(got[child]) != want {
				t.Errorf("%s has to do with %v, %v; want %s", child, got, err, want)
			}
		}
		for at, want := range map[events.Position]string{6: "[]", 7: "[{smilla true}]", 8: "[{smilla false}]"} {
			if got, err := register.ProgrammesOf(t.Context(), tx, []events.ID{bo}, at); err != nil || fmt.Sprint(got[bo]) != want {
				t.Errorf("with an enrolment withdrawn at 8, the child has to do with %v at %d, %v; want %s", got, at, err, want)
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
