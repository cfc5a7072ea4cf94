package backup_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/archive/archivetest"
	"rackvidd/projections/projectiontest"
	"rackvidd/services/backup"
)

func TestMain(m *testing.M) { projectiontest.Main(m) }

// backedUp is a backup of one small log and a form, and the key that opens it.
func backedUp(t *testing.T) ([]byte, backup.Key) {
	t.Helper()
	forms := t.TempDir()
	if err := os.WriteFile(filepath.Join(forms, "v9.yaml"), []byte("a form\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, key, err := backedUpWith(t, forms)
	if err != nil {
		t.Fatal(err)
	}
	return file, key
}

// backedUpWith is a backup with the forms of a directory, or why there is none.
func backedUpWith(t *testing.T, forms string) ([]byte, backup.Key, error) {
	t.Helper()
	signer, verifier, public := archivetest.Key(t, "rackvidd-test")
	dir := t.TempDir()
	keeper, err := archive.Keep(dir, signer, verifier)
	if err != nil {
		t.Fatal(err)
	}
	defer keeper.Close()
	key, err := backup.LoadKey(filepath.Join(t.TempDir(), "vault", backup.KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	onItsWay := filepath.Join(dir, "1880", "tile", "entries", "001") // what the archiver writes before it signs
	var file bytes.Buffer
	err = backup.Write(t.Context(), backup.Source{
		Program: "v1", Key: signer, Public: public, SigningKey: []byte("secret\n"), Spool: t.TempDir(),
		Logs: func(context.Context) ([]events.Municipality, error) {
			return []events.Municipality{"1880", "1881"}, nil // nothing is in the second
		},
		Checkpoint: func(_ context.Context, logs ...events.Municipality) error {
			if !slices.Contains(logs, "1880") {
				return nil
			}
			v, err := keeper.Volume("1880")
			if err == nil {
				err = v.Append(1, []byte(`{"hello":1}`))
			}
			return errors.Join(err, v.Sign(), os.WriteFile(onItsWay, nil, 0o600))
		},
		Pause: func(events.Municipality) (resume func()) {
			if err := os.Remove(onItsWay); err != nil {
				t.Error(err)
			}
			return func() {}
		},
		Archive: func(m events.Municipality) archive.Archive { return archive.Open(dir, m, verifier) },
		Dirs:    map[string]string{"forms": forms, "statements": filepath.Join(dir, "none")},
	}, key, &file)
	return file.Bytes(), key, err
}

// formsIn are the files of a backup's forms.
func formsIn(t *testing.T, file []byte, key backup.Key) (names []string) {
	t.Helper()
	u, err := backup.Unpack(bytes.NewReader(file), key, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	held, err := os.ReadDir(filepath.Join(u.Dir, "forms"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, one := range held {
		names = append(names, one.Name())
	}
	return names
}

func TestFormsThatAreReachedByALinkAreBackedUp(t *testing.T) {
	elsewhere, linked := t.TempDir(), filepath.Join(t.TempDir(), "forms")
	for _, change := range []error{
		os.WriteFile(filepath.Join(elsewhere, "v9.yaml"), []byte("a form\n"), 0o600),
		os.Symlink("v9.yaml", filepath.Join(elsewhere, "v10.yaml")), os.Symlink(elsewhere, linked),
		// as a volume is mounted that can be exchanged as a whole
		os.Mkdir(filepath.Join(elsewhere, "..2026"), 0o700), os.Symlink("..2026", filepath.Join(elsewhere, "..data")),
		os.WriteFile(filepath.Join(elsewhere, "..2026", "v11.yaml"), []byte("a form\n"), 0o600), os.Symlink("..data/v11.yaml", filepath.Join(elsewhere, "v11.yaml")),
	} {
		if change != nil {
			t.Fatal(change)
		}
	}
	file, key, err := backedUpWith(t, linked)
	if err != nil {
		t.Fatal(err)
	}
	if got := formsIn(t, file, key); !slices.Equal(got, []string{"v10.yaml", "v11.yaml", "v9.yaml"}) {
		t.Errorf("it holds the forms %q", got)
	}
}

func TestWhatCannotBeBackedUpIsNotLeftOut(t *testing.T) {
	for what, put := range map[string]func(path string) error{
		"a link to a directory": func(path string) error { return os.Symlink(os.TempDir(), path) },
		"a link to nothing":     func(path string) error { return os.Symlink("nothing", path) },
		"a pipe":                func(path string) error { return syscall.Mkfifo(path, 0o600) },
	} {
		forms := t.TempDir()
		if err := put(filepath.Join(forms, "v9.yaml")); err != nil {
			t.Fatal(err)
		}
		if _, _, err := backedUpWith(t, forms); err == nil || !strings.Contains(err.Error(), "v9.yaml") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAFileThatIsBeingWrittenIsNotBackedUp(t *testing.T) {
	forms := t.TempDir()
	for _, name := range []string{"v9.yaml", ".new-123"} {
		if err := os.WriteFile(filepath.Join(forms, name), []byte("a form\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file, key, err := backedUpWith(t, forms)
	if err != nil {
		t.Fatal(err)
	}
	if got := formsIn(t, file, key); !slices.Equal(got, []string{"v9.yaml"}) {
		t.Errorf("it holds the forms %q", got)
	}
}

func TestABackupIsReadAsItWasWritten(t *testing.T) {
	file, key := backedUp(t)
	u, err := backup.Unpack(bytes.NewReader(file), key, t.TempDir())
	if err != nil || len(u.Logs) != 1 || u.Logs[0].Municipality != "1880" || u.Logs[0].Position != 1 {
		t.Fatalf("%v: %+v", err, u)
	}
	for name, want := range map[string]string{"signing.key": "secret\n", "forms/v9.yaml": "a form\n", "archive/1880/tile/entries/000.p/1": "\x00\x0b" + `{"hello":1}`} {
		if got, err := os.ReadFile(filepath.Join(u.Dir, name)); err != nil || string(got) != want {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
	if bytes.Contains(file, []byte("hello")) || bytes.Contains(file, []byte("secret")) {
		t.Error("it can be read without the key")
	}
}

// TestNoLogIsBackedUpAheadOfWhatItIsToldOf has two municipalities that tell each other, unless that is held, and the national level
// of whatever happens there: something does whenever a log was brought up.
func TestNoLogIsBackedUpAheadOfWhatItIsToldOf(t *testing.T) {
	type message struct {
		From     events.Municipality
		Position events.Position
	}
	signer, verifier, public := archivetest.Key(t, "rackvidd-test")
	dir, held := t.TempDir(), false
	keeper, err := archive.Keep(dir, signer, verifier)
	if err != nil {
		t.Fatal(err)
	}
	defer keeper.Close()
	key, err := backup.LoadKey(filepath.Join(t.TempDir(), "vault", backup.KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	municipalities, logs := []events.Municipality{"0114", "1880"}, map[events.Municipality][]message{}
	happens := func() {
		for _, provider := range municipalities {
			logs[provider] = append(logs[provider], message{})
			for _, other := range []events.Municipality{"0114", "1880", events.National} {
				if other == events.National || other != provider && !held {
					logs[other] = append(logs[other], message{provider, events.Position(len(logs[provider]))})
				}
			}
		}
	}
	happens()
	var file bytes.Buffer
	err = backup.Write(t.Context(), backup.Source{
		Program: "v1", Key: signer, Public: public, SigningKey: []byte("secret\n"), Spool: t.TempDir(),
		Logs: func(context.Context) ([]events.Municipality, error) {
			return append(slices.Clone(municipalities), events.National), nil
		},
		Hold: func(context.Context) (release func() error, err error) {
			held = true
			return func() error {
				held = false
				return nil
			}, nil
		},
		Checkpoint: func(_ context.Context, several ...events.Municipality) (err error) {
			for _, m := range several {
				v, bad := keeper.Volume(m)
				if bad != nil {
					return bad
				}
				for _, one := range logs[m][v.Position():] {
					raw, bad := json.Marshal(one)
					err = errors.Join(err, bad, v.Append(v.Position()+1, raw))
				}
				happens()
				err = errors.Join(err, v.Sign())
			}
			return err
		},
		Pause:   func(events.Municipality) (resume func()) { return func() {} },
		Archive: func(m events.Municipality) archive.Archive { return archive.Open(dir, m, verifier) },
	}, key, &file)
	if err != nil {
		t.Fatal(err)
	}
	u, err := backup.Unpack(bytes.NewReader(file.Bytes()), key, t.TempDir())
	if err != nil || len(u.Logs) != 3 {
		t.Fatalf("%v: %+v", err, u.Logs)
	}
	ends := map[events.Municipality]events.Position{}
	for _, log := range u.Logs {
		ends[log.Municipality] = log.Position
	}
	for _, log := range u.Logs {
		for entry, err := range archive.Open(filepath.Join(u.Dir, backup.ArchiveDir), log.Municipality, verifier).Read(t.Context(), 0) {
			var one message
			if err == nil {
				err = json.Unmarshal(entry.Raw, &one)
			}
			if err != nil {
				t.Fatal(err)
			}
			if one.From != "" && one.Position > ends[one.From] {
				t.Errorf("%s tells of position %d of %s, which ends at %d", log.Municipality, one.Position, one.From, ends[one.From])
			}
		}
	}
}

func TestABackupThatIsNotWholeIsRefused(t *testing.T) {
	file, key := backedUp(t)
	refused := func(what string, changed []byte) {
		t.Helper()
		var unusable *backup.UnusableError
		if _, err := backup.Unpack(bytes.NewReader(changed), key, t.TempDir()); !errors.As(err, &unusable) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for at := range file {
		flipped := bytes.Clone(file)
		flipped[at] ^= 1 << (at % 8)
		refused("a flipped bit", flipped)
		refused("cut short", file[:at])
	}
	refused("longer", append(bytes.Clone(file), 'x'))
	refused("twice", append(bytes.Clone(file), file...))
}

func TestAKeyIsMadeOnceAndNeverQuoted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vault", backup.KeyFile)
	one, err := backup.LoadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	two, err := backup.LoadKey(path)
	if err != nil || one.String() != two.String() {
		t.Errorf("another key: %v", err)
	}
	if err := os.WriteFile(path, []byte("AGE-SECRET-KEY-1QQQQ\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.LoadKey(path); err == nil || strings.Contains(err.Error(), "QQQQ") {
		t.Errorf("a damaged key: %v", err)
	}
}
