package projections_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/events/memlog"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
)

// start runs projections until the test or the returned function ends it.
func start(t *testing.T, log projections.Log, pool *pgxpool.Pool, list ...projections.Projection) (end func()) {
	t.Helper()
	return startWith(t, &projections.Runner{Log: log, Pool: pool, Projections: list, Look: 20 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
}

func startWith(t *testing.T, r *projections.Runner) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	end = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(60 * time.Second):
			t.Error("the runner does not end")
		}
	})
	t.Cleanup(end)
	return end
}

// messages counts what was applied, when position has been.
func messages(t *testing.T, pool *pgxpool.Pool, projection string, m events.Municipality, position events.Position) (n int, at projections.Checkpoint) {
	t.Helper()
	for begun := time.Now(); ; {
		err := projections.View(t.Context(), pool, projection, m, position, func(tx pgx.Tx, c projections.Checkpoint) error {
			at = c
			return tx.QueryRow(t.Context(), "SELECT count(*) FROM message").Scan(&n)
		})
		if late := new(projections.NotYetError); err != nil && (!errors.As(err, &late) || time.Since(begun) > time.Minute) {
			t.Fatal(err)
		}
		if err == nil {
			break
		}
	}
	return n, at
}

func TestWhatIsRecordedIsSeen(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	start(t, s.Log, pool, marked{}, marked{name: "other"})
	for i := range 20 {
		at := s.Happens(events.SessionOf(events.ID{0xa0, byte(i)}), attended(events.ID{0xa0, byte(i)}, anna))
		for _, name := range []string{"marked", "other"} {
			n, c := messages(t, pool, name, örebro, at)
			if n != i+1 || c.Position != at || !c.Recorded.Equal(s.Now) || c.Generation != 1 {
				t.Fatalf("%s shows %d messages at %+v, want %d at %d of %s", name, n, c, i+1, at, s.Now)
			}
		}
	}
}

func TestAMessageThatCannotBeFoldedStopsItsProjectionOfItsMunicipalityAlone(t *testing.T) {
	for name, bad := range map[string]marked{
		"the fold returns an error":          {poison: 5},
		"the fold panics":                    {poison: 5, panics: true},
		"the database refuses what it makes": {refuse: 5},
		"what it makes contradicts itself":   {twice: 5},
	} {
		t.Run(name, func(t *testing.T) {
			pool, s, calm := projectiontest.Pool(t), projectiontest.NewStory(t, örebro), projectiontest.NewStory(t, uddevalla)
			calm.Log = s.Log
			for i := range 7 {
				s.Happens(events.SessionOf(events.ID{0xa0, byte(i)}), attended(events.ID{0xa0, byte(i)}, anna))
				if i < 4 {
					calm.Happens(events.SessionOf(events.ID{0xa0, byte(i)}), attended(events.ID{0xa0, byte(i)}, anna))
				}
			}
			end := start(t, s.Log, pool, bad, marked{name: "other"})
			messages(t, pool, "other", örebro, 7)
			messages(t, pool, "other", uddevalla, 4)
			messages(t, pool, "marked", uddevalla, 4)
			var stopped *projections.StoppedError
			if err := wantStopped(t, pool, 0); !errors.As(err, &stopped) || stopped.At != 5 || stopped.Why == "" {
				t.Fatalf("reading gives %v, want a stop at 5", err)
			}
			if err := wantStopped(t, pool, 6); !errors.As(err, &stopped) {
				t.Errorf("waiting beyond the stop gives %v", err)
			}
			if n, c := messages(t, pool, "marked", örebro, 4); n != 4 || c.Position != 4 || c.StoppedAt != 5 {
				t.Errorf("as of position 4 it shows %d messages at %+v", n, c)
			}
			s.Happens(events.SessionOf(one), attended(one, bo))
			messages(t, pool, "other", örebro, 8)
			end()

			start(t, s.Log, pool, marked{}, marked{name: "other"})
			wantGone(t, pool)
			if n, c := messages(t, pool, "marked", örebro, 8); n != 8 || c.StoppedAt != 0 || c.StoppedWhy != "" {
				t.Errorf("a version that can fold it shows %d messages at %+v", n, c)
			}
		})
	}
}

