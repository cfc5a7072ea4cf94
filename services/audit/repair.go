package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/projections"
	"rackvidd/services/integrity"
)

// Repair is what was restored, and who said so.
type Repair struct {
	Municipality events.Municipality `json:"municipality"`
	By           events.ID           `json:"by"` // the account
	At           time.Time           `json:"at"`
	Position     events.Position     `json:"position"`
	Root         string              `json:"root"`
	State        string              `json:"state" enum:"begun,done"`   // begun: it was stopped, unless it goes on
	Restored     []string            `json:"restored" nullable:"false"` // in the order in which it was done; none: all was whole
	Lost         string              `json:"lost,omitempty"`            // what was recorded and is in no copy, where that was accepted
	Gone         []int               `json:"gone,omitempty"`            // records of repairs that are missing or were changed, where that was accepted
	Findings     []integrity.Finding `json:"findings" nullable:"false"` // what was found before
	Unchecked    []Unchecked         `json:"unchecked,omitempty"`       // what could not be compared
	Number       int                 `json:"number,omitempty"`          // of its record, from 1 on; 0: nothing was recorded, or an earlier version of the program did
	Before       string              `json:"before,omitempty"`          // SHA-256, in hex, of the record before it
}

// Order says who orders a repair, and when.
type Order struct {
	By events.ID // the account
	At time.Time
	// AcceptLoss restores what can be, where the last messages that were recorded are in no copy any more, or who children are is lost.
	AcceptLoss bool
}

// Repair restores what is damaged of a municipality from what is whole: the archive and the stream from each other,
// message by message and up to the root that was signed, then the read models from the log. It may be run again after a
// stop anywhere. *integrity.RefusedError: what was signed is not to be had from both together.
func (s *Service) Repair(ctx context.Context, m events.Municipality, o Order) (Repair, error) {
	if s.Archiver == nil || s.Replace == nil {
		return Repair{}, integrity.ErrElsewhere
	}
	release, err := s.turns.Take(ctx, m)
	if err != nil {
		return Repair{}, err
	}
	defer release()
	if s.Repairing != nil {
		leave, err := s.Repairing.Pass(ctx)
		if err != nil {
			return Repair{}, err
		}
		defer leave()
	}
	before, err := s.verify(ctx, m, 0, unheard(func() {}))
	if err != nil {
		return Repair{}, err
	}
	r := Repair{Municipality: m, By: o.By, At: o.At.UTC().Truncate(time.Millisecond), Position: before.Position, Root: before.Root, Restored: []string{}, Findings: before.Findings, Unchecked: before.Unchecked}
	if len(before.Findings) == 0 {
		r.State = "done"
		return r, nil
	}
	err = s.restore(ctx, &r, before, o.AcceptLoss)
	if err == nil && len(r.Restored) == 0 {
		err = beyond(before)
	}
	if err != nil {
		if len(r.Restored) > 0 { // what is whole again does not stay closed for the sake of what is not
			_, again := s.verify(ctx, m, 0, unheard(func() {}))
			err = errors.Join(err, again)
		}
		return r, err
	}
	stood := s.Findings.Of(m)
	after, err := verify(ctx, s.Copies, m, 0, unheard(func() {}))
	if err != nil {
		s.settle(after, stood)
		return r, err
	}
	// What was accepted as lost is recorded just below. Children whom the vault does not know are found only where the log is whole.
	if !after.wholeBut(integrity.TheRecord, integrity.TheSubmission, integrity.TheVault) {
		s.settle(after, stood)
		return r, fmt.Errorf("repair %s: %s was restored, and yet: %w", m, r.Restored, s.Findings.Damage(m, integrity.Mendable()...))
	}
	r.Position, r.Root, r.Unchecked = after.Position, after.Root, after.Unchecked
	if err := s.record(&r, "done"); err != nil {
		return r, err
	}
	s.settle(after, stood)
	if err := s.recordsLookedAt(m); err != nil {
		return r, err
	}
	if after.found(integrity.TheVault) {
		return r, fmt.Errorf("repair %s: %s was restored, and yet: %w", m, r.Restored, s.Findings.Damage(m, integrity.TheVault))
	}
	s.Logger.Info("repaired", "municipality", m, "restored", r.Restored, "position", r.Position, "root", r.Root, "account", o.By)
	return r, nil
}

