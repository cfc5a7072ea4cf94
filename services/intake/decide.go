package intake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"rackvidd/events"
	"rackvidd/services/casework"
	"rackvidd/services/vault"
)

// outcome is what becomes of a row.
type outcome int

const (
	recorded outcome = iota
	duplicate
	repeated // another record says it already
	rejected
)

// mostConflicts is how many times in a row others may have decided about one of the same streams.
const mostConflicts = 20

// decideChunk records a chunk in as few appends as it takes, and counts its rows.
func (r *run) decideChunk(ctx context.Context, items []*item) error {
	if len(items) == 0 {
		return ctx.Err()
	}
	keys := make([][16]byte, len(items))
	for n, it := range items {
		keys[n] = it.record.Key
	}
	known, err := r.Vault.Recorded(ctx, r.m, keys)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if fact, now := r.fresh[key]; now {
			known[key] = fact
		}
	}
	r.attempted = make(map[[16]byte]bool)
	for conflicts := 0; len(items) > 0; {
		n, err := r.decideSome(ctx, items, known)
		switch {
		case err == nil:
			items, conflicts = items[n:], 0
		case errors.Is(err, events.ErrConflict) && conflicts < mostConflicts:
			conflicts++
			clear(r.streams)
		case errors.Is(err, events.ErrUnavailable) && ctx.Err() == nil && r.retry(ctx):
			clear(r.streams)
		default:
			return err
		}
	}
	return nil
}

// batch is what one flush records.
type batch struct {
	*run
	known    map[[16]byte]vault.Fact
	facts    map[[16]byte]vault.Fact
	dirty    []*events.Deciding
	weight   map[events.Stream]int // of a stream's pending events
	updates  bool
	outcomes []outcome
	rejected []Rejection
	sessions int // that there were not before
}

// Limits of one flush: messages, and what one message may hold with room to spare.
const (
	maxDirty  = events.MaxBatch - 8
	maxWeight = 300
)

// decideSome decides as many rows as fit one flush and records them. It returns how many.
func (r *run) decideSome(ctx context.Context, items []*item, known map[[16]byte]vault.Fact) (int, error) {
	release, err := r.hold(ctx)
	if err != nil {
		return 0, err
	}
	defer release()
	if err := r.load(ctx, items, known); err != nil {
		return 0, err
	}
	b := &batch{run: r, known: known, facts: make(map[[16]byte]vault.Fact), weight: make(map[events.Stream]int)}
	n := 0
	for n < len(items) && len(b.dirty) < maxDirty && !b.full(items[n]) {
		b.decide(items[n])
		n++
	}
	if err := b.flush(ctx, items[:n]); err != nil {
		return 0, err
	}
	r.count(b, items[:n])
	return n, nil
}

// hold lets nobody change what rows are decided by until it is released. Programmes are read again: since the last rows were decided
// somebody may have.
func (r *run) hold(ctx context.Context) (release func(), err error) {
	if r.DryRun {
		return func() {}, nil
	}
	maps.DeleteFunc(r.streams, func(s events.Stream, _ *events.Deciding) bool { return s.Type == events.ProgrammeStream })
	if r.Hold == nil {
		return func() {}, nil
	}
	return r.Hold(ctx)
}

// full reports whether the row's stream has no more room in its message.
func (b *batch) full(it *item) bool { return b.weight[it.stream()] >= maxWeight }

func (r *run) count(b *batch, items []*item) {
	r.making.sessions += b.sessions
	for n, o := range b.outcomes {
		switch o {
		case recorded:
			r.summary.Recorded++
			r.making.add(items[n], r.DryRun)
		case duplicate:
			r.summary.Duplicates++
		case repeated:
			r.repeat(items[n])
		}
	}
	r.summary.Rejected = append(r.summary.Rejected, b.rejected...)
}

// repeat counts a row that says what another record says already. In an update that record may say something else further down: then
// nobody has said what this row says, and it is decided again when the file has ended.
func (r *run) repeat(it *item) {
	switch {
	case r.Update && !r.ended:
		r.repeats = append(r.repeats, it)
	case it.tookBack:
		r.summary.Recorded++
		r.making.add(it, r.DryRun)
	default:
		r.summary.Duplicates++
	}
}

// stream is the stream a row is recorded in.
func (it *item) stream() events.Stream {
	if it.Type.isSession() {
		return events.SessionOf(it.session)
	}
	return events.CaseOf(it.token)
}

// about is what the index keeps for the stream of a row by which nothing stands: its child's case, where it names one. From that it is
// seen whether the child was erased since.
func (it *item) about() events.Stream {
	if it.token.IsZero() {
		return it.stream()
	}
	return events.CaseOf(it.token)
}

