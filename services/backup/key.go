package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
)

// Key opens what was sealed with it. It is kept with the vault's keys, apart from every backup.
type Key struct{ *age.X25519Identity }

// KeyFile is where the key is in the vault's directory.
const KeyFile = "backup.key"

// LoadKey reads a key file, and makes it when there is none. When it returns, the key and its name are on the disk.
func LoadKey(file string) (Key, error) {
	key, err := ReadKey(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err != nil {
		if key, err = newKey(file); err != nil {
			return Key{}, fmt.Errorf("make the backup key %s: %w", file, err)
		}
	}
	return key, syncDir(filepath.Dir(file)) // whoever made it may not have come to that
}

// newKey makes a key, unless another process does at the same time: then it is that one.
func newKey(file string) (Key, error) {
	fresh, err := age.GenerateX25519Identity()
	if err == nil {
		err = makeKey(file, fresh.String()+"\n")
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return Key{}, err
	}
	return ReadKey(file)
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// makeKey links the finished file into place: it never replaces a key.
func makeKey(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(file), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.WriteString(text)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	return os.Link(temp.Name(), file)
}

// ReadKey reads a key file; fs.ErrNotExist: there is none.
func ReadKey(file string) (Key, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return Key{}, fmt.Errorf("read the backup key: %w", err)
	}
	identity, err := age.ParseX25519Identity(strings.TrimSpace(string(raw)))
	if err != nil {
		return Key{}, fmt.Errorf("the backup key %s is no key; restore it from a copy of the vault's directory", file) // age's own error may quote it
	}
	return Key{identity}, nil
}
