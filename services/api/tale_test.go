package api_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"rackvidd/services/vault"
)

var (
	histories = flag.Int("histories", 1, "how many random histories files and hands tell")
	firstSeed = flag.Uint64("seed", 0, "of the first random history; 0: another each time")
)

// Two sources bring files that change from time to time. Between them people fill in registers, correct, cancel, end and withdraw, merge
// children and erase them. A tale goes along that knows the rules by itself: what must become of each row of a file (tale_files_test.go),
// what may be done by hand and what it does (tale_hands_test.go), and what the figures must be at every position (tale_figures_test.go).
func TestFilesAndHandsTellOneHistory(t *testing.T) {
	t.Parallel()
	seed, began := *firstSeed, time.Now()
	if seed == 0 {
		seed = rand.Uint64() >> 16
	}
	t.Logf("histories from -seed=%d", seed)
	t.Cleanup(func() { t.Logf("%d histories in %s", *histories, time.Since(began).Round(time.Millisecond)) })
	for n := range uint64(*histories) {
		t.Run(fmt.Sprintf("-seed=%d", seed+n), func(t *testing.T) { newTale(t, seed+n).goesOn() })
	}
}

// tale is a history as it must be.
type tale struct {
	*house
	r     *rand.Rand
	days  []string            // on which things happen
	cards []string            // that were handed out
	names map[string][]string // what each source calls children

	children []*child // whoever ever was known
	known    map[vault.Identity]*child
	sessions []*session         // that rows named
	entries  []*entry           // referrals and places
	merges   []merge            // that stand
	files    map[string][]row   // of each source, as it brought them last
	records  map[string]record  // what each record of a file said last
	messages int                // by which cases of children were written in
	expected map[uint64]answers // at each position of the log
	rejected map[string]int     // rows, by the reason
	told     []string           // what was sent and answered
	called   []string           // handles and ids of the API, each with the name of what it means
}

// Two programmes do not know children by name.
const (
	byCard    = "kort"
	byNothing = "dorren"
)

var forms = []string{"camp", "support_group"}

func newTale(t *testing.T, seed uint64) *tale {
	s := &tale{
		house: newHouse(t), r: rand.New(rand.NewPCG(seed, 20040101)), known: make(map[vault.Identity]*child), files: make(map[string][]row),
		records: make(map[string]record), expected: make(map[uint64]answers), rejected: make(map[string]int),
	}
	for _, p := range [][2]string{{"sputnik", "linked"}, {"smilla", "linked"}, {byCard, "card"}, {byNothing, "none"}} {
		s.post("programmes", object{"id": p[0], "forms": forms, "identity": p[1], "valid_from": "2015-01-01"}).is(201)
	}
	s.cards = []string{s.card(), s.card(), s.card()}
	s.names = map[string][]string{
		"A": {"a", "b", "c", "201203042393", s.cards[0]},
		"B": {"a", "d", "201203042393", "201012312391", s.cards[1]},
	}
	s.names["A"] = s.names["A"][s.r.IntN(4):] // of few children much is told
	s.days = []string{"2021-01-04", "2021-12-27", "2020-12-28", "2021-06-01", "2022-01-10"}[:1+s.r.IntN(5)]
	return s
}

const (
	moves  = 90 // of one history
	looked = 20 // percent of them after which the figures are asked for at once: all are in the end
)

func (s *tale) goesOn() {
	for range moves {
		s.moment.Add(1000) // of two taps at one moment neither is the later one
		s.oneOf([]deed{
			{15, s.bringFile},
			{8, s.onSession(whatever, s.correctSession)},
			{2, s.onSession(whatever, s.cancelSession)},
			{4, s.onSession((*session).isCancelled, s.reinstateSession)},
			{1, s.onSession(whatever, s.withdrawSession)},
			{4, s.onSession(whatever, s.countHeads)},
			{10, s.onRow(s.markRow)},
			{2, s.onRow(s.stateRegister)},
			{4, s.onEntry(s.correctBirthYear)},
			{2, s.onEntry(s.correctDay)},
			{2, s.onEntry(s.correctActivity)},
			{4, s.onEntry(s.endEntry)},
			{2, s.onEntry(s.withdrawEnd)},
			{2, s.onEntry(s.withdrawEntry)},
			{3, s.mergeChildren},
			{2, s.undoMerge},
			{1, s.eraseChild},
		})
		at := s.head()
		if s.expected[at] = s.answers(); s.chance(looked) {
			s.compare(at)
		}
	}
	for _, at := range slices.Sorted(maps.Keys(s.expected)) {
		s.compare(at)
	}
	s.t.Logf("%d positions; rows rejected: %v", len(s.expected), s.rejected)
}

// deed is what may happen, and how often beside others.
type deed struct {
	weight int
	do     func()
}

func (s *tale) oneOf(deeds []deed) {
	sum := 0
	for _, d := range deeds {
		sum += d.weight
	}
	at := s.r.IntN(sum)
	for _, d := range deeds {
		if at -= d.weight; at < 0 {
			d.do()
			return
		}
	}
}

func (s *tale) chance(percent int) bool { return s.r.IntN(100) < percent }

// pick is one of a list; nothing where it is empty.
func pick[T any](s *tale, list ...T) (one T) {
	if len(list) > 0 {
		one = list[s.r.IntN(len(list))]
	}
	return one
}

func (s *tale) tell(format string, a ...any) { s.told = append(s.told, fmt.Sprintf(format, a...)) }

// fail tells all that was sent and answered before it says what is wrong, with children and sessions by their names.
func (s *tale) fail(format string, a ...any) {
	s.t.Helper()
	s.t.Log(strings.NewReplacer(s.called...).Replace(strings.Join(s.told, "\n")))
	s.t.Fatalf(format, a...)
}
