package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"rackvidd/services/rackvidd/node"
)

// vaultCopy works on the files themselves, whether the program runs or not.
type vaultCopy struct {
	To       string `arg:"" help:"Where to: nothing, or an older copy of the same directory, of which nothing is kept." type:"path"`
	VaultDir string `env:"RACKVIDD_VAULT_DIR" hidden:"" help:"The vault's directory; default: DATA/vault."`
	// What an older copy has of them in a file is not missed.
	IndexKeys string `env:"RACKVIDD_INDEX_KEYS" hidden:"" help:"Keys of the vault's index, as serve takes them."`
}

func (c *vaultCopy) Run(env *environment) error {
	copying, err := newCopying(cmp.Or(c.VaultDir, filepath.Join(env.settings.Data, "vault")), c.To)
	if err != nil {
		return &usageError{err}
	}
	copying.indexKeys = c.IndexKeys
	unlock, err := copying.lock()
	if err != nil {
		return &usageError{err}
	}
	defer unlock()
	erased, err := copying.all()
	if err != nil {
		return fmt.Errorf("copy %s to %s: %w", copying.from, copying.to, err)
	}
	_, err = fmt.Fprintf(env.out, "%s copied to %s, with %d erasures. Keep no older copy.\n", copying.from, copying.to, erased)
	return err
}

// copying is a copy of a vault's directory on its way.
type copying struct {
	from, to  string
	beside    string // where the copy is made
	indexKeys string // those that are in no file
}

// newCopying refuses what is no vault's directory, and places that are in it or around it.
func newCopying(from, to string) (c copying, err error) {
	if _, err := os.Stat(filepath.Join(from, ledgerFile)); errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("%s is not the vault's directory: %s is missing in it; name the data directory with --data", from, ledgerFile)
	}
	if c.from, err = filepath.Abs(from); err == nil {
		c.from, err = filepath.EvalSymlinks(c.from)
	}
	if err != nil {
		return c, err
	}
	if to, err = filepath.Abs(to); err != nil {
		return c, err
	}
	c.to, err = filepath.EvalSymlinks(to)
	if errors.Is(err, fs.ErrNotExist) {
		var parent string
		parent, err = filepath.EvalSymlinks(filepath.Dir(to))
		c.to = filepath.Join(parent, filepath.Base(to))
	}
	if err != nil {
		return c, err
	}
	if within(c.from, c.to) || within(c.to, c.from) {
		return c, fmt.Errorf("%s is the vault's directory, in it or around it: name another place", to)
	}
	c.beside = filepath.Join(filepath.Dir(c.to), "."+filepath.Base(c.to)+".copying")
	return c, nil
}

// within reports whether a path is another, or in it.
func within(path, of string) bool {
	return path == of || strings.HasPrefix(path, of+string(filepath.Separator))
}

// lock keeps other copies to the same place away, where the file system can.
func (c copying) lock() (unlock func(), err error) {
	parent, err := os.Open(filepath.Dir(c.to))
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(parent.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errors.Join(fmt.Errorf("another copy is being made in %s: wait until that is done", filepath.Dir(c.to)), parent.Close())
	}
	return func() { parent.Close() }, nil
}

// all copies the directory beside its place and puts it there. It returns how many erasures the copy tells of.
func (c copying) all() (erased int, err error) {
	if err := c.clear(); err != nil {
		return 0, err
	}
	if err := os.Mkdir(c.beside, 0o700); err != nil {
		return 0, err
	}
	if err := c.make(); err != nil {
		return 0, errors.Join(err, c.clear())
	}
	if err := c.clear(); err != nil {
		return 0, fmt.Errorf("the copy is in its place; remove %s, which has what was erased: %w", c.beside, err)
	}
	ledger, err := os.ReadFile(filepath.Join(c.to, ledgerFile))
	return max(0, bytes.Count(ledger, []byte("\n"))-1), errors.Join(err, node.SyncDir(filepath.Dir(c.to)))
}

// clear removes what a copy leaves beside its place, and puts an older copy back that was moved there, where no other came.
func (c copying) clear() error {
	if _, err := os.Lstat(c.to); errors.Is(err, fs.ErrNotExist) {
		if err := os.Rename(c.older(), c.to); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the older copy is in %s: %w", c.older(), err)
		}
	}
	return os.RemoveAll(c.beside)
}

