package archive_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/archive/archivetest"
)

const orebro = events.Municipality("1880")

func keep(t testing.TB, dir string) *archive.Keeper {
	t.Helper()
	signer, verifier, _ := archivetest.Key(t, "rackvidd-test")
	k, err := archive.Keep(dir, signer, verifier)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	return k
}

func open(t testing.TB, dir string) archive.Archive {
	_, verifier, _ := archivetest.Key(t, "rackvidd-test")
	return archive.Open(dir, orebro, verifier)
}

// message is what a test's log has at a position.
func message(at events.Position) []byte {
	return fmt.Appendf(nil, `{"at":%d,"%s":1}`, at, strings.Repeat("x", int(at*7%40)))
}

// written archives messages up to a position, signed after each of the sizes.
func written(t testing.TB, dir string, sizes ...events.Position) {
	t.Helper()
	k := keep(t, dir)
	defer k.Close()
	if err := write(k, sizes...); err != nil {
		t.Fatal(err)
	}
}

func write(k *archive.Keeper, sizes ...events.Position) error {
	v, err := k.Volume(orebro)
	if err != nil {
		return err
	}
	for _, size := range sizes {
		for v.Position() < size {
			if err := v.Append(v.Position()+1, message(v.Position()+1)); err != nil {
				return err
			}
		}
		if err := v.Sign(); err != nil {
			return err
		}
	}
	return nil
}

// files are all there is below a directory, but for the lock.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "lock" {
			return err
		}
		raw, err := os.ReadFile(path)
		found[strings.TrimPrefix(path, dir+"/")] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// rootOf is the root as golang.org/x/mod's own log computes it.
func rootOf(t testing.TB, size events.Position) tlog.Hash {
	t.Helper()
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) (list []tlog.Hash, err error) {
		for _, i := range indexes {
			list = append(list, stored[i])
		}
		return list, nil
	})
	for i := range int64(size) {
		hashes, err := tlog.StoredHashes(i, message(events.Position(i)+1), read)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(int64(size), read)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestWhatWasArchivedIsReadBackAndItsRootIsTheStandards(t *testing.T) {
	for _, size := range []events.Position{1, 2, 255, 256, 257, 700, 65536 + 300} {
		dir := t.TempDir()
		written(t, dir, size)
		a := open(t, dir)
		c, err := a.Checkpoint()
		if err != nil || c.Size != size || c.Root != rootOf(t, size) {
			t.Fatalf("%d messages have the checkpoint %+v, %v", size, c, err)
		}
		if want := fmt.Sprintf("rackvidd-test/1880\n%d\n%s\n\n— rackvidd-test ", size, c.Root); !strings.HasPrefix(string(c.Note), want) {
			t.Errorf("the checkpoint is\n%s", c.Note)
		}
		for _, after := range []events.Position{0, 1, size / 2, size - 1, size, size + 5} {
			at := after
			for e, err := range a.Read(t.Context(), after) {
				if at++; err != nil || e.Position != at || !bytes.Equal(e.Raw, message(at)) {
					t.Fatalf("position %d of %d reads %d %s, %v", at, size, e.Position, e.Raw, err)
				}
			}
			if at != max(size, after) {
				t.Errorf("after %d of %d it reads to %d", after, size, at)
			}
		}
		if _, faults, err := a.Verify(t.Context()); err != nil || len(faults) > 0 {
			t.Errorf("%d messages: %v %v", size, faults, err)
		}
	}
}

func TestWhatIsMadeOfMessagesComesInTheirOrderWithTheirLeaves(t *testing.T) {
	const size = 65536 + 300
	dir := t.TempDir()
	written(t, dir, size)
	a := open(t, dir)
	for _, after := range []events.Position{0, 1, 255, 256, 65536, size - 1, size} {
		at := after
		for made, err := range archive.ReadAs(t.Context(), a, after, func(e archive.Entry, leaf tlog.Hash) string { return fmt.Sprint(e.Position, leaf) }) {
			if at++; err != nil || made != fmt.Sprint(at, tlog.RecordHash(message(at))) {
				t.Fatalf("of position %d it makes %s, %v", at, made, err)
			}
		}
		if at != size {
			t.Errorf("after %d it ends at %d", after, at)
		}
	}
}

func TestWhatWasReadStaysAsItWasWhileMessagesAreLent(t *testing.T) {
	const size = 40 * 256
	dir := t.TempDir()
	written(t, dir, size)
	a := open(t, dir)
	bytesOf := func(e archive.Entry, _ tlog.Hash) int { return len(e.Raw) }
	var read []archive.Entry
	for range archive.ReadAs(t.Context(), a, 0, bytesOf) { // which leaves room behind
	}
	for e, err := range a.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, e)
	}
	for range archive.ReadAs(t.Context(), a, 0, bytesOf) {
	}
	for _, e := range read {
		if !bytes.Equal(e.Raw, message(e.Position)) {
			t.Fatalf("position %d has become %s", e.Position, e.Raw)
		}
	}
}

