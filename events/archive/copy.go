package archive

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Copy hands over the files of the archive as it was when a checkpoint was signed, that one last, whatever was written
// since: an archive of these files is whole.
func (a Archive) Copy(ctx context.Context, signed Checkpoint, put func(name string, data []byte) error) error {
	size := int64(signed.Size)
	for level := entries; level < 0 || size>>(height*level) > 0; level++ {
		last := edgeTile(level, size)
		for n := range last.N + 1 {
			if err := ctx.Err(); err != nil {
				return err
			}
			t := last
			if n < last.N {
				t = tlog.Tile{H: height, L: level, N: n, W: width}
			}
			if t.W == 0 {
				continue
			}
			data, err := a.tile(t)
			if err == nil {
				err = put(pathOf(t), data)
			}
			if err != nil {
				return fmt.Errorf("copy %s of %s: %w", pathOf(t), a.municipality, err)
			}
		}
	}
	return put(checkpointFile, signed.Note)
}
