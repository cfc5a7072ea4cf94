package vault

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// writeOnce makes a file that others see whole or not at all, unless it is there already.
func writeOnce(path string, content []byte) error {
	temp, err := writeTemp(path, content)
	if err != nil {
		return err
	}
	err = os.Link(temp, path)
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	return errors.Join(err, os.Remove(temp), syncDir(filepath.Dir(path)))
}

// replace gives a file other content in one step. Owner and mode stay: whoever runs the vault must be able to read what
// another account, such as root, replaces.
func replace(path string, content []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	temp, err := writeTemp(path, content)
	if err != nil {
		return err
	}
	owner := info.Sys().(*syscall.Stat_t)
	if err := errors.Join(os.Chown(temp, int(owner.Uid), int(owner.Gid)), os.Chmod(temp, info.Mode().Perm())); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return errors.Join(os.Rename(temp, path), syncDir(filepath.Dir(path)))
}

// lockDir keeps others who lock the directory out until unlock, or until the process ends, however it does.
func lockDir(path string) (unlock func(), err error) {
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	return func() { dir.Close() }, nil
}

func writeTemp(path string, content []byte) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
