package register_test

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/register"
)

// march is reviewed on 20 March unless a test says otherwise.
var march = register.Asked{From: day(1), To: day(31), Today: day(20)}

// review finds what there is at a position with nothing kept from an earlier one.
func review(t testing.TB, tx pgx.Tx, a register.Asked, at events.Position) register.Findings {
	t.Helper()
	f, err := new(register.Reviews).Of(t.Context(), tx, projections.Checkpoint{}, a, at)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// nonzero lists what findings say that is not nothing, as in "Sessions.Total 3".
func nonzero(path string, v reflect.Value) (list []string) {
	switch v.Kind() {
	case reflect.Struct:
		for f := range v.Type().Fields() {
			list = append(list, nonzero(strings.TrimPrefix(path+"."+f.Name, "."), v.FieldByIndex(f.Index))...)
		}
	case reflect.Int:
		if v.Int() != 0 {
			list = []string{fmt.Sprintf("%s %d", path, v.Int())}
		}
	default:
		if ids, ok := v.Interface().([]events.ID); !ok && v.Len() > 0 {
			list = []string{fmt.Sprintf("%s %v", path, v)}
		} else if len(ids) > register.Examples {
			list = []string{"too many examples"}
		}
	}
	return list
}

// told tells a story: an event after the other, each in its stream.
func told(t *testing.T, list ...events.Event) *projectiontest.Story {
	s := projectiontest.NewStory(t, örebro)
	for _, e := range list {
		switch e := e.(type) {
		case later:
			s.Now = e.Time
		case events.ProgrammeRegistered:
			s.Happens(events.ProgrammeOf(e.Programme), e)
		case events.SessionOpened:
			s.Happens(events.SessionOf(e.Session), e)
		case events.SessionAttended:
			s.Happens(events.SessionOf(e.Session), e)
		case events.SessionCancelled:
			s.Happens(events.SessionOf(e.Session), e)
		case events.SessionWithdrawn:
			s.Happens(events.SessionOf(e.Session), e)
		case events.ReferralReceived:
			s.Happens(events.CaseOf(e.Referral.Of), e)
		case events.ReferralClosed:
			s.Happens(events.CaseOf(e.Closing.Of), e)
		case events.ChildEnrolled:
			s.Happens(events.CaseOf(e.Enrolment.Of), e)
		case events.EnrolmentEnded:
			s.Happens(events.CaseOf(e.End.Of), e)
		case events.CaseMerged:
			s.Happens(events.CaseOf(e.Merge.Of), e)
		case events.MergeUndone:
			s.Happens(events.CaseOf(e.Merge.Of), e)
		default:
			t.Fatalf("no stream for %T", e)
		}
	}
	return s
}

// later lets time pass.
type later struct{ time.Time }

func (later) Kind() string { return "test.later" }

func on(d events.Day) later { return later{d.Time().Add(12 * time.Hour)} }

func TestWhatAPeriodsRegistersShow(t *testing.T) {
	pool := projectiontest.Pool(t)
	three := events.ID{0x53}
	came := func(session events.ID, children ...events.ID) events.SessionAttended {
		return events.SessionAttended{Session: session, Attended: mark(children...)}
	}
	counted := func(session events.ID, n events.Count, role events.Role) events.SessionAttended {
		return events.SessionAttended{Session: session, Counted: []events.HeadCount{{Entry: entry(session, 1), Count: n, Role: role}}}
	}
	held := func(session events.ID, d int, programme events.ProgrammeID, form events.Form) events.SessionOpened {
		return events.SessionOpened{Session: session, Programme: programme, Form: form, HeldOn: day(d)}
	}
	placed := func(child events.ID, n byte, from events.Day) events.ChildEnrolled {
		return events.ChildEnrolled{Enrolment: entry(child, n), Programme: "sputnik", Form: events.SupportGroup, EnrolledOn: from}
	}
	left := func(child events.ID, n, of byte, on events.Day) events.EnrolmentEnded {
		return events.EnrolmentEnded{End: entry(child, n), Enrolment: entry(child, of), Programme: "sputnik", Form: events.SupportGroup, Reason: "completed", EndedOn: on}
	}
	runs := func(id events.ProgrammeID, target events.Target, from events.Day, forms ...events.Form) events.ProgrammeRegistered {
		return events.ProgrammeRegistered{Programme: id, Name: events.Name(id), Forms: forms, Organiser: "ngo", Target: target, Identity: events.Linked, ValidFrom: from}
	}
	anonymous := runs("sputnik", events.SubstanceAbuse, day(1), events.SupportGroup)
	anonymous.Identity = events.NoIdentity
	referred := func(n byte, channel events.Channel, on events.Day) events.ReferralReceived {
		return events.ReferralReceived{Referral: entry(anna, n), Channel: channel, ReceivedOn: on}
	}
	merge := events.CaseMerged{Merge: entry(bo, 1), Into: anna}
	abroad := held(two, 5, "duvan", events.Camp)
	abroad.ProviderMunicipality = "0180"
	adult := events.SessionAttended{Session: one, Attended: []events.Mark{{Child: anna, Role: events.AdultRole}}}
	other := events.SessionAttended{Session: one, Attended: []events.Mark{{Child: bo, Target: events.OtherTarget}, {Child: anna, Target: events.OtherTarget}, {Child: anna}}}
	busy := []events.Event{}
	for n := range 4 {
		id := events.ID{0x54, byte(n)}
		busy = append(busy, held(id, 5, "sputnik", []events.Form{"camp", "counselling", "support_group", "family_support"}[n]), came(id, anna))
	}
	for _, c := range []struct {
		name, about string
		given       []events.Event
		want        string
	}{
		{"of nothing, nothing", "", nil, ""},
		{
			"a session yet to come is planned, one of the past lacks its register", "Sessions",
			[]events.Event{opened(one, 19), opened(two, 20)},
			"Sessions.Total 2, Sessions.Planned 1, Sessions.Missing.Number 1",
		},
		{
			"a register that says nobody came is empty", "Sessions",
			[]events.Event{opened(one, 5), events.SessionAttended{Session: one, Absent: mark(anna)}},
			"Sessions.Total 1, Sessions.Empty.Number 1",
		},
		{
			"one with adults alone is not", "Sessions",
			[]events.Event{opened(one, 5), counted(one, 2, events.AdultRole)},
			"Sessions.Total 1",
		},
		{
			"a cancelled session is that and nothing else, a withdrawn one is none", "",
			[]events.Event{opened(one, 5), came(one, anna), events.SessionCancelled{Session: one}, opened(two, 5), came(two, bo), events.SessionWithdrawn{Session: two, Reason: "other"}},
			"Sessions.Total 1, Sessions.Cancelled 1",
		},
		{
			"61 people are too many to believe", "Sessions",
			[]events.Event{opened(one, 5), came(one, anna), counted(one, 60, "")},
			"Sessions.Total 1, Sessions.Crowded.Number 1",
		},
		{
			"60 are not", "Sessions",
			[]events.Event{opened(one, 5), counted(one, 60, "")},
			"Sessions.Total 1",
		},
		{
			"the same child in the same programme and form twice on a day may be one session", "Sessions",
			[]events.Event{opened(one, 5), came(one, anna), held(two, 5, "sputnik", events.SupportGroup), came(two, anna, bo), held(three, 5, "sputnik", events.Camp), came(three, bo)},
			"Sessions.Total 3, Sessions.Twice.Number 2",
		},
		{
			"two children may have a talk each on the same day", "Sessions",
			[]events.Event{opened(one, 5), came(one, anna), held(two, 5, "sputnik", events.SupportGroup), came(two, bo)},
			"Sessions.Total 2",
		},
		{
			"two groups may meet on the same day", "Sessions",
			[]events.Event{opened(one, 5), came(one, anna), events.SessionOpened{Session: two, Programme: "sputnik", Form: events.SupportGroup, HeldOn: day(5), Group: events.ID{9}}, came(two, bo)},
			"Sessions.Total 2",
		},
		{
			"other municipalities tell of our children", "",
			[]events.Event{abroad, came(two, anna, bo)},
			"Sessions.Elsewhere 1, Attendance.Children 2, Attendance.Attendances 2, Attendance.Elsewhere.Children 2, Attendance.Elsewhere.Attendances 2, Late.Attendances 2",
		},
		{
			"what is for something else is left out", "",
			[]events.Event{runs("fri", events.OtherTarget, day(1), events.Camp), held(one, 5, "fri", events.Camp), came(one, anna)},
			"Sessions.LeftOut 1",
		},
		{
			"children who came for another reason are told apart", "Attendance",
			[]events.Event{opened(one, 5), other},
			"Attendance.Children 1, Attendance.Attendances 1, Attendance.Other.Children 1, Attendance.Other.Attendances 1",
		},
		{
			"so are adults", "Attendance",
			[]events.Event{opened(one, 5), adult, counted(one, 2, events.AdultRole), opened(two, 6), counted(two, 3, "")},
			"Attendance.Unidentified 3, Attendance.Adults 3",
		},
		{
			"four sessions in a day are many", "Attendance",
			busy,
			"Attendance.Children 1, Attendance.Attendances 4, Attendance.OneDay.Children 1, Attendance.OneDay.Attendances 4",
		},
		{
			"two children found to be one come once", "Attendance",
			[]events.Event{opened(one, 5), came(one, anna, bo), merge},
			"Attendance.Children 1, Attendance.Attendances 1",
		},
		{
			"a child without a place there", "Places",
			[]events.Event{opened(one, 5), came(one, anna)},
			"Places.Unplaced.Children 1, Places.Unplaced.Attendances 1, Places.Never.Children 1, Places.Never.Attendances 1",
		},
		{
			"a place in another form is none", "Places",
			[]events.Event{held(one, 5, "sputnik", events.Camp), came(one, anna), placed(anna, 1, day(1))},
			"Places.Unplaced.Children 1, Places.Unplaced.Attendances 1, Places.Never.Children 1, Places.Never.Attendances 1, Places.Children 1",
		},
		{
			"a child whose place had ended the day before", "Places",
			[]events.Event{opened(one, 5), came(one, anna), placed(anna, 1, day(1)), left(anna, 2, 1, day(4))},
			"Places.Unplaced.Children 1, Places.Unplaced.Attendances 1, Places.Ended.Children 1, Places.Ended.Attendances 1, Places.Children 1",
		},
		{
			"on its last day a child has it still", "Places",
			[]events.Event{opened(one, 5), came(one, anna), placed(anna, 1, day(1)), left(anna, 2, 1, day(5))},
			"Places.Children 1",
		},
		{
			"a child whose place began the day after", "Places",
			[]events.Event{opened(one, 5), came(one, anna), placed(anna, 1, day(6))},
			"Places.Unplaced.Children 1, Places.Unplaced.Attendances 1, Places.NotYet.Children 1, Places.NotYet.Attendances 1, Places.Children 1",
		},
		{
			"the place of a record that was found to be the same child is the child's", "Places",
			[]events.Event{opened(one, 5), came(one, anna), placed(bo, 7, day(1)), merge},
			"Places.Children 1",
		},
		{
			"registered is not reached", "Places",
			[]events.Event{opened(one, 5), came(one, anna), placed(anna, 1, day(1)), placed(bo, 1, day(1)), placed(bo, 2, day(8))},
			"Places.Children 2, Places.NeverCame 1, Places.NeverCameTo [{sputnik 1}]",
		},
		{
			"a place that nobody used for a year is idle", "Places",
			[]events.Event{opened(one, -365), came(one, anna), placed(anna, 1, day(-400)), placed(bo, 1, day(-300)), opened(two, 5), came(two, bo)},
			"Places.Children 2, Places.NeverCame 1, Places.NeverCameTo [{sputnik 1}], Places.Idle 1, Places.IdleIn [{sputnik 1}]",
		},
		{
			"used within the year it is not", "Places",
			[]events.Event{opened(one, -300), came(one, anna), placed(anna, 1, day(-400))},
			"Places.Children 1, Places.NeverCame 1, Places.NeverCameTo [{sputnik 1}]",
		},
		{
			"referrals: one answered in time, one too late, one never, one of another month", "Referrals",
			[]events.Event{
				referred(1, "school", day(1)),
				events.ReferralClosed{Closing: entry(anna, 5), Referral: entry(anna, 1), Outcome: "accepted", ClosedOn: day(31 + 90)},
				referred(2, "unknown", day(2)),
				events.ReferralClosed{Closing: entry(anna, 6), Referral: entry(anna, 2), Outcome: "accepted", ClosedOn: day(31 + 91)},
				referred(3, "self", day(31)), referred(4, "self", day(32)),
			},
			"Referrals.Received 3, Referrals.Open 2, Referrals.UnknownChannel 1",
		},
		{
			"forms that nobody came to, and forms that nobody offers", "Programmes",
			[]events.Event{
				runs("sputnik", events.SubstanceAbuse, day(1), events.SupportGroup, events.Camp), opened(one, 5), counted(one, 2, ""),
				held(two, 6, "sputnik", events.Counselling), came(two, anna), held(three, 6, "sputnik", events.FamilySupport),
			},
			"Programmes.NotReached [{sputnik camp}], Programmes.NotOffered [counselling]",
		},
		{
			"programmes without a session, and without identities", "Programmes",
			[]events.Event{
				anonymous, opened(one, 5),
				events.SessionCancelled{Session: one},
				runs("fri", events.OtherTarget, day(1), events.Camp), runs("later", events.SubstanceAbuse, day(32), events.Camp),
			},
			"Programmes.NotReached [{sputnik support_group}], Programmes.NoIdentity [sputnik], Programmes.NoSession [sputnik]",
		},
		{
			"a session before its programme began", "Programmes",
			[]events.Event{runs("sputnik", events.SubstanceAbuse, day(6), events.SupportGroup), opened(one, 5), came(one, anna), opened(two, 6), came(two, anna)},
			"Programmes.Early.Number 1, Programmes.EarlyIn [{sputnik 1}]",
		},
		{
			"a merge with a child who came", "Merges",
			[]events.Event{opened(one, 5), came(one, bo), merge, events.CaseMerged{Merge: entry(cilla, 1), Into: events.ID{9}}},
			"Merges.Standing 1",
		},
		{
			"a merge undone", "Merges",
			[]events.Event{opened(one, 5), came(one, bo), on(day(2)), merge, events.MergeUndone{Merge: merge.Merge, Into: anna, Reason: "wrong_child"}},
			"Merges.Undone 1",
		},
		{
			"one undone before the period is no news", "Merges",
			[]events.Event{on(day(-9)), merge, events.MergeUndone{Merge: merge.Merge, Into: anna, Reason: "wrong_child"}},
			"",
		},
		{
			"registers written late, and after the period, this year and the year before", "Late",
			[]events.Event{
				on(day(-335)), opened(one, -334), came(one, anna), on(day(-324)), came(one, bo), on(day(-294)), came(one, cilla),
				on(day(31)), opened(two, 1), came(two, anna), on(day(32)), came(two, bo), opened(three, 5),
				events.SessionCancelled{Session: three},
				came(three, anna),
			},
			"Late.Attendances 2, Late.MonthLate 1, Late.AfterPeriod 1, Late.Previous.Attendances 3, Late.Previous.AfterPeriod 2, Late.Previous.Later 2",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			projectiontest.Show(t, pool, register.Projection{}, told(t, c.given...), func(tx pgx.Tx) {
				var got []string
				for _, line := range nonzero("", reflect.ValueOf(review(t, tx, march, 999))) {
					if strings.HasPrefix(line, c.about) {
						got = append(got, line)
					}
				}
				if said := strings.Join(got, ", "); said != c.want {
					t.Errorf("\n got %s\nwant %s", said, c.want)
				}
			})
		})
	}
}

