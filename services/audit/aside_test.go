package audit_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"rackvidd/services/audit"
)

func TestWhatCannotAllBeKeptAsideLeavesNothingBehind(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "stream"), filepath.Join(t.TempDir(), "aside")
	write := func(path string) {
		t.Helper()
		err := os.MkdirAll(filepath.Dir(path), 0o700)
		if err == nil {
			err = os.WriteFile(path, []byte(path), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"meta", "msgs/1.blk", "msgs/deeper/2.blk", "state"} {
		write(filepath.Join(from, name))
	}
	taken := filepath.Join(to, "state") // by another, so that the last file has no place
	write(taken)
	if err := audit.KeepAside(from, to); !errors.Is(err, fs.ErrExist) {
		t.Errorf("it says %v", err)
	}
	left, err := os.ReadDir(to)
	if err != nil || len(left) != 1 || left[0].Name() != "state" {
		t.Errorf("there are %v, %v", left, err)
	}
	if raw, err := os.ReadFile(taken); err != nil || string(raw) != taken {
		t.Errorf("what was there before is %q, %v", raw, err)
	}
	if err := os.Remove(taken); err != nil {
		t.Fatal(err)
	}
	if err := audit.KeepAside(from, to); err != nil {
		t.Errorf("again: %v", err)
	}
	if _, err := os.Stat(filepath.Join(to, "msgs", "deeper", "2.blk")); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNotThereIsNotMovedAsideAndLeavesNoDirectory(t *testing.T) {
	dir := t.TempDir()
	to := filepath.Join(dir, "damaged", "1880", "0001")
	if err := audit.MoveAside(filepath.Join(dir, "0001"), to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it says %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("there are %v, %v", left, err)
	}
}
