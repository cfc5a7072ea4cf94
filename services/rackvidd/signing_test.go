package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/failpoint"
)

func TestTheSigningKeyIsMadeOnceAndItsPublicHalfVerifies(t *testing.T) {
	p := &parts{serveCommand: &serveCommand{}, data: t.TempDir()}
	key, err := p.signingKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.signingKey(t.Context())
	if err != nil || again.public != key.public {
		t.Errorf("another key at the second start: %s, %v", again.public, err)
	}
	if _, err := events.ParseVerifierKey(string(key.public)); err != nil {
		t.Errorf("%s: %v", key.public, err)
	}
	verifier, err := note.NewVerifier(string(key.public))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := note.Sign(&note.Note{Text: "a\n"}, key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Open(signed, note.VerifierList(verifier)); err != nil {
		t.Error(err)
	}
	file := filepath.Join(p.data, "signing.key")
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file: %v, %v", info, err)
	}
	held, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	set := &parts{serveCommand: &serveCommand{SigningKey: string(held)}, data: t.TempDir()}
	if same, err := set.signingKey(t.Context()); err != nil || same.public != key.public {
		t.Errorf("as a setting it is another: %s, %v", same.public, err)
	}
	set.SigningKey = "short"
	if _, err := set.signingKey(t.Context()); err == nil || strings.Contains(err.Error(), "short") {
		t.Errorf("a setting that is no key: %v", err)
	}
	if bytes.Contains([]byte(key.public), held[:16]) {
		t.Error("the public half tells the private one")
	}
}

// TestAStrayFileStopsNothingAndALostKeyIsNotMadeAnew has one log archived.
func TestAStrayFileStopsNothingAndALostKeyIsNotMadeAnew(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	s := serve(t, data)
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	public := strings.TrimSpace(s.must(t, "report", "key"))
	s.stop(t)
	stray := filepath.Join(data, "archive", archive.Second, "1880.bak")
	if err := os.WriteFile(stray, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s = serve(t, data)
	if !strings.Contains(s.output.String(), stray) {
		t.Error("the stray file is not named")
	}
	s.must(t, "audit", "verify", "--municipality", "1880")
	s.stop(t)

	key := filepath.Join(data, signingKeyFile)
	if err := os.Rename(key, key+".lost"); err != nil {
		t.Fatal(err)
	}
	s = begin(t, data)
	name, _, _ := strings.Cut(public, "+")
	if err := s.becomesReady(); err == nil || !strings.Contains(err.Error(), "signing.key is missing, and "+name+" signed the archive") {
		t.Errorf("without its key: %v", err)
	}
	if code := s.cmd.ProcessState.ExitCode(); code != wrongUsage {
		t.Errorf("exit %d", code)
	}
	if _, err := os.Stat(key); err == nil {
		t.Error("another key was made")
	}
	if err := os.Rename(key+".lost", key); err != nil {
		t.Fatal(err)
	}
	s = serve(t, data)
	s.must(t, "audit", "verify", "--municipality", "1880")
	s.stop(t)
	keyAndArchiveLost(t, data, public)
}

// keyAndArchiveLost loses both, and begins again.
func keyAndArchiveLost(t *testing.T, data, public string) {
	t.Helper()
	beginsIn := func(data string) (string, int) {
		t.Helper()
		cmd := exec.Command(program, "audit", "key", "begin", "--data", data)
		cmd.Env = cleanEnvironment()
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	begins := func() (string, int) { t.Helper(); return beginsIn(data) }
	misspelt := filepath.Join(t.TempDir(), "misspelt")
	if out, code := beginsIn(misspelt); code != wrongUsage || !strings.Contains(out, "is not there") {
		t.Errorf("where nothing is: exit %d, %s", code, out)
	}
	if _, err := os.Stat(misspelt); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("where nothing was something is now: %v", err)
	}
	key := filepath.Join(data, signingKeyFile)
	if out, code := begins(); code != wrongUsage || !strings.Contains(out, "audit key rotate") {
		t.Errorf("with its key: exit %d, %s", code, out)
	}
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	if out, code := begins(); code != wrongUsage || !strings.Contains(out, "put the key back") {
		t.Errorf("with its archive: exit %d, %s", code, out)
	}
	if err := os.RemoveAll(filepath.Join(data, "archive")); err != nil {
		t.Fatal(err)
	}
	s := begin(t, data)
	if err := s.becomesReady(); err == nil || !strings.Contains(err.Error(), "the stream of 1880 ends at position") || !strings.Contains(err.Error(), "audit key begin") {
		t.Errorf("without key and archive: %v", err)
	}
	if _, err := os.Stat(key); err == nil {
		t.Error("another key was made")
	}
	killedAt(t, failpoint.BeforeRename, nil, "audit", "key", "begin", "--data", data)
	out, code := begins()
	if code != done {
		t.Fatalf("exit %d, %s", code, out)
	}
	s = serve(t, data)
	defer s.stop(t)
	s.must(t, "audit", "verify", "--municipality", "1880")
	if list := s.must(t, "audit", "key", "list"); strings.Contains(list, public) || strings.Count(list, "begun ") != 1 {
		t.Errorf("the keys are %s", list)
	}
}

func TestAnotherKeyInTheSettingsTakesNoLostKeysPlaceSilently(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	first, other := strings.Repeat("a1", 32), strings.Repeat("b2", 32)
	s := serve(t, data, "--signing-key", first)
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	public := strings.TrimSpace(s.must(t, "report", "key"))
	name, _, _ := strings.Cut(public, "+")
	s.stop(t)
	refused := func(key, why string) {
		t.Helper()
		s := begin(t, data, "--signing-key", key)
		if err := s.becomesReady(); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("another key: %v", err)
		}
		if code := s.cmd.ProcessState.ExitCode(); code != wrongUsage {
			t.Errorf("exit %d", code)
		}
	}
	refused(other, "RACKVIDD_SIGNING_KEY is another key than "+name)
	if err := os.RemoveAll(filepath.Join(data, "archive")); err != nil {
		t.Fatal(err)
	}
	refused(other, "RACKVIDD_SIGNING_KEY is another key than "+name)
	begins := func(key string) (string, int) {
		t.Helper()
		cmd := exec.Command(program, "audit", "key", "begin", "--data", data)
		cmd.Env = append(cleanEnvironment(), "RACKVIDD_SIGNING_KEY="+key)
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	if out, code := begins(first); code != wrongUsage || !strings.Contains(out, "signed before: it is not lost") {
		t.Errorf("with the key that is not lost: exit %d, %s", code, out)
	}
	if out, code := begins(other); code != done {
		t.Fatalf("exit %d, %s", code, out)
	}
	s = serve(t, data, "--signing-key", other)
	s.must(t, "audit", "verify", "--municipality", "1880")
	if list := s.must(t, "audit", "key", "list"); strings.Contains(list, public) || !strings.Contains(list, "begun ") {
		t.Errorf("the keys are %s", list)
	}
	s.stop(t)
	refused(first, "RACKVIDD_SIGNING_KEY is another key than ")
}
