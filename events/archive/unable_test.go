package archive_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/archive/archivetest"
)

// archiveOf is one of so many messages, signed after every so many, and in the end.
func archiveOf(t *testing.T, messages, signed events.Position) (dir string, verifier note.Verifier) {
	t.Helper()
	signer, verifier, _ := archivetest.Key(t, "rackvidd-test")
	dir = t.TempDir()
	keeper, err := archive.Keep(dir, signer, verifier)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keeper.Close() })
	volume, err := keeper.Volume("1880")
	for n := events.Position(1); n <= messages && err == nil; n++ {
		if err = volume.Append(n, fmt.Appendf(nil, `{"n":%d}`, n)); err == nil && n%signed == 0 {
			err = volume.Sign()
		}
	}
	if err = errors.Join(err, volume.Sign()); err != nil {
		t.Fatal(err)
	}
	return dir, verifier
}

// TestAProcessThatHasNoFileLeftFindsNoDamage lets it open none from the first, the second, the third … file on.
func TestAProcessThatHasNoFileLeftFindsNoDamage(t *testing.T) {
	dir, verifier := archiveOf(t, 700, 300)
	var usual syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &usual); err != nil {
		t.Fatal(err)
	}
	limit := func(files uint64) {
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: files, Max: usual.Max}); err != nil {
			t.Error(err)
		}
	}
	for what, do := range map[string]func(archive.Archive) error{
		"it is verified": func(a archive.Archive) error {
			_, faults, err := a.Verify(t.Context())
			if len(faults) > 0 {
				return fmt.Errorf("it finds %+v, %w", faults, errors.Join(err, &archive.DamageError{}))
			}
			return err
		},
		"a tile is served":   func(a archive.Archive) error { _, _, err := a.Tile("tile/entries/002.p/100"); return err },
		"hashes are served":  func(a archive.Archive) error { _, _, err := a.Tile("tile/0/001"); return err },
		"its copy is opened": func(a archive.Archive) error { _, err := a.SecondCheckpoint(); return err },
		"it is read": func(a archive.Archive) error {
			for _, err := range a.Read(t.Context(), 0) {
				if err != nil {
					return err
				}
			}
			return nil
		},
	} {
		for from := int64(1); ; from++ {
			var opened atomic.Int64
			a := archive.Open(dir, "1880", verifier).Paced(func() {
				if opened.Add(1) == from {
					limit(3)
				}
			})
			err := do(a)
			limit(usual.Cur)
			if opened.Load() < from {
				if err != nil {
					t.Errorf("%s: %v", what, err)
				}
				break
			}
			var damage *archive.DamageError
			if errors.As(err, &damage) || !errors.Is(err, syscall.EMFILE) {
				t.Errorf("%s, from the file number %d on: %v", what, from, err)
			}
		}
	}
}

// TestAFileThatTheAccountMayNotReadIsNotDamaged takes the rights to each file of an archive away in turn.
func TestAFileThatTheAccountMayNotReadIsNotDamaged(t *testing.T) {
	dir, verifier := archiveOf(t, 300, 300)
	if err := giveToNobody(dir); err != nil {
		t.Fatal(err)
	}
	verify := func() ([]archive.Fault, error) {
		return asNobody(t, func() ([]archive.Fault, error) {
			_, faults, err := archive.Open(dir, "1880", verifier).Verify(t.Context())
			return faults, err
		})
	}
	if faults, err := verify(); err != nil || len(faults) > 0 {
		t.Fatalf("all of it may be read: %v, found %+v", err, faults)
	}
	looked := 0
	err := filepath.WalkDir(filepath.Join(dir, "1880"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		looked++
		if err := os.Chmod(path, 0); err != nil {
			return err
		}
		if faults, err := verify(); len(faults) > 0 || !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s may not be read: %v, found %+v", path, err, faults)
		}
		return os.Chmod(path, 0o600)
	})
	bundle := filepath.Join(dir, "1880", "tile", "entries", "000")
	message, read := os.ReadFile(bundle)
	if err := errors.Join(read, os.WriteFile(bundle, bytes.Replace(message, []byte(`"n":7}`), []byte(`"n":8}`), 1), 0o600), os.Chmod(filepath.Join(dir, "1880", "tile", "entries", "001.p", "44"), 0)); err != nil {
		t.Fatal(err)
	}
	if faults, err := verify(); len(faults) != 1 || faults[0].Position != 7 || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("of two files one is damaged, and one may not be read: %v, found %+v", err, faults)
	}
	if err != nil || looked < 5 {
		t.Errorf("%d files, %v", looked, err)
	}
}

const nobody = 65534

// giveToNobody gives a temporary directory to an account that has no rights but to its own: root may read whatever it likes.
func giveToNobody(dir string) error {
	if os.Getuid() != 0 {
		return nil
	}
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, nobody, nobody))
	})
}

func asNobody[V any](t *testing.T, do func() (V, error)) (V, error) {
	if os.Getuid() != 0 {
		return do()
	}
	runtime.LockOSThread() // rights to files are a thread's
	defer runtime.UnlockOSThread()
	if err := syscall.Setfsuid(nobody); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setfsuid(0)
	return do()
}
