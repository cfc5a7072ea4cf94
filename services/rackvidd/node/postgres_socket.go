package node

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A socket's whole path has to fit in 107 bytes, its file name takes 14.
const longestSocketDir = 90

const socketDirPrefix = "rackvidd-pg-"

// socketDir is the cluster itself or, where that path is too long for a socket,
// a private directory that a link in dir points to.
func (p *Postgres) socketDir() (string, error) {
	if err := p.removeSocketDir(); err != nil {
		return "", err
	}
	if len(p.cluster) < longestSocketDir {
		return p.cluster, nil
	}
	made, err := os.MkdirTemp(shortTempDir(), socketDirPrefix)
	if err == nil {
		err = p.account.own(made)
	}
	if err == nil {
		err = os.Symlink(made, p.socketLink())
	}
	if err != nil {
		return "", fmt.Errorf("make a directory for the database's socket: %w", err)
	}
	return made, nil
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
	if dir := os.TempDir(); len(dir) < longestSocketDir-len(socketDirPrefix)-10 {
		return dir
	}
	return "/tmp"
}
