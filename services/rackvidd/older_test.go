package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// someone came in the evening of a day, says one source or another: the same number is the same child.
func someone(day string) string {
	return "record_id,type,occurred_on,child,programme,form\n1,session_attended," + day + ",20100517-9815,sputnik,counselling\n"
}

// TestAVaultOlderThanTheLogIsFoundAndNobodyIsCountedTwice loses the database, or puts an earlier one back, while the log goes on
// naming a child that only the later one knows.
func TestAVaultOlderThanTheLogIsFoundAndNobodyIsCountedTwice(t *testing.T) {
	t.Parallel()
	data, copies := dataDir(t), dataDir(t)
	database := filepath.Join(data, "postgres")
	copied := func(from, to string) {
		t.Helper()
		if err := os.RemoveAll(to); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
	}
	s := serve(t, data)
	s.stop(t)
	copied(database, filepath.Join(copies, "earlier"))
	s = serve(t, data)
	if _, err := s.bring(t.Context(), "0114", "a", someone("2021-03-01")); err != nil {
		t.Fatal(err)
	}
	s.stop(t)
	copied(database, filepath.Join(copies, "later"))

	copied(filepath.Join(copies, "earlier"), database)
	s = serve(t, data)
	s.olderVault(t)
	s.stop(t)
	if err := os.RemoveAll(database); err != nil {
		t.Fatal(err)
	}
	s = serve(t, data)
	s.olderVault(t)
	s.stop(t)

	copied(filepath.Join(copies, "later"), database)
	s = serve(t, data)
	s.must(t, "audit", "verify", "--municipality", "0114")
	if state := s.readiness(t); state.Status != "ready" {
		t.Errorf("with the right database /readyz says %+v", state)
	}
	if _, err := s.bring(t.Context(), "0114", "b", someone("2021-03-08")); err != nil {
		t.Fatal(err)
	}
	if f := s.figures(t, "0114", "year=2021"); f.Children != 1 {
		t.Errorf("with the right database %d children, want 1", f.Children)
	}
	s.stop(t)
}

// olderVault demands that a vault that lacks a child of 0114 is found, and that nothing is made or recorded of it.
func (s *server) olderVault(t *testing.T) {
	t.Helper()
	if state := s.readiness(t); state.Status != "degraded" || len(state.Archives) != 1 || !strings.HasPrefix(state.Archives[0].Damage, "vault position ") {
		t.Errorf("/readyz says %+v", state)
	}
	for _, request := range []struct {
		method, path string
		body         any
	}{
		{http.MethodGet, "reach?year=2021", nil},
		{http.MethodPost, "children", map[string]string{"identity": "a"}},
		{http.MethodPost, "imports?source=b", someone("2021-03-08")},
	} {
		status, raw, err := s.call(t.Context(), request.method, "municipalities/0114/"+request.path, request.body)
		if err != nil || status != http.StatusServiceUnavailable || !strings.Contains(string(raw), "names children whom the vault does not know") {
			t.Errorf("%s %s is answered %d %s, %v", request.method, request.path, status, raw, err)
		}
	}
	if stdout, _, code := s.rackvidd("audit", "verify", "--municipality", "0114"); code != difference || !strings.Contains(stdout, "put back the database") {
		t.Errorf("verify: exit %d\n%s", code, stdout)
	}
	if stdout, stderr, code := s.rackvidd("audit", "repair", "--municipality", "0114"); code == done || !strings.Contains(stderr, "put back the database") {
		t.Errorf("repair: exit %d\n%s%s", code, stdout, stderr)
	}
}

// TestWhereNoCopyOfTheVaultKnowsThemChildrenCountAsErased loses the database for good: what was counted stands, and nobody in it is known.
func TestWhereNoCopyOfTheVaultKnowsThemChildrenCountAsErased(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	s := serve(t, data)
	if _, err := s.bring(t.Context(), "0114", "a", someone("2021-03-01")); err != nil {
		t.Fatal(err)
	}
	s.stop(t)
	if err := os.RemoveAll(filepath.Join(data, "postgres")); err != nil {
		t.Fatal(err)
	}
	s = serve(t, data)
	s.olderVault(t)
	if out := s.must(t, "audit", "repair", "--municipality", "0114", "--accept-loss"); !strings.Contains(out, "count as erased") || !strings.Contains(out, "lost") {
		t.Errorf("repair: %s", out)
	}
	s.must(t, "audit", "verify", "--municipality", "0114")
	for deadline := time.Now().Add(time.Minute); s.readiness(t).Status != "ready"; time.Sleep(100 * time.Millisecond) { // guests are told of once more
		if time.Now().After(deadline) {
			t.Fatalf("afterwards /readyz says %+v", s.readiness(t))
		}
	}
	if out := s.must(t, "audit", "repairs", "--municipality", "0114"); !strings.Contains(out, "who the children are whom the vault does not know") {
		t.Errorf("it is recorded as %s", out)
	}
	if again, err := s.bring(t.Context(), "0114", "a", someone("2021-03-01")); err != nil || again.Recorded != 0 || len(again.Rejected) != 1 || again.Rejected[0].Code != "erased_since" {
		t.Errorf("the same file again: %+v, %v", again, err)
	}
	if f := s.figures(t, "0114", "year=2021"); f.Children != 1 {
		t.Errorf("%d children, want 1", f.Children)
	}
	if _, err := s.bring(t.Context(), "0114", "b", someone("2021-03-08")); err != nil {
		t.Fatal(err)
	}
	if f := s.figures(t, "0114", "year=2021"); f.Children != 2 { // one of whom nobody can tell any more who it is
		t.Errorf("somebody new: %d children, want 2", f.Children)
	}
	s.stop(t)
	s = serve(t, data)
	s.must(t, "audit", "replay", "--municipality", "0114", "--year", "2021")
	s.stop(t)
}
