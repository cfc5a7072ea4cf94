package archive_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"

	"rackvidd/events/archive"
	"rackvidd/events/archive/archivetest"
)

// TestAProcessThatHasNoFileLeftFindsNoDamage lets it open none from the first, the second, the third … file on.
func TestAProcessThatHasNoFileLeftFindsNoDamage(t *testing.T) {
	signer, verifier, _ := archivetest.Key(t, "rackvidd-test")
	dir := t.TempDir()
	keeper, err := archive.Keep(dir, signer, verifier)
	if err != nil {
		t.Fatal(err)
	}
	defer keeper.Close()
	volume, err := keeper.Volume("1880")
	for n := volume.Position() + 1; n <= 700 && err == nil; n++ {
		if err = volume.Append(n, fmt.Appendf(nil, `{"n":%d}`, n)); err == nil && n%300 == 0 {
			err = volume.Sign()
		}
	}
	if err = errors.Join(err, volume.Sign()); err != nil {
		t.Fatal(err)
	}
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
