package api_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/services/api"
	"rackvidd/services/vault"
)

// deaf hears a question, and gives no answer until the test is over: not even when whoever asked has given up.
type deaf chan struct{}

func (d deaf) hears(what string, hanging []string) {
	if slices.Contains(hanging, what) {
		<-d
	}
}

type deafVault struct {
	vault.Service
	hear func()
}

func (v deafVault) RecordsPosition(ctx context.Context, m events.Municipality) (events.Position, error) {
	v.hear()
	return v.Service.RecordsPosition(ctx, m)
}

type deafArchive struct {
	api.Archive
	hear func()
}

func (a deafArchive) Positions(logs []events.Municipality) (map[events.Municipality]events.Position, error) {
	a.hear()
	return a.Archive.Positions(logs)
}

// forgetfulBackups knows of none.
type forgetfulBackups struct{}

func (forgetfulBackups) Kept(context.Context, events.ID, int64) error { return nil }

func (forgetfulBackups) Last(context.Context) (*api.BackupTaken, error) { return nil, nil }

type deafBackups func()

func (hear deafBackups) Kept(context.Context, events.ID, int64) error { return nil }

func (hear deafBackups) Last(context.Context) (*api.BackupTaken, error) {
	hear()
	return &api.BackupTaken{At: now, Bytes: 4711}, nil
}

func TestAPartThatHangsIsNamedAndKeepsNoOtherWaiting(t *testing.T) {
	for what, tt := range map[string]struct {
		hanging []string
		status  string
		code    int
	}{
		"nothing":             {nil, "degraded", http.StatusOK}, // guests of one log cannot be told of
		"the vault":           {[]string{"vault"}, "degraded", http.StatusOK},
		"who tells of guests": {[]string{"guests"}, "degraded", http.StatusOK},
		"the backups":         {[]string{"backup"}, "degraded", http.StatusOK},
		"the archive":         {[]string{"archive"}, "not_ready", http.StatusServiceUnavailable},
		"all of these":        {[]string{"vault", "guests", "backup", "archive"}, "not_ready", http.StatusServiceUnavailable},
	} {
		t.Run(what, func(t *testing.T) {
			d := make(deaf)
			archive, _, _ := archiving(t)
			h := newHouse(t, archive, func(deps *api.Deps) {
				deps.Vault = deafVault{deps.Vault, func() { d.hears("vault", tt.hanging) }}
				deps.Backups = deafBackups(func() { d.hears("backup", tt.hanging) })
				deps.Archive = deafArchive{deps.Archive, func() { d.hears("archive", tt.hanging) }}
				deps.Guests = func(context.Context) ([]api.GuestsState, error) {
					d.hears("guests", tt.hanging)
					return []api.GuestsState{{Municipality: orebro, Since: now}}, nil
				}
			})
			t.Cleanup(func() { close(d) })
			h.sputnik()
			h.reached("year=2021", 1)
			hangs := func(part string) bool { return slices.Contains(tt.hanging, part) }

			began := time.Now()
			var ready api.Readiness
			h.ask("", "GET", "/readyz", nil).is(tt.code).into(&ready)
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("it took %v", took)
			}
			for _, part := range []string{"nats", "postgres", "vault", "archive", "guests", "backup"} {
				if down := ready.Parts[part].Status == "down"; down != hangs(part) {
					t.Errorf("%s is down: %v, not %v", part, down, hangs(part))
				}
			}
			if ready.Status != tt.status || len(ready.Projections) != 3 || (len(ready.Archives) == 0) != hangs("archive") || (len(ready.Guests) == 0) != hangs("guests") ||
				(ready.Backup == nil) != hangs("backup") || (len(ready.Closed) > 0) != hangs("vault") {
				t.Errorf("not all that is known is told: %+v", ready)
			}

			began = time.Now()
			text := h.ask("", "GET", "/metrics", nil).is(200).text
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("the metrics took %v", took)
			}
			for gauge, told := range map[string]bool{
				`rackvidd_part_up{part="vault"} 1`: !hangs("vault"), `rackvidd_part_up{part="postgres"} 1`: true, `rackvidd_log_position{municipality="1880"} 1`: true,
				`rackvidd_archive_damaged{municipality="1880"} 0`: !hangs("archive"), `rackvidd_backup_bytes 4711`: !hangs("backup"),
				`rackvidd_guests_behind_seconds{municipality="1880"} 0`: !hangs("guests"), `rackvidd_projection_stopped{municipality="1880",projection="reach"} 0`: true,
			} {
				if strings.Contains(text, gauge) != told {
					t.Errorf("the metrics say %s: %v", gauge, !told)
				}
			}
		})
	}
}
