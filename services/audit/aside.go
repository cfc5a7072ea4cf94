package audit

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"rackvidd/events"
	"rackvidd/events/archive"
)

// MoveAside moves a file, or a directory with what it holds, to a name that nothing has, on whatever disk that is. When it
// returns it is there for good. fs.ErrNotExist: there is none to move.
func MoveAside(from, to string) error {
	if _, err := os.Lstat(from); err != nil { // to another disk rename does not say that there is none
		return err
	}
	if err := makeDir(filepath.Dir(to)); err != nil {
		return err
	}
	err := os.Rename(from, to)
	if errors.Is(err, syscall.EXDEV) {
		if err = KeepAside(from, to); err == nil {
			err = os.RemoveAll(from)
		}
	}
	if err != nil {
		return err
	}
	return errors.Join(syncDir(filepath.Dir(to)), syncDir(filepath.Dir(from)))
}

// KeepAside links a file, or what a directory holds, to a name that nothing has, and copies it where that is on another disk.
// Whatever is taken away meanwhile is passed over. When it returns all of it is there for good or, with an error, nothing of it:
// where the disk is full no attempt takes more room than the one before.
func KeepAside(from, to string) error {
	named := make(map[string]bool)
	var made []string // each after the directory that it is in
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		at := filepath.Join(to, path[len(from):])
		switch {
		case err != nil:
		case d.IsDir():
			_, unmade := os.Lstat(at)
			if err = makeDir(at); err == nil && unmade != nil {
				made = append(made, at)
			}
			return err
		default:
			named[filepath.Dir(at)] = true
			if err = os.Link(path, at); errors.Is(err, syscall.EXDEV) {
				err = copyWhole(path, at)
			}
			if err == nil {
				made = append(made, at)
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	for dir := range named {
		err = errors.Join(err, syncDir(dir))
	}
	if err != nil {
		for _, one := range slices.Backward(made) {
			err = errors.Join(err, os.Remove(one))
		}
	}
	return err
}

// asideFile holds, among what a repair put something in the place of, the messages that a stream had.
const asideFile = "messages.jsonl"

// keepMessages writes messages with their positions to a file that nothing has, a line of JSON for each, its bytes in base64.
// When it returns all are on the disk or, with an error, none; where there are none there is no file.
func keepMessages(path string, messages iter.Seq2[archive.Entry, error]) (err error) {
	var file *os.File
	var lines *bufio.Writer
	for e, unread := range messages {
		if unread != nil {
			err = unread
			break
		}
		if file == nil {
			if err = makeDir(filepath.Dir(path)); err == nil {
				file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			}
			if err != nil {
				return err
			}
			lines = bufio.NewWriter(file)
		}
		if err = json.NewEncoder(lines).Encode(keptMessage{e.Position, e.Raw}); err != nil {
			break
		}
	}
	if file == nil {
		return err
	}
	if err = errors.Join(err, lines.Flush(), file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return syncDir(filepath.Dir(path))
}

type keptMessage struct {
	Position events.Position `json:"position"`
	Message  []byte          `json:"message"`
}

// makeDir makes a directory and those above it; its name is on the disk.
func makeDir(path string) error {
	err := os.Mkdir(path, 0o700)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeDir(filepath.Dir(path)); err == nil {
			err = os.Mkdir(path, 0o700)
		}
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// copyWhole copies a file's bytes onto the disk, or leaves nothing.
func copyWhole(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, source)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}
