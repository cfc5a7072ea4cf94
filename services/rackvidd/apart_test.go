package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rackvidd/events/logtest"
)

// TestADamagedStreamIsRepairedWhereServicesRunApart runs each service in a process of its own, as containers do.
func TestADamagedStreamIsRepairedWhereServicesRunApart(t *testing.T) {
	t.Parallel()
	o := newPlaces(t)
	settings := []string{"RACKVIDD_VAULT_CREDENTIAL=" + strings.Repeat("c", 40), "RACKVIDD_SIGNING_KEY=" + strings.Repeat("1f", 32), "RACKVIDD_ARCHIVE=" + dataDir(t)}
	start := func(flags ...string) *server {
		t.Helper()
		s, err := launchWith(settings, dataDir(t), append(flags, o.urls...)...)
		if err != nil {
			t.Fatal(err)
		}
		s.endsWith(t)
		s.awaitReady(t)
		return s
	}
	settings = append(settings, "RACKVIDD_VAULT_URL="+start("vault", "--vault-listen", "127.0.0.1:0").address)
	archiver, api := start("archiver"), start("api", "web")
	start("projector")
	o.server = api
	brought, err := o.bring(t.Context(), "1880", "a", smallFile)
	if err != nil {
		t.Fatal(err)
	}
	o.asks(t, "GET", fmt.Sprintf("municipalities/1880/log/checkpoint?min_position=%d", brought.Position), nil, nil)
	whole := o.must(t, "audit", "verify", "--municipality", "1880")
	before := o.figures(t, "1880", "year=2021")

	o.stopNATS()
	block := filepath.Join(o.dir, "nats", "jetstream", "$G", "streams", "EVENTS_1880", "msgs", "1.blk")
	raw, err := os.ReadFile(block)
	if err == nil {
		raw[len(raw)/2] ^= 1
		err = os.WriteFile(block, raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	o.startNATS()
	o.recovered()
	if stdout, _, code := o.rackvidd("audit", "verify", "--municipality", "1880"); code != difference || !strings.Contains(stdout, "stream") {
		t.Errorf("exit %d: %s", code, stdout)
	}
	if _, stderr, code := o.rackvidd("audit", "repair", "--municipality", "1880"); code != failed || !strings.Contains(stderr, "stop the api and the archiver") {
		t.Errorf("where the archive is another's: exit %d, %s", code, stderr)
	}
	if _, stderr, code := o.rackvidd("backup", filepath.Join(t.TempDir(), "backup")); code != failed || !strings.Contains(stderr, "backup --apart") {
		t.Errorf("a backup of services apart: exit %d, %s", code, stderr)
	}

	archiver.stop(t)
	api.stop(t)
	o.server = start("api", "archiver")
	if stdout, stderr, code := o.rackvidd("audit", "repair", "--municipality", "1880"); code != done || !strings.Contains(stdout, "stream from the archive") {
		t.Fatalf("exit %d: %s%s", code, stdout, stderr)
	}
	o.server.stop(t)
	start("archiver")
	o.server = start("api", "web")
	if again := o.must(t, "audit", "verify", "--municipality", "1880"); again != whole {
		t.Errorf("after the repair %s, was %s", again, whole)
	}
	if after := o.figures(t, "1880", "year=2021"); after.Children != before.Children || after.Position != before.Position {
		t.Errorf("after the repair %d children at %d, were %d at %d", after.Children, after.Position, before.Children, before.Position)
	}
}

// TestAServiceWithoutAnAPISaysWhichPartDoesNotAnswer asks the projector, and takes away what it uses.
func TestAServiceWithoutAnAPISaysWhichPartDoesNotAnswer(t *testing.T) {
	t.Parallel()
	o := newPlaces(t)
	o.server = serve(t, dataDir(t), append([]string{"projector"}, o.urls...)...)
	address := o.address + "/readyz"
	if state := o.readiness(t); state.Status != "ready" || state.Parts["nats"].Status != "up" || state.Parts["postgres"].Status != "up" || len(state.Parts) != 2 {
		t.Errorf("/readyz says %+v", state)
	}
	if out, _, code := o.rackvidd("health", address); code != done || out != "" {
		t.Errorf("health ends with %d and says %s", code, out)
	}
	o.stopPostgres()
	if out, _, code := o.rackvidd("health", address); code != failed || out != "postgres is down\n" {
		t.Errorf("without PostgreSQL health ends with %d and says %s", code, out)
	}
	o.startPostgres()
	o.stopNATS()
	if out, _, code := o.rackvidd("health", address); code != failed || !strings.Contains(out, "nats is down\n") {
		t.Errorf("without NATS health ends with %d and says %s", code, out)
	}
	o.startNATS()
}

// TestWithoutItsVaultAServiceStaysUpAndSaysWhatIsClosed starts the API while its vault is away, and then the vault.
func TestWithoutItsVaultAServiceStaysUpAndSaysWhatIsClosed(t *testing.T) {
	t.Parallel()
	o := newPlaces(t)
	settings := []string{"RACKVIDD_VAULT_CREDENTIAL=" + strings.Repeat("c", 40), "RACKVIDD_SIGNING_KEY=" + strings.Repeat("1f", 32), "RACKVIDD_ARCHIVE=" + dataDir(t)}
	vaultData := dataDir(t)
	start := func(data string, flags ...string) *server {
		t.Helper()
		s, err := launchWith(settings, data, append(flags, o.urls...)...)
		if err != nil {
			t.Fatal(err)
		}
		s.endsWith(t)
		s.awaitReady(t)
		return s
	}
	listen := fmt.Sprint("127.0.0.1:", logtest.Port(t)) // where it is again after it was away
	vault := start(vaultData, "vault", "--vault-listen", listen)
	settings = append(settings, "RACKVIDD_VAULT_URL="+vault.address)
	o.server = start(dataDir(t), "api", "archiver", "projector", "guests")
	if _, err := o.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	before := o.figures(t, "1880", "year=2021")
	o.server.stop(t)
	vault.stop(t)

	guests := start(dataDir(t), "guests")
	if state := guests.readiness(t); state.Status != "degraded" || !slices.Equal(state.Closed, []string{"guests"}) {
		t.Errorf("the guests' /readyz says %+v", state)
	}
	o.server = start(dataDir(t), "api", "archiver", "projector")
	if state := o.readiness(t); state.Status != "degraded" || state.Parts["vault"].Status != "down" || !slices.Contains(state.Closed, "import") {
		t.Errorf("/readyz says %+v", state)
	}
	if f := o.figures(t, "1880", "year=2021"); f.Children != before.Children || f.Position != before.Position {
		t.Errorf("%d children at %d, were %d at %d", f.Children, f.Position, before.Children, before.Position)
	}
	if _, err := o.bring(t.Context(), "1880", "b", smallFile); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("an import is answered %v", err)
	}
	if out, _, code := o.rackvidd("audit", "verify", "--municipality", "1880"); code != difference || strings.Contains(out, "whole") || !strings.Contains(out, "not compared: vault: ") {
		t.Errorf("verify ends with %d and says %s", code, out)
	}
	if out := o.must(t, "audit", "verifications"); !strings.Contains(out, "1 NOT COMPARED") {
		t.Errorf("the verifications are %s", out)
	}

	start(vaultData, "vault", "--vault-listen", listen)
	for deadline := time.Now().Add(time.Minute); o.readiness(t).Status != "ready"; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the vault is back, and /readyz says %+v", o.readiness(t))
		}
	}
	if out := o.must(t, "audit", "verify", "--municipality", "1880"); strings.Contains(out, "not compared") {
		t.Errorf("verify says %s", out)
	}
	if _, err := o.bring(t.Context(), "1880", "b", smallFile); err != nil {
		t.Error(err)
	}
}
