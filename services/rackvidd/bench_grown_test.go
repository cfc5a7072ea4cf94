//go:build bench

package main

import (
	"flag"
	"net/http"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
)

var grownRows = flag.Int("grown-rows", 2_100_000, "how many rows of activity the grown installation has; each becomes about one event")

// TestBenchGrown measures an installation of several municipalities with much behind it: how long it takes to start
// after it was killed, and what its readers notice of a replay.
func TestBenchGrown(t *testing.T) {
	const reader = "2580"
	data := dataDir(t)
	s := serve(t, data)
	small, _ := simulated(t, 150, 2)
	if _, err := s.bring(t.Context(), reader, "bench", small); err != nil {
		t.Fatal(err)
	}
	large, rows := simulated(t, 5000, 2)
	var messages uint64
	brought := 0
	bring := func(m string) {
		summary, err := s.bring(t.Context(), m, "bench", large)
		if err != nil {
			t.Fatal(err)
		}
		brought += rows
		messages += uint64(summary.Position)
	}
	towns := events.Municipalities()
	for i := 0; brought < *grownRows; i++ {
		bring(string(towns[i].Code))
	}
	largest := string(towns[0].Code)
	atRest(t, s.cmd.Process.Pid, postmasterOf(t, data))
	asked := func(n int) []time.Duration { return s.timed(t, "municipalities/"+reader+"/reach?year=2025", n) }
	asked(200)
	alone := asked(5000)
	stop, replays := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for {
			select {
			case <-stop:
				replays <- n
				return
			default:
			}
			status, raw, err := s.call(t.Context(), http.MethodGet, "municipalities/"+largest+"/audit/replay?year=2025", nil)
			if err != nil || status != http.StatusOK || !strings.Contains(string(raw), `"equal":true`) {
				t.Errorf("replay: %d, %v", status, err)
			}
			n++
		}
	}()
	beside := asked(5000)
	close(stop)
	n := <-replays
	t.Logf("| reach figures of a small municipality, while a large one is replayed (%d replays) | p50 %s, p99 %s | with no replay: p50 %s, p99 %s | p99 %.1f × |", n,
		at(beside, 50), at(beside, 99), at(alone, 50), at(alone, 99), at(beside, 99).Seconds()/at(alone, 99).Seconds())
	bring("2584") // it is killed with work behind it
	most := residentMB(t, s.cmd.Process.Pid, "VmHWM")
	s.kill()
	begun := time.Now()
	s = serve(t, data)
	took := time.Since(begun)
	s.figures(t, "2584", "year=2025")
	t.Logf("| start after SIGKILL, %d rows in %d messages of %d municipalities behind it | %.2f s | goal 10 s | %d MB at most while they came in |", brought, messages, brought/rows, took.Seconds(), most)
}
