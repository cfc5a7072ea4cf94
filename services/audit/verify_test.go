package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/archive/archivetest"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/reach"
	"rackvidd/services/audit"
	"rackvidd/services/integrity"
	"rackvidd/services/vault"
)

// copies are a story with its read model and its archive.
func copies(t *testing.T) (s *projectiontest.Story, pool *pgxpool.Pool, c audit.Copies, dir string) {
	t.Helper()
	s, pool = year(t)
	c, dir = archived(t, s)
	c.Pool, c.Projections = pool, []projections.Projection{reach.Projection{}}
	return s, pool, c, dir
}

// archived are a story and its archive.
func archived(t *testing.T, s *projectiontest.Story) (c audit.Copies, dir string) {
	t.Helper()
	c, dir, _ = kept(t, s)
	return c, dir
}

// kept are a story, its archive and who writes that.
func kept(t *testing.T, s *projectiontest.Story) (c audit.Copies, dir string, keeper *archive.Keeper) {
	t.Helper()
	signer, key, _ := archivetest.Key(t, "rackvidd-test")
	dir = t.TempDir()
	keeper, err := archive.Keep(dir, signer, key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keeper.Close() })
	volume, err := keeper.Volume(örebro)
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range s.Log.Read(t.Context(), örebro, 0) {
		if err == nil {
			err = volume.Append(r.Position, r.Raw)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := volume.Sign(); err != nil {
		t.Fatal(err)
	}
	of := func(m events.Municipality) archive.Archive { return archive.Open(dir, m, key) }
	return audit.Copies{
		Stream: s.Log, Archive: of,
		Archived: func(_ context.Context, m events.Municipality, least events.Position) (archive.Checkpoint, error) {
			c, err := of(m).Checkpoint()
			if err == nil && c.Size < least {
				err = context.DeadlineExceeded
			}
			return c, err
		},
	}, dir, keeper
}

func verified(t *testing.T, c audit.Copies) audit.Verification {
	t.Helper()
	v, err := audit.Verify(t.Context(), c, örebro, 2021)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range v.Findings {
		if !slices.Contains(integrity.Codes(), f.Code) {
			t.Errorf("%s says %q, which programs do not know", f, f.Code)
		}
	}
	return v
}

// only demands that a copy alone is named, at a file and a position.
func only(t *testing.T, v audit.Verification, name, file string, at events.Position) {
	t.Helper()
	if v.Whole || len(v.Findings) == 0 {
		t.Fatalf("nothing is found: %+v", v)
	}
	found := false
	for _, f := range v.Findings {
		if f.Copy != name || f.Municipality != örebro {
			t.Errorf("it names %s", f)
		}
		found = found || strings.Contains(f.File, file) && (at == 0 || f.Position == at)
	}
	if !found {
		t.Errorf("%v does not name %s %s at %d", v.Findings, name, file, at)
	}
}

func TestCopiesThatAgreeAreWhole(t *testing.T) {
	s, _, c, _ := copies(t)
	if v := verified(t, c); !v.Whole || v.Position != 4 || v.Root != rootOf(t, s, 4) || len(v.Findings) > 0 {
		t.Errorf("%+v", v)
	}
	v, err := audit.Verify(t.Context(), c, "1881", 2021)
	if err != nil || !v.Whole || v.Position != 0 || v.Root != rootOf(t, s, 0) {
		t.Errorf("where nothing happened: %+v, %v", v, err)
	}
}

// away is a vault that does not answer.
type away struct{ vault.Register }

func (away) Known(context.Context, events.Municipality, []events.ID) (map[events.ID]vault.Person, error) {
	return nil, fmt.Errorf("%w: nobody is there", vault.ErrUnavailable)
}

func TestACopyThatCannotBeComparedIsNotWholeAndNothingIsRepairedForIt(t *testing.T) {
	s, _ := year(t)
	r := (&repairing{Story: s}).lacks(t, 0)
	r.Vault = away{}
	v, err := r.Verify(t.Context(), örebro, 0, nil)
	if err != nil || v.Whole || len(v.Findings) != 0 || len(v.Unchecked) != 1 || v.Unchecked[0].Copy != integrity.TheVault {
		t.Errorf("%+v, %v", v, err)
	}
	made, err := r.Repair(t.Context(), örebro, audit.Order{By: events.ID{7}, At: time.Now()})
	if err != nil || made.State != "done" || made.Number != 0 || len(made.Restored) != 0 || len(made.Unchecked) != 1 {
		t.Errorf("the repair is %+v, %v", made, err)
	}
}

func TestWhatFollowsFromADamagedLogIsSaidNotToBeCompared(t *testing.T) {
	s, _, c, _ := copies(t)
	c.Vault = away{}
	c.Stream = damaged{Stream: s.Log, another: func(m events.Recorded) (events.Recorded, bool, error) { return m, m.Position != 2, nil }}
	v := verified(t, c)
	only(t, v, integrity.TheStream, "", 2)
	var names []string
	for _, u := range v.Unchecked {
		names = append(names, u.Copy)
		if u.Why != "the log is not whole; repair it, then verify again" {
			t.Errorf("%s is not compared because %s", u.Copy, u.Why)
		}
	}
	if want := []string{integrity.TheReadModel, integrity.TheSubmission, integrity.TheVault}; !slices.Equal(names, want) {
		t.Errorf("%s are not compared, want %s", names, want)
	}
}

func TestAVerificationTellsHowFarEachPassOverTheLogIs(t *testing.T) {
	_, _, c, _ := copies(t)
	store, err := vault.OpenKeyStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if c.Vault, err = vault.New(t.Context(), vault.Config{Pool: projectiontest.Empty(t), Keys: vault.NewKeys(), KeyStore: store}); err != nil {
		t.Fatal(err)
	}
	s := &audit.Service{Copies: c, Findings: integrity.Keep("", slog.New(slog.DiscardHandler))}
	var passes []audit.Pass
	if v, err := s.Verify(t.Context(), örebro, 2021, func(p audit.Pass) {
		if last := len(passes) - 1; last < 0 || passes[last].Number != p.Number {
			passes = append(passes, p)
		} else {
			passes[last] = p
		}
	}); err != nil || len(v.Findings) != 1 || v.Findings[0].Copy != integrity.TheVault { // which is a new one
		t.Fatalf("%+v, %v", v, err)
	}
	want := []string{integrity.TheArchive, integrity.TheStream, integrity.TheReadModel, integrity.TheReadModel, integrity.TheSubmission, integrity.TheVault}
	for i, p := range passes {
		if i >= len(want) || p != (audit.Pass{Copy: want[i], Number: i + 1, Of: len(want), Position: 4, Until: 4}) {
			t.Errorf("pass %d is told as %+v", i+1, p)
		}
	}
	if len(passes) != len(want) {
		t.Errorf("%d passes are told of: %+v", len(passes), passes)
	}
}

func TestADamagedArchiveIsNamedByFile(t *testing.T) {
	_, _, c, dir := copies(t)
	for _, file := range []string{"checkpoint", "tile/0/000.p/4", "tile/entries/000.p/4"} {
		path := filepath.Join(dir, string(örebro), file)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		damaged := bytes.Clone(whole)
		damaged[rand.IntN(len(damaged))] ^= 1 << rand.IntN(8)
		for _, change := range []func() error{
			func() error { return os.WriteFile(path, damaged, 0o600) },
			func() error { return os.Remove(path) },
		} {
			if err := change(); err != nil {
				t.Fatal(err)
			}
			only(t, verified(t, c), integrity.TheArchive, file, 0)
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnArchiveThatStaysBehindIsNamed(t *testing.T) {
	s, _, c, _ := copies(t)
	evening := events.ID{9}
	at := s.Happens(events.SessionOf(evening), events.SessionOpened{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: events.Date(2021, 3, 2)})
	only(t, verified(t, c), integrity.TheArchive, "", at)
}

func TestADiskThatCannotBeWrittenDamagesNothing(t *testing.T) {
	_, _, c, _ := copies(t)
	for _, why := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, syscall.EROFS, syscall.EACCES, syscall.EPERM} {
		failed := &fs.PathError{Op: "write", Path: "tile/entries/000", Err: why}
		c.Archived = func(context.Context, events.Municipality, events.Position) (archive.Checkpoint, error) {
			return archive.Checkpoint{}, failed
		}
		if v, err := audit.Verify(t.Context(), c, örebro, 2021); !errors.Is(err, failed) || v.Whole || len(v.Findings) > 0 {
			t.Errorf("%v: %+v, %v", why, v, err)
		}
	}
}

func TestWhileTheArchiveCannotBeWrittenTheOtherCopiesAreCompared(t *testing.T) {
	s, _, c, _ := copies(t)
	c.Stream = &lacking{Stream: s.Log, at: 2}
	c.Archived = func(context.Context, events.Municipality, events.Position) (archive.Checkpoint, error) {
		return archive.Checkpoint{}, &fs.PathError{Op: "write", Path: "tile/entries/000", Err: syscall.EROFS}
	}
	v, err := audit.Verify(t.Context(), c, örebro, 2021)
	if !errors.Is(err, syscall.EROFS) || len(v.Findings) == 0 || v.Findings[0].Copy != integrity.TheStream {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestAnArchiveThatSomebodyElseHoldsIsNotBehind(t *testing.T) {
	s, _, c, _ := copies(t)
	evening := events.ID{9}
	s.Happens(events.SessionOf(evening), events.SessionOpened{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: events.Date(2021, 3, 2)})
	c.Archived = func(context.Context, events.Municipality, events.Position) (archive.Checkpoint, error) {
		return archive.Checkpoint{}, fmt.Errorf("%w: %w", integrity.ErrHeld, context.DeadlineExceeded)
	}
	if v, err := audit.Verify(t.Context(), c, örebro, 2021); !errors.Is(err, integrity.ErrHeld) || len(v.Findings) > 0 {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestWhatWasFoundIsLookedAtAgainSoon(t *testing.T) {
	_, _, c, dir := copies(t)
	c.Pool = nil
	checkpoint := filepath.Join(dir, string(örebro), "checkpoint")
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		quiet := slog.New(slog.DiscardHandler)
		s := &audit.Service{
			Copies: c, Findings: integrity.Keep("", quiet), Logger: quiet,
			Logs: func(context.Context) ([]events.Municipality, error) { return []events.Municipality{örebro}, nil },
		}
		move(checkpoint, checkpoint+".away")
		go s.Run(t.Context())
		time.Sleep(2 * time.Minute)
		if s.Findings.Damage(örebro) == nil {
			t.Error("an archive without a checkpoint is not found")
		}
		move(checkpoint+".away", checkpoint)
		time.Sleep(12 * time.Minute)
		if err := s.Findings.Damage(örebro); err != nil {
			t.Errorf("it is whole again, and yet: %v", err)
		}
	})
}

// damaged is a stream of which something is read as it was not recorded.
type damaged struct {
	audit.Stream
	last    events.Position // 0: all
	another func(events.Recorded) (events.Recorded, bool, error)
}

func (d damaged) Head(ctx context.Context, m events.Municipality) (events.Position, error) {
	at, err := d.Stream.Head(ctx, m)
	if d.last > 0 {
		at = d.last
	}
	return at, err
}

func (d damaged) Count(ctx context.Context, m events.Municipality) (uint64, events.Position, events.Position, error) {
	at, err := d.Head(ctx, m)
	return at, 1, at, err
}

func (d damaged) Stored(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[archive.Entry, error] {
	return func(yield func(archive.Entry, error) bool) {
		for r := range d.Read(ctx, m, after) {
			r, there, err := d.another(r)
			if there && err == nil && !yield(archive.Entry{Position: r.Position, Raw: r.Raw}, nil) {
				return
			}
		}
	}
}

func TestADamagedStreamIsNamedByPosition(t *testing.T) {
	s, _, c, _ := copies(t)
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for n := range 200 {
		at := events.Position(1 + n%4)
		flip := damaged{Stream: s.Log, another: func(m events.Recorded) (events.Recorded, bool, error) {
			if m.Position == at {
				m.Raw = bytes.Clone(m.Raw)
				m.Raw[r.IntN(len(m.Raw))] ^= 1 << r.IntN(8)
			}
			return m, true, nil
		}}
		c.Stream = flip
		only(t, verified(t, c), integrity.TheStream, "", at)
	}
	c.Stream = damaged{Stream: s.Log, another: func(m events.Recorded) (events.Recorded, bool, error) { return m, m.Position != 2, nil }}
	only(t, verified(t, c), integrity.TheStream, "", 2)
	c.Stream = damaged{Stream: s.Log, another: func(m events.Recorded) (events.Recorded, bool, error) { return m, m.Position < 2, nil }}
	if v := verified(t, c); len(v.Findings) != 1 || v.Findings[0].Position != 2 || !strings.Contains(v.Findings[0].Problem, "up to position 4") {
		t.Errorf("the end is missing: %v", v.Findings)
	}
	c.Stream = damaged{Stream: s.Log, last: 3, another: func(m events.Recorded) (events.Recorded, bool, error) { return m, m.Position <= 3, nil }}
	only(t, verified(t, c), integrity.TheStream, "", 3)
}

// TestAnotherHistoryIsNamed has a stream that went another way after its beginning was archived.
func TestAnotherHistoryIsNamed(t *testing.T) {
	_, _, c, _ := copies(t)
	other := projectiontest.NewStory(t, örebro)
	for n := range byte(4) {
		evening := events.ID{n + 1}
		other.Happens(events.SessionOf(evening), events.SessionOpened{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: events.Date(2021, 3, 1)})
	}
	c.Stream = other.Log
	only(t, verified(t, c), integrity.TheStream, "", 1)
}

func TestOfManyFindingsItIsSaidHowManyMoreThereAre(t *testing.T) {
	s := projectiontest.NewStory(t, örebro)
	for range 2500 {
		evening := events.NewID()
		s.Happens(events.SessionOf(evening), events.SessionOpened{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: events.Date(2021, 3, 1)})
	}
	c, _ := archived(t, s)
	other := func(when func(events.Position) bool) {
		c.Stream = damaged{Stream: s.Log, another: func(m events.Recorded) (events.Recorded, bool, error) {
			if when(m.Position) {
				m.Raw = append(bytes.Clone(m.Raw), ' ')
			}
			return m, true, nil
		}}
	}
	other(func(at events.Position) bool { return at%2 == 0 })
	v := verified(t, c)
	last := v.Findings[len(v.Findings)-1]
	if len(v.Findings) != 1001 || last.String() != "stream: and 250 more, up to position 2500" || last.Code != integrity.More || last.Count != 250 || last.Until != 2500 {
		t.Errorf("%d findings, the last is %s", len(v.Findings), last)
	}
	other(func(at events.Position) bool { return at > 1000 && at <= 2400 || at == 7 })
	v = verified(t, c)
	if len(v.Findings) != 2 || v.Findings[0].Position != 7 || v.Findings[1].Position != 1001 || v.Findings[1].Until != 2400 || v.Findings[1].Code != integrity.OtherSpan {
		t.Errorf("what follows each other is told as %d findings", len(v.Findings))
	}
}

func TestMessagesOfABundleThatWereAllChangedAreOneFinding(t *testing.T) {
	_, _, c, dir := copies(t)
	path := filepath.Join(dir, string(örebro), "tile", "entries", "000.p", "4")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(raw, []byte("specversion"), []byte("specVersion")), 0o600); err != nil {
		t.Fatal(err)
	}
	v := verified(t, c)
	if len(v.Findings) != 1 || v.Findings[0].Position != 1 || v.Findings[0].Until != 4 || v.Findings[0].Code != integrity.OtherSpan {
		t.Errorf("they are told as %v", v.Findings)
	}
}

func TestAReadModelThatDiffersIsNamed(t *testing.T) {
	_, pool, c, _ := copies(t)
	if _, err := pool.Exec(t.Context(), "DELETE FROM reach_1880_1.attendance"); err != nil {
		t.Fatal(err)
	}
	v := verified(t, c)
	only(t, v, integrity.TheReadModel, "", 4)
	if !slices.ContainsFunc(v.Findings, func(f integrity.Finding) bool {
		return f.Told() == "read_model position 4: a figure is another than the log gives: children is 0, the log gives 1"
	}) {
		t.Errorf("it does not say which figure: %v", v.Findings)
	}
}
