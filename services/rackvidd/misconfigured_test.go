package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestASettingThatIsAnothersStartsNothingAndIsNamed swaps what services that run apart are given, on an installation that is whole.
func TestASettingThatIsAnothersStartsNothingAndIsNamed(t *testing.T) {
	t.Parallel()
	a := newApart(t)
	a.start(t)
	if _, err := a.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	a.asks(t, "GET", "municipalities/1880/log/checkpoint?min_position=1", nil, nil)
	const secret = "sec%ret"
	for what, c := range map[string]struct {
		services []string
		setting  string
		says     string
	}{
		"the vault's database for the read models": {[]string{"projector"}, "RACKVIDD_DATABASE_URL=" + a.postgres.DSN("rackvidd_vault"), "RACKVIDD_DATABASE_URL names the vault's database"},
		"the read models' database for the vault":  {[]string{"vault"}, "RACKVIDD_VAULT_DATABASE_URL=" + a.postgres.DSN("rackvidd"), "RACKVIDD_VAULT_DATABASE_URL names the read models' database"},
		"a key that signed none of the archives":   {[]string{"archiver"}, "RACKVIDD_SIGNING_KEY=" + strings.Repeat("2e", 32), "is signed by rackvidd-"},
		"an address of NATS that cannot be read":   {[]string{"projector"}, "RACKVIDD_NATS_URL=nats://app:" + secret + "@127.0.0.1:4222", "RACKVIDD_NATS_URL cannot be read"},
		"an address of a database that cannot be":  {[]string{"projector"}, "RACKVIDD_DATABASE_URL=postgres://app:" + secret + "@127.0.0.1/rackvidd", "RACKVIDD_DATABASE_URL cannot be read"},
		"no log":                         {[]string{"api", "web"}, "RACKVIDD_NATS_URL=", "api and web would run with a log of its own, which is empty: name that of the other services with RACKVIDD_NATS_URL"},
		"no log for what follows it":     {[]string{"archiver"}, "RACKVIDD_NATS_URL=", "RACKVIDD_NATS_URL"},
		"no database":                    {[]string{"projector"}, "RACKVIDD_DATABASE_URL=", "projector would run with a database of its own, which is empty: name that of the other services with RACKVIDD_DATABASE_URL"},
		"more copies than NATS can keep": {[]string{"guests"}, "RACKVIDD_NATS_REPLICAS=6", "RACKVIDD_NATS_REPLICAS must be 1 to 5"},
		"an archive that is a file":      {[]string{"archiver"}, "RACKVIDD_ARCHIVE=" + program, "RACKVIDD_ARCHIVE"},
		"a vault without its scheme":     {[]string{"guests"}, "RACKVIDD_VAULT_URL=127.0.0.1:8081", `RACKVIDD_VAULT_URL is "127.0.0.1:8081"`},
		"no credential for the vault":    {[]string{"api", "web"}, "RACKVIDD_VAULT_CREDENTIAL=", "set RACKVIDD_VAULT_CREDENTIAL"},
	} {
		s, err := launchWith(append(append([]string{"RACKVIDD_VAULT_URL=http://127.0.0.1:9"}, a.settings...), c.setting), dataDir(t), append(c.services, "--vault-listen", "127.0.0.1:0")...)
		if err != nil {
			t.Fatal(err)
		}
		s.endsWith(t)
		select {
		case <-s.exited:
		case <-time.After(time.Minute):
			t.Errorf("%s: it goes on, and says %s", what, s.output)
			continue
		}
		if code, says := s.cmd.ProcessState.ExitCode(), s.output.String(); code != wrongUsage || !strings.Contains(says, c.says) || strings.Contains(says, secret) {
			t.Errorf("%s: exit %d, %s", what, code, says)
		}
	}
	if found, err := os.ReadDir(filepath.Join(a.archive, "findings")); err == nil && len(found) > 0 {
		t.Errorf("what was whole counts as damaged: %v", found)
	}
	if f := a.figures(t, "1880", "year=2021"); f.Children != 2 {
		t.Errorf("%d children", f.Children)
	}
}

// TestAServiceGoesOnWhenNATSLetsItInAgain has NATS started with another password for a while.
func TestAServiceGoesOnWhenNATSLetsItInAgain(t *testing.T) {
	t.Parallel()
	o := newPlaces(t)
	again := func(password string) {
		o.stopNATS()
		o.natsPassword = password
		o.startNATS()
	}
	again("right")
	o.server = serve(t, dataDir(t), append([]string{"projector"}, append(o.urls, "--nats-url", fmt.Sprintf("nats://app:right@127.0.0.1:%d", o.natsPort), "--nats-bootstrap-url=")...)...)
	o.recovered()
	again("wrong")
	for deadline := time.Now().Add(time.Minute); !strings.Contains(o.output.String(), `RACKVIDD_NATS_URL error="nats: authorization violation"`); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("why NATS cannot be reached is not said")
		}
	}
	time.Sleep(2 * time.Second) // it is refused again and again
	if state := o.readiness(t); state.Status != notReady || state.Parts["nats"].Status != "down" {
		t.Errorf("/readyz says %+v", state)
	}
	again("right")
	o.recovered()
}

// TestAnotherCredentialThanTheVaultsIsSaidAndWaitedFor starts the API with it.
func TestAnotherCredentialThanTheVaultsIsSaidAndWaitedFor(t *testing.T) {
	t.Parallel()
	a := newApart(t)
	a.start(t)
	if _, err := a.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	vaults := a.running[0]
	s, err := launchWith(append(a.settings, "RACKVIDD_VAULT_URL="+vaults.address, "RACKVIDD_VAULT_CREDENTIAL="+strings.Repeat("d", 40)), dataDir(t), "api")
	if err != nil {
		t.Fatal(err)
	}
	s.endsWith(t)
	s.awaitReady(t)
	if state := s.readiness(t); state.Status != "degraded" || state.Parts["vault"].Status != "down" {
		t.Errorf("/readyz says %+v", state)
	}
	if _, err := s.bring(t.Context(), "1880", "b", smallFile); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("an import is answered %v", err)
	}
	if !strings.Contains(s.output.String(), "another credential than its own") {
		t.Error("why is not said")
	}
}
