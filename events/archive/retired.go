package archive

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rackvidd/events"
)

// Retired is a key that signed the archives before another took its place, and where each log stood then. What it signed
// up to there counts, and nothing beyond.
type Retired struct {
	Key  note.Verifier
	Logs map[events.Municipality]Reached
}

// Reached is how far a log had come, and its root there.
type Reached struct {
	Position events.Position
	Root     tlog.Hash
}

// RetiredError says that a retired key signed something after it was put out of use.
type RetiredError struct {
	Key string          // its name
	At  events.Position // of the log, where it was retired
}

func (e *RetiredError) Error() string {
	return fmt.Sprintf("is signed by %s, a retired key: what it signed of this log counts up to position %d, where another took its place", e.Key, e.At)
}

// After is the archive whose checkpoints may also be signed by keys that were retired since.
func (a Archive) After(retired ...Retired) Archive {
	a.retired = retired
	return a
}

// open takes a checkpoint of the key, or of one that was retired no earlier.
func (a Archive) open(data []byte) (Checkpoint, error) {
	c, err := readCheckpoint(a.key, a.municipality, data)
	var others *note.UnverifiedNoteError
	if !errors.As(err, &others) {
		return c, err
	}
	for _, r := range a.retired {
		if r.Key.Name() != others.Note.UnverifiedSigs[0].Name {
			continue
		}
		before, err := readCheckpoint(r.Key, a.municipality, data)
		if err != nil {
			return before, err
		}
		reached := r.Logs[a.municipality]
		switch {
		case before.Size > reached.Position:
			return Checkpoint{}, &RetiredError{r.Key.Name(), reached.Position}
		case before.Size == reached.Position && before.Root != reached.Root:
			return Checkpoint{}, fmt.Errorf("is signed by %s, a retired key, and not the log as it handed that over at position %d", r.Key.Name(), reached.Position)
		}
		return before, nil
	}
	return c, err
}