// load fetches the states of every stream the rows are about, unless they are at hand.
func (r *run) load(ctx context.Context, items []*item, known map[[16]byte]vault.Fact) error {
	if len(r.streams) > keepStreams && !r.DryRun {
		clear(r.streams)
	}
	var names []events.Stream
	want := func(s events.Stream) { names = append(names, s) }
	for _, it := range items {
		if it.forgotten != "" {
			continue
		}
		want(it.stream())
		if it.Programme != "" {
			want(events.ProgrammeOf(it.Programme))
		}
		if fact, before := known[it.record.Key]; before && fact.MAC != it.record.MAC && (r.Update || len(r.erased) > 0) {
			if s, err := events.ParseStream(fact.Stream); err == nil {
				want(s)
			}
			if !it.token.IsZero() {
				want(events.CaseOf(it.token))
			}
		}
	}
	if err := r.fetch(ctx, names...); err != nil {
		return err
	}
	return r.loadBehind(ctx, items)
}

// loadBehind fetches what sessions lead to: the programme that each is of by now, and as whom those count who are or were marked by hand.
func (r *run) loadBehind(ctx context.Context, items []*item) error {
	var programmes []events.Stream
	var children []events.ID
	for _, it := range items {
		if it.forgotten != "" || !it.Type.isSession() {
			continue
		}
		session := r.streams[it.stream()].State.(*casework.Session)
		if session.Opened {
			programmes = append(programmes, events.ProgrammeOf(session.Programme))
		}
		if hands := session.Hands(); len(hands) > 0 && !it.token.IsZero() {
			children = append(append(children, it.token), hands...)
		}
	}
	r.same = make(casework.Roots)
	for len(children) > 0 {
		names := make([]events.Stream, len(children))
		for n, child := range children {
			names[n] = events.CaseOf(child)
		}
		if err := r.fetch(ctx, names...); err != nil {
			return err
		}
		children = r.merged(children)
	}
	return r.fetch(ctx, programmes...)
}

// merged notes as whom children count who were merged, and returns who those are.
func (r *run) merged(children []events.ID) (into []events.ID) {
	for _, child := range children {
		one := r.streams[events.CaseOf(child)].State.(*casework.Case)
		if _, noted := r.same[child]; !noted && !one.MergedInto.IsZero() {
			r.same[child] = one.MergedInto
			into = append(into, one.MergedInto)
		}
	}
	return into
}

// fetch reads the states of streams that are not at hand.
func (r *run) fetch(ctx context.Context, names ...events.Stream) error {
	var missing []events.Stream
	for _, s := range names {
		if _, here := r.streams[s]; !here {
			r.streams[s] = &events.Deciding{Stream: s, State: casework.Fresh(s)}
			missing = append(missing, s)
		}
	}
	return r.fill(ctx, missing)
}

func (r *run) fill(ctx context.Context, missing []events.Stream) error {
	if len(missing) == 0 {
		return nil
	}
	found, err := r.Log.Streams(ctx, r.m, missing...)
	if err != nil {
		for _, s := range missing {
			delete(r.streams, s)
		}
		return err
	}
	for s, messages := range found {
		about := r.streams[s]
		for _, msg := range messages {
			for _, e := range msg.Events {
				about.State.Evolve(e)
			}
			about.Latest = msg.Position
		}
	}
	return nil
}

// decide says what becomes of a row, and lets the states follow.
func (b *batch) decide(it *item) {
	o := recorded
	it.echo, it.barred = false, false // a row that waited is decided once more
	fact := b.known[it.record.Key]
	if own, now := b.facts[it.record.Key]; now {
		fact = own
	}
	before := stands(fact)
	switch {
	case it.forgotten != "":
		o = b.reject(it, recordIDColumn, it.forgotten)
	case b.saidOtherwise(it):
		o = b.reject(it, recordIDColumn, CodeRecordTwice)
	case before && (fact.MAC == it.record.MAC || b.ended): // what a later row of the same record said stands
		o = duplicate
	case !it.token.IsZero() && b.saidOfErased(b.streams, fact, it.record.Key):
		o = b.reject(it, recordIDColumn, CodeErasedSince)
	case before && !b.Update:
		o = b.reject(it, recordIDColumn, CodeChangedRecord)
	default:
		o = b.record(it, fact, before)
	}
	switch {
	case o == recorded:
		b.facts[it.record.Key] = vault.Fact{MAC: it.record.MAC, Stream: it.stream().String()}
	case o != rejected && fact.MAC != it.record.MAC && (before && !b.ended || it.echo && fact == vault.Fact{}): // nothing stands by this record
		b.facts[it.record.Key] = vault.Fact{Stream: it.about().String()}
	case it.barred && fact == vault.Fact{} && !it.token.IsZero(): // nor here, and it comes again with its file
		b.facts[it.record.Key] = vault.Fact{Stream: it.about().String()}
	}
	if b.Update && o != rejected {
		b.said[it.record.Key] = it.record.MAC
	}
	b.outcomes = append(b.outcomes, o)
}

