package projections_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
)

func rebuild(t *testing.T, pool *pgxpool.Pool, s *projectiontest.Story, p projections.Projection) {
	t.Helper()
	if err := projections.Rebuild(t.Context(), s.Log, pool, p, s.Municipality, nil); err != nil {
		t.Fatal(err)
	}
}

func schemas(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, _ := pool.Query(t.Context(), "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'marked%' ORDER BY 1")
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestARebuildIsSwitchedToWhileEverybodyReadsAndWrites(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	for i := range 100 {
		s.Happens(events.SessionOf(events.ID{0xa0, byte(i)}), attended(events.ID{0xa0, byte(i)}, anna))
	}
	start(t, s.Log, pool, marked{})
	start(t, s.Log, pool, marked{})
	messages(t, pool, "marked", örebro, 100)

	ctx, cancel := context.WithCancel(t.Context())
	reads := make(chan int)
	go func() { reads <- readUntil(t, ctx, pool) }()
	for i := range 3 {
		stop := keepRecording(t, s)
		rebuild(t, pool, s, marked{})
		stop()
		at := s.Happens(events.SessionOf(events.ID{0xb0, byte(i)}), attended(events.ID{0xb0, byte(i)}, bo))
		if n, c := messages(t, pool, "marked", örebro, at); n != int(at) || c.Generation != i+2 {
			t.Errorf("after rebuild %d it shows %d of %d messages, generation %d", i+1, n, at, c.Generation)
		}
	}
	cancel()
	if n := <-reads; n == 0 {
		t.Error("nobody read")
	}
	if got, want := schemas(t, pool), []string{"marked_1880_3", "marked_1880_4"}; !slices.Equal(got, want) {
		t.Errorf("kept %s, want %s", got, want)
	}
}

// keepRecording appends without pause until the returned function is called.
func keepRecording(t *testing.T, s *projectiontest.Story) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			record(t, s.Log, s.Municipality, anna)
			time.Sleep(100 * time.Microsecond)
		}
	}()
	return func() { cancel(); <-done }
}

// readUntil reads all the time and wants every snapshot to be whole and none to go back.
func readUntil(t *testing.T, ctx context.Context, pool *pgxpool.Pool) (reads int) {
	var last events.Position
	for ctx.Err() == nil {
		err := projections.View(ctx, pool, "marked", örebro, 0, func(tx pgx.Tx, c projections.Checkpoint) error {
			var n events.Position
			if err := tx.QueryRow(ctx, "SELECT count(*) FROM message").Scan(&n); err != nil {
				return err
			}
			if n != c.Position || n < last {
				t.Errorf("a reader sees %d messages at position %d after %d", n, c.Position, last)
			}
			last = n
			return nil
		})
		if err != nil && ctx.Err() == nil {
			t.Errorf("a reader is disturbed: %v", err)
			return reads
		}
		reads++
	}
	return reads
}

func TestOneGoesBackToTheTablesBefore(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	start(t, s.Log, pool, marked{})
	messages(t, pool, "marked", örebro, s.Happens(events.SessionOf(one), attended(one, anna)))
	if err := projections.Rollback(t.Context(), s.Log, pool, marked{}, örebro, anyOther); !errors.Is(err, projections.ErrNoOther) {
		t.Errorf("with one generation: %v", err)
	}
	rebuild(t, pool, s, marked{})
	messages(t, pool, "marked", örebro, s.Happens(events.SessionOf(two), attended(two, anna)))
	for _, want := range []int{1, 2, 1} {
		if err := projections.Rollback(t.Context(), s.Log, pool, marked{}, örebro, anyOther); err != nil {
			t.Fatal(err)
		}
		if n, c := messages(t, pool, "marked", örebro, 2); n != 2 || c.Generation != want {
			t.Errorf("rolled back it shows %d messages of generation %d, want 2 of %d", n, c.Generation, want)
		}
	}
}

