package node

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// LockDir makes dir if need be and claims it for this process. The claim ends
// with unlock or with the process, however that ends.
func LockDir(dir string) (unlock func(), err error) {
	if err := makeDataDir(dir); err != nil {
		return nil, fmt.Errorf("make the data directory %s: %w", dir, err)
	}
	path := filepath.Join(dir, "lock")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of %s: %w", dir, err)
	}
	if err := claim(file, dir); err != nil {
		file.Close()
		return nil, err
	}
	return func() { file.Close() }, nil
}

func claim(file *os.File, dir string) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("another rackvidd serve (pid %s) is using %s; stop it or choose another --data", holder(file), dir)
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", dir, err)
	}
	if err := file.Truncate(0); err != nil {
		return fmt.Errorf("write the lock of %s: %w", dir, err)
	}
	if _, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return fmt.Errorf("write the lock of %s: %w", dir, err)
	}
	return nil
}

// makeDataDir leaves a directory that is there as its owner wants it.
func makeDataDir(dir string) error {
	if exists(dir) {
		return nil
	}
	if err := os.MkdirAll(dir, dirMode()); err != nil {
		return err
	}
	return os.Chmod(dir, dirMode()) // whatever the umask
}

func holder(file *os.File) string {
	text, _ := io.ReadAll(io.LimitReader(file, 20))
	if pid := strings.TrimSpace(string(text)); pid != "" {
		return pid
	}
	return "unknown"
}

// dirMode lets the account that root hands PostgreSQL to pass through a
// directory without listing it.
func dirMode() os.FileMode {
	if os.Geteuid() == 0 {
		return 0o711
	}
	return 0o700
}