// wantStopped waits a moment for the stop.
func wantStopped(t *testing.T, pool *pgxpool.Pool, position events.Position) (err error) {
	t.Helper()
	for range 6000 {
		err = projections.View(t.Context(), pool, "marked", örebro, position, func(pgx.Tx, projections.Checkpoint) error { return nil })
		if err != nil && !errors.Is(err, projections.ErrNothingYet) {
			if _, shown := projections.Shown(t.Context(), pool, "marked", örebro, position); shown == nil || shown.Error() != err.Error() {
				t.Errorf("whoever only asks what is shown is told %v, whoever reads %v", shown, err)
			}
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

// wantGone waits until the stop has been passed.
func wantGone(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	for range 6000 {
		status, err := projections.Status(t.Context(), pool)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(status, func(c projections.Checkpoint) bool { return c.StoppedAt > 0 }) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it is still stopped")
}

func TestADecisionIsSeenWholeOrNotAtAll(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	s.Happens(events.SessionOf(one), attended(one, anna))
	s.Together(projectiontest.Part{Stream: events.SessionOf(two), Events: []events.Event{attended(two, anna)}}, projectiontest.Part{Stream: events.SessionOf(one), Events: []events.Event{removed(one, anna)}})
	start(t, s.Log, pool, marked{poison: 3})
	var stopped *projections.StoppedError
	if err := wantStopped(t, pool, 0); !errors.As(err, &stopped) || stopped.At != 3 {
		t.Fatalf("reading gives %v, want a stop at 3", err)
	}
	if n, c := messages(t, pool, "marked", örebro, 1); n != 1 || c.Position != 1 {
		t.Errorf("it shows %d messages at %d, of which the second is half a decision", n, c.Position)
	}
}

// piecemeal is a log that hands over one message at a time, and takes its time.
type piecemeal struct{ *memlog.Log }

func (l piecemeal) Follow(ctx context.Context, m events.Municipality, after events.Position, max int) iter.Seq2[[]events.Recorded, error] {
	return func(yield func([]events.Recorded, error) bool) {
		for batch, err := range l.Log.Follow(ctx, m, after, max) {
			for i := range batch {
				time.Sleep(10 * time.Millisecond)
				if !yield(batch[i:i+1], nil) {
					return
				}
			}
			if err != nil && !yield(nil, err) {
				return
			}
		}
	}
}

func TestADecisionThatComesPiecemealIsAppliedAtOnce(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	for i := range 10 {
		a, b := events.ID{0xa0, byte(i)}, events.ID{0xb0, byte(i)}
		s.Together(projectiontest.Part{Stream: events.SessionOf(a), Events: []events.Event{attended(a, anna)}}, projectiontest.Part{Stream: events.SessionOf(b), Events: []events.Event{attended(b, anna)}})
	}
	start(t, piecemeal{s.Log}, pool, marked{})
	messages(t, pool, "marked", örebro, 1)
	for at := events.Position(0); at < 20; {
		n, c := messages(t, pool, "marked", örebro, 0)
		if at = c.Position; at%2 == 1 || n != int(at) {
			t.Fatalf("half a decision is seen: %d messages at position %d", n, at)
		}
	}
}

func TestASwitchIsNoticedByTheFirstMessageAfterIt(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	s.Happens(events.SessionOf(one), attended(one, anna))
	startWith(t, &projections.Runner{Log: s.Log, Pool: pool, Projections: []projections.Projection{marked{}}, Look: time.Hour})
	messages(t, pool, "marked", örebro, 1)
	rebuild(t, pool, s, marked{})
	if n, c := messages(t, pool, "marked", örebro, s.Happens(events.SessionOf(two), attended(two, anna))); n != 2 || c.Generation != 2 {
		t.Errorf("it shows %d messages of generation %d, want 2 of 2", n, c.Generation)
	}
}

func TestSeveralRunnersApplyEverythingOnce(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	s.Happens(events.SessionOf(one), attended(one, anna))
	var ends []func()
	for range 4 {
		ends = append(ends, start(t, s.Log, pool, marked{free: true}, marked{name: "other"}))
	}
	var at events.Position
	for i := range 400 {
		id := events.ID{0xa0, byte(i), byte(i >> 8)}
		at = s.Happens(events.SessionOf(id), attended(id, anna, bo))
		if i%50 == 0 {
			time.Sleep(time.Duration(rand.IntN(5)) * time.Millisecond)
		}
	}
	if err := projections.Wait(t.Context(), pool, örebro, at, time.Minute, "marked", "other"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond) // those who came late find nothing left to do
	for _, end := range ends {
		end()
	}
	for _, name := range []string{"marked", "other"} {
		if n, c := messages(t, pool, name, örebro, at); n != int(at) || c.Generation != 1 || c.StoppedAt != 0 {
			t.Errorf("%s shows %d messages of %d: %+v", name, n, at, c)
		}
	}
}

func TestTheDatabaseMayGoAndComeBack(t *testing.T) {
	server, err := projectiontest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	pool, s := projectiontest.Open(t, server, "postgres"), projectiontest.NewStory(t, örebro)
	if err := projections.Install(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	var said lines
	startWith(t, &projections.Runner{Log: s.Log, Pool: pool, Projections: []projections.Projection{marked{}}, Look: 20 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(&said, nil))})
	messages(t, pool, "marked", örebro, s.Happens(events.SessionOf(one), attended(one, anna)))

	server.Halt()
	at := s.Happens(events.SessionOf(two), attended(two, anna))
	if err := projections.View(t.Context(), pool, "marked", örebro, 0, nil); !errors.Is(err, projections.ErrUnavailable) {
		t.Errorf("reading gives %v, want unavailable", err)
	}
	if _, err := projections.Status(t.Context(), pool); !errors.Is(err, projections.ErrUnavailable) {
		t.Errorf("status gives %v, want unavailable", err)
	}
	time.Sleep(500 * time.Millisecond)
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, _ := messages(t, pool, "marked", örebro, at); n != 2 {
		t.Errorf("it caught up to %d messages, want 2", n)
	}
	if got := strings.Count(said.String(), `msg="database of figures cannot be reached"`); got != 1 {
		t.Errorf("it said %d times that the database cannot be reached:\n%s", got, said.String())
	}
}

// lines is a log that a test reads while it is written.
type lines struct {
	sync.Mutex
	strings.Builder
}

var _ io.Writer = (*lines)(nil)

func (l *lines) Write(p []byte) (int, error) {
	l.Lock()
	defer l.Unlock()
	return l.Builder.Write(p)
}

func (l *lines) String() string {
	l.Lock()
	defer l.Unlock()
	return l.Builder.String()
}

func TestInstallingAtOnceIsHarmless(t *testing.T) {
	pool := projectiontest.Pool(t)
	if _, err := pool.Exec(t.Context(), "DROP SCHEMA projections CASCADE"); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := projections.Install(t.Context(), pool); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestAStartDoesNotWaitForWhoeverReads(t *testing.T) {
	pool := projectiontest.Pool(t)
	projectiontest.Reading(t, pool) // its role
	if err := projections.Install(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	reads, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer reads.Rollback(t.Context())
	if _, err := reads.Exec(t.Context(), "TABLE projections.checkpoint"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 60*time.Second)
	defer stop()
	if err := projections.Install(ctx, pool); err != nil {
		t.Error(err)
	}
	// One that has something to change gives up, and everybody goes on.
	if _, err := reads.Exec(ctx, "COMMENT ON TABLE projections.checkpoint IS 'another version'"); err != nil {
		t.Fatal(err)
	}
	if err := reads.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	reads, err = pool.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer reads.Rollback(t.Context())
	if _, err := reads.Exec(ctx, "TABLE projections.checkpoint"); err != nil {
		t.Fatal(err)
	}
	if err := projections.Install(ctx, pool); err == nil || !strings.Contains(err.Error(), "lock timeout") {
		t.Errorf("it is answered %v", err)
	}
	reads.Rollback(ctx)
	if err := projections.Install(ctx, pool); err != nil {
		t.Error(err)
	}
}

func TestReadingWhatIsNotThere(t *testing.T) {
	pool := projectiontest.Pool(t)
	none := func(pgx.Tx, projections.Checkpoint) error { return errors.New("was called") }
	asked := func(least events.Position) [2]error {
		_, err := projections.Shown(t.Context(), pool, "marked", örebro, least)
		return [2]error{projections.View(t.Context(), pool, "marked", örebro, least, none), err}
	}
	for _, err := range asked(0) {
		if !errors.Is(err, projections.ErrNothingYet) {
			t.Errorf("of a municipality without events: %v", err)
		}
	}
	s := projectiontest.NewStory(t, örebro)
	start(t, s.Log, pool, marked{})
	messages(t, pool, "marked", örebro, s.Happens(events.SessionOf(one), attended(one, anna)))
	for _, err := range asked(2) {
		var late *projections.NotYetError
		if !errors.As(err, &late) || late.Position != 1 || late.Wanted != 2 {
			t.Errorf("beyond the log: %v", err)
		}
	}
	if shown, err := projections.Shown(t.Context(), pool, "marked", örebro, 1); err != nil || shown.Position != 1 || shown.Generation != 1 {
		t.Errorf("what is there is shown as %+v, %v", shown, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := projections.Wait(ctx, pool, örebro, 2, time.Minute, "marked"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with no time to wait: %v", err)
	}
	if err := projections.View(t.Context(), pool, "marked", örebro, 1, none); err == nil || err.Error() != "was called" {
		t.Errorf("what the reader says is returned: %v", err)
	}
}

func TestLagIsInMessagesAndSeconds(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	end := start(t, s.Log, pool, marked{})
	messages(t, pool, "marked", örebro, s.Happens(events.SessionOf(one), attended(one, anna)))
	lag := func() projections.Behind {
		t.Helper()
		status, err := projections.Status(t.Context(), pool)
		if err != nil {
			t.Fatal(err)
		}
		list, err := projections.Lag(t.Context(), s.Log, nil, status, s.Now.Add(30*time.Second))
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		return list[0]
	}
	if b := lag(); b.Messages != 0 || b.Time != 0 {
		t.Errorf("caught up, it is %d messages and %s behind", b.Messages, b.Time)
	}
	end()
	s.Happens(events.SessionOf(two), attended(two, anna))
	s.Happens(events.SessionOf(two), attended(two, bo))
	if b := lag(); b.Messages != 2 || b.Time != 90*time.Second {
		t.Errorf("with a follower that stalled on a quiet log, it is %d messages and %s behind", b.Messages, b.Time)
	}
}

var _ projections.Log = (*memlog.Log)(nil)

func ExampleStoppedError() {
	fmt.Println(&projections.StoppedError{Projection: "reach", Municipality: "1880", At: 7, Why: "reach cannot fold it"})
	// Output: reach of 1880 stopped at position 7: reach cannot fold it
}
