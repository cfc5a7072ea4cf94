package main

import (
	"strings"
	"testing"
)

// TestNothingIsRebuiltFromADamagedArchive flips a bit of a message that is archived.
func TestNothingIsRebuiltFromADamagedArchive(t *testing.T) {
	t.Parallel()
	s := serve(t, dataDir(t))
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	if stdout, stderr, code := s.rackvidd("audit", "verify", "--municipality", "1880"); code != done {
		t.Fatalf("exit %d before the damage:\n%s%s", code, stdout, stderr)
	}
	before := s.figures(t, "1880", "year=2021")
	putBack := s.damagesArchive(t)
	if _, stderr, code := s.rackvidd("projections", "rebuild", "reach", "--municipality", "1880"); code != failed || !strings.Contains(stderr, "position 1") {
		t.Errorf("from a damaged archive: exit %d, %s", code, stderr)
	}
	if stdout, _, _ := s.rackvidd("projections", "list"); !strings.Contains(stdout, "reach       1880          1 ") {
		t.Errorf("in use are\n%s", stdout)
	}
	putBack()
	if _, stderr, code := s.rackvidd("projections", "rebuild", "reach", "--municipality", "1880"); code != failed || !strings.Contains(stderr, "audit verify") {
		t.Errorf("what was met is forgotten before anybody looked again: exit %d, %s", code, stderr)
	}
	if stdout, stderr, code := s.rackvidd("audit", "verify", "--municipality", "1880"); code != done {
		t.Fatalf("exit %d when it is whole again:\n%s%s", code, stdout, stderr)
	}
	if stdout, stderr, code := s.rackvidd("projections", "rebuild", "all", "--municipality", "1880"); code != done {
		t.Errorf("when it is whole again: exit %d, %s%s", code, stdout, stderr)
	}
	stdout, _, _ := s.rackvidd("projections", "list")
	for _, projection := range []string{"reach", "caseload", "register"} {
		if !strings.Contains(strings.Join(strings.Fields(stdout), " "), projection+" 1880 2 ") {
			t.Errorf("%s was not rebuilt:\n%s", projection, stdout)
		}
	}
	if after := s.figures(t, "1880", "year=2021"); after.Children != before.Children || after.Position != before.Position {
		t.Errorf("%d children at %d, before it was rebuilt %d at %d", after.Children, after.Position, before.Children, before.Position)
	}
}
