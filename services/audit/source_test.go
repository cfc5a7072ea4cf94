package audit_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/services/audit"
)

// lostTo is a log that cannot be read up to a position.
type lostTo struct {
	projections.Source
	last events.Position
}

func (l lostTo) Read(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[events.Recorded, error] {
	return func(yield func(events.Recorded, error) bool) {
		if after < l.last {
			yield(events.Recorded{}, errors.New("lost"))
			return
		}
		l.Source.Read(ctx, m, after)(yield)
	}
}

// TestAReplayReadsTheArchiveFirstAndTheStreamFromThereOn has a stream that cannot be read as far as it is archived.
func TestAReplayReadsTheArchiveFirstAndTheStreamFromThereOn(t *testing.T) {
	s, pool, c, dir := copies(t)
	lost := lostTo{s.Log, 4}
	deps := audit.Deps{Log: audit.Source{Source: lost, Archive: c.Archive}, Pool: pool}
	r, err := audit.Replay(t.Context(), deps, request(t, reach.AsOf{}))
	if err != nil || !r.Equal || r.EventsRead != 4 || r.Root != rootOf(t, s, 4) {
		t.Errorf("from the archive: %+v, %v", r, err)
	}
	evening := events.ID{9}
	s.Happens(events.SessionOf(evening), events.SessionOpened{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: events.Date(2021, 3, 2)})
	read := events.Position(0)
	for r, err := range deps.Log.Read(t.Context(), örebro, 2) {
		if err != nil {
			t.Fatal(err)
		}
		read = r.Position
	}
	if read != 5 {
		t.Errorf("it reads to position %d, not to what is in the stream alone", read)
	}
	if err := os.WriteFile(filepath.Join(dir, string(örebro), "tile", "0", "000.p", "4"), make([]byte, 128), 0o600); err != nil {
		t.Fatal(err)
	}
	var damage *archive.DamageError
	if _, err := audit.Replay(t.Context(), deps, request(t, reach.AsOf{})); !errors.As(err, &damage) {
		t.Errorf("from a damaged archive: %v", err)
	}
}
