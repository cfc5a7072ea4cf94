package api_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/archive/archivetest"
	"rackvidd/services/access"
	"rackvidd/services/api"
	"rackvidd/services/archiver"
	"rackvidd/services/integrity"
)

// archiving adds an archive to a house, and returns its directory and the key that it is signed with.
func archiving(t *testing.T) (change func(*api.Deps), dir string, key note.Verifier) {
	t.Helper()
	signer, key, _ := archivetest.Key(t, "rackvidd-test")
	dir = t.TempDir()
	keeper, err := archive.Keep(dir, signer, key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keeper.Close() })
	return func(d *api.Deps) {
		findings := integrity.Keep("", d.Logger)
		d.Damage, d.Damaged = findings.Damage, findings.All
		d.Archive = archiver.Shelf{
			Dir: dir, Key: key, Findings: findings,
			Archiver: archiver.New(archiver.Config{Log: d.Log.(archiver.Log), Keeper: keeper, Findings: findings, Logger: d.Logger}),
		}
	}, dir, key
}

func TestAnAuditorReadsTheTransparencyLogAndNobodyElse(t *testing.T) {
	change, _, key := archiving(t)
	h := newHouse(t, change)
	h.sputnik()
	last := h.attend("2021-03-01", h.children(3)...)
	auditor := h.token(access.Auditor, orebro)
	read := func(path string, headers ...string) reply {
		return h.ask(auditor, http.MethodGet, "/api/v1/municipalities/1880/log/"+path, nil, headers...)
	}

	signed := read(fmt.Sprintf("checkpoint?min_position=%d", last)).is(200)
	n, err := note.Open([]byte(signed.text), note.VerifierList(key))
	if err != nil || !strings.HasPrefix(n.Text, fmt.Sprintf("%s/1880\n%d\n", key.Name(), last)) {
		t.Fatalf("the checkpoint is %s, %v", signed.text, err)
	}
	entries := read(fmt.Sprintf("tile/entries/000.p/%d", last)).is(200)
	if kind := entries.header.Get("Content-Type"); kind != "application/octet-stream" {
		t.Errorf("entries are %s", kind)
	}
	if got := entries.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("what is not full may be kept: %s", got)
	}
	at := 0
	for r, err := range h.log.Read(t.Context(), orebro, 0) {
		if err != nil {
			t.Fatal(err)
		}
		at += 2
		if got := entries.text[at : at+len(r.Raw)]; got != string(r.Raw) {
			t.Errorf("position %d is %s", r.Position, got)
		}
		at += len(r.Raw)
	}
	if hashes := read(fmt.Sprintf("tile/0/000.p/%d", last)).is(200); len(hashes.text) != int(last)*32 {
		t.Errorf("the hash tile has %d bytes", len(hashes.text))
	}
	read(fmt.Sprintf("tile/0/000.p/%d", last), "If-None-Match", read(fmt.Sprintf("tile/0/000.p/%d", last)).header.Get("ETag")).is(http.StatusNotModified)
	for _, none := range []string{"tile/0/000", "tile/9/000", "tile/0/000.p/200", "tile/..%2f..%2flock", "tile/entries/x001/000"} {
		read(none).is(http.StatusNotFound)
	}
	h.ask(h.token(access.BackOffice, orebro), http.MethodGet, "/api/v1/municipalities/1880/log/checkpoint", nil).is(http.StatusForbidden)
	h.ask(h.token(access.Auditor, kumla), http.MethodGet, "/api/v1/municipalities/1880/log/checkpoint", nil).is(http.StatusNotFound)
	h.ask(auditor, http.MethodGet, "/api/v1/municipalities/1880/log/checkpoint?min_position=100", nil).problem(503, "not_yet", "")
}

func TestAFullTileOfHashesMayBeKeptForEver(t *testing.T) {
	change, _, _ := archiving(t)
	h := newHouse(t, change)
	h.sputnik()
	last := h.post("imports?source=a", "record_id,type,occurred_on,child,programme,form\n"+manyRows(300)).is(200).receipt().Position
	h.get(fmt.Sprintf("log/checkpoint?min_position=%d", last)).is(200)
	for path, want := range map[string]string{"log/tile/0/000": "private, max-age=31536000, immutable", "log/tile/entries/000": "no-store"} {
		if got := h.get(path).is(200).header.Get("Cache-Control"); got != want {
			t.Errorf("%s is kept as %q, not %q", path, got, want)
		}
	}
}

// manyRows are evenings, a day each.
func manyRows(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d,session_attended,%s,a%d,sputnik,camp\n", i, events.Date(2020, 1, 1)+events.Day(i), i)
	}
	return b.String()
}

