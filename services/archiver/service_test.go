package archiver_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/archive/archivetest"
	"rackvidd/projections/projectiontest"
	"rackvidd/services/archiver"
	"rackvidd/services/integrity"
)

const orebro = events.Municipality("1880")

// house is an archiver and what it archives.
type house struct {
	*projectiontest.Story
	log      *told
	shelf    archiver.Shelf
	config   archiver.Config
	archiver *archiver.Service
}

// told is a log of which a test may have read something else.
type told struct {
	archiver.Log
	head    func(events.Position) events.Position
	another func(archive.Entry) archive.Entry
	unread  func(archive.Entry) error // of a message that this version cannot read
	behind  func(archive.Entry) bool  // what the copy that is asked has not yet
}

func (l *told) Head(ctx context.Context, m events.Municipality) (events.Position, error) {
	at, err := l.Log.Head(ctx, m)
	return l.head(at), err
}

func (l *told) Stored(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[archive.Entry, error] {
	return func(yield func(archive.Entry, error) bool) {
		for e, err := range l.Log.Stored(ctx, m, after) {
			if l.behind != nil && l.behind(e) {
				continue
			}
			if !yield(l.another(e), err) {
				return
			}
		}
	}
}

func (l *told) Read(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[events.Recorded, error] {
	return func(yield func(events.Recorded, error) bool) {
		for r, err := range l.Log.Read(ctx, m, after) {
			e := l.another(archive.Entry{Position: r.Position, Raw: r.Raw})
			if err == nil && l.unread != nil {
				err = l.unread(e)
			}
			if r.Position, r.Raw = e.Position, e.Raw; !yield(r, err) {
				return
			}
		}
	}
}

func newHouse(t *testing.T) *house {
	t.Helper()
	signer, verifier, _ := archivetest.Key(t, "rackvidd-test")
	dir := t.TempDir()
	keeper, err := archive.Keep(dir, signer, verifier)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keeper.Close() })
	s := projectiontest.NewStory(t, orebro)
	log := &told{Log: s.Log, head: func(p events.Position) events.Position { return p }, another: func(e archive.Entry) archive.Entry { return e }}
	findings := integrity.Keep("", slog.New(slog.DiscardHandler))
	config := archiver.Config{Log: log, Keeper: keeper, Findings: findings, Logger: slog.New(slog.DiscardHandler), Every: time.Millisecond}
	a := archiver.New(config)
	return &house{s, log, archiver.Shelf{Dir: dir, Key: verifier, Findings: findings, Archiver: a}, config, a}
}

// evenings happen.
func (h *house) evenings(from, to byte) {
	for n := from; n <= to; n++ {
		h.evening()
	}
}

func (h *house) evening() {
	evening := events.NewID()
	h.Happens(events.SessionOf(evening), events.SessionOpened{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: events.Date(2021, 3, 1)})
}

func (h *house) archived(t *testing.T) (list [][]byte) {
	t.Helper()
	for e, err := range h.shelf.Of(orebro).Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e.Raw)
	}
	return list
}

