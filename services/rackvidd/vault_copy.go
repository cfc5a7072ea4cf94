package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"rackvidd/services/rackvidd/node"
)

// vaultCopy works on the files themselves, whether the program runs or not.
type vaultCopy struct {
	To       string `arg:"" help:"Where to: nothing, or an older copy of the same directory, of which nothing is kept." type:"path"`
	VaultDir string `env:"RACKVIDD_VAULT_DIR" hidden:"" help:"The vault's directory; default: DATA/vault."`
}

func (c *vaultCopy) Run(env *environment) error {
	from := cmp.Or(c.VaultDir, filepath.Join(env.settings.Data, "vault"))
	ledger, err := os.ReadFile(filepath.Join(from, ledgerFile))
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%s is not the vault's directory: %s is missing in it; name the data directory with --data", from, ledgerFile)
	}
	if err == nil {
		err = replaceable(c.To, ledger)
	}
	if err != nil {
		return &usageError{err}
	}
	erased, err := c.copied(from)
	if err != nil {
		return fmt.Errorf("copy %s to %s: %w", from, c.To, err)
	}
	_, err = fmt.Fprintf(env.out, "%s copied to %s, with %d erasures. Keep no older copy.\n", from, c.To, erased)
	return err
}

// replaceable refuses what is no older copy of a vault's directory with this ledger.
func replaceable(to string, ledger []byte) error {
	older, err := os.ReadFile(filepath.Join(to, ledgerFile))
	if errors.Is(err, fs.ErrNotExist) {
		found, err := os.ReadDir(to)
		if len(found) > 0 {
			return fmt.Errorf("%s is no copy of the vault's directory, and not empty: name one that is, or what is not there", to)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	if err == nil && !bytes.HasPrefix(ledger, older[:bytes.LastIndexByte(older, '\n')+1]) {
		err = fmt.Errorf("the copy in %s is another vault's, or newer: see which of them is to be kept, and move it away", to)
	}
	return err
}

// copied copies a directory beside its place, and puts it there. It returns how many erasures the copy tells of.
func (c *vaultCopy) copied(from string) (erased int, err error) {
	parent := filepath.Dir(filepath.Clean(c.To))
	beside, err := os.MkdirTemp(parent, ".rackvidd-vault-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(beside)) }()
	next := filepath.Join(beside, "vault")
	const tries = 5
	for n := 1; ; n++ { // a key that is erased meanwhile is not there any more when it comes to it
		err := copyPrivately(from, next)
		if err == nil {
			break
		}
		if n == tries || !errors.Is(err, fs.ErrNotExist) {
			return 0, err
		}
		if err := os.RemoveAll(next); err != nil {
			return 0, err
		}
	}
	if err := syncTree(next); err != nil {
		return 0, err
	}
	if err := exchange(next, c.To, filepath.Join(beside, "older")); err != nil {
		return 0, err
	}
	ledger, err := os.ReadFile(filepath.Join(c.To, ledgerFile))
	return max(0, bytes.Count(ledger, []byte("\n"))-1), errors.Join(err, node.SyncDir(parent))
}

// exchange puts a directory in the place of another, at once where the file system can.
func exchange(next, place, older string) error {
	err := unix.Renameat2(unix.AT_FDCWD, next, unix.AT_FDCWD, place, unix.RENAME_EXCHANGE)
	switch {
	case errors.Is(err, unix.ENOENT):
		return os.Rename(next, place)
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS):
		return errors.Join(os.Rename(place, older), os.Rename(next, place))
	}
	return err
}
