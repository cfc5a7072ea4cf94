package archiver

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"golang.org/x/mod/sumdb/note"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/services/integrity"
)

// Shelf reads what is archived, wherever the archiver runs.
type Shelf struct {
	Dir      string
	Key      note.Verifier
	Retired  []archive.Retired // keys that signed before it
	Findings *integrity.Findings
	Archiver *Service // nil: it runs elsewhere, and signs when it comes to it
}

// Of returns a municipality's archive.
func (s Shelf) Of(m events.Municipality) archive.Archive {
	return archive.Open(s.Dir, m, s.Key).After(s.Retired...)
}

// Reach waits until the archive holds a position, and returns its checkpoint. Where the archiver runs here it signs at
// once. The context's error: it has not come to it. archive.ErrNone: nothing is archived.
func (s Shelf) Reach(ctx context.Context, m events.Municipality, least events.Position) (archive.Checkpoint, error) {
	for {
		c, err := s.checkpoint(m)
		if least == 0 || err == nil && c.Size >= least || err != nil && !errors.Is(err, archive.ErrNone) {
			return c, err
		}
		if s.Archiver != nil {
			if err := s.Archiver.Checkpoint(ctx, m); err != nil {
				return c, err
			}
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return c, ctx.Err()
		}
	}
}

func (s Shelf) checkpoint(m events.Municipality) (archive.Checkpoint, error) {
	c, err := s.Of(m).Checkpoint()
	return c, s.Noted(err)
}

// Tile returns a file of a municipality's archive, and whether it will never change. Errors are archive.Archive's.
func (s Shelf) Tile(m events.Municipality, path string) (data []byte, whole bool, err error) {
	data, whole, err = s.Of(m).Tile(path)
	return data, whole, s.Noted(err)
}

// Noted keeps an *archive.DamageError for whoever asks whether all is well, and returns the error as it is.
func (s Shelf) Noted(err error) error {
	var damage *archive.DamageError
	if errors.As(err, &damage) {
		s.Findings.Add(integrity.FindingOf(damage.Municipality, integrity.TheArchive, damage.Fault))
	}
	return err
}

// Positions returns how far each of the logs is archived; 0 where its files may not be read.
func (s Shelf) Positions(logs []events.Municipality) (map[events.Municipality]events.Position, error) {
	at := make(map[events.Municipality]events.Position)
	for _, m := range logs {
		c, err := s.checkpoint(m)
		var damage *archive.DamageError
		if err != nil && !errors.Is(err, archive.ErrNone) && !errors.Is(err, fs.ErrPermission) && !errors.As(err, &damage) {
			return nil, err
		}
		at[m] = c.Size
	}
	return at, nil
}
