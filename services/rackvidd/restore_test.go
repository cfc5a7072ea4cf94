package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"rackvidd/events/archive/archivetest"
	"rackvidd/services/backup"
)

func TestARestoreThatTheDiskDoesNotTakeSaysThatNothingWasTouched(t *testing.T) {
	parent := t.TempDir()
	data := filepath.Join(parent, "data")
	err := settle(filepath.Join(parent, "taken away"), data)
	if err == nil || !strings.Contains(err.Error(), data+" was not touched") || !strings.Contains(err.Error(), "do it again") {
		t.Errorf("it says %v", err)
	}
}

func TestAnEmptyDirectoryIsRestoredInAndNoOther(t *testing.T) {
	parent := t.TempDir()
	for name, occupied := range map[string]bool{"empty": false, "occupied": true} {
		staged, data := filepath.Join(parent, name+" staged"), filepath.Join(parent, name)
		if err := errors.Join(os.MkdirAll(filepath.Join(staged, "restored"), 0o700), os.Mkdir(data, 0o700)); err != nil {
			t.Fatal(err)
		}
		if occupied {
			if err := os.Mkdir(filepath.Join(data, "something"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		err := settle(staged, data)
		if (err != nil) != occupied || occupied && !strings.Contains(err.Error(), data+" was not touched") {
			t.Errorf("%s: it says %v", name, err)
		}
		if _, there := os.Stat(filepath.Join(data, "restored")); (there != nil) != occupied {
			t.Errorf("%s: %v", name, there)
		}
	}
}

func TestARestoreIsRefusedWithinTheVaultsDirectoryAndOverAMountPoint(t *testing.T) {
	vault := vaultDirIn(t, t.TempDir(), strings.Repeat("a", 26), 0)
	c := &restoreCommand{Vault: filepath.Join(vault, "vault")}
	for data, says := range map[string]string{filepath.Join(vault, "vault", "data"): "is in the vault's directory", "/dev/shm": "is a mount point"} {
		if found, err := os.ReadDir(data); data == "/dev/shm" && (err != nil || len(found) > 0 || !mounted(data)) {
			continue // somebody uses it, or there is none
		}
		if err := c.usable(data); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("into %s: %v", data, err)
		}
	}
	if mounted(vault) {
		t.Error("a directory beside others is taken for a mount point")
	}
}

// TestARestoreThatIsInItsPlaceSaysSoWhateverFailsAfterwards has a directory that names can be given in and that cannot be opened.
func TestARestoreThatIsInItsPlaceSaysSoWhateverFailsAfterwards(t *testing.T) {
	const nobody = 65534
	parent := filepath.Join(dataDir(t), "parent")
	staged, data := filepath.Join(parent, "staged"), filepath.Join(parent, "data")
	if err := os.MkdirAll(staged, 0o755); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 { // who may open everything
		for _, dir := range []string{parent, staged} {
			if err := os.Chown(dir, nobody, nobody); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Chmod(parent, 0o300); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(parent, fs.FileMode(0o700)) })
	said := make(chan error)
	go func() {
		runtime.LockOSThread() // which ends with this, and as whom it opens files
		if os.Getuid() == 0 {
			_ = syscall.Setfsuid(nobody)
		}
		said <- settle(staged, data)
	}()
	err := <-said
	if err == nil || !strings.Contains(err.Error(), data+" is restored and in its place") || !strings.Contains(err.Error(), "Do not restore again") {
		t.Errorf("it says %v", err)
	}
	if _, err := os.Stat(data); err != nil {
		t.Error(err)
	}
}

// TestTheVaultsKeysAreNotOthersToReadWhileTheyAreCopied stops at what cannot be copied, as a kill would stop it.
func TestTheVaultsKeysAreNotOthersToReadWhileTheyAreCopied(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "vault")
	if err := errors.Join(os.WriteFile(filepath.Join(from, "backup.key"), nil, 0o600), syscall.Mkfifo(filepath.Join(from, "last"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := copyPrivately(from, to); err == nil {
		t.Fatal("a pipe was copied")
	}
	held, err := os.Stat(to)
	if err != nil {
		t.Fatal(err)
	}
	if held.Mode().Perm() != 0o700 {
		t.Errorf("half-way the directory is %v", held.Mode())
	}
}

// TestARestoreIsRefusedWhereItWouldFillServersThatAreNotOpened is of an installation with PostgreSQL or NATS of its own.
func TestARestoreIsRefusedWhereItWouldFillServersThatAreNotOpened(t *testing.T) {
	t.Parallel()
	for _, setting := range []string{"RACKVIDD_DATABASE_URL", "RACKVIDD_VAULT_DATABASE_URL", "RACKVIDD_NATS_URL", "RACKVIDD_VAULT_DIR"} {
		out, code := restoredWith(t, []string{setting + "=server://elsewhere"}, "none", "--vault", t.TempDir(), "--data", filepath.Join(t.TempDir(), "data"))
		if code != wrongUsage || !strings.Contains(out, setting) || !strings.Contains(out, "unset ") {
			t.Errorf("with %s: exit %d, %s", setting, code, out)
		}
	}
}

// TestWhatABackupHoldsOfANewerVersionIsNotDropped has a directory in it that this version does not know.
func TestWhatABackupHoldsOfANewerVersionIsNotDropped(t *testing.T) {
	unpacked := t.TempDir()
	for _, name := range []string{"tables", "appeals"} {
		if err := os.Mkdir(filepath.Join(unpacked, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	r := &restoring{restoreCommand: &restoreCommand{Vault: t.TempDir()}, dir: t.TempDir(), unpacked: backup.Unpacked{Dir: unpacked}}
	if err := r.files(); err == nil || !strings.Contains(err.Error(), "it holds appeals, which this version") {
		t.Errorf("it says %v", err)
	}
}

// TestOnlyWhatIsNotThereIsSaidToBeMissing names a file where the vault's directory is to be: its files cannot be looked for.
func TestOnlyWhatIsNotThereIsSaidToBeMissing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "vault")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := (&restoreCommand{Vault: file}).usable(t.TempDir())
	if err == nil || strings.Contains(err.Error(), "is missing") || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("it says %v", err)
	}
}

func TestARestoreSaysWhatCameBackWithIt(t *testing.T) {
	_, verifier, _ := archivetest.Key(t, "rackvidd-then")
	r := &restoring{restoreCommand: &restoreCommand{Vault: "/keys/vault"}, env: &environment{settings: &settings{Data: "/srv/rackvidd"}}, verifier: verifier}
	r.unpacked.Made = time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	said := r.outcome()
	for _, part := range []string{"as it was at 2026-03-01T02:00:00Z", "revoke tokens", "disable accounts", "flag children as protected", "rackvidd-then", "audit key rotate"} {
		if !strings.Contains(said, part) {
			t.Errorf("it does not say %q:\n%s", part, said)
		}
	}
}

// TestARestoreClaimsVolumesThatLieInOneAnother has all of them in the data directory, as they are by themselves.
func TestARestoreClaimsVolumesThatLieInOneAnother(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	c := &restoreCommand{apartFlags: apartFlags{Archive: filepath.Join(data, "archive"), Forms: filepath.Join(data, "forms")}}
	env := &environment{Context: t.Context(), err: io.Discard, settings: &settings{Data: data}}
	one := func() *serversApart {
		return &serversApart{restoring: &restoring{restoreCommand: c, env: env}, parts: c.parts(env)}
	}
	for range 2 { // what is taken back can be done again
		s := one()
		if err := s.claim(); err != nil {
			t.Fatal(err)
		}
		if err := one().claim(); err == nil || !strings.Contains(err.Error(), "has not come to its end") {
			t.Errorf("another at the same time: %v", err)
		}
		for _, name := range []string{"archive/1880", "statements", "vault"} {
			if err := os.MkdirAll(filepath.Join(data, name), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.undo(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := os.Mkdir(filepath.Join(data, "statements"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := one().claim(); err == nil || !strings.Contains(err.Error(), "statements is in it") {
		t.Errorf("over what is there: %v", err)
	}
}
