//go:build bench

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/services/projector"
)

// TestBenchLive measures projections that follow a log, beside the same rows written by hand and beside Watermill.
func TestBenchLive(t *testing.T) {
	seed := simulatedLog(t, "1880", 5000, 2)
	h := newRebuilding(t, true)
	h.fill(t, seed, 100_000)
	h.describe(t)
	all, stop := h.followed(t, projector.Projections()...)
	h.lag(t)
	stop()
	raw := h.upserted(t)
	t.Logf("| all read models catch up with the log, in transactions of 5,000 messages | %.0f events/s, CPU %.1f µs an event | staging COPY and upsert of the same rows: %.0f events/s, CPU %.1f µs an event | %.2f × (CPU %.2f ×) |",
		h.perSecond(all), all.perEvent(h.events), h.perSecond(raw), raw.perEvent(h.events), raw.wall.Seconds()/all.wall.Seconds(), raw.cpu.Seconds()/all.cpu.Seconds())

	alone := newRebuilding(t, true)
	alone.fill(t, seed, 100_000)
	followed, stop := alone.followed(t, reach.Projection{})
	stop()
	rebuilt := alone.timed(t, func() {
		if err := projections.Rebuild(t.Context(), alone.archived(), alone.pool, reach.Projection{}, "1880", nil); err != nil {
			t.Fatal(err)
		}
	})
	events, took := alone.watermill(t, seed, 3000)
	watermill := float64(events) / took.Seconds()
	t.Logf("| reach alone: rebuilt from the archive and compared; live | %.0f; %.0f events/s | Watermill, its table of attendance alone, %d events: %.0f events/s | %.0f ×; %.0f × |",
		alone.perSecond(rebuilt), alone.perSecond(followed), events, watermill, alone.perSecond(rebuilt)/watermill, alone.perSecond(followed)/watermill)
}

func (h *rebuilding) perSecond(c cost) float64 { return float64(h.events) / c.wall.Seconds() }

// followed lets projections catch up with the stream from its beginning, and goes on following it until stop.
func (h *rebuilding) followed(t *testing.T, list ...projections.Projection) (c cost, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	runner := &projections.Runner{Log: h.log, Pool: h.pool, Projections: list, RebuildFrom: 1 << 60}
	var running sync.WaitGroup
	c = h.timed(t, func() {
		running.Go(func() {
			if err := runner.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		for _, p := range list {
			for p.Concerns("1880") && !h.shows(t, p, h.head) {
				time.Sleep(5 * time.Millisecond)
			}
		}
	})
	return c, func() {
		cancel()
		running.Wait()
	}
}

func (h *rebuilding) shows(t *testing.T, p projections.Projection, at events.Position) bool {
	t.Helper()
	list, err := projections.Status(t.Context(), h.pool)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.Projection == p.Name() && c.Municipality == "1880" {
			return c.Position >= at
		}
	}
	return false
}

// lag measures how long after it was acknowledged a message is shown, at 500 appends a second.
func (h *rebuilding) lag(t *testing.T) {
	t.Helper()
	const perSecond, seconds, every = 500, 10, 5
	child := events.NewID()
	var mu sync.Mutex
	var list []time.Duration
	var waiting sync.WaitGroup
	next := time.Now()
	for i := range perSecond * seconds {
		time.Sleep(time.Until(next))
		next = next.Add(time.Second / perSecond)
		positions, err := h.log.Append(t.Context(), "1880", events.Decision{oneMark(child)})
		if err != nil {
			t.Fatal(err)
		}
		if i%every > 0 {
			continue
		}
		acknowledged := time.Now()
		waiting.Go(func() {
			err := projections.View(t.Context(), h.pool, "reach", "1880", positions[0], func(pgx.Tx, projections.Checkpoint) error { return nil })
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			list = append(list, time.Since(acknowledged))
		})
	}
	behind := time.Since(next)
	waiting.Wait()
	t.Logf("| lag at %d appends a second for %d s, three read models | p50 %s, p99 %s | the appends took %s longer than that | |", perSecond, seconds, at(list, 50), at(list, 99), max(behind, 0).Round(time.Millisecond))
}

// upserted writes the rows that are there into tables with keys once more, 10,000 at a time by a staging table: what a
// projection that follows a log cannot do without.
func (h *rebuilding) upserted(t *testing.T) (c cost) {
	t.Helper()
	type load struct {
		p     projections.Projection
		table string
		lines [][]byte
	}
	var loads []load
	for _, p := range projector.Projections() {
		if !p.Concerns("1880") {
			continue
		}
		dir := t.TempDir()
		for _, table := range h.dumpAs(t, p, dir, "TEXT") {
			raw, err := os.ReadFile(filepath.Join(dir, p.Name()+"."+table))
			if err != nil {
				t.Fatal(err)
			}
			loads = append(loads, load{p, table, bytes.SplitAfter(raw, []byte("\n"))})
		}
		h.exec(t, "CREATE SCHEMA staged_"+p.Name()+"; SET search_path = staged_"+p.Name()+"; "+p.Tables()+p.Keys())
	}
	return h.timed(t, func() {
		const rows = 10_000
		for _, l := range loads {
			for from := 0; from < len(l.lines)-1; from += rows {
				part := bytes.Join(l.lines[from:min(from+rows, len(l.lines))], nil)
				err := pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
					if _, err := tx.Exec(t.Context(), "SET LOCAL search_path = staged_"+l.p.Name()+"; CREATE TEMP TABLE staging (LIKE "+l.table+") ON COMMIT DROP"); err != nil {
						return err
					}
					if _, err := tx.Conn().PgConn().CopyFrom(t.Context(), bytes.NewReader(part), "COPY staging FROM STDIN"); err != nil {
						return err
					}
					_, err := tx.Exec(t.Context(), "INSERT INTO "+l.table+" SELECT * FROM staging ON CONFLICT DO NOTHING")
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func (h *rebuilding) exec(t *testing.T, sql string) {
	t.Helper()
	if err := pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), sql+"; RESET search_path")
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func stderrOf(err error) []byte {
	var exit *exec.ExitError
	errors.As(err, &exit)
	return exit.Stderr
}

// watermill makes a table of the first messages of the stream with Watermill.
func (h *rebuilding) watermill(t *testing.T, seed [][]byte, messages int) (events int, took time.Duration) {
	t.Helper()
	peer := filepath.Join(t.TempDir(), "watermill")
	build := exec.Command("go", "build", "-o", peer, ".")
	build.Dir = filepath.Join("testdata", "watermill")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	messages = min(messages, len(seed))
	out, err := exec.Command(peer, h.nats.BootstrapURL(), "EVENTS_1880", h.dsn, fmt.Sprint(messages)).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderrOf(err))
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range seed[:messages] {
		events += bytes.Count(raw, []byte(`"specversion"`))
	}
	return events, time.Duration(seconds * float64(time.Second))
}