func TestAReviewIsOfItsPositionAndDay(t *testing.T) {
	var list []events.Event
	for n := range 25 {
		list = append(list, opened(events.ID{0x55, byte(n)}, 1+n))
	}
	s := told(t, append(list, on(day(27)), events.SessionAttended{Session: events.ID{0x55, 24}, Attended: mark(anna)})...)
	projectiontest.Show(t, projectiontest.Pool(t), register.Projection{}, s, func(tx pgx.Tx) {
		month := register.Asked{From: day(1), To: day(31)}
		for _, c := range []struct {
			at                      events.Position
			today                   events.Day
			total, planned, missing int
		}{{25, 0, 25, 25, 0}, {26, 0, 25, 0, 24}, {26, day(10), 25, 15, 9}, {3, day(40), 3, 0, 3}} {
			month.Today = c.today
			if got := review(t, tx, month, c.at).Sessions; got.Total != c.total || got.Planned != c.planned || got.Missing.Number != c.missing || len(got.Missing.Sessions) != min(c.missing, register.Examples) {
				t.Errorf("at %d on %s: %+v", c.at, c.today, got)
			}
		}
		if missing := review(t, tx, month, 26).Sessions.Missing; missing.Sessions[0] != (events.ID{0x55, 0}) {
			t.Errorf("the first examples are not the earliest: %+v", missing)
		}
	})
}

