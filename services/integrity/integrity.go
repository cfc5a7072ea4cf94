// Package integrity keeps what was found damaged of the copies of what happened, and holds back whoever would go on as if
// they were whole.
package integrity

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"rackvidd/events"
	"rackvidd/events/archive"
)

// The copies of what happened.
const (
	TheArchive   = "archive"
	TheStream    = "stream"
	TheReadModel = "read_model"
	TheStatement = "statement" // of a submitted survey
	TheVault     = "vault"     // no copy, and yet one that has to be as new as the log
	TheRecord    = "record"    // of what was repaired; Count is its number
	// TheSubmission is no copy either: what a version of a survey was submitted with. The log keeps it for good.
	TheSubmission = "submission"
)

// Mendable are the copies that may be whole another time.
func Mendable() []string {
	return []string{TheArchive, TheStream, TheReadModel, TheStatement, TheVault, TheRecord}
}

// What is wrong with a copy, besides what can be wrong with things in an archive.
const (
	BeginsLate     archive.Code = "begins_late"       // at the position Until
	TooFew         archive.Code = "too_few"           // Count messages up to Until
	EndsEarly      archive.Code = "ends_early"        // the archive at Until
	EndsBefore     archive.Code = "ends_before_model" // which is About, and shows Until
	UnreadableSpan archive.Code = "unreadable_span"   // up to Until
	OtherSpan      archive.Code = "other_span"        // messages up to Until, which are not those that were signed
	More           archive.Code = "more"              // Count findings of the copy are not told one by one; the last is at Until
	BeingRestored  archive.Code = "being_restored"
	Behind         archive.Code = "behind"       // at Until; the stream had come to Position
	OtherRows      archive.Code = "other_rows"   // in About: a read model and its tables
	Corrupt        archive.Code = "corrupt"      // the read model About, says the database
	Ahead          archive.Code = "ahead"        // the read model About; the log ends at Until
	OtherFigure    archive.Code = "other_figure" // About, which is Shown where the log gives Given
	OtherStatement archive.Code = "other_submission"
	NoFigures      archive.Code = "no_figures"    // beside a statement
	OtherFigures   archive.Code = "other_figures" // than a statement is about
	NotSubmitted   archive.Code = "not_submitted"
	OtherRecord    archive.Code = "other_record"  // than the one that the next goes on from, or that is kept twice
	VaultOlder     archive.Code = "vault_older"   // than the log, which names Count children that it does not know
	OtherAnswer    archive.Code = "other_answer"  // About: a year, a version and a question, which is Shown where the log gives Given
	LaterFigures   archive.Code = "later_figures" // About is said to follow from what was recorded after it
	Unsaid         archive.Code = "unsaid"        // something was found, and it cannot be read what
)

// Codes are all that a finding can have.
func Codes() []archive.Code {
	return append(archive.Codes(), BeginsLate, TooFew, EndsEarly, EndsBefore, UnreadableSpan, OtherSpan, More, BeingRestored, Behind, OtherRows, Corrupt, Ahead,
		OtherFigure, OtherStatement, NoFigures, OtherFigures, NotSubmitted, OtherRecord, VaultOlder, OtherAnswer, LaterFigures, Unsaid)
}

// Finding names what is not as it was recorded. What it says is in its code and in what the code is about, so that it can be
// said in any language; Problem is that in English.
type Finding struct {
	Municipality events.Municipality `json:"municipality" pattern:"^([0-9]{4}|national)$"`
	Copy         string              `json:"copy" enum:"archive,stream,read_model,statement,vault,record,submission"`
	File         string              `json:"file,omitempty"`     // of the archive
	Position     events.Position     `json:"position,omitempty"` // 0: none in particular
	Code         archive.Code        `json:"code,omitempty"`     // "": an earlier version of the program found it
	Until        events.Position     `json:"until,omitempty"`
	Count        uint64              `json:"count,omitempty"`
	About        string              `json:"about,omitempty"`
	Shown        string              `json:"shown,omitempty"`
	Given        string              `json:"given,omitempty"`
	Problem      string              `json:"problem"`
}

// FindingOf is a fault in an archive, or in what was to be archived, as a finding.
func FindingOf(m events.Municipality, of string, f archive.Fault) Finding {
	return Finding{Municipality: m, Copy: of, File: f.File, Position: f.Position, Code: f.Code, Problem: f.Problem}
}