// beyond refuses to repair where the vault lacks children and that is not accepted, for nothing here knows who they are, and where something else was submitted
// than the log gives: that was recorded so.
func beyond(v Verification) error {
	if f, found := v.first(integrity.TheVault); found {
		return &integrity.RefusedError{Municipality: v.Municipality, Why: f.String()}
	}
	if f, found := v.first(integrity.TheSubmission); found {
		return &integrity.RefusedError{Municipality: v.Municipality, Why: fmt.Sprintf(
			"%s; the log is as it was signed, and stays so: amend the survey (rackvidd survey amend), and tell whoever took that version", f)}
	}
	return nil
}

// record keeps how far a repair has come: before anything is touched that it is begun.
func (s *Service) record(r *Repair, state string) error {
	if r.State == state {
		return nil
	}
	r.State = state
	if err := s.Records.keep(r); err != nil {
		return fmt.Errorf("record the repair of %s: %w", r.Municipality, err)
	}
	return nil
}

// restore does what has to be done, the archive first: everything else is made of it.
func (s *Service) restore(ctx context.Context, r *Repair, before Verification, acceptLoss bool) error {
	aside := r.name()
	lost := acceptLoss && s.GiveUp != nil && len(before.lost) > 0
	if lost { // which is so of a log that is whole; its record is begun with it, for once it is done nothing tells any more
		first, _ := before.first(integrity.TheVault)
		r.Lost = fmt.Sprintf("who the children are whom the vault does not know, and whom the log names from position %d on", first.Position)
	}
	if before.found(integrity.TheRecord) {
		if err := s.restoreRecords(r, before, acceptLoss, aside); err != nil {
			return err
		}
	}
	if before.found(integrity.TheArchive) || before.found(integrity.TheStream) {
		if err := s.restoreLog(ctx, r, before, acceptLoss, aside); err != nil {
			return err
		}
	}
	for _, p := range s.Projections {
		if s.Pool != nil && p.Concerns(r.Municipality) {
			if err := s.restoreModel(ctx, r, p, before.damaged); err != nil {
				return err
			}
		}
	}
	if s.Statements != nil {
		if err := s.restoreStatements(ctx, r, aside); err != nil {
			return err
		}
	}
	if !lost {
		return nil
	}
	return s.giveUp(ctx, r, before)
}

// giveUp has the children whom the vault lacks count as erased: nobody can tell any more who they are, and the log names them for good.
func (s *Service) giveUp(ctx context.Context, r *Repair, before Verification) error {
	if err := s.record(r, "begun"); err != nil {
		return err
	}
	if err := s.GiveUp(ctx, r.Municipality, before.lost); err != nil {
		return fmt.Errorf("have the children of %s whom the vault does not know count as erased: %w", r.Municipality, err)
	}
	r.Restored = append(r.Restored, "children whom the vault does not know count as erased")
	return nil
}

// restoreRecords makes the last record of a repair again from its copy, and accepts that others are gone where it is told to.
// Where it is not, that keeps nothing else from being restored.
func (s *Service) restoreRecords(r *Repair, before Verification, acceptLoss bool, aside string) error {
	mended, err := s.Records.mend(r.Municipality)
	if err != nil {
		return err
	}
	if mended > 0 {
		r.Restored = append(r.Restored, fmt.Sprintf("record of repair number %d from its copy", mended))
	}
	there, err := s.Records.Of(r.Municipality)
	if err != nil || there.Whole {
		return err
	}
	if !acceptLoss {
		if mended > 0 || !before.wholeBut(integrity.TheRecord, integrity.TheSubmission) {
			return nil
		}
		return &integrity.RefusedError{Municipality: r.Municipality, Why: fmt.Sprintf(
			"the records of earlier repairs are not whole (%s); put them back from a backup into %s, or accept it (--accept-loss): the record of that says which are gone", there.Findings[0], s.Records.Dir)}
	}
	for _, f := range there.Findings {
		if f.Count > 0 {
			r.Gone = append(r.Gone, int(f.Count))
		}
	}
	if err := s.record(r, "begun"); err != nil {
		return err
	}
	r.Restored = append(r.Restored, "the row of records goes on without those that are gone")
	return s.Records.setAside(there.Findings, aside)
}

