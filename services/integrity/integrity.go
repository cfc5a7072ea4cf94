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
)

// The copies of what happened.
const (
	TheArchive   = "archive"
	TheStream    = "stream"
	TheReadModel = "read_model"
	TheStatement = "statement" // of a submitted survey
	TheVault     = "vault"     // no copy, and yet one that has to be as new as the log
)

// Finding names what is not as it was recorded.
type Finding struct {
	Municipality events.Municipality `json:"municipality"`
	Copy         string              `json:"copy" enum:"archive,stream,read_model,statement,vault"`
	File         string              `json:"file,omitempty"`     // of the archive
	Position     events.Position     `json:"position,omitempty"` // 0: none in particular
	Problem      string              `json:"problem"`
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
	return text + fmt.Sprintf("; nothing is made of it until it is whole: rackvidd audit verify names all, rackvidd audit repair --municipality %s restores it", e.Municipality)
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

// Follow is events.Log's. It waits where the stream is damaged, until it is whole again; where that is found while it
// follows, it ends with a *DamagedError.
func (l Log) Follow(ctx context.Context, m events.Municipality, after events.Position, max int) iter.Seq2[[]events.Recorded, error] {
	return func(yield func([]events.Recorded, error) bool) {
		for l.damage(m) != nil {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return
			}
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