func TestALogThatIsReadThroughDoesNotTakeMemoryOfItsSize(t *testing.T) {
	const size = 400 * 256
	dir := t.TempDir()
	written(t, dir, size)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	read := 0
	for n, err := range archive.ReadAs(t.Context(), open(t, dir), 0, func(e archive.Entry, _ tlog.Hash) int { return len(e.Raw) }) {
		if err != nil {
			t.Fatal(err)
		}
		read += n
	}
	runtime.ReadMemStats(&after)
	if took := int(after.TotalAlloc - before.TotalAlloc); took > read/2 {
		t.Errorf("reading %d bytes takes %d", read, took)
	}
}

func TestWhileOthersAreServedItIsReadByOneAfterTheOther(t *testing.T) {
	const size = 20 * 256
	dir := t.TempDir()
	written(t, dir, size)
	var at, most atomic.Int64
	alone := func(work func()) {
		if n := at.Add(1); n > most.Load() {
			most.Store(n)
		}
		work()
		at.Add(-1)
	}
	made := func(e archive.Entry, _ tlog.Hash) (position events.Position) {
		alone(func() { time.Sleep(10 * time.Microsecond); position = e.Position })
		return position
	}
	read := func(served func() bool) (last events.Position) {
		most.Store(0)
		for position, err := range archive.ReadAs(t.Context(), open(t, dir).GivingWay(served), 0, made) {
			if err != nil || position != last+1 {
				t.Fatalf("after %d comes %d, %v", last, position, err)
			}
			alone(func() { last = position })
		}
		return last
	}
	if last := read(func() bool { return true }); last != size || most.Load() != 1 {
		t.Errorf("it is read to %d of %d, by %d at once", last, size, most.Load())
	}
	if last := read(func() bool { return false }); last != size || most.Load() == 1 {
		t.Errorf("with nobody served it is read to %d of %d, by %d at once", last, size, most.Load())
	}
	for range archive.ReadAs(t.Context(), open(t, dir).GivingWay(func() bool { return true }), 0, made) {
		break // and whoever reads no further is not kept
	}
}

func TestNothingArchivedIsNotAnEmptyArchive(t *testing.T) {
	a := open(t, t.TempDir())
	if _, err := a.Checkpoint(); !errors.Is(err, archive.ErrNone) {
		t.Errorf("the checkpoint: %v", err)
	}
	if _, _, err := a.Tile("tile/entries/000.p/1"); !errors.Is(err, archive.ErrNone) {
		t.Errorf("a tile: %v", err)
	}
	if _, _, err := a.Verify(t.Context()); !errors.Is(err, archive.ErrNone) {
		t.Errorf("verified: %v", err)
	}
}

// TestALogIsListedByEitherCheckpoint has each as a stop, a restore or a loss leaves it, beside what is no log's.
func TestALogIsListedByEitherCheckpoint(t *testing.T) {
	dir := t.TempDir()
	written(t, dir, 3)
	first, second := filepath.Join(dir, string(orebro), "checkpoint"), filepath.Join(dir, archive.Second, string(orebro))
	if err := os.MkdirAll(filepath.Join(dir, "findings"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		remove string
		want   []events.Municipality
	}{
		{"both are there", "", []events.Municipality{orebro}},
		{"the second is not written yet, or was not restored", second, []events.Municipality{orebro}},
		{"the archive is gone", first, []events.Municipality{orebro}},
		{"nothing was signed", "both", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			aside := t.TempDir()
			for i, file := range []string{first, second} {
				if kept := filepath.Join(aside, fmt.Sprint(i)); file == c.remove || c.remove == "both" {
					if err := os.Rename(file, kept); err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { os.Rename(kept, file) })
				}
			}
			if list, err := archive.Municipalities(dir); err != nil || !slices.Equal(list, c.want) {
				t.Errorf("it lists %v, %v", list, err)
			}
		})
	}
}

