package reach_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/reach"
)

// keysOf are the keys of figures, and what each of them is.
func keysOf(f reach.Figures) map[reach.FigureKey]int {
	all := map[reach.FigureKey]int{"children": f.Children, "guests": f.Guests.Children}
	add := func(n int, kind string, of ...any) {
		key := kind
		for _, one := range of {
			key += fmt.Sprint(".", one)
		}
		all[reach.FigureKey(key)] = n
	}
	for _, r := range f.ByForm {
		add(r.Children, "form", r.Form)
	}
	for _, r := range f.Overlap {
		add(r.Children, "overlap", r.Forms[0], r.Forms[1])
	}
	for _, r := range f.ByProgramme {
		add(r.Children, "programme", r.Programme)
	}
	for _, r := range f.ByChannel {
		add(r.First, "first", r.Channel)
		add(r.Any, "channel", r.Channel)
	}
	for _, r := range f.ByAge {
		add(r.Children, "age", r.Age)
	}
	for _, r := range f.ByGender {
		add(r.Children, "gender", r.Gender)
	}
	return all
}

func TestWhatIsBehindAFigureAddsUpToIt(t *testing.T) {
	seed, pool := firstSeed(t), projectiontest.Pool(t)
	for n := range 60 {
		w := newWorld(t, seed+uint64(n), "1880")
		w.live(60)
		head, _ := w.log.Head(t.Context(), w.m)
		p, at := w.period(), w.wholeUpTo(w.r.Uint64N(head+1))
		projectiontest.Show(t, pool, reach.Projection{}, w.story(), func(tx pgx.Tx) {
			evidence, err := reach.Gather(t.Context(), tx, w.m, p, at)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range reach.Definitions {
				l, err := new(reach.Counts).LookBehind(t.Context(), tx, projections.Checkpoint{Municipality: w.m}, d, p, at)
				if err != nil {
					t.Fatal(err)
				}
				figures := reach.Compute(evidence, d, p, at)
				for key, want := range keysOf(figures) {
					b, err := l.Of(key, []byte("salt"))
					if err != nil || b.Children != want || b.Position != at {
						t.Errorf("seed %d, %s of %s at %d: %d children behind %d, %v", seed+uint64(n), key, d.ID, at, b.Children, want, err)
					}
				}
				if d.Basis == reach.Attended {
					sameAttendances(t, seed+uint64(n), l, figures)
					leftOutAsReviewed(t, seed+uint64(n), l, reach.Review(evidence, d, p))
				}
			}
		})
	}
}

func sameAttendances(t *testing.T, seed uint64, l *reach.Listing, f reach.Figures) {
	t.Helper()
	for _, r := range f.ByForm {
		if b, _ := l.Of(reach.FigureKey("form."+r.Form), nil); b.Attendances != r.Attendances {
			t.Errorf("seed %d, %s: %d attendances behind %d", seed, r.Form, b.Attendances, r.Attendances)
		}
	}
	for _, r := range f.ByProgramme {
		if b, _ := l.Of(reach.FigureKey("programme."+r.Programme), nil); b.Attendances != r.Attendances {
			t.Errorf("seed %d, %s: %d attendances behind %d", seed, r.Programme, b.Attendances, r.Attendances)
		}
	}
}

func leftOutAsReviewed(t *testing.T, seed uint64, l *reach.Listing, f reach.Findings) {
	t.Helper()
	b, _ := l.Of("children", nil)
	children := make(map[reach.LeftOutReason]map[events.ID]bool)
	for _, r := range b.LeftOut {
		if children[r.Why] == nil {
			children[r.Why] = make(map[events.ID]bool)
		}
		children[r.Why][r.Child] = true
	}
	for key, want := range map[reach.FigureKey]int{"without_referral": f.WithoutReferral, "not_born": f.NotBorn, "disputed": f.Disputed, "age.unknown": f.UnknownYear} {
		if found, err := l.Of(key, nil); err != nil || found.Children != want {
			t.Errorf("seed %d, %s: %d children behind %d, %v", seed, key, found.Children, want, err)
		}
	}
	if got := [2]int{len(children[reach.TooOld]), len(children[reach.OtherHome])}; got != [2]int{f.TooOld, f.Guests} {
		t.Errorf("seed %d: too old and guests %v, found %+v", seed, got, f)
	}
}

