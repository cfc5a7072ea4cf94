package archive_test

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/archive/archivetest"
)

// corruption changes the files of an archive, and says which of them.
type corruption func(r *rand.Rand, files map[string]string) (hit []string)

func anyFile(r *rand.Rand, files map[string]string, with string) string {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(files)), func(n string) bool { return !strings.Contains(n, with) })
	return names[r.IntN(len(names))]
}

func flip(of string) corruption {
	return func(r *rand.Rand, files map[string]string) []string {
		name := anyFile(r, files, of)
		raw := []byte(files[name])
		raw[r.IntN(len(raw))] ^= 1 << r.IntN(8)
		files[name] = string(raw)
		return []string{name}
	}
}

func truncate(r *rand.Rand, files map[string]string) []string {
	name := anyFile(r, files, "")
	files[name] = files[name][:r.IntN(len(files[name]))]
	return []string{name}
}

func lengthen(r *rand.Rand, files map[string]string) []string {
	name := anyFile(r, files, "")
	files[name] += strings.Repeat("\x00", 1+r.IntN(40))
	return []string{name}
}

func remove(r *rand.Rand, files map[string]string) []string {
	name := anyFile(r, files, "tile")
	delete(files, name)
	return []string{name}
}

func exchange(of string) corruption {
	return func(r *rand.Rand, files map[string]string) []string {
		a := anyFile(r, files, of)
		b := a
		for files[b] == files[a] {
			b = anyFile(r, files, of)
		}
		files[a], files[b] = files[b], files[a]
		return []string{a, b}
	}
}

// older puts files back as an earlier state of the archive had them.
func older(earlier map[string]string) corruption {
	return func(r *rand.Rand, files map[string]string) []string {
		changed := slices.DeleteFunc(slices.Sorted(maps.Keys(earlier)), func(n string) bool { return files[n] == earlier[n] })
		name := changed[r.IntN(len(changed))]
		if strings.Contains(name, ".p/") { // a narrower tile in place of the wider one
			wider := anyFile(r, files, name[:strings.Index(name, ".p/")+3])
			delete(files, wider)
			files[name] = earlier[name]
			return []string{name, wider}
		}
		files[name] = earlier[name]
		return []string{name, ".p/"} // what goes beyond it is named
	}
}

func stranger(r *rand.Rand, files map[string]string) []string {
	name := fmt.Sprintf("1880/tile/0/%03d.p/%d", r.IntN(3), 1+r.IntN(255))
	if _, there := files[name]; there {
		return remove(r, files)
	}
	files[name] = string(make([]byte, 32))
	return []string{name}
}

func TestEveryCorruptionIsFoundAndNamed(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	earlier, whole := t.TempDir(), t.TempDir()
	written(t, earlier, 520)
	written(t, whole, 700)
	was := files(t, earlier)
	corruptions := map[string]corruption{
		"a flipped bit in a bundle": flip("entries"), "a flipped bit in a hash tile": flip("tile/0"), "a flipped bit in a higher tile": flip("tile/1"),
		"a flipped bit in the checkpoint": flip("checkpoint"), "a file cut short": truncate, "a file with more in it": lengthen, "a file lost": remove,
		"two hash tiles exchanged": exchange("tile/0"), "two bundles exchanged": exchange("entries"), "any two files exchanged": exchange(""),
		"an older copy": older(was), "a file that does not belong": stranger,
	}
	const each = 40
	for name, corrupt := range corruptions {
		t.Run(name, func(t *testing.T) {
			for range each {
				now := files(t, whole)
				hit := corrupt(r, now)
				dir := t.TempDir()
				restore(t, dir, now)
				_, faults, err := open(t, dir).Verify(t.Context())
				if err != nil || !named(faults, hit) {
					t.Fatalf("damage to %v is found as %v, %v", hit, faults, err)
				}
			}
		})
	}
}

// named reports whether the files that were hit, and no others of the archive, are among the faults.
func named(faults []archive.Fault, hit []string) bool {
	found := false
	for _, f := range faults {
		ours := slices.ContainsFunc(hit, func(h string) bool { return strings.Contains("1880/"+f.File, h) })
		found = found || ours
		if !ours {
			return false
		}
	}
	return found
}

