package audit_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/tlog"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/reach"
	"rackvidd/services/audit"
)

func TestMain(m *testing.M) { projectiontest.Main(m) }

const örebro = events.Municipality("1880")

// year is a story of one evening and two children found to be one, with its read model.
func year(t *testing.T) (*projectiontest.Story, *pgxpool.Pool) {
	t.Helper()
	s := projectiontest.NewStory(t, örebro)
	evening, one, two := events.ID{1}, events.ID{2}, events.ID{3}
	s.Happens(events.SessionOf(evening), events.SessionOpened{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: events.Date(2021, 3, 1)})
	s.Happens(events.SessionOf(evening), events.SessionAttended{Session: evening, Attended: []events.Mark{{Child: one, BirthYear: 2010}, {Child: two}}})
	merge := events.Entry{Of: two, Number: [8]byte{1}}
	s.Together(
		projectiontest.Part{Stream: events.CaseOf(one), Events: []events.Event{events.CaseAbsorbed{Merge: merge, Child: two}}},
		projectiontest.Part{Stream: events.CaseOf(two), Events: []events.Event{events.CaseMerged{Merge: merge, Into: one}}})
	pool := projectiontest.Pool(t)
	if err := projections.Rebuild(t.Context(), s.Log, pool, reach.Projection{}, örebro, nil); err != nil {
		t.Fatal(err)
	}
	return s, pool
}

func request(t *testing.T, asOf reach.AsOf) audit.Request {
	t.Helper()
	d, err := reach.Named(reach.Default)
	if err != nil {
		t.Fatal(err)
	}
	return audit.Request{Municipality: örebro, Definition: d, Period: reach.CalendarYear(2021), AsOf: asOf}
}

func TestTheLogAloneGivesTheReadModelsFigures(t *testing.T) {
	s, pool := year(t)
	for _, c := range []struct {
		asOf     reach.AsOf
		position events.Position
		children int
	}{
		{reach.AsOf{}, 4, 1},
		{reach.AsOfPosition(4), 4, 1},
		{reach.AsOfPosition(3), 2, 2}, // inside the merge: before it
		{reach.AsOfPosition(2), 2, 2},
		{reach.AsOfPosition(0), 0, 0},
		{reach.AsOfTime(s.Now), 4, 1},
	} {
		r, err := audit.Replay(t.Context(), audit.Deps{Log: s.Log, Pool: projectiontest.Reading(t, pool)}, request(t, c.asOf))
		if err != nil {
			t.Fatal(err)
		}
		if !r.Equal || r.Position != c.position || r.Children != c.children || r.EventsRead != int(c.position) || r.Root != rootOf(t, s, c.position) {
			t.Errorf("as of %v: %+v, want %d children at %d", c.asOf, r, c.children, c.position)
		}
	}
}

// rootOf is the root as golang.org/x/mod's log computes it.
func rootOf(t *testing.T, s *projectiontest.Story, at events.Position) string {
	t.Helper()
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) (list []tlog.Hash, err error) {
		for _, i := range indexes {
			list = append(list, stored[i])
		}
		return list, nil
	})
	for i, r := range s.Messages()[:at] {
		hashes, err := tlog.StoredHashes(int64(i), r.Raw, read)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(int64(at), read)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(root[:])
}

func TestTheRootIsThatOfATreeOfAnySize(t *testing.T) {
	s := projectiontest.NewStory(t, örebro)
	for n := range 40 {
		id := events.ID{byte(n + 1)}
		s.Happens(events.GuestsOf(id), events.GuestsCounted{Report: id, ProviderMunicipality: "1881", Programme: "p", Form: events.Camp, HeldOn: events.Date(2021, 3, 1), Children: 2})
	}
	pool := projectiontest.Pool(t)
	if err := projections.Rebuild(t.Context(), s.Log, pool, reach.Projection{}, örebro, nil); err != nil {
		t.Fatal(err)
	}
	for at := range events.Position(41) {
		q := request(t, reach.AsOfPosition(at))
		var heard []events.Position
		q.Progress = func(read, until events.Position) {
			if heard = append(heard, read); until != at {
				t.Errorf("read until %d, not %d", until, at)
			}
		}
		r, err := audit.Replay(t.Context(), audit.Deps{Log: s.Log, Pool: projectiontest.Reading(t, pool)}, q)
		if len(heard) != int(at) || at > 0 && heard[at-1] != at {
			t.Errorf("at %d, told of %v", at, heard)
		}
		if err != nil || r.Root != rootOf(t, s, at) || r.UnidentifiedAttendances != 2*int(at) {
			t.Errorf("at %d: %v, root %s with %d, want %s", at, err, r.Root, r.UnidentifiedAttendances, rootOf(t, s, at))
		}
	}
}

