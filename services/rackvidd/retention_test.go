package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"rackvidd/events/failpoint"
)

// ahead starts the program again with its clock so many days ahead.
func (s *server) ahead(t *testing.T, data string, days int) *server {
	t.Helper()
	s.kill()
	later, err := launchWith([]string{fmt.Sprintf("%s=%dh", failpoint.Clock, 24*days)}, data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(later.kill)
	later.awaitReady(t)
	return later
}

func TestWhoeverNothingIsRecordedOfIsErasedByRetentionAndCountsAsBefore(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	s := serve(t, data)
	bring := func(rows string) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "rows.csv")
		if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
			t.Fatal(err)
		}
		s.must(t, "import", file, "--municipality", "1880")
	}
	bring(manyRows(20))
	if _, _, code := s.rackvidd("retention", "decide", "--municipality", "1880"); code != wrongUsage {
		t.Errorf("without years it exits %d", code)
	}
	if out := s.must(t, "retention", "show", "--municipality", "1880"); !strings.Contains(out, "kept until somebody erases it") {
		t.Errorf("before anybody decided: %s", out)
	}
	if out := s.must(t, "retention", "decide", "--municipality", "1880", "--years", "1", "--dry-run"); out != "nobody would be listed; by what holds now: 0\n" {
		t.Errorf("before it is decided: %s", out)
	}
	if out := s.must(t, "retention", "decide", "--municipality", "1880", "--never", "--dry-run"); out != "that holds already; by what holds now: 0\n" {
		t.Errorf("of no retention, which nobody decided: %s", out)
	}
	s.must(t, "retention", "decide", "--municipality", "1880", "--years", "3")
	ahead := s.ahead(t, data, 400)
	if out := ahead.must(t, "retention", "decide", "--municipality", "1880", "--years", "1", "--dry-run"); !regexp.MustCompile(`^20 records of children would be listed and erased on 20\d\d-\d\d-\d\d at the earliest, unless something is recorded; by what holds now: 0\n$`).MatchString(out) {
		t.Errorf("before less is decided: %s", out)
	}
	s = ahead.ahead(t, data, 0)
	s.must(t, "retention", "decide", "--municipality", "1880", "--years", "1")
	if out := s.must(t, "retention", "show", "--municipality", "1880"); !strings.Contains(out, "Nobody is to be erased") || !strings.Contains(out, "for 1 whole year: decided") {
		t.Errorf("when it was decided: %s", out)
	}
	before := s.figures(t, "1880", "year=2021")
	s = s.ahead(t, data, 400)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		out := s.must(t, "retention", "show", "--municipality", "1880")
		if strings.Count(out, "from ") == 20 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("they are not listed: %s", out)
		}
	}
	words := strings.Fields(s.must(t, "retention", "show", "--municipality", "1880"))
	last := words[len(words)-4]
	if out := s.must(t, "retention", "show", "--municipality", "1880", "--after", last); strings.Contains(out, "from ") || strings.Contains(out, "Nobody") {
		t.Errorf("after the last of them: %s", out)
	}
	if out := s.must(t, "retention", "decide", "--municipality", "1880", "--years", "1", "--dry-run"); out != "that holds already; by what holds now: 20\n" {
		t.Errorf("by one year as before: %s", out)
	}
	if out := s.must(t, "retention", "decide", "--municipality", "1880", "--years", "2", "--dry-run"); out != "nobody would be listed; by what holds now: 20\n" {
		t.Errorf("by two years instead of one: %s", out)
	}
	// Nobody starts a program on each of thirty days here: the vault is told that the list was made yesterday.
	if _, err := s.databaseCalled(t, "rackvidd_vault").Exec(t.Context(), `UPDATE listing SET made = made + interval '30 days'`); err != nil {
		t.Fatal(err)
	}
	s = s.ahead(t, data, 431)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		out := s.must(t, "retention", "show", "--municipality", "1880")
		if strings.Contains(out, "Nobody is to be erased") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("they are not erased: %s", out)
		}
	}
	after := s.figures(t, "1880", "year=2021")
	for deadline := time.Now().Add(time.Minute); after.Position < before.Position+20 && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		after = s.figures(t, "1880", "year=2021") // the log is read after the vault has forgotten
	}
	if after.Position != before.Position+20 {
		t.Errorf("the log ended at %d, and with 20 erasures at %d", before.Position, after.Position)
	}
	after.Position = before.Position
	if !reflect.DeepEqual(after, before) {
		t.Errorf("figures were %+v and are %+v", before, after)
	}
	bring(strings.ReplaceAll(manyRows(20), "\nr", "\nlater"))
	if again := s.figures(t, "1880", "year=2021"); again.Children != before.Children+20 {
		t.Errorf("%d children count when all came back, of %d", again.Children, before.Children)
	}
	s.must(t, "audit", "verify", "--municipality", "1880")
}
