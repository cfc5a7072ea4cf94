package archive

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"rackvidd/events"
)

// Fault names one thing in an archive that is not as it was signed.
type Fault struct {
	File     string          `json:"file,omitempty"`     // below the municipality's directory
	Position events.Position `json:"position,omitempty"` // 0: the whole file
	Code     Code            `json:"code"`
	Problem  string          `json:"problem"`
}

// Verify compares every byte of the archive with its signed checkpoint, and names what differs: the checkpoint, bundles
// by position, hash tiles, files that are missing and files too many. ErrNone: there is no checkpoint, and so nothing to
// verify against. Another error: not all of it could be compared; what was found is named all the same. Where the archive is written meanwhile, what is not signed yet counts as too many: verify it again.
func (a Archive) Verify(ctx context.Context) (Checkpoint, []Fault, error) {
	c, err := a.Checkpoint()
	var damage *DamageError
	if errors.As(err, &damage) {
		return c, []Fault{damage.Fault}, nil
	}
	if err != nil {
		return c, nil, err
	}
	check := &verification{Archive: a, signed: c, size: int64(c.Size), named: make(map[Fault]bool)}
	if err := check.tiles(ctx); err != nil {
		return c, nil, err
	}
	check.second()
	err = check.strangers()
	if unable := cmp.Or(check.unable, err); Unable(unable) {
		// Without what could not be read nothing leads to the root.
		return c, slices.DeleteFunc(check.faults, func(f Fault) bool { return f.Code == OtherRoot }), unable
	}
	return c, check.faults, err
}

// second compares the checkpoint, as it is by now, with its copy, which is written after it.
func (v *verification) second() {
	second, err := v.SecondCheckpoint()
	if err != nil {
		v.nameError(err) // where there is none it is written when the archive is next opened
		return
	}
	latest, err := v.Checkpoint()
	switch {
	case err != nil:
		v.nameError(err)
	case second.Size > latest.Size:
		v.nameError(v.setBack(latest, second))
	case !bytes.Equal(second.Note, latest.Note):
		v.name(Fault{secondOf(v.municipality), second.Size, OtherCheckpoint, "is not the archive's checkpoint"})
	}
}

// verification works from the messages up. On each level there are two accounts of the hashes: what follows from
// below, and what the tile says. Where they differ, the level above says which of them was signed.
type verification struct {
	Archive
	signed Checkpoint
	size   int64
	faults []Fault
	named  map[Fault]bool
	unable error   // of what could not be read, and is not known to be damaged
	open   []doubt // of the last tiles of each level, above which is the root alone
}

// doubt is a tile that differs from what is below it.
type doubt struct {
	tile        tlog.Tile
	told, found []tlog.Hash // by the tile, from below
}

func (v *verification) name(f Fault) {
	if !v.named[f] {
		v.named[f] = true
		v.faults = append(v.faults, f)
	}
}

// tiles goes through every tile, level by level.
func (v *verification) tiles(ctx context.Context) error {
	below := func(n int64) []tlog.Hash { return v.leaves(n) }
	for level := 0; v.size>>(height*level) > 0; level++ {
		last := edgeTile(level, v.size)
		roots := make([]tlog.Hash, 0, last.N)
		for n := range last.N {
			if err := ctx.Err(); err != nil {
				return err
			}
			roots = append(roots, top(v.decided(tlog.Tile{H: height, L: level, N: n, W: width}, below(n))))
		}
		if last.W > 0 {
			v.undecided(last, below(last.N))
		}
		below = func(n int64) []tlog.Hash { return roots[n*width : min((n+1)*width, int64(len(roots)))] }
	}
	v.root()
	return nil
}

// leaves are the hashes of the messages of a bundle; none where it cannot be read.
func (v *verification) leaves(n int64) []tlog.Hash {
	t := tlog.Tile{H: height, L: entries, N: n, W: int(min(width, v.size-n*width))}
	data, err := v.tile(t)
	if err != nil {
		v.nameError(err)
		return nil
	}
	list, err := wholeEntries(data, t.W)
	if err != nil {
		v.name(Fault{pathOf(t), 0, Unreadable, err.Error()})
		return nil
	}
	return leavesOf(list)
}

func (v *verification) nameError(err error) {
	if Unable(err) {
		v.unable = err
	}
	var damage *DamageError
	if errors.As(err, &damage) {
		v.name(damage.Fault)
	}
}

// told is what a tile says; none where it cannot be read.
func (v *verification) told(t tlog.Tile) []tlog.Hash {
	data, err := v.tile(t)
	if err != nil {
		v.nameError(err)
		return nil
	}
	hashes, err := hashesOf(t, data)
	if err != nil {
		v.name(Fault{pathOf(t), 0, Unreadable, err.Error()})
		return nil
	}
	return hashes
}

