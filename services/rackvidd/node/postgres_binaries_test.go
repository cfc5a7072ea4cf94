package node

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheServerIsFoundInOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	named := pretendServer(t, filepath.Join(dir, "named"), "16.1")
	onPath := pretendServer(t, filepath.Join(dir, "path"), "17.2")
	old := pretendServer(t, filepath.Join(dir, "old"), "13.9")
	root := filepath.Join(dir, "lib")
	pretendServer(t, filepath.Join(root, "9", "bin"), "9.6.24")
	fifteen := pretendServer(t, filepath.Join(root, "15", "bin"), "15.18 (Debian 15.18-0)")
	eighteen := pretendServer(t, filepath.Join(root, "18", "bin"), "18beta1")
	for name, c := range map[string]struct {
		places places
		made   int
		want   string
	}{
		"the named one before all others":         {places{named, onPath, root}, 0, named},
		"PATH before the installed ones":          {places{"", onPath, root}, 0, onPath},
		"the newest installed one":                {places{"", "/nowhere", root}, 0, eighteen},
		"not one that is too old":                 {places{"", old, root}, 0, eighteen},
		"the one that made the database":          {places{"", onPath, root}, 15, fifteen},
		"none when only another version is named": {places{named, onPath, root}, 15, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.places.find(context.Background(), c.made)
			if got.dir != c.want {
				t.Errorf("found %q, %v, want %q", got.dir, err, c.want)
			}
		})
	}
}

func TestWithoutAServerTheErrorSaysWhatToDo(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	for _, c := range []struct {
		places places
		made   int
		want   string
	}{
		{places{path: empty, root: empty}, 0, "no PostgreSQL server 15 or later found in PATH"},
		{places{path: empty, root: empty}, 0, "apt-get install postgresql"},
		{places{path: empty, root: empty}, 16, "16, which made this database"},
		{places{named: empty}, 0, "point PG_BIN at"},
	} {
		_, err := c.places.find(context.Background(), c.made)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("the error is %v, want %s", err, c.want)
		}
	}
	dir := filepath.Join(empty, "postgres")
	if _, err := StartPostgres(context.Background(), PostgresConfig{Dir: dir, Bin: empty}); err == nil || exists(dir) {
		t.Errorf("starting without a server: %v, and its directory is there: %t", err, exists(dir))
	}
}

// pretendServer answers --version and nothing else.
func pretendServer(t *testing.T, dir, version string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"postgres", "initdb"} {
		script := "#!/bin/sh\necho '" + name + " (PostgreSQL) " + version + "'\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