// saidOtherwise reports whether a row of an update came whose record said something else in a row above: the log would follow the
// two back and forth each time the file comes.
func (b *batch) saidOtherwise(it *item) bool {
	mac, said := b.said[it.record.Key]
	return said && mac != it.record.MAC
}

func (b *batch) reject(it *item, col column, code string) outcome {
	b.rejected = append(b.rejected, Rejection{Line: it.Line, Column: col.String(), Code: code, Message: message(code, col, Language(b.Language))})
	return rejected
}

func (b *batch) record(it *item, fact vault.Fact, before bool) outcome {
	if it.unnamed != "" {
		return b.reject(it, childColumn, it.unnamed)
	}
	about := b.streams[events.ProgrammeOf(it.Programme)]
	if it.Programme != "" {
		if err := it.mayName(about.State.(*casework.Programme)); err != nil {
			return b.reject(it, childColumn, err.Code)
		}
	}
	if col, code := b.barred(it, fact, before); code != "" {
		it.barred = true
		return b.reject(it, col, code)
	}
	if it.Programme != "" {
		b.extend(about, it)
	}
	if before {
		return b.update(it, fact)
	}
	return b.recordFact(it)
}

// extend lets all that the rows of a flush say of a programme be one event.
func (b *batch) extend(about *events.Deciding, it *item) {
	list := about.State.(*casework.Programme).Extend(it.Programme, it.Form, it.OccurredOn)
	if len(list) == 0 || len(about.Events) == 0 {
		b.put(about, 1, list...)
		return
	}
	about.State.Evolve(list[0])
	now := about.State.(*casework.Programme).ProgrammeRegistered
	if _, first := about.Events[0].(events.ProgrammeRegistered); first {
		about.Events[0] = now
	} else {
		about.Events[0] = events.ProgrammeAmended(now)
	}
}

// recordFact records what a row says, whatever its record said before.
func (b *batch) recordFact(it *item) outcome {
	if it.Type.isSession() {
		return b.recordSession(it)
	}
	return b.recordCase(it)
}

// mayName says why the row's child may not be named as it was, nil if it may.
func (it *item) mayName(p *casework.Programme) *casework.Refusal {
	if it.token.IsZero() {
		return nil
	}
	return it.refusedBy(p)
}

// put notes decided events of a stream.
func (b *batch) put(about *events.Deciding, weight int, list ...events.Event) {
	if len(list) == 0 {
		return
	}
	if len(about.Events) == 0 {
		b.dirty = append(b.dirty, about)
	}
	b.weight[about.Stream] += weight * len(list)
	about.Record(list...)
}

// again is what becomes of a row whose fact stands already: recorded, where it was this run's own append that is not
// known to have failed. What was said by hand, no file takes back.
func (b *batch) again(it *item, by events.Record) outcome {
	it.echo = by.Key != it.record.Key
	switch {
	case by.Key == it.record.Key && b.attempted[it.record.Key]:
		return recorded
	case by.IsZero() || by.Key == it.record.Key:
		return duplicate
	}
	return repeated
}

// flush appends what was decided, all or none, and hands the facts to the index.
func (b *batch) flush(ctx context.Context, items []*item) error {
	if b.DryRun {
		b.rehearse()
		return nil
	}
	if len(b.dirty) > 0 {
		first := make(map[[16]byte]bool)
		for _, it := range items {
			if !b.attempted[it.record.Key] {
				first[it.record.Key], b.attempted[it.record.Key] = true, true
			}
		}
		if err := b.append(ctx); err != nil {
			if errors.Is(err, events.ErrConflict) { // nothing of it was recorded
				maps.DeleteFunc(b.attempted, func(key [16]byte, _ bool) bool { return first[key] })
			}
			return err
		}
	}
	return b.index(ctx)
}

func (b *batch) append(ctx context.Context) error {
	var decisions []events.Decision
	now := b.Clock()
	for _, about := range b.dirty {
		decisions = append(decisions, events.Decision{{
			Stream: about.Stream, Expected: about.Latest, Command: b.command, Actor: b.Actor, Time: now, Events: about.Events,
		}})
	}
	if b.updates {
		decisions = []events.Decision{slices.Concat(decisions...)}
	}
	positions, err := b.Log.Append(ctx, b.m, decisions...)
	if err != nil {
		return fmt.Errorf("record rows: %w", err)
	}
	last := positions[len(positions)-1]
	for n, about := range b.dirty {
		about.Latest, about.Events = last-events.Position(len(b.dirty)-1-n), nil
	}
	b.summary.Position = last
	return nil
}

// rehearse is flush in a dry run: the states have followed, and that is all.
func (b *batch) rehearse() {
	for _, about := range b.dirty {
		about.Events = nil
	}
	for key, fact := range b.facts {
		b.fresh[key] = fact
	}
}
