package archive

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// edge is the right edge of a tree: of each level the hashes of the tile that is not full yet. The root, and whatever
// will be written next, follow from it, so a quiet log costs a few kB and not its tree.
type edge struct {
	size   int64
	levels [][]tlog.Hash
}

// hashTile is a tile that is ready to be written.
type hashTile struct {
	tlog.Tile
	data []byte
}

// add takes the next leaf and returns the tiles that it fills, the lowest first.
func (e *edge) add(leaf tlog.Hash) (filled []hashTile) {
	e.size++
	for level, hash := 0, leaf; ; level++ {
		if level == len(e.levels) {
			e.levels = append(e.levels, nil)
		}
		e.levels[level] = append(e.levels[level], hash)
		if len(e.levels[level]) < width {
			return filled
		}
		t := tlog.Tile{H: height, L: level, N: e.size>>(height*(level+1)) - 1, W: width}
		filled = append(filled, hashTile{t, bytesOf(e.levels[level])})
		hash, e.levels[level] = top(e.levels[level]), nil
	}
}

// tiles are those that are not full, the lowest first.
func (e *edge) tiles() (list []hashTile) {
	for level, hashes := range e.levels {
		if len(hashes) > 0 {
			list = append(list, hashTile{edgeTile(level, e.size), bytesOf(hashes)})
		}
	}
	return list
}

// edgeTile is the last tile of a level in a tree of a size; its width is 0 when that level ends with a full one.
func edgeTile(level int, size int64) tlog.Tile {
	n := size >> (height * max(level, 0))
	return tlog.Tile{H: height, L: level, N: n >> height, W: int(n % width)}
}

// ReadHashes makes it a tlog.HashReader of the subtrees that a root is made from.
func (e *edge) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level := tlog.TileForIndex(height, index).L
		if level >= len(e.levels) {
			return nil, fmt.Errorf("hash %d is not at the edge", index)
		}
		var err error
		if list[i], err = tlog.HashFromTile(edgeTile(level, e.size), bytesOf(e.levels[level]), index); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (e *edge) root() (tlog.Hash, error) { return tlog.TreeHash(e.size, e) }