func TestWhoIsNotInAFigureAndWhy(t *testing.T) {
	pool := projectiontest.Pool(t)
	came := func(n byte, mark events.Mark) []events.Event {
		id := events.ID{0x51, n}
		mark.Child = events.ID{n}
		return []events.Event{events.SessionOpened{Session: id, Programme: "sputnik", Form: events.SupportGroup, HeldOn: spring}, events.SessionAttended{Session: id, Attended: []events.Mark{mark}}}
	}
	s := projectiontest.NewStory(t, "1880")
	tell(s, came(1, events.Mark{BirthYear: 2010})...)
	tell(s, came(2, events.Mark{BirthYear: 2003})...)
	tell(s, came(3, events.Mark{HomeMunicipality: "1881"})...)
	tell(s, came(4, events.Mark{Target: events.OtherTarget})...)
	tell(s, append(came(5, events.Mark{}), events.SessionCancelled{Session: events.ID{0x51, 5}})...)
	tell(s, append(came(6, events.Mark{}), events.SessionWithdrawn{Session: events.ID{0x51, 6}, Reason: "entered_in_error"})...)
	tell(s, append(came(7, events.Mark{}), events.SessionAttended{Session: events.ID{0x51, 7}, Removed: []events.Mark{{Child: events.ID{7}}}})...)
	tell(s, append(came(8, events.Mark{}), events.CaseMerged{Merge: events.Entry{Of: events.ID{8}, Number: [8]byte{1}}, Into: events.ID{1}})...)
	tell(s, events.ChildEnrolled{Enrolment: events.Entry{Of: events.ID{9}, Number: [8]byte{1}}, Programme: "sputnik", Form: events.Camp, EnrolledOn: spring})
	head, _ := s.Log.Head(t.Context(), "1880")
	projectiontest.Show(t, pool, reach.Projection{}, s, func(tx pgx.Tx) {
		d, _ := reach.Named(reach.Default)
		l, err := new(reach.Counts).LookBehind(t.Context(), tx, projections.Checkpoint{Municipality: "1880"}, d, reach.CalendarYear(2021), head)
		if err != nil {
			t.Fatal(err)
		}
		b, err := l.Of("children", []byte("a"))
		if err != nil || b.Children != 1 || b.Attendances != 2 || len(b.Rows) != 1 || b.Rows[0].Sessions != 2 || b.Rows[0].First != spring || b.Rows[0].Last != spring {
			t.Errorf("not one child at two sessions: %+v, %v", b, err)
		}
		want := map[byte]reach.LeftOutReason{2: reach.TooOld, 3: reach.OtherHome, 4: reach.OtherAim, 5: reach.WasCancelled, 6: reach.WasWithdrawn, 7: reach.WasRemoved, 8: reach.CountsAsOther, 9: reach.NeverCame}
		if len(b.LeftOut) != len(want) {
			t.Errorf("left out are %d, not %d: %+v", len(b.LeftOut), len(want), b.LeftOut)
		}
		for _, r := range b.LeftOut {
			if r.Why != want[r.Child[0]] {
				t.Errorf("child %d is left out because it is %s, not %s", r.Child[0], r.Why, want[r.Child[0]])
			}
			if r.Why == reach.CountsAsOther && r.As != b.Rows[0].Number {
				t.Errorf("the merged child counts as number %d, not %d", r.As, b.Rows[0].Number)
			}
		}
		if _, err := l.Of("children_and_others", nil); err == nil {
			t.Error("a figure is known that there is not")
		}
	})
}

