package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/services/integrity"
	"rackvidd/services/vault"
)

// Verification is what was checked, and what differs.
type Verification struct {
	Municipality events.Municipality `json:"municipality"`
	Position     events.Position     `json:"position"` // of the checkpoint that all was checked against
	Root         string              `json:"root"`
	Whole        bool                `json:"whole"` // nothing differs, and all could be compared
	Findings     []integrity.Finding `json:"findings" nullable:"false"`
	Unchecked    []Unchecked         `json:"unchecked,omitempty"` // what could not be compared: what stood of it stands

	checked []string            // the copies
	damaged map[string]bool     // projections
	lost    []events.ID         // children whom the vault does not know
	more    []integrity.Finding // how many more there are of each copy
}

// Unchecked is a copy that could not be compared, and why.
type Unchecked struct {
	Copy string `json:"copy" enum:"read_model,vault,submission"`
	Why  string `json:"why"`
}

// find keeps a finding or, where there are many, counts it.
func (v *Verification) find(f integrity.Finding) {
	const most = 1000 // where a copy is lost altogether, the first names say as much as all of them
	if len(v.Findings) < most {
		f.Municipality = v.Municipality
		v.Findings = append(v.Findings, f)
		return
	}
	i := slices.IndexFunc(v.more, func(one integrity.Finding) bool { return one.Copy == f.Copy })
	if i < 0 {
		i = len(v.more)
		v.more = append(v.more, integrity.Finding{Municipality: v.Municipality, Copy: f.Copy, Code: integrity.More})
	}
	v.more[i].Count++
	v.more[i].Until = max(v.more[i].Until, f.Position, f.Until)
}

// counted adds to the findings how many more there are.
func (v *Verification) counted() {
	for _, f := range v.more {
		f.Problem = fmt.Sprintf("and %d more, up to position %d", f.Count, f.Until)
		v.Findings = append(v.Findings, f)
	}
	v.more = nil
}

// first is what was found first of a copy.
func (v *Verification) first(name string) (integrity.Finding, bool) {
	for _, f := range v.Findings {
		if f.Copy == name {
			return f, true
		}
	}
	return integrity.Finding{}, false
}

// found reports whether something of a copy was.
func (v *Verification) found(name string) bool {
	here := func(f integrity.Finding) bool { return f.Copy == name }
	return slices.ContainsFunc(v.Findings, here) || slices.ContainsFunc(v.more, here)
}

// verify compares every byte of a municipality's archive with its signed checkpoint, every message of the stream with
// what was signed, the read models' tables with those that the log gives, and the figures of a year, unless it is 0, with
// the log's, every version of a survey that was ever submitted and its statement, the records of repairs, and whether the
// vault knows all children that the log names. What differs is a finding; an error says that it could not be compared.
func verify(ctx context.Context, c Copies, m events.Municipality, year events.Year, p *passes) (Verification, error) {
	v := Verification{Municipality: m, Findings: []integrity.Finding{}}
	err := v.compare(ctx, c, year, p)
	v.counted()
	v.Whole = err == nil && len(v.Findings) == 0 && len(v.Unchecked) == 0
	return v, err
}

// compare compares one copy after the other, as long as those before it are whole that it is compared with.
func (v *Verification) compare(ctx context.Context, c Copies, year events.Year, p *passes) error {
	if err := p.count(ctx, c, v.Municipality, year); err != nil {
		return err
	}
	err := v.archive(ctx, c, p.next(integrity.TheArchive, archive.Width))
	switch {
	case err == nil:
		v.checked = append(v.checked, integrity.TheArchive)
	case !stays(err):
		return err
	}
	return errors.Join(err, v.others(ctx, c, year, p))
}

// stays reports whether an error may stay for long, of an archive that cannot be written or read: the other copies are compared all the same.
func stays(err error) bool { return archive.Unable(err) || noRoom(err) }

// others compares the other copies.
func (v *Verification) others(ctx context.Context, c Copies, year events.Year, p *passes) error {
	if err := v.stream(ctx, c, p.next(integrity.TheStream, archive.Width/2)); err != nil { // half of what it reads is the archive's
		return err
	}
	v.checked = append(v.checked, integrity.TheStream)
	if len(v.Findings) > 0 { // nothing is computed from what does not verify
		v.putOff(c)
	} else if err := v.derived(ctx, c, year, p); err != nil {
		return err
	}
	return v.records(c)
}

