package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"rackvidd/events/archive"
	"rackvidd/services/api"
	"rackvidd/services/integrity"
)

// rotated runs rackvidd audit key rotate on the files of an installation.
func rotated(t *testing.T, data string, settings ...string) (output string, code int) {
	t.Helper()
	cmd := exec.Command(program, "audit", "key", "rotate", "--data", data)
	cmd.Env = append(cleanEnvironment(), settings...)
	raw, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(raw), cmd.ProcessState.ExitCode()
}

// TestRootChangesNoKeyOfAnInstallationThatRunsAsAnotherAccount: that could not read it any more.
func TestRootChangesNoKeyOfAnInstallationThatRunsAsAnotherAccount(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		return // whoever is not root can write there as itself alone
	}
	data := dataDir(t)
	if err := os.Chown(data, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"rotate", "begin"} {
		out, err := exec.Command(program, "audit", "key", command, "--data", data).CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != wrongUsage || !strings.Contains(string(out), "runuser -u nobody -- rackvidd") {
			t.Errorf("%s: %v, %s", command, err, out)
		}
	}
	if found, err := os.ReadDir(data); err != nil || len(found) > 0 {
		t.Errorf("there are %v, %v", found, err)
	}
}

// checkpoint is the one that is served of a municipality's log.
func (s *server) checkpoint(t *testing.T, m string) []byte {
	t.Helper()
	status, raw, err := s.call(t.Context(), http.MethodGet, "municipalities/"+m+"/log/checkpoint", nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%d, %v: %s", status, err, raw)
	}
	return raw
}

// bundle writes one of the survey that was submitted.
func (f *faulted) bundle(name string, more ...string) string {
	f.t.Helper()
	path := filepath.Join(f.t.TempDir(), name)
	f.must(f.t, append([]string{"audit", "bundle", "--municipality", surveyed, "--year", "2021", "--out", path}, more...)...)
	return path
}

// verifies has both verifiers look at a bundle with a key, and demands that they agree.
func (f *faulted) verifies(path, key string) (ok bool) {
	f.t.Helper()
	stdout, stderr, code := f.rackvidd("audit", "verify", "--bundle", path, "--key", key)
	script := filepath.Join(f.t.TempDir(), "verify.py")
	text, err := os.ReadFile("../audit/bundle/verify.py")
	if err == nil {
		err = os.WriteFile(script, text, 0o600)
	}
	if err != nil {
		f.t.Fatal(err)
	}
	out, err := exec.Command("python3", script, path, key).CombinedOutput()
	if (code == done) != (err == nil) {
		f.t.Fatalf("the program says %d %s%s, the script %v %s", code, stdout, stderr, err, out)
	}
	return err == nil
}

