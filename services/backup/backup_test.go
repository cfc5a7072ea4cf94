package backup_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
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
	signer, verifier, public := archivetest.Key(t, "rackvidd-test")
	dir, forms := t.TempDir(), t.TempDir()
	keeper, err := archive.Keep(dir, signer, verifier)
	if err != nil {
		t.Fatal(err)
	}
	defer keeper.Close()
	if err := os.WriteFile(filepath.Join(forms, "v9.yaml"), []byte("a form\n"), 0o600); err != nil {
		t.Fatal(err)
	}
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
		Checkpoint: func(_ context.Context, m events.Municipality) error {
			if m != "1880" {
				return nil
			}
			v, err := keeper.Volume(m)
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
	if err != nil {
		t.Fatal(err)
	}
	return file.Bytes(), key
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