func TestWhatIsRecordedOfOtherDaysIsNotReadOfAPeriod(t *testing.T) {
	next := events.SessionOpened{Session: two, Programme: "sputnik", Form: events.SupportGroup, HeldOn: day(32)}
	s := told(t, opened(one, 31), next, events.SessionAttended{Session: two, Attended: mark(anna)}, events.SessionAttended{Session: one, Attended: mark(bo)})
	projectiontest.Show(t, projectiontest.Pool(t), register.Projection{}, s, func(tx pgx.Tx) {
		var reviews register.Reviews
		asked, shown := &projectiontest.Batches{Tx: tx}, projections.Checkpoint{Municipality: örebro, Generation: 1}
		for _, c := range []struct {
			at                events.Position
			attendances, sent int
		}{{1, 0, 1}, {3, 0, 1}, {4, 1, 2}} {
			got, err := reviews.Of(t.Context(), asked, shown, march, c.at)
			if err != nil || got.Attendance.Attendances != c.attendances || asked.Sent != c.sent {
				t.Errorf("at %d, asked %d times: %+v, %v", c.at, asked.Sent, got.Attendance, err)
			}
		}
	})
}

// Of a few hundred sessions it is read of those; of 2,200, and of 10,100 that are nearly all of another year, of all.
func TestAReviewAfterAnImportOfAnySizeIsTheOneMadeAfresh(t *testing.T) {
	s := projectiontest.NewStory(t, örebro)
	s.Happens(events.ProgrammeOf("sputnik"), events.ProgrammeRegistered{Programme: "sputnik", Name: "Sputnik", Organiser: "municipality", Target: events.SubstanceAbuse, Identity: events.Linked})
	for n := range 12_600 {
		if n == 3000 {
			s.Happens(events.ProgrammeOf("sputnik"), events.ProgrammeAmended{Programme: "sputnik", Name: "Sputnik", Organiser: "municipality", Target: events.SubstanceAbuse, Identity: events.Linked, ValidFrom: day(-100)})
		}
		session, d := events.ID{0x50, byte(n), byte(n >> 8)}, 1+n%31
		if n > 2500 && n%1000 > 0 {
			d -= 365
		}
		s.Happens(events.SessionOf(session), opened(session, d))
	}
	projectiontest.Show(t, projectiontest.Pool(t), register.Projection{}, s, func(tx pgx.Tx) {
		var reviews register.Reviews
		for _, at := range []events.Position{10, 300, 2500, 12_602} {
			got, err := reviews.Of(t.Context(), tx, projections.Checkpoint{Municipality: örebro, Generation: 1}, march, at)
			if want := review(t, tx, march, at); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("at %d: %+v, %v, afresh\n%+v", at, got, err, want)
			}
		}
	})
}