// TestTheSigningKeyIsRotatedAndWhatItSignedStaysVerifiable also forges what only the retired key's owner can.
func TestTheSigningKeyIsRotatedAndWhatItSignedStaysVerifiable(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	f := newFaulted(t, serve(t, data), 1)
	if err := f.aSubmission(0)(); err != nil {
		t.Fatal(err)
	}
	f.must(t, "audit", "verify", "--municipality", "1880") // which archives all of it
	first := strings.TrimSpace(f.must(t, "report", "key"))
	before, kept := f.bundle("before.zip"), f.checkpoint(t, "1880")
	if _, stderr, code := f.rackvidd("audit", "bundle", "--municipality", surveyed, "--year", "2021", "--out", before); code != wrongUsage || !strings.Contains(stderr, "is there already") {
		t.Errorf("over a bundle that is there: exit %d, %s", code, stderr)
	}
	if _, stderr, code := f.rackvidd("audit", "bundle", "--municipality", surveyed, "--year", "2021", "--of-version", "7", "--out", before+".7"); code != failed {
		t.Errorf("of a version that was not submitted: exit %d, %s", code, stderr)
	}
	whole, err := os.ReadFile(before)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(f.bundle("again.zip")); err != nil || string(again) != string(whole) {
		t.Errorf("after one that is refused a bundle has %d bytes, %v; it had %d", len(again), err, len(whole))
	}
	if out, code := rotated(t, data); code != wrongUsage {
		t.Errorf("while it runs: exit %d, %s", code, out)
	}
	f.stop(t)
	seed, err := os.ReadFile(filepath.Join(data, signingKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	out, code := rotated(t, data)
	if code != done {
		t.Fatalf("exit %d: %s", code, out)
	}
	second, _, _ := strings.Cut(out, "\n")

	// The retired key in its old place is refused, and so is the new one's introduction when somebody has changed it.
	now, err := os.ReadFile(filepath.Join(data, signingKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	refuses := func(path string, content []byte, says string) {
		t.Helper()
		was, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		s := begin(t, data)
		if err := s.becomesReady(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("it starts: %v", err)
		}
		if err := os.WriteFile(path, was, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refuses(filepath.Join(data, signingKeyFile), seed, "is a retired one")
	handover := filepath.Join(data, "archive", keysDir, "0001")
	raw, err := os.ReadFile(handover)
	if err != nil {
		t.Fatal(err)
	}
	changed, beside := []byte(strings.Replace(string(raw), `"position":`, `"position":1`, 1)), filepath.Join(data, keysDir, "0001")
	if err := os.WriteFile(beside, changed, 0o600); err != nil {
		t.Fatal(err)
	}
	refuses(handover, changed, "keys.json of a bundle") // of neither copy anything is left
	if again, err := os.ReadFile(filepath.Join(data, signingKeyFile)); err != nil || string(again) != string(now) {
		t.Fatalf("the key was changed: %v", err)
	}

	f.server = serve(t, data)
	if again, err := os.ReadFile(beside); err != nil || string(again) != string(raw) {
		t.Errorf("the damaged copy of the handover is %q, %v", again, err)
	}
	if printed := strings.Fields(f.must(t, "audit", "key", "list")); printed[0] != first || printed[1] != "retired" || printed[3] != second {
		t.Errorf("the keys are printed as %q; first %s, then %s", printed, first, second)
	}
	var served api.SigningKey
	f.asks(t, http.MethodGet, "report/signing-key", nil, &served)
	if string(served.Key) != second || len(served.Retired) != 1 || !strings.Contains(served.Retired[0].Handover, "\n— rackvidd-") {
		t.Errorf("they are served as %+v", served)
	}
	f.must(t, "audit", "verify")
	if anew := f.checkpoint(t, "1880"); !strings.Contains(string(anew), strings.Split(second, "+")[0]) || signedPart(anew) != signedPart(kept) {
		t.Errorf("what nothing was added to is signed as %s", anew)
	}
	for municipality, source := range map[string]string{"1880": "b", "1382": "c"} { // the other is new
		if _, err := f.bring(t.Context(), municipality, source, smallFile); err != nil {
			t.Fatal(err)
		}
	}
	f.must(t, "audit", "verify", "--municipality", "1880")
	if signed := string(f.checkpoint(t, "1880")); !strings.Contains(signed, strings.Split(second, "+")[0]) || string(kept) == signed {
		t.Errorf("it is signed as %s", signed)
	}

	// What the retired key signed of a survey counts, and whoever trusts either key is led to the other.
	after := f.bundle("after.zip")
	if err := f.aSubmission(1)(); err != nil {
		t.Fatal(err)
	}
	anew := f.bundle("anew.zip")
	for _, c := range []struct {
		path, key string
		want      bool
	}{{before, first, true}, {before, second, false}, {after, first, true}, {after, second, true}, {anew, first, true}, {anew, second, true}} {
		if f.verifies(c.path, c.key) != c.want {
			t.Errorf("%s with %s is verified: %t", filepath.Base(c.path), c.key, !c.want)
		}
	}

	// Whoever has the retired key cannot add to history with it.
	owner, err := signingKeyFrom("", string(seed))
	if err != nil {
		t.Fatal(err)
	}
	forged, err := note.Sign(&note.Note{Text: archive.Origin(owner.Name(), surveyed) + "\n1000\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"}, owner)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "forged")
	if err := os.WriteFile(path, forged, 0o600); err != nil {
		t.Fatal(err)
	}
	_, stderr, code := f.rackvidd("audit", "bundle", "--municipality", surveyed, "--year", "2021", "--out", path+".zip", "--since", path)
	if code != failed || !strings.Contains(stderr, "a retired key") {
		t.Errorf("a checkpoint of the retired key: exit %d, %s", code, stderr)
	}

	// A backup carries all of it.
	file, restoredTo := filepath.Join(t.TempDir(), "backup"), filepath.Join(dataDir(t), "data")
	f.must(t, "backup", file)
	f.stop(t)
	if out, code := restored(t, file, "--vault", filepath.Join(data, "vault"), "--data", restoredTo); code != done {
		t.Fatalf("exit %d: %s", code, out)
	}
	elsewhere := filepath.Join(t.TempDir(), "archive")
	f.server = begin(t, restoredTo, "--archive", elsewhere)
	if err := f.becomesReady(); err == nil || f.cmd.ProcessState.ExitCode() != wrongUsage || !strings.Contains(err.Error(), "RACKVIDD_ARCHIVE names "+elsewhere) {
		t.Errorf("it starts without the archive that was restored: %v", err)
	}
	if again, err := os.ReadFile(filepath.Join(restoredTo, keysDir, "0001")); err != nil || string(again) != string(raw) {
		t.Errorf("beside the key the handover is %q, %v", again, err)
	}
	if err := os.Rename(filepath.Join(restoredTo, "archive"), elsewhere); err != nil {
		t.Fatal(err)
	}
	f.server = serve(t, restoredTo, "--archive", elsewhere)
	f.must(t, "audit", "verify")
	if restored := f.bundle("restored.zip"); !f.verifies(restored, first) {
		t.Error("a bundle of the restored installation is not led to from the first key")
	}
}

// TestARotationThatIsStoppedHalfWayIsEndedByTheNextStart is stopped when the handover is written and the key not yet in its place.
func TestARotationThatIsStoppedHalfWayIsEndedByTheNextStart(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	s := serve(t, data)
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	s.stop(t)
	before, err := os.ReadFile(filepath.Join(data, signingKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	if out, code := rotated(t, data); code != done {
		t.Fatalf("exit %d: %s", code, out)
	}
	for _, change := range []error{
		os.Rename(filepath.Join(data, signingKeyFile), filepath.Join(data, nextSigningKeyFile)), os.WriteFile(filepath.Join(data, signingKeyFile), before, 0o600),
	} {
		if change != nil {
			t.Fatal(change)
		}
	}
	s = serve(t, data)
	s.must(t, "audit", "verify")
	if out, _, _ := s.rackvidd("audit", "key", "list", "--json"); strings.Count(out, `"handover"`) != 1 || !json.Valid([]byte(out)) {
		t.Errorf("the keys are %s", out)
	}
	if _, err := os.Stat(filepath.Join(data, nextSigningKeyFile)); err == nil {
		t.Error("the new key is in two places")
	}
}

// signedPart is the position and the root of a checkpoint.
func signedPart(checkpoint []byte) string {
	return strings.Join(strings.Split(string(checkpoint), "\n")[1:3], " ")
}

// TestAKeyRotatedRightAfterARestoreLeavesTheArchivesWhole rotates before the first start: until then each archive has its checkpoint once.
func TestAKeyRotatedRightAfterARestoreLeavesTheArchivesWhole(t *testing.T) {
	t.Parallel()
	s := serve(t, dataDir(t))
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	file, data := filepath.Join(t.TempDir(), "backup"), filepath.Join(dataDir(t), "data")
	s.must(t, "backup", file)
	kept := s.checkpoint(t, "1880")
	s.stop(t)
	if out, code := restored(t, file, "--vault", filepath.Join(s.data, "vault"), "--data", data); code != done {
		t.Fatalf("exit %d: %s", code, out)
	}
	if out, code := rotated(t, data); code != done {
		t.Fatalf("exit %d: %s", code, out)
	}
	s = serve(t, data)
	if out := s.must(t, "audit", "verify"); !strings.Contains(out, "1880  whole") {
		t.Errorf("it is verified: %s", out)
	}
	if again := s.checkpoint(t, "1880"); string(again) == string(kept) || signedPart(again) != signedPart(kept) {
		t.Errorf("the checkpoint of the retired key is signed anew as %s", again)
	}
	if _, err := s.bring(t.Context(), "1880", "b", manyRows(3)); err != nil {
		t.Errorf("it does not go on: %v", err)
	}
}

// TestAKeyIsNotRotatedWhileAnArchiveEndsBeforeWhatWasSignedOfIt puts an older copy of the archive back after a submission: the
// handover would say that the statement of it does not count.
func TestAKeyIsNotRotatedWhileAnArchiveEndsBeforeWhatWasSignedOfIt(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	archived, older := filepath.Join(data, "archive"), filepath.Join(t.TempDir(), "archive")
	f := newFaulted(t, serve(t, data), 1)
	if err := f.aSubmission(0)(); err != nil {
		t.Fatal(err)
	}
	f.stop(t) // when all is archived
	if err := os.CopyFS(older, os.DirFS(archived)); err != nil {
		t.Fatal(err)
	}
	f.server = serve(t, data)
	if err := f.aSubmission(1)(); err != nil {
		t.Fatal(err)
	}
	f.bundle("before.zip") // which has the statement made
	f.stop(t)
	key, err := os.ReadFile(filepath.Join(data, signingKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	statement, aside := filepath.Join(data, statementsDir, surveyed, "2021-2.statement"), filepath.Join(data, "aside")
	if err := errors.Join(os.Rename(statement, aside), os.Symlink(statement, statement)); err != nil {
		t.Fatal(err)
	}
	if out, code := rotated(t, data); code != failed || !strings.Contains(out, "read the statement 2021-2.statement") || !strings.Contains(out, "audit repair --municipality "+surveyed) {
		t.Errorf("where the disk does not give a statement: exit %d, %s", code, out)
	}
	if err := os.Rename(aside, statement); err != nil {
		t.Fatal(err)
	}
	for _, place := range []struct{ holds, says string }{
		{"nothing", "ends at position 0"},
		{"an older copy", "ends at position 4"},
	} {
		if err := os.RemoveAll(archived); err != nil {
			t.Fatal(err)
		}
		if place.holds == "an older copy" {
			if err := os.CopyFS(archived, os.DirFS(older)); err != nil {
				t.Fatal(err)
			}
		}
		out, code := rotated(t, data)
		if code != failed || !strings.Contains(out, place.says) || !strings.Contains(out, "2021-2.statement was signed of it up to position") || !strings.Contains(out, "audit repair --municipality "+surveyed) {
			t.Errorf("where the archive holds %s: exit %d, %s", place.holds, code, out)
		}
		if now, err := os.ReadFile(filepath.Join(data, signingKeyFile)); err != nil || string(now) != string(key) {
			t.Fatalf("the key was changed: %v", err)
		}
	}
	f.server = serve(t, data)
	f.must(t, "audit", "repair", "--municipality", surveyed)
	f.stop(t)
	if out, code := rotated(t, data); code != done {
		t.Fatalf("when it is repaired: exit %d, %s", code, out)
	}
	f.server = serve(t, data)
	if out := f.must(t, "audit", "verify", "--municipality", surveyed); !strings.Contains(out, "whole") {
		t.Errorf("after the rotation: %s", out)
	}
	f.must(t, "audit", "repairs", "--municipality", surveyed) // which exits with 3 where one does not count
	f.stop(t)
	findings := integrity.Keep(filepath.Join(archived, "findings"), slog.New(slog.DiscardHandler))
	for _, c := range []struct {
		of   string
		code int
	}{{integrity.TheStatement, failed}, {integrity.TheSubmission, done}} { // which no repair takes away
		findings.SettleLong(surveyed, findings.Of(surveyed), []integrity.Finding{{Municipality: surveyed, Copy: c.of, Code: integrity.OtherAnswer, Problem: "differs"}}, integrity.TheStatement)
		if out, code := rotated(t, data); code != c.code {
			t.Fatalf("once more, where something of a %s stands: exit %d, %s", c.of, code, out)
		}
	}
	f.server = serve(t, data)
	f.must(t, "audit", "repairs", "--municipality", surveyed)
	handover, err := os.ReadFile(filepath.Join(data, "archive", keysDir, "0002"))
	if err != nil || !strings.Contains(string(handover), `"repairs":[{"municipality":"`+surveyed+`","number":1,"record":"`) {
		t.Errorf("the handover is %s, %v", handover, err)
	}
}

// TestAKeyOfASettingIsRotatedThere gives both keys as services have them.
func TestAKeyOfASettingIsRotatedThere(t *testing.T) {
	t.Parallel()
	data, one, two := dataDir(t), strings.Repeat("1f", 32), strings.Repeat("2e", 32)
	s, err := launchWith([]string{"RACKVIDD_SIGNING_KEY=" + one}, data)
	if err != nil {
		t.Fatal(err)
	}
	s.endsWith(t)
	s.awaitReady(t)
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	s.stop(t)
	if out, code := rotated(t, data, "RACKVIDD_SIGNING_KEY="+one); code != wrongUsage || !strings.Contains(out, "RACKVIDD_NEXT_SIGNING_KEY") {
		t.Errorf("without the next key: exit %d, %s", code, out)
	}
	for _, next := range []struct {
		key  string
		code int
	}{{one, wrongUsage}, {two, done}} {
		if out, code := rotated(t, data, "RACKVIDD_SIGNING_KEY="+one, "RACKVIDD_NEXT_SIGNING_KEY="+next.key); code != next.code {
			t.Errorf("exit %d: %s", code, out)
		}
	}
	if s, err = launchWith([]string{"RACKVIDD_SIGNING_KEY=" + one}, data); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.exited:
	case <-time.After(60 * time.Second):
		t.Error("it starts with the retired key")
	}
	s.kill()
	if s, err = launchWith([]string{"RACKVIDD_SIGNING_KEY=" + two}, data); err != nil {
		t.Fatal(err)
	}
	s.endsWith(t)
	s.awaitReady(t)
	s.must(t, "audit", "verify")
}

// TestAnArchiverByItselfStartsAfterItsKeyWasRotated has a data directory in which no copy of the handover can be made, as its container has.
func TestAnArchiverByItselfStartsAfterItsKeyWasRotated(t *testing.T) {
	t.Parallel()
	data, apart, archived := dataDir(t), dataDir(t), filepath.Join(dataDir(t), "archive")
	one, two := strings.Repeat("1f", 32), strings.Repeat("2e", 32)
	settings := []string{"RACKVIDD_ARCHIVE=" + archived, "RACKVIDD_SIGNING_KEY=" + one}
	s, err := launchWith(settings, data)
	if err != nil {
		t.Fatal(err)
	}
	s.endsWith(t)
	s.awaitReady(t)
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	s.stop(t)
	if err := errors.Join(os.CopyFS(filepath.Join(apart, "nats"), os.DirFS(filepath.Join(data, "nats"))), os.WriteFile(filepath.Join(apart, keysDir), nil, 0o400)); err != nil {
		t.Fatal(err)
	}
	rotation := append(settings, "RACKVIDD_NEXT_SIGNING_KEY="+two)
	if out, code := rotated(t, apart, rotation...); code != wrongUsage || !strings.Contains(out, "the api's data directory") {
		t.Errorf("where nothing tells what was signed: exit %d, %s", code, out)
	}
	if held, err := os.ReadDir(filepath.Join(archived, keysDir)); len(held) > 0 {
		t.Fatalf("it handed over: %v, %v", held, err)
	}
	if out, code := rotated(t, data, rotation...); code != done {
		t.Fatalf("in the api's data directory: exit %d, %s", code, out)
	}
	log := natsIn(t, filepath.Join(apart, "nats"))
	archiver, err := launchWith([]string{"RACKVIDD_NATS_URL=" + log.URL(), "RACKVIDD_ARCHIVE=" + archived, "RACKVIDD_SIGNING_KEY=" + two}, apart, "archiver")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(archiver.kill)
	if err := archiver.becomesReady(); err != nil {
		t.Errorf("the archiver by itself: %v", err)
	}
}
