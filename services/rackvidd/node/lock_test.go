package node

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestADirectoryIsLockedByOneAtATime(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	unlock, err := LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = LockDir(dir)
	want := fmt.Sprintf("another rackvidd serve (pid %d) is using %s", os.Getpid(), dir)
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("the second is told %v, want %s", err, want)
	}
	unlock()
	again, err := LockDir(dir)
	if err != nil {
		t.Fatalf("after unlock: %v", err)
	}
	again()
}

func TestALockedDirectoryCannotBeListedByOthers(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	unlock, err := LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != dirMode() || dirMode()&0o066 != 0 {
		t.Errorf("the directory is %v, %v, want %v", info.Mode(), err, dirMode())
	}
}