func TestTheFilesAreTheSameHoweverOftenItWasSigned(t *testing.T) {
	once, often := t.TempDir(), t.TempDir()
	written(t, once, 600)
	written(t, often, 1, 2, 200, 256, 300, 511, 513, 600)
	if a, b := files(t, once), files(t, often); !maps.Equal(a, b) {
		t.Errorf("files %v and %v", slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b)))
	}
}

func TestEveryWidthThatWasSignedIsServed(t *testing.T) {
	dir := t.TempDir()
	written(t, dir, 300)
	a := open(t, dir)
	for path, whole := range map[string]bool{
		"tile/0/000": true, "tile/entries/000": true, "tile/0/000.p/17": false, "tile/entries/000.p/255": false,
		"tile/0/001.p/44": false, "tile/entries/001.p/1": false, "tile/1/000.p/1": false,
	} {
		data, full, err := a.Tile(path)
		if err != nil || full != whole || len(data) == 0 {
			t.Errorf("%s: %d bytes, full %v, %v", path, len(data), full, err)
		}
	}
	for _, path := range []string{
		"tile/0/001", "tile/0/001.p/45", "tile/entries/001.p/45", "tile/1/000.p/2", "tile/2/000.p/1", "tile/8/0/000", "tile/data/000", "tile/0/0",
		"tile/0/000.p/256", "tile/0/000.p/0", "tile/../lock", "checkpoint", "", "tile/7/000.p/1", "tile/8/000.p/1", "tile/63/000.p/1", "tile/0/-01",
		"tile/entries/x072/x057/x594/x037/x927/936.p/1", "tile/0/x072/x057/x594/x037/x927/936", "tile/entries/x072/x057/x594/x037/x927/937.p/1", // 2^56, whose messages are beyond what is counted
		"tile/0/x036/x028/x797/x018/x963/968.p/1", "tile/entries/x009/x223/x372/x036/x854/x775/807.p/1",
	} {
		if _, _, err := a.Tile(path); !errors.Is(err, archive.ErrNone) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

// TestNoTileIsServedThatIsNotAsItWasSigned flips a bit of each kind of file, and asks for tiles at the damage and beside it.
func TestNoTileIsServedThatIsNotAsItWasSigned(t *testing.T) {
	dir := t.TempDir()
	written(t, dir, 65536+300)
	a := open(t, dir)
	asked := []string{"tile/entries/007", "tile/entries/007.p/40", "tile/entries/008", "tile/entries/257.p/44", "tile/0/007", "tile/0/007.p/40", "tile/0/008", "tile/0/257.p/44", "tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1"}
	whole := make(map[string][]byte)
	for _, path := range asked {
		var err error
		if whole[path], _, err = a.Tile(path); err != nil {
			t.Fatal(err)
		}
	}
	for file, refused := range map[string]map[string]string{ // what is refused, and the file that is named
		"tile/entries/007":      {"tile/entries/007": "tile/entries/007"}, // beyond the 40 first
		"tile/entries/257.p/44": {"tile/entries/257.p/44": "tile/entries/257.p/44"},
		"tile/0/007":            {"tile/entries/007": "tile/0/007", "tile/entries/007.p/40": "tile/0/007", "tile/0/007": "tile/0/007", "tile/0/007.p/40": "tile/0/007"},
		"tile/0/257.p/44":       alike(asked, ""), // and so the root is not reached
		"tile/1/000":            alike([]string{"tile/entries/007", "tile/entries/007.p/40", "tile/entries/008", "tile/0/007", "tile/0/007.p/40", "tile/0/008", "tile/1/000"}, "tile/1/000"),
		"tile/2/000.p/1":        alike(asked, ""),
	} {
		path := filepath.Join(dir, "1880", file)
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		damaged := bytes.Clone(raw)
		damaged[len(raw)/2] ^= 1
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, one := range asked {
			data, _, err := a.Tile(one)
			var damage *archive.DamageError
			names, refuse := refused[one]
			switch {
			case refuse && (!errors.As(err, &damage) || damage.File != names):
				t.Errorf("with %s damaged %s is answered %d bytes, %v", file, one, len(data), err)
			case !refuse && (err != nil || !bytes.Equal(data, whole[one])):
				t.Errorf("with %s damaged %s is answered %d bytes, %v", file, one, len(data), err)
			}
		}
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// alike has the same value for each name.
func alike(names []string, value string) map[string]string {
	all := make(map[string]string)
	for _, name := range names {
		all[name] = value
	}
	return all
}

func BenchmarkATileIsServed(b *testing.B) {
	dir := b.TempDir()
	written(b, dir, 65536+300)
	a := open(b, dir)
	for _, path := range []string{"tile/0/007", "tile/entries/007", "tile/entries/257.p/44"} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := a.Tile(path); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestOneArchiverWrites(t *testing.T) {
	dir := t.TempDir()
	k := keep(t, dir)
	signer, verifier, _ := archivetest.Key(t, "rackvidd-test")
	if _, err := archive.Keep(dir, signer, verifier); !errors.Is(err, archive.ErrKept) {
		t.Errorf("a second one: %v", err)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if again, err := archive.Keep(dir, signer, verifier); err != nil {
		t.Errorf("after the first has gone: %v", err)
	} else {
		again.Close()
	}
}

func TestWhatDoesNotContinueTheArchiveIsRefusedByPosition(t *testing.T) {
	dir := t.TempDir()
	written(t, dir, 300)
	for _, c := range []struct {
		name string
		at   events.Position
		raw  []byte
		says string
	}{
		{"a gap", 302, message(302), "position 301"},
		{"other bytes in a full bundle", 7, message(8), "position 7"},
		{"other bytes in the last bundle", 299, message(8), "position 299"},
		{"a message too long", 301, make([]byte, events.MaxMessage+1), "position 301"},
		{"no position", 0, message(1), "position 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := keep(t, dir)
			defer k.Close()
			before := files(t, dir)
			v, err := k.Volume(orebro)
			if err != nil {
				t.Fatal(err)
			}
			var damage *archive.DamageError
			if err := v.Append(c.at, c.raw); !errors.As(err, &damage) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("it is answered %v", err)
			}
			if !maps.Equal(before, files(t, dir)) {
				t.Error("files have changed")
			}
			if err := v.Append(5, message(5)); err != nil {
				t.Errorf("the same again: %v", err)
			}
		})
	}
}

func TestWhereTheArchivesOwnBundleIsDamagedThatIsNamedAndNotTheMessage(t *testing.T) {
	dir := t.TempDir()
	written(t, dir, 300)
	for _, c := range []struct {
		file string
		at   events.Position
	}{{"tile/entries/000", 7}, {"tile/entries/001.p/44", 300}} {
		for how, damaged := range map[string]func(raw []byte) []byte{
			"has another byte": func(raw []byte) []byte {
				raw[bytes.Index(raw, message(c.at))] ^= 1
				return raw
			},
			"lacks its end": func(raw []byte) []byte { return raw[:len(raw)-1] },
			"is empty":      func([]byte) []byte { return nil },
			"is missing":    nil,
		} {
			t.Run(c.file+" "+how, func(t *testing.T) {
				path := filepath.Join(dir, "1880", c.file)
				raw, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				defer os.WriteFile(path, raw, 0o600)
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
				if damaged != nil {
					if err := os.WriteFile(path, damaged(bytes.Clone(raw)), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				k := keep(t, dir)
				defer k.Close()
				v, err := k.Volume(orebro)
				if err != nil {
					t.Fatal(err)
				}
				var damage *archive.DamageError
				if err := v.Append(c.at, message(c.at)); !errors.As(err, &damage) || damage.File != c.file {
					t.Errorf("the message that was archived is answered %v", err)
				}
			})
		}
	}
}

func TestACheckpointThatWentBackIsNotSignedOver(t *testing.T) {
	dir := t.TempDir()
	k := keep(t, dir)
	if err := write(k, 300); err != nil {
		t.Fatal(err)
	}
	older := files(t, dir)["1880/checkpoint"]
	v, err := k.Volume(orebro)
	if err != nil {
		t.Fatal(err)
	}
	for at := events.Position(301); at <= 310; at++ {
		if err := v.Append(at, message(at)); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.Sign(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "1880", "checkpoint"), []byte(older), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := v.Append(311, message(311)); err != nil {
		t.Fatal(err)
	}
	var damage *archive.DamageError
	if err := v.Sign(); !errors.As(err, &damage) || damage.File != "checkpoint" || damage.Position != 300 {
		t.Errorf("it is answered %v", err)
	}
}

func TestAnotherInstallationsArchiveIsNotContinued(t *testing.T) {
	dir := t.TempDir()
	written(t, dir, 3)
	signer, verifier, _ := archivetest.Key(t, "rackvidd-other")
	k, err := archive.Keep(dir, signer, verifier)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if _, err := k.Volume(orebro); err == nil || !strings.Contains(err.Error(), "checkpoint") {
		t.Errorf("it is answered %v", err)
	}
}

// TestAKillAtAnyStepLosesNothing stops the archiver before each step that it takes on the disk, and starts it again.
func TestAKillAtAnyStepLosesNothing(t *testing.T) {
	whole := t.TempDir()
	sizes := []events.Position{1, 3, 258, 512, 530}
	written(t, whole, sizes...)
	want, last := files(t, whole), false
	for n := 0; !last; n++ {
		dir := t.TempDir()
		k := keep(t, dir)
		k.KillAt(n)
		killed := write(k, sizes...)
		last = killed == nil
		k.Close()
		for _, err := range open(t, dir).Read(t.Context(), 0) {
			if err != nil && !errors.Is(err, archive.ErrNone) {
				t.Fatalf("killed at step %d, what was signed cannot be read: %v", n, err)
			}
		}
		written(t, dir, 530)
		if got := files(t, dir); !maps.Equal(got, want) {
			t.Fatalf("killed at step %d (%v) it goes on to\n%v\nnot\n%v", n, killed, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
	}
}

// TestATileThatAKillLeftLastsBeforeItIsSigned counts: every name is synced, those of the files that are found as well, and those of
// the directories that are found and get something more.
func TestATileThatAKillLeftLastsBeforeItIsSigned(t *testing.T) {
	for n, most := 0, 0; ; n++ {
		dir := t.TempDir()
		k := keep(t, dir)
		k.KillAt(n)
		write(k, 3)
		k.Close()
		left := files(t, dir)
		if left["1880/checkpoint"] != "" {
			if most != 2 {
				t.Errorf("a kill left %d tiles at most, want 2", most)
			}
			return
		}
		tiles, there := 0, directories(t, dir)
		for name := range left {
			if strings.HasPrefix(name, "1880/tile/") {
				tiles++
			}
		}
		most = max(most, tiles)
		k = keep(t, dir)
		steps := k.Steps()
		if err := write(k, 3); err != nil {
			t.Fatal(err)
		}
		k.Close()
		grown := 0
		for path, entries := range directories(t, dir) {
			if before, found := there[path]; found && entries > before {
				grown++
			}
		}
		if synced, made := steps["sync directory"], steps["make directory"]+steps["rename"]; synced != made+tiles+grown {
			t.Errorf("killed at step %d, %d names are synced; %d were made, %d tiles were there and %d directories with less in them", n, synced, made, tiles, grown)
		}
	}
}

// directories is how much is in each directory in an archive.
func directories(t *testing.T, dir string) map[string]int {
	t.Helper()
	entries := make(map[string]int)
	err := filepath.WalkDir(filepath.Join(dir, "1880"), func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return err
		case err == nil && e.IsDir():
			entries[path] += 0
		}
		entries[filepath.Dir(path)]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	delete(entries, dir)
	return entries
}

func TestAFileThatIsThereWithOtherBytesIsNotWrittenOver(t *testing.T) {
	dir := t.TempDir()
	written(t, dir, 250)
	for _, path := range []string{"1880/tile/entries/000", "1880/tile/0/000", "1880/tile/0/000.p/253", "1880/tile/entries/000.p/255"} {
		t.Run(path, func(t *testing.T) {
			stray := filepath.Join(dir, path)
			if err := os.WriteFile(stray, []byte("something else"), 0o600); err != nil {
				t.Fatal(err)
			}
			k := keep(t, dir)
			defer k.Close()
			before := files(t, dir)
			var damage *archive.DamageError
			if err := write(k, 253, 256); !errors.As(err, &damage) || "1880/"+damage.File != path {
				t.Errorf("it is answered %v", err)
			}
			if files(t, dir)[path] != before[path] {
				t.Error("it was written over")
			}
			if err := os.Remove(stray); err != nil {
				t.Fatal(err)
			}
		})
	}
	written(t, dir, 300)
	if _, faults, err := open(t, dir).Verify(t.Context()); err != nil || len(faults) > 0 {
		t.Errorf("when they are gone: %v, %v", faults, err)
	}
}

func TestItIsReadWholeWhileItIsWritten(t *testing.T) {
	dir := t.TempDir()
	written(t, dir, 1)
	k := keep(t, dir)
	ended := make(chan error, 1)
	go func() { ended <- write(k, 5, 100, 254, 256, 257, 400, 511, 513, 600) }()
	for a := open(t, dir); ; {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
			return
		default:
		}
		for e, err := range a.Read(t.Context(), 0) {
			if err != nil || !bytes.Equal(e.Raw, message(e.Position)) {
				t.Fatalf("position %d reads %s, %v", e.Position, e.Raw, err)
			}
		}
	}
}
