package node

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// A socket's whole path has to fit in 107 bytes, its file name takes 14.
const longestSocketDir = 90

const socketDirPrefix = "rackvidd-pg-"

// socketDir is the cluster itself or, where that path is too long for a socket
// or has a comma, which parts several hosts in an address, a private directory
// that a link in dir points to. A server that is started
// again after it ended by itself has its socket where it was: the program's
// connections ask for it there.
func (p *Postgres) socketDir() (string, error) {
	if connectable(p.cluster, longestSocketDir) {
		return p.cluster, p.removeSocketDir()
	}
	if made, ok := p.socketDirBefore(); ok {
		return made, nil
	}
	if err := p.removeSocketDir(); err != nil {
		return "", err
	}
	made, err := os.MkdirTemp(shortTempDir(), socketDirPrefix)
	if err != nil {
		return "", fmt.Errorf("make a directory for the database's socket: %w", err)
	}
	if err := cmp.Or(p.account.own(made), os.Symlink(made, p.socketLink())); err != nil {
		return "", errors.Join(fmt.Errorf("make a directory for the database's socket: %w", err), os.Remove(made))
	}
	return made, nil
}

// socketDirBefore is the directory of the start before, emptied, if it is still there and still private.
func (p *Postgres) socketDirBefore() (made string, ok bool) {
	made, err := os.Readlink(p.socketLink())
	if err != nil || !strings.HasPrefix(filepath.Base(made), socketDirPrefix) {
		return "", false
	}
	info, err := os.Lstat(made)
	if err != nil || info.Mode() != fs.ModeDir|0o700 {
		return "", false
	}
	if owner, known := info.Sys().(*syscall.Stat_t); !known || int(owner.Uid) != p.account.uid {
		return "", false
	}
	left, err := filepath.Glob(filepath.Join(made, ".s.*"))
	for _, path := range left {
		err = cmp.Or(err, os.Remove(path))
	}
	return made, err == nil
}

func (p *Postgres) removeSocketDir() error {
	made, err := os.Readlink(p.socketLink())
	if err != nil {
		return nil // there is none
	}
	if strings.HasPrefix(filepath.Base(made), socketDirPrefix) {
		if err := os.RemoveAll(made); err != nil {
			return fmt.Errorf("remove the old directory of the database's socket: %w", err)
		}
	}
	return os.Remove(p.socketLink())
}

func (p *Postgres) socketLink() string { return filepath.Join(p.dir, "socket") }

func shortTempDir() string {
	if dir := os.TempDir(); connectable(dir, longestSocketDir-len(socketDirPrefix)-10) {
		return dir
	}
	return "/tmp"
}

// connectable reports whether an address can name a directory that is shorter than longest.
func connectable(dir string, longest int) bool {
	return len(dir) < longest && !strings.Contains(dir, ",")
}
