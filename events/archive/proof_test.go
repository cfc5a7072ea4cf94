package archive_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"rackvidd/events"
	"rackvidd/events/archive"
)

// sizes are around those at which tiles are full, and levels begin.
var sizes = []events.Position{1, 2, 3, 7, 255, 256, 257, 300, 511, 512, 700}

func TestEveryEarlierLogIsProvedToBeTheBeginningOfTheLater(t *testing.T) {
	dir := t.TempDir()
	written(t, dir, sizes...)
	a := open(t, dir)
	signed, err := a.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	var leaves []tlog.Hash
	for at := events.Position(1); at <= signed.Size; at++ {
		leaves = append(leaves, tlog.RecordHash(message(at)))
	}
	for _, size := range sizes {
		root, err := a.Root(signed, size)
		if err != nil || root != plainRoot(leaves[:size]) {
			t.Errorf("the root at %d is %s: %v", size, root, err)
		}
		grown, err := a.Consistency(signed, size)
		if err == nil {
			err = tlog.CheckTree(grown, int64(signed.Size), signed.Root, int64(size), root)
		}
		if err != nil {
			t.Errorf("position %d to %d: %v", size, signed.Size, err)
		}
		in, err := a.Inclusion(signed, size)
		if err == nil {
			err = tlog.CheckRecord(in, int64(signed.Size), signed.Root, int64(size-1), leaves[size-1])
		}
		if err != nil {
			t.Errorf("the message at %d: %v", size, err)
		}
	}
}

// plainRoot is RFC 6962's definition, word for word.
func plainRoot(leaves []tlog.Hash) tlog.Hash {
	if len(leaves) == 1 {
		return leaves[0]
	}
	k := 1
	for 2*k < len(leaves) {
		k *= 2
	}
	return tlog.NodeHash(plainRoot(leaves[:k]), plainRoot(leaves[k:]))
}

func TestNothingIsProvedOfAPositionThatTheLogHasNotComeTo(t *testing.T) {
	dir := t.TempDir()
	written(t, dir, 5)
	a := open(t, dir)
	signed, err := a.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	for what, prove := range map[string]func(events.Position) error{
		"root":        func(at events.Position) error { _, err := a.Root(signed, at); return err },
		"inclusion":   func(at events.Position) error { _, err := a.Inclusion(signed, at); return err },
		"consistency": func(at events.Position) error { _, err := a.Consistency(signed, at); return err },
	} {
		if err := prove(6); !errors.Is(err, archive.ErrNone) {
			t.Errorf("%s at position 6 of 5: %v", what, err)
		}
	}
}

func TestACopyIsWholeWhateverWasWrittenSince(t *testing.T) {
	for _, size := range sizes {
		dir := t.TempDir()
		written(t, dir, size)
		signed, err := open(t, dir).Checkpoint()
		if err != nil {
			t.Fatal(err)
		}
		written(t, dir, size+1, size+300)
		copied := t.TempDir()
		err = open(t, dir).Copy(t.Context(), signed, func(name string, data []byte) error {
			path := filepath.Join(copied, string(orebro), filepath.FromSlash(name))
			return errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, data, 0o600))
		})
		if err != nil {
			t.Fatal(err)
		}
		c, faults, err := open(t, copied).Verify(t.Context())
		if err != nil || len(faults) > 0 || c.Size != size || c.Root != signed.Root {
			t.Errorf("a copy at %d: %d, %v, %v", size, c.Size, faults, err)
		}
		written(t, copied, size+2) // and it can be written on
	}
}