// derived compares what is made of the log, which is whole.
func (v *Verification) derived(ctx context.Context, c Copies, year events.Year, p *passes) error {
	if c.Pool != nil {
		v.damaged = make(map[string]bool)
		err := v.tables(ctx, c, p)
		if err == nil && year != 0 && v.Municipality != events.National {
			err = v.figures(ctx, c, year, p)
		}
		if err != nil {
			return err
		}
		v.checked = append(v.checked, integrity.TheReadModel)
	}
	if err := v.submitted(ctx, c, p); err != nil {
		return err
	}
	p.ended()
	if !c.knowsChildren(v.Municipality) {
		return nil
	}
	switch err := v.vault(ctx, c, p.next(integrity.TheVault, archive.Width)); {
	case errors.Is(err, vault.ErrUnavailable):
		v.Unchecked = append(v.Unchecked, Unchecked{integrity.TheVault, err.Error()})
	case err != nil:
		return err
	default:
		v.checked = append(v.checked, integrity.TheVault)
	}
	return nil
}

// putOff says what is compared with the log only once that is whole again.
func (v *Verification) putOff(c Copies) {
	var names []string
	if c.Pool != nil {
		names = append(names, integrity.TheReadModel)
	}
	if v.Municipality != events.National { // which holds no survey
		names = append(names, integrity.TheSubmission)
	}
	if c.knowsChildren(v.Municipality) {
		names = append(names, integrity.TheVault)
	}
	for _, name := range names {
		v.Unchecked = append(v.Unchecked, Unchecked{name, "the log is not whole; repair it, then verify again"})
	}
}

// knowsChildren reports whether there is a vault to be asked for a log's children.
func (c Copies) knowsChildren(m events.Municipality) bool {
	return c.Vault != nil && m != events.National
}

// records checks what was recorded of repairs.
func (v *Verification) records(c Copies) error {
	if c.Records == nil {
		return nil
	}
	list, err := c.Records.Of(v.Municipality)
	for _, f := range list.Findings {
		v.find(f)
	}
	v.checked = append(v.checked, integrity.TheRecord)
	return err
}

// wholeBut reports whether nothing was found but of some copies.
func (v *Verification) wholeBut(names ...string) bool {
	other := func(f integrity.Finding) bool { return !slices.Contains(names, f.Copy) }
	return !slices.ContainsFunc(v.Findings, other)
}

// archive checks the archive, which has to hold what the stream had when the check began. What is found while it is
// written, and is not there any more a moment later, was on its way.
func (v *Verification) archive(ctx context.Context, c Copies, pace func()) error {
	head, err := c.Stream.Head(ctx, v.Municipality)
	if err != nil {
		return err
	}
	behind, waits := v.behind(ctx, c, head)
	if waits != nil && !stays(waits) || ctx.Err() != nil {
		return errors.Join(waits, ctx.Err())
	}
	least := head
	if waits != nil {
		least = 0 // there is what was archived before
	}
	signed, faults, err := c.look(ctx, v.Municipality, least, pace)
	if len(faults) > 0 {
		signed, faults, err = c.lookAgain(ctx, v.Municipality, least)
	}
	for _, f := range ofArchive(v.Municipality, faults) {
		v.find(f)
	}
	if err == nil && len(faults) == 0 {
		err = v.handedOver(c, signed)
	}
	if len(faults) == 0 && behind != "" && signed.Size < head {
		v.find(integrity.Finding{Copy: integrity.TheArchive, Position: head, Code: integrity.Behind, Until: signed.Size, Problem: behind})
	}
	return errors.Join(waits, err)
}

// ofArchive are the faults of an archive; messages of one bundle that follow each other are told as one.
func ofArchive(m events.Municipality, faults []archive.Fault) (list []integrity.Finding) {
	for _, f := range faults {
		if n := len(list) - 1; n >= 0 && f.Code == archive.OtherMessage && list[n].File == f.File && max(list[n].Position, list[n].Until)+1 == f.Position {
			list[n].Code, list[n].Until = integrity.OtherSpan, f.Position
			list[n].Problem = fmt.Sprintf("the message is not the one whose hash was signed, nor is any up to position %d", f.Position)
			continue
		}
		list = append(list, integrity.FindingOf(m, integrity.TheArchive, f))
	}
	return list
}

// handedOver holds the archive against the logs that retired keys handed over. Statements are looked at by themselves.
func (v *Verification) handedOver(c Copies, signed archive.Checkpoint) error {
	if c.Statements == nil {
		return nil
	}
	for i, h := range c.Statements.Handovers {
		for _, log := range h.Logs {
			if log.Municipality != v.Municipality || log.Position > signed.Size || log.Position == 0 {
				continue
			}
			root, err := c.Archive(v.Municipality).Root(signed, log.Position)
			if err != nil {
				return err
			}
			if there := hex.EncodeToString(root[:]); there != log.Root {
				v.find(integrity.Finding{
					Copy: integrity.TheArchive, Position: log.Position, Code: archive.OtherLog,
					Problem: fmt.Sprintf("the root is %s here, and the log was handed over to signing key number %d with %s", there, i+2, log.Root),
				})
			}
		}
	}
	return nil
}