func TestNothingIsSwitchedToThatIsNotAgreedToOrThatAnotherVersionMade(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	end := start(t, s.Log, pool, marked{})
	messages(t, pool, "marked", örebro, s.Happens(events.SessionOf(one), attended(one, anna)))
	rebuild(t, pool, s, marked{})
	no := errors.New("not that one")
	refuse := projections.Consent{Record: func(b projections.Beside) error {
		if b.Generation != 1 || b.Municipality != örebro || b.Projection != "marked" {
			t.Errorf("it is asked about %+v", b)
		}
		return no
	}}
	if err := projections.Rollback(t.Context(), s.Log, pool, marked{}, örebro, refuse); !errors.Is(err, no) {
		t.Errorf("not agreed to: %v", err)
	}
	var another *projections.OtherGenerationError
	refuse.Generation = 3
	if err := projections.Rollback(t.Context(), s.Log, pool, marked{}, örebro, refuse); !errors.As(err, &another) || another.Stands != 1 || another.Meant != 3 {
		t.Errorf("to one that does not stand there: %v", err)
	}
	if _, c := messages(t, pool, "marked", örebro, 0); c.Generation != 2 {
		t.Errorf("refused, generation %d is in use", c.Generation)
	}
	end()
	newer := marked{tables: " -- another meaning"}
	start(t, s.Log, pool, newer)
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if _, c := messages(t, pool, "marked", örebro, 0); c.Generation == 3 {
			break
		}
		if time.Since(begun) > time.Minute {
			t.Fatal("the newer version makes no tables of its own")
		}
	}
	if list := others(t, pool); len(list) != 0 {
		t.Errorf("told as what can be switched to: %+v", list)
	}
	if err := projections.Rollback(t.Context(), s.Log, pool, marked{}, örebro, anyOther); !errors.Is(err, projections.ErrNoOther) {
		t.Errorf("to what another version made: %v", err)
	}
}

func TestChangedTablesAreRebuiltAtTheStartAndTheOldCodeFindsItsOwnAgain(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	end := start(t, s.Log, pool, marked{})
	messages(t, pool, "marked", örebro, s.Happens(events.SessionOf(one), attended(one, anna)))
	end()
	at := s.Happens(events.SessionOf(two), attended(two, anna))
	for _, step := range []struct {
		says       string
		code       marked
		generation int
	}{
		{"new code rebuilds", marked{tables: " -- another meaning"}, 2},
		{"the old code takes its own up and catches up", marked{}, 1},
		{"and so does the new", marked{tables: " -- another meaning"}, 2},
	} {
		end := start(t, s.Log, pool, step.code)
		for i := 0; ; i++ {
			n, c := messages(t, pool, "marked", örebro, 0)
			if c.Generation == step.generation && n == int(at) {
				break
			}
			if i > 6000 {
				t.Fatalf("%s: it shows %d messages of generation %d, want %d of %d", step.says, n, c.Generation, at, step.generation)
			}
			time.Sleep(10 * time.Millisecond)
		}
		end()
		at = s.Happens(events.SessionOf(one), removed(one, anna), attended(one, anna))
	}
}

func TestARunningVersionLeavesTheTablesOfAnotherAlone(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	start(t, s.Log, pool, marked{})
	messages(t, pool, "marked", örebro, s.Happens(events.SessionOf(one), attended(one, anna)))
	rebuild(t, pool, s, marked{tables: " -- another meaning"})
	s.Happens(events.SessionOf(two), attended(two, anna))
	time.Sleep(300 * time.Millisecond)
	if n, c := messages(t, pool, "marked", örebro, 0); n != 1 || c.Generation != 2 {
		t.Errorf("the old version brought tables of the new to %d messages, generation %d", n, c.Generation)
	}
	start(t, s.Log, pool, marked{tables: " -- another meaning"})
	if n, c := messages(t, pool, "marked", örebro, 2); n != 2 || c.Generation != 2 {
		t.Errorf("the new version brought its tables to %d messages, generation %d", n, c.Generation)
	}
}