func restore(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, raw := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnArchiveThatWasSetBackIsNamed(t *testing.T) {
	dir, earlier := t.TempDir(), t.TempDir()
	written(t, dir, 700)
	written(t, earlier, 520)
	if err := os.RemoveAll(filepath.Join(dir, "1880")); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dir).Checkpoint(); err == nil || !strings.Contains(err.Error(), "ended at position 700") {
		t.Errorf("an archive that is lost: %v", err)
	}
	if err := os.Rename(filepath.Join(earlier, "1880"), filepath.Join(dir, "1880")); err != nil {
		t.Fatal(err)
	}
	if _, faults, err := open(t, dir).Verify(t.Context()); err != nil || len(faults) != 1 || !strings.Contains(faults[0].Problem, "ended at position 700") {
		t.Errorf("it is found as %v, %v", faults, err)
	}
	if _, err := keep(t, dir).Volume(orebro); err == nil {
		t.Error("it is written on")
	}
}

// unreadable lets a file be one that the disk does not give, as a bad sector would; whoever puts another in its place may.
func unreadable(t *testing.T, path string) {
	t.Helper()
	if err := errors.Join(os.Remove(path), os.Symlink(filepath.Base(path), path)); err != nil {
		t.Fatal(err)
	}
}

func TestACheckpointThatTheDiskDoesNotGiveIsDamageAndTheOtherOneHolds(t *testing.T) {
	for _, file := range []string{"checkpoint", "../checkpoints/1880"} {
		dir := t.TempDir()
		written(t, dir, 300)
		a := open(t, dir)
		whole, err := a.Checkpoint()
		if err != nil {
			t.Fatal(err)
		}
		unreadable(t, filepath.Join(dir, "1880", file))
		_, one := a.Checkpoint()
		_, other := a.SecondCheckpoint()
		var damage *archive.DamageError
		if err := errors.Join(one, other); !errors.As(err, &damage) || damage.File != file || damage.Code != archive.Unreadable || one != nil && other != nil {
			t.Errorf("without %s they are read as %v, %v", file, one, other)
		}
		if _, faults, err := a.Verify(t.Context()); err != nil || len(faults) != 1 || faults[0].File != file || faults[0].Code != archive.Unreadable {
			t.Errorf("without %s it is verified as %v, %v", file, faults, err)
		}
		if signed, err := a.Signed(); err != nil || signed.Size != 300 {
			t.Errorf("without %s it was signed at %d, %v", file, signed.Size, err)
		}
		rewrite(t, dir, whole, 300, "1880-aside")
		if _, faults, err := a.Verify(t.Context()); err != nil || len(faults) > 0 {
			t.Errorf("%s made anew is verified as %v, %v", file, faults, err)
		}
	}
}

func TestAnArchiveThatAnotherKeySignedIsRefusedByTheKeysName(t *testing.T) {
	dir := t.TempDir()
	written(t, dir, 20)
	before := files(t, dir)
	signer, verifier, _ := archivetest.Key(t, "rackvidd-elsewhere")
	k, err := archive.Keep(dir, signer, verifier)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if _, err := k.Volume(orebro); err == nil || !strings.Contains(err.Error(), "signed by rackvidd-test and not by this installation's key, rackvidd-elsewhere") {
		t.Errorf("it is refused with %v", err)
	}
	if !maps.Equal(before, files(t, dir)) {
		t.Error("something was touched")
	}
}

func TestAnArchiveIsWrittenAnewToTheSameFiles(t *testing.T) {
	for _, size := range []events.Position{1, 256, 700} {
		dir := t.TempDir()
		written(t, dir, size)
		before := files(t, dir)
		c, err := open(t, dir).Checkpoint()
		if err != nil {
			t.Fatal(err)
		}
		for _, damage := range []func() error{
			func() error { return os.RemoveAll(filepath.Join(dir, "1880")) },
			func() error { return os.WriteFile(filepath.Join(dir, "1880", "checkpoint"), nil, 0o600) },
		} {
			if err := damage(); err != nil {
				t.Fatal(err)
			}
			rewrite(t, dir, c, size, fmt.Sprintf("1880-%d", time.Now().UnixNano()))
			after := besides(files(t, dir))
			if !maps.Equal(before, after) {
				t.Errorf("files %v, were %v", slices.Sorted(maps.Keys(after)), slices.Sorted(maps.Keys(before)))
			}
		}
	}
}

func rewrite(t *testing.T, dir string, c archive.Checkpoint, size events.Position, aside string) {
	t.Helper()
	k := keep(t, dir)
	defer k.Close()
	if err := k.Rewrite(orebro, c, messages(size), aside); err != nil {
		t.Fatal(err)
	}
}

func messages(size events.Position) iter.Seq2[archive.Entry, error] {
	return func(yield func(archive.Entry, error) bool) {
		for at := events.Position(1); at <= size && yield(archive.Entry{Position: at, Raw: message(at)}, nil); at++ {
		}
	}
}

