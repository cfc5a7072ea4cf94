package reach_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/events/memlog"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/reach"
)

var (
	seedFlag  = flag.Uint64("seed", 0, "of the first random history; 0: another each time")
	histories = flag.Int("histories", 1000, "how many random histories are compared in memory")
)

func TestMain(m *testing.M) { projectiontest.Main(m) }

// firstSeed is printed: with -seed the same histories come again.
func firstSeed(t *testing.T) uint64 {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64() >> 16
	}
	t.Logf("histories from -seed=%d", seed)
	return seed
}

func (w *world) period() reach.Period {
	if w.chance(50) {
		return reach.CalendarYear(pick[events.Year](w, 2020, 2021, 2021, 2021, 2022))
	}
	from := w.day()
	if ends := all[theEnd, ending](asOf(w.facts, 1<<62)); len(ends) > 0 && w.chance(60) { // a period that begins as an enrolment ends
		from = 0
		for _, end := range ends {
			from = max(from, end.day)
		}
	}
	return reach.Period{From: from, To: from + events.Day(w.r.IntN(30)*6)}
}

// wholeUpTo is the end of the last decision at or before a position.
func (w *world) wholeUpTo(at events.Position) (whole events.Position) {
	for r := range w.log.Read(context.Background(), w.m, 0) {
		if _, last := r.Span(); last <= at {
			whole = max(whole, last)
		}
	}
	return whole
}

func compare(t *testing.T, what string, got, want reach.Figures) {
	t.Helper()
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if string(a) != string(b) || got.Erased != want.Erased {
		t.Errorf("%s:\n got %s and %d erased\nwant %s and %d", what, a, got.Erased, b, want.Erased)
	}
}

func TestAReplayOfAnyHistoryGivesTheOraclesFigures(t *testing.T) {
	seed, began := firstSeed(t), time.Now()
	messages, comparisons, reached := 0, 0, 0
	for n := range *histories {
		w := newWorld(t, seed+uint64(n), "1880")
		w.live(20 + w.r.IntN(80))
		head, _ := w.log.Head(t.Context(), w.m)
		messages += int(head)
		for _, at := range []events.Position{head, w.r.Uint64N(head + 1)} {
			p := w.period()
			for _, d := range reach.Definitions {
				got, info, err := reach.Replay(t.Context(), w.log, w.m, d, p, reach.AsOfPosition(at))
				if err != nil {
					t.Fatal(err)
				}
				whole := w.wholeUpTo(at)
				compare(t, fmt.Sprintf("seed %d, position %d of %d, %s, %s–%s", seed+uint64(n), at, head, d.ID, p.From, p.To), got, oracle(w.m, w.facts, d, p, whole))
				if info.EventsRead != int(whole) {
					t.Errorf("%d events read, want %d", info.EventsRead, whole)
				}
				comparisons++
				reached += got.Children
			}
		}
		if t.Failed() {
			t.Fatalf("again with -seed=%d -histories=1", seed+uint64(n))
		}
	}
	t.Logf("%d histories, %d messages, %d comparisons, %d children reached in %s", *histories, messages, comparisons, reached, time.Since(began).Round(time.Millisecond))
}

// asked counts how often a log is read.
type asked struct {
	*memlog.Log
	times int
}

func (a *asked) Read(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[events.Recorded, error] {
	a.times++
	return a.Log.Read(ctx, m, after)
}

func TestSeveralReplaysInOneReadingAreThoseOfEach(t *testing.T) {
	seed := firstSeed(t)
	for n := range 30 {
		w := newWorld(t, seed+uint64(n), "1880")
		w.live(20 + w.r.IntN(60))
		head, _ := w.log.Head(t.Context(), w.m)
		var wanted []reach.Wanted
		for range 8 {
			one := reach.Wanted{Definition: reach.Definitions[w.r.IntN(len(reach.Definitions))], Period: w.period(), Position: w.r.Uint64N(head + 1)}
			wanted = append(wanted, one, reach.Wanted{Definition: reach.Definitions[0], Period: w.period(), Position: one.Position})
		}
		log := &asked{Log: w.log}
		list, err := reach.ReplayEach(t.Context(), log, w.m, wanted)
		if err != nil || len(list) != len(wanted) || log.times != 1 {
			t.Fatalf("seed %d: %d figures of %d, read %d times, %v", seed+uint64(n), len(list), len(wanted), log.times, err)
		}
		for i, one := range wanted {
			alone, _, err := reach.Replay(t.Context(), w.log, w.m, one.Definition, one.Period, reach.AsOfPosition(one.Position))
			if err != nil {
				t.Fatal(err)
			}
			compare(t, fmt.Sprintf("seed %d, position %d of %d", seed+uint64(n), one.Position, head), list[i], alone)
		}
		var beyond *reach.BeyondError
		if _, err := reach.ReplayEach(t.Context(), log, w.m, append(wanted, reach.Wanted{Position: head + 1})); !errors.As(err, &beyond) {
			t.Errorf("beyond the log: %v", err)
		}
	}
	if list, err := reach.ReplayEach(t.Context(), &asked{}, "1880", nil); list != nil || err != nil {
		t.Errorf("of nothing: %v, %v", list, err)
	}
}

func TestAsOfATimeIsTheLastPositionRecordedByThen(t *testing.T) {
	seed := firstSeed(t)
	for n := range 50 {
		w := newWorld(t, seed+uint64(n), "1880")
		w.live(40)
		at := w.now.Add(-time.Duration(w.r.IntN(2000)) * time.Hour)
		var want events.Position
		for r := range w.log.Read(t.Context(), w.m, 0) {
			if r.Time.After(at) {
				break
			}
			want = r.Position
		}
		h, err := reach.ReadHistory(t.Context(), w.log, w.m, reach.AsOfTime(at))
		if err != nil || h.Position() != w.wholeUpTo(want) {
			t.Errorf("seed %d: as of %s it is at %d (%v), want %d", seed+uint64(n), at, h.Position(), err, want)
		}
	}
}

func TestAPositionBeyondTheLogIsSaidToBe(t *testing.T) {
	s := projectiontest.NewStory(t, "1880")
	s.Happens(events.GuestsOf(events.ID{1}), events.GuestsCounted{Report: events.ID{1}, ProviderMunicipality: "0180", Programme: "p", Form: events.Camp, HeldOn: events.Date(2021, 5, 1), Children: 3})
	_, _, err := reach.Replay(t.Context(), s.Log, "1880", reach.Definitions[0], reach.CalendarYear(2021), reach.AsOfPosition(2))
	var beyond *reach.BeyondError
	if !errors.As(err, &beyond) || beyond.Position != 1 || beyond.Wanted != 2 {
		t.Errorf("%v, want: beyond", err)
	}
}

func TestAnEmptyLogReachesNobody(t *testing.T) {
	f, info, err := reach.Replay(t.Context(), memlog.New(), "1880", reach.Definitions[2], reach.CalendarYear(2021), reach.AsOf{})
	if err != nil || f.Children != 0 || f.Position != 0 || info.EventsRead != 0 || len(f.ByAge) != 4 {
		t.Errorf("%+v, %+v, %v", f, info, err)
	}
}
