package audit_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/archive/archivetest"
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

func TestAnArchivedMessageThatCannotBeReadEndsAReplayThere(t *testing.T) {
	s, pool := year(t)
	signer, key, _ := archivetest.Key(t, "rackvidd-test")
	dir := t.TempDir()
	keeper, err := archive.Keep(dir, signer, key)
	if err != nil {
		t.Fatal(err)
	}
	defer keeper.Close()
	volume, err := keeper.Volume(örebro)
	for at, r := range s.Messages() {
		if err == nil {
			err = volume.Append(events.Position(at+1), r.Raw)
		}
	}
	newer := bytes.Replace(s.Messages()[0].Raw, []byte("session.opened.v1"), []byte("session.opened.v9"), 1)
	if err = errors.Join(err, volume.Append(5, newer), volume.Sign()); err != nil {
		t.Fatal(err)
	}
	source := audit.Source{Source: s.Log, Archive: func(m events.Municipality) archive.Archive { return archive.Open(dir, m, key) }}
	_, err = audit.Replay(t.Context(), audit.Deps{Log: source, Pool: pool}, request(t, reach.AsOf{}))
	var poison *events.PoisonError
	var unknown *events.UnknownKindError
	if !errors.As(err, &poison) || poison.Position != 5 || !errors.As(err, &unknown) {
		t.Errorf("it ends with %v", err)
	}
}

func TestNothingIsReplayedFromTheStreamAloneWhereAnArchiveWas(t *testing.T) {
	s, pool := year(t)
	_, key, _ := archivetest.Key(t, "rackvidd-test")
	dir := t.TempDir()
	source := audit.Source{Source: s.Log, Archive: func(m events.Municipality) archive.Archive { return archive.Open(dir, m, key) }}
	replay := func() error {
		_, err := audit.Replay(t.Context(), audit.Deps{Log: source, Pool: pool}, request(t, reach.AsOf{}))
		return err
	}
	signed := events.Position(0)
	source.Reached = func(events.Municipality) (audit.Witness, error) {
		return audit.Witness{By: "the statement 2021-1.json", Position: signed}, nil
	}
	if err := replay(); err != nil {
		t.Errorf("of a log that was never signed: %v", err)
	}
	signed = 3
	var damage *archive.DamageError
	if err := replay(); !errors.As(err, &damage) || !strings.Contains(err.Error(), "2021-1.json") {
		t.Errorf("of one that was signed: %v", err)
	}
}
