// Package archive keeps each municipality's log as a C2SP tlog-tiles transparency log on disk: the exact bytes of every
// message, the hash tiles of an RFC 6962 tree over them, and a signed checkpoint. It is proof and byte-exact backup in
// one. Leaf i is the message at position i+1.
package archive

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rackvidd/events"
)

// ErrNone says that nothing of the kind is archived.
var ErrNone = errors.New("it is not archived")

// Code is what is wrong with a thing in an archive, as programs tell it apart.
type Code string

// The codes that there are.
const (
	Missing         Code = "missing"          // a file
	Unreadable      Code = "unreadable"       // it is not written as such a file is
	Earlier         Code = "earlier"          // another checkpoint was signed after it
	OtherCheckpoint Code = "other_checkpoint" // not the one that was signed
	OtherHashes     Code = "other_hashes"     // not those of what is below them, or not those that were signed
	OtherMessage    Code = "other_message"    // not the one that was signed
	OtherRoot       Code = "other_root"       // the tiles do not lead to the one that was signed
	Stray           Code = "stray"            // a file that is none of the archive's, or not of what was signed
	Broken          Code = "broken"           // what is to follow does not follow
	Shorter         Code = "shorter"          // than what something else shows was signed
	OtherLog        Code = "other_log"        // than the one that something else was signed of
)

// Codes are all of them.
func Codes() []Code {
	return []Code{Missing, Unreadable, Earlier, OtherCheckpoint, OtherHashes, OtherMessage, OtherRoot, Stray, Broken, Shorter, OtherLog}
}

// DamageError says what in an archive is not as it has to be. Nothing was changed.
type DamageError struct {
	Municipality events.Municipality
	Fault
}

func (e *DamageError) Error() string {
	text := "the archive of " + string(e.Municipality)
	if e.File != "" {
		text += ", " + e.File
	}
	if e.Position > 0 {
		text += fmt.Sprintf(", position %d", e.Position)
	}
	return text + ": " + e.Problem
}

// Archive reads one municipality's archive, while it is written too. Open makes it.
type Archive struct {
	dir          string
	municipality events.Municipality
	key          note.Verifier
	retired      []Retired // which signed before it
	pace         func()    // before each file
	others       *others   // who is served beside; nil: nobody
}

// Open returns the archive of a municipality below dir; it need not exist yet. Checkpoints have to be signed by key.
func Open(dir string, m events.Municipality, key note.Verifier) Archive {
	return Archive{dir: filepath.Join(dir, string(m)), municipality: m, key: key, pace: func() {}}
}

// Paced is the archive, read no faster than pace lets it: that is called before each file.
func (a Archive) Paced(pace func()) Archive {
	a.pace = pace
	return a
}

// GivingWay is the archive, read piece by piece and not several at once while somebody is served: that leaves a processor
// for them.
func (a Archive) GivingWay(served func() bool) Archive {
	a.others = &others{served: served}
	return a
}

func (a Archive) damage(file string, at events.Position, code Code, problem string) error {
	return &DamageError{a.municipality, Fault{file, at, code, problem}}
}

func (a Archive) file(name string) ([]byte, error) { return a.fileIn(name, new(bytes.Buffer)) }

// longest is how many bytes a file may have: those of a bundle of the longest messages.
const longest = width * (2 + math.MaxUint16)