func (f Finding) String() string {
	text := f.Copy
	if f.File != "" {
		text += " " + f.File
	}
	if f.Position > 0 {
		text += fmt.Sprintf(" position %d", f.Position)
	}
	return text + ": " + f.Problem
}

// Told is the finding with its values, for whoever may read figures. They are not in Problem, which logs and refusals quote.
func (f Finding) Told() string {
	if f.Shown != "" {
		return fmt.Sprintf("%s: %s is %s, the log gives %s", f, f.About, f.Shown, f.Given)
	}
	return f.String()
}

// Public is what anybody may read of it: no number of children, nor of which of them there is one.
func (f Finding) Public() Finding {
	switch f.Code {
	case OtherFigure:
		f.About, f.Shown, f.Given = "", "", ""
	case OtherAnswer:
		f.Shown, f.Given = "", ""
	case VaultOlder:
		f.Count = 0
	}
	return f
}

// DamagedError says that a municipality's copies of what happened do not agree, and that nothing is made of them until
// they do.
type DamagedError struct {
	Municipality events.Municipality
	Findings     []Finding // one at least
}

func (e *DamagedError) Error() string {
	text := fmt.Sprintf("what is kept of %s is damaged: %s", e.Municipality, e.Findings[0])
	if more := len(e.Findings) - 1; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	if e.Findings[0].Copy == TheVault { // which says what to do
		return text
	}
	return text + fmt.Sprintf("; nothing is made of it until it is whole: rackvidd audit verify says what else differs, rackvidd audit repair --municipality %s restores it", e.Municipality)
}

// RefusedError says why nothing was repaired. Nothing was touched.
type RefusedError struct {
	Municipality events.Municipality
	Why          string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s is not repaired: %s", e.Municipality, e.Why)
}

// ErrElsewhere says that a process cannot repair.
var ErrElsewhere = errors.New("the api here does not write the archive, and so repairs nothing: stop the api and the archiver, run both as one process (rackvidd serve api archiver) with the api's settings, and ask that (deploy/README.md)")

// ErrHeld says that somebody else is at work on a municipality's archive: nothing is wrong with it.
var ErrHeld = errors.New("somebody else is at work on it")

// Log is a log that is neither read nor written where its stream is known to be damaged: positions would be given twice.
type Log struct {
	events.Log
	Findings *Findings
	Vault    bool // nor where the vault is known to be older: for whoever has it name children
}

func (l Log) damage(m events.Municipality) error {
	if l.Vault {
		return l.Findings.Damage(m, TheStream, TheVault)
	}
	return l.Findings.Damage(m, TheStream)
}

// Append is events.Log's. *DamagedError: nothing was recorded.
func (l Log) Append(ctx context.Context, m events.Municipality, decisions ...events.Decision) ([]events.Position, error) {
	if err := l.damage(m); err != nil {
		return nil, err
	}
	return l.Log.Append(ctx, m, decisions...)
}

// Streams is events.Log's, or a *DamagedError.
func (l Log) Streams(ctx context.Context, m events.Municipality, streams ...events.Stream) (map[events.Stream][]events.Recorded, error) {
	if err := l.damage(m); err != nil {
		return nil, err
	}
	return l.Log.Streams(ctx, m, streams...)
}

// Read is events.Log's, or a *DamagedError.
func (l Log) Read(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[events.Recorded, error] {
	return func(yield func(events.Recorded, error) bool) {
		if err := l.damage(m); err != nil {
			yield(events.Recorded{}, err)
			return
		}
		l.Log.Read(ctx, m, after)(yield)
	}
}

// Follow is events.Log's. Where the stream is damaged it waits until it is whole again, and ends with a *DamagedError; so it does
// where that is found while it follows. What was restored may end earlier: whoever follows looks again from where.
func (l Log) Follow(ctx context.Context, m events.Municipality, after events.Position, max int) iter.Seq2[[]events.Recorded, error] {
	return func(yield func([]events.Recorded, error) bool) {
		if damage := l.damage(m); damage != nil {
			for l.damage(m) != nil {
				select {
				case <-time.After(time.Second):
				case <-ctx.Done():
					return
				}
			}
			yield(nil, damage)
			return
		}
		for batch, err := range l.Log.Follow(ctx, m, after, max) {
			if damage := l.damage(m); damage != nil {
				yield(nil, damage)
				return
			}
			if !yield(batch, err) {
				return
			}
		}
	}
}
