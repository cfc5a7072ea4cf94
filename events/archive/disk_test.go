package archive

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

func TestADirectoryThatAKillLeftLastsBeforeAFileInItDoes(t *testing.T) {
	var steps []string
	d := disk{t.TempDir(), func(step string) error {
		steps = append(steps, step)
		return nil
	}, new(sync.Map)}
	put := func(name string) []string {
		t.Helper()
		steps = nil
		if err := d.put(name, []byte("whole")); err != nil {
			t.Fatal(err)
		}
		return steps
	}
	killedBeforeSync := disk{d.dir, func(step string) error {
		if step == stepSync {
			return errKilled
		}
		return nil
	}, d.lasting}
	put("where files are until they are whole is there")
	for _, when := range []string{"at first", "after it was taken away with its last file"} {
		if err := killedBeforeSync.makeDir(filepath.Join(d.dir, "tile")); err == nil {
			t.Fatal("it was not killed")
		}
		if _, err := os.Stat(filepath.Join(d.dir, "tile")); err != nil {
			t.Fatal(err)
		}
		if got := put("tile/000"); !slices.Equal(got, []string{stepSync, stepWrite, stepRename, stepSync}) {
			t.Errorf("%s the first file was put with %q, without the sync of what the directory is in", when, got)
		}
		if got := put("tile/001"); !slices.Equal(got, []string{stepWrite, stepRename, stepSync}) {
			t.Errorf("%s the second file was put with %q", when, got)
		}
		for _, name := range []string{"tile/000", "tile/001"} {
			if err := d.remove(name); err != nil {
				t.Fatal(err)
			}
		}
	}
}
