package audit

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"

	"rackvidd/events"
	"rackvidd/events/archive"
)

// weighing holds what archive and stream have at each position against what was signed. From both together the log is
// whole as long as each message is in one of them.
type weighing struct {
	municipality events.Municipality
	archive      archive.Archive
	stream       iter.Seq2[archive.Entry, error] // the stored messages from the first on
	signed       archive.Checkpoint

	suspects     []suspect           // where the stream has not the signed message
	others       map[uuid.UUID]other // of them, where it has an event of this log, by the command
	lost         []events.Position   // where neither has
	whole, found tree                // of the best of both, and of the stream
}

// other is what a command recorded that was not signed where the stream has it.
type other struct {
	at     []events.Position
	erased []events.ID // the children whom it erased
	alone  bool        // it did nothing else
}

// suspect is a position of the stream.
type suspect struct {
	at      events.Position
	missing bool
}

// run weighs every position up to the checkpoint, and hands the best message of each to take, nil where it is lost.
func (w *weighing) run(ctx context.Context, take func(archive.Entry) bool) error {
	next, stop := iter.Pull2(w.stream)
	defer stop()
	waiting, err, more := next()
	for after := events.Position(0); after < w.signed.Size; after += archive.Width {
		if err := ctx.Err(); err != nil {
			return err
		}
		last := min(after+archive.Width, w.signed.Size)
		stored := make([][]byte, last-after)
		for more && err == nil && waiting.Position <= last {
			stored[waiting.Position-after-1] = waiting.Raw
			waiting, err, more = next()
		}
		if err != nil {
			return err
		}
		evidence := w.archive.Evidence(w.signed, after)
		for i := range stored {
			if !take(archive.Entry{Position: after + events.Position(i) + 1, Raw: w.weigh(after+events.Position(i)+1, evidence, i, stored[i])}) {
				return nil
			}
		}
	}
	if w.found.size == int64(w.signed.Size) && w.found.root() == w.signed.Root {
		w.suspects = nil // where the tiles are damaged, the root alone says so
	}
	return nil
}

// weigh returns the message that was signed at a position.
func (w *weighing) weigh(at events.Position, e archive.Evidence, i int, stored []byte) []byte {
	var archived []byte
	if e.Messages != nil {
		archived = e.Messages[i]
	}
	best := stored
	switch {
	case e.Hashes != nil && stored != nil && tlog.RecordHash(stored) == e.Hashes[i]:
	case e.Hashes != nil && archived != nil && tlog.RecordHash(archived) == e.Hashes[i]:
		best = archived
	case e.Hashes != nil:
		best = nil
	case stored == nil:
		best = archived
	}
	if stored == nil || !bytes.Equal(stored, best) || e.Hashes == nil && !bytes.Equal(stored, archived) {
		w.suspects = append(w.suspects, suspect{at, stored == nil})
	}
	if stored != nil && best != nil && !bytes.Equal(stored, best) {
		w.note(at, stored, best)
	}
	if stored != nil {
		w.found.add(tlog.RecordHash(stored))
	}
	if best == nil {
		w.lost = append(w.lost, at)
	} else {
		w.whole.add(tlog.RecordHash(best))
	}
	return best
}

// note keeps which command an event of the log is of that was not signed at its position. Where it says of the same moment what the
// signed one does, and of the same stream, it is that one with another id.
func (w *weighing) note(at events.Position, stored, signed []byte) {
	r, err := events.Kinds.Parse(at, stored)
	if err != nil || r.Municipality != w.municipality {
		return
	}
	if was, err := events.Kinds.Parse(at, signed); err == nil && r.Stream == was.Stream && r.Expected == was.Expected && r.Time.Equal(was.Time) {
		return
	}
	if w.others == nil {
		w.others = make(map[uuid.UUID]other)
	}
	o := w.others[r.Command]
	children := erasedBy(r)
	o.alone = (o.alone || len(o.at) == 0) && len(children) == len(r.Events)
	o.at, o.erased = append(o.at, at), append(o.erased, children...)
	w.others[r.Command] = o
}