// recordsLookedAt keeps what is wrong with the records of repairs, now that there is one more.
func (s *Service) recordsLookedAt(m events.Municipality) error {
	there, err := s.Records.Of(m)
	if err != nil {
		return err
	}
	s.Findings.Settle(m, there.Findings, integrity.TheRecord)
	return nil
}

// restoreStatements makes again what was signed of submitted surveys, where it is not what the log gives.
func (s *Service) restoreStatements(ctx context.Context, r *Repair, aside string) error {
	log := s.past(func() {})
	files, err := s.Statements.files(r.Municipality)
	if err != nil || len(files) == 0 {
		return err
	}
	of, err := submissions(ctx, log, r.Municipality)
	if err != nil {
		return err
	}
	flaws, err := s.Statements.flaws(log.Source, r.Municipality, files, of)
	if err != nil {
		return err
	}
	for _, f := range flaws {
		if f.history {
			return &integrity.RefusedError{Municipality: r.Municipality, Why: fmt.Sprintf(
				"the statement %s %s; one of the two was changed after it was signed, and nothing here says which: compare the statement, or a checkpoint, that an auditor kept; then put the log back from a backup, or move %s away: it is made again", filepath.Base(f.file), f.problem, f.file)}
		}
	}
	for _, f := range flaws {
		if err := s.record(r, "begun"); err != nil {
			return err
		}
		what := "statement " + filepath.Base(f.file)
		if err := s.Statements.restore(ctx, log.Source, r.Municipality, f, aside); err != nil {
			return fmt.Errorf("restore the %s of %s: %w", what, r.Municipality, err)
		}
		if f.about == nil {
			r.Restored = append(r.Restored, what+" taken away")
		} else {
			r.Restored = append(r.Restored, what+" from the log")
		}
	}
	return nil
}

// restoreModel makes a read model anew where it is known to be damaged or, where that is not known, turns out to be.
func (s *Service) restoreModel(ctx context.Context, r *Repair, p projections.Projection, known map[string]bool) error {
	log := s.proven(func() {})
	damaged := known[p.Name()]
	if known == nil {
		err := projections.Verify(ctx, log, s.Pool, p, r.Municipality)
		if damaged = damageOf(err).Code != ""; !damaged && err != nil && !errors.Is(err, projections.ErrNothingYet) {
			return err
		}
	}
	if !damaged {
		return nil
	}
	if err := s.record(r, "begun"); err != nil {
		return err
	}
	r.Restored = append(r.Restored, "read model "+p.Name()+" from the log")
	return projections.Replace(ctx, log, s.Pool, p, r.Municipality)
}

