package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"rackvidd/events/failpoint"
)

// TestARepairThatIsKilledAtAnyStepIsEndedByTheNext damages what a step is about, kills the repair there and runs it again.
func TestARepairThatIsKilledAtAnyStepIsEndedByTheNext(t *testing.T) {
	data := dataDir(t)
	f := newFaulted(t, serve(t, data), 1)
	if err := f.aSubmission(0)(); err != nil {
		t.Fatal(err)
	}
	f.bundle("whole.zip")
	f.must(t, "audit", "verify", "--municipality", surveyed)
	verified := f.must(t, "audit", "verify", "--municipality", surveyed)
	f.stop(t)
	for n, step := range slices.Concat(failpoint.RepairSteps, []failpoint.Step{failpoint.BeforeRename, failpoint.BeforeArchiveMove}) {
		flip := func(path string) {
			t.Helper()
			raw, err := os.ReadFile(path)
			if err == nil {
				raw[len(raw)/2] ^= 1
				err = os.WriteFile(path, raw, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		switch step {
		case failpoint.BeforeArchiveMove:
			flip(onlyFile(t, filepath.Join(data, "archive", surveyed, "tile", "entries", "000.p")))
		case failpoint.BeforeStatementAside:
			flip(filepath.Join(data, statementsDir, surveyed, "2021-1.json"))
		default:
			if err := os.RemoveAll(filepath.Join(data, "nats", "jetstream", "$G", "streams", "EVENTS_"+surveyed)); err != nil {
				t.Fatal(err)
			}
		}
		s, err := launchWith([]string{fmt.Sprintf("%s=%s:%d", failpoint.Setting, step, 1+n/len(failpoint.RepairSteps))}, data)
		if err != nil {
			t.Fatal(err)
		}
		if s.becomesReady() == nil { // what a start finds is a step as well
			s.rackvidd("audit", "repair", "--municipality", surveyed)
		}
		select {
		case <-s.exited:
		case <-time.After(10 * time.Second):
			t.Errorf("it does not come to %s", step)
		}
		s.kill()
		nothingLeft(t, data)
		f.server = serve(t, data)
		f.must(t, "audit", "repair", "--municipality", surveyed)
		if again := f.must(t, "audit", "verify", "--municipality", surveyed); again != verified {
			t.Errorf("killed at %s: %s, was %s", step, again, verified)
		}
		f.stop(t)
	}
}

// killedAt runs a command that ends at a step.
func killedAt(t *testing.T, step failpoint.Step, settings []string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = append(append(cleanEnvironment(), failpoint.Setting+"="+string(step)), settings...)
	out, err := cmd.CombinedOutput()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); err == nil || !ok || status.Signal() != syscall.SIGKILL {
		t.Errorf("it does not come to %s: %v, %s", step, err, out)
	}
}

// TestARotationABackupAndARestoreThatAreKilledAreDoneByTheNext kills each where its result is not in its place yet.
func TestARotationABackupAndARestoreThatAreKilledAreDoneByTheNext(t *testing.T) {
	data := dataDir(t)
	s := serve(t, data)
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	s.stop(t)
	for _, step := range []failpoint.Step{failpoint.BeforeRename, failpoint.AfterHandover} {
		killedAt(t, step, nil, "audit", "key", "rotate", "--data", data)
	}
	if out, code := rotated(t, data); code != done {
		t.Fatalf("exit %d: %s", code, out)
	}
	s = serve(t, data)
	verified := s.must(t, "audit", "verify", "--municipality", "1880")
	file := filepath.Join(t.TempDir(), "backup")
	killedAt(t, failpoint.BeforeBackupLink, []string{"RACKVIDD_SERVER=" + s.address, "RACKVIDD_TOKEN=" + adminToken}, "backup", file)
	s.must(t, "backup", file)
	s.stop(t)
	to := filepath.Join(dataDir(t), "data")
	killedAt(t, failpoint.BeforeRestoreRename, nil, "restore", file, "--vault", filepath.Join(data, "vault"), "--data", to)
	if out, code := restored(t, file, "--vault", filepath.Join(data, "vault"), "--data", to); code != done {
		t.Fatalf("exit %d: %s", code, out)
	}
	s = serve(t, to)
	if again := s.must(t, "audit", "verify", "--municipality", "1880"); again != verified {
		t.Errorf("restored it is %s, was %s", again, verified)
	}
}
