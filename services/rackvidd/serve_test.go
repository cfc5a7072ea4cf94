package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"rackvidd/projections/reach"
	"rackvidd/services/simulate"
)

const smallFile = "record_id,type,occurred_on,child,programme,form,birth_year\n" +
	"1,session_attended,2021-03-01,a,sputnik,counselling,2012\n" +
	"2,session_attended,2021-03-08,a,sputnik,support_group,2012\n" +
	"3,session_attended,2021-03-08,b,sputnik,support_group,2013\n"

func TestItStopsCleanlyAndComesBackWithEverything(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	s := serve(t, data)
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	before := s.figures(t, "1880", "year=2021")
	if before.Children != 2 || before.SumOverForms != 3 {
		t.Errorf("%d children, %d over forms; want 2 and 3", before.Children, before.SumOverForms)
	}
	s.stop(t)
	nothingLeft(t, data)
	s = serve(t, data)
	if after := s.figures(t, "1880", "year=2021"); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

func TestKilledItLeavesNothingRunningAndTheNextOneTakesOver(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	s := serve(t, data)
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	s.kill()
	nothingLeft(t, data)
	s = serve(t, data)
	if f := s.figures(t, "1880", "year=2021"); f.Children != 2 {
		t.Errorf("%d children, want 2", f.Children)
	}
}

func TestTwoInstancesSideBySideHaveNothingInCommon(t *testing.T) {
	t.Parallel()
	a, b := serve(t, dataDir(t)), serve(t, dataDir(t))
	if _, err := a.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	if n := b.figures(t, "1880", "year=2021").Children; n != 0 {
		t.Errorf("the other instance reached %d children", n)
	}
}

func TestASecondServeOnTheSameDirectoryIsRefused(t *testing.T) {
	s := serve(t, dataDir(t))
	out, err := exec.Command(program, "serve", "--data", s.data, "--listen", "127.0.0.1:0").CombinedOutput()
	if err == nil || err.(*exec.ExitError).ExitCode() != wrongUsage || !strings.Contains(string(out), strconv.Itoa(s.cmd.Process.Pid)) {
		t.Errorf("%v: %s", err, out)
	}
}

func TestWrongUsageExitsWithTwoAndOneLine(t *testing.T) {
	for _, args := range [][]string{
		{"reach"},
		{"reach", "--municipality", "1880"},
		{"nonsense"},
		{"serve", "nothing"},
		{"serve", "--listen", "nowhere:x", "--data", dataDir(t)},
		{"serve", "--scrub-every=-1h", "--data", dataDir(t)},
		{"serve", "--index-keys", "1 abc", "--data", dataDir(t)},
		{"serve", "--openid-issuer", "http://login.example.org", "--openid-client", "rackvidd", "--data", dataDir(t)},
		{"reach", "--municipality", "1880", "--year", "2021", "--from", "2021-01-01", "--to", "2021-02-01"},
		{"--config", "/no/such/file", "reach"},
	} {
		out, err := exec.Command(program, args...).CombinedOutput()
		if code := exitCode(err); code != wrongUsage {
			t.Errorf("%v: exit %d: %s", args, code, out)
		}
		if lines := strings.Count(strings.TrimSpace(string(out)), "\n"); lines > 0 && args[0] != "serve" {
			t.Errorf("%v: more than one line: %s", args, out)
		}
	}
}

func exitCode(err error) int {
	if exit, ok := err.(*exec.ExitError); ok {
		return exit.ExitCode()
	}
	return 0
}

func TestAnOrdinaryUserCanServe(t *testing.T) {
	if os.Geteuid() != 0 {
		return // every other test here is that test then
	}
	data := dataDir(t)
	if err := os.Chown(data, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	output := &lockedBuffer{}
	cmd := exec.Command(program, "serve", "--data", data, "--listen", "127.0.0.1:0")
	cmd.Env, cmd.Dir = append(cleanEnvironment(), "RACKVIDD_ADMIN_TOKEN="+adminToken, "HOME="+data), data
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	cmd.Stdout, cmd.Stderr = output, output
	s := &server{data: data, cmd: cmd, output: output, exited: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.exitErr = cmd.Wait(); close(s.exited) }()
	s.endsWith(t)
	s.awaitReady(t)
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Error(err)
	}
	s.stop(t)
}

// childOf returns the process id of PostgreSQL's postmaster on the data directory.
func postmasterOf(t *testing.T, data string) int {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(data, "postgres", "cluster", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.SplitN(string(raw), "\n", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestPostgreSQLKilledIsStartedAgain(t *testing.T) {
	s := serve(t, dataDir(t))
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	head := s.figures(t, "1880", "year=2021").Position
	syscall.Kill(postmasterOf(t, s.data), syscall.SIGKILL)
	var after reach.Figures
	for deadline := time.Now().Add(time.Minute); after.Position < head; time.Sleep(100 * time.Millisecond) {
		status, raw, err := s.call(t.Context(), "GET", "municipalities/1880/reach?year=2021", nil)
		if err != nil || status != 200 && status != 503 || time.Now().After(deadline) {
			t.Fatalf("answered %d, %v: %s", status, err, raw)
		}
		if status == 200 {
			if err := json.Unmarshal(raw, &after); err != nil {
				t.Fatal(err)
			}
		}
	}
	if after.Children != 2 {
		t.Errorf("%d children, want 2", after.Children)
	}
	s.stop(t)
	nothingLeft(t, s.data)
}

// simulatedFile is a file that takes a while to import.
func simulatedFile(t *testing.T, children int) string {
	t.Helper()
	var file strings.Builder
	if err := simulate.Activity(&file, simulate.Options{Children: children, FirstYear: 2021, Seed: 3}); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

// TestStoppingWaitsForAnImportUnderWay sends the rest of a file when nobody new is let in any more.
func TestStoppingWaitsForAnImportUnderWay(t *testing.T) {
	s := serve(t, dataDir(t))
	file, typing := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.address+"/api/v1/municipalities/1880/imports?source=a", file)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Authorization": {"Bearer " + adminToken}, "Content-Type": {"text/csv"}, "Expect": {"100-continue"}}
	answered := make(chan error, 1)
	go func() {
		response, err := (&http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Minute}}).Do(r)
		if err == nil {
			response.Body.Close()
			if response.StatusCode != http.StatusOK {
				err = errors.New(response.Status)
			}
		}
		file.CloseWithError(err)
		answered <- err
	}()
	first, rest, _ := strings.Cut(smallFile, "\n")
	if _, err := io.WriteString(typing, first+"\n"); err != nil { // it is read
		t.Fatal(err)
	}
	s.cmd.Process.Signal(syscall.SIGTERM)
	for {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.address, "http://"))
		if err != nil {
			break
		}
		c.Close()
		time.Sleep(10 * time.Millisecond)
	}
	io.WriteString(typing, rest)
	typing.Close()
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if <-s.exited; s.exitErr != nil {
		t.Error(s.exitErr)
	}
	nothingLeft(t, s.data)
}

