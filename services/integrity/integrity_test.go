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

func TestWhatIsFoundWhileACheckRunsStandsWhenItEnds(t *testing.T) {
	f := keep(t.TempDir())
	old, again, meanwhile, found := finding(integrity.TheStream, 7), finding(integrity.TheStream, 8), finding(integrity.TheStream, 9), finding(integrity.TheStream, 10)
	f.Add(old)
	f.Add(again)
	stood := f.Of(orebro)
	f.Add(meanwhile)
	f.Add(found)
	f.SettleLong(orebro, stood, []integrity.Finding{again, found}, integrity.TheStream)
	if got := f.Of(orebro); !slices.Equal(got, []integrity.Finding{meanwhile, again, found}) {
		t.Errorf("the check found 8 and 10, and somebody 9 meanwhile: %v", got)
	}
	f.SettleLong(orebro, f.Of(orebro), nil, integrity.TheStream)
	if got := f.Of(orebro); len(got) != 0 {
		t.Errorf("the next found all whole: %v", got)
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

// TestWhoCannotWriteFindingsSeesWhatOthersFind names the directory by a path in which no longer name fits than that of what is read.
func TestWhoCannotWriteFindingsSeesWhatOthersFind(t *testing.T) {
	dir := t.TempDir()
	for len(dir) < 3900 {
		dir += "/" + strings.Repeat("d", min(150, 4085-len(dir)-1))
	}
	dir += "/" + strings.Repeat("d", 4085-len(dir)-1)
	short := filepath.Join(t.TempDir(), "findings")
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.Symlink(dir, short)); err != nil {
		t.Fatal(err)
	}
	archiver, api := keep(short), keep(dir)
	stream, statement, file := finding(integrity.TheStream, 7), finding(integrity.TheStatement, 9), finding(integrity.TheArchive, 3)
	model := finding(integrity.TheReadModel, 1)
	for _, step := range []struct {
		what string
		do   func()
		want []integrity.Finding
	}{
		{"it finds something itself", func() { api.Add(statement) }, []integrity.Finding{statement}},
		{"the other does", func() { archiver.Add(stream) }, []integrity.Finding{stream, statement}},
		{"both find the same", func() { api.Add(file); archiver.Add(file) }, []integrity.Finding{stream, file, statement}},
		{"the other finds all whole", func() { archiver.Settle(orebro, nil, integrity.TheStream, integrity.TheArchive) }, []integrity.Finding{statement, file}},
		{"it finds that whole", func() { api.Settle(orebro, nil, integrity.TheStatement, integrity.TheArchive) }, nil},
		{"the other finds something anew", func() { archiver.Add(stream) }, []integrity.Finding{stream}},
		{"which it finds too", func() { api.Settle(orebro, []integrity.Finding{stream}, integrity.TheStream) }, []integrity.Finding{stream}},
		{"and the other whole", func() { archiver.Settle(orebro, nil, integrity.TheStream) }, nil},
		{"a read model was found damaged, which the other does not check", func() { archiver.Add(model) }, []integrity.Finding{model}},
		{"it finds that whole", func() { api.Settle(orebro, nil, integrity.TheReadModel) }, nil},
		{"and damaged again", func() { api.Add(model) }, []integrity.Finding{model}},
	} {
		step.do()
		if got := api.Of(orebro); !slices.Equal(got, step.want) {
			t.Errorf("when %s there stands %v", step.what, got)
		}
		if got := api.All(); len(got[orebro]) != len(step.want) {
			t.Errorf("when %s there stands of all %v", step.what, got)
		}
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
