package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"

	"rackvidd/events"
)

const (
	// Damaged is the directory of archives that others took the place of.
	Damaged   = "damaged"
	rewritten = "rewritten"
)

// Rewrite makes a municipality's archive anew, up to a checkpoint that was signed or, where it was signed further
// meanwhile, up to that, and puts it in the place of what is there, which is moved to Damaged under the name aside. The
// messages have to lead to the checkpoint's root; else nothing is touched. It is signed with the key of now, whichever
// signed before. A stop leaves the old one or the new one, or none until the next Keep.
func (k *Keeper) Rewrite(m events.Municipality, c Checkpoint, messages iter.Seq2[Entry, error], aside string) error {
	if err := k.clear(m); err != nil {
		return err
	}
	if later, err := Open(k.disk.dir, m, k.public).After(k.retired...).Signed(); err == nil && later.Size > c.Size {
		c = later
	}
	desk := disk{filepath.Join(k.disk.dir, rewritten, string(m)), k.disk.reached, k.disk.lasting}
	v := &Volume{Archive: Open(desk.dir, m, k.public).After(k.retired...), key: k.key, disk: desk}
	for e, err := range messages {
		if err == nil {
			err = v.Append(e.Position, e.Raw)
		}
		if err != nil {
			return err
		}
		if e.Position == c.Size {
			break
		}
	}
	if err := v.Sign(); err != nil {
		return err
	}
	if v.signed.Size != c.Size || v.signed.Root != c.Root {
		return v.damage(checkpointFile, v.signed.Size, OtherRoot, fmt.Sprintf("the messages do not lead to the root that was signed at position %d", c.Size))
	}
	return k.swap(m, v.signed, aside)
}

// swap puts what was rewritten in its place.
func (k *Keeper) swap(m events.Municipality, c Checkpoint, aside string) error {
	if err := k.disk.makeDir(filepath.Join(k.disk.dir, Damaged)); err != nil {
		return err
	}
	// The copy of the checkpoint comes first: while there is no archive it says that there was one.
	if err := k.disk.put(path.Join(Second, string(m)), c.Note); err != nil {
		return err
	}
	for _, move := range [][2]string{{string(m), path.Join(Damaged, aside)}, {anew(m), string(m)}} {
		if err := k.disk.move(move[0], move[1]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return k.clear(m)
}

// anew is where a municipality's archive is rewritten.
func anew(m events.Municipality) string { return path.Join(rewritten, string(m), string(m)) }

// clear takes away what is left of rewriting a municipality's archive.
func (k *Keeper) clear(m events.Municipality) error {
	return os.RemoveAll(filepath.Join(k.disk.dir, rewritten, string(m)))
}

// finish ends the swaps that a stop came into the middle of: the damaged archive is aside, and the rewritten one, which
// may be made of two damaged copies, is the only whole one. The copy of its checkpoint says that it was done.
func (k *Keeper) finish() error {
	left, err := os.ReadDir(filepath.Join(k.disk.dir, rewritten))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, one := range left {
		m := events.Municipality(one.Name())
		if _, err := os.Stat(filepath.Join(k.disk.dir, string(m))); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		signed, err := os.ReadFile(filepath.Join(k.disk.dir, anew(m), checkpointFile))
		if err != nil {
			continue
		}
		second, err := os.ReadFile(filepath.Join(k.disk.dir, Second, string(m)))
		if err != nil || !bytes.Equal(signed, second) {
			continue
		}
		err = k.disk.move(anew(m), string(m))
		if err == nil {
			err = k.clear(m)
		}
		if err != nil {
			return fmt.Errorf("put the rewritten archive of %s in its place: %w", m, err)
		}
	}
	return nil
}

// Evidence is what an archive has of some messages: their bytes, and the hashes that were signed.
type Evidence struct {
	First    events.Position
	Messages [][]byte    // nil where the bundle cannot be read
	Hashes   []tlog.Hash // nil where the tiles do not lead to the root
}

// Evidence returns what the archive has of the messages after a position, which is a multiple of 256, up to the next.
func (a Archive) Evidence(c Checkpoint, after events.Position) Evidence {
	t := tlog.Tile{H: height, L: entries, N: int64(after) / width, W: int(min(width, c.Size-after))}
	e := Evidence{First: after + 1}
	if data, err := a.tile(t); err == nil {
		if list, err := wholeEntries(data, t.W); err == nil {
			e.Messages = list
		}
	}
	indexes := make([]int64, t.W)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, int64(after)+int64(i))
	}
	if hashes, err := tlog.TileHashReader(tlog.Tree{N: int64(c.Size), Hash: c.Root}, tileReader{a}).ReadHashes(indexes); err == nil {
		e.Hashes = hashes
	}
	return e
}

// Width is how many messages a bundle holds.
const Width = width
