package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"rackvidd/events/failpoint"
)

// stop is a step that a repair is killed at, the n-th time it comes there.
type stop struct {
	step failpoint.Step
	n    int
}

// stops are all of them, by what is damaged beforehand so that the repair comes there.
var stops = map[string][]stop{
	"what is found and recorded": {{failpoint.BeforeRename, 1}, {failpoint.BeforeRename, 2}, {failpoint.BeforeRename, 3}},
	"archive":                    {{failpoint.BeforeArchiveMove, 1}, {failpoint.BeforeArchiveMove, 2}},
	"archive and stream":         {{failpoint.BeforeArchiveMove, 2}},
	"stream":                     {{failpoint.BeforeStreamDelete, 1}, {failpoint.AfterStreamDelete, 1}, {failpoint.WithinStreamFill, 1}},
	"statement":                  {{failpoint.BeforeStatementAside, 1}},
}

// TestARepairThatIsKilledAtAnyStepIsEndedByTheNext takes one step of each kind; make torture takes all.
func TestARepairThatIsKilledAtAnyStepIsEndedByTheNext(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	some := make(map[string][]stop)
	for _, what := range slices.Sorted(maps.Keys(stops)) {
		some[what] = []stop{stops[what][rng.IntN(len(stops[what]))]}
	}
	killedRepairs(t, some)
}

// killedRepairs damages a copy of an installation for each stop, kills the repair there and runs it again.
func killedRepairs(t *testing.T, some map[string][]stop) {
	t.Helper()
	data := dataDir(t)
	f := newFaulted(t, serve(t, data), 1)
	if err := f.aSubmission(0)(); err != nil {
		t.Fatal(err)
	}
	f.bundle("whole.zip")
	f.must(t, "audit", "verify", "--municipality", surveyed)
	verified := f.must(t, "audit", "verify", "--municipality", surveyed)
	f.stop(t)
	for what, list := range some {
		for _, at := range list {
			t.Run(fmt.Sprintf("%s, %s %d", what, at.step, at.n), func(t *testing.T) {
				t.Parallel() // most of it is waiting
				killedRepair(t, copied(t, data), what, at, verified)
			})
		}
	}
}

// copied is a copy of a data directory that nothing runs on.
func copied(t *testing.T, data string) string {
	t.Helper()
	to := dataDir(t)
	if out, err := exec.Command("cp", "-a", data+"/.", to).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	return to
}

func killedRepair(t *testing.T, data, what string, at stop, verified string) {
	t.Helper()
	flip := func(path string, at func(size int) int) {
		t.Helper()
		raw, err := os.ReadFile(path)
		if err == nil {
			raw[at(len(raw))] ^= 1
			err = os.WriteFile(path, raw, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	middle := func(size int) int { return size / 2 }
	stream := filepath.Join(data, "nats", "jetstream", "$G", "streams", "EVENTS_"+surveyed)
	switch what {
	case "archive and stream": // of the stream the first message, which it then begins after; of the archive another one
		flip(filepath.Join(stream, "msgs", "1.blk"), func(int) int { return 150 })
		fallthrough
	case "archive":
		flip(onlyFile(t, filepath.Join(data, "archive", surveyed, "tile", "entries", "000.p")), middle)
	case "statement":
		flip(filepath.Join(data, statementsDir, surveyed, "2021-1.json"), middle)
	default:
		if err := os.RemoveAll(stream); err != nil {
			t.Fatal(err)
		}
	}
	s, err := launchWith([]string{fmt.Sprintf("%s=%s:%d", failpoint.Setting, at.step, at.n)}, data)
	if err != nil {
		t.Fatal(err)
	}
	if s.becomesReady() == nil { // what a start finds is a step as well
		s.rackvidd("audit", "repair", "--municipality", surveyed)
	}
	select {
	case <-s.exited:
	case <-time.After(60 * time.Second):
		t.Errorf("it does not come to %s", at.step)
	}
	s.kill()
	nothingLeft(t, data)
	s = serve(t, data)
	s.must(t, "audit", "repair", "--municipality", surveyed)
	if again := s.must(t, "audit", "verify", "--municipality", surveyed); again != verified {
		t.Errorf("killed there: %s, was %s", again, verified)
	}
	s.must(t, "audit", "repairs", "--municipality", surveyed)
	s.stop(t)
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

// unnamedFiles reports whether a directory's file system can hold a file without a name.
func unnamedFiles(t *testing.T, dir string) bool {
	t.Helper()
	p, err := newPart(filepath.Join(dir, "any"))
	if err != nil {
		t.Fatal(err)
	}
	p.drop()
	return p.unnamed
}

// TestARotationABackupAndARestoreThatAreKilledAreDoneByTheNext kills each where its result is not in its place yet.
func TestARotationABackupAndARestoreThatAreKilledAreDoneByTheNext(t *testing.T) {
	t.Parallel()
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
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) > 0 && unnamedFiles(t, filepath.Dir(file)) {
		t.Errorf("a backup that was killed leaves %v, %v", left, err)
	}
	s.must(t, "backup", file)
	s.stop(t)
	to := filepath.Join(dataDir(t), "data")
	killedAt(t, failpoint.BeforeRestoreRename, nil, "restore", file, "--vault", filepath.Join(data, "vault"), "--data", to)
	if out, code := restored(t, file, "--vault", filepath.Join(data, "vault"), "--data", to); code != done {
		t.Fatalf("exit %d: %s", code, out)
	}
	if left, err := os.ReadDir(filepath.Dir(to)); err != nil || len(left) != 1 {
		t.Errorf("beside what was restored there is %v, %v", left, err)
	}
	s = serve(t, to)
	if again := s.must(t, "audit", "verify", "--municipality", "1880"); again != verified {
		t.Errorf("restored it is %s, was %s", again, verified)
	}
}
