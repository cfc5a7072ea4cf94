package main

import (
	"bytes"
	"errors"
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
			files["keystore/keys/"+child[:1]+"/"+strings.Repeat(child, 13)] = child
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
		"itself":            {data, filepath.Join(data, "vault"), "in it or around it"},
		"itself by a link":  {data, linked(t, filepath.Join(data, "vault")), "in it or around it"},
		"within itself":     {data, filepath.Join(data, "vault", "copy"), "in it or around it"},
		"around itself":     {data, data, "in it or around it"},
		"nowhere":           {data, filepath.Join(t.TempDir(), "none", "vault"), "no such file"},
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

// TestTheLastCopyOfAKeyIsNotCopiedOver by what a vault's directory has in its place, as after a start that made another one.
func TestTheLastCopyOfAKeyIsNotCopiedOver(t *testing.T) {
	one := strings.Repeat("a", 26)
	child := "keystore/keys/b/" + strings.Repeat("bb", 13)
	const anew = "1 2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e\n"
	for what, c := range map[string]struct {
		name, content string
		lost          bool
	}{
		"the index's":                  {"index.keys", anew, true},
		"the index's, and there is no": {"index.keys", "", true},
		"what opens backups":           {"backup.key", "AGE-ANOTHER\n", true},
		"a child's":                    {child, "", true},
		"what services show it":        {credentialFile, "", false},
		"a newer version of the index": {"index.keys", "1 " + strings.Repeat("1f", 32) + "\n2" + anew[1:], false},
	} {
		data, to := vaultDirIn(t, t.TempDir(), one, 1), filepath.Join(vaultDirIn(t, t.TempDir(), one, 0), "vault")
		path := filepath.Join(data, "vault", c.name)
		for _, vault := range []string{filepath.Join(data, "vault"), to} {
			if err := os.WriteFile(filepath.Join(vault, credentialFile), []byte("shown\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if c.content != "" {
			if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		before, err := os.ReadFile(filepath.Join(to, c.name))
		if err != nil {
			t.Fatal(err)
		}
		said, err := copies(t, data, to)
		if c.lost != (err != nil) || c.lost && !strings.Contains(err.Error(), to+" has "+c.name+" as ") {
			t.Errorf("%s: %s, %v", what, said, err)
		}
		if after, err := os.ReadFile(filepath.Join(to, c.name)); c.lost && (err != nil || !bytes.Equal(after, before)) {
			t.Errorf("%s: the copy has %q, %v; it had %q", what, after, err, before)
		}
		if left, err := os.ReadDir(filepath.Dir(to)); err != nil || len(left) != 1 {
			t.Errorf("%s: beside it are %v, %v", what, left, err)
		}
	}
	data, to := vaultDirIn(t, t.TempDir(), one, 1), filepath.Join(vaultDirIn(t, t.TempDir(), one, 0), "vault")
	if err := os.Remove(filepath.Join(data, "vault", "index.keys")); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	moved := &vaultCopy{To: to, IndexKeys: "1 " + strings.Repeat("1f", 32) + ",2 " + strings.Repeat("2e", 32)}
	if err := moved.Run(&environment{Context: t.Context(), out: &out, err: &out, settings: &settings{Data: data}}); err != nil {
		t.Errorf("where the keys were moved into a setting: %v", err)
	}
}

// linked is a link to a path.
func linked(t *testing.T, to string) string {
	t.Helper()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(to, link); err != nil {
		t.Fatal(err)
	}
	return link
}

// TestACopyOfTheVaultHasWhatLinksLeadTo has the key store on another disk, as a link.
func TestACopyOfTheVaultHasWhatLinksLeadTo(t *testing.T) {
	data, to := vaultDirIn(t, t.TempDir(), strings.Repeat("a", 26), 1), filepath.Join(t.TempDir(), "vault")
	store, elsewhere := filepath.Join(data, "vault", "keystore"), filepath.Join(t.TempDir(), "keystore")
	if err := os.Rename(store, elsewhere); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, store); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	if said, err := copies(t, data, to); err != nil || !strings.Contains(said, "with 1 erasures") {
		t.Fatalf("%s, %v", said, err)
	}
	if files := holds(t, to); len(files) != 5 {
		t.Errorf("it holds %q", files)
	}
	if after, err := os.Stat(elsewhere); err != nil || after.Mode() != before.Mode() {
		t.Errorf("what is copied is %v, was %v: %v", after.Mode(), before.Mode(), err)
	}
}

// TestACopyOfTheVaultThatWasStoppedIsClearedByTheNext leaves what a kill leaves: half of a copy, or the older one moved away.
func TestACopyOfTheVaultThatWasStoppedIsClearedByTheNext(t *testing.T) {
	one := strings.Repeat("a", 26)
	for name, left := range map[string]string{"half of the next": "next", "the older one": "older"} {
		parent := t.TempDir()
		to, beside := filepath.Join(parent, "vault"), filepath.Join(parent, ".vault.copying")
		if _, err := copies(t, vaultDirIn(t, t.TempDir(), one, 1), to); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(beside, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(vaultDirIn(t, t.TempDir(), one, 0), "vault"), filepath.Join(beside, left)); err != nil {
			t.Fatal(err)
		}
		if left == "older" { // stopped between the two: it was the only one
			if err := os.RemoveAll(to); err != nil {
				t.Fatal(err)
			}
			if said, err := copies(t, vaultDirIn(t, t.TempDir(), strings.Repeat("b", 26), 0), to); err == nil || !strings.Contains(err.Error(), "another vault's") {
				t.Errorf("over one that was moved away another vault's is copied: %s, %v", said, err)
			}
		}
		if said, err := copies(t, vaultDirIn(t, t.TempDir(), one, 2), to); err != nil || !strings.Contains(said, "with 2 erasures") {
			t.Fatalf("%s: %s, %v", name, said, err)
		}
		if files := holds(t, to); len(files) != 4 {
			t.Errorf("%s: it holds %q", name, files)
		}
		if found, err := os.ReadDir(parent); err != nil || len(found) != 1 {
			t.Errorf("%s: beside it are %v, %v", name, found, err)
		}
	}
}

func TestTwoCopiesOfTheVaultAreNotMadeAtOnce(t *testing.T) {
	data, to := vaultDirIn(t, t.TempDir(), strings.Repeat("a", 26), 1), filepath.Join(t.TempDir(), "vault")
	first, err := newCopying(filepath.Join(data, "vault"), to)
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := first.lock()
	if err != nil {
		t.Fatal(err)
	}
	if said, err := copies(t, data, to); err == nil || !strings.Contains(err.Error(), "wait until that is done") {
		t.Errorf("%s, %v", said, err)
	}
	unlock()
	if said, err := copies(t, data, to); err != nil {
		t.Errorf("%s, %v", said, err)
	}
}

// TestWhereNothingIsExchangedAtOnceAnOlderCopyOutlivesWhatGoesWrong has no next one to put in its place.
func TestWhereNothingIsExchangedAtOnceAnOlderCopyOutlivesWhatGoesWrong(t *testing.T) {
	data, parent := vaultDirIn(t, t.TempDir(), strings.Repeat("a", 26), 1), t.TempDir()
	c, err := newCopying(filepath.Join(data, "vault"), filepath.Join(parent, "vault"))
	if err == nil {
		_, err = c.all()
	}
	if err == nil {
		err = os.Mkdir(c.beside, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := exchangeByTwo(c.next(), c.to, c.older()); err == nil {
		t.Fatal("nothing is put in its place")
	}
	if err := c.clear(); err != nil {
		t.Error(err)
	}
	if files := holds(t, c.to); len(files) != 5 {
		t.Errorf("it holds %q", files)
	}
	if err := errors.Join(os.Mkdir(c.beside, 0o700), copyPrivately(filepath.Join(vaultDirIn(t, t.TempDir(), strings.Repeat("a", 26), 2), "vault"), c.next()), exchangeByTwo(c.next(), c.to, c.older()), c.clear()); err != nil {
		t.Error(err)
	}
	if files := holds(t, c.to); len(files) != 4 {
		t.Errorf("then it holds %q", files)
	}
}