func TestReadinessNamesADamagedArchive(t *testing.T) {
	change, dir, _ := archiving(t)
	h := newHouse(t, change)
	h.sputnik()
	h.get("log/checkpoint?min_position=1").is(200)
	var state api.Readiness
	h.ask("", http.MethodGet, "/readyz", nil).is(200).into(&state)
	if len(state.Archives) != 1 || state.Archives[0].Position != 1 || state.Archives[0].BehindEvents != 0 || state.Archives[0].Damage != "" || state.Parts["archive"].Status != "up" {
		t.Errorf("while all is well it says %+v", state)
	}
	path := filepath.Join(dir, "1880", "checkpoint")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-10] ^= 1
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	h.ask("", http.MethodGet, "/readyz", nil).is(200).into(&state)
	if state.Status != "degraded" || !strings.Contains(state.Archives[0].Damage, "checkpoint") {
		t.Errorf("it says %+v", state)
	}
	h.get("log/checkpoint").problem(503, "damaged", "")
	if gauges := h.ask("", http.MethodGet, "/metrics", nil).is(200).text; !strings.Contains(gauges, `rackvidd_archive_damaged{municipality="1880"} 1`) {
		t.Error("the metrics do not say so")
	}
}

// TestReadinessTellsNobodyANumberOfChildren has what whoever may audit is told.
func TestReadinessTellsNobodyANumberOfChildren(t *testing.T) {
	change, _, _ := archiving(t)
	found := []integrity.Finding{
		{Municipality: orebro, Copy: integrity.TheStatement, File: "2021-1.statement", Code: integrity.OtherFigure, About: "by_form[camp].children", Shown: "4711", Given: "4712", Problem: "says another figure than the log gives"},
		{Municipality: orebro, Copy: integrity.TheVault, Position: 1, Code: integrity.VaultOlder, Count: 4713, Problem: "is older"},
	}
	h := newHouse(t, change, func(d *api.Deps) {
		d.Damaged = func() map[events.Municipality][]integrity.Finding {
			return map[events.Municipality][]integrity.Finding{orebro: found}
		}
	})
	h.sputnik()
	for range found {
		if text := h.ask("", http.MethodGet, "/readyz", nil).is(200).text; !strings.Contains(text, found[0].Problem) || strings.Contains(text, "4711") || strings.Contains(text, "4712") || strings.Contains(text, "4713") || strings.Contains(text, "camp") {
			t.Errorf("anybody reads %s", text)
		}
		told := h.ask(h.token(access.Auditor, orebro), http.MethodGet, "/api/v1/municipalities/1880/audit/findings", nil).is(200).text
		for _, value := range []string{"by_form[camp].children", "4711", "4712", "4713"} {
			if !strings.Contains(told, value) {
				t.Errorf("an auditor is not told %s: %s", value, told)
			}
		}
		slices.Reverse(found)
	}
}

func TestReadinessLeavesOutWhatStandsForGood(t *testing.T) {
	change, _, _ := archiving(t)
	h := newHouse(t, change, func(d *api.Deps) {
		d.Damaged = func() map[events.Municipality][]integrity.Finding {
			return map[events.Municipality][]integrity.Finding{orebro: {{Municipality: orebro, Copy: integrity.TheSubmission, Position: 3, Code: integrity.OtherAnswer, Problem: "was submitted otherwise"}}}
		}
	})
	h.sputnik()
	if text := h.ask("", http.MethodGet, "/readyz", nil).is(200).text; !strings.Contains(text, `"status":"ready"`) || strings.Contains(text, "otherwise") {
		t.Errorf("whoever looks after the installation reads %s", text)
	}
	if told := h.get("audit/findings").is(200).text; !strings.Contains(told, "was submitted otherwise") {
		t.Errorf("an auditor reads %s", told)
	}
	if text := h.ask("", http.MethodGet, "/metrics", nil).is(200).text; strings.Contains(text, `rackvidd_archive_damaged{municipality="1880"} 1`) {
		t.Error("the gauge counts it as damage")
	}
}

func TestADamagedTileIsNotServedAndIsNoted(t *testing.T) {
	change, dir, _ := archiving(t)
	h := newHouse(t, change)
	h.sputnik()
	h.get("log/checkpoint?min_position=1").is(200)
	for _, file := range []string{"tile/entries/000.p/1", "tile/0/000.p/1"} {
		path := filepath.Join(dir, "1880", file)
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		h.get("log/" + file).is(200)
		raw[len(raw)-1] ^= 1
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		h.get("log/"+file).problem(503, "damaged", "")
		raw[len(raw)-1] ^= 1
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var state api.Readiness
	h.ask("", http.MethodGet, "/readyz", nil).is(200).into(&state)
	if state.Status != "degraded" || state.Archives[0].Damages != 2 || !strings.Contains(state.Archives[0].Damage, "tile/entries/000") {
		t.Errorf("it says %+v", state)
	}
}
