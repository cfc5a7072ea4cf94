package archive

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	height  = 8 // of a tile, as C2SP tlog-tiles has it
	width   = 1 << height
	entries = -1 // tlog's level of the records themselves
)

// pathOf is where a tile is below a municipality's directory: tlog's own path, without the height, which is always 8,
// and with "entries" for "data".
func pathOf(t tlog.Tile) string {
	path := strings.TrimPrefix(t.Path(), "tile/8/")
	if rest, ok := strings.CutPrefix(path, "data/"); ok {
		path = "entries/" + rest
	}
	return "tile/" + path
}

// tileAt reads a path. Every tile has one spelling.
func tileAt(path string) (tlog.Tile, bool) {
	rest, _ := strings.CutPrefix(path, "tile/")
	if n, ok := strings.CutPrefix(rest, "entries/"); ok {
		rest = "data/" + n
	}
	t, err := tlog.ParseTilePath("tile/8/" + rest)
	return t, err == nil && pathOf(t) == path
}

// full is the tile when nothing more fits.
func full(t tlog.Tile) tlog.Tile {
	t.W = width
	return t
}

// narrow is the directory of a tile's files before it was full.
func narrow(t tlog.Tile) string { return pathOf(full(t)) + ".p" }

// within reports whether a tree of a size has the tile at its width. A path may name any tile: of one that is far beyond the
// tree the hashes cannot be counted.
func within(t tlog.Tile, size int64) bool {
	hashes := size >> (height * max(t.L, 0))
	return t.L*height < 63 && t.N <= hashes>>height && hashes-t.N<<height >= int64(t.W)
}

// hashesOf reads a hash tile.
func hashesOf(t tlog.Tile, data []byte) ([]tlog.Hash, error) {
	if len(data) != t.W*tlog.HashSize {
		return nil, fmt.Errorf("is %d bytes long, not %d", len(data), t.W*tlog.HashSize)
	}
	list := make([]tlog.Hash, t.W)
	for i := range list {
		copy(list[i][:], data[i*tlog.HashSize:])
	}
	return list, nil
}

func bytesOf(hashes []tlog.Hash) []byte {
	data := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		data = append(data, h[:]...)
	}
	return data
}

// top is the root of a complete subtree: of a power of two hashes.
func top(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	half := len(hashes) / 2
	return tlog.NodeHash(top(hashes[:half]), top(hashes[half:]))
}

// appendEntry adds a message to a bundle: its length in two bytes, then exactly its own.
func appendEntry(bundle, raw []byte) []byte {
	return append(binary.BigEndian.AppendUint16(bundle, uint16(len(raw))), raw...)
}

// entriesOf adds n messages from the beginning of a bundle to an empty list, and returns what is left of it.
func entriesOf(list [][]byte, bundle []byte, n int) (all [][]byte, rest []byte, err error) {
	for range n {
		if len(bundle) < 2 || len(bundle)-2 < int(binary.BigEndian.Uint16(bundle)) {
			return nil, nil, fmt.Errorf("holds %d whole entries, not %d", len(list), n)
		}
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		list, bundle = append(list, bundle[2:end:end]), bundle[end:]
	}
	return list, bundle, nil
}

var errLonger = errors.New("is longer than what it is to hold")

// wholeEntries reads a bundle that holds n messages and nothing else.
func wholeEntries(bundle []byte, n int) ([][]byte, error) {
	return wholeEntriesIn(make([][]byte, 0, n), bundle, n)
}

// wholeEntriesIn is wholeEntries with an empty list to put them in.
func wholeEntriesIn(list [][]byte, bundle []byte, n int) ([][]byte, error) {
	list, rest, err := entriesOf(list, bundle, n)
	if err == nil && len(rest) > 0 {
		err = errLonger
	}
	return list, err
}

// cut returns as much of a wider tile's bytes as a narrower one has.
func cut(t tlog.Tile, data []byte) ([]byte, error) {
	if t.L != entries {
		if len(data) < t.W*tlog.HashSize {
			return nil, fmt.Errorf("is %d bytes long, too short for %d hashes", len(data), t.W)
		}
		return data[:t.W*tlog.HashSize], nil
	}
	_, rest, err := entriesOf(nil, data, t.W)
	return data[:len(data)-len(rest)], err
}

func leavesOf(list [][]byte) []tlog.Hash {
	hashes := make([]tlog.Hash, len(list))
	for i, raw := range list {
		hashes[i] = tlog.RecordHash(raw)
	}
	return hashes
}