// behind says why the archive does not hold a position; "": it does. An error will be gone when there is room, the log
// answers again, or the archive is free and may be written, and damages nothing.
func (v *Verification) behind(ctx context.Context, c Copies, head events.Position) (problem string, err error) {
	const patience = 15 * time.Second // one and a half times the archiver's pause
	waiting, stop := context.WithTimeout(ctx, patience)
	defer stop()
	switch at, err := c.Archived(waiting, v.Municipality, head); {
	case err == nil || head == 0 && errors.Is(err, archive.ErrNone):
		return "", nil
	case noRoom(err) || archive.Unable(err) || errors.Is(err, events.ErrUnavailable) || errors.Is(err, integrity.ErrHeld):
		return "", fmt.Errorf("bring the archive of %s up to position %d: %w", v.Municipality, head, err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("ends at position %d, the stream had come to %d", at.Size, head), nil
	default:
		return err.Error(), nil
	}
}

// noRoom reports whether a disk, an account's share of it, or a file may hold no more.
func noRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// heads compares how long the copies are, without reading them; shown is what read models showed before. The stream is
// asked last: it is ahead of the others.
func (v *Verification) heads(ctx context.Context, c Copies, shown map[events.Municipality]projections.Checkpoint) (signed archive.Checkpoint, err error) {
	known, err := c.reached(v.Municipality) // asked before the archive: what is stated meanwhile follows what it had signed
	if err != nil {
		return signed, err
	}
	signed, err = c.Archive(v.Municipality).Signed()
	var damage *archive.DamageError
	switch {
	case errors.As(err, &damage):
		if !v.found(integrity.TheArchive) {
			v.find(integrity.FindingOf(v.Municipality, integrity.TheArchive, damage.Fault))
		}
	case err != nil && !errors.Is(err, archive.ErrNone):
		return signed, err
	}
	if known.Position > signed.Size {
		v.find(integrity.Finding{
			Copy: integrity.TheArchive, Position: signed.Size, Code: archive.Shorter,
			Problem: fmt.Sprintf("it ends here, and %s was signed of the log up to position %d", known.By, known.Position),
		})
	}
	messages, first, last, err := c.Stream.Count(ctx, v.Municipality)
	if err != nil {
		return signed, err
	}
	if last > 0 && first != 1 {
		v.find(integrity.Finding{Copy: integrity.TheStream, Position: 1, Code: integrity.BeginsLate, Until: first, Problem: fmt.Sprintf("it begins at position %d", first)})
	}
	if last > 0 && messages != last-first+1 {
		v.find(integrity.Finding{Copy: integrity.TheStream, Code: integrity.TooFew, Count: messages, Until: last, Problem: fmt.Sprintf("it holds %d messages of the positions %d to %d", messages, first, last)})
	}
	if last < signed.Size {
		v.find(integrity.Finding{Copy: integrity.TheStream, Position: last, Code: integrity.EndsEarly, Until: signed.Size, Problem: fmt.Sprintf("it ends here, the archive at position %d", signed.Size)})
	}
	if most := shown[v.Municipality]; last < most.Position {
		v.find(integrity.Finding{
			Copy: integrity.TheStream, Position: last, Code: integrity.EndsBefore, Until: most.Position, About: most.Projection,
			Problem: fmt.Sprintf("it ends here, the read model %s shows position %d", most.Projection, most.Position),
		})
	}
	return signed, nil
}

// reached is how far a log is known to have been signed.
func (c Copies) reached(m events.Municipality) (Witness, error) {
	if c.Statements == nil {
		return Witness{}, nil
	}
	return c.Statements.Reached(m)
}

// rootOf is the root of a log, in hex: RFC 6962 has one of an empty log too.
func rootOf(signed archive.Checkpoint) string {
	if signed.Size == 0 {
		empty := new(tree).root()
		return hex.EncodeToString(empty[:])
	}
	return hex.EncodeToString(signed.Root[:])
}

// stream checks that nothing is missing from the stream, and that each message is the one that was signed.
func (v *Verification) stream(ctx context.Context, c Copies, pace func()) error {
	shown, err := c.shown(ctx)
	if err != nil {
		return err
	}
	signed, err := v.heads(ctx, c, shown)
	if err != nil {
		return err
	}
	v.Position, v.Root = signed.Size, rootOf(signed)
	w := c.weighing(ctx, v.Municipality, signed, pace)
	if err := w.run(ctx, func(archive.Entry) bool { return true }); err != nil {
		return err
	}
	firsts, lasts := runs(w.suspects)
	for i, s := range firsts {
		switch {
		case !s.missing && lasts[i] > s.at:
			v.find(integrity.Finding{
				Copy: integrity.TheStream, Position: s.at, Code: integrity.OtherSpan, Until: lasts[i],
				Problem: fmt.Sprintf("the message is not the one that was archived and signed, nor is any up to position %d", lasts[i]),
			})
		case !s.missing:
			v.find(integrity.Finding{Copy: integrity.TheStream, Position: s.at, Code: archive.OtherMessage, Problem: "the message is not the one that was archived and signed"})
		case lasts[i] > s.at:
			v.find(integrity.Finding{
				Copy: integrity.TheStream, Position: s.at, Code: integrity.UnreadableSpan, Until: lasts[i],
				Problem: fmt.Sprintf("the message cannot be read, nor any up to position %d", lasts[i]),
			})
		default:
			v.find(integrity.Finding{Copy: integrity.TheStream, Position: s.at, Code: archive.Unreadable, Problem: "the message cannot be read"})
		}
	}
	return nil
}

// vault looks for children that the log names and the vault does not know.
func (v *Verification) vault(ctx context.Context, c Copies, pace func()) error {
	const atOnce = 2000
	var lost *vault.LostError
	children := vault.Missing{Vault: c.Vault, Municipality: v.Municipality}
	ask := func() error {
		err := children.Ask(ctx)
		if errors.As(err, &lost) { // all of them are counted
			return nil
		}
		return err
	}
	for r, err := range c.proven(pace).Read(ctx, v.Municipality, 0) {
		if err == nil && children.Take(r) >= atOnce {
			err = ask()
		}
		if err != nil {
			return err
		}
	}
	if err := ask(); err != nil || lost == nil {
		return err
	}
	v.lost = lost.Children
	v.find(integrity.Finding{Copy: integrity.TheVault, Position: lost.First, Code: integrity.VaultOlder, Count: uint64(len(lost.Children)), Problem: lost.Problem()})
	return nil
}

// tables compares every read model with one that is made of the log beside it.
func (v *Verification) tables(ctx context.Context, c Copies, passes *passes) error {
	for _, p := range c.Projections {
		if !p.Concerns(v.Municipality) {
			continue
		}
		err := projections.Verify(ctx, c.proven(passes.next(integrity.TheReadModel, archive.Width)), c.Pool, p, v.Municipality)
		found := damageOf(err)
		switch {
		case found.Code != "":
			v.find(found)
			v.damaged[p.Name()] = true
		case err != nil && !errors.Is(err, projections.ErrNothingYet):
			return err
		}
	}
	return nil
}

// damageOf says what is wrong with a read model; none of a code: the error says something else.
func damageOf(err error) integrity.Finding {
	var differs *projections.DifferenceError
	var corrupt *projections.CorruptError
	var ahead *projections.AheadError
	switch {
	case errors.As(err, &differs):
		return integrity.Finding{
			Copy: integrity.TheReadModel, Position: differs.Position, Code: integrity.OtherRows, About: differs.Projection + ": " + strings.Join(differs.Tables, ", "),
			Problem: fmt.Sprintf("%s: what the log gives is not in %s", differs.Projection, differs.Tables),
		}
	case errors.As(err, &corrupt):
		return integrity.Finding{Copy: integrity.TheReadModel, Code: integrity.Corrupt, About: corrupt.Projection, Problem: corrupt.Error()}
	case errors.As(err, &ahead):
		return integrity.Finding{Copy: integrity.TheReadModel, Position: ahead.Position, Code: integrity.Ahead, Until: ahead.Head, About: ahead.Projection, Problem: ahead.Error()}
	}
	return integrity.Finding{}
}

// figures compares a year's figures with those that the log gives.
func (v *Verification) figures(ctx context.Context, c Copies, year events.Year, p *passes) error {
	d, err := reach.Named(reach.Default)
	if err != nil {
		return err
	}
	p.next(integrity.TheReadModel, 0)
	q := Request{Municipality: v.Municipality, Definition: d, Period: reach.CalendarYear(year), Progress: p.reads}
	r, err := Replay(ctx, Deps{Log: c.Stream, Pool: c.Pool}, q)
	for _, f := range r.Findings() {
		v.find(f)
	}
	if len(v.Findings) > 0 { // then the tables say why figures cannot be read
		return nil
	}
	if projections.Damaged(err) {
		name := reach.Projection{}.Name()
		v.find(damageOf(&projections.CorruptError{Projection: name, Err: err}))
		v.damaged[name] = true
		return nil
	}
	return err
}
