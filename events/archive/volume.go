package archive

import (
	"bytes"
	"errors"
	"fmt"
	"path"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rackvidd/events"
)

// Volume writes one municipality's archive. Keeper.Volume makes it. It is not for several goroutines at once, and not
// to be used after an error: open it again. Whatever it wrote is then found as it is.
type Volume struct {
	Archive
	key    note.Signer
	disk   disk
	signed Checkpoint
	edge   edge
	bundle []byte // the entries of the last bundle, unless it is full; nil: they are on the disk
}

// Position is the last position that was taken; it is not signed before Checkpoint.
func (v *Volume) Position() events.Position { return events.Position(v.edge.size) }

// resume takes up the edge of the tree as it was signed.
func (v *Volume) resume() error {
	c, err := v.Checkpoint()
	if errors.Is(err, ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	second, err := v.SecondCheckpoint()
	if err != nil && !errors.Is(err, ErrNone) {
		return err
	}
	if second.Size > c.Size {
		return v.setBack(c, second)
	}
	if err := v.resumeAt(c); err != nil {
		return err
	}
	again, err := v.sign(c.Root)
	if err != nil || bytes.Equal(again.Note, c.Note) && bytes.Equal(second.Note, c.Note) {
		return err
	}
	return v.put(again) // a retired key had signed it, or a stop came between the two
}

func (v *Volume) resumeAt(c Checkpoint) error {
	v.signed, v.edge = c, edge{size: int64(c.Size)}
	for level := 0; v.edge.size>>(height*level) > 0; level++ {
		hashes, err := v.hashes(edgeTile(level, v.edge.size))
		if err != nil {
			return err
		}
		v.edge.levels = append(v.edge.levels, hashes)
	}
	root, err := v.edge.root()
	if err == nil && root != c.Root {
		err = v.damage("", c.Size, OtherRoot, "the tiles do not lead to the signed root")
	}
	return err
}

// hashes reads a tile of hashes; of width 0, none.
func (v *Volume) hashes(t tlog.Tile) ([]tlog.Hash, error) {
	if t.W == 0 {
		return nil, nil
	}
	data, err := v.tile(t)
	if err != nil {
		return nil, err
	}
	hashes, err := hashesOf(t, data)
	if err != nil {
		return nil, v.damage(pathOf(t), 0, Unreadable, err.Error())
	}
	return hashes, nil
}

// Append takes the message at a position, which is the next one or one that is archived already: then it has to be the
// same. *DamageError: it does not continue the archive. A tile that it fills is written at once.
func (v *Volume) Append(at events.Position, raw []byte) error {
	switch next := v.Position() + 1; {
	case at < next:
		return v.same(at, raw)
	case at > next:
		return v.damage("", next, Broken, fmt.Sprintf("the message that follows is at position %d", at))
	case len(raw) > events.MaxMessage:
		return v.damage("", at, Broken, fmt.Sprintf("the message has %d bytes, at most %d are archived", len(raw), events.MaxMessage))
	}
	if err := v.load(); err != nil {
		return err
	}
	v.bundle = appendEntry(v.bundle, raw)
	filled := v.edge.add(tlog.RecordHash(raw))
	if len(filled) == 0 {
		return nil
	}
	t := filled[0].Tile
	t.L = entries
	if err := v.write(t, v.bundle); err != nil {
		return err
	}
	v.bundle = nil
	for _, f := range filled {
		if err := v.write(f.Tile, f.data); err != nil {
			return err
		}
	}
	return nil
}

// same compares a message with the archived one. Where that is not the one that was signed, and the message is, its file is
// named.
func (v *Volume) same(at events.Position, raw []byte) error {
	if at == 0 {
		return v.damage("", 0, Broken, "there is no position 0")
	}
	n, i := int64(at-1)/width, int(at-1)%width
	list, err := v.held(n)
	switch {
	case err != nil:
		return err
	case i < len(list) && bytes.Equal(list[i], raw):
		return nil
	}
	switch signed, err := v.wasSigned(at, raw); {
	case err != nil:
		return err
	case signed:
		return v.damage(pathOf(fullBundle(n)), at, OtherMessage, "the message is not the one whose hash was signed") // load has proven the last bundle
	}
	return v.damage("", at, OtherMessage, "the archived message is another one")
}

// wasSigned reports whether a message is the one that was signed at its position.
func (v *Volume) wasSigned(at events.Position, raw []byte) (bool, error) {
	if at > v.signed.Size {
		return false, nil
	}
	hashes, err := v.hashesIn(v.signed, int64(at-1), []int64{tlog.StoredHashIndex(0, int64(at-1))})
	return err == nil && hashes[0] == tlog.RecordHash(raw), err
}

// held returns the entries of a bundle as far as they were taken.
func (v *Volume) held(n int64) ([][]byte, error) {
	last := edgeTile(entries, v.edge.size)
	if n >= last.N {
		if err := v.load(); err != nil {
			return nil, err
		}
		return wholeEntries(v.bundle, last.W)
	}
	data, err := v.tile(fullBundle(n))
	if err != nil {
		return nil, err
	}
	list, err := wholeEntries(data, width)
	if err != nil {
		return nil, v.damage(pathOf(fullBundle(n)), 0, Unreadable, err.Error())
	}
	return list, nil
}

func fullBundle(n int64) tlog.Tile { return tlog.Tile{H: height, L: entries, N: n, W: width} }

// load takes the last bundle into memory again: between checkpoints of a quiet log it is on the disk alone.
func (v *Volume) load() error {
	t := edgeTile(entries, v.edge.size)
	if v.bundle != nil || t.W == 0 {
		return nil
	}
	list, err := v.Archive.bundle(t, v.edge.levels[0])
	for _, raw := range list {
		v.bundle = appendEntry(v.bundle, raw)
	}
	return err
}

// write puts a tile where it belongs, unless it is there, and takes its narrower files away. What is there has to be
// the same: nothing is written over.
func (v *Volume) write(t tlog.Tile, data []byte) error {
	widths, err := v.widths(t)
	if err != nil {
		return err
	}
	there := append(widths, width)
	for _, w := range there {
		if err := v.agrees(tlog.Tile{H: height, L: t.L, N: t.N, W: w}, t.W, data); err != nil {
			return err
		}
	}
	name := path.Join(string(v.municipality), pathOf(t))
	_, err = v.file(pathOf(t))
	if err != nil {
		err = v.disk.put(name, data)
	} else {
		err = v.disk.lasts(name) // a stop may have come before that
	}
	if err != nil {
		return fmt.Errorf("write %s of %s: %w", pathOf(t), v.municipality, err)
	}
	for _, w := range there {
		if w < t.W {
			old := tlog.Tile{H: height, L: t.L, N: t.N, W: w}
			if err := v.disk.remove(path.Join(string(v.municipality), pathOf(old))); err != nil {
				return fmt.Errorf("remove %s of %s: %w", pathOf(old), v.municipality, err)
			}
		}
	}
	return nil
}

// agrees compares a file of a tile, if there is one, with the tile at some width: one has to begin as the other.
func (v *Volume) agrees(t tlog.Tile, w int, data []byte) error {
	there, err := v.file(pathOf(t))
	if Unable(err) {
		return err
	}
	if err != nil {
		return nil // it is not there; one that cannot be read will not be written either
	}
	if n := min(len(there), len(data)); !bytes.Equal(there[:n], data[:n]) || (t.W < w) != (len(there) < len(data)) || (t.W > w) != (len(there) > len(data)) {
		return v.damage(pathOf(t), v.Position(), OtherHashes, "is there with other bytes")
	}
	return nil
}

// Sign makes what was taken part of the signed log. *DamageError: somebody else has written here.
func (v *Volume) Sign() error {
	if v.Position() == v.signed.Size {
		return nil
	}
	if err := v.unmoved(); err != nil {
		return err
	}
	if t := edgeTile(entries, v.edge.size); t.W > 0 {
		if err := v.write(t, v.bundle); err != nil {
			return err
		}
	}
	for _, t := range v.edge.tiles() {
		if err := v.write(t.Tile, t.data); err != nil {
			return err
		}
	}
	root, err := v.edge.root()
	if err != nil {
		return err
	}
	c, err := v.sign(root)
	if err != nil {
		return err
	}
	if err := v.put(c); err != nil {
		return err
	}
	v.bundle = nil
	return nil
}

func (v *Volume) sign(root tlog.Hash) (Checkpoint, error) {
	c, err := sign(v.key, v.municipality, v.edge.size, root)
	if err != nil {
		err = fmt.Errorf("sign the checkpoint of %s: %w", v.municipality, err)
	}
	return c, err
}

func (v *Volume) put(c Checkpoint) error {
	for _, name := range []string{path.Join(string(v.municipality), checkpointFile), path.Join(Second, string(v.municipality))} {
		if err := v.disk.put(name, c.Note); err != nil {
			return fmt.Errorf("write the checkpoint of %s: %w", v.municipality, err)
		}
	}
	v.signed = c
	return nil
}

// unmoved makes sure that the checkpoint on the disk is the one that was signed last.
func (v *Volume) unmoved() error {
	c, err := v.Checkpoint()
	if err != nil && !errors.Is(err, ErrNone) {
		return err
	}
	if !bytes.Equal(c.Note, v.signed.Note) {
		return v.damage(checkpointFile, c.Size, OtherCheckpoint, fmt.Sprintf("is not the one that was signed last, at position %d", v.signed.Size))
	}
	return nil
}