// restoreLog restores archive and stream from each other. Finding the stream damaged closed it: what was under way then is
// waited for before anything is measured, and is part of the log.
func (s *Service) restoreLog(ctx context.Context, r *Repair, before Verification, acceptLoss bool, aside string) error {
	if before.found(integrity.TheStream) {
		pause(ctx, s.UnderWay)
	}
	refuse := func(format string, values ...any) error {
		return &integrity.RefusedError{Municipality: r.Municipality, Why: fmt.Sprintf(format, values...)}
	}
	signed, unproven, err := s.measure(r.Municipality)
	if err != nil {
		return refuse("no checkpoint is left that this installation signed, to measure the copies by (%v); put back the archive, or its checkpoint, from a backup", err)
	}
	witnesses, err := s.witnesses(r.Municipality)
	if err != nil {
		return err
	}
	w := s.weighing(ctx, r.Municipality, signed, func() {})
	otherwise := ""
	err = w.run(ctx, func(e archive.Entry) bool {
		for _, one := range witnesses {
			if one.Position != e.Position || len(w.lost) > 0 {
				continue
			}
			if root := w.whole.root(); one.Root != hex.EncodeToString(root[:]) {
				otherwise = fmt.Sprintf("%s tells of another log up to position %d", one.By, one.Position)
			}
		}
		return true
	})
	if err != nil {
		return err
	}
	if otherwise != "" {
		return refuse("%s; one of the two was changed after it was signed, and nothing here says which: compare a bundle, or a checkpoint, that an auditor kept; then put both back from a backup", otherwise)
	}
	if !w.recoverable() {
		if len(w.lost) == 0 {
			return refuse("the two copies together do not lead to the root that was signed at position %d; put one of them back from a backup", signed.Size)
		}
		return refuse("neither copy is whole: of %d messages %d can be saved, and these are in neither: %s; put one of the copies back from a backup", signed.Size, signed.Size-events.Position(len(w.lost)), spans(w.lost))
	}
	tail, lost, err := s.left(ctx, signed, unproven, w)
	if err != nil {
		return err
	}
	if r.Lost = lost; lost != "" && !acceptLoss {
		return refuse("%s; all else can be saved: put an archive that goes further back from a backup, or accept it (--accept-loss): what the stream has of it and is left out is kept below %s", lost, s.Records.Damaged)
	}
	if lost != "" && s.Forget != nil {
		if err := s.Forget(ctx, r.Municipality); err != nil {
			return refuse("what is lost is remembered as recorded, and cannot be forgotten (%v); try again when the vault and the database answer", err)
		}
	}
	if err := s.record(r, "begun"); err != nil {
		return err
	}
	if before.found(integrity.TheArchive) {
		if err := s.Archiver.Rewrite(r.Municipality, signed, w.best(ctx), aside); err != nil {
			return err
		}
		r.Restored = append(r.Restored, "archive from "+source(len(w.suspects) == 0))
	}
	if !before.found(integrity.TheStream) {
		return nil
	}
	return s.restoreStream(ctx, r, w, tail, aside)
}

// witnesses are what is kept apart from an archive and tells of it.
func (s *Service) witnesses(m events.Municipality) ([]Witness, error) {
	if s.Statements == nil {
		return nil, nil
	}
	return s.Statements.Witnesses(m)
}

// measure returns what a log was signed as last: its checkpoint or, where that is gone or an earlier one, what a witness
// tells. Then it says that what follows is not proven.
func (s *Service) measure(m events.Municipality) (signed archive.Checkpoint, unproven string, err error) {
	signed, err = s.Archive(m).Signed()
	list, other := s.witnesses(m)
	if other != nil || len(list) == 0 || list[len(list)-1].Position <= signed.Size {
		return signed, "", errors.Join(err, other)
	}
	w := list[len(list)-1]
	root, bad := hex.DecodeString(w.Root)
	if bad != nil || len(root) != tlog.HashSize {
		return signed, "", fmt.Errorf("%s names no root", w.By)
	}
	return archive.Checkpoint{Size: w.Position, Root: tlog.Hash(root)},
		fmt.Sprintf("the archive is not there as it was signed, %s proves the log up to position %d, and nothing proves what the stream has after that", w.By, w.Position), nil
}

func source(whole bool) string {
	if whole {
		return "the stream"
	}
	return "both copies"
}

