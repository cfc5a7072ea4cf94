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
	return reading[Entry]{Archive: a, as: func(e Entry, _ tlog.Hash) Entry { return e }}.after(ctx, after)
}

// ReadAs reads as Read does and yields what as makes of each message and its leaf of the tree. That works on several
// messages at once, ahead of what is yielded. It is lent a message's bytes: others stand there afterwards.
func ReadAs[T any](ctx context.Context, a Archive, after events.Position, as func(Entry, tlog.Hash) T) iter.Seq2[T, error] {
	return reading[T]{Archive: a, in: newRooms(), as: as, lists: make(spare[[]T], bundlesAhead)}.after(ctx, after)
}

// reading is an archive that something is made of while it is read.
type reading[T any] struct {
	Archive
	in    rooms
	as    func(Entry, tlog.Hash) T
	lists spare[[]T] // of what was made, handed on and empty again
}

func (r reading[T]) after(ctx context.Context, after events.Position) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		c, err := r.Checkpoint()
		if err != nil {
			yield(none, err)
			return
		}
		for read := range r.ahead(ctx, c, after) {
			values, more := <-read.values, true
			r.others.beside(func() {
				for i := 0; i < len(values) && more; i++ {
					more = yield(values[i], nil)
				}
			})
			clear(values)
			r.lists.put(values[:0])
			if !more {
				return
			}
			if read.err != nil {
				yield(none, read.err)
				return
			}
		}
	}
}

// proven is messages that were found in the signed tree, and their leaves there, or why there are no more.
type proven struct {
	after    events.Position
	messages [][]byte
	leaves   []tlog.Hash
	room     *room // where they stand
	err      error
}

// bundleAs is what becomes of a bundle's messages, once, and why there are no more.
type bundleAs[T any] struct {
	values <-chan []T
	err    error
}

// bundlesAhead is how many bundles are read before anybody looks at them.
const bundlesAhead = 8

// ahead yields what bundles yields, which works on while what it found is looked at.
func (r reading[T]) ahead(ctx context.Context, c Checkpoint, after events.Position) iter.Seq[bundleAs[T]] {
	return func(yield func(bundleAs[T]) bool) {
		ctx, cancel := context.WithCancel(ctx)
		found := make(chan bundleAs[T], bundlesAhead)
		var working sync.WaitGroup
		defer working.Wait()
		defer cancel()
		working.Go(func() {
			defer close(found)
			for p := range r.bundles(ctx, c, after, r.in) {
				values := make(chan []T, 1)
				working.Go(func() {
					r.others.beside(func() { values <- r.each(p) })
					r.in.leave(p.room)
				})
				select {
				case found <- bundleAs[T]{values, p.err}:
				case <-ctx.Done():
					return
				}
			}
		})
		for b := range found {
			if !yield(b) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			nothing := make(chan []T)
			close(nothing)
			yield(bundleAs[T]{nothing, err})
		}
	}
}

func (r reading[T]) each(p proven) []T {
	list, some := r.lists.take()
	if !some {
		list = make([]T, 0, len(p.messages))
	}
	for i, raw := range p.messages {
		list = append(list, r.as(Entry{p.after + events.Position(i) + 1, raw}, p.leaves[i]))
	}
	return list
}

// bundles yields the messages of one bundle after the other. An error ends it.
func (a Archive) bundles(ctx context.Context, c Checkpoint, after events.Position, in rooms) iter.Seq[proven] {
	return func(yield func(proven) bool) {
		var roots []tlog.Hash
		for at := int64(after); at < int64(c.Size); at = (at/width + 1) * width {
			p := proven{after: events.Position(at), room: in.enter(), err: ctx.Err()}
			a.others.beside(func() { roots = a.prove(c, &p, roots) })
			if !yield(p) || p.err != nil {
				return
			}
		}
	}
}

// prove reads the messages of the bundle that p begins in. It takes the first of the roots that were found in the signed tree, or finds
// more, and returns the others.
func (a Archive) prove(c Checkpoint, p *proven, roots []tlog.Hash) []tlog.Hash {
	at := int64(p.after)
	if p.err == nil && len(roots) == 0 {
		roots, p.err = a.roots(c, at/width)
	}
	if p.err != nil {
		return nil
	}
	if len(roots) > 0 {
		p.messages, p.leaves, p.err = a.under(c, at/width, roots[0], p.room)
		roots = roots[1:]
	} else {
		p.messages, p.leaves, p.err = a.last(c)
	}
	if p.err == nil {
		p.messages, p.leaves = p.messages[at%width:], p.leaves[at%width:]
	}
	return roots
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

// under returns the messages of a full bundle and their leaves if they lead to the root that was proven. If they do not,
// the hash of each is looked up, to say which is another one.
func (a Archive) under(c Checkpoint, n int64, root tlog.Hash, in *room) ([][]byte, []tlog.Hash, error) {
	t := fullBundle(n)
	data, err := a.tileIn(t, &in.file)
	if err != nil {
		return nil, nil, err
	}
	list, err := wholeEntriesIn(in.messages[:0], data, width)
	if err != nil {
		return nil, nil, a.damage(pathOf(t), 0, Unreadable, err.Error())
	}
	in.messages, in.leaves = list, leavesIn(data, list, in.leaves[:0])
	if top(in.leaves) == root {
		return list, in.leaves, nil
	}
	return a.single(c, t)
}

// last returns the messages of the bundle that is not full, and their leaves.
func (a Archive) last(c Checkpoint) ([][]byte, []tlog.Hash, error) {
	return a.single(c, edgeTile(entries, int64(c.Size)))
}

// single returns the messages of a bundle, each found in the signed tree by itself, and their leaves there.
func (a Archive) single(c Checkpoint, t tlog.Tile) ([][]byte, []tlog.Hash, error) {
	indexes := make([]int64, t.W)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, t.N*width+int64(i))
	}
	leaves, err := a.hashesIn(c, t.N*width, indexes)
	if err != nil {
		return nil, nil, err
	}
	list, err := a.bundle(t, leaves)
	return list, leaves, err
}

// leavesIn are the leaves of a bundle's messages, which stand in data one behind the other, each behind its length. The
// byte before a message makes room for the one that is hashed before it, so that nothing is copied. They are added to an
// empty list.
func leavesIn(data []byte, list [][]byte, leaves []tlog.Hash) []tlog.Hash {
	at := 0
	for _, raw := range list {
		at += 2
		before := data[at-1]
		data[at-1] = 0 // RFC 6962: a leaf
		leaves = append(leaves, sha256.Sum256(data[at-1:at+len(raw)]))
		data[at-1] = before
		at += len(raw)
	}
	return leaves
}
