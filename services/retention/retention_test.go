package retention_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
	"rackvidd/events/memlog"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/register"
	"rackvidd/services/retention"
	"rackvidd/services/vault"
)

func TestMain(m *testing.M) { projectiontest.Main(m) }

const örebro, kumla = events.Municipality("1880"), events.Municipality("1881")

// town is a municipality with its children, at a moment that the test chooses, after the children became known.
type town struct {
	t        testing.TB
	log      *memlog.Log
	vault    *vault.Vault
	service  *retention.Service
	now      time.Time
	versions map[events.Stream]events.Position
	damaged  error
}

func newTown(t testing.TB) *town {
	t.Helper()
	store, err := vault.OpenKeyStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.New(t.Context(), vault.Config{Pool: projectiontest.Pool(t), Keys: vault.NewKeys(), KeyStore: store})
	if err != nil {
		t.Fatal(err)
	}
	w := &town{t: t, log: memlog.New(), vault: v, now: time.Now().UTC().Add(time.Hour), versions: make(map[events.Stream]events.Position)}
	pool := projectiontest.Pool(t)
	if err := projections.Install(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	runner := projections.Runner{Log: w.log, Pool: pool, Projections: []projections.Projection{register.Projection{}}}
	done := make(chan error)
	go func() { done <- runner.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	w.service = &retention.Service{
		Log: w.log, Reading: pool, Vault: v, Actor: events.ID{9}, Clock: func() time.Time { return w.now }, Logger: slog.New(slog.DiscardHandler),
		Whole: func(events.Municipality) error { return w.damaged },
	}
	return w
}

// happens records events of one thing, at the town's moment.
func (w *town) happens(s events.Stream, list ...events.Event) {
	w.t.Helper()
	at, err := w.log.Append(w.t.Context(), örebro, events.Decision{{Stream: s, Expected: w.versions[s], Command: uuid.New(), Time: w.now, Events: list}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.versions[s] = at[0]
}

func (w *town) decides(years events.Amount) {
	w.t.Helper()
	w.happens(events.Retentions(), events.RetentionDecided{Years: years})
}

func (w *town) child(name string) events.ID {
	w.t.Helper()
	p, err := w.vault.Tokens(w.t.Context(), örebro, []vault.Identity{{Source: "list", Child: name}}, events.DayOf(w.now))
	if err != nil {
		w.t.Fatal(err)
	}
	return p[0].Token
}

func (w *town) refers(child events.ID) {
	w.t.Helper()
	id := events.NewID()
	w.happens(events.CaseOf(child), events.ReferralReceived{Referral: events.Entry{Of: child, Number: [8]byte(id[:8])}, Channel: "school", ReceivedOn: events.DayOf(w.now)})
}

func (w *town) later(years, days int) { w.now = w.now.AddDate(years, 0, days) }

// passes lets days pass, on each of which the list is made.
func (w *town) passes(days int) {
	w.t.Helper()
	for range days {
		w.later(0, 1)
		w.looks()
	}
}

func (w *town) looks() {
	w.t.Helper()
	if err := w.service.CarryOut(w.t.Context(), örebro); err != nil {
		w.t.Fatal(err)
	}
	for _, one := range w.erased() { // what retention recorded is at a version of its own
		recorded, err := w.log.Streams(w.t.Context(), örebro, events.CaseOf(one))
		if err != nil {
			w.t.Fatal(err)
		}
		w.versions[events.CaseOf(one)] = recorded[events.CaseOf(one)][len(recorded[events.CaseOf(one)])-1].Position
	}
}

// hasThirtyDays lets thirty days pass, after which the child is erased and not before.
func (w *town) hasThirtyDays(child events.ID) {
	w.t.Helper()
	w.passes(29)
	w.mustHaveErased()
	w.passes(1)
	w.mustHaveErased(child)
}

func (w *town) erased() (list []events.ID) {
	w.t.Helper()
	erasures, err := w.vault.Erasures(w.t.Context(), örebro)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range erasures {
		list = append(list, e.Token)
	}
	return list
}

func (w *town) mustHaveErased(children ...events.ID) {
	w.t.Helper()
	got := w.erased()
	if len(got) != len(children) || slices.ContainsFunc(children, func(c events.ID) bool { return !slices.Contains(got, c) }) {
		w.t.Errorf("%s: erased are %v, want %v", w.now.Format(time.DateOnly), got, children)
	}
}

func (w *town) listed() (children []events.ID) {
	w.t.Helper()
	list, err := w.service.Listed(w.t.Context(), örebro)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, one := range list {
		children = append(children, one.Child)
	}
	return children
}

func TestAChildIsErasedThirtyDaysAfterItsYearsWithoutARecord(t *testing.T) {
	w := newTown(t)
	child, recent := w.child("a"), w.child("b")
	w.decides(2)
	w.refers(child)
	w.later(1, 0)
	w.refers(recent)
	w.later(1, -1)
	if w.looks(); len(w.listed()) != 0 {
		t.Errorf("listed a day before its years are over: %v", w.listed())
	}
	w.later(0, 1)
	w.looks()
	if got := w.listed(); !slices.Equal(got, []events.ID{child}) {
		t.Errorf("listed are %v, want %v", got, child)
	}
	w.hasThirtyDays(child)
	if got := w.listed(); len(got) != 0 {
		t.Errorf("listed when it is erased: %v", got)
	}
	known, err := w.vault.Known(t.Context(), örebro, []events.ID{child, recent})
	if err != nil || len(known) != 1 {
		t.Errorf("known are %v: %v", known, err)
	}
	said, err := w.log.Streams(t.Context(), örebro, events.CaseOf(child))
	if err != nil {
		t.Fatal(err)
	}
	list := said[events.CaseOf(child)]
	last := list[len(list)-1]
	if last.Events[0] != (events.IdentityErased{Child: child, Decision: 1, ListedOn: events.DayOf(w.now.AddDate(0, 0, -30).In(events.Sweden))}) || last.Actor != (events.ID{9}) {
		t.Errorf("the log says last of it: %+v", last)
	}
	w.looks()
	if again, _ := w.log.Streams(t.Context(), örebro, events.CaseOf(child)); len(again[events.CaseOf(child)]) != len(list) {
		t.Error("its erasure was recorded twice")
	}
}

func TestWhateverIsRecordedOfAChildTakesItOffTheList(t *testing.T) {
	evening := events.ID{7}
	for what, record := range map[string]func(w *town, child events.ID){
		"in its case": (*town).refers,
		"by its attendance": func(w *town, child events.ID) {
			w.happens(events.SessionOf(evening), events.SessionAttended{Session: evening, Attended: []events.Mark{{Child: child, Role: events.ChildRole, Target: events.SubstanceAbuse}}})
		},
		"in a group": func(w *town, child events.ID) {
			w.happens(events.GroupOf(events.ID{5}), events.GroupMembersChanged{Group: events.ID{5}, Joined: []events.ID{child}})
		},
		"of a record merged with it": func(w *town, child events.ID) { w.refers(w.child("other")) },
	} {
		t.Run(what, func(t *testing.T) {
			w := newTown(t)
			child, other := w.child("a"), w.child("other")
			w.happens(events.GroupOf(events.ID{5}), events.GroupFormed{Group: events.ID{5}, Programme: "sputnik", Form: events.SupportGroup, Name: "A"})
			w.happens(events.SessionOf(evening), events.SessionOpened{Session: evening, Programme: "sputnik", Form: events.SupportGroup, HeldOn: events.DayOf(w.now), Group: events.ID{5}})
			w.happens(events.CaseOf(child), events.CaseMerged{Merge: events.Entry{Of: child, Number: [8]byte{1}}, Into: other})
			w.happens(events.CaseOf(other), events.CaseAbsorbed{Merge: events.Entry{Of: child, Number: [8]byte{1}}, Child: child})
			w.decides(5)
			w.later(5, 0)
			w.looks()
			if got := w.listed(); len(got) != 2 {
				t.Fatalf("listed are %v, want both", got)
			}
			w.passes(20)
			record(w, child)
			w.passes(20)
			w.mustHaveErased()
			w.later(5, 0)
			w.looks()
			w.passes(30)
			w.mustHaveErased(child, other)
		})
	}
}

func TestAChildOnTheListIsToldWhenItIsErasedUntilSomethingIsRecorded(t *testing.T) {
	w := newTown(t)
	child, other := w.child("a"), w.child("b")
	merge := events.Entry{Of: child, Number: [8]byte{1}}
	w.refers(child)
	w.happens(events.CaseOf(child), events.CaseMerged{Merge: merge, Into: other})
	w.happens(events.CaseOf(other), events.CaseAbsorbed{Merge: merge, Child: child})
	w.decides(2)
	due := func() [2]time.Time {
		t.Helper()
		head, err := w.log.Head(t.Context(), örebro)
		if err != nil {
			t.Fatal(err)
		}
		var at [2]time.Time
		for i, one := range []events.ID{child, other} {
			if at[i], err = w.service.Due(t.Context(), örebro, one, head); err != nil {
				t.Fatal(err)
			}
		}
		return at
	}
	must := func(when string, at time.Time) {
		t.Helper()
		if got := due(); got != [2]time.Time{at, at} {
			t.Errorf("%s they are erased at %s, want %s", when, got, at)
		}
	}
	w.looks()
	must("before their years are over", time.Time{})
	w.later(2, 1)
	must("before the list is made", time.Time{})
	w.looks()
	listed := w.now.Truncate(time.Microsecond)
	must("on the list", listed.Add(retention.Notice))
	w.passes(1)
	must("a day later", listed.Add(retention.Notice))
	w.happens(events.CaseOf(other), events.IdentityErased{Child: other})
	must("when the log says that one of them was erased", listed.Add(retention.Notice))
	w.damaged = errors.New("damaged")
	must("while what is kept is damaged", time.Time{})
	w.damaged = nil
	w.decides(1)
	must("by a new decision", w.now.Truncate(time.Millisecond).Add(retention.Notice))
	w.decides(0)
	must("by none", time.Time{})
	w.decides(2)
	w.refers(other)
	must("when something was recorded of one of them", time.Time{})
}

func TestHowManyAreErasedAndWhenIsAnnounced(t *testing.T) {
	w := newTown(t)
	must := func(when string, want retention.Announced) {
		t.Helper()
		got, err := w.service.Announced(t.Context(), örebro)
		if err != nil || got.Children != want.Children || !got.From.Equal(want.From) || !got.To.Equal(want.To) {
			t.Errorf("%s it is announced %+v, want %+v: %v", when, got, want, err)
		}
	}
	must("before anybody decided", retention.Announced{})
	w.decides(1)
	w.refers(w.child("a"))
	w.later(0, 1)
	w.refers(w.child("b"))
	w.later(1, -1)
	w.looks()
	first := w.now.Truncate(time.Microsecond).Add(retention.Notice)
	must("of the first", retention.Announced{Children: 1, From: first, To: first})
	w.passes(1)
	must("of both", retention.Announced{Children: 2, From: first, To: first.AddDate(0, 0, 1)})
	w.damaged = errors.New("damaged")
	must("while what is kept is damaged", retention.Announced{})
	w.damaged = nil
	w.later(0, 3)
	must("when the list was not kept up", retention.Announced{})
	w.looks()
	w.now = w.now.Add(time.Hour)
	w.decides(2)
	w.decides(1)
	anew := w.now.Truncate(time.Millisecond).Add(retention.Notice)
	must("by a new decision", retention.Announced{Children: 2, From: anew, To: anew})
	w.decides(0)
	must("by none", retention.Announced{})
}

// counting is a vault that is asked for all children so many times.
type counting struct {
	*vault.Vault
	times int
}

func (c *counting) Kept(ctx context.Context, m events.Municipality, at time.Time) ([]vault.Kept, error) {
	c.times++
	return c.Vault.Kept(ctx, m, at)
}

func TestChildrenAreLookedOverAnewWhenSomethingChangedAndBeforeAnErasure(t *testing.T) {
	w := newTown(t)
	v := &counting{Vault: w.vault}
	w.service.Vault = v
	child := w.child("a")
	w.decides(1)
	w.refers(child)
	w.later(1, 0)
	asked := func(what string, want int, does func()) {
		t.Helper()
		before := v.times
		if does(); v.times-before != want {
			t.Errorf("%s: all children were asked for %d times, want %d", what, v.times-before, want)
		}
	}
	looks := func() {
		t.Helper()
		for _, years := range []events.Amount{0, 1, 2, 1} {
			if _, err := w.service.Foreseen(t.Context(), örebro, years); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.listed(); !slices.Equal(got, []events.ID{child}) {
			t.Errorf("listed are %v", got)
		}
	}
	asked("at first", 1, looks)
	asked("again", 0, looks)
	asked("when something is recorded", 1, func() { w.refers(w.child("b")); looks() })
	asked("when the list is made", 2, func() { w.looks(); looks() })
	asked("on another day", 1, func() { w.later(0, 1); looks(); looks() })
	asked("when it is made that day", 2, func() { w.looks(); looks() })
	asked("to keep the list up", 28, func() { w.passes(28) })
	asked("while what is kept is damaged", 0, func() {
		w.damaged = errors.New("damaged")
		if _, err := w.service.Listed(t.Context(), örebro); !errors.Is(err, w.damaged) {
			t.Errorf("it answers %v", err)
		}
		w.damaged = nil
	})
	asked("to erase", 1, func() { w.passes(1) })
	w.mustHaveErased(child)
}

func TestAListThatIsNotKeptUpAnyMoreIsNotRemembered(t *testing.T) {
	w := newTown(t)
	child := w.child("a")
	w.decides(1)
	w.refers(child)
	y, m, d := w.now.AddDate(1, 0, 1).Date()
	w.now = time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	w.looks()
	made := w.now
	for _, look := range []struct {
		hours  time.Duration
		erased time.Time
	}{{47, made.Add(retention.Notice)}, {49, time.Time{}}} {
		w.now = made.Add(look.hours * time.Hour)
		list, err := w.service.Listed(t.Context(), örebro)
		if err != nil || len(list) != 1 || !list[0].Erased.Equal(look.erased) {
			t.Errorf("%d hours after it was made the list is %+v, want its child erased at %s: %v", look.hours, list, look.erased, err)
		}
	}
}

func TestAClockThatRanAheadErasesNobody(t *testing.T) {
	for says, listed := range map[string]bool{"who is not listed": false, "who is": true} {
		t.Run(says, func(t *testing.T) {
			w := newTown(t)
			child := w.child("a")
			w.decides(1)
			w.refers(child)
			w.later(1, -10)
			if w.looks(); listed {
				w.passes(12)
			}
			right := w.now
			w.later(20, 0)
			w.looks()
			w.mustHaveErased()
			w.now = right
			w.passes(29)
			w.mustHaveErased()
			w.passes(1 + 10)
			w.mustHaveErased(child)
		})
	}
}

func TestThirtyDaysBeginAnewWhenTheListWasNotKeptUp(t *testing.T) {
	w := newTown(t)
	child := w.child("a")
	w.decides(1)
	w.refers(child)
	w.later(1, 0)
	w.looks()
	w.passes(29)
	w.later(0, 3)
	w.looks()
	w.hasThirtyDays(child)
}

func TestANewDecisionGivesEverybodyThirtyDays(t *testing.T) {
	w := newTown(t)
	child := w.child("a")
	w.decides(3)
	w.refers(child)
	w.later(3, 0)
	w.looks()
	w.passes(29)
	w.decides(0)
	w.decides(2)
	w.hasThirtyDays(child)
}

func TestNobodyIsListedWhereNothingWasDecided(t *testing.T) {
	w := newTown(t)
	w.refers(w.child("a"))
	w.later(100, 0)
	w.looks()
	w.passes(40)
	w.mustHaveErased()
	if list, err := w.service.Listed(t.Context(), kumla); err != nil || len(list) > 0 {
		t.Errorf("listed of a municipality without a log are %v: %v", list, err)
	}
}

func TestAChildOfWhomNothingWasEverRecordedIsErasedSoLongAfterItBecameKnown(t *testing.T) {
	w := newTown(t)
	child := w.child("never recorded")
	w.decides(1)
	w.later(1, 1)
	w.looks()
	w.passes(30)
	w.mustHaveErased(child)
}

func TestNobodyIsErasedWhileWhatIsKeptIsDamagedNorRightAfter(t *testing.T) {
	w := newTown(t)
	child := w.child("a")
	w.decides(1)
	w.refers(child)
	w.later(1, 0)
	w.looks()
	w.passes(29)
	w.damaged = errors.New("damaged")
	for range 5 {
		w.later(0, 1)
		if err := w.service.CarryOut(t.Context(), örebro); !errors.Is(err, w.damaged) {
			t.Errorf("it answers %v", err)
		}
	}
	w.damaged = nil
	w.looks()
	w.mustHaveErased() // nobody saw the list meanwhile
	w.passes(30)
	w.mustHaveErased(child)
}

func TestTheLongestUnrecordedIsListedFirst(t *testing.T) {
	w := newTown(t)
	w.decides(1)
	var want []events.ID
	for n := range 5 {
		child := w.child(fmt.Sprint(n))
		w.refers(child)
		want = append(want, child)
		w.later(0, 1)
	}
	w.later(2, 0)
	if got := w.listed(); !slices.Equal(got, want) {
		t.Errorf("listed are %v, want %v", got, want)
	}
}

// meddling is a vault beside which something happens when it erases first.
type meddling struct {
	*vault.Vault
	meanwhile func()
}

func (m *meddling) Erase(ctx context.Context, of events.Municipality, token events.ID) error {
	err := m.Vault.Erase(ctx, of, token)
	if m.meanwhile != nil {
		m.meanwhile()
		m.meanwhile = nil
	}
	return err
}

func TestWhatIsRecordedWhileOthersAreErasedIsHeeded(t *testing.T) {
	for says, meanwhile := range map[string]func(w *town, left events.ID){
		"of a child on the list": (*town).refers,
		"no retention":           func(w *town, _ events.ID) { w.decides(0) },
	} {
		t.Run(says, func(t *testing.T) {
			w := newTown(t)
			a, b := w.child("a"), w.child("b")
			w.decides(1)
			w.refers(a)
			w.later(0, 1)
			w.refers(b)
			w.later(1, 0)
			w.looks()
			w.passes(29)
			w.service.Vault = &meddling{w.vault, func() { meanwhile(w, b) }}
			w.passes(1)
			w.mustHaveErased(a)
		})
	}
}

func TestRecordsOfOneChildGoTogetherWhateverIsRecordedMeanwhile(t *testing.T) {
	w := newTown(t)
	child, other := w.child("a"), w.child("b")
	merge := events.Entry{Of: child, Number: [8]byte{1}}
	w.happens(events.CaseOf(child), events.CaseMerged{Merge: merge, Into: other})
	w.happens(events.CaseOf(other), events.CaseAbsorbed{Merge: merge, Child: child})
	w.decides(1)
	w.later(1, 0)
	w.looks()
	if a, err := w.service.Announced(t.Context(), örebro); err != nil || a.Children != 2 {
		t.Errorf("announced are %d, want each record: %v", a.Children, err)
	}
	w.passes(29)
	w.service.Vault = &meddling{w.vault, func() { w.refers(w.child("c")) }}
	w.passes(1)
	w.mustHaveErased(child, other)
}

// full is a log that takes nothing for a while.
type full struct {
	events.Log
	full bool
}

func (f *full) Append(ctx context.Context, m events.Municipality, d ...events.Decision) ([]events.Position, error) {
	if f.full {
		return nil, events.ErrNoRoom
	}
	return f.Log.Append(ctx, m, d...)
}

func TestALogThatTakesNothingIsToldLaterAndNobodyElseIsErasedUntilThen(t *testing.T) {
	w := newTown(t)
	log := &full{Log: w.log}
	w.service.Log = log
	a, b := w.child("a"), w.child("b")
	w.decides(1)
	w.refers(a)
	w.refers(b)
	w.later(1, 0)
	w.looks()
	w.passes(29)
	w.later(0, 1)
	log.full = true
	for range 3 {
		if err := w.service.CarryOut(t.Context(), örebro); !errors.Is(err, events.ErrNoRoom) {
			t.Errorf("it answers %v", err)
		}
	}
	if n := len(w.erased()); n != 1 {
		t.Errorf("%d are erased of whom the log does not know", n)
	}
	log.full = false
	w.looks()
	w.mustHaveErased(a, b)
	for _, child := range []events.ID{a, b} {
		said, err := w.log.Streams(t.Context(), örebro, events.CaseOf(child))
		if list := said[events.CaseOf(child)]; err != nil || len(list) != 2 {
			t.Errorf("the log says of it %v: %v", list, err)
		}
	}
}