func (c copying) next() string  { return filepath.Join(c.beside, "next") }
func (c copying) older() string { return filepath.Join(c.beside, "older") }

// make makes the copy, and puts it in its place where it goes on from what is there.
func (c copying) make() error {
	const tries = 5
	for n := 1; ; n++ { // a key that is erased meanwhile is not there any more when it comes to it
		err := copyPrivately(c.from, c.next())
		if err == nil {
			break
		}
		if n == tries || !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.RemoveAll(c.next()); err != nil {
			return err
		}
	}
	if err := syncTree(c.next()); err != nil {
		return err
	}
	if err := c.goesOn(); err != nil {
		return &usageError{err}
	}
	return exchange(c.next(), c.to, c.older())
}

// goesOn refuses to replace what is no older copy of the same directory.
func (c copying) goesOn() error {
	ledger, err := os.ReadFile(filepath.Join(c.next(), ledgerFile))
	if err != nil {
		return err
	}
	older, err := os.ReadFile(filepath.Join(c.to, ledgerFile))
	if errors.Is(err, fs.ErrNotExist) {
		found, err := os.ReadDir(c.to)
		if len(found) > 0 {
			return fmt.Errorf("%s is no copy of the vault's directory, and not empty: name one that is, or what is not there", c.to)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	if err == nil && !bytes.HasPrefix(ledger, older[:bytes.LastIndexByte(older, '\n')+1]) {
		err = fmt.Errorf("the copy in %s is another vault's, or newer: see which of them is to be kept, and move it away", c.to)
	}
	if err != nil {
		return err
	}
	lost, err := c.lost()
	if err == nil && lost != "" {
		err = fmt.Errorf("the copy in %s has %s as %s has it not any more: it may be the last that has this key. Put it back from there, or, where the copy is of no use, move it away", c.to, lost, c.from)
	}
	return err
}

// lost names a file of the older copy that the next one lacks, or of which it lacks a line; "": none. The key of a child that is erased by
// now is not missed, nor what services show the vault: it opens nothing that is kept.
func (c copying) lost() (lost string, err error) {
	ledger, err := os.ReadFile(filepath.Join(c.from, ledgerFile))
	if err != nil {
		return "", err
	}
	erased := make(map[string]bool)
	for _, word := range strings.Fields(string(ledger)) {
		erased[word] = true
	}
	err = filepath.WalkDir(c.to, func(path string, entry fs.DirEntry, err error) error {
		name := strings.TrimPrefix(path, c.to+string(filepath.Separator))
		if err != nil || entry.IsDir() || lost != "" || name == ledgerFile || name == credentialFile || erased[entry.Name()] || strings.HasPrefix(entry.Name(), ".new-") {
			return err
		}
		whole, err := c.keeps(name)
		if err == nil && !whole {
			lost = name
		}
		return err
	})
	return lost, err
}

// keeps reports whether the next copy has every line that a file of the older one has.
func (c copying) keeps(name string) (bool, error) {
	older, err := os.ReadFile(filepath.Join(c.to, name))
	if err != nil {
		return false, err
	}
	next, err := os.ReadFile(filepath.Join(c.next(), name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if name == indexKeysFile {
		next = append(next, "\n"+strings.ReplaceAll(c.indexKeys, ",", "\n")...)
	}
	there := make(map[string]bool)
	for line := range strings.Lines(string(next)) {
		there[strings.TrimSpace(line)] = true
	}
	for line := range strings.Lines(string(older)) {
		if !there[strings.TrimSpace(line)] {
			return false, nil
		}
	}
	return true, nil
}

// exchange puts a directory in the place of another, at once where the file system can.
func exchange(next, place, older string) error {
	err := unix.Renameat2(unix.AT_FDCWD, next, unix.AT_FDCWD, place, unix.RENAME_EXCHANGE)
	switch {
	case errors.Is(err, unix.ENOENT):
		return os.Rename(next, place)
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS):
		return exchangeByTwo(next, place, older)
	}
	return err
}

// exchangeByTwo moves the older away first; whoever is stopped in between, or cannot go on, puts it back.
func exchangeByTwo(next, place, older string) error {
	if err := os.Rename(place, older); err != nil {
		return err
	}
	return os.Rename(next, place)
}