// erasedBy are the children whom a message erases.
func erasedBy(r events.Recorded) (children []events.ID) {
	for _, e := range r.Events {
		if one, is := e.(events.IdentityErased); is {
			children = append(children, one.Child)
		}
	}
	return children
}

// own returns where the stream has what was recorded, and no signed message is of the same command: nothing but the stream
// knows of that. A message that was changed, or is in another's place, is of a command that was signed. That a child was erased is no news
// where a signed message says so: whoever restores a backup notes it once more.
func (w *weighing) own(ctx context.Context) (list []events.Position, err error) {
	if len(w.others) == 0 {
		return nil, nil
	}
	others, erased := maps.Clone(w.others), make(map[events.ID]bool)
	for e, err := range w.best(ctx) {
		if err != nil {
			return nil, err
		}
		if r, unread := events.Kinds.Parse(e.Position, e.Raw); unread == nil {
			delete(others, r.Command)
			for _, child := range erasedBy(r) {
				erased[child] = true
			}
		}
	}
	for _, o := range others {
		if news := slices.ContainsFunc(o.erased, func(child events.ID) bool { return !erased[child] }); news || !o.alone {
			list = append(list, o.at...)
		}
	}
	slices.Sort(list)
	return list, nil
}

// recoverable says whether the log is whole from both copies together.
func (w *weighing) recoverable() bool {
	return len(w.lost) == 0 && w.whole.size == int64(w.signed.Size) && w.whole.root() == w.signed.Root
}

// leaves returns where the stream is another than the archive at the last message that it has of those that were signed, as
// what follows there goes on from another log; 0: it is not.
func (w *weighing) leaves() events.Position {
	at := w.signed.Size
	for _, s := range slices.Backward(w.suspects) {
		switch {
		case s.at < at:
			return 0
		case !s.missing:
			return at
		}
		at--
	}
	return 0
}

// best yields the messages that were signed, those too that were since the weighing. Both copies are read as it goes.
func (w *weighing) best(ctx context.Context) iter.Seq2[archive.Entry, error] {
	return func(yield func(archive.Entry, error) bool) {
		w := &weighing{municipality: w.municipality, archive: w.archive, stream: w.stream, signed: w.signed}
		if later, err := w.archive.Signed(); err == nil && later.Size > w.signed.Size {
			w.signed = later
		}
		stopped := false
		err := w.run(ctx, func(e archive.Entry) bool {
			stopped = !yield(e, nil)
			return !stopped
		})
		if err != nil && !stopped {
			yield(archive.Entry{}, err)
		}
	}
}

// spans writes positions as ranges: 3, 7–9.
func spans(list []events.Position) string {
	var text []byte
	for i := 0; i < len(list); {
		n := i + 1
		for n < len(list) && list[n] == list[n-1]+1 {
			n++
		}
		if i > 0 {
			text = append(text, ", "...)
		}
		if n == i+1 {
			text = fmt.Appendf(text, "%d", list[i])
		} else {
			text = fmt.Appendf(text, "%d–%d", list[i], list[n-1])
		}
		i = n
		const enough = 200
		if len(text) > enough && n < len(list) {
			return string(text) + fmt.Sprintf(" and %d more", len(list)-n)
		}
	}
	return string(text)
}

// runs returns suspects that follow each other, and are missing or are others, as one, with the last position of each.
func runs(list []suspect) (firsts []suspect, lasts []events.Position) {
	for _, s := range list {
		n := len(firsts) - 1
		if n >= 0 && s.missing == firsts[n].missing && s.at == lasts[n]+1 {
			lasts[n] = s.at
			continue
		}
		firsts, lasts = append(firsts, s), append(lasts, s.at)
	}
	return slices.Clip(firsts), lasts
}