func TestWhatDiffersIsNamed(t *testing.T) {
	s, pool := year(t)
	if _, err := pool.Exec(t.Context(), `UPDATE reach_1880_1.session SET form = 'counselling'`); err != nil {
		t.Fatal(err)
	}
	r, err := audit.Replay(t.Context(), audit.Deps{Log: s.Log, Pool: projectiontest.Reading(t, pool)}, request(t, reach.AsOf{}))
	if err != nil || r.Equal {
		t.Fatalf("equal: %t, %v", r.Equal, err)
	}
	var got []string
	for _, d := range r.Differences {
		got = append(got, fmt.Sprintf("%s %s %s", d.Path, d.ReadModel, d.Log))
	}
	want := []string{
		"by_form[camp].attendances null 1", "by_form[camp].children null 1", `by_form[camp].form null "camp"`,
		"by_form[counselling].attendances 1 null", "by_form[counselling].children 1 null", `by_form[counselling].form "counselling" null`,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("differences\n%q, want\n%q", got, want)
	}
}

func TestTheReportIsTheFiguresAndThreeFieldsMore(t *testing.T) {
	s, pool := year(t)
	r, err := audit.Replay(t.Context(), audit.Deps{Log: s.Log, Pool: projectiontest.Reading(t, pool)}, request(t, reach.AsOf{}))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := json.Marshal(r)
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"municipality", "children", "bounds", "by_form", "coverage", "events_read", "root", "equal"} {
		if _, ok := fields[name]; !ok {
			t.Errorf("%s is missing in %s", name, raw)
		}
	}
}

func TestAReplayOfNothingTellsWhenTheFirstWasRecorded(t *testing.T) {
	s, pool := year(t)
	var first time.Time
	for r, err := range s.Log.Read(t.Context(), örebro, 0) {
		if err != nil {
			t.Fatal(err)
		}
		first = r.Time
		break
	}
	for _, c := range []struct {
		asOf reach.AsOf
		told bool
	}{
		{reach.AsOfPosition(0), true}, {reach.AsOfTime(first.Add(-time.Hour)), true}, {reach.AsOfPosition(1), false}, {reach.AsOf{}, false},
	} {
		r, err := audit.Replay(t.Context(), audit.Deps{Log: s.Log, Pool: projectiontest.Reading(t, pool)}, request(t, c.asOf))
		if err != nil || !r.Equal || (r.FirstRecorded != nil) != c.told || c.told && !r.FirstRecorded.Equal(first) {
			t.Errorf("as of %v: the first was recorded at %v, not %s, %v", c.asOf, r.FirstRecorded, first, err)
		}
	}
}

func TestAnEmptyLogIsEqualToNothing(t *testing.T) {
	s := projectiontest.NewStory(t, örebro)
	r, err := audit.Replay(t.Context(), audit.Deps{Log: s.Log, Pool: projectiontest.Pool(t)}, request(t, reach.AsOf{}))
	if err != nil || !r.Equal || r.EventsRead != 0 || r.FirstRecorded != nil || r.Root != rootOf(t, s, 0) {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestAPositionBeyondTheLogIsRefused(t *testing.T) {
	s, pool := year(t)
	_, err := audit.Replay(t.Context(), audit.Deps{Log: s.Log, Pool: projectiontest.Reading(t, pool)}, request(t, reach.AsOfPosition(5)))
	var beyond *reach.BeyondError
	if !errors.As(err, &beyond) {
		t.Errorf("%v, want: beyond", err)
	}
}
