package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vaultDirIn makes a vault's directory of so many erasures, and one key for each child that is left of three.
func vaultDirIn(t *testing.T, dir, id string, erasures int) string {
	t.Helper()
	ledger := "rackvidd erasures " + id + "\n"
	files := map[string]string{"index.keys": "1 " + strings.Repeat("1f", 32) + "\n", "backup.key": "AGE\n"}
	for n, child := range []string{"aa", "bb", "cc"} {
		if n < erasures {
			ledger += "2026-01-02T03:04:05Z 1880 " + strings.Repeat(child, 13) + "\n"
		} else {
			files["keystore/keys/"+child] = child
		}
	}
	files[ledgerFile] = ledger
	for name, content := range files {
		path := filepath.Join(dir, "vault", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// copies runs vault copy of a data directory.
func copies(t *testing.T, data, to string) (said string, err error) {
	t.Helper()
	var out bytes.Buffer
	err = (&vaultCopy{To: to}).Run(&environment{Context: t.Context(), out: &out, err: &out, settings: &settings{Data: data}})
	return out.String(), err
}

// holds are the files of a directory.
func holds(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, strings.TrimPrefix(path, dir+"/"))
		}
		info, _ := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 && path != filepath.Dir(dir) {
			t.Errorf("%s is others' to read: %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestACopyOfTheVaultTakesThePlaceOfAnOlderOneOfWhichNothingIsKept(t *testing.T) {
	parent, one := t.TempDir(), strings.Repeat("a", 26)
	to := filepath.Join(parent, "vault")
	if said, err := copies(t, vaultDirIn(t, t.TempDir(), one, 0), to); err != nil || !strings.Contains(said, "with 0 erasures") {
		t.Fatalf("%s, %v", said, err)
	}
	if files := holds(t, to); len(files) != 6 {
		t.Errorf("it holds %q", files)
	}
	if said, err := copies(t, vaultDirIn(t, t.TempDir(), one, 2), to); err != nil || !strings.Contains(said, "with 2 erasures") {
		t.Fatalf("%s, %v", said, err)
	}
	if files := holds(t, to); len(files) != 4 || strings.Contains(strings.Join(files, " "), "/aa") {
		t.Errorf("after erasures it holds %q", files)
	}
	if left, err := os.ReadDir(parent); err != nil || len(left) != 1 {
		t.Errorf("beside it are %v, %v", left, err)
	}
}

func TestNothingButAnOlderCopyOfTheSameVaultIsCopiedOver(t *testing.T) {
	one, other := strings.Repeat("a", 26), strings.Repeat("b", 26)
	data := vaultDirIn(t, t.TempDir(), one, 1)
	occupied := t.TempDir()
	if err := os.WriteFile(filepath.Join(occupied, "letter.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ data, to, says string }{
		"another vault's":   {data, filepath.Join(vaultDirIn(t, t.TempDir(), other, 0), "vault"), "another vault's, or newer"},
		"a newer one":       {data, filepath.Join(vaultDirIn(t, t.TempDir(), one, 2), "vault"), "another vault's, or newer"},
		"something else":    {data, occupied, "is no copy of the vault's directory"},
		"of something else": {occupied, filepath.Join(t.TempDir(), "vault"), "is not the vault's directory"},
	} {
		before, _ := os.ReadDir(c.to)
		if said, err := copies(t, c.data, c.to); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %s, %v", name, said, err)
		}
		if after, _ := os.ReadDir(c.to); len(after) != len(before) {
			t.Errorf("%s: there is %v, was %v", name, after, before)
		}
	}
}