// besides are the files of the archives in use: not those that were put aside, nor what is left of rewriting.
func besides(files map[string]string) map[string]string {
	maps.DeleteFunc(files, func(name, _ string) bool {
		return strings.HasPrefix(name, archive.Damaged) || strings.HasPrefix(name, "rewritten")
	})
	return files
}

// TestAKillWhileItIsWrittenAnewLosesNothing ends a rewriting at every step: an archive is there as soon as it is kept
// again, and rewriting goes on. What was rewritten of another municipality stays.
func TestAKillWhileItIsWrittenAnewLosesNothing(t *testing.T) {
	whole := t.TempDir()
	written(t, whole, 300)
	was := files(t, whole)
	c, err := open(t, whole).Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	for step, ended := 0, false; !ended; step++ {
		dir := t.TempDir()
		restore(t, dir, was)
		k := keep(t, dir)
		k.KillAt(step)
		ended = k.Rewrite(orebro, c, messages(300), "first") == nil
		k.KillAt(0)
		_ = k.Finish() // killed as well where there is something to do
		k.Close()
		if _, err := open(t, dir).Checkpoint(); errors.Is(err, archive.ErrNone) {
			t.Fatalf("killed at step %d, it passes for new", step)
		}
		keep(t, dir).Close()
		if after := besides(files(t, dir)); !maps.Equal(was, after) {
			t.Fatalf("killed at step %d, kept again it is %v", step, slices.Sorted(maps.Keys(after)))
		}
		another := filepath.Join(dir, "rewritten", "1881", "1881", "checkpoint")
		if err := errors.Join(os.MkdirAll(filepath.Dir(another), 0o700), os.WriteFile(another, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		rewrite(t, dir, c, 300, "second")
		if _, err := os.Stat(another); err != nil {
			t.Fatal(err)
		}
		if after := besides(files(t, dir)); !maps.Equal(was, after) {
			t.Fatalf("killed at step %d, files %v", step, slices.Sorted(maps.Keys(after)))
		}
	}
}

func TestMessagesThatDoNotLeadToTheRootRewriteNothing(t *testing.T) {
	dir := t.TempDir()
	written(t, dir, 300)
	before := files(t, dir)
	c, err := open(t, dir).Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	k := keep(t, dir)
	defer k.Close()
	other := func(yield func(archive.Entry, error) bool) {
		for e := range messages(300) {
			if e.Position == 123 {
				e.Raw = append(e.Raw, ' ')
			}
			if !yield(e, nil) {
				return
			}
		}
	}
	if err := k.Rewrite(orebro, c, other, "aside"); err == nil {
		t.Error("they are taken")
	}
	if !maps.Equal(before, besides(files(t, dir))) {
		t.Error("something was touched")
	}
}

func TestAnArchiveThatWasSignedFurtherMeanwhileIsWrittenAnewToItsEnd(t *testing.T) {
	dir := t.TempDir()
	written(t, dir, 200)
	measured, err := open(t, dir).Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	k := keep(t, dir)
	defer k.Close()
	volume, err := k.Volume(orebro)
	for at := events.Position(201); at <= 300 && err == nil; at++ {
		err = volume.Append(at, message(at))
	}
	if err := errors.Join(err, volume.Sign()); err != nil {
		t.Fatal(err)
	}
	before := files(t, dir)
	if err := k.Rewrite(orebro, measured, messages(200), "short"); err == nil {
		t.Error("it is made shorter")
	}
	if !maps.Equal(before, besides(files(t, dir))) {
		t.Error("something was touched")
	}
	if err := k.Rewrite(orebro, measured, messages(300), "long"); err != nil {
		t.Error(err)
	}
	if after := besides(files(t, dir)); !maps.Equal(before, after) {
		t.Errorf("files %v, were %v", slices.Sorted(maps.Keys(after)), slices.Sorted(maps.Keys(before)))
	}
}

func TestAMessageThatWasChangedIsNamedByPosition(t *testing.T) {
	dir := t.TempDir()
	written(t, dir, 700)
	path := filepath.Join(dir, "1880", "tile", "entries", "001")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(raw), `{"at":300,`, `{"at":301,`, 1)
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	_, faults, err := open(t, dir).Verify(t.Context())
	if err != nil || len(faults) != 1 || faults[0].File != "tile/entries/001" || faults[0].Position != 300 {
		t.Errorf("it is found as %v, %v", faults, err)
	}
	for e, err := range open(t, dir).Read(t.Context(), 0) {
		if err != nil {
			if !strings.Contains(err.Error(), "position 300") {
				t.Errorf("reading ends with %v", err)
			}
			break
		}
		if e.Position >= 300 {
			t.Fatal("the changed message was handed over")
		}
	}
}