func TestWhatIsRecordedAfterMidnightInSwedenIsOfTheNewDay(t *testing.T) {
	merge := events.CaseMerged{Merge: entry(bo, 9), Into: anna}
	s := told(t, opened(one, 31), opened(two, 31), merge, later{time.Date(2021, 3, 31, 22, 30, 0, 0, time.UTC)},
		events.MergeUndone{Merge: merge.Merge, Into: anna, Reason: "wrong_child"}, events.SessionAttended{Session: one, Attended: mark(anna)})
	projectiontest.Show(t, projectiontest.Pool(t), register.Projection{}, s, func(tx pgx.Tx) {
		got := review(t, tx, register.Asked{From: day(1), To: day(31)}, 99)
		if got.Late.Days != 1 || got.Late.AfterPeriod != 1 || got.Sessions.Planned != 0 || got.Sessions.Missing.Number != 1 {
			t.Errorf("half an hour after the month: %+v %+v", got.Late, got.Sessions)
		}
		if april := review(t, tx, register.Asked{From: day(32), To: day(61)}, 99).Merges; april.Undone != 1 {
			t.Errorf("a merge that was undone in April: %+v", april)
		}
	})
}

func TestWhatIsYetToComeIsWhatCameAsLateTheYearBefore(t *testing.T) {
	s := told(t, on(day(-334)), opened(one, -334), on(day(-324)), events.SessionAttended{Session: one, Attended: mark(anna)}, on(day(-294)), events.SessionAttended{Session: one, Attended: mark(bo, cilla)})
	projectiontest.Show(t, projectiontest.Pool(t), register.Projection{}, s, func(tx pgx.Tx) {
		for today, later := range map[int]int{31: 3, 31 + 9: 3, 31 + 10: 2, 31 + 39: 2, 31 + 40: 0} {
			got := review(t, tx, register.Asked{From: day(1), To: day(31), Today: day(today)}, 99).Late
			if got.Days != today-31 || got.Previous.AfterPeriod != 3 || got.Previous.Later != later {
				t.Errorf("%d days after the period: %+v, want %d later", today-31, got, later)
			}
		}
	})
}