// left returns the last position that the log has when it is restored, and says what was recorded and is left out, or is not
// proven; "": nothing.
func (s *Service) left(ctx context.Context, signed archive.Checkpoint, unproven string, w *weighing) (last events.Position, lost string, err error) {
	last, lost, err = s.tail(ctx, w.municipality, signed, w)
	if err != nil {
		return 0, "", err
	}
	if lost == "" && last > signed.Size {
		lost = unproven
	}
	own, err := w.own(ctx)
	if len(own) > 0 {
		more := lost
		lost = fmt.Sprintf("what the stream has at positions %s was recorded too, and was archived neither there nor anywhere else", spans(own))
		if more != "" {
			lost += "; " + more
		}
	}
	return last, lost, err
}

// tail checks what the stream has and the archive not yet. It returns the last position up to which nothing is missing and
// all follows what was archived, and says what was recorded beyond it.
func (s *Service) tail(ctx context.Context, m events.Municipality, signed archive.Checkpoint, w *weighing) (last events.Position, lost string, err error) {
	shown, err := s.shown(ctx)
	if err != nil {
		return 0, "", err
	}
	_, _, head, err := s.Stream.Count(ctx, m)
	if err != nil {
		return 0, "", err
	}
	last = signed.Size
	recorded := max(head, shown[m].Position)
	if at := w.leaves(); at > 0 && head > last {
		return last, fmt.Sprintf("the stream is another one than was archived at position %d: what was recorded at positions %d to %d, and was not archived yet, cannot be believed", at, last+1, recorded), nil
	}
	for e, err := range s.Stream.Stored(ctx, m, signed.Size) {
		if err != nil {
			return 0, "", err
		}
		if e.Position != last+1 {
			break
		}
		last = e.Position
	}
	if recorded > last {
		lost = fmt.Sprintf("the messages at positions %d to %d were recorded, were not archived yet and cannot be read any more", last+1, recorded)
	}
	return last, lost, nil
}

// restoreStream makes the stream anew. All that it has is in the archive first, or is kept aside; until it is whole again it is
// closed.
func (s *Service) restoreStream(ctx context.Context, r *Repair, w *weighing, last events.Position, aside string) error {
	m, signed := r.Municipality, w.signed
	s.Findings.Add(integrity.Finding{Municipality: m, Copy: integrity.TheStream, Code: integrity.BeingRestored, Problem: "it is being restored"})
	if last > signed.Size {
		if err := s.Archiver.Take(m, upTo(last, s.Stream.Stored(ctx, m, signed.Size))); err != nil {
			return err
		}
	}
	if s.Pause != nil {
		defer s.Pause(m)()
	}
	if s.Aside != nil {
		if err := s.Aside(m, aside); err != nil {
			return fmt.Errorf("keep the damaged stream of %s: %w", m, err)
		}
	}
	if err := keepMessages(filepath.Join(s.Records.Damaged, aside, asideFile), s.leftOut(ctx, w, last)); err != nil {
		return fmt.Errorf("keep the messages of %s that are left out: %w", m, err)
	}
	if err := s.Replace(ctx, m, s.Archive(m).Read(ctx, 0)); err != nil {
		return err
	}
	r.Restored = append(r.Restored, "stream from the archive")
	return nil
}

// leftOut yields what the stream has and will not have when it ends at a position: messages that are others than were signed,
// and those after it.
func (s *Service) leftOut(ctx context.Context, w *weighing, last events.Position) iter.Seq2[archive.Entry, error] {
	return func(yield func(archive.Entry, error) bool) {
		firsts, lasts := runs(w.suspects)
		for i, one := range firsts {
			if one.missing {
				continue
			}
			for e, err := range upTo(lasts[i], s.Stream.Stored(ctx, w.municipality, one.at-1)) {
				if !yield(e, err) {
					return
				}
			}
		}
		s.Stream.Stored(ctx, w.municipality, last)(yield)
	}
}

// upTo ends messages at a position.
func upTo(last events.Position, messages iter.Seq2[archive.Entry, error]) iter.Seq2[archive.Entry, error] {
	return func(yield func(archive.Entry, error) bool) {
		for e, err := range messages {
			if !yield(e, err) || e.Position >= last {
				return
			}
		}
	}
}