func TestARebuildThatDiffersIsNotSwitchedTo(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	end := start(t, s.Log, pool, marked{})
	messages(t, pool, "marked", örebro, s.Happens(events.SessionOf(one), attended(one, anna)))
	end()
	if _, err := pool.Exec(t.Context(), "UPDATE marked_1880_1.mark SET attended = false"); err != nil {
		t.Fatal(err)
	}
	var differs *projections.DifferenceError
	err := projections.Rebuild(t.Context(), s.Log, pool, marked{}, örebro, nil)
	if !errors.As(err, &differs) || !slices.Equal(differs.Tables, []string{"mark"}) || differs.Position != 1 || differs.Generation != 2 {
		t.Fatalf("rebuilt beside a table that was tampered with: %v", err)
	}
	if _, c := messages(t, pool, "marked", örebro, 0); c.Generation != 1 {
		t.Errorf("generation %d is in use", c.Generation)
	}
	beside := others(t, pool)
	if len(beside) != 1 || beside[0].Generation != 2 || beside[0].Position != 1 || !beside[0].Left.IsZero() || !slices.Equal(beside[0].Differs, []string{"mark"}) {
		t.Errorf("what was rebuilt is told as %+v", beside)
	}
	if err := projections.Rollback(t.Context(), s.Log, pool, marked{}, örebro, anyOther); err != nil {
		t.Fatal(err)
	}
	if _, c := messages(t, pool, "marked", örebro, 0); c.Generation != 2 {
		t.Errorf("after switching, generation %d is in use", c.Generation)
	}
	if beside := others(t, pool); len(beside) != 1 || beside[0].Generation != 1 || beside[0].Left.IsZero() {
		t.Errorf("what was in use before is told as %+v", beside)
	}
	var unlike *projections.UnlikeError
	err = projections.Rollback(t.Context(), s.Log, pool, marked{}, örebro, anyOther)
	if !errors.As(err, &unlike) || !slices.Equal(unlike.Tables, []string{"mark"}) || unlike.Position != 1 || unlike.Generation != 1 {
		t.Errorf("back to a table that was tampered with: %v", err)
	}
	if _, c := messages(t, pool, "marked", örebro, 0); c.Generation != 2 {
		t.Errorf("then generation %d is in use", c.Generation)
	}
}

