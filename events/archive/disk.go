package archive

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// disk writes files that are whole or not there, whatever happens.
type disk struct {
	dir string
	// reached hears of every step before it is taken, and may end the work there.
	reached func(step string) error
	lasting *sync.Map // the directories whose names are known to be on the disk: each is made sure of once
}

// Steps of a write.
const (
	stepMake   = "make directory"
	stepWrite  = "write"
	stepRename = "rename"
	stepSync   = "sync directory"
	stepRemove = "remove"
	stepMove   = "move"
)

// temporary is where files are until they are whole. Whatever is found there was left by a stop.
const temporary = "unfinished"

// put writes a file under its name once it is on the disk, in place of one that is there.
func (d disk) put(name string, data []byte) error {
	path := filepath.Join(d.dir, filepath.FromSlash(name))
	if err := d.makeDir(filepath.Dir(path)); err != nil {
		return err
	}
	if err := d.makeDir(filepath.Join(d.dir, temporary)); err != nil {
		return err
	}
	if err := d.reached(stepWrite); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Join(d.dir, temporary), "*")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	if err := d.reached(stepRename); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	return d.sync(filepath.Dir(path))
}

// makeDir makes a directory and those above it. Whoever made one that is there may have been killed before its name was on the disk; those
// above it are, or it would not have been made.
func (d disk) makeDir(path string) error {
	switch _, err := os.Stat(path); {
	case err == nil && path == d.dir:
		_ = d.nameLasts(path) // somebody else made it, perhaps in what may not be read or cannot be synced
		return nil
	case err == nil:
		return d.nameLasts(path)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	d.lasting.Delete(path) // somebody took it away
	if err := d.makeDir(filepath.Dir(path)); err != nil {
		return err
	}
	if err := d.reached(stepMake); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return d.nameLasts(path)
}

func (d disk) nameLasts(path string) error {
	if _, lasts := d.lasting.Load(path); lasts {
		return nil
	}
	if err := d.sync(filepath.Dir(path)); err != nil {
		return err
	}
	d.lasting.Store(path, true)
	return nil
}

func (d disk) sync(path string) error {
	if err := d.reached(stepSync); err != nil {
		return err
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// lasts makes the name of a file that is there last.
func (d disk) lasts(name string) error {
	return d.sync(filepath.Dir(filepath.Join(d.dir, filepath.FromSlash(name))))
}

// remove takes a file away, and its directory with the last one. After a power cut it may be there again.
func (d disk) remove(name string) error {
	if err := d.reached(stepRemove); err != nil {
		return err
	}
	path := filepath.Join(d.dir, filepath.FromSlash(name))
	if err := os.Remove(path); err != nil {
		return err
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err == nil && len(left) == 0 {
		d.lasting.Delete(filepath.Dir(path))
		err = os.Remove(filepath.Dir(path))
	}
	return err
}

// move takes a directory to another place, which must not be there.
func (d disk) move(from, to string) error {
	if err := d.reached(stepMove); err != nil {
		return err
	}
	from, to = filepath.Join(d.dir, filepath.FromSlash(from)), filepath.Join(d.dir, filepath.FromSlash(to))
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return errors.Join(d.sync(filepath.Dir(to)), d.sync(filepath.Dir(from)))
}
