package node

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Secret returns the n bytes kept as hex in the file at path. The first call
// makes them; two processes that call it at once get the same.
func Secret(path string, n int) ([]byte, error) {
	secret, err := readSecret(path, n)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	if err := makeSecret(path, n); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make the secret %s: %w", path, err)
	}
	return readSecret(path, n)
}

func readSecret(path string, n int) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the secret %s: %w", path, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the secret %s is open to others: chmod 600 it, and replace it if anybody may have read it", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the secret %s: %w", path, err)
	}
	// The decoder's own error would quote the secret's characters.
	secret, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(secret) != n {
		return nil, fmt.Errorf("the secret %s is not %d bytes in hex: restore it from a backup", path, n)
	}
	return secret, nil
}

// makeSecret links the finished file into place: unlike a rename, a link never
// replaces a secret that somebody else has made meanwhile.
func makeSecret(path string, n int) error {
	dir := filepath.Dir(path)
	file, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	if err := writeSecret(file, n); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil {
		return err
	}
	return SyncDir(dir)
}

func writeSecret(file *os.File, n int) error {
	secret := make([]byte, n)
	rand.Read(secret)
	_, err := fmt.Fprintln(file, hex.EncodeToString(secret))
	return errors.Join(err, file.Sync(), file.Close())
}

// SyncDir makes names in a directory last.
func SyncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