func others(t *testing.T, pool *pgxpool.Pool) []projections.Beside {
	t.Helper()
	list, err := projections.Others(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestARebuildThatDiffersIsDiscardedAndWhatWasInUseStays(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	end := start(t, s.Log, pool, marked{})
	messages(t, pool, "marked", örebro, s.Happens(events.SessionOf(one), attended(one, anna)))
	end()
	discard := func() error { return projections.Discard(t.Context(), pool, "marked", örebro, anyOther) }
	rebuild(t, pool, s, marked{})
	if err := discard(); !errors.Is(err, projections.ErrNoOther) || len(others(t, pool)) != 1 {
		t.Errorf("what was in use before is discarded: %v", err)
	}
	if _, err := pool.Exec(t.Context(), "UPDATE marked_1880_2.mark SET attended = false"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var differs *projections.DifferenceError
		if err := projections.Rebuild(t.Context(), s.Log, pool, marked{}, örebro, nil); !errors.As(err, &differs) {
			t.Fatal(err)
		}
	}
	err := projections.Verify(t.Context(), s.Log, pool, marked{}, örebro)
	var differs *projections.DifferenceError
	if beside := others(t, pool); !errors.As(err, &differs) || len(beside) != 1 || !beside[0].Left.IsZero() {
		t.Errorf("a verification, %v, leaves %+v", err, beside)
	}
	err = discard()
	if beside := others(t, pool); err != nil || len(beside) != 1 || beside[0].Generation != 1 || beside[0].Left.IsZero() {
		t.Errorf("%v: beside stands %+v, not what was in use before", err, beside)
	}
	if _, c := messages(t, pool, "marked", örebro, 0); c.Generation != 2 {
		t.Errorf("generation %d is in use", c.Generation)
	}
	var left int
	if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'marked%'`).Scan(&left); err != nil || left != 2 {
		t.Errorf("%d schemas are left, not the one in use and the one before: %v", left, err)
	}
}

func TestTablesMadeAnewHaveANumberThatNoneInUseHad(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	end := start(t, s.Log, pool, marked{})
	messages(t, pool, "marked", örebro, s.Happens(events.SessionOf(one), attended(one, anna)))
	end()
	rebuild(t, pool, s, marked{})
	if err := projections.Rollback(t.Context(), s.Log, pool, marked{}, örebro, anyOther); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "UPDATE marked_1880_1.mark SET attended = false"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var differs *projections.DifferenceError
		if err := projections.Rebuild(t.Context(), s.Log, pool, marked{}, örebro, nil); !errors.As(err, &differs) || differs.Generation != 3 {
			t.Fatalf("generation 2 was in use, and the next is to be 3: %v", err)
		}
		if err := projections.Discard(t.Context(), pool, "marked", örebro, anyOther); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTablesThatShowMoreThanTheLogHasAreNotRebuiltUnasked(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	end := start(t, s.Log, pool, marked{})
	for i := range 600 {
		session := events.ID{0xa0, byte(i), byte(i >> 8)}
		s.Happens(events.SessionOf(session), attended(session, anna))
	}
	messages(t, pool, "marked", örebro, 600)
	end()
	older := projectiontest.NewStory(t, örebro)
	older.Happens(events.SessionOf(one), attended(one, anna))
	for name, p := range map[string]marked{"these": {}, "another version's": {tables: " -- another meaning"}} {
		for what, err := range map[string]error{
			"rebuilt":  projections.Rebuild(t.Context(), older.Log, pool, p, örebro, nil),
			"verified": projections.Verify(t.Context(), older.Log, pool, p, örebro),
		} {
			var ahead *projections.AheadError
			if !errors.As(err, &ahead) || ahead.Position != 600 || ahead.Head != 1 {
				t.Errorf("%s tables, %s: %v", name, what, err)
			}
		}
		if n, c := messages(t, pool, "marked", örebro, 0); n != 600 || c.Generation != 1 {
			t.Errorf("%s tables: %d messages of generation %d are shown", name, n, c.Generation)
		}
	}
	if err := projections.Replace(t.Context(), older.Log, pool, marked{}, örebro); err != nil {
		t.Fatal(err)
	}
	if n, _ := messages(t, pool, "marked", örebro, 0); n != 1 {
		t.Errorf("replaced they show %d messages", n)
	}
}

func TestARebuildThatWasKilledLeavesNothingInTheWay(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	for i := range 3000 {
		session := events.ID{0xa0, byte(i), byte(i >> 8)}
		s.Happens(events.SessionOf(session), attended(session, anna))
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := projections.Rebuild(ctx, s.Log, pool, marked{}, örebro, func(events.Position, events.Position, float64) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("killed half-way: %v", err)
	}
	leftOver(t, pool)
	if err := projections.View(t.Context(), pool, "marked", örebro, 0, nil); !errors.Is(err, projections.ErrNothingYet) {
		t.Errorf("half a rebuild is read: %v", err)
	}
	s2 := projectiontest.NewStory(t, örebro)
	s2.Happens(events.SessionOf(one), attended(one, anna))
	rebuild(t, pool, s2, marked{})
	if got := schemas(t, pool); len(got) != 1 {
		t.Errorf("there is %s, want the rebuilt one alone", got)
	}
}

// leftOver puts there what a SIGKILL leaves: a generation that is neither whole nor in use.
func leftOver(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	_, err := pool.Exec(t.Context(), `INSERT INTO projections.checkpoint (projection, municipality, generation, fingerprint, until, begun_at) VALUES ('marked', '1880', 9, '', 7, now()) ON CONFLICT DO NOTHING;
		CREATE SCHEMA IF NOT EXISTS marked_1880_9; CREATE TABLE IF NOT EXISTS marked_1880_9.mark ()`)
	if err != nil {
		t.Fatal(err)
	}
}

func TestARebuildOfAPoisonedLogSwitchesNothing(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	start(t, s.Log, pool, marked{})
	s.Happens(events.SessionOf(one), attended(one, anna))
	messages(t, pool, "marked", örebro, s.Happens(events.SessionOf(two), attended(two, anna)))
	var poison *events.PoisonError
	if err := projections.Rebuild(t.Context(), s.Log, pool, marked{poison: 2}, örebro, nil); !errors.As(err, &poison) || poison.Position != 2 || poison.Municipality != örebro {
		t.Fatalf("got %v, want a stop at 2", err)
	}
	if n, c := messages(t, pool, "marked", örebro, 2); n != 2 || c.Generation != 1 || c.StoppedAt != 0 {
		t.Errorf("it shows %d messages at %+v", n, c)
	}
	if got := schemas(t, pool); len(got) != 1 {
		t.Errorf("it leaves %s", got)
	}
}

func TestNewCodeThatCannotFoldAMessageIsBuiltUpToIt(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	end := start(t, s.Log, pool, marked{})
	for range 2 {
		s.Happens(events.SessionOf(one), attended(one, anna), removed(one, anna))
	}
	messages(t, pool, "marked", örebro, s.Happens(events.SessionOf(two), attended(two, anna)))
	end()
	start(t, s.Log, pool, marked{poison: 3, tables: " -- another meaning"})
	var stopped *projections.StoppedError
	if err := wantStopped(t, pool, 0); !errors.As(err, &stopped) || stopped.At != 3 {
		t.Fatalf("got %v, want a stop at 3", err)
	}
	if n, c := messages(t, pool, "marked", örebro, 2); n != 2 || c.Generation != 2 {
		t.Errorf("it shows %d messages of generation %d, want 2 of 2", n, c.Generation)
	}
}

func TestProgressIsTold(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	for i := range 2500 {
		s.Happens(events.SessionOf(events.ID{0xa0, byte(i), byte(i >> 8)}), attended(one, anna))
		s.Happens(events.SessionOf(events.ID{0xa0, byte(i), byte(i >> 8)}), removed(one, anna))
	}
	var last events.Position
	leftOver(t, pool)
	err := projections.Rebuild(t.Context(), s.Log, pool, marked{}, örebro, func(done, total events.Position, rate float64) {
		list, err := projections.Rebuilds(t.Context(), pool)
		if err != nil || len(list) != 1 || list[0].Municipality != örebro || list[0].Projection != "marked" || list[0].Until != 5000 || list[0].For <= 0 {
			t.Errorf("being rebuilt: %+v, %v", list, err)
		}
		if done < last || total != 5000 || rate <= 0 {
			t.Errorf("told %d of %d, %f a second, after %d", done, total, rate, last)
		}
		last = done
	})
	if err != nil || last != 5000 {
		t.Errorf("last told %d, %v", last, err)
	}
	leftOver(t, pool)
	if list, err := projections.Rebuilds(t.Context(), pool); err != nil || len(list) > 0 {
		t.Errorf("when it is over %+v is still being rebuilt, %v", list, err)
	}
}

// watchedLog is a log of which each read is noticed.
type watchedLog struct {
	projections.Source
	read func()
}

func (l watchedLog) Read(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[events.Recorded, error] {
	l.read()
	return l.Source.Read(ctx, m, after)
}

func TestWhatARollbackIsComparedWithIsToldOfAndWhatNobodyWaitsForIsNot(t *testing.T) {
	pool, s := projectiontest.Pool(t), projectiontest.NewStory(t, örebro)
	end := start(t, s.Log, pool, marked{})
	messages(t, pool, "marked", örebro, s.Happens(events.SessionOf(one), attended(one, anna)))
	end()
	rebuild(t, pool, s, marked{})
	var told []projections.Rebuilding
	log := watchedLog{s.Log, func() {
		list, err := projections.Rebuilds(t.Context(), pool)
		if err != nil {
			t.Error(err)
		}
		told = append(told, list...)
	}}
	if err := projections.Verify(t.Context(), log, pool, marked{}, örebro); err != nil || len(told) > 0 {
		t.Errorf("a verification, %v, is told of as %+v", err, told)
	}
	if err := projections.Rollback(t.Context(), log, pool, marked{}, örebro, anyOther); err != nil || len(told) != 1 || told[0].Until != 1 {
		t.Errorf("a rollback, %v, is told of as %+v", err, told)
	}
}

func TestWhatIsLeftOfARebuildIsTimedByItsRate(t *testing.T) {
	r := projections.Rebuilding{Position: 2000, Until: 5000, For: 4 * time.Second}
	if left, ok := r.Left(); !ok || left != 6*time.Second || r.Rate() != 500 {
		t.Errorf("%s left (%v) at %f a second", left, ok, r.Rate())
	}
	if left, ok := (projections.Rebuilding{Until: 5000, For: time.Second}).Left(); ok {
		t.Errorf("%s left before anything is written", left)
	}
}

func TestMoreRebuildsAtOnceThanThePoolHasConnectionsDoNotWaitForEachOther(t *testing.T) {
	cfg := projectiontest.Pool(t).Config()
	cfg.MaxConns = 2
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	var stories []*projectiontest.Story
	for i, m := range []events.Municipality{"0114", "0115", "0117", "0120", "0123", "0125"} {
		s := projectiontest.NewStory(t, m)
		s.Happens(events.SessionOf(events.ID{0xa0, byte(i)}), attended(events.ID{0xa0, byte(i)}, anna))
		rebuild(t, pool, s, marked{})
		stories = append(stories, s)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var all sync.WaitGroup
	for _, s := range stories {
		all.Go(func() {
			for range 5 {
				if err := projections.Rebuild(ctx, s.Log, pool, marked{}, s.Municipality, nil); err != nil {
					t.Errorf("%s: %v", s.Municipality, err)
				}
			}
		})
	}
	all.Wait()
}

var anyOther = projections.Consent{Record: func(projections.Beside) error { return nil }}