func TestWhatIsLoggedIsArchivedByteForByte(t *testing.T) {
	h := newHouse(t)
	h.evenings(1, 3)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- h.archiver.Run(ctx) }()
	h.evenings(4, 9)
	far := archiver.Shelf{Dir: h.shelf.Dir, Key: h.shelf.Key, Findings: h.shelf.Findings} // as a service elsewhere sees it
	if c, err := far.Reach(t.Context(), orebro, 9); err != nil || c.Size != 9 {
		t.Fatalf("it reaches %d, %v", c.Size, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	archived := h.archived(t)
	for r, err := range h.Log.Read(t.Context(), orebro, 0) {
		if err != nil || !bytes.Equal(r.Raw, archived[r.Position-1]) {
			t.Errorf("position %d: %s is archived, not %s, %v", r.Position, archived[r.Position-1], r.Raw, err)
		}
	}
}

func TestACheckpointThatIsAskedForIsMadeAtOnce(t *testing.T) {
	h := newHouse(t)
	if _, err := h.shelf.Reach(t.Context(), orebro, 0); !errors.Is(err, archive.ErrNone) {
		t.Errorf("before anything happened: %v", err)
	}
	h.evenings(1, 5)
	if c, err := h.shelf.Reach(t.Context(), orebro, 5); err != nil || c.Size != 5 {
		t.Errorf("it reaches %d, %v", c.Size, err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	if _, err := h.shelf.Reach(ctx, orebro, 6); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a position that is not there: %v", err)
	}
}

func TestALogThatIsHeldKeepsNoOtherAndNobodyFromStopping(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.evenings(1, 5)
	elsewhere := &house{Story: projectiontest.NewStory(t, "1881")}
	elsewhere.Log = h.Log
	elsewhere.evening()
	resume := h.archiver.Pause(orebro)
	defer resume()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.archiver.Run(ctx) }()
	far := archiver.Shelf{Dir: h.shelf.Dir, Key: h.shelf.Key, Findings: h.shelf.Findings}
	soon, done := context.WithTimeout(t.Context(), time.Minute)
	defer done()
	if c, err := far.Reach(soon, "1881", 1); err != nil || c.Size != 1 {
		t.Errorf("another log reaches %d, %v", c.Size, err)
	}
	within, done := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer done()
	asked := make(chan error, 1)
	go func() {
		_, err := h.shelf.Reach(within, orebro, 5)
		asked <- err
	}()
	select {
	case err := <-asked:
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, integrity.ErrHeld) {
			t.Errorf("whoever asks for it is told %v", err)
		}
	case <-time.After(time.Minute):
		t.Error("whoever asks for it waits beyond the deadline")
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute): // nobody lets the log go
		t.Error("it does not stop")
	}
}

func TestALogThatIsHeldForAMomentIsArchivedBeforeAStop(t *testing.T) {
	h := newHouse(t)
	h.evenings(1, 5)
	resume := h.archiver.Pause(orebro)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	ended := make(chan error, 1)
	go func() { ended <- h.archiver.Run(ctx) }()
	time.Sleep(100 * time.Millisecond)
	resume()
	if err := <-ended; err != nil || len(h.archived(t)) != 5 {
		t.Errorf("%d are archived, %v", len(h.archived(t)), err)
	}
}

func TestALogThatDoesNotContinueItsArchiveIsNamed(t *testing.T) {
	for _, c := range []struct {
		name  string
		turns func(*told)
		says  string
	}{
		{"the last message is another", func(l *told) {
			l.another = func(r archive.Entry) archive.Entry {
				if r.Position == 5 {
					r.Raw = append(bytes.Clone(r.Raw), ' ')
				}
				return r
			}
		}, "position 5"},
		{"a message is missing", func(l *told) {
			l.another = func(r archive.Entry) archive.Entry {
				if r.Position > 5 {
					r.Position++
				}
				return r
			}
		}, "position 6"},
		{"it is shorter", func(l *told) { l.head = func(events.Position) events.Position { return 4 } }, "ends at position 4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t)
			h.evenings(1, 5)
			if err := h.archiver.Checkpoint(t.Context(), orebro); err != nil {
				t.Fatal(err)
			}
			h.evenings(6, 7)
			c.turns(h.log)
			if err := h.archiver.Checkpoint(t.Context(), orebro); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("it is answered %v", err)
			}
			at, err := h.shelf.Positions([]events.Municipality{orebro, "1881"})
			found := h.shelf.Findings.Of(orebro)
			if err != nil || at[orebro] != 5 || at["1881"] != 0 || len(found) != 1 || !strings.Contains(found[0].String(), c.says) {
				t.Errorf("it stands at %v, %v, %v", at, found, err)
			}
		})
	}
}

