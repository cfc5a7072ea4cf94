package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	natsgo "github.com/nats-io/nats.go"

	"rackvidd/events"
	"rackvidd/events/jetlog"
	"rackvidd/services/api"
	"rackvidd/services/audit"
	"rackvidd/services/integrity"
	"rackvidd/services/rackvidd/node"
)

// damagesArchive flips a bit of the first message that is archived of 1880, until it is put back.
func (s *server) damagesArchive(t *testing.T) (putBack func()) {
	t.Helper()
	bundle := onlyFile(t, filepath.Join(s.data, "archive", "1880", "tile", "entries", "000.p"))
	whole, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(whole)
	damaged[100] ^= 4
	if err := os.WriteFile(bundle, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := os.WriteFile(bundle, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestADamagedArchiveIsFoundAndNamed flips a bit behind the program's back.
func TestADamagedArchiveIsFoundAndNamed(t *testing.T) {
	t.Parallel()
	s := serve(t, dataDir(t))
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	verify := []string{"audit", "verify", "--municipality", "1880", "--year", "2021"}
	if stdout, stderr, code := s.rackvidd(verify...); code != done || !strings.Contains(stdout, "whole to position") {
		t.Fatalf("exit %d before the damage:\n%s%s", code, stdout, stderr)
	}
	putBack := s.damagesArchive(t)
	stdout, _, code := s.rackvidd(append(verify, "--json")...)
	var list []audit.Verification
	if err := json.Unmarshal([]byte(stdout), &list); err != nil || code != difference {
		t.Fatalf("exit %d, %v:\n%s", code, err, stdout)
	}
	if f := list[0].Findings[0]; f.Municipality != "1880" || f.Copy != integrity.TheArchive || !strings.Contains(f.File, "tile/entries/000") || f.Position != 1 {
		t.Errorf("it names %s", f)
	}
	if state := s.readiness(t); state.Status != "degraded" || !strings.Contains(state.Archives[0].Damage, "tile/entries/000") {
		t.Errorf("/readyz says %+v", state)
	}
	putBack()
	if stdout, stderr, code := s.rackvidd("audit", "verify"); code != done || !strings.Contains(stdout, "1880  whole") {
		t.Errorf("exit %d when it was put back:\n%s%s", code, stdout, stderr)
	}
	if state := s.readiness(t); state.Status != "ready" {
		t.Errorf("/readyz says %+v when it was put back", state)
	}
}

func onlyFile(t *testing.T, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 {
		t.Fatalf("%s has %d files, %v", dir, len(list), err)
	}
	return filepath.Join(dir, list[0].Name())
}

func (s *server) readiness(t *testing.T) (state api.Readiness) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		response, err := http.Get(s.address + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode == http.StatusServiceUnavailable && time.Now().Before(deadline) {
			continue // a part may take more than two seconds to answer where everything is busy
		}
		if err = cmp.Or(err, json.Unmarshal(raw, &state)); err != nil {
			t.Fatal(err)
		}
		return state
	}
}

// TestTheArchiveGoesOnAfterKills ends the program at moments of an import, as long as an import takes here, and verifies what was
// archived each time.
func TestTheArchiveGoesOnAfterKills(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	verify := []string{"audit", "verify", "--municipality", "1880", "--year", "2021"}
	s := serve(t, data)
	began := time.Now()
	if _, err := s.bring(t.Context(), "1880", "whole", smallFile); err != nil {
		t.Fatal(err)
	}
	takes := time.Since(began)
	s.stop(t)
	for n := range 6 {
		s := serve(t, data)
		time.AfterFunc(takes*time.Duration(n)/6, s.kill)
		source := string(rune('a' + n))
		_, _ = s.bring(t.Context(), "1880", source, smallFile) // killed, or just before
		_, _, _ = s.rackvidd(verify...)
		<-s.exited
	}
	s = serve(t, data)
	stdout, stderr, code := s.rackvidd(verify...)
	if code != done || !strings.Contains(stdout, "whole to position") {
		t.Errorf("exit %d:\n%s%s", code, stdout, stderr)
	}
}

// TestTheArchiverRunsByItself needs a log and a key, and no database.
func TestTheArchiverRunsByItself(t *testing.T) {
	nats, err := node.StartNATS(t.Context(), node.NATSConfig{StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nats.Stop)
	var cfg jetlog.Config
	p := &parts{log: slog.Default()}
	t.Cleanup(p.close)
	for conn, url := range map[**natsgo.Conn]string{&cfg.Conn: nats.URL(), &cfg.Bootstrap: nats.BootstrapURL()} {
		if *conn, err = p.connect("RACKVIDD_NATS_URL", url); err != nil {
			t.Fatal(err)
		}
	}
	log, err := jetlog.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	evening := events.NewID()
	_, err = log.Append(t.Context(), "1880", events.Decision{{
		Stream: events.SessionOf(evening), Command: uuid.New(), Actor: events.NewID(), Time: time.Now(),
		Events: []events.Event{events.SessionOpened{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: events.Date(2021, 3, 1)}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	data, elsewhere := dataDir(t), filepath.Join(t.TempDir(), "archive")
	run := func() *server {
		return serve(t, data, "archiver", "--nats-url", nats.URL(), "--archive", elsewhere, "--signing-key", strings.Repeat("1f", 32))
	}
	s := run()
	checkpoint := filepath.Join(elsewhere, "1880", "checkpoint")
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if raw, err := os.ReadFile(checkpoint); err == nil {
			if !strings.Contains(string(raw), "/1880\n1\n") {
				t.Errorf("the checkpoint is %s", raw)
			}
			break
		}
		if time.Since(began) > 60*time.Second {
			t.Fatal("nothing is archived")
		}
	}
	if _, err := os.Stat(filepath.Join(data, "postgres")); err == nil {
		t.Error("it made a database")
	}
	second, err := launch(dataDir(t), "archiver", "--nats-url", nats.URL(), "--archive", elsewhere, "--signing-key", strings.Repeat("1f", 32))
	if err != nil {
		t.Fatal(err)
	}
	<-second.exited
	if code := second.cmd.ProcessState.ExitCode(); code != wrongUsage || !strings.Contains(second.output.String(), "another archiver") {
		t.Errorf("a second one exits %d: %s", code, second.output)
	}
	s.stop(t)
	run().stop(t)
}
