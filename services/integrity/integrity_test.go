package integrity_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
	"rackvidd/events/memlog"
	"rackvidd/services/integrity"
)

const orebro = events.Municipality("1880")

func keep(dir string) *integrity.Findings {
	return integrity.Keep(dir, slog.New(slog.DiscardHandler))
}

func finding(of string, at events.Position) integrity.Finding {
	return integrity.Finding{Municipality: orebro, Copy: of, Position: at, Problem: "is damaged"}
}

func TestWhatWasFoundStandsAfterARestartAndUntilThatCopyIsFoundWhole(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "findings")
	stream, model := finding(integrity.TheStream, 7), finding(integrity.TheReadModel, 9)
	keep(dir).Add(stream)
	keep(dir).Add(stream)
	keep(dir).Add(model)
	f := keep(dir)
	if got := f.Of(orebro); !slices.Equal(got, []integrity.Finding{stream, model}) {
		t.Errorf("after a restart: %v", got)
	}
	if f.Damage("1881") != nil || f.Damage(orebro, integrity.TheArchive) != nil || f.Damage(orebro, integrity.TheStream) == nil {
		t.Error("it stands of the wrong log or copy")
	}
	f.Settle(orebro, nil, integrity.TheArchive, integrity.TheStream)
	if got := keep(dir).All(); !slices.Equal(got[orebro], []integrity.Finding{model}) {
		t.Errorf("where the stream was found whole: %v", got)
	}
	f.Settle(orebro, nil, integrity.TheReadModel)
	if got := keep(dir).All(); len(got) != 0 {
		t.Errorf("where all was found whole: %v", got)
	}
}

func TestAFindingThatCannotBeReadOrWrittenIsAFinding(t *testing.T) {
	dir := t.TempDir()
	for _, text := range []string{"", "[]", "{", "null"} {
		if err := os.WriteFile(filepath.Join(dir, "1880.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if keep(dir).Damage(orebro, integrity.TheStream) == nil {
			t.Errorf("%q passes for whole", text)
		}
	}
	file := filepath.Join(dir, "a file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f := keep(filepath.Join(file, "findings"))
	f.Add(finding(integrity.TheStream, 1))
	if f.Damage(orebro) == nil || len(f.All()) != 1 {
		t.Error("what cannot be written is forgotten")
	}
}

func TestADamagedStreamIsNeitherReadNorWrittenAndOthersAre(t *testing.T) {
	f := keep("")
	log := integrity.Log{Log: memlog.New(), Findings: f}
	evening := events.NewID()
	append := func(m events.Municipality) error {
		_, err := log.Append(t.Context(), m, events.Decision{{
			Stream: events.SessionOf(evening), Command: uuid.New(), Actor: events.NewID(), Time: time.Now(),
			Events: []events.Event{events.SessionOpened{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: events.Date(2021, 3, 1)}},
		}})
		return err
	}
	f.Add(finding(integrity.TheStream, 5))
	var damaged *integrity.DamagedError
	if err := append(orebro); !errors.As(err, &damaged) || !strings.Contains(err.Error(), "stream position 5: is damaged") {
		t.Errorf("it is written: %v", err)
	}
	if _, err := log.Streams(t.Context(), orebro, events.SessionOf(evening)); !errors.As(err, &damaged) {
		t.Errorf("a stream is read: %v", err)
	}
	for _, err := range log.Read(t.Context(), orebro, 0) {
		if !errors.As(err, &damaged) {
			t.Errorf("it is read: %v", err)
		}
	}
	if err := append("1881"); err != nil {
		t.Errorf("elsewhere: %v", err)
	}
	followed := make(chan error)
	go func() {
		for _, err := range log.Follow(t.Context(), orebro, 0, 10) {
			followed <- err
			return
		}
	}()
	select {
	case <-followed:
		t.Error("it is followed")
	case <-time.After(100 * time.Millisecond):
	}
	f.Settle(orebro, nil, integrity.TheStream)
	if err := append(orebro); err != nil {
		t.Errorf("when it is whole again: %v", err)
	}
	if err := <-followed; !errors.As(err, &damaged) {
		t.Errorf("whoever waited follows from where it was before: %v", err)
	}
	for batch, err := range log.Follow(t.Context(), orebro, 0, 10) {
		if err != nil || batch[0].Position != 1 {
			t.Errorf("then it is followed with %v, %v", batch, err)
		}
		break
	}
}
