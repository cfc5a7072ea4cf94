package guests

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
	"rackvidd/events/memlog"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/reach"
	"rackvidd/services/casework"
	"rackvidd/services/vault"
)

func TestMain(m *testing.M) { projectiontest.Main(m) }

const örebro, kumla, hallsberg = events.Municipality("1880"), events.Municipality("1881"), events.Municipality("1861")

// town is a provider, its guests' homes, and the vault that knows them.
type town struct {
	t       *testing.T
	log     *memlog.Log
	vault   *vault.Vault
	service *Service
	latest  map[string]events.Position
}

func newTown(t *testing.T) *town {
	t.Helper()
	store, err := vault.OpenKeyStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.New(t.Context(), vault.Config{Pool: projectiontest.Pool(t), Keys: vault.NewKeys(), KeyStore: store})
	if err != nil {
		t.Fatal(err)
	}
	w := &town{t: t, log: memlog.New(), vault: v, latest: make(map[string]events.Position)}
	w.service = &Service{Log: w.log, Pool: projectiontest.Pool(t), Homes: v, Actor: events.ID{9}, Look: 5 * time.Millisecond}
	if err := install(t.Context(), w.service.Pool); err != nil {
		t.Fatal(err)
	}
	return w
}

// happens records events in the provider's log.
func (w *town) happens(s events.Stream, list ...events.Event) {
	w.t.Helper()
	at, err := w.log.Append(w.t.Context(), örebro, events.Decision{{Stream: s, Expected: w.latest[s.String()], Command: uuid.New(), Time: time.Now(), Events: list}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.latest[s.String()] = at[0]
}

// child is the token in Örebro of the n-th person with an identity number. Nobody has one: 980–999 are never given away.
func (w *town) child(n int) events.ID {
	w.t.Helper()
	today := events.Date(2026, 1, 1)
	nine := strings.ReplaceAll((events.Date(2008, 1, 1)+events.Day(n)).String(), "-", "") + "981"
	for check := byte('0'); ; check++ {
		if number, _, ok := events.ParseIdentityNumber(nine+string(check), today); ok {
			return w.token(vault.Identity{Child: number})
		}
	}
}

func (w *town) token(id vault.Identity) events.ID {
	w.t.Helper()
	p, err := w.vault.Tokens(w.t.Context(), örebro, []vault.Identity{id}, events.Date(2026, 1, 1))
	if err != nil {
		w.t.Fatal(err)
	}
	return p[0].Token
}

var evening = events.ID{7}

func (w *town) evening(marks ...events.Mark) {
	w.t.Helper()
	w.happens(events.SessionOf(evening), events.SessionOpened{Session: evening, Programme: "sputnik", Form: events.SupportGroup, HeldOn: events.Date(2021, 3, 1), Group: events.ID{5}})
	w.happens(events.SessionOf(evening), events.SessionAttended{Session: evening, Attended: marks})
}

func (w *town) runs() {
	w.t.Helper()
	run(w.t, w.service, w.log)
}

// run lets a service work until it has caught up with every log.
func run(t *testing.T, s *Service, log *memlog.Log) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	for deadline := time.Now().Add(time.Minute); !caughtUp(t, s, log); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the forwarder does not catch up")
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func caughtUp(t *testing.T, s *Service, log *memlog.Log) bool {
	t.Helper()
	known, _ := log.Municipalities(t.Context())
	for _, m := range known {
		head, _ := log.Head(t.Context(), m)
		at, err := s.checkpoint(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		if at < head {
			return false
		}
	}
	return true
}

func (w *town) head(m events.Municipality) events.Position {
	at, _ := w.log.Head(w.t.Context(), m)
	return at
}

func (w *town) figures(m events.Municipality) reach.Figures {
	w.t.Helper()
	d, _ := reach.Named(reach.Default)
	f, _, err := reach.Replay(w.t.Context(), w.log, m, d, reach.CalendarYear(2021), reach.AsOf{})
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

func (w *town) wants(m events.Municipality, children, guests int) {
	w.t.Helper()
	if f := w.figures(m); f.Children != children || f.Guests.Children != guests {
		w.t.Errorf("%s reached %d children and %d guests, want %d and %d", m, f.Children, f.Guests.Children, children, guests)
	}
}

func from(child events.ID, home events.Municipality) events.Mark {
	return events.Mark{Child: child, HomeMunicipality: home, BirthYear: 2010, Gender: "girl"}
}

func TestAGuestIsAGuestAtTheProviderAndReachedAtHome(t *testing.T) {
	w := newTown(t)
	w.evening(from(w.child(1), kumla), from(w.child(2), kumla), from(w.child(3), hallsberg), from(w.child(4), ""))
	w.runs()
	w.wants(örebro, 1, 3)
	w.wants(kumla, 2, 0)
	w.wants(hallsberg, 1, 0)
	f := w.figures(kumla)
	if len(f.ByProgramme) != 1 || f.ByProgramme[0].Programme != "1880/sputnik" || f.ByGender[0].Gender != "girl" || f.UnknownAge != 0 {
		t.Errorf("in Kumla: %+v, %+v, %d of unknown age", f.ByProgramme, f.ByGender, f.UnknownAge)
	}
}

func TestTheHomesLogHoldsNothingOfTheProvidersTokens(t *testing.T) {
	w := newTown(t)
	child := w.child(1)
	w.evening(from(child, kumla))
	w.runs()
	for r := range w.log.Read(t.Context(), kumla, 0) {
		if strings.Contains(string(r.Raw), child.String()) || strings.Contains(string(r.Raw), (events.ID{5}).String()) {
			t.Errorf("position %d in Kumla names the child or the group as Örebro does", r.Position)
		}
		if a, ok := r.Events[len(r.Events)-1].(events.SessionAttended); !ok || a.HomeMunicipality != kumla {
			t.Errorf("position %d does not say whose the children are: %+v", r.Position, r.Events)
		}
	}
}

func TestWhatChangesAtTheProviderChangesAtHome(t *testing.T) {
	w := newTown(t)
	one, two := w.child(1), w.child(2)
	session := events.SessionOf(evening)
	w.evening(from(one, kumla), from(two, kumla))
	w.runs()
	w.wants(kumla, 2, 0)
	for _, step := range []struct {
		what     string
		happens  events.Event
		children int
	}{
		{"one is removed", events.SessionAttended{Session: evening, Removed: []events.Mark{from(one, kumla)}}, 1},
		{"and there after all", events.SessionAttended{Session: evening, HomeMunicipality: kumla, Attended: []events.Mark{from(one, "")}}, 2},
		{"it was another year", events.SessionCorrected{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: events.Date(2020, 3, 1), Reason: "wrong_day"}, 0},
		{"no, it was not", events.SessionCorrected{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: events.Date(2021, 4, 1), Reason: "wrong_day"}, 2},
		{"it was cancelled", events.SessionCancelled{Session: evening}, 0},
		{"it was held", events.SessionReinstated{Session: evening, Reason: "other"}, 2},
		{"it never was", events.SessionWithdrawn{Session: evening, Reason: "other"}, 0},
	} {
		w.happens(session, step.happens)
		w.runs()
		if got := w.figures(kumla).Children; got != step.children {
			t.Errorf("%s: Kumla reached %d, want %d", step.what, got, step.children)
		}
	}
}

func TestAGuestWhomSomebodyAtHomeMarkedAsAbsentIsToldAgain(t *testing.T) {
	w := newTown(t)
	one, two := w.child(1), w.child(2)
	session := events.SessionOf(evening)
	w.evening(from(one, kumla))
	w.runs()
	found, err := w.log.Streams(t.Context(), kumla, session)
	if err != nil {
		t.Fatal(err)
	}
	home := casework.NewSession()
	at := events.Fold(home, found[session])
	for key := range home.Marks {
		absent, err := home.MarkRow(casework.Person{Child: key.Child}, casework.RowAbsent, events.InstantOf(time.Now()))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.log.Append(t.Context(), kumla, events.Decision{{Stream: session, Expected: at, Command: uuid.New(), Time: time.Now(), Events: absent}}); err != nil {
			t.Fatal(err)
		}
	}
	w.wants(kumla, 0, 0)
	w.happens(session, events.SessionAttended{Session: evening, Attended: []events.Mark{from(two, kumla)}})
	w.runs()
	w.wants(kumla, 2, 0)
}

func TestAChildMovesToAnotherHome(t *testing.T) {
	w := newTown(t)
	child := w.child(1)
	w.evening(from(child, kumla))
	w.runs()
	w.happens(events.SessionOf(evening), events.SessionAttended{Session: evening, Removed: []events.Mark{from(child, kumla)}, Attended: []events.Mark{from(child, hallsberg)}})
	w.runs()
	w.wants(kumla, 0, 0)
	w.wants(hallsberg, 1, 0)
}

func TestTheHomeIsTheEnrolmentsWhereTheMarkNamesNone(t *testing.T) {
	w := newTown(t)
	child := w.child(1)
	first, second := events.Entry{Of: child, Number: [8]byte{1}}, events.Entry{Of: child, Number: [8]byte{2}}
	w.evening(from(child, ""))
	w.runs()
	w.wants(örebro, 1, 0)
	w.happens(events.CaseOf(child), events.ChildEnrolled{Enrolment: first, Programme: "sputnik", Form: events.SupportGroup, EnrolledOn: events.Date(2021, 1, 1), HomeMunicipality: kumla})
	w.runs()
	w.wants(örebro, 0, 1)
	w.wants(kumla, 1, 0)
	w.happens(events.CaseOf(child), events.ChildEnrolled{Enrolment: second, Programme: "sputnik", Form: events.SupportGroup, EnrolledOn: events.Date(2021, 2, 1), HomeMunicipality: hallsberg})
	w.runs()
	w.wants(kumla, 0, 0)
	w.wants(hallsberg, 1, 0)
	w.happens(events.CaseOf(child), events.EntryWithdrawn{Entry: second, Reason: "other"}, events.EntryWithdrawn{Entry: first, Reason: "other"})
	w.runs()
	w.wants(örebro, 1, 0)
	w.wants(hallsberg, 0, 0)
}

func TestAMergedChildLivesWhereTheOtherIsEnrolled(t *testing.T) {
	w := newTown(t)
	keep, child := w.child(1), w.child(2)
	w.evening(from(child, ""))
	w.happens(events.CaseOf(keep), events.ChildEnrolled{Enrolment: events.Entry{Of: keep, Number: [8]byte{1}}, Programme: "sputnik", Form: events.SupportGroup, EnrolledOn: events.Date(2021, 1, 1), HomeMunicipality: kumla})
	undo := w.merge(keep, child)
	w.runs()
	w.wants(kumla, 1, 0)
	undo()
	w.runs()
	w.wants(kumla, 0, 0)
}

// merge says that a child counts as another one, until undo is called.
func (w *town) merge(keep, child events.ID) (undo func()) {
	w.t.Helper()
	merge := events.Entry{Of: child, Number: [8]byte{2}}
	w.happens(events.CaseOf(keep), events.CaseAbsorbed{Merge: merge, Child: child})
	w.happens(events.CaseOf(child), events.CaseMerged{Merge: merge, Into: keep})
	return func() {
		w.t.Helper()
		w.happens(events.CaseOf(child), events.MergeUndone{Merge: merge, Into: keep, Reason: "other"})
		w.happens(events.CaseOf(keep), events.AbsorptionUndone{Merge: merge, Child: child})
	}
}

// card is the n-th child that is known by a local id alone.
func (w *town) card(n int) events.ID {
	w.t.Helper()
	return w.token(vault.Identity{Source: "a", Child: fmt.Sprintf("barn %d", n)})
}

func TestAChildWhoCameOnACardAndIsMergedWithItsIdentityNumberIsReachedAtHome(t *testing.T) {
	for _, marked := range []struct {
		as   string
		home events.Municipality // "": it is the enrolment's
	}{{"as from its home", kumla}, {"as from nowhere", ""}} {
		for _, kept := range []bool{true, false} {
			t.Run(fmt.Sprintf("marked %s, the card kept: %t", marked.as, kept), func(t *testing.T) {
				w := newTown(t)
				card, child := w.card(1), w.child(1)
				var evenings []events.ID
				for n := range 5 {
					evenings = append(evenings, w.eveningNumber(n, from(card, marked.home)))
				}
				w.happens(events.CaseOf(child), events.ChildEnrolled{Enrolment: events.Entry{Of: child, Number: [8]byte{1}}, Programme: "sputnik", Form: events.SupportGroup, EnrolledOn: events.Date(2021, 1, 1), HomeMunicipality: kumla})
				w.runs()
				w.wants(kumla, 0, 0)
				keep, merged := child, card
				if kept {
					keep, merged = card, child
				}
				undo := w.merge(keep, merged)
				w.runs()
				w.wants(örebro, 0, 1)
				w.wants(kumla, 1, 0)
				for _, session := range evenings {
					if n := len(w.there(kumla, session)); n != 1 {
						t.Errorf("%d stand in Kumla's register of an evening, want 1", n)
					}
				}
				undo()
				w.runs()
				w.wants(kumla, 0, 0)
			})
		}
	}
}

func TestAChildWithTwoIdentityNumbersIsReachedOnceAtHomeWhileTheyAreMerged(t *testing.T) {
	for _, told := range []string{"before the merge", "after the merge"} {
		t.Run("first told "+told, func(t *testing.T) {
			w := newTown(t)
			keep, child := w.child(1), w.child(400)
			w.evening(from(child, kumla), from(keep, kumla))
			w.eveningNumber(1, from(child, kumla))
			if told == "before the merge" {
				w.runs()
				w.wants(kumla, 2, 0)
			}
			undo := w.merge(keep, child)
			w.runs()
			w.wants(örebro, 0, 1)
			w.wants(kumla, 1, 0)
			undo()
			w.runs()
			w.wants(örebro, 0, 2)
			w.wants(kumla, 2, 0)
			homes, err := w.vault.HomeTokens(t.Context(), örebro, []events.ID{keep, child}, kumla)
			if err != nil {
				t.Fatal(err)
			}
			at := casework.NewSession()
			found, _ := w.log.Streams(t.Context(), kumla, events.SessionOf(evening))
			events.Fold(at, found[events.SessionOf(evening)])
			for one, year := range map[events.ID]events.Year{keep: 2008, child: 2009} {
				if m := at.Marks[casework.Key(from(homes[one].Token, kumla), kumla)]; !m.Attended || m.BirthYear != year {
					t.Errorf("%+v, want one who attended and was born in %d", m, year)
				}
			}
		})
	}
}

// What a register says of the record that it marked may be nothing, or what is so of another record of the child.
func TestAGuestIsAsOldAtHomeAsItsIdentityNumberSays(t *testing.T) {
	for _, marked := range []struct {
		as     string
		record func(*town) events.ID
		born   events.Year // as its mark says
	}{
		{"a card", func(w *town) events.ID { return w.card(1) }, 0},
		{"another identity number", func(w *town) events.ID { return w.child(-2500) }, 2001},
	} {
		t.Run("marked as "+marked.as, func(t *testing.T) {
			w := newTown(t)
			record := marked.record(w)
			w.evening(events.Mark{Child: record, HomeMunicipality: kumla, BirthYear: marked.born})
			w.merge(w.child(1), record)
			w.runs()
			f := w.figures(kumla)
			if f.Children != 1 || f.UnknownAge != 0 || f.ByAge[2].Children != 1 {
				t.Errorf("%d children in Kumla, %d of unknown age, by age %v; want one who was born in 2008", f.Children, f.UnknownAge, f.ByAge)
			}
		})
	}
}

func TestAMergeOfMergesIsOneChildAtHome(t *testing.T) {
	w := newTown(t)
	one, two, three, card := w.child(1), w.child(2), w.child(3), w.card(1)
	w.evening(from(one, kumla), from(two, kumla), from(three, kumla), from(card, kumla))
	w.runs()
	w.wants(kumla, 3, 0)
	undoOne := w.merge(two, one)
	undoTwo := w.merge(card, two)
	w.merge(card, three)
	w.runs()
	w.wants(kumla, 1, 0)
	undoTwo()
	w.runs()
	w.wants(kumla, 2, 0)
	undoOne()
	w.runs()
	w.wants(kumla, 3, 0)
}

// The erased one stood at home for both, and nobody can tell that it did: what the log says of its own evenings is said no second time.
func TestWhatStandsOfAnErasedChildStaysWhenAnotherIsMergedWithIt(t *testing.T) {
	w := newTown(t)
	keep, child, other := w.child(1), w.child(2), w.child(3)
	first := w.eveningNumber(1, from(keep, kumla), from(other, kumla))
	w.merge(keep, child)
	w.runs()
	if err := w.vault.Erase(t.Context(), örebro, keep); err != nil {
		t.Fatal(err)
	}
	w.happens(events.CaseOf(keep), events.IdentityErased{Child: keep})
	w.happens(events.SessionOf(first), events.SessionAttended{Session: first, Removed: []events.Mark{from(other, kumla)}})
	w.runs()
	w.wants(kumla, 1, 0)
}

func TestWhatStandsOfACardStaysWhenTheCardIsErased(t *testing.T) {
	w := newTown(t)
	card, child := w.card(1), w.child(1)
	first := w.eveningNumber(1, from(card, kumla), from(w.child(2), kumla))
	w.merge(child, card)
	w.runs()
	w.wants(kumla, 2, 0)
	if err := w.vault.Erase(t.Context(), örebro, card); err != nil {
		t.Fatal(err)
	}
	w.happens(events.CaseOf(card), events.IdentityErased{Child: card})
	w.happens(events.SessionOf(first), events.SessionAttended{Session: first, Removed: []events.Mark{from(w.child(2), kumla)}})
	w.runs()
	w.wants(kumla, 1, 0)
}

func TestAChildWhoStillComesIsToldOfThoughTheRecordItCountsAsWasErased(t *testing.T) {
	w := newTown(t)
	keep, child := w.card(1), w.child(1)
	w.merge(keep, child)
	if err := w.vault.Erase(t.Context(), örebro, keep); err != nil {
		t.Fatal(err)
	}
	w.happens(events.CaseOf(keep), events.IdentityErased{Child: keep})
	w.evening(from(child, kumla))
	w.runs()
	w.wants(kumla, 1, 0)
}

func TestAChildWithoutAnIdentityNumberIsNotForwarded(t *testing.T) {
	w := newTown(t)
	w.evening(from(w.token(vault.Identity{Source: "a", Child: "barn 7"}), kumla))
	w.runs()
	if w.head(kumla) != 0 {
		t.Error("something was forwarded")
	}
}

func TestAnAdultIsNotForwarded(t *testing.T) {
	w := newTown(t)
	m := from(w.child(1), kumla)
	m.Role = events.AdultRole
	w.evening(m)
	w.runs()
	if w.head(kumla) != 0 {
		t.Error("something was forwarded")
	}
}

func TestAProgrammeAimedAtSomethingElseReachesNobodyAtHome(t *testing.T) {
	w := newTown(t)
	p := events.ProgrammeRegistered{Programme: "sputnik", Name: "Sputnik", Forms: []events.Form{events.Camp}, Organiser: "ngo", Target: events.OtherTarget, Identity: events.Linked}
	w.happens(events.ProgrammeOf("sputnik"), p)
	w.evening(from(w.child(1), kumla))
	w.runs()
	if w.head(kumla) != 0 {
		t.Error("something was forwarded")
	}
	p.Target = events.MixedTarget
	w.happens(events.ProgrammeOf("sputnik"), events.ProgrammeAmended(p))
	w.runs()
	w.wants(kumla, 1, 0)
	p.Target = events.OtherTarget
	w.happens(events.ProgrammeOf("sputnik"), events.ProgrammeAmended(p))
	w.runs()
	w.wants(kumla, 0, 0)
}

func TestWhatWasForwardedIsNotForwardedAgain(t *testing.T) {
	w := newTown(t)
	w.evening(from(w.child(1), kumla))
	w.runs()
	before := w.head(örebro)
	home, err := w.vault.HomeTokens(t.Context(), örebro, []events.ID{w.child(1)}, kumla)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.log.Append(t.Context(), kumla, events.Decision{{Stream: events.SessionOf(evening), Expected: w.head(kumla), Command: uuid.New(), Time: time.Now(), Events: []events.Event{
		events.SessionAttended{Session: evening, Attended: []events.Mark{from(home[w.child(1)].Token, örebro)}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	w.runs()
	if w.head(örebro) != before {
		t.Error("a guest's attendance came back to its provider")
	}
}

func TestKilledBetweenAppendAndCheckpointItDoesNothingTwice(t *testing.T) {
	w := newTown(t)
	w.evening(from(w.child(1), kumla), from(w.child(2), hallsberg))
	var all []events.Recorded
	for r := range w.log.Read(t.Context(), örebro, 0) {
		all = append(all, r)
	}
	if err := w.service.forward(t.Context(), örebro, all); err != nil { // and here it was killed
		t.Fatal(err)
	}
	before := w.head(kumla)
	if at, _ := w.service.checkpoint(t.Context(), örebro); at != 0 || before == 0 {
		t.Fatalf("checkpoint %d, Kumla at %d", at, before)
	}
	w.runs()
	if w.head(kumla) != before {
		t.Errorf("Kumla's log grew from %d to %d", before, w.head(kumla))
	}
	w.wants(kumla, 1, 0)
}

func TestWhatStandsOfAnErasedChildStays(t *testing.T) {
	w := newTown(t)
	child := w.child(1)
	w.evening(from(child, kumla), from(w.child(2), kumla))
	w.runs()
	if err := w.vault.Erase(t.Context(), örebro, child); err != nil {
		t.Fatal(err)
	}
	w.happens(events.SessionOf(evening), events.SessionAttended{Session: evening, Removed: []events.Mark{from(w.child(2), kumla)}})
	w.runs()
	w.wants(kumla, 1, 0)
}

// door is the way to the vault; it is shut at first.
type door struct {
	Homes
	shut atomic.Int32
}

func (d *door) LookupHome(ctx context.Context, m events.Municipality, tokens []events.ID, home events.Municipality) (map[events.ID]vault.Person, error) {
	if d.shut.Add(-1) >= 0 {
		return nil, errors.New("the vault cannot be reached")
	}
	return d.Homes.LookupHome(ctx, m, tokens, home)
}

func TestItWaitsForTheVault(t *testing.T) {
	w := newTown(t)
	d := &door{Homes: w.vault}
	d.shut.Store(3)
	w.service.Homes = d
	w.evening(from(w.child(1), kumla))
	w.runs()
	w.wants(kumla, 1, 0)
}

func TestWhatKeepsItFromTellingIsKeptUntilItGoesOn(t *testing.T) {
	w := newTown(t)
	w.evening(events.Mark{Child: w.child(1), HomeMunicipality: kumla})
	d := &door{Homes: w.vault}
	d.shut.Store(1 << 20)
	w.service.Homes = d
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.service.Run(ctx) }()
	fails := func() []Failing {
		t.Helper()
		list, err := Fails(t.Context(), w.service.Pool)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	for begun := time.Now(); len(fails()) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > 60*time.Second {
			t.Fatal("it is not told that it fails")
		}
	}
	stop()
	<-done
	if list := fails(); len(list) != 1 || list[0].Municipality != örebro || list[0].Position >= w.head(örebro) || time.Since(list[0].Since) > time.Minute || list[0].Why != "the vault cannot be reached" {
		t.Errorf("%+v", list)
	}
	d.shut.Store(0)
	w.runs()
	if list := fails(); len(list) != 0 {
		t.Errorf("it goes on, and is told to fail: %+v", list)
	}
}

func TestALargeRegisterIsForwardedInParts(t *testing.T) {
	w := newTown(t)
	var marks []events.Mark
	for n := range 2*mostMarks + 20 {
		marks = append(marks, from(w.child(n), kumla))
	}
	w.evening(marks[:100]...)
	for from := 100; from < len(marks); from += 100 {
		w.happens(events.SessionOf(evening), events.SessionAttended{Session: evening, Attended: marks[from:min(from+100, len(marks))]})
	}
	w.runs()
	w.wants(kumla, len(marks), 0)
}

func TestTwoForwardersAtOnceBringTheHomesToWhatTheProviderSays(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	w := newTown(t)
	other := *w.service
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 2)
	for _, s := range []*Service{w.service, &other} {
		go func() { done <- s.Run(ctx) }()
	}
	standing, sessions := make(map[events.ID]map[events.Mark]bool), []events.ID{{11}, {12}, {13}}
	for _, id := range sessions {
		standing[id] = make(map[events.Mark]bool)
		w.happens(events.SessionOf(id), events.SessionOpened{Session: id, Programme: "sputnik", Form: events.Camp, HeldOn: events.Date(2021, 5, 1)})
	}
	for range 150 {
		id, m := sessions[r.IntN(3)], from(w.child(r.IntN(6)), []events.Municipality{kumla, hallsberg}[r.IntN(2)])
		e := events.SessionAttended{Session: id}
		if standing[id][m] {
			delete(standing[id], m)
			e.Removed = []events.Mark{m}
		} else {
			standing[id][m] = true
			e.Attended = []events.Mark{m}
		}
		w.happens(events.SessionOf(id), e)
		if r.IntN(3) == 0 {
			time.Sleep(time.Duration(r.IntN(3)) * time.Millisecond)
		}
	}
	for deadline := time.Now().Add(time.Minute); !caughtUp(t, w.service, w.log) && time.Now().Before(deadline); {
		time.Sleep(2 * time.Millisecond)
	}
	stop()
	<-done
	<-done
	for _, home := range []events.Municipality{kumla, hallsberg} {
		for _, id := range sessions {
			want := make(map[events.ID]bool)
			for m := range standing[id] {
				if m.HomeMunicipality == home {
					tokens, _ := w.vault.HomeTokens(t.Context(), örebro, []events.ID{m.Child}, home)
					want[tokens[m.Child].Token] = true
				}
			}
			if got := w.there(home, id); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("in %s at session %s stand\n%v, want\n%v", home, id, got, want)
			}
		}
	}
}

// there is who stands in a home's register; a mark that is removed or added twice fails.
func (w *town) there(home events.Municipality, id events.ID) map[events.ID]bool {
	w.t.Helper()
	s, list := casework.NewSession(), make(map[events.ID]bool)
	found, _ := w.log.Streams(w.t.Context(), home, events.SessionOf(id))
	for _, r := range found[events.SessionOf(id)] {
		for _, e := range r.Events {
			if a, ok := e.(events.SessionAttended); ok {
				for _, m := range a.Attended {
					if _, twice := s.Marks[casework.Key(m, a.HomeMunicipality)]; twice {
						w.t.Errorf("position %d in %s adds what stands", r.Position, home)
					}
				}
				for _, m := range a.Removed {
					if _, stands := s.Marks[casework.Key(m, a.HomeMunicipality)]; !stands {
						w.t.Errorf("position %d in %s removes what does not stand", r.Position, home)
					}
				}
			}
			s.Evolve(e)
		}
	}
	for k := range s.Marks {
		list[k.Child] = true
	}
	return list
}
