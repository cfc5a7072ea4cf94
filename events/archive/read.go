package archive

import (
	"context"
	"crypto/sha256"
	"iter"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"rackvidd/events"
)

// Entry is one message as it is archived.
type Entry struct {
	Position events.Position
	Raw      []byte
}

// Read yields the messages after a position up to the checkpoint's, in order. No message is handed over before it was
// found in the tree whose root was signed; those that follow are read and proven meanwhile. *DamageError: it is not
// there. ErrNone: nothing is archived yet.
func (a Archive) Read(ctx context.Context, after events.Position) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		c, err := a.Checkpoint()
		if err != nil {
			yield(Entry{}, err)
			return
		}
		for bundle := range a.ahead(ctx, c, after) {
			for _, raw := range bundle.messages {
				if after++; !yield(Entry{after, raw}, nil) {
					return
				}
			}
			if bundle.err != nil {
				yield(Entry{}, bundle.err)
				return
			}
		}
	}
}

// proven is messages that were found in the signed tree, or why there are no more.
type proven struct {
	messages [][]byte
	err      error
}

// ahead yields what bundles yields, which works on while what it found is looked at.
func (a Archive) ahead(ctx context.Context, c Checkpoint, after events.Position) iter.Seq[proven] {
	return func(yield func(proven) bool) {
		const bundles = 8
		ctx, cancel := context.WithCancel(ctx)
		found := make(chan proven, bundles)
		var reading sync.WaitGroup
		defer reading.Wait()
		defer cancel()
		reading.Go(func() {
			defer close(found)
			for p := range a.bundles(ctx, c, after) {
				select {
				case found <- p:
				case <-ctx.Done():
					return
				}
			}
		})
		for p := range found {
			if !yield(p) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(proven{err: err})
		}
	}
}

// bundles yields the messages of one bundle after the other. An error ends it.
func (a Archive) bundles(ctx context.Context, c Checkpoint, after events.Position) iter.Seq[proven] {
	return func(yield func(proven) bool) {
		var roots []tlog.Hash
		for at := int64(after); at < int64(c.Size); at = (at/width + 1) * width {
			var p proven
			if p.err = ctx.Err(); p.err == nil && len(roots) == 0 {
				roots, p.err = a.roots(c, at/width)
			}
			if p.err == nil {
				if len(roots) > 0 {
					p.messages, p.err = a.under(c, at/width, roots[0])
					roots = roots[1:]
				} else {
					p.messages, p.err = a.last(c)
				}
			}
			if p.err == nil {
				p.messages = p.messages[at%width:]
			}
			if !yield(p) || p.err != nil {
				return
			}
		}
	}
}

// roots returns the roots of full bundles from the n-th on, as many as one tile holds, each found in the signed tree.
func (a Archive) roots(c Checkpoint, n int64) ([]tlog.Hash, error) {
	end := min(int64(c.Size)/width, (n/width+1)*width)
	indexes := make([]int64, 0, end-n)
	for i := n; i < end; i++ {
		indexes = append(indexes, tlog.StoredHashIndex(height, i))
	}
	return a.hashesIn(c, n*width, indexes)
}

// hashesIn returns hashes of the signed tree, each proven to be in it. They are needed for what follows a position.
func (a Archive) hashesIn(c Checkpoint, after int64, indexes []int64) ([]tlog.Hash, error) {
	if len(indexes) == 0 {
		return nil, nil
	}
	hashes, err := tlog.TileHashReader(tlog.Tree{N: int64(c.Size), Hash: c.Root}, tileReader{a}).ReadHashes(indexes)
	if err != nil {
		return nil, a.unproven(events.Position(after+1), err)
	}
	return hashes, nil
}

// under returns the messages of a full bundle if they lead to the root that was proven. If they do not, the hash of each
// is looked up, to say which is another one.
func (a Archive) under(c Checkpoint, n int64, root tlog.Hash) ([][]byte, error) {
	t := tlog.Tile{H: height, L: entries, N: n, W: width}
	data, err := a.tile(t)
	if err != nil {
		return nil, err
	}
	list, err := wholeEntries(data, width)
	if err != nil {
		return nil, a.damage(pathOf(t), 0, Unreadable, err.Error())
	}
	if rootOf(data, list) == root {
		return list, nil
	}
	return a.single(c, t)
}

// last returns the messages of the bundle that is not full.
func (a Archive) last(c Checkpoint) ([][]byte, error) {
	return a.single(c, edgeTile(entries, int64(c.Size)))
}

// single returns the messages of a bundle, each found in the signed tree by itself.
func (a Archive) single(c Checkpoint, t tlog.Tile) ([][]byte, error) {
	indexes := make([]int64, t.W)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, t.N*width+int64(i))
	}
	hashes, err := a.hashesIn(c, t.N*width, indexes)
	if err != nil {
		return nil, err
	}
	return a.bundle(t, hashes)
}

// rootOf is the root over a bundle's messages, which stand in data one behind the other, each behind its length. The
// byte before a message makes room for the one that is hashed before it, so that nothing is copied.
func rootOf(data []byte, list [][]byte) tlog.Hash {
	var hashes [width]tlog.Hash
	at := 0
	for i, raw := range list {
		at += 2
		before := data[at-1]
		data[at-1] = 0 // RFC 6962: a leaf
		hashes[i] = sha256.Sum256(data[at-1 : at+len(raw)])
		data[at-1] = before
		at += len(raw)
	}
	return top(hashes[:len(list)])
}