// decided returns the hashes of a full tile, as the level above knows them.
func (v *verification) decided(t tlog.Tile, found []tlog.Hash) []tlog.Hash {
	d := doubt{t, v.told(t), found}
	switch {
	case d.agree():
		return d.told
	case d.found == nil && d.told == nil:
		return make([]tlog.Hash, width) // both are named; what is above will differ
	case d.told == nil, d.found != nil && !v.knownAbove(t, top(d.told)):
		v.nameTile(d)
		return d.found
	}
	v.nameBelow(d)
	return d.told
}

func (d doubt) agree() bool {
	if d.told == nil || len(d.told) != len(d.found) {
		return false
	}
	for i := range d.told {
		if d.told[i] != d.found[i] {
			return false
		}
	}
	return true
}

// knownAbove reports whether the next level has the root of a full tile.
func (v *verification) knownAbove(t tlog.Tile, root tlog.Hash) bool {
	up := tlog.Tile{H: height, L: t.L + 1, N: t.N >> height, W: width}
	if last := edgeTile(up.L, v.size); up.N == last.N {
		up = last
	}
	above := v.told(up)
	return above != nil && above[t.N%width] == root
}

func (v *verification) nameTile(d doubt) {
	if d.told != nil {
		v.name(Fault{pathOf(d.tile), 0, OtherHashes, "does not hold the hashes of what is below it"})
	}
}

// nameBelow names what is below a tile that is right.
func (v *verification) nameBelow(d doubt) {
	for i := range d.found {
		if d.told[i] == d.found[i] {
			continue
		}
		child := tlog.Tile{H: height, L: d.tile.L - 1, N: d.tile.N<<height + int64(i), W: width}
		if d.tile.L > 0 {
			v.name(Fault{pathOf(child), 0, OtherHashes, "does not hold the hashes that were signed"})
			continue
		}
		bundle := d.tile
		bundle.L = entries
		v.name(Fault{pathOf(bundle), positionOf(bundle, i), OtherMessage, "the message is not the one whose hash was signed"})
	}
}

// undecided keeps the last tile of a level until the root says who is right.
func (v *verification) undecided(t tlog.Tile, found []tlog.Hash) {
	v.open = append(v.open, doubt{t, v.told(t), found})
}

// root decides about the last tiles of all levels: what they say was signed, or what is below them.
func (v *verification) root() {
	fromTiles, fromBelow := v.leadsToRoot(func(d doubt) []tlog.Hash { return d.told }), v.leadsToRoot(func(d doubt) []tlog.Hash { return d.found })
	for _, d := range v.open {
		if d.agree() {
			continue
		}
		if d.told != nil && !fromTiles {
			v.nameTile(d)
		}
		if d.told != nil && d.found != nil && !fromBelow {
			v.nameBelow(d)
		}
	}
	if !fromTiles && !fromBelow && len(v.faults) == 0 {
		v.name(Fault{checkpointFile, v.signed.Size, OtherRoot, "the tiles do not lead to the signed root"})
	}
}

// leadsToRoot reports whether one account of the last tiles makes the root; where that has none, the other is taken.
func (v *verification) leadsToRoot(account func(doubt) []tlog.Hash) bool {
	e := edge{size: v.size}
	for _, d := range v.open {
		hashes := account(d)
		if hashes == nil {
			hashes = d.told
		}
		if hashes == nil {
			hashes = d.found
		}
		for len(e.levels) < d.tile.L {
			e.levels = append(e.levels, nil)
		}
		e.levels = append(e.levels, hashes)
	}
	root, err := e.root()
	return err == nil && root == v.signed.Root
}

// strangers names the files that do not belong to the signed log, as it is signed by now.
func (v *verification) strangers() error {
	if latest, err := v.Checkpoint(); err == nil && latest.Size > v.signed.Size {
		v.signed, v.size = latest, int64(latest.Size)
	}
	return filepath.WalkDir(v.dir, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it was taken away meanwhile
		}
		if err != nil || entry.IsDir() {
			return err
		}
		path := filepath.ToSlash(strings.TrimPrefix(strings.TrimPrefix(name, v.dir), string(filepath.Separator)))
		if problem := v.strange(path); problem != "" {
			v.name(Fault{path, 0, Stray, problem})
		}
		return nil
	})
}

func (v *verification) strange(path string) string {
	if path == checkpointFile {
		return ""
	}
	t, ok := tileAt(path)
	if !ok {
		return "does not belong to the archive"
	}
	if !within(t, v.size) {
		return fmt.Sprintf("goes beyond the checkpoint, which ends at position %d", v.signed.Size)
	}
	if t.W == width || t == edgeTile(t.L, v.size) {
		return ""
	}
	// A narrower file of a tile, which a stop left before it was taken away: harmless when the wider one begins as it.
	there, err := v.file(path)
	if err != nil {
		v.nameError(err)
		return ""
	}
	whole := edgeTile(t.L, v.size)
	if t.N < whole.N {
		whole = full(t)
	}
	wider, err := v.tile(whole)
	if Unable(err) {
		v.unable = err
		return ""
	}
	if err != nil || !bytes.HasPrefix(wider, there) {
		return "is an earlier state of another tile"
	}
	return ""
}