func TestOneMunicipalitysImportAndRebuildLeaveTheOthersAlone(t *testing.T) {
	s, file := serve(t, dataDir(t)), simulatedFile(t, 1500)
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	busy := make(chan error, 1)
	go func() {
		if _, err := s.bring(t.Context(), "1485", "a", file); err != nil {
			busy <- err
			return
		}
		for _, projection := range []string{"reach", "caseload", "register"} {
			if _, stderr, code := s.rackvidd("projections", "rebuild", projection, "--municipality", "1485"); code != done {
				busy <- errors.New(stderr)
				return
			}
		}
		busy <- nil
	}()
	for n := 0; ; n++ {
		select {
		case err := <-busy:
			if err != nil {
				t.Error(err)
			}
			t.Logf("%d writes and reads meanwhile", n)
			sameAsOracle(t, s, file, "1485", 2021)
			return
		default:
		}
		status, raw, err := s.call(t.Context(), "POST", "municipalities/1880/sessions", map[string]string{"programme": "sputnik", "form": "counselling", "held_on": "2021-03-01"})
		var written struct{ Position int }
		if err != nil || status != 201 || json.Unmarshal(raw, &written) != nil {
			t.Fatalf("%d, %v: %s", status, err, raw)
		}
		if f := s.figures(t, "1880", fmt.Sprintf("year=2021&min_position=%d", written.Position)); f.Children != 2 {
			t.Fatalf("%d children in the other municipality, want 2", f.Children)
		}
	}
}

func TestTheProcessThatAReplayIsComparedByGivesWay(t *testing.T) {
	t.Parallel()
	s := serve(t, dataDir(t))
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	s.figures(t, "1880", "year=2021")
	if n := s.givingWay(t); n != 0 {
		t.Errorf("%d processes of the database give way before the replay", n)
	}
	if status, raw, err := s.patient(t.Context(), http.MethodGet, "municipalities/1880/audit/replay?year=2021", nil); err != nil || status != http.StatusOK {
		t.Fatalf("replay answered %d, %v: %s", status, err, raw)
	}
	if n := s.givingWay(t); n != 1 {
		t.Errorf("%d processes of the database give way after it, want 1", n)
	}
}

// givingWay is how many of the database's processes have a low precedence.
func (s *server) givingWay(t *testing.T) (n int) {
	t.Helper()
	for _, process := range leftRunning(t, s.data) {
		pid, name, _ := strings.Cut(process, " ")
		if !strings.HasPrefix(name, "postgres: ") {
			continue
		}
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil {
			continue // it has ended
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		const nice = 16
		if strings.Fields(after)[nice] == "10" {
			n++
		}
	}
	return n
}
