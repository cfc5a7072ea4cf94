package audit

import (
	"context"
	"crypto/sha256"
	"fmt"
	"iter"

	"golang.org/x/mod/sumdb/tlog"

	"rackvidd/events"
	"rackvidd/projections"
)

// tree is an RFC 6962 Merkle tree that grows leaf by leaf and keeps the roots of its complete subtrees alone, the
// largest first: one for each bit of its size.
type tree struct {
	size  int64
	roots []tlog.Hash
}

func (t *tree) add(leaf tlog.Hash) {
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.roots) - 1
		leaf, t.roots = tlog.NodeHash(t.roots[last], leaf), t.roots[:last]
	}
	t.roots = append(t.roots, leaf)
	t.size++
}

func (t *tree) root() tlog.Hash {
	if t.size == 0 {
		return sha256.Sum256(nil)
	}
	hash := t.roots[len(t.roots)-1]
	for i := len(t.roots) - 2; i >= 0; i-- {
		hash = tlog.NodeHash(t.roots[i], hash)
	}
	return hash
}

// hashedLog makes the tree over the exact bytes of what is read from a log, decision by decision.
type hashedLog struct {
	projections.Source
	tree    tree
	waiting []tlog.Hash // of a decision that has not been read to its end
	head    events.Position
	heard   func(at events.Position) // after every decision; nil: nobody listens
}

func (l *hashedLog) Head(ctx context.Context, m events.Municipality) (head events.Position, err error) {
	l.head, err = l.Source.Head(ctx, m)
	return l.head, err
}

func (l *hashedLog) Read(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[events.Recorded, error] {
	return func(yield func(events.Recorded, error) bool) {
		for one, err := range leavesOf(ctx, l.Source, m, after) {
			// The reader takes a message by asking for the next one: what it turns away is no part of the tree.
			if !yield(one.Recorded, err) || err != nil {
				return
			}
			l.add(one)
		}
	}
}

func (l *hashedLog) add(one leaf) {
	if l.waiting = append(l.waiting, one.hash); one.Part < one.Parts {
		return
	}
	for _, hash := range l.waiting {
		l.tree.add(hash)
	}
	l.waiting = l.waiting[:0]
	if l.heard != nil {
		l.heard(one.Position)
	}
}

// root is the root of the tree at a position, which must be how far was read.
func (l *hashedLog) root(at events.Position) (tlog.Hash, error) {
	if l.tree.size != int64(at) {
		return tlog.Hash{}, fmt.Errorf("%d messages were hashed at position %d", l.tree.size, at)
	}
	return l.tree.root(), nil
}
