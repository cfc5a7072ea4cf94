//go:build bench

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"

	"rackvidd/events"
	"rackvidd/events/jetlog"
	"rackvidd/services/rackvidd/node"
)

// The table of make bench: what was measured, beside a raw limit measured in the same run.

// bareLog is a log with nothing around it: the raw limit of appending.
func bareLog(t *testing.T) events.Log {
	t.Helper()
	n, err := node.StartNATS(t.Context(), node.NATSConfig{StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	connect := func(url string) *nats.Conn {
		conn, err := nats.Connect(url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(conn.Close)
		return conn
	}
	log, err := jetlog.New(jetlog.Config{Conn: connect(n.URL()), Bootstrap: connect(n.BootstrapURL())})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func oneMark(child events.ID) events.Append {
	id := events.NewID()
	return events.Append{
		Stream: events.SessionOf(id), Command: uuid.New(), Actor: child, Time: time.Now(),
		Events: []events.Event{events.SessionAttended{Session: id, Attended: []events.Mark{{Child: child, BirthYear: 2012, Gender: "girl", Record: events.Record{Key: [16]byte{1}}}}}},
	}
}

// rawBatches appends n messages of one row each in atomic batches of 1,000.
func rawBatches(t *testing.T, log events.Log, n int) time.Duration {
	t.Helper()
	child, begun := events.NewID(), time.Now()
	for done := 0; done < n; done += events.MaxBatch {
		var batch []events.Decision
		for range min(events.MaxBatch, n-done) {
			batch = append(batch, events.Decision{oneMark(child)})
		}
		if _, err := log.Append(t.Context(), "1880", batch...); err != nil {
			t.Fatal(err)
		}
	}
	return time.Since(begun)
}

// residentMB is the process's memory, and the most it had.
func residentMB(t *testing.T, pid int, field string) int {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == field+":" {
			kb, _ := strconv.Atoi(f[1])
			return kb >> 10
		}
	}
	return 0
}

func simulated(t *testing.T, children, years int) (file string, rows int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "activity.csv")
	out, err := exec.Command(program, "simulate", "--municipalities", "1", "--children", strconv.Itoa(children), "--years", strconv.Itoa(years), "--seed", "7", "--out", path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw), bytes.Count(raw, []byte("\n")) - 1
}

// firstRows cuts a file to its heading and n rows.
func firstRows(file string, n int) string {
	end := 0
	for range n + 1 {
		next := strings.IndexByte(file[end:], '\n')
		if next < 0 {
			return file
		}
		end += next + 1
	}
	return file[:end]
}

func TestBenchImport(t *testing.T) {
	file, rows := simulated(t, 2500, 2)
	for _, n := range []int{9_000, 36_000, min(rows, 144_000)} {
		s := serve(t, dataDir(t))
		part := firstRows(file, n)
		begun := time.Now()
		summary, err := s.bring(t.Context(), "1880", "bench", part)
		took := time.Since(begun)
		if err != nil {
			t.Fatal(err)
		}
		most := residentMB(t, s.cmd.Process.Pid, "VmHWM")
		s.stop(t)
		raw := rawBatches(t, bareLog(t), summary.Rows)
		t.Logf("| import of %d rows (%d recorded, %d messages), file → visible | %.2f s | atomic batches of 1,000 of one row each: %.2f s | %.2f × | %d MB at most |",
			summary.Rows, summary.Recorded, summary.Position, took.Seconds(), raw.Seconds(), raw.Seconds()/took.Seconds(), most)
	}
}

func TestBenchRegister(t *testing.T) {
	s, log := serve(t, dataDir(t)), bareLog(t)
	var raw, acknowledged, visible []time.Duration
	child := events.NewID()
	children := make([]string, 8)
	post := func(method, path string, body, answer any) {
		status, raw, err := s.call(t.Context(), method, "municipalities/1880/"+path, body)
		if err != nil || status >= 300 {
			t.Fatalf("%s %s answered %d, %v: %s", method, path, status, err, raw)
		}
		if err := json.Unmarshal(raw, answer); err != nil {
			t.Fatal(err)
		}
	}
	var answer struct {
		ID       string `json:"id"`
		Child    string `json:"child"`
		Position uint64 `json:"position"`
	}
	post(http.MethodPost, "programmes", map[string]any{"id": "sputnik", "name": "Sputnik", "forms": []string{"support_group"}, "organiser": "municipality", "target": "substance_abuse", "identity": "linked", "valid_from": "2021-01-01"}, &answer)
	for i := range children {
		post(http.MethodPost, "children", map[string]string{"identity": fmt.Sprint("barn-", i)}, &answer)
		children[i] = answer.Child
	}
	for _, before := range []struct {
		what string
		rest bool
	}{{"right after its session was opened", false}, {"a moment after", true}} {
		raw, acknowledged, visible = nil, nil, nil
		for range 300 {
			begun := time.Now()
			if _, err := log.Append(t.Context(), "1880", events.Decision{oneMark(child)}); err != nil {
				t.Fatal(err)
			}
			raw = append(raw, time.Since(begun))
			post(http.MethodPost, "sessions", map[string]any{"programme": "sputnik", "form": "support_group", "held_on": "2021-03-01"}, &answer)
			if before.rest {
				s.figures(t, "1880", fmt.Sprintf("year=2021&min_position=%d", answer.Position))
				time.Sleep(20 * time.Millisecond)
			}
			begun = time.Now()
			post(http.MethodPut, "sessions/"+answer.ID+"/register", map[string]any{"attended": children, "absent": []string{}, "unidentified": 0, "adults": 0}, &answer)
			acknowledged = append(acknowledged, time.Since(begun))
			s.figures(t, "1880", fmt.Sprintf("year=2021&min_position=%d", answer.Position))
			visible = append(visible, time.Since(begun))
		}
		t.Logf("| register of 8 children, acknowledged, %s | p50 %s p99 %s | one durable append: p50 %s p99 %s | %.1f × |", before.what, at(acknowledged, 50), at(acknowledged, 99), at(raw, 50), at(raw, 99),
			float64(at(acknowledged, 50))/float64(at(raw, 50)))
		t.Logf("| the same, visible in figures | p50 %s p99 %s | | |", at(visible, 50), at(visible, 99))
	}
}

func at(list []time.Duration, percent int) time.Duration {
	slices.Sort(list)
	return list[len(list)*percent/100].Round(10 * time.Microsecond)
}

func TestBenchManyMunicipalities(t *testing.T) {
	data := dataDir(t)
	begun := time.Now()
	s := serve(t, data)
	t.Logf("| start, fresh | %.2f s | | |", time.Since(begun).Seconds())
	empty := residentMB(t, s.cmd.Process.Pid, "VmRSS")
	for _, m := range events.Municipalities() {
		if _, err := s.bring(t.Context(), string(m.Code), "a", smallFile); err != nil {
			t.Fatal(err)
		}
	}
	s.stop(t)
	begun = time.Now()
	s = serve(t, data)
	t.Logf("| start, 290 municipalities | %.2f s | | |", time.Since(begun).Seconds())
	before := cpuTicks(t, s.cmd.Process.Pid)
	time.Sleep(10 * time.Second)
	t.Logf("| idle, 290 municipalities | %d MB (%d MB with none), %.1f %% of a core | | |", residentMB(t, s.cmd.Process.Pid, "VmRSS"), empty,
		float64(cpuTicks(t, s.cmd.Process.Pid)-before)/10)
	t.Logf("on %s, %d cores, %s", runtime.GOARCH, runtime.NumCPU(), runtime.Version())
}

// cpuTicks is the processor time of a process in hundredths of a second.
func cpuTicks(t *testing.T, pid int) int {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return user + system
}
