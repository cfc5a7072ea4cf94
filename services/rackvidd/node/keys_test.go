package node

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestASecretIsMadeOnceAndKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	first := secret(t, path)
	if len(first) != 32 {
		t.Errorf("%d bytes, want 32", len(first))
	}
	if !bytes.Equal(first, secret(t, path)) {
		t.Error("the second call gives another secret")
	}
	if bytes.Equal(first, secret(t, path+"2")) {
		t.Error("another file holds the same secret")
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 2 {
		t.Errorf("%d files are left, want 2", len(files))
	}
}

func TestManyAtOnceGetTheSameSecret(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	got := make([][]byte, 16)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() { got[i], _ = Secret(path, 32) })
	}
	all.Wait()
	for i := range got {
		if len(got[i]) != 32 || !bytes.Equal(got[i], got[0]) {
			t.Fatalf("caller %d got another secret than caller 0", i)
		}
	}
}

func TestASecretThatCannotBeTrustedIsRefused(t *testing.T) {
	t.Parallel()
	good := strings.Repeat("ab", 32)
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"open to others": {good, 0o644, "open to others"},
		"open to group":  {good, 0o640, "open to others"},
		"too short":      {"abab", 0o600, "not 32 bytes"},
		"not hex":        {"zz" + good, 0o600, "not 32 bytes"},
		"empty":          {"", 0o600, "not 32 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key")
			if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			_, err := Secret(path, 32)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want %s", err, c.want)
			}
			if err != nil && c.text != "" && strings.Contains(err.Error(), c.text) {
				t.Error("the error quotes the secret")
			}
		})
	}
}

func secret(t *testing.T, path string) []byte {
	t.Helper()
	got, err := Secret(path, 32)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