func TestAnAttendanceOfTwoRecordsOfOneChildWasRecordedWhenTheFirstOfThemWas(t *testing.T) {
	var list []events.Event
	for n := range 30 {
		list = append(list, opened(events.ID{0x55, byte(n)}, 1+n), events.SessionAttended{Session: events.ID{0x55, byte(n)}, Attended: mark(anna)})
	}
	list = append(list, on(day(40)))
	for n := range 30 {
		list = append(list, events.SessionAttended{Session: events.ID{0x55, byte(n)}, Attended: mark(bo)})
	}
	s := told(t, append(list, events.CaseMerged{Merge: entry(anna, 1), Into: bo})...)
	projectiontest.Show(t, projectiontest.Pool(t), register.Projection{}, s, func(tx pgx.Tx) {
		if _, err := tx.Exec(t.Context(), `SET LOCAL enable_sort = off`); err != nil { // rows come as they are hashed
			t.Fatal(err)
		}
		if late := review(t, tx, register.Asked{From: day(1), To: day(31), Today: day(45)}, 99).Late; late.Attendances != 30 || late.AfterPeriod != 0 {
			t.Errorf("%+v", late)
		}
	})
}

// aYear is 10,000 attendances of 2,000 children at 1,250 sessions, as many five years before, and their places of five
// years.
var aYear = sync.OnceValue(func() *projectiontest.Story {
	s := projectiontest.NewStory(&testing.B{}, örebro)
	for i := range 2 * 1250 {
		id := events.ID{0x50, byte(i), byte(i >> 8)}
		var marks []events.Mark
		for k := range 8 {
			c := (i*8 + k) * 7 % 2000
			marks = append(marks, events.Mark{Child: events.ID{0xc0, byte(c), byte(c >> 8)}})
		}
		s.Happens(events.SessionOf(id), events.SessionOpened{Session: id, Programme: "sputnik", Form: events.SupportGroup, HeldOn: events.Date(2021-i/1250*5, 1, 1) + events.Day(i%365)},
			events.SessionAttended{Session: id, Attended: marks})
	}
	for c := range 10_000 {
		child := events.ID{0xc0, byte(c % 2000), byte(c % 2000 >> 8)}
		place := events.ChildEnrolled{Enrolment: entry(child, byte(2*c/2000)), Programme: "sputnik", Form: events.SupportGroup, EnrolledOn: events.Date(2017+c/2000, 1, 1)}
		s.Happens(events.CaseOf(child), place, events.EnrolmentEnded{End: entry(child, byte(2*c/2000+1)), Enrolment: place.Enrolment, Programme: "sputnik", Form: events.SupportGroup, Reason: "completed", EndedOn: place.EnrolledOn + 180})
	}
	return s
})