func TestARowSaysThatNobodyCanTellTheChildThoughItIsInNoFigureOrWasMerged(t *testing.T) {
	at := func(n byte, child byte) []events.Event {
		id := events.ID{0x51, n}
		return []events.Event{events.SessionOpened{Session: id, Programme: "sputnik", Form: events.SupportGroup, HeldOn: spring}, events.SessionAttended{Session: id, Attended: []events.Mark{{Child: events.ID{child}}}}}
	}
	s := projectiontest.NewStory(t, "1880")
	for child := range byte(4) {
		tell(s, append(at(child+1, child+1), events.SessionCancelled{Session: events.ID{0x51, child + 1}})...)
	}
	tell(s, at(5, 5)...)
	tell(s, events.CaseMerged{Merge: events.Entry{Of: events.ID{2}, Number: [8]byte{1}}, Into: events.ID{3}}, events.CaseMerged{Merge: events.Entry{Of: events.ID{5}, Number: [8]byte{1}}, Into: events.ID{6}})
	before, _ := s.Log.Head(t.Context(), "1880")
	tell(s, events.IdentityErased{Child: events.ID{1}}, events.IdentityErased{Child: events.ID{2}}, events.IdentityErased{Child: events.ID{5}})
	head, _ := s.Log.Head(t.Context(), "1880")
	erased := map[byte]bool{1: true, 3: true, 5: true, 6: true}
	projectiontest.Show(t, projectiontest.Pool(t), reach.Projection{}, s, func(tx pgx.Tx) {
		d, _ := reach.Named(reach.Default)
		for _, at := range []events.Position{before, head} {
			l, err := new(reach.Counts).LookBehind(t.Context(), tx, projections.Checkpoint{Municipality: "1880"}, d, reach.CalendarYear(2021), at)
			if err != nil {
				t.Fatal(err)
			}
			b, err := l.Of("children", nil)
			if rows := append(b.Rows, b.LeftOut...); err != nil || len(rows) != 5 {
				t.Errorf("not five rows: %+v, %v", rows, err)
			}
			for _, r := range append(b.Rows, b.LeftOut...) {
				if want := at == head && erased[r.Child[0]]; r.Erased != want {
					t.Errorf("at %d of %d, child %d, %s: erased %t", at, head, r.Child[0], r.Why, r.Erased)
				}
			}
		}
	})
}

func TestAPlaceInAProgrammeForSomethingElseIsNotOneThatNobodyCameTo(t *testing.T) {
	registered := func(id events.ProgrammeID, target events.Target) events.Event {
		return events.ProgrammeRegistered{Programme: id, Name: "Namn", Forms: []events.Form{events.Camp}, Organiser: "ngo", Target: target, Identity: events.Linked}
	}
	place := func(child byte, programme events.ProgrammeID) events.Event {
		return events.ChildEnrolled{Enrolment: events.Entry{Of: events.ID{child}, Number: [8]byte{1}}, Programme: programme, Form: events.Camp, EnrolledOn: spring}
	}
	s := projectiontest.NewStory(t, "1880")
	tell(s, registered("annat", events.OtherTarget), registered("blandat", events.MixedTarget), place(1, "annat"), place(2, "blandat"), place(3, "okänt"))
	head, _ := s.Log.Head(t.Context(), "1880")
	projectiontest.Show(t, projectiontest.Pool(t), reach.Projection{}, s, func(tx pgx.Tx) {
		d, _ := reach.Named(reach.Default)
		l, err := new(reach.Counts).LookBehind(t.Context(), tx, projections.Checkpoint{Municipality: "1880"}, d, reach.CalendarYear(2021), head)
		if err != nil {
			t.Fatal(err)
		}
		b, err := l.Of("children", nil)
		if err != nil || len(b.Rows) != 0 || len(b.LeftOut) != 2 {
			t.Errorf("%+v, %v", b, err)
		}
		for _, r := range b.LeftOut {
			if r.Why != reach.NeverCame || r.Child == (events.ID{1}) {
				t.Errorf("child %d is left out because it is %s", r.Child[0], r.Why)
			}
		}
	})
}