func TestAMessageThatThisVersionCannotReadIsArchivedAsEveryOther(t *testing.T) {
	h := newHouse(t)
	h.evenings(1, 5)
	h.log.unread = func(e archive.Entry) error {
		if e.Position == 3 {
			return &events.PoisonError{Municipality: orebro, Position: e.Position, Err: errors.New("a kind of the next version")}
		}
		return nil
	}
	if err := h.archiver.Checkpoint(t.Context(), orebro); err != nil || len(h.archived(t)) != 5 || len(h.shelf.Findings.Of(orebro)) != 0 {
		t.Errorf("%d messages are archived, %v, found %v", len(h.archived(t)), err, h.shelf.Findings.Of(orebro))
	}
}

func TestACopyThatIsBehindForAMomentIsNoDamage(t *testing.T) {
	h := newHouse(t)
	h.evenings(1, 5)
	h.log.behind = func(e archive.Entry) bool { return e.Position == 3 }
	if err := h.archiver.Checkpoint(t.Context(), orebro); err != nil || len(h.archived(t)) != 5 || len(h.shelf.Findings.Of(orebro)) != 0 {
		t.Errorf("%d messages are archived, %v, found %v", len(h.archived(t)), err, h.shelf.Findings.Of(orebro))
	}
}

func TestAMessageThatCannotBeHadIsToldAndWhatIsBeforeItIsArchived(t *testing.T) {
	h := newHouse(t)
	h.evenings(1, 5)
	h.log.head = func(events.Position) events.Position { return 6 }
	if err := h.archiver.Checkpoint(t.Context(), orebro); err != nil || len(h.archived(t)) != 5 {
		t.Errorf("%d messages are archived, %v", len(h.archived(t)), err)
	}
}

func TestADamagedBundleOfTheArchiveIsNotTheStreamsDamage(t *testing.T) {
	for file, messages := range map[string]int{"tile/entries/000.p/5": 5, "tile/entries/000": 256} {
		for how, change := range map[string]func(path string) error{
			"is missing": os.Remove,
			"has another byte": func(path string) error {
				raw, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				raw[len(raw)-5] ^= 1
				return os.WriteFile(path, raw, 0o600)
			},
		} {
			t.Run(file+" "+how, func(t *testing.T) {
				h := newHouse(t)
				for range messages {
					h.evening()
				}
				if err := h.archiver.Checkpoint(t.Context(), orebro); err != nil {
					t.Fatal(err)
				}
				if err := change(filepath.Join(h.shelf.Dir, string(orebro), file)); err != nil {
					t.Fatal(err)
				}
				h.evening()
				var damage *archive.DamageError
				if err := h.archiver.Checkpoint(t.Context(), orebro); !errors.As(err, &damage) || damage.File != file {
					t.Errorf("it is answered %v", err)
				}
				if found := h.shelf.Findings.Of(orebro); len(found) != 1 || found[0].Copy != integrity.TheArchive || found[0].File != file {
					t.Errorf("what is found is %v", found)
				}
			})
		}
	}
}

func TestALogThatIsGoneIsNamedAfterAStartToo(t *testing.T) {
	h := newHouse(t)
	h.evenings(1, 5)
	if err := h.archiver.Checkpoint(t.Context(), orebro); err != nil {
		t.Fatal(err)
	}
	h.log.head = func(events.Position) events.Position { return 0 }
	started := archiver.New(h.config)
	if err := started.Checkpoint(t.Context(), orebro); err == nil || !strings.Contains(err.Error(), "ends at position 0, the archive at 5") {
		t.Errorf("it is answered %v", err)
	}
	if found := h.shelf.Findings.Of(orebro); len(found) != 1 || found[0].Copy != integrity.TheStream {
		t.Errorf("it is noted as %v", found)
	}
	if err := started.Checkpoint(t.Context(), "1881"); err != nil {
		t.Errorf("where nothing ever was: %v", err)
	}
}