// fileIn reads a file to memory that was used before.
func (a Archive) fileIn(name string, in *bytes.Buffer) ([]byte, error) {
	a.pace()
	f, err := os.Open(filepath.Join(a.dir, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in.Reset()
	if info, err := f.Stat(); err == nil {
		in.Grow(int(min(info.Size(), longest)) + bytes.MinRead)
	}
	_, err = in.ReadFrom(io.LimitReader(f, longest+1)) // one that has grown is damaged, whatever follows
	return in.Bytes(), err
}

const checkpointFile = "checkpoint"

// Second is the directory beside the municipalities' that holds each one's last checkpoint once more: an archive that is
// lost, or set back to an earlier state, does not pass for a new one.
const Second = "checkpoints"

// Municipalities lists those that something was signed of, by either checkpoint: a stop, a restore or a loss leaves one.
func Municipalities(dir string) ([]events.Municipality, error) {
	list, _, err := checkpoints(dir)
	if err != nil {
		return nil, err
	}
	found, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, f := range found {
		if _, none := os.Stat(filepath.Join(dir, f.Name(), checkpointFile)); none == nil && isLog(f.Name()) {
			list = append(list, events.Municipality(f.Name()))
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// isLog reports whether a municipality, or the national level, has a name.
func isLog(name string) bool {
	_, bad := events.ParseMunicipality(name)
	return bad == nil || events.Municipality(name) == events.National
}

// Strange lists the files among the second checkpoints that are of no log: whoever put them there takes them away.
func Strange(dir string) ([]string, error) {
	_, strange, err := checkpoints(dir)
	return strange, err
}

func checkpoints(dir string) (list []events.Municipality, strange []string, err error) {
	files, err := os.ReadDir(filepath.Join(dir, Second))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	for _, f := range files {
		if isLog(f.Name()) && !f.IsDir() {
			list = append(list, events.Municipality(f.Name()))
		} else {
			strange = append(strange, filepath.Join(dir, Second, f.Name()))
		}
	}
	return list, strange, err
}

// Checkpoint returns what was signed last. ErrNone: nothing yet. *DamageError: it cannot be read, or is not signed by the key.
func (a Archive) Checkpoint() (Checkpoint, error) {
	data, err := a.file(checkpointFile)
	if errors.Is(err, fs.ErrNotExist) {
		missing := a.missing()
		if errors.Is(missing, ErrNone) {
			return Checkpoint{}, missing
		}
		if data, err = a.file(checkpointFile); err != nil { // else it was signed for the first time meanwhile
			return Checkpoint{}, missing
		}
	}
	return a.opened(checkpointFile, data, err)
}

// Unable reports whether an error is of the process that reads or writes, and of nothing that is read: it has no file left to open or no
// memory, its account may not, or everything there was mounted to be read alone.
func Unable(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM) ||
		errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// opened is a checkpoint that was read. One that the disk does not give is as damaged as one that is none.
func (a Archive) opened(name string, data []byte, err error) (c Checkpoint, _ error) {
	if Unable(err) {
		return Checkpoint{}, err
	}
	if err == nil {
		c, err = a.open(data)
	}
	if err != nil {
		return Checkpoint{}, a.damage(name, 0, Unreadable, err.Error())
	}
	return c, nil
}

// missing says what it means that there is no checkpoint.
func (a Archive) missing() error {
	second, err := a.SecondCheckpoint()
	switch {
	case errors.Is(err, ErrNone):
		return fmt.Errorf("the checkpoint of %s: %w", a.municipality, ErrNone)
	case Unable(err):
		return err
	case err != nil:
		return a.damage(checkpointFile, 0, Missing, "is missing, and its copy cannot be read: "+err.Error())
	}
	return a.damage(checkpointFile, 0, Missing, fmt.Sprintf("is missing; what was signed last ended at position %d", second.Size))
}

// secondOf is where a municipality's second checkpoint is, seen from its directory.
func secondOf(m events.Municipality) string { return path.Join("..", Second, string(m)) }

// SecondCheckpoint returns what was signed last, as it is kept beside the archive. Errors are Checkpoint's.
func (a Archive) SecondCheckpoint() (Checkpoint, error) {
	name := secondOf(a.municipality)
	data, err := a.file(name)
	if errors.Is(err, fs.ErrNotExist) {
		return Checkpoint{}, fmt.Errorf("the copy of the checkpoint of %s: %w", a.municipality, ErrNone)
	}
	return a.opened(name, data, err)
}

// setBack says that an archive is not as it was signed last.
func (a Archive) setBack(c, last Checkpoint) error {
	return a.damage(checkpointFile, c.Size, Earlier, fmt.Sprintf("is an earlier one; what was signed last ended at position %d", last.Size))
}

// Signed returns the last checkpoint that can be read, from the archive or from beside it: what a repair is measured by.
// ErrNone: nothing was ever archived. *DamageError: neither can be read.
func (a Archive) Signed() (Checkpoint, error) {
	c, err := a.Checkpoint()
	second, other := a.SecondCheckpoint()
	if other == nil && (err != nil || second.Size > c.Size) {
		return second, nil
	}
	return c, err
}

// Tile returns a tile or a bundle of entries as it is served, by its path (tile/0/x001/067.p/12), and whether it is
// full. Nothing is returned that was not found in the signed tree. ErrNone: there is none in the log as it was signed.
// *DamageError: it is there, and not as it was signed.
func (a Archive) Tile(name string) (data []byte, whole bool, err error) {
	t, ok := tileAt(name)
	if !ok {
		return nil, false, fmt.Errorf("a tile of that name: %w", ErrNone)
	}
	c, err := a.Checkpoint()
	if err != nil {
		return nil, false, err
	}
	if !within(t, int64(c.Size)) {
		return nil, false, fmt.Errorf("%s of %s: %w", name, a.municipality, ErrNone)
	}
	hashes, err := a.signedIn(c, t, t.W)
	if err != nil {
		return nil, false, a.broken(c, t, err)
	}
	if t.L != entries {
		return bytesOf(hashes), t.W == width, nil
	}
	list, err := a.bundle(t, hashes)
	for _, raw := range list {
		data = appendEntry(data, raw)
	}
	return data, t.W == width, err
}

// signedIn returns the first n hashes that belong in a tile, or to the entries of a bundle, each found in the signed tree.
func (a Archive) signedIn(c Checkpoint, t tlog.Tile, n int) ([]tlog.Hash, error) {
	level := height * max(t.L, 0)
	indexes := make([]int64, n)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(level, t.N*width+int64(i))
	}
	return a.hashesIn(c, t.N*width<<level, indexes)
}

// broken says in which file it is that a tile does not lead to the signed root: in the first from there down that does not.
// Where it may be in any of the last tiles of the levels, none is named.
func (a Archive) broken(c Checkpoint, t tlog.Tile, err error) error {
	var damage *DamageError
	if !errors.As(err, &damage) || damage.File != "" {
		return err
	}
	if _, edge := a.Root(c, c.Size); edge != nil {
		return edge
	}
	t.L = max(t.L, 0)
	for level := 63 / height; level >= t.L; level-- {
		up := tlog.Tile{H: height, L: level, N: t.N >> (height * (level - t.L)), W: width}
		if !within(up, int64(c.Size)) { // one of the last, which lead there
			continue
		}
		if _, err := a.signedIn(c, up, 1); Unable(err) {
			return err
		} else if err != nil {
			return a.damage(pathOf(up), 0, OtherHashes, "does not hold the hashes that were signed")
		}
	}
	return err
}

// tile reads a tile at its width: from its own file, or from a wider one, which begins alike. Of a tile that is not full
// only the widest file is kept, and yet every width that was ever signed can be read.
func (a Archive) tile(t tlog.Tile) ([]byte, error) { return a.tileIn(t, new(bytes.Buffer)) }

// tileIn reads a tile to memory that was used before.
func (a Archive) tileIn(t tlog.Tile, in *bytes.Buffer) (data []byte, err error) {
	const looks = 3 // a file may give way to a wider one while it is looked for
	for range looks {
		if data, err = a.look(t, in); err == nil {
			return data, nil
		}
	}
	switch {
	case Unable(err):
		return nil, err
	case errors.Is(err, fs.ErrNotExist):
		return nil, a.damage(pathOf(t), 0, Missing, "is missing")
	}
	return nil, a.damage(pathOf(t), 0, Unreadable, err.Error())
}

func (a Archive) look(t tlog.Tile, in *bytes.Buffer) ([]byte, error) {
	data, err := a.fileIn(pathOf(t), in)
	if err == nil {
		return data, nil
	}
	list, unable := a.wider(t)
	for _, wider := range list {
		data, other := a.fileIn(pathOf(wider), in)
		switch {
		case Unable(other):
			unable = other
		case other == nil:
			if data, err = cut(t, data); err == nil {
				return data, nil
			}
		}
	}
	return nil, cmp.Or(unable, err)
}

// wider lists the files that hold a tile at a greater width.
func (a Archive) wider(t tlog.Tile) (list []tlog.Tile, unable error) {
	list = append(list, full(t))
	widths, unable := a.widths(t)
	for _, w := range widths {
		if w > t.W {
			list = append(list, tlog.Tile{H: height, L: t.L, N: t.N, W: w})
		}
	}
	return list, unable
}

// widths lists the widths at which a tile that is not full is kept.
func (a Archive) widths(t tlog.Tile) (list []int, unable error) {
	found, err := os.ReadDir(filepath.Join(a.dir, filepath.FromSlash(narrow(t)))) // none: no such directory
	if Unable(err) {
		return nil, err
	}
	for _, f := range found {
		if w, err := strconv.Atoi(f.Name()); err == nil && strconv.Itoa(w) == f.Name() && w > 0 && w < width {
			list = append(list, w)
		}
	}
	slices.Sort(list)
	return list, nil
}

func (a Archive) unproven(at events.Position, err error) error {
	if Unable(err) {
		return err
	}
	var damage *DamageError
	if errors.As(err, &damage) {
		return damage
	}
	return a.damage("", at, OtherRoot, "the tiles do not lead to the signed root: "+err.Error())
}

// bundle reads messages whose hashes are known.
func (a Archive) bundle(t tlog.Tile, hashes []tlog.Hash) ([][]byte, error) {
	data, err := a.tile(t)
	if err != nil {
		return nil, err
	}
	list, err := wholeEntries(data, t.W)
	if err != nil {
		return nil, a.damage(pathOf(t), 0, Unreadable, err.Error())
	}
	for i, leaf := range leavesOf(list) {
		if leaf != hashes[i] {
			return nil, a.damage(pathOf(t), positionOf(t, i), OtherMessage, "the message is not the one whose hash was signed")
		}
	}
	return list, nil
}

// positionOf is the position of an entry in its bundle.
func positionOf(t tlog.Tile, i int) events.Position { return events.Position(t.N*width + int64(i) + 1) }

// tileReader gives tlog the tiles that it proves.
type tileReader struct{ Archive }

func (tileReader) Height() int                     { return height }
func (tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	list := make([][]byte, len(tiles))
	for i, t := range tiles {
		var err error
		if list[i], err = r.tile(t); err != nil {
			return nil, err
		}
		if _, err := hashesOf(t, list[i]); err != nil {
			return nil, r.damage(pathOf(t), 0, Unreadable, err.Error())
		}
	}
	return list, nil
}
