package archive

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"rackvidd/events"
)

// Root is the root of the log as it was when it ended at a position, by what was signed since.
func (a Archive) Root(signed Checkpoint, at events.Position) (tlog.Hash, error) {
	if at > signed.Size {
		return tlog.Hash{}, a.beyond(signed, at)
	}
	root, err := tlog.TreeHash(int64(at), a.signedHashes(signed))
	return root, a.proved(at, err)
}

// Inclusion proves that the message at a position is in the signed log (RFC 6962, 2.1.1).
func (a Archive) Inclusion(signed Checkpoint, at events.Position) (tlog.RecordProof, error) {
	if at > signed.Size || at == 0 {
		return nil, a.beyond(signed, at)
	}
	proof, err := tlog.ProveRecord(int64(signed.Size), int64(at-1), a.signedHashes(signed))
	return proof, a.proved(at, err)
}

// Consistency proves that the signed log begins with all that it held when it ended at a position (RFC 6962, 2.1.2).
func (a Archive) Consistency(signed Checkpoint, at events.Position) (tlog.TreeProof, error) {
	if at > signed.Size || at == 0 {
		return nil, a.beyond(signed, at)
	}
	proof, err := tlog.ProveTree(int64(signed.Size), int64(at), a.signedHashes(signed))
	return proof, a.proved(at, err)
}

// OpenCheckpoint reads a checkpoint of the municipality's log that somebody kept.
func (a Archive) OpenCheckpoint(data []byte) (Checkpoint, error) {
	return a.open(data)
}

func (a Archive) signedHashes(signed Checkpoint) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: int64(signed.Size), Hash: signed.Root}, tileReader{a})
}

func (a Archive) beyond(signed Checkpoint, at events.Position) error {
	return fmt.Errorf("prove position %d of %s: the log is signed to position %d: %w", at, a.municipality, signed.Size, ErrNone)
}

func (a Archive) proved(at events.Position, err error) error {
	if err == nil {
		return nil
	}
	return a.unproven(at, err)
}