func BenchmarkReview(b *testing.B) {
	s, pool := aYear(), projectiontest.Pool(b)
	projectiontest.Show(b, pool, register.Projection{}, s, func(tx pgx.Tx) {
		if _, err := tx.Exec(b.Context(), "ANALYZE"); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			f := review(b, tx, register.Asked{From: events.Date(2021, 1, 1), To: events.Date(2021, 12, 31)}, 99999)
			if f.Attendance.Attendances != 10_000 {
				b.Fatal(f.Attendance)
			}
		}
	})
}

// BenchmarkNextReview is a review after one more register.
func BenchmarkNextReview(b *testing.B) {
	s, pool := aYear(), projectiontest.Pool(b)
	projectiontest.Show(b, pool, register.Projection{}, s, func(tx pgx.Tx) {
		if _, err := tx.Exec(b.Context(), "ANALYZE"); err != nil {
			b.Fatal(err)
		}
		at := events.Position(2 * 1250)
		var reviews register.Reviews
		shown := projections.Checkpoint{Municipality: örebro, Generation: 1}
		for b.Loop() {
			at++
			if _, err := reviews.Of(b.Context(), tx, shown, register.Asked{From: events.Date(2021, 1, 1), To: events.Date(2021, 12, 31)}, at); err != nil {
				b.Fatal(err)
			}
		}
	})
}
